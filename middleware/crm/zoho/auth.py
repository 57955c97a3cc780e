"""Who we are to Zoho: access tokens of an hour, which a refresh token gives; ten at most in ten minutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NoReturn
from urllib.parse import urlsplit

import msgspec
from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.crm.zoho.settings import ZohoAccess
from middleware.errors import Malformed, ShutOut, Unavailable
from middleware.http import Answer, Dialect, Http
from middleware.settings_base import LOCAL
from middleware.tokens import SharedToken, Token

PREFIX = "Zoho-oauthtoken "
LIFE = timedelta(hours=1)  # of a token
YOUNG = timedelta(seconds=150)  # a token that is refused so soon isn't refused for its age
WINDOW = timedelta(minutes=10)  # in which a process renews one such token
TOO_OFTEN = "Access Denied"

MENDS = {
    "invalid_code": "ZOHO_REFRESH_TOKEN is good no more; make a new one as docs/connectors/zoho.md says",
    "invalid_token": "ZOHO_REFRESH_TOKEN is good no more; make a new one as docs/connectors/zoho.md says",
    "invalid_client": "ZOHO_CLIENT_ID isn't known there; is ZOHO_ACCOUNTS_URL of the client's own data centre?",
    "invalid_client_secret": "ZOHO_CLIENT_SECRET isn't the client's; take it from the API console",
    TOO_OFTEN: "tokens were asked for too often; it gives some again in ten minutes",
}


class _Given(msgspec.Struct):
    """What is answered when a token is asked for; errors come with status 200, too."""

    access_token: str = ""
    api_domain: str = ""
    expires_in: int = 3600
    error: str = ""


class _Dialect(Dialect):
    def reads(self, method: str, path: str) -> bool:
        """A token that was lost harms nobody."""
        return True


class ZohoCredentials:
    """The access token of one Zoho client, shared by all processes.

    Args:
        engine: Of the store's database.
    """

    def __init__(self, access: ZohoAccess, engine: Engine, clock: Clock = system_clock) -> None:
        self._access = access
        self._clock = clock
        self._http = Http("crm", (access.accounts_url,), None, _Dialect())
        self._young_renewed_at: datetime | None = None
        name = f"zoho {access.accounts_url} {access.client_id}"  # a client may be one in several data centres
        self._token = SharedToken(engine, name, access.refresh_token, self._fetch, clock)

    @property
    def api_address(self) -> str:
        """Where the CRM's API is, as the token says.

        Raises:
            ShutOut, Unavailable: As for `headers`.
            Malformed: It isn't where Zoho has its API.
        """
        address = self._token.get().address
        if not is_of_zoho(address, self._access.accounts_url):
            raise Malformed("a token is for a host that isn't Zoho's", system="crm")
        return address

    def headers(self) -> Mapping[str, str]:
        """The header that shows the token.

        Raises:
            ShutOut: Zoho gives none; the message names the setting and the mend.
            Unavailable: None could be had in time.
        """
        return _shown(self._token.get())

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """The header with another token than the one that was refused.

        Raises:
            ShutOut, Unavailable: As for `headers`.
        """
        value = refused["Authorization"].removeprefix(PREFIX)
        self._demand_sense(self._token.get(), value)
        return _shown(self._token.renew(value))

    def _demand_sense(self, newest: Token, refused: str) -> None:
        """Doesn't ask for token after token, each of which opens nothing: ten are given in ten minutes."""
        now = self._clock()
        if newest.value != refused or newest.expires_at - now < LIFE - YOUNG:
            return
        if self._young_renewed_at and now - self._young_renewed_at < WINDOW:
            raise ShutOut(
                "it refuses tokens that it has just given; is the user of ZOHO_REFRESH_TOKEN still active?",
                system="crm",
            )
        self._young_renewed_at = now

    def _fetch(self) -> Token:
        answer = self._http.call(
            "POST",
            f"{self._access.accounts_url}/oauth/v2/token",
            form={
                "grant_type": "refresh_token",
                "client_id": self._access.client_id,
                "client_secret": self._access.client_secret,
                "refresh_token": self._access.refresh_token,
            },
        )
        if answer.status >= 500 or answer.status == 429:
            answer.fails(Unavailable, "it gives no tokens now")
        given = answer.decoded(_Given)
        if not given.access_token or answer.status != 200:
            _refused(answer, given.error)
        if not is_of_zoho(given.api_domain, self._access.accounts_url):
            answer.fails(Malformed, "a token is for a host that isn't Zoho's")
        expires_at = self._clock() + timedelta(seconds=given.expires_in)
        return Token(value=given.access_token, expires_at=expires_at, address=given.api_domain.rstrip("/"))


def is_of_zoho(address: str, accounts_url: str) -> bool:
    """Whether an address is one of Zoho's API, in the data centre where the accounts are.

    On this machine, it is the accounts' own host.
    """
    there, accounts = urlsplit(address), urlsplit(accounts_url)
    host, accounts_host = there.hostname or "", accounts.hostname or ""
    if accounts_host in LOCAL:
        return (there.scheme, there.netloc) == (accounts.scheme, accounts.netloc)
    centre = accounts_host.removeprefix("accounts.").removeprefix("zoho.").removeprefix("zohocloud.")
    return there.scheme == "https" and "@" not in there.netloc and host.endswith(f".zohoapis.{centre}")


def _shown(token: Token) -> Mapping[str, str]:
    return {"Authorization": PREFIX + token.value}


def _refused(answer: Answer, error: str) -> NoReturn:
    mend = MENDS.get(error, "no token is given; ZOHO_REFRESH_TOKEN, ZOHO_CLIENT_ID and ZOHO_CLIENT_SECRET may be wrong")
    answer.fails(ShutOut, mend, code=error if error in MENDS else "")

"""Who we are to Microsoft's systems: access tokens of Entra for our registered app (client credentials), by msal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

import msal
import msgspec
import requests
from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.decoding import converted, decoded
from middleware.erp.entra_access import EntraAccess
from middleware.errors import FrontdeskError, Malformed, ShutOut, Unavailable
from middleware.http import Dialect, Http
from middleware.tokens import SharedToken, Token

PREFIX = "Bearer "
_LATER = {50196, 90006, 90024, 90033, 90055}  # a loop, a busy service: it gives some again in a while
_NO_TENANT = "ENTRA_TENANT is none that Entra knows: copy the tenant's id from its overview there"
_MENDS = {
    7000215: "ENTRA_CLIENT_SECRET isn't a secret of the app: copy the secret's value, not its id",
    7000222: "ENTRA_CLIENT_SECRET has expired: make a new secret for the app",
    700016: "ENTRA_CLIENT_ID is no app of this tenant: copy the application's id from its registration",
    7000112: "the app of ENTRA_CLIENT_ID is disabled: enable it in Entra",
    90002: _NO_TENANT,
    900023: _NO_TENANT,
    500011: "the tenant doesn't know the system that a token is wanted for: is the system's address in the settings"
    " right, and is it of this tenant?",
    53003: "a policy of conditional access keeps the app of ENTRA_CLIENT_ID out: exclude it there",
}
_OTHERWISE = "check ENTRA_TENANT, ENTRA_CLIENT_ID and ENTRA_CLIENT_SECRET"


class _Given(msgspec.Struct):
    access_token: str
    expires_in: int


class _Refusal(msgspec.Struct):
    error: str = ""
    error_codes: list[int] = []


class _Dialect(Dialect):
    request_id = "x-ms-request-id"

    def reads(self, method: str, path: str) -> bool:
        """A token that was lost harms nobody."""
        return True


class EntraCredentials:
    """The access token of one app for one system, shared by all processes.

    Args:
        engine: Of the store's database.
        scope: What the token is for, such as `https://api.businesscentral.dynamics.com/.default`.
    """

    def __init__(self, access: EntraAccess, scope: str, engine: Engine, clock: Clock = system_clock) -> None:
        self._access = access
        self._scope = scope
        self._clock = clock
        self._client = _Client(Http("erp", (access.entra_url,), None, _Dialect()), access.entra_url)
        name = f"entra {access.entra_url} {access.tenant} {access.client_id} {scope}"
        self._token = SharedToken(engine, name, access.client_secret, self._fetched, clock)

    def token(self) -> str:
        """The token itself, for systems that take it for one of their own.

        Raises:
            ShutOut, Unavailable: As for `headers`.
        """
        return self._token.get().value

    def headers(self) -> Mapping[str, str]:
        """The header that shows the token.

        Raises:
            ShutOut: Entra gives none; the message names the setting and the mend.
            Unavailable: None could be had in time.
        """
        return {"Authorization": PREFIX + self._token.get().value}

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """The header with another token than the one that was refused.

        Raises:
            ShutOut, Unavailable: As for `headers`.
        """
        value = refused.get("Authorization", "").removeprefix(PREFIX)
        return {"Authorization": PREFIX + self._token.renew(value).value}

    def _fetched(self) -> Token:
        """Asks Entra by an app that is made anew: `SharedToken` remembers, msal shall not."""
        try:
            app = msal.ConfidentialClientApplication(
                self._access.client_id,
                client_credential=self._access.client_secret,
                authority=f"https://{self._access.entra_url.partition('://')[2]}/{self._access.tenant}",
                instance_discovery=False,
                http_client=self._client,
            )
            given = converted(app.acquire_token_for_client([self._scope]), _Given)
        except FrontdeskError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:  # what msal makes of nonsense
            raise Malformed(f"what Entra answers makes no sense: {type(error).__name__}", system="erp") from None
        expires_at = self._clock() + timedelta(seconds=given.expires_in)
        return Token(value=given.access_token, expires_at=expires_at)


class _Client:
    """What msal asks of an HTTP client; it never sees an error, which it would log together with the answer.

    msal knows https alone, also where a stand-in is on this machine.
    """

    def __init__(self, http: Http, address: str) -> None:
        self._session = http.session()
        self._scheme = address.partition("://")[0]

    def get(self, url: str, **more: Any) -> requests.Response:
        """Reads what msal wants to know of the tenant."""
        return self._sent("GET", url, **more)

    def post(self, url: str, **more: Any) -> requests.Response:
        """Asks for a token."""
        return self._sent("POST", url, **more)

    def close(self) -> None:
        """The connections are kept for the next time."""

    def _sent(
        self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> requests.Response:
        there = f"{self._scheme}://{url.partition('://')[2]}"
        answer = self._session.request(method, there, params=params, data=data, headers=headers, allow_redirects=False)
        if answer.status_code >= 500:
            _fail(Unavailable, "Entra gives no token now", answer)
        if answer.status_code >= 400:
            _refuse(answer)
        try:
            decoded(answer.content, dict[str, Any])
        except (msgspec.MsgspecError, UnicodeError):
            _fail(Malformed, "what Entra answers is no JSON; is ENTRA_URL right?", answer)
        return answer


def _refuse(answer: requests.Response) -> NoReturn:
    """Says why there is no token; Entra's own words, which name ids, are left out."""
    try:
        refusal = decoded(answer.content, _Refusal)
    except (msgspec.MsgspecError, UnicodeError):
        refusal = _Refusal()
    code = next(iter(refusal.error_codes), 0)
    if code in _LATER or refusal.error == "temporarily_unavailable":
        _fail(Unavailable, "Entra gives no token now", answer, code)
    _fail(ShutOut, f"Entra gives no token: {_MENDS.get(code, _OTHERWISE)}", answer, code)


def _fail(kind: type[FrontdeskError], message: str, answer: requests.Response, code: int = 0) -> NoReturn:
    status = f"AADSTS{code}" if code else str(answer.status_code)
    raise kind(message, system="erp", status=status, request_id=answer.headers.get(_Dialect.request_id, ""))

"""Who we are to SAP: a communication user, or a client of its OAuth server."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta

import msgspec
from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.erp.sap.settings import SapAccess
from middleware.errors import ShutOut, Unavailable
from middleware.http import Answer, Credentials, Dialect, Http
from middleware.tokens import SharedToken, Token

_LOCKED = "SAP refuses SAP_USER with SAP_PASSWORD: is the user locked, or the password another one?"


def credentials(access: SapAccess, engine: Engine) -> Credentials:
    """Those that the environment names."""
    return OAuthClient(access, engine) if access.token_url else User(access)


class User:
    """A communication user with its password."""

    def __init__(self, access: SapAccess) -> None:
        self._shown = {"Authorization": _basic(access.user, access.password), **_of_client(access)}

    def headers(self) -> Mapping[str, str]:
        """What says who we are."""
        return self._shown

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """There is nothing to renew; whoever tries again and again is locked."""
        raise ShutOut(_LOCKED, system="erp", status="401")


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int = 3600


class OAuthClient:
    """A client of the OAuth server that SAP trusts (client credentials)."""

    def __init__(self, access: SapAccess, engine: Engine, clock: Clock = system_clock) -> None:
        self._access = access
        self._clock = clock
        self._http = Http("erp", (access.token_url,), None, _TokenDialect())
        self._token = SharedToken(engine, f"sap:{access.client_id}", access.client_secret, self._fetch, clock)

    def headers(self) -> Mapping[str, str]:
        """What says who we are."""
        return self._shown(self._token.get())

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """The same with another token."""
        return self._shown(self._token.renew(refused["Authorization"].removeprefix("Bearer ")))

    def _shown(self, token: Token) -> dict[str, str]:
        return {"Authorization": f"Bearer {token.value}", **_of_client(self._access)}

    def _fetch(self) -> Token:
        access = self._access
        answer = self._http.call(
            "POST",
            access.token_url,
            form={"grant_type": "client_credentials"},
            headers={"Authorization": _basic(access.client_id, access.client_secret), "Accept": "application/json"},
        )
        if answer.status in (400, 401, 403):
            answer.fails(ShutOut, "SAP_TOKEN_URL refuses SAP_OAUTH_CLIENT_ID with SAP_OAUTH_CLIENT_SECRET")
        if answer.status != 200:
            answer.fails(Unavailable, "SAP_TOKEN_URL gives no token")
        given = answer.decoded(_TokenAnswer)
        return Token(value=given.access_token, expires_at=self._clock() + timedelta(seconds=given.expires_in))


class _TokenDialect(Dialect):
    """Asking for a token changes nothing."""

    def reads(self, method: str, path: str) -> bool:
        return True

    def refuses_us(self, answer: Answer) -> bool:
        return False


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def _of_client(access: SapAccess) -> dict[str, str]:
    return {"sap-client": access.client} if access.client else {}

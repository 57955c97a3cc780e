"""How the connector shows who it is: by the integration user's password, or by a token of the identity domain."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import NoReturn

import jwt
import msgspec
from sqlalchemy.engine import Engine

from middleware.clock import Clock
from middleware.decoding import decoded
from middleware.erp.oracle.dialect import OracleDialect
from middleware.erp.oracle.settings import OracleAccess
from middleware.errors import Misconfigured, ShutOut, Unavailable
from middleware.http import Answer, Credentials, Http
from middleware.tokens import SharedToken, Token

ASSERTION_GOOD_FOR = timedelta(minutes=3)
AUDIENCE = "https://identity.oraclecloud.com/"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_MENDS = {
    "invalid_client": "ORACLE_CLIENT_ID or ORACLE_CLIENT_SECRET is good no more: copy both anew from the confidential"
    " application in the identity domain",
    "invalid_scope": "ORACLE_SCOPE isn't one of the application's: copy it from its resources",
    "invalid_grant": "the user isn't let in: check ORACLE_USERNAME, ORACLE_PRIVATE_KEY and ORACLE_KEY_ID, and that the"
    " application trusts the key's certificate",
    "unauthorized_client": "the application hasn't enabled this grant (client credentials or, with ORACLE_PRIVATE_KEY,"
    " JWT assertion): enable it there",
}


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int = 3600


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


def credentials(access: OracleAccess, engine: Engine, clock: Clock) -> Credentials:
    """Who we are to Oracle.

    Args:
        engine: Of the store's database, where a token lies.

    Raises:
        Misconfigured: Something is missing.
    """
    if access.token_url:
        return TokenCredentials(access, engine, clock)
    if access.username and access.password:
        return PasswordCredentials(access)
    raise Misconfigured(
        "set ORACLE_USERNAME and ORACLE_PASSWORD, or ORACLE_TOKEN_URL, ORACLE_CLIENT_ID and ORACLE_CLIENT_SECRET;"
        " docs/connectors/oracle.md says where to find them"
    )


class PasswordCredentials:
    """The integration user's password, shown with every call."""

    def __init__(self, access: OracleAccess) -> None:
        self._access = access

    def headers(self) -> Mapping[str, str]:
        """Shows it."""
        return {"Authorization": _basic(self._access.username, self._access.password)}

    def renew(self, refused: Mapping[str, str]) -> NoReturn:
        """There is no other one.

        Raises:
            ShutOut: Always.
        """
        raise ShutOut(
            "Oracle refuses ORACLE_USERNAME and ORACLE_PASSWORD: the password is good no more, or the user is locked",
            system="erp",
            status="401",
        )


class TokenCredentials:
    """A token, for the application's secret (client credentials) or for a user's signed assertion.

    Args:
        engine: Of the store's database, where the token lies.
    """

    def __init__(self, access: OracleAccess, engine: Engine, clock: Clock) -> None:
        if not (access.client_id and access.client_secret):
            raise Misconfigured("ORACLE_TOKEN_URL needs ORACLE_CLIENT_ID and ORACLE_CLIENT_SECRET beside it")
        if access.private_key and not access.username:
            raise Misconfigured("ORACLE_PRIVATE_KEY needs ORACLE_USERNAME beside it: the user whom the app acts for")
        self._access = access
        self._clock = clock
        self._http = Http("erp", (access.token_url,), None, OracleDialect())
        whose = f"oracle {access.url} {access.client_id} {access.username if access.private_key else ''}".strip()
        self._token = SharedToken(engine, whose, access.client_secret, self._fetched, clock)

    def headers(self) -> Mapping[str, str]:
        """Shows the token."""
        return _shown(self._token.get())

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """Shows another one than was refused."""
        return _shown(self._token.renew(refused.get("Authorization", "").removeprefix("Bearer ")))

    def _fetched(self) -> Token:
        access = self._access
        answer = self._http.call(
            "POST",
            f"{access.token_url}/oauth2/v1/token",
            form=self._form(),
            headers={"Authorization": _basic(access.client_id, access.client_secret), "Accept": "application/json"},
        )
        if answer.status != 200:
            _refuse(answer)
        given = answer.decoded(_TokenAnswer)
        return Token(value=given.access_token, expires_at=self._clock() + timedelta(seconds=given.expires_in))

    def _form(self) -> dict[str, str]:
        access = self._access
        scope = {"scope": access.scope} if access.scope else {}
        if not access.private_key:
            return {"grant_type": "client_credentials", **scope}
        now = self._clock()
        claims = {
            "iss": access.client_id,
            "sub": access.username,
            "aud": AUDIENCE,
            "iat": int(now.timestamp()),
            "exp": int((now + ASSERTION_GOOD_FOR).timestamp()),
        }
        named = {"kid": access.key_id} if access.key_id else None
        try:
            key = access.private_key.replace("\\n", "\n")  # in an environment it is often one line
            assertion = jwt.encode(claims, key, algorithm="RS256", headers=named)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise ShutOut(
                "ORACLE_PRIVATE_KEY is no RSA key in PEM: copy it with its first and last line", system="erp"
            ) from error
        return {"grant_type": _JWT_BEARER, "assertion": assertion, **scope}


def _refuse(answer: Answer) -> NoReturn:
    if answer.status >= 500:
        answer.fails(Unavailable, "it gives no token now")
    try:
        code = decoded(answer.body, _Refusal).error
    except (msgspec.MsgspecError, UnicodeError):
        code = ""
    mend = _MENDS.get(code, "check ORACLE_TOKEN_URL, ORACLE_CLIENT_ID and ORACLE_CLIENT_SECRET")
    answer.fails(ShutOut, f"Oracle's identity domain gives no token: {mend}", code)


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def _shown(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.value}"}

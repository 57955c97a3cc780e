"""How the app shows who it is: by a token, for its secret (client credentials) or a signed assertion (JWT bearer).

Logging in with user name and security token ends in 2027, so there is none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
import msgspec
from sqlalchemy.engine import Engine

from middleware.clock import Clock
from middleware.crm.salesforce.errors import SalesforceDialect
from middleware.crm.salesforce.settings import SalesforceAccess
from middleware.decoding import decoded
from middleware.errors import Malformed, Misconfigured, ShutOut, Unavailable
from middleware.http import Answer, Http
from middleware.tokens import SharedToken, Token

GOOD_FOR = timedelta(hours=1)  # the answer doesn't say; if the org's sessions are shorter, a 401 does
ASSERTION_GOOD_FOR = timedelta(minutes=3)
OWN_DOMAINS = (".salesforce.com", ".force.com")
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_MENDS = {
    "invalid_client": "SALESFORCE_CLIENT_SECRET is good no more, or SALESFORCE_CLIENT_ID is another app's: copy both"
    " anew from the connected app",
    "invalid_client_id": "SALESFORCE_CLIENT_ID is no app of this org: copy the connected app's consumer key anew",
    "invalid_grant": "the app's user isn't let in: check SALESFORCE_USERNAME and SALESFORCE_PRIVATE_KEY, that the user"
    " is active and pre-authorized for the app, or the run-as user of the client credentials flow",
    "unsupported_grant_type": "the connected app hasn't enabled the client credentials flow (or, with"
    " SALESFORCE_PRIVATE_KEY, digital signatures): enable it there",
    "invalid_app_access": "the app's user isn't admitted to the connected app: admit them by a permission set",
    "inactive_user": "the app's user is inactive: activate them, or name another one",
    "inactive_org": "the org is inactive or locked: ask Salesforce",
}


class _TokenAnswer(msgspec.Struct, frozen=True):
    access_token: str
    instance_url: str
    id: str


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


class SalesforceCredentials:
    """Who we are to Salesforce.

    Args:
        engine: Of the store's database, where the token lies.
    """

    def __init__(self, access: SalesforceAccess, engine: Engine, clock: Clock) -> None:
        self._access = access
        self._clock = clock
        self._http = Http("crm", (access.url,), None, SalesforceDialect())
        secret = access.private_key or access.client_secret
        if not secret or bool(access.private_key) != bool(access.username):
            raise Misconfigured(
                "set SALESFORCE_CLIENT_SECRET (client credentials), or SALESFORCE_USERNAME and SALESFORCE_PRIVATE_KEY"
                " (JWT bearer); docs/connectors/salesforce.md says where to find them"
            )
        name = f"salesforce {access.url} {access.client_id} {access.username}".strip()
        self._token = SharedToken(engine, name, secret, self._fetched, clock)

    def token(self) -> Token:
        """The token that is good now; `subject` is the id of the user whom the app acts for.

        Raises:
            ShutOut: There is none; the message names the setting and the mend.
            Unavailable: None could be had in time.
        """
        return self._token.get()

    def headers(self) -> Mapping[str, str]:
        """Shows the token."""
        return _shown(self._token.get())

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        """Shows another one than was refused."""
        return _shown(self._token.renew(refused.get("Authorization", "").removeprefix("Bearer ")))

    def _fetched(self) -> Token:
        answer = self._http.call("POST", f"{self._access.url}/services/oauth2/token", form=self._form())
        if answer.status != 200:
            self._refuse(answer)
        given = answer.decoded(_TokenAnswer)
        self._demand_own_host(answer, given.instance_url)
        return Token(
            value=given.access_token,
            expires_at=self._clock() + GOOD_FOR,
            address=given.instance_url.rstrip("/"),
            subject=given.id.rpartition("/")[2],
        )

    def _form(self) -> dict[str, str]:
        access = self._access
        if not access.private_key:
            secret = {"client_id": access.client_id, "client_secret": access.client_secret}
            return {"grant_type": "client_credentials", **secret}
        claims = {
            "iss": access.client_id,
            "sub": access.username,
            "aud": access.url,
            "exp": int((self._clock() + ASSERTION_GOOD_FOR).timestamp()),
        }
        try:
            key = access.private_key.replace("\\n", "\n")  # in an environment it is often one line
            return {"grant_type": _JWT_BEARER, "assertion": jwt.encode(claims, key, algorithm="RS256")}
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise ShutOut(
                "SALESFORCE_PRIVATE_KEY is no RSA key in PEM: copy it with its first and last line", system="crm"
            ) from error

    def _refuse(self, answer: Answer) -> None:
        if answer.status >= 500:
            answer.fails(Unavailable, "it gives no token now")
        try:
            code = decoded(answer.body, _Refusal).error
        except (msgspec.MsgspecError, UnicodeError):
            code = ""
        mend = _MENDS.get(code, "check SALESFORCE_URL, SALESFORCE_CLIENT_ID and the app's secret")
        answer.fails(ShutOut, f"Salesforce gives no token: {mend}", code)

    def _demand_own_host(self, answer: Answer, address: str) -> None:
        """The token goes to Salesforce alone, whatever an answer says."""
        parts, own = urlsplit(address), urlsplit(self._access.url)
        is_salesforce = parts.scheme == "https" and (parts.hostname or "").endswith(OWN_DOMAINS)
        if "@" in parts.netloc or not (is_salesforce or (parts.scheme, parts.netloc) == (own.scheme, own.netloc)):
            answer.fails(Malformed, "it says that the token is good at a host that isn't Salesforce's")


def _shown(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.value}"}

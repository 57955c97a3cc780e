"""Who we are to Inventory Visibility: a token of Entra is exchanged for one of Dynamics' own security service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.erp.dynamics.settings import DynamicsAccess
from middleware.erp.entra import PREFIX, EntraCredentials
from middleware.errors import ShutOut, Unavailable
from middleware.http import Answer, Dialect, Http
from middleware.tokens import SharedToken, Token

ENTRA_SCOPE = "0cdb527f-a8d1-4bf8-9436-b352c68682b2/.default"  # Inventory Visibility's, the same for everybody
SCOPE = "https://inventoryservice.operations365.dynamics.com/.default"


class _Given(msgspec.Struct):
    access_token: str
    expires_in: int = 3600


class SecurityDialect(Dialect):
    """How the security service speaks HTTP: it sends whoever asks to the one of their region."""

    def __init__(self, address: str) -> None:
        self._address = urlsplit(address)

    def reads(self, method: str, path: str) -> bool:
        """A token that was lost harms nobody."""
        return True

    def follows(self, method: str, answer: Answer, there: str) -> bool:
        """Only the service's own hosts, by the same scheme, get what we send it."""
        to = urlsplit(there)
        same = (to.scheme, to.port) == (self._address.scheme, self._address.port)
        return same and answer.status in (307, 308) and self._is_its_own(to.hostname or "")

    def _is_its_own(self, host: str) -> bool:
        own = self._address.hostname or ""
        family = own.partition(".")[2]
        return host == own or (
            family.count(".") > 0 and not own.replace(".", "").isdigit() and host.endswith("." + family)
        )


class VisibilityCredentials:
    """The access token of one environment's Inventory Visibility, shared by all processes.

    Args:
        engine: Of the store's database.
    """

    def __init__(self, access: DynamicsAccess, engine: Engine, clock: Clock = system_clock) -> None:
        self._access = access
        self._clock = clock
        self._entra = EntraCredentials(access, ENTRA_SCOPE, engine, clock)
        self._http = Http("erp", (access.security_url,), None, SecurityDialect(access.security_url))
        name = f"inventory visibility {access.security_url} {access.environment_id} {access.client_id}"
        self._token = SharedToken(engine, name, access.client_secret, self._fetched, clock)

    def headers(self) -> Mapping[str, str]:
        """The header that shows the token.

        Raises:
            ShutOut: There is none for us; the message names the setting and the mend.
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
        answer = self._asked(self._entra.token())
        if answer.status == 401:
            shown = {"Authorization": PREFIX + self._entra.token()}
            answer = self._asked(self._entra.renew(shown)["Authorization"].removeprefix(PREFIX))
        if answer.status >= 500 or answer.status == 429:
            answer.fails(Unavailable, "the security service gives no token now")
        if answer.status >= 300:
            mend = "is DYNAMICS_ENVIRONMENT_ID right, and is our app entered in the add-in Inventory Visibility?"
            answer.fails(ShutOut, f"the security service gives no token: {mend}")
        given = answer.decoded(_Given)
        return Token(value=given.access_token, expires_at=self._clock() + timedelta(seconds=given.expires_in))

    def _asked(self, assertion: str) -> Answer:
        body = {
            "grant_type": "client_credentials",
            "client_assertion_type": "aad_app",
            "client_assertion": assertion,
            "scope": SCOPE,
            "context": self._access.environment_id,
            "context_type": "finops-env",
        }
        return self._http.call("POST", f"{self._access.security_url}/token", json=body, headers={"Api-Version": "1.0"})

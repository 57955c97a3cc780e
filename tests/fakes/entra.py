"""Microsoft Entra as stand-ins of Microsoft's systems have it beside them: a tenant, an app, tokens that end.

class BusinessCentral(StandIn):
    def __init__(...): self.entra = Entra(self, scope="https://.../.default")
    def answer(self, request):
        if self.entra.is_asked(request): return self.entra.answer(request)
        self.entra.demand_token(request) ...
"""

from __future__ import annotations

from base64 import b64decode
from itertools import count
from typing import NoReturn
from urllib.parse import unquote_plus

from tests.fakes.stand_in import Reply, Request, StandIn, refuse

TENANT = "5f9a4a8e-0d3e-4bd6-8a3f-0c3d2f3b6f10"
CLIENT_ID = "0b6f6c1e-7d0e-4e1b-9b57-1f6f3a5a9c11"
CLIENT_SECRET = "dSx8Q~entra+secret/of=the app"


class Entra:
    """The tenant, as one system's stand-in has it beside it.

    Args:
        beside: Whose tokens they are; it answers at the same address.
        scope: What they are for.

    Attributes:
        codes: By which a token is refused, such as 7000222; the first of them is used up by each request.
        is_locked: Whether no token is good, and none is given.
        given: How many tokens were given.
    """

    def __init__(self, beside: StandIn, scope: str) -> None:
        self._beside = beside
        self.scope = scope
        self.codes: list[int] = []
        self.is_locked = False
        self.given = 0
        self._numbers = count(1)
        self._good: set[str] = set()

    @property
    def environment(self) -> dict[str, str]:
        """What a server of ours needs to reach it."""
        return {
            "ENTRA_URL": self._beside.url,
            "ENTRA_TENANT": TENANT,
            "ENTRA_CLIENT_ID": CLIENT_ID,
            "ENTRA_CLIENT_SECRET": CLIENT_SECRET,
        }

    def expire(self) -> None:
        """All tokens that were given are good no more."""
        self._good.clear()

    def is_asked(self, request: Request) -> bool:
        """Whether a request is Entra's, and not the system's."""
        return request.path.endswith(("/.well-known/openid-configuration", "/oauth2/v2.0/token"))

    def has_let_in(self, request: Request) -> bool:
        """Whether a request to the system shows a token that is good."""
        shown = request.headers.get("authorization", "")
        return not self.is_locked and shown.startswith("Bearer ") and shown[7:] in self._good

    def answer(self, request: Request) -> Reply:
        """What Entra does and answers."""
        tenant = request.path.split("/")[1]
        if tenant != TENANT:
            _refuse(90002, "invalid_tenant", "Tenant not found.")
        if request.path == f"/{tenant}/v2.0/.well-known/openid-configuration":
            return Reply(json=self._configuration())
        if request.path != f"/{tenant}/oauth2/v2.0/token" or request.method != "POST":
            refuse(404)
        return self._token(request)

    def _configuration(self) -> dict[str, str]:
        """It always names https."""
        there = f"https://{self._beside.url.partition('://')[2]}/{TENANT}"
        return {
            "token_endpoint": f"{there}/oauth2/v2.0/token",
            "authorization_endpoint": f"{there}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{there}/oauth2/v2.0/devicecode",
            "issuer": f"{there}/v2.0",
        }

    def _token(self, request: Request) -> Reply:
        form = {**request.form, **_basic(request)}
        if self.is_locked or self.codes:
            code = self.codes.pop(0) if self.codes else 7000222
            _refuse(code, "invalid_client", f"The provided client secret keys for app '{CLIENT_ID}' are expired.")
        if form.get("grant_type") != "client_credentials":
            _refuse(70003, "unsupported_grant_type", "The app requested an unsupported grant type.")
        if form.get("client_id") != CLIENT_ID:
            _refuse(700016, "unauthorized_client", "Application was not found in the directory.")
        if form.get("client_secret") != CLIENT_SECRET:
            _refuse(7000215, "invalid_client", f"Invalid client secret provided for app '{CLIENT_ID}'.")
        if self.scope not in form.get("scope", "").split():
            _refuse(500011, "invalid_resource", "The resource principal was not found in the tenant.")
        self.given += 1
        token = f"eyJ0eXAi.entra-{next(self._numbers)}.{id(self):x}"
        self._good.add(token)
        return Reply(json={"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})


def _basic(request: Request) -> dict[str, str]:
    """Id and secret where they come in a header."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return {}
    name, _, secret = b64decode(encoded).decode().partition(":")
    return {"client_id": unquote_plus(name), "client_secret": unquote_plus(secret)}


def _refuse(code: int, error: str, words: str) -> NoReturn:
    told = {
        "error": error,
        "error_description": f"AADSTS{code}: {words} Trace ID: 0f Correlation ID: 0e Timestamp: 2026-03-11 17:30:15Z",
        "error_codes": [code],
        "timestamp": "2026-03-11 17:30:15Z",
        "trace_id": "0f",
        "correlation_id": "0e",
    }
    refuse(400 if code in (90002, 700016, 500011) else 401, told, x_ms_request_id="entra-request")

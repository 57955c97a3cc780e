"""An OpenID Connect provider in the test's own process, and what can be wrong with what it says."""

from __future__ import annotations

import base64
import hashlib
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

ISSUER = "https://login.fernhill.example"
CLIENT, SECRET = "frontdesk", "the-clients-secret"


@dataclass
class Provider:
    """The company's log-in.

    Attributes:
        claims: What it says of whoever logs in; what is given here is added or replaces.
        key: What it signs with; `published` is what it says that it signs with.
        is_down: Whether it answers nothing.
        asked: The token requests that it got.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    published: RSAKey | None = None
    is_down: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def transport(self) -> httpx2.MockTransport:
        """What reaches it instead of the network."""
        return httpx2.MockTransport(self._answer)

    def authorise(self, address: str) -> dict[str, str]:
        """What an agent who logs in there brings back: the code and the state.

        Args:
            address: Where the desk sent them.
        """
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{ISSUER}/authorize?")
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256" and asked["nonce"] and asked["state"]
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_down:
            raise httpx2.ConnectError("down", request=request)
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            return httpx2.Response(
                200,
                json={
                    "issuer": ISSUER,
                    "authorization_endpoint": f"{ISSUER}/authorize",
                    "token_endpoint": f"{ISSUER}/token",
                    "jwks_uri": f"{ISSUER}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
            )
        if path == "/keys":
            return httpx2.Response(200, json={"keys": [(self.published or self.key).as_dict(private=False)]})
        return self._token(request)

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.asked.append(form)
        login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self._codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode()
        is_good = (
            asked is not None
            and request.headers.get("Authorization") == f"Basic {login}"
            and form["redirect_uri"] == asked["redirect_uri"]
            and proof.rstrip("=") == asked["code_challenge"]
        )
        if not is_good or asked is None:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "u-17",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "Marco@Fernhill.example",
        }
        told = {name: value for name, value in (claims | self.claims).items() if value is not None}
        id_token = jwt.encode({"alg": "RS256", "kid": "k1"}, told, self.key)
        return httpx2.Response(200, json={"access_token": "a", "token_type": "Bearer", "id_token": id_token})

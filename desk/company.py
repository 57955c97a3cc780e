"""The company's own log-in for agents, by OpenID Connect."""

from __future__ import annotations

import logging
from typing import Any

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from middleware.agents import Refused
from middleware.desk_settings import Oidc
from middleware.errors import Malformed, Unavailable

log = logging.getLogger(__name__)

NAME = "company"
TIMEOUT_SECONDS = 10
# What its answer makes no sense by, or isn't signed by.
SENSELESS = (OAuthError, JoseError, ValueError, KeyError, TypeError, RuntimeError)


class Company:
    """Sends agents to the company's log-in, and hears who comes back.

    Args:
        transport: What speaks HTTP with it; for tests.
    """

    def __init__(self, oidc: Oidc, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._oidc = oidc
        options = {"transport": transport} if transport else {}
        self._client: Any = OAuth().register(
            NAME,
            client_id=oidc.client_id,
            client_secret=oidc.client_secret,
            server_metadata_url=f"{oidc.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_SECONDS,
                **options,
            },
        )

    async def send(self, request: Request, back: str) -> Response:
        """Sends an agent there, with a state, a nonce and a challenge of their own.

        Args:
            back: The address that they come back to.

        Raises:
            Unavailable: The company's log-in can't be reached.
            Malformed: It doesn't say what it must.
        """
        try:
            answer: Response = await self._client.authorize_redirect(request, back)
        except httpx2.HTTPError as error:
            raise Unavailable(f"the company's log-in: {type(error).__name__}", system="oidc") from error
        except SENSELESS as error:
            raise Malformed(f"the company's log-in: {type(error).__name__}", system="oidc") from error
        return answer

    async def who_is_back(self, request: Request) -> str:
        """Tells who came back: what the company says of them under the claim that agents are known by.

        Raises:
            Refused: Nobody who can be believed: not sent from here, of another issuer, for another desk, too old,
                signed by somebody else, or with an e-mail address that wasn't confirmed.
            Unavailable: The company's log-in can't be reached.
        """
        stem = self._oidc.issuer.rstrip("/")
        options = {
            "iss": {"essential": True, "values": [stem, f"{stem}/"]},
            "aud": {"essential": True, "value": self._oidc.client_id},
        }
        try:
            token = await self._client.authorize_access_token(request, claims_options=options)
            claims = token["userinfo"]
            who = claims[self._oidc.claim]
        except httpx2.HTTPError as error:
            raise Unavailable(f"the company's log-in: {type(error).__name__}", system="oidc") from error
        except SENSELESS as error:
            log.warning("somebody came back from the company's log-in in vain: %s", type(error).__name__)
            raise Refused from error
        is_unconfirmed = self._oidc.claim == "email" and claims.get("email_verified") is False
        if not isinstance(who, str) or not who.strip() or is_unconfirmed:
            raise Refused
        return who

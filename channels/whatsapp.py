"""The way in of WhatsApp's Cloud API: what Meta has signed is stored, and only then acknowledged.

`GET /webhooks/whatsapp/webhook` answers Meta's question whether the address is ours; `POST` brings messages. They are
answered by jobs, so that Rasa may need its time, or have no model yet.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from typing import Any, Protocol

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, text

from channels import whatsapp_sending as sending
from channels.answers import body_of, bound, judged, refusal
from channels.serving import Serving, shared
from channels.turns import Run
from channels.whatsapp_client import WhatsAppClient
from channels.whatsapp_media import Media, Source
from channels.whatsapp_sending import Sender
from channels.whatsapp_webhook import CHANNEL, Reader, Webhook
from middleware.channel_settings import ACCOUNT, WhatsAppAccount
from middleware.inbox import FETCH

log = logging.getLogger(__name__)

LARGEST = 3 * 1024 * 1024  # bytes of a webhook, by Meta's word
LONGEST_CHALLENGE = 1024
SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")
NOT_SET_UP = f"WhatsApp is not set up: set {', '.join(ACCOUNT)} in the environment, and start again"


class Client(sending.Client, Source, Protocol):
    """Meta's side: what is sent to, and where media are."""

    async def close(self) -> None:
        """Ends the connections."""


class WhatsAppInput(InputChannel):
    """WhatsApp.

    Args:
        client: Of Meta's side; by default the real one, if there is an account.
    """

    def __init__(self, serving: Serving, client: Client | None = None) -> None:
        self._serving = serving
        self._account = serving.settings.whatsapp_account
        self._client = client or (WhatsAppClient(self._account) if self._account else None)
        if self._client:
            serving.does(FETCH, Media(serving.middleware, self._client).fetch, patient=True)
            Sender(serving.middleware, self._client).attach(serving)

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its address and in `domain.yml`'s channel variants."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WhatsAppInput:
        """Opens the channel; its rules stand in assistant.yml and the environment, none in credentials.yml."""
        return cls(shared())

    def blueprint(self, on_new_message: Run) -> Blueprint:
        """The routes under `/webhooks/whatsapp`."""
        routes = Blueprint("frontdesk_whatsapp", __name__)
        account = self._account

        @routes.get("/webhook")
        async def verify(request: Request) -> HTTPResponse:
            return await judged(self._verify(request, account)) if account else refusal(404, NOT_SET_UP)

        @routes.post("/webhook", stream=True)  # so that no body is read that can't be Meta's
        async def receive(request: Request) -> HTTPResponse:
            bound(request, LARGEST)
            return await judged(self._receive(request, account)) if account else refusal(404, NOT_SET_UP)

        @routes.listener("after_server_stop")  # type: ignore[untyped-decorator] # sanic's own
        async def close(_app: Sanic, _loop: Any) -> None:
            if self._client:
                await self._client.close()

        self._serving.attach(routes, on_new_message)
        return routes

    async def _verify(self, request: Request, account: WhatsAppAccount) -> HTTPResponse:
        """Proves to Meta that the address is ours."""
        self._count(request)
        token, challenge = request.args.get("hub.verify_token", ""), request.args.get("hub.challenge", "")
        is_ours = hmac.compare_digest(_bytes(token), _bytes(account.verify_token))
        is_asked = request.args.get("hub.mode") == "subscribe" and 0 < len(challenge) <= LONGEST_CHALLENGE
        if not (is_ours and is_asked):
            return refusal(403, "the verify token is not the one that WHATSAPP_VERIFY_TOKEN holds")
        return text(challenge, headers={"X-Content-Type-Options": "nosniff"})

    async def _receive(self, request: Request, account: WhatsAppAccount) -> HTTPResponse:
        signature = request.headers.get("X-Hub-Signature-256", "")
        if not SIGNATURE.fullmatch(signature):
            return self._unsigned(request, "the request has no signature in X-Hub-Signature-256")
        body = await body_of(request, LARGEST)
        digest = hmac.new(_bytes(account.app_secret), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, f"sha256={digest}"):
            return self._unsigned(request, "the signature is not made with the secret that WHATSAPP_APP_SECRET holds")
        with self._serving.quiet.broken():
            await self._take(self._read(body, account))
        return text("")

    async def _take(self, webhook: Webhook) -> None:
        webhook.tell_left_out()
        await self._serving.intake.take(webhook.received, webhook.withdrawn)
        if webhook.statuses:
            await self._serving.middleware.outbox.note(webhook.statuses)

    def _read(self, body: bytes, account: WhatsAppAccount) -> Webhook:
        longest = self._serving.settings.rest.longest_message
        try:
            content = json.loads(body)  # the one that bears half an emoji
        except (ValueError, RecursionError) as error:  # it would be the same if it were sent again
            log.warning("a signed webhook can't be read: %s", type(error).__name__)
            return Webhook()
        return Reader(account.phone_number_id, longest, self._serving.middleware.clock).read(content)

    def _unsigned(self, request: Request, sentence: str) -> HTTPResponse:
        """Refuses what Meta didn't sign. Only that counts for its network address: Meta may send without bound."""
        self._count(request)
        log.warning("a webhook was refused: %s", sentence)
        return refusal(401, sentence)

    def _count(self, request: Request) -> None:
        self._serving.limits.take_request(request.ip, request.headers.getall("X-Forwarded-For", []))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

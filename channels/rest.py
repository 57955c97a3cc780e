"""The REST channel, open to bearer tokens: Rasa's own form of request and answer, and a long poll beside it.

`POST /webhooks/rest/webhook` brings a message and gets the replies; `GET /webhooks/rest/messages` waits for whatever is
written to the customer.
"""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import InputChannel
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, json

from channels import tokens
from channels.answers import LONGEST_MESSAGE_ID, BadRequest, body_of, bound, is_message_id, judged, object_of
from channels.limits import TooFast
from channels.serving import Serving, agent_of, is_ready, shared
from channels.showing import Showing
from channels.turns import Incoming, Run

LAST_SEQUENCE = 2**31 - 1
LONGEST_WAIT_SECONDS = 30


class RestInput(InputChannel):
    """Rasa's REST channel, for customers who were proven by their token.

    The conversation is the token's `sub`; `sender`, `metadata` and `input_channel` of the body are not looked at.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._middleware = serving.middleware
        self._settings = serving.settings
        self._limits = serving.limits
        self._arrivals = serving.arrivals
        self._turns = serving.turns
        self._showing = Showing(serving, self.name())

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its address and in `domain.yml`'s channel variants."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> RestInput:
        """Opens the channel; its rules stand in assistant.yml and the environment, none in credentials.yml."""
        return cls(shared())

    def blueprint(self, on_new_message: Run) -> Blueprint:
        """The routes under `/webhooks/rest`."""
        routes = Blueprint("frontdesk_rest", __name__)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            lacking = {} if is_ready(request.app) else {"model": "not loaded"}
            status, body = await self._middleware.health.report(**lacking)
            return json(body, status=status)

        @routes.post("/webhook", stream=True)  # so that a body is read only after its sender was looked at
        async def receive(request: Request) -> HTTPResponse:
            return await judged(self._receive(request, on_new_message))

        @routes.get("/messages")
        async def fetch(request: Request) -> HTTPResponse:
            return await judged(self._fetch(request))

        self._showing.add_documents(routes)
        self._serving.attach(routes, on_new_message)
        return routes

    async def _receive(self, request: Request, run: Run) -> HTTPResponse:
        bearer = self._bearer(request)
        incoming = self._incoming(await body_of(request, self._settings.limits.largest_body), bearer)
        agent = agent_of(request.app)
        try:
            self._limits.take_message(incoming.conversation_id)
            replies = await self._turns.take(incoming, agent, run)
        except TooFast:
            replies = [await self._turns.spoken("utter_too_fast", self.name(), agent)]
        told = (self._showing.shown(reply, incoming.conversation_id) for reply in replies)
        return json([{"recipient_id": bearer.subject} | reply for reply in told])

    async def _fetch(self, request: Request) -> HTTPResponse:
        bearer = self._bearer(request)
        after = _number(request, "after", LAST_SEQUENCE)
        wait = _number(request, "wait", LONGEST_WAIT_SECONDS)
        conversation_id = self._conversation(bearer)
        found = await self._arrivals.after(conversation_id, after, wait)
        return json([self._showing.listed(message, conversation_id) for message in found])

    def _bearer(self, request: Request) -> tokens.Bearer:
        """Who asks; counted before the token is looked at, so that tokens can't be tried out without bound."""
        bound(request, self._settings.limits.largest_body)
        self._limits.take_request(request.ip, request.headers.getall("X-Forwarded-For", []))
        return tokens.check(request.headers.get("Authorization"), self._settings)

    def _conversation(self, bearer: tokens.Bearer) -> str:
        return f"{self.name()}:{bearer.subject}"

    def _incoming(self, body: bytes, bearer: tokens.Bearer) -> Incoming:
        content = object_of(body)
        text, message_id = content.get("message"), content.get("message_id")
        if not isinstance(text, str) or not text.replace("\0", "").strip():
            raise BadRequest("the body needs `message`, a text")
        longest = self._settings.rest.longest_message
        if len(text) > longest:
            raise BadRequest(f"`message` is longer than {longest} characters")
        if message_id is not None and not is_message_id(message_id):
            raise BadRequest(f"`message_id` must be a printable text of 1 to {LONGEST_MESSAGE_ID} characters")
        return Incoming(
            conversation_id=self._conversation(bearer),
            channel=self.name(),
            text=text.replace("\0", ""),  # PostgreSQL takes every character but this one
            message_id=message_id,
            proof=bearer.proof,
        )


def _number(request: Request, name: str, most: int) -> int:
    text = request.args.get(name, "0")
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or int(text) > most:
        raise BadRequest(f"`{name}` must be a whole number from 0 to {most}")
    return int(text)

"""The REST channel: `POST /webhooks/rest/webhook` with a bearer token, in Rasa's own form of request and answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from channels import tokens
from channels.turns import Incoming, Turns
from middleware import bootstrap, logs, settings
from middleware.bootstrap import Middleware
from middleware.errors import FrontdeskError
from middleware.messages import Reply

log = logging.getLogger(__name__)

LONGEST_MESSAGE_ID = 128


class BadRequest(FrontdeskError):
    """The request can't be understood; the message says what is wrong with it."""


class RestInput(InputChannel):
    """Rasa's REST channel, for customers who were proven by their token.

    The conversation is the token's `sub`; `sender`, `metadata` and `input_channel` of the body are not looked at.
    """

    def __init__(self, middleware: Middleware | None = None) -> None:
        self._middleware = middleware or bootstrap.build(settings.load())
        self._turns = Turns(self._middleware)

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its address and in `domain.yml`'s channel variants."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> RestInput:
        """Opens the channel; its rules stand in assistant.yml and the environment, none in credentials.yml."""
        logs.configure("channels", "middleware")
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes under `/webhooks/rest`."""
        routes = Blueprint("frontdesk_rest", __name__)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            lacking = {} if _is_ready(request.app) else {"model": "not loaded"}
            status, body = await self._middleware.health.report(**lacking)
            return json(body, status=status)

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            try:
                bearer = tokens.check(request.headers.get("Authorization"), self._middleware.settings)
            except tokens.Refused as error:
                return json({"error": str(error)}, status=401, headers={"WWW-Authenticate": "Bearer"})
            try:
                incoming = self._incoming(request.body, bearer)
            except BadRequest as error:
                return json({"error": str(error)}, status=400)
            return await self._answer(incoming, bearer.subject, request.app, on_new_message)

        @routes.listener("after_server_stop")  # type: ignore[untyped-decorator] # sanic's own
        async def close(_app: Sanic, _loop: Any) -> None:
            self._middleware.close()

        return routes

    def _incoming(self, body: bytes, bearer: tokens.Bearer) -> Incoming:
        content = _object(body)
        text, message_id = content.get("message"), content.get("message_id")
        if not isinstance(text, str) or not text.replace("\0", "").strip():
            raise BadRequest("the body needs `message`, a text")
        longest = self._middleware.settings.rest.longest_message
        if len(text) > longest:
            raise BadRequest(f"`message` is longer than {longest} characters")
        if message_id is not None and not _is_id(message_id):
            raise BadRequest(f"`message_id` must be a printable text of 1 to {LONGEST_MESSAGE_ID} characters")
        return Incoming(
            conversation_id=f"{self.name()}:{bearer.subject}",
            channel=self.name(),
            text=text.replace("\0", ""),  # PostgreSQL takes every character but this one
            message_id=message_id,
            proof=bearer.proof,
        )

    async def _answer(
        self,
        incoming: Incoming,
        subject: str,
        app: Sanic,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],
    ) -> HTTPResponse:
        if not _is_ready(app):
            return json({"error": "no model is loaded: run `make train`"}, status=503)
        # A client that hangs up must not stop the turn half-way.
        turn = asyncio.ensure_future(self._turns.take(incoming, app.ctx.agent, on_new_message))
        try:
            replies = await asyncio.shield(turn)
        except FrontdeskError as error:
            log.error("a message could not be answered: %s %r", error.system, error)
            return json({"error": "the assistant can't answer now; send the message again later"}, status=503)
        return json(_shown(replies, subject))


def _is_ready(app: Sanic) -> bool:
    """Whether Rasa has a model to answer with."""
    agent = app.ctx.agent
    return agent is not None and agent.is_ready()


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_MESSAGE_ID and value.isprintable()


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(content, dict):
        raise BadRequest("the body must be a JSON object")
    return content


def _shown(replies: Sequence[Reply], subject: str) -> list[dict[str, Any]]:
    """The replies in the form of Rasa's REST channel; what they were made from stays inside."""
    shown = ("text", "buttons", "attachment", "custom")
    return [{"recipient_id": subject} | {name: reply[name] for name in shown if name in reply} for reply in replies]

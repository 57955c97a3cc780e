"""The REST channel, open to bearer tokens: Rasa's own form of request and answer, and a long poll beside it.

`POST /webhooks/rest/webhook` brings a message and gets the replies; `GET /webhooks/rest/messages` waits for whatever is
written to the customer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic
from sanic.exceptions import InvalidUsage, PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from channels import tokens
from channels.arrivals import AlreadyWaiting, Arrivals
from channels.limits import Limits, TooFast, TooMany
from channels.turns import Incoming, Run, Turns
from middleware import bootstrap, logs, settings
from middleware.bootstrap import Middleware
from middleware.desk_line import RESUME
from middleware.errors import FrontdeskError, NotFound
from middleware.jobs import Jobs
from middleware.messages import Message, Reply

log = logging.getLogger(__name__)

LONGEST_MESSAGE_ID = 128
LAST_SEQUENCE = 2**31 - 1
LONGEST_WAIT_SECONDS = 30
FINISH_SECONDS = 5.0
READY_LOOK_SECONDS = 0.5


class BadRequest(FrontdeskError):
    """The request can't be understood; the message says what is wrong with it."""


class TooLarge(FrontdeskError):
    """The request's body is larger than is read."""


class NotReady(FrontdeskError):
    """Rasa can't answer yet; the message names the mend."""


class RestInput(InputChannel):
    """Rasa's REST channel, for customers who were proven by their token.

    The conversation is the token's `sub`; `sender`, `metadata` and `input_channel` of the body are not looked at.
    """

    def __init__(self, middleware: Middleware | None = None) -> None:
        self._middleware = middleware or bootstrap.build(settings.load())
        self._settings = self._middleware.settings
        self._limits = Limits(self._settings, self._middleware.clock)
        self._arrivals = Arrivals(self._middleware.messages)
        self._turns = Turns(self._middleware, self._arrivals)
        self._working: asyncio.Future[None] | None = None

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its address and in `domain.yml`'s channel variants."""
        return "rest"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> RestInput:
        """Opens the channel; its rules stand in assistant.yml and the environment, none in credentials.yml."""
        logs.configure("channels", "middleware")
        return cls()

    def blueprint(self, on_new_message: Run) -> Blueprint:
        """The routes under `/webhooks/rest`."""
        routes = Blueprint("frontdesk_rest", __name__)

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            lacking = {} if _is_ready(request.app) else {"model": "not loaded"}
            status, body = await self._middleware.health.report(**lacking)
            return json(body, status=status)

        @routes.post("/webhook", stream=True)  # so that a body is read only after its sender was looked at
        async def receive(request: Request) -> HTTPResponse:
            return await _judged(self._receive(request, on_new_message))

        @routes.get("/messages")
        async def fetch(request: Request) -> HTTPResponse:
            return await _judged(self._fetch(request))

        @routes.get("/documents/<token>/<name>")
        async def document(request: Request, token: str, name: str) -> HTTPResponse:
            return await _judged(self._document(request, token, name))

        @routes.listener("after_server_start")  # type: ignore[untyped-decorator] # sanic's own
        async def begin(app: Sanic, _loop: Any) -> None:
            jobs = self._middleware.jobs
            jobs.does_only(RESUME, lambda job: self._turns.resume(job, _agent(app), on_new_message))
            self._working = asyncio.ensure_future(_when_ready(app, jobs))

        @routes.listener("before_server_stop")  # type: ignore[untyped-decorator] # sanic's own
        async def finish(_app: Sanic, _loop: Any) -> None:
            self._arrivals.end()
            if self._working:
                self._working.cancel()
                await asyncio.wait({self._working})
            await self._turns.finish(FINISH_SECONDS)

        @routes.listener("after_server_stop")  # type: ignore[untyped-decorator] # sanic's own
        async def close(_app: Sanic, _loop: Any) -> None:
            self._middleware.close()

        return routes

    async def _receive(self, request: Request, run: Run) -> HTTPResponse:
        bearer = self._bearer(request)
        incoming = self._incoming(await _body(request, self._settings.limits.largest_body), bearer)
        agent = _agent(request.app)
        try:
            self._limits.take_message(incoming.conversation_id)
            replies = await self._turns.take(incoming, agent, run)
        except TooFast:
            replies = [await self._turns.spoken("utter_too_fast", self.name(), agent)]
        told = (self._shown(reply, incoming.conversation_id) for reply in replies)
        return json([{"recipient_id": bearer.subject} | reply for reply in told])

    async def _fetch(self, request: Request) -> HTTPResponse:
        bearer = self._bearer(request)
        after = _number(request, "after", LAST_SEQUENCE)
        wait = _number(request, "wait", LONGEST_WAIT_SECONDS)
        conversation_id = self._conversation(bearer)
        found = await self._arrivals.after(conversation_id, after, wait)
        return json([self._listed(message, conversation_id) for message in found])

    async def _document(self, request: Request, token: str, name: str) -> HTTPResponse:
        self._limits.take_request(request.ip, request.headers.getall("X-Forwarded-For", []))
        try:
            found, content = await self._middleware.documents.fetch(token, unquote(name))
        except NotFound:
            return _refusal(404, "there is no such document, or the link has ended: ask the assistant for it again")
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return raw(content, content_type=found.media_type, headers=headers)

    def _shown(self, reply: Reply, conversation_id: str) -> Reply:
        """A reply in the form of Rasa's REST channel, with an agent's name; what it was made from stays inside."""
        shown: Reply = {name: reply[name] for name in ("text", "agent", "custom") if name in reply}
        if "buttons" in reply:
            shown["buttons"] = [{"title": one["title"], "payload": one["payload"]} for one in reply["buttons"]]
        if "attachment" in reply:
            document = reply["attachment"]
            link = self._middleware.documents.link(document["id"], document["name"], conversation_id, self.name())
            shown["attachment"] = link
        return shown

    def _listed(self, message: Message, conversation_id: str) -> dict[str, Any]:
        told = {"sequence": message.sequence, "author": message.author, "at": message.at.isoformat()}
        return told | self._shown(message.reply, conversation_id)

    def _bearer(self, request: Request) -> tokens.Bearer:
        """Who asks; counted before the token is looked at, so that tokens can't be tried out without bound."""
        if request.stream:
            request.stream.request_max_size = self._settings.limits.largest_body  # holds for what is skipped, too
        self._limits.take_request(request.ip, request.headers.getall("X-Forwarded-For", []))
        return tokens.check(request.headers.get("Authorization"), self._settings)

    def _conversation(self, bearer: tokens.Bearer) -> str:
        return f"{self.name()}:{bearer.subject}"

    def _incoming(self, body: bytes, bearer: tokens.Bearer) -> Incoming:
        content = _object(body)
        text, message_id = content.get("message"), content.get("message_id")
        if not isinstance(text, str) or not text.replace("\0", "").strip():
            raise BadRequest("the body needs `message`, a text")
        longest = self._settings.rest.longest_message
        if len(text) > longest:
            raise BadRequest(f"`message` is longer than {longest} characters")
        if message_id is not None and not _is_id(message_id):
            raise BadRequest(f"`message_id` must be a printable text of 1 to {LONGEST_MESSAGE_ID} characters")
        return Incoming(
            conversation_id=self._conversation(bearer),
            channel=self.name(),
            text=text.replace("\0", ""),  # PostgreSQL takes every character but this one
            message_id=message_id,
            proof=bearer.proof,
        )


async def _judged(answer: Awaitable[HTTPResponse]) -> HTTPResponse:
    """The answer, or what is said in its place: the one table of errors and statuses."""
    try:
        return await answer
    except tokens.Refused as error:
        return _refusal(401, str(error), {"WWW-Authenticate": "Bearer"})
    except BadRequest as error:
        return _refusal(400, str(error))
    except TooLarge as error:
        return _refusal(413, str(error))
    except TooMany as error:
        return _refusal(429, str(error), {"Retry-After": str(error.seconds)})
    except AlreadyWaiting as error:
        return _refusal(429, str(error), {"Retry-After": "1"})
    except NotReady as error:
        return _refusal(503, str(error))
    except FrontdeskError as error:
        log.error("a request could not be answered: %s %r", error.system, error)
        return _refusal(503, "the assistant can't answer now; send the request again later")


def _refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> HTTPResponse:
    return json({"error": sentence}, status=status, headers=headers)


def _agent(app: Sanic) -> Agent:
    if not _is_ready(app):
        raise NotReady("no model is loaded: run `make train`")
    agent: Agent = app.ctx.agent
    return agent


async def _body(request: Request, largest: int) -> bytes:
    try:
        await request.receive_body()  # type: ignore[no-untyped-call] # sanic's own
    except PayloadTooLarge as error:
        raise TooLarge(f"the body is larger than {largest} bytes") from error
    except InvalidUsage as error:
        raise BadRequest("the body is not sent as HTTP demands") from error
    body: bytes = request.body
    return body


def _number(request: Request, name: str, most: int) -> int:
    text = request.args.get(name, "0")
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)) or int(text) > most:
        raise BadRequest(f"`{name}` must be a whole number from 0 to {most}")
    return int(text)


def _is_ready(app: Sanic) -> bool:
    """Whether Rasa has a model to answer with."""
    agent = app.ctx.agent
    return agent is not None and agent.is_ready()


async def _when_ready(app: Sanic, jobs: Jobs) -> None:
    """Does the jobs that need Rasa, once it has a model."""
    while not _is_ready(app):
        await asyncio.sleep(READY_LOOK_SECONDS)
    await jobs.run()


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

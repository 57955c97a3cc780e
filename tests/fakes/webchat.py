"""The web chat by itself over its sockets, with a fake Rasa behind it, and browsers that speak with it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt
import msgspec
import socketio
from sanic import Sanic

from channels.serving import Serving
from channels.webchat import WebchatInput
from middleware import bootstrap
from tests.fakes.building import SECRET, Bench
from tests.fakes.rasa import FakeAgent, FakeRasa, Say

ADDRESS = "/webhooks/webchat"
OWN = "https://chat.fernhill.example"  # the origin of the tests' PUBLIC_URL
SECONDS = 15.0
Sanic.test_mode = True  # else only one server can be started in a process
if not hasattr(aiohttp, "ClientWSTimeout"):  # the client library's; Rasa's aiohttp takes the plain number
    aiohttp.ClientWSTimeout = lambda ws_close: ws_close  # type: ignore[attr-defined, misc, assignment]


def webchat_token(subject: str = "ada", **claims: Any) -> str:
    """A good token of the host site's; claims given here are added or replace others."""
    base = {"sub": subject, "aud": "frontdesk", "exp": int(time.time()) + 3600}
    return jwt.encode(base | claims, SECRET, algorithm="HS256")


@dataclass
class Browser:
    """A client of the sockets, and everything that it was told."""

    url: str
    origin: str | None = OWN
    transports: tuple[str, ...] = ("websocket",)
    events: list[tuple[str, Any]] = field(default_factory=list)
    client: Any = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self, **headers: str) -> None:
        """Opens the socket."""
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._hear)
        self.client.on("disconnect", self._gone)
        told = ({"Origin": self.origin} if self.origin else {}) | headers
        path, ways = f"{ADDRESS}/socket.io", list(self.transports)
        await self.client.connect(self.url, headers=told, socketio_path=path, transports=ways)

    async def begin(self, session_id: str | None = None, after: int = 0, token: str | None = None) -> str:
        """Asks for a session, waits for its history, and gives its id."""
        if self.client is None:
            await self.connect()
        before = len(self.events)
        await self.client.emit("session_request", {"session_id": session_id, "token": token, "after": after})
        await self.until(lambda: "standing" in [name for name, _ in self.events[before:]])
        return str(next(data for name, data in self.events[before:] if name == "session_confirm"))

    async def say(self, text: Any, message_id: Any = None) -> Any:
        """Sends a message, and gives the acknowledgement."""
        return await self.call({"message": text, "message_id": message_id or uuid.uuid4().hex})

    async def call(self, data: Any) -> Any:
        """Sends `user_uttered` as it is."""
        return await self.client.call("user_uttered", data, timeout=SECONDS)

    async def close(self) -> None:
        """Closes the tab."""
        if self.client is not None:
            await self.client.disconnect()
            self.client = None

    async def until(self, happens: Callable[[], Any]) -> None:
        """Waits until something has been told."""
        end = time.monotonic() + SECONDS
        while not happens():
            self._news.clear()
            remaining = end - time.monotonic()
            assert remaining > 0, f"only {self.events}"
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), remaining)

    async def until_told(self, *texts: str) -> None:
        """Waits until these were the last texts, in this order."""
        await self.until(lambda: self.texts[-len(texts) :] == list(texts))

    def told(self, name: str) -> list[Any]:
        """What came with all events of a name."""
        return [data for event, data in self.events if event == name]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages, in the order in which they came."""
        return [data for event, data in self.events if event in ("bot_uttered", "customer_uttered")]

    @property
    def texts(self) -> list[str]:
        """Their texts."""
        return [message.get("text", "") for message in self.messages]

    async def _gone(self, *_reason: Any) -> None:
        await self._hear("disconnect")

    async def _hear(self, event: str, *data: Any) -> None:
        self.events.append((event, data[0] if data else None))
        self._news.set()


@dataclass
class Webchat:
    """The channel, as its clients speak with it.

    Attributes:
        desk: The middleware behind it, and the clock that the limits go by.
        url: Where it is served.
        http: A session of HTTP for its pages.
    """

    desk: Bench
    rasa: FakeRasa
    url: str
    http: aiohttp.ClientSession
    channel: WebchatInput
    _browsers: list[Browser] = field(default_factory=list)

    def browser(self, **more: Any) -> Browser:
        """A browser; it is closed in the end."""
        self._browsers.append(Browser(self.url, **more))
        return self._browsers[-1]

    async def opened(self, session_id: str | None = None, after: int = 0, token: str | None = None) -> Browser:
        """A browser with a session."""
        browser = self.browser()
        await browser.begin(session_id, after, token)
        return browser

    async def close(self) -> None:
        """Closes all browsers."""
        for browser in self._browsers:
            with contextlib.suppress(Exception):
                await browser.close()


@contextlib.asynccontextmanager
async def serving_webchat(
    desk: Bench, say: Say | None = None, limits: dict[str, Any] | None = None, port: int = 0, **changed: Any
) -> AsyncIterator[Webchat]:
    """Serves the channel on a port of loopback; a free one unless it is said.

    Args:
        say: What Rasa answers.
        limits: Limits that aren't to be wide.
        changed: Settings that aren't to be the project's.
    """
    known = desk.middleware.settings
    wide = {"sender": "1000/minute", "address": "10000/minute"} | (limits or {})
    known = msgspec.structs.replace(known, limits=msgspec.structs.replace(known.limits, **wide), **changed)
    rasa = FakeRasa(say)
    app = Sanic(f"webchat-{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.agent = FakeAgent()
    channel = WebchatInput(Serving(dataclasses.replace(desk.middleware, settings=known)))
    app.blueprint(channel.blueprint(rasa), url_prefix=ADDRESS)
    listening = socket.socket()
    listening.bind(("127.0.0.1", port))
    server: Any = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.after_start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with aiohttp.ClientSession(url) as http:
        webchat = Webchat(desk, rasa, url, http, channel)
        try:
            yield webchat
        finally:
            await webchat.close()
            await server.before_stop()
            await server.close()
            await server.after_stop()


def beside(desk: Bench) -> Bench:
    """A middleware on the same database, as a second server has it; the server closes it."""
    known = desk.middleware.settings
    middleware = bootstrap.build(known, crm=desk.crm, erp=desk.erp, post=desk.post, clock=desk.clock)
    return Bench(middleware, desk.crm, desk.erp, desk.post, desk.clock, desk.url)

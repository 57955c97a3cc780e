"""The REST channel by itself over HTTP, with a fake Rasa behind it: its limits and its time are the test's."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import msgspec
from sanic import Sanic

from channels.rest import RestInput
from channels.serving import Serving
from middleware import settings
from tests.fakes.building import SECRET, Bench, build
from tests.fakes.rasa import FakeAgent, FakeRasa, Say

ADDRESS = "/webhooks/rest"
Sanic.test_mode = True  # else only one server can be started in a process


@dataclass
class Channel:
    """The channel, as clients speak with it.

    Attributes:
        client: A session of HTTP.
        desk: The middleware behind it, and the clock that the limits go by.
        server: Sanic's, to be stopped.
    """

    client: aiohttp.ClientSession
    desk: Bench
    rasa: FakeRasa
    server: Any

    def headers(self, subject: str, **more: str) -> dict[str, str]:
        """Headers with a good token of a conversation."""
        claims = {"sub": subject, "aud": "frontdesk", "exp": time.time() + 3600}
        return {"Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}"} | more

    async def post(self, subject: str, text: str = "hi", message_id: str | None = None, **headers: str) -> Answer:
        """Sends a message."""
        body = {"message": text} | ({"message_id": message_id} if message_id else {})
        async with self.client.post(f"{ADDRESS}/webhook", json=body, headers=self.headers(subject, **headers)) as sent:
            return await Answer.of(sent)

    async def messages(self, subject: str, **parameters: Any) -> Answer:
        """Asks for what was written to the customer."""
        headers = self.headers(subject)
        async with self.client.get(f"{ADDRESS}/messages", params=parameters, headers=headers) as sent:
            return await Answer.of(sent)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any

    @classmethod
    async def of(cls, sent: aiohttp.ClientResponse) -> Answer:
        """Reads an answer."""
        return cls(status=sent.status, headers=dict(sent.headers), body=await sent.json())

    @property
    def texts(self) -> list[str]:
        """The texts of the messages in it."""
        return [message["text"] for message in self.body]


@contextlib.asynccontextmanager
async def serving(
    migrated: Path,
    folder: Path,
    limits: settings.Limits,
    say: Say | None = None,
    proxies: tuple[str, ...] = (),
) -> AsyncIterator[Channel]:
    """Serves the channel on a free port of loopback.

    Args:
        migrated: From `migrated_database`.
        folder: Where its database goes.
        say: What Rasa answers.
        proxies: Who may say whom they speak for.
    """
    desk = build(migrated, folder)
    known = msgspec.structs.replace(desk.middleware.settings, limits=limits, trusted_proxies=proxies)
    rasa = FakeRasa(say)
    app = Sanic(f"channel-{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.agent = FakeAgent()
    channel = RestInput(Serving(dataclasses.replace(desk.middleware, settings=known)))
    app.blueprint(channel.blueprint(rasa), url_prefix=ADDRESS)
    listening = socket.create_server(("127.0.0.1", 0))  # for Sanic itself, port 0 is port 8000
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.after_start()
    port = listening.getsockname()[1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        try:
            yield Channel(client, desk, rasa, server)
        finally:
            await server.before_stop()
            await server.close()
            await server.after_stop()
            desk.close()

"""What Meta sends, made by hand; and the WhatsApp channel by itself over HTTP, with a fake Rasa behind it."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import hashlib
import hmac
import json
import socket
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from sanic import Sanic

from channels.serving import Serving
from channels.whatsapp import WhatsAppInput
from channels.whatsapp_client import Recipient, TooLarge
from middleware import bootstrap, settings, store
from middleware.channel_settings import WhatsAppAccount
from middleware.errors import NotFound
from tests.fakes.building import NOW, Bench, build
from tests.fakes.rasa import FakeAgent, FakeRasa, Say
from tests.recorded import recorded

Sanic.test_mode = True  # else only one server can be started in a process

ADDRESS = "/webhooks/whatsapp/webhook"
NUMBER_ID = "106540352242922"
SECRET = "only-for-tests-app-secret"
VERIFY_TOKEN = "only-for-tests-verify-token"
ACCOUNT = WhatsAppAccount(
    phone_number_id=NUMBER_ID,
    access_token="only-for-tests-access-token",
    app_secret=SECRET,
    verify_token=VERIFY_TOKEN,
    api="https://graph.facebook.com/v23.0",
)
LIMITS = settings.Limits(sender="1000/minute", address="1000/minute", largest_body=65536)

ADA_ID, ADA_NUMBER = "US.13491208655302741918", "12015550110"
ADA = {"profile": {"name": "Ada Lovett"}, "wa_id": ADA_NUMBER, "user_id": ADA_ID}
ADAS = f"whatsapp:{ADA_ID}"
RECORDED = (
    "meta/examples_webhooks",
    "pywa/account_update",
    "pywa/callback_button",
    "pywa/callback_selection",
    "pywa/deleted_message",
    "pywa/edited_message",
    "pywa/message",
    "pywa/message_status",
    "pywa/outgoing_message",
    "pywa/system",
    "pywa/user_marketing_preferences",
)


class FakeMeta:
    """Meta's side, as far as the channel speaks to it.

    Attributes:
        files: What media hold, by their id; an error is raised.
        sent: What was sent.
        seen: Ids of messages that Meta was told were seen.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes | Exception] = {}
        self.sent: list[Mapping[str, Any]] = []
        self.seen: list[str] = []
        self.fetched: list[str] = []

    async def media(self, media_id: str, largest: int) -> tuple[bytes, str]:
        """Gives a file."""
        self.fetched.append(media_id)
        found = self.files.get(media_id, NotFound("no such media", system="whatsapp"))
        if isinstance(found, Exception):
            raise found
        if len(found) > largest:
            raise TooLarge("too large", system="whatsapp")
        return found, "image/png"

    async def send(self, recipient: Recipient, payload: Mapping[str, Any], delivery_id: str) -> str:
        """Takes a message."""
        self.sent.append(payload)
        return f"wamid.{delivery_id}"

    async def upload(self, content: bytes, name: str, media_type: str) -> str:
        """Takes a document."""
        return uuid.uuid4().hex

    async def seen_and_typing(self, message_id: str) -> None:
        """Hears that a message was seen."""
        self.seen.append(message_id)

    async def close(self) -> None:
        """Ends."""


class Unready(FakeAgent):
    """Rasa's agent before a model is loaded."""

    def is_ready(self) -> bool:
        """Whether it can answer."""
        return False


def message(type_: str = "text", content: Any = None, **more: Any) -> dict[str, Any]:
    """A message of Ada's, written now."""
    said = {type_: content} if content is not None else {"text": {"body": "hello"}} if type_ == "text" else {}
    about = {"from": ADA_NUMBER, "from_user_id": ADA_ID, "id": f"wamid.{uuid.uuid4().hex}"}
    written = {"timestamp": str(int(NOW.timestamp())), "type": type_}
    return {name: value for name, value in {**about, **written, **said, **more}.items() if value is not None}


def text(body: str, **more: Any) -> dict[str, Any]:
    """A text of Ada's, written now."""
    return message("text", {"body": body}, **more)


def webhook(*messages: Any, number_id: str = NUMBER_ID, field: str = "messages", **more: Any) -> dict[str, Any]:
    """A webhook with messages; Ada is its only contact."""
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number_id}, "contacts": [ADA]}
    change = {"field": field, "value": {**value, "messages": list(messages), **more}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


def signature(body: bytes, secret: str = SECRET) -> str:
    """As Meta signs."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def all_recorded(number_id: str = NUMBER_ID) -> dict[str, dict[str, Any]]:
    """All webhooks that others recorded, sent to our number."""
    cases = {
        f"{file}/{name}": copy.deepcopy(case)
        for file in RECORDED
        for name, case in recorded(f"whatsapp/{file}.json").items()
    }
    for case in cases.values():
        for value in values(case):
            if "metadata" in value:
                value["metadata"]["phone_number_id"] = number_id
    return cases


def values(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The changes' values in a webhook."""
    return (change["value"] for entry in body["entry"] for change in entry["changes"])


def unique(cases: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same webhooks with ids that are unlike each other: recordings repeat theirs over different messages."""
    made = copy.deepcopy(cases)
    for name, case in made.items():
        for value in values(case):
            for place, one in enumerate(value.get("messages", [])):
                one["id"] = f"wamid.{name}.{place}"
    return made


@dataclass
class Channel:
    """The channel, as Meta speaks with it.

    Attributes:
        client: A session of HTTP.
        desk: The middleware behind it, and the clock that the limits go by.
        server: Sanic's, to be stopped.
    """

    client: aiohttp.ClientSession
    desk: Bench
    rasa: FakeRasa
    meta: FakeMeta
    server: Any

    async def send(self, body: Any, **headers: str) -> int:
        """Sends a signed webhook; gives the status of the answer."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.post(raw, **{"X-Hub-Signature-256": signature(raw), **headers})

    async def post(self, body: bytes, **headers: str) -> int:
        """Sends a body as it is; gives the status of the answer."""
        async with self.client.post(ADDRESS, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async def messages(self, *messages: Any, **more: Any) -> int:
        """Sends a signed webhook with messages."""
        return await self.send(webhook(*messages, **more))

    def stored(self, author: str = "customer") -> list[dict[str, Any]]:
        """The stored messages by somebody, in order."""
        rows = sorted(self.desk.rows(store.messages), key=lambda row: (row["conversation_id"], row["sequence"]))
        return [row for row in rows if row["author"] == author]

    def texts(self, author: str = "customer") -> list[str]:
        """What people read of them."""
        return [row["payload"].get("words") or row["payload"]["text"] for row in self.stored(author)]

    async def answered(self, seconds: float = 60) -> None:
        """Waits until nothing waits to be answered."""
        end = time.monotonic() + seconds
        while any(row["state"] == "received" for row in self.stored()):
            assert time.monotonic() < end, "some are not answered"
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def serving(
    migrated: Path,
    folder: Path,
    *,
    limits: settings.Limits = LIMITS,
    account: WhatsAppAccount | None = ACCOUNT,
    say: Say | None = None,
    agent: FakeAgent | None = None,
    desk: Bench | None = None,
    largest_media: int | None = None,
) -> AsyncIterator[Channel]:
    """Serves the channel on a free port of loopback.

    Args:
        migrated: From `migrated_database`.
        folder: Where its database goes.
        say: What Rasa answers.
        desk: One whose server has ended, to go on with its database.
    """
    desk = again(desk) if desk else build(migrated, folder)
    rules = desk.middleware.settings
    if largest_media is not None:
        whatsapp = msgspec.structs.replace(rules.whatsapp, largest_media=largest_media)
        rules = msgspec.structs.replace(rules, whatsapp=whatsapp)
    rules = msgspec.structs.replace(rules, limits=limits, whatsapp_account=account)
    rasa, meta = FakeRasa(say), FakeMeta()
    app = Sanic(f"channel-{uuid.uuid4().hex}", configure_logging=False)
    app.ctx.agent = agent or FakeAgent()
    middleware = dataclasses.replace(desk.middleware, settings=rules)
    app.blueprint(WhatsAppInput(Serving(middleware), meta).blueprint(rasa), url_prefix="/webhooks/whatsapp")
    listening = socket.create_server(("127.0.0.1", 0))  # for Sanic itself, port 0 is port 8000
    server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    await server.after_start()
    port = listening.getsockname()[1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        try:
            yield Channel(client, desk, rasa, meta, server)
        finally:
            await server.before_stop()
            await server.close()
            await server.after_stop()
            desk.close()


def again(desk: Bench) -> Bench:
    """A middleware that starts on another one's database."""
    middleware = bootstrap.build(desk.middleware.settings, crm=desk.crm, erp=desk.erp, post=desk.post, clock=desk.clock)
    return dataclasses.replace(desk, middleware=middleware, _engines=[])

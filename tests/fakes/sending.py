"""Sending on WhatsApp with a client whose answers a test chooses, and a clock that it sets."""

from __future__ import annotations

import dataclasses
import uuid
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from channels.whatsapp_client import Recipient
from channels.whatsapp_errors import Failure, error
from channels.whatsapp_sending import Sender
from middleware import store
from middleware.channel_settings import Template
from middleware.deliveries import Deliveries
from middleware.delivery_statuses import Status
from middleware.errors import Unknown
from middleware.identity import Proof
from middleware.messages import Received
from middleware.outbox import SEND, Outbox
from tests.fakes.building import NOW, Bench

ADA = "whatsapp:US.1"
TEMPLATE = Template(name="reply_waiting", language="en_US")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One that the client was asked to send."""

    recipient: Recipient
    payload: Mapping[str, Any]
    delivery_id: str

    @property
    def text(self) -> str:
        """What the customer reads, or what kind of thing they get."""
        kind = self.payload["type"]
        about: Any = self.payload[kind]
        return str(about.get("body", about.get("id", about.get("name")))) if kind != "interactive" else kind


class Killed(BaseException):
    """The process is gone, as after SIGKILL: nobody handles it."""


@dataclass
class FakeClient:
    """WhatsApp's client.

    Attributes:
        outcomes: What comes of the next requests: an error; None where all is well.
        uploads: The same of uploads.
        requests: All of them, also those that came to nothing.
        uploaded: Names of documents.
        seen: Messages that the customer was told were seen.
    """

    outcomes: deque[BaseException | None] = field(default_factory=deque)
    uploads: deque[BaseException | None] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    uploaded: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    async def send(self, recipient: Recipient, payload: Mapping[str, Any], delivery_id: str) -> str:
        """Sends a message."""
        self.requests.append(Request(recipient=recipient, payload=payload, delivery_id=delivery_id))
        outcome = self.outcomes.popleft() if self.outcomes else None
        if outcome is not None:
            raise outcome
        return f"wamid.{len(self.requests)}"

    async def upload(self, content: bytes, name: str, media_type: str) -> str:
        """Hands over a document."""
        self.uploaded.append(name)
        outcome = self.uploads.popleft() if self.uploads else None
        if outcome is not None:
            raise outcome
        return f"media.{len(self.uploaded)}"

    async def seen_and_typing(self, message_id: str) -> None:
        """Tells that a message was seen."""
        self.seen.append(message_id)

    @property
    def texts(self) -> list[str]:
        """What was sent, in order."""
        return [one.text for one in self.requests]


class Sending:
    """A middleware with a sender, and a customer who has just written.

    Args:
        template: What the settings name, if anything.
    """

    def __init__(self, bench: Bench, template: Template | None = None) -> None:
        self.bench = bench
        known = bench.middleware
        rules = msgspec.structs.replace(known.settings.whatsapp, template=template)
        self.middleware = dataclasses.replace(
            known,
            settings=msgspec.structs.replace(known.settings, whatsapp=rules),
            outbox=Outbox(known.store, rules, bench.clock),
            deliveries=Deliveries(known.store, rules, bench.clock),
        )
        self.client = FakeClient()
        self.restart()

    def restart(self) -> None:
        """Has the jobs done by another process."""
        self.sender = Sender(self.middleware, self.client)
        self.middleware.jobs.does_only({SEND: self.sender.send}, patient={SEND})

    async def hear(
        self,
        text: str = "hello",
        conversation: str = ADA,
        proof: Proof = Proof(),  # noqa: B008 - frozen
        at: datetime | None = None,
    ) -> None:
        """Takes a message of the customer's that nobody is to answer."""
        heard = Received(
            conversation_id=conversation,
            channel="whatsapp",
            external_id=uuid.uuid4().hex,
            reply={"text": text},
            proof=proof,
            written_at=at,
            needs_answer=False,
        )
        await self.middleware.inbox.take([heard])

    async def say(self, *texts: str, conversation: str = ADA, **more: Any) -> None:
        """Stores messages to the customer."""
        replies = [{"text": text, **more} for text in texts]
        await self.middleware.messages.say(conversation, uuid.uuid4().hex, replies)

    async def run(self, after: float = 0.0) -> None:
        """Does what is due after so many seconds."""
        self.bench.clock.now += timedelta(seconds=after)
        await self.middleware.jobs.run_due()

    async def tell(self, state: Any, external_id: str, delivery_id: str | None = None, code: str | None = None) -> None:
        """Takes a status, as of now."""
        words = f"because of {code}" if code else None
        status = Status(
            external_id=external_id,
            delivery_id=delivery_id,
            state=state,
            at=self.bench.clock(),
            error_code=code,
            error=words,
        )
        await self.middleware.outbox.note([status])

    def messages(self) -> dict[str, str]:
        """How the messages to the customer stand, by their text."""
        rows = sorted(self.bench.rows(store.messages), key=lambda row: row["sequence"])
        return {row["payload"]["text"]: row["state"] for row in rows if row["author"] != "customer"}

    def parts(self) -> list[dict[str, Any]]:
        """All parts, in the order of their messages."""
        places = {row["id"]: row["sequence"] for row in self.bench.rows(store.messages)}
        return sorted(self.bench.rows(store.deliveries), key=lambda row: (places[row["message_id"]], row["part"]))

    def states(self) -> list[str]:
        """How all parts stand."""
        return [row["state"] for row in self.parts()]

    def waits(self) -> float | None:
        """In how many seconds the job that sends goes on; None if there is none that waits."""
        runs = [
            row["run_at"] for row in self.bench.rows(store.jobs) if row["kind"] == SEND and row["state"] == "waiting"
        ]
        return (min(runs) - self.bench.clock()).total_seconds() if runs else None


def no(failure: Failure, code: int = -1) -> Exception:
    """What the client raises when Meta says no."""
    return error(failure, code, operation="send")


def lost() -> Exception:
    """What it raises when the answer was lost."""
    return Unknown("no answer", system="whatsapp", operation="send")


def by_conversation(client: FakeClient) -> Mapping[str, list[str]]:
    """What was sent, by recipient."""
    sent: defaultdict[str, list[str]] = defaultdict(list)
    for one in client.requests:
        sent[one.recipient.phone or one.recipient.user_id or ""].append(one.text)
    return sent


__all__ = ["NOW", "FakeClient", "Killed", "Sending", "by_conversation", "lost", "no"]

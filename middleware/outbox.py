"""What is to be pushed to a channel's service: stored with the message itself, sent by a job of the channel's process.

A channel whose customers fetch their messages (REST), or stay connected (the web chat), needs none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware import jobs
from middleware.clock import Clock
from middleware.store import messages

SEND = "send"
PUSHED = ("whatsapp",)  # channels

# How a message stands that was written to a customer.
QUEUED, SENT, FAILED = "queued", "sent", "failed"


def first_state(conversation_id: str) -> str:
    """The state of a message to a customer when it is stored: to be pushed, or as good as sent."""
    return QUEUED if conversation_id.partition(":")[0] in PUSHED else SENT


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What a channel's service says of something that was pushed to it.

    Attributes:
        external_id: The service's id of it.
        delivery_id: Our own, if the service tells it back.
        state: `sent`, `delivered`, `read` or `failed`.
        error: Why it failed, for the company's people.
    """

    external_id: str
    delivery_id: str | None
    state: str
    at: datetime
    error_code: str | None = None
    error: str | None = None


class Outbox:
    """The messages that are to be pushed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def note(self, statuses: Sequence[Status]) -> None:
        """Stores what the service says of messages that were pushed.

        Raises:
            Unavailable: Nothing was stored; the service is to say it again.
        """

    def follows(self, connection: Connection, conversation_id: str) -> None:
        """Hears, inside the transaction, that something is stored in a conversation, and has it sent."""
        queued = sa.select(messages.c.id).where(
            messages.c.conversation_id == conversation_id, messages.c.state == QUEUED
        )
        if connection.execute(queued.limit(1)).first() is not None:
            now = self._clock()
            payload, line = {"conversation": conversation_id}, f"{SEND}:{conversation_id}"
            jobs.add_unless_waiting(connection, SEND, payload, line=line, now=now, run_at=now)

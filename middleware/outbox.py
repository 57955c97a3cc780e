"""What is to be pushed to a channel's service: stored with the message itself, sent by a job of the channel's process.

A channel whose customers fetch their messages (REST), or stay connected (the web chat), needs none of it.
"""

from __future__ import annotations

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


class Outbox:
    """The messages that are to be pushed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def follows(self, connection: Connection, conversation_id: str) -> None:
        """Hears, inside the transaction, that something is stored in a conversation, and has it sent."""
        queued = sa.select(messages.c.id).where(
            messages.c.conversation_id == conversation_id, messages.c.state == QUEUED
        )
        if connection.execute(queued.limit(1)).first() is not None:
            now = self._clock()
            payload, line = {"conversation": conversation_id}, f"{SEND}:{conversation_id}"
            jobs.add_unless_waiting(connection, SEND, payload, line=line, now=now, run_at=now)

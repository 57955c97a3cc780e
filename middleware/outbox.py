"""What is to be pushed to a channel's service: stored with the message itself, sent by a job of the channel's process.

A channel whose customers fetch their messages (REST), or stay connected (the web chat), needs none of it. How it is
sent stands in `deliveries.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware import delivery_standing, jobs
from middleware.channel_settings import WhatsAppRules
from middleware.clock import Clock
from middleware.delivery_standing import Trouble
from middleware.delivery_states import QUEUED, SENT
from middleware.delivery_statuses import Status, note
from middleware.store import Store, messages
from middleware.unreached import unreached
from middleware.writing_window import Window, window_of

__all__ = ["PUSHED", "SEND", "Outbox", "Status", "Trouble", "Window", "first_state", "is_pushed", "send_soon"]

SEND = "send"
PUSHED = ("whatsapp",)  # channels

# Made once: it is asked whenever something is stored.
_QUEUED = (
    sa.select(messages.c.id)
    .where(messages.c.conversation_id == sa.bindparam("mine"), messages.c.state == QUEUED)
    .limit(1)
)


def is_pushed(conversation_id: str) -> bool:
    """Whether what is written in a conversation is pushed to its channel's service."""
    return conversation_id.partition(":")[0] in PUSHED


def first_state(conversation_id: str) -> str:
    """The state of a message to a customer when it is stored: to be pushed, or as good as sent."""
    return QUEUED if is_pushed(conversation_id) else SENT


def send_soon(connection: Connection, conversation_id: str, now: datetime) -> None:
    """Has sent what waits in a conversation, in the transaction that made it wait."""
    payload, line = {"conversation": conversation_id}, f"{SEND}:{conversation_id}"
    jobs.add_unless_waiting(connection, SEND, payload, line=line, now=now, run_at=now)


class Outbox:
    """The messages that are to be pushed, as those see them who write and read them.

    Args:
        rules: How long a customer may be written to.
    """

    def __init__(self, store: Store, rules: WhatsAppRules, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock

    def follows(self, connection: Connection, conversation_id: str) -> None:
        """Hears, inside the transaction, that something is stored in a conversation, and has sent what waits in it.

        What a customer writes counts as well: what is held goes out then.
        """
        if not is_pushed(conversation_id):
            return
        if connection.execute(_QUEUED, {"mine": conversation_id}).first() is not None:
            send_soon(connection, conversation_id, self._clock())

    async def window(self, conversation_id: str) -> Window | None:
        """Tells when the customer of a conversation may be written to; None: always, on a channel that doesn't push.

        Raises:
            Unavailable: The store can't be reached.
        """
        if not is_pushed(conversation_id):
            return None
        return await self._store.read(
            lambda connection: window_of(connection, conversation_id, self._rules, self._clock())
        )

    async def note(self, statuses: Sequence[Status]) -> None:
        """Takes what the service tells later of what was sent, all of it or nothing.

        Raises:
            Unavailable: Nothing was stored; it must not be acknowledged.
        """

        def work(connection: Connection) -> None:
            for conversation_id in sorted(note(connection, statuses, self._clock())):
                self.follows(connection, conversation_id)

        if statuses:
            await self._store.write(work)

    async def trouble(self, conversation_id: str) -> Mapping[int, Trouble]:
        """Tells which messages haven't reached the customer, and why, by their sequence.

        Raises:
            Unavailable: The store can't be reached.
        """
        return await self._store.read(
            lambda connection: delivery_standing.trouble(connection, conversation_id, self._clock())
        )

    async def unreached(self, conversation_ids: Collection[str]) -> Mapping[str, str]:
        """Tells in which conversations the last words haven't reached the customer: `failed`, or `held`.

        Raises:
            Unavailable: The store can't be reached.
        """
        pushed = [one for one in conversation_ids if is_pushed(one)]
        return await self._store.read(lambda connection: unreached(connection, pushed)) if pushed else {}

    async def receipts(self, conversation_id: str) -> Mapping[int, str]:
        """Tells which messages were `delivered` or `read`, by their sequence.

        Raises:
            Unavailable: The store can't be reached.
        """
        return await self._store.read(lambda connection: delivery_standing.receipts(connection, conversation_id))

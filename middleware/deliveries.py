"""The parts in which messages are pushed to a channel's service: what goes out next, and what came of it.

Of a part is written down that its request begins before it begins, and what came of it after. So a part that is found
under way was begun by a process that died, or its answer was lost: it may have arrived. It is sent once more, and if
nobody can know then either, never again.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.elements import ColumnElement

from middleware.channel_settings import WhatsAppRules
from middleware.clock import Clock
from middleware.delivery_states import (
    DOUBTFUL,
    FAILED,
    HELD,
    OPEN,
    QUEUED,
    SENDING,
    SENT,
    TEMPLATE_PARTS,
    WAITING,
    change,
    settle,
)
from middleware.recipients import recipient_of
from middleware.store import Store, messages
from middleware.store import deliveries as table
from middleware.writing_window import Window, window_of

MOST_DOUBTS = 2  # requests for one part whose answer was lost
REASON = 500  # characters of a service's words that are kept

Payload = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One request of a message, as it stands.

    Attributes:
        id: Told to the service, which tells it back.
        payload: What is sent, without to whom.
        attempts: How often it was sent.
        doubts: How many of those nobody knows the fate of.
        deferrals: How often it was put off in a row, for one reason.
        media_id: The service's id of its document, once that is uploaded.
        uploads: How often it was.
        error_code: Why it was put off, or failed.
        error: The same in words.
        changed_at: Since when it stands so.
    """

    id: str
    message_id: str
    payload: Payload
    state: str
    attempts: int
    doubts: int
    deferrals: int
    media_id: str | None
    uploads: int
    error_code: str | None
    error: str | None
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """The message of a conversation that is to be sent next.

    Attributes:
        reply: What the customer is to see.
        parts: In order; None until they are planned.
        recipient: To whom it goes; None if that isn't known any more.
        window: When they may be written to.
        template: The newest that asked the customer to write since they last did; None if none did.
    """

    message_id: str
    conversation_id: str
    sequence: int
    reply: Payload
    parts: tuple[Part, ...] | None
    recipient: str | None
    window: Window
    template: Part | None

    @property
    def next_part(self) -> Part | None:
        """The first that isn't decided."""
        return next((one for one in self.parts or () if one.state in OPEN), None)


class Deliveries:
    """What is sent, and what came of it. Whatever raises `Unavailable` has changed nothing.

    Args:
        rules: How long a customer may be written to.
    """

    def __init__(self, store: Store, rules: WhatsAppRules, clock: Clock) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock

    async def next(self, conversation_id: str) -> Outgoing | None:
        """Reads the message that is to be sent next; None if there is none.

        Raises:
            Unavailable: The store can't be reached.
        """
        return await self._store.read(lambda connection: self._next(connection, conversation_id))

    def _next(self, connection: Connection, conversation_id: str) -> Outgoing | None:
        mine = sa.and_(messages.c.conversation_id == conversation_id, messages.c.state == QUEUED)
        row = connection.execute(sa.select(messages).where(mine).order_by(messages.c.sequence).limit(1)).first()
        if row is None:
            return None
        window = window_of(connection, conversation_id, self._rules, self._clock())
        return Outgoing(
            message_id=row.id,
            conversation_id=conversation_id,
            sequence=row.sequence,
            reply=row.payload,
            parts=_parts(connection, row.id) or None,
            recipient=recipient_of(connection, conversation_id, window.last),
            window=window,
            template=_template(connection, conversation_id, window.last),
        )

    async def plan(self, message: Outgoing, payloads: Sequence[Payload]) -> None:
        """Writes down in what parts a message is sent, once and for all; without any there is nothing to send."""

        def work(connection: Connection) -> None:
            connection.execute(sa.select(messages.c.id).where(messages.c.id == message.message_id).with_for_update())
            if not _parts(connection, message.message_id):
                for place, payload in enumerate(payloads):
                    self._add(connection, message, place, payload)
            settle(connection, message.message_id)

        await self._store.write(work)

    async def plan_template(self, message: Outgoing, payload: Payload) -> None:
        """Writes down that the customer is asked to write, unless they have been since they last did."""

        def work(connection: Connection) -> None:
            connection.execute(sa.select(messages.c.id).where(messages.c.id == message.message_id).with_for_update())
            if _template(connection, message.conversation_id, message.window.last) is None:
                lowest = sa.select(sa.func.min(table.c.part)).where(table.c.message_id == message.message_id)
                place = min(connection.execute(lowest).scalar() or 0, 0) - 1
                self._add(connection, message, place, payload)

        await self._store.write(work)

    def _add(self, connection: Connection, message: Outgoing, place: int, payload: Payload) -> None:
        now = self._clock()
        row = {
            "id": uuid.uuid4().hex,
            "conversation_id": message.conversation_id,
            "message_id": message.message_id,
            "part": place,
            "payload": payload,
            "state": WAITING,
            "created_at": now,
            "changed_at": now,
        }
        connection.execute(table.insert().values(row))

    async def begin(self, part: Part) -> Part | None:
        """Writes down that a part's request begins.

        Returns:
            The attempt; None if somebody else has the part under way by now.
        """
        repeats = table.c.repeats + (1 if part.doubts else 0)
        values = {"state": SENDING, "attempts": part.attempts + 1, "repeats": repeats}
        as_read = _as_read(part)
        begun = await self._store.write(lambda connection: change(connection, as_read, self._clock(), **values))
        return _begun(part) if begun else None

    async def sent(self, part: Part, external_id: str) -> None:
        """Writes down that the service has taken a part; what it told of it meanwhile stays."""
        await self._end(part, state=SENT, external_id=external_id, error_code=None, error=None, deferrals=0)

    async def doubted(self, part: Part) -> bool:
        """Writes down that nobody knows what came of a part's request.

        Returns:
            Whether it may be sent once more.
        """
        doubts = part.doubts + 1
        again = doubts < MOST_DOUBTS
        state = WAITING if again else DOUBTFUL
        await self._end(part, state=state, doubts=doubts, deferrals=0, error_code=None, error=None)
        return again

    async def put_off(self, part: Part, code: str, words: str) -> int:
        """Writes down that the service doesn't take a part now, so that it is certain that it wasn't sent.

        Returns:
            How often it has been put off for that in a row.
        """
        times = part.deferrals + 1 if part.error_code == code else 1
        await self._refuse(part, state=WAITING, error_code=code, error=words[:REASON], deferrals=times)
        return times

    async def refused(self, part: Part, code: str, words: str) -> None:
        """Writes down that a part can't be sent, for good."""
        await self._refuse(part, state=FAILED, error_code=code or None, error=words[:REASON])

    async def kept(self, part: Part, code: str) -> None:
        """Writes down that the service says that the customer may not be written to now."""
        await self._refuse(part, state=HELD, error_code=code, error=None)

    async def uploaded(self, part: Part, media_id: str) -> None:
        """Writes down the service's id of a part's document."""
        await self._end(part, media_id=media_id, uploads=part.uploads + 1)

    async def upload_lost(self, part: Part, code: str, words: str) -> None:
        """Writes down that the service can't use a part's document as it was uploaded, so that it is once more."""
        await self._refuse(part, state=WAITING, media_id=None, error_code=code, error=words[:REASON])

    async def hold(self, message: Outgoing) -> None:
        """Lets what isn't sent of a message wait until the customer writes."""
        waiting = (table.c.message_id == message.message_id) & (table.c.state == WAITING) & ~TEMPLATE_PARTS
        await self._store.write(lambda connection: change(connection, waiting, self._clock(), state=HELD))

    async def fail(self, message: Outgoing, words: str) -> None:
        """Writes down that what isn't sent of a message never will be."""
        mine = (table.c.message_id == message.message_id) & ~TEMPLATE_PARTS

        def work(connection: Connection) -> None:
            if not _parts(connection, message.message_id):
                self._add(connection, message, 0, {})
            failed = {"state": FAILED, "error": words[:REASON]}
            change(connection, mine & table.c.state.in_((WAITING, HELD)), self._clock(), **failed)
            settle(connection, message.message_id)

        await self._store.write(work)

    async def _refuse(self, part: Part, **values: Any) -> None:
        """A repeat that was refused was none."""
        repeats = table.c.repeats - (1 if part.doubts and part.state == SENDING else 0)
        await self._end(part, repeats=repeats, **values)

    async def _end(self, part: Part, **values: Any) -> None:
        """Changes a part if it stands as this attempt left it, and its message with it."""

        def work(connection: Connection) -> None:
            if change(connection, _as_read(part), self._clock(), **values):
                settle(connection, part.message_id)

        await self._store.write(work)


def _as_read(part: Part) -> ColumnElement[Any]:
    """The part, if nobody has changed since what decides whether it is sent."""
    return (table.c.id == part.id) & (table.c.state == part.state) & (table.c.attempts == part.attempts)


def _parts(connection: Connection, message_id: str) -> tuple[Part, ...]:
    mine = sa.select(table).where(table.c.message_id == message_id, ~TEMPLATE_PARTS).order_by(table.c.part)
    return tuple(_part(row) for row in connection.execute(mine))


def _template(connection: Connection, conversation_id: str, last: datetime | None) -> Part | None:
    newest = (
        sa.select(table)
        .where(table.c.conversation_id == conversation_id, TEMPLATE_PARTS)
        .order_by(table.c.created_at.desc(), table.c.id)
        .limit(1)
    )
    row = connection.execute(newest).first()
    return _part(row) if row is not None and (last is None or row.created_at > last) else None


def _part(row: Row) -> Part:
    return Part(
        id=row.id,
        message_id=row.message_id,
        payload=row.payload,
        state=row.state,
        attempts=row.attempts,
        doubts=row.doubts,
        deferrals=row.deferrals,
        media_id=row.media_id,
        uploads=row.uploads,
        error_code=row.error_code,
        error=row.error,
        changed_at=row.changed_at,
    )


def _begun(part: Part) -> Part:
    return dataclasses.replace(part, state=SENDING, attempts=part.attempts + 1)

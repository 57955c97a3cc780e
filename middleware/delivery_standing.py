"""How what was pushed to a customer stands, for the people at the desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.delivery_states import (
    DELIVERED,
    DOUBTFUL,
    FAILED,
    HELD,
    QUEUED,
    READ,
    TEMPLATE_PARTS,
)
from middleware.store import deliveries as table
from middleware.store import messages

LATE = timedelta(minutes=1)  # so long nobody wonders why a message isn't sent

ASKED_FIRST = (
    "WhatsApp lets nobody write to a customer whose last message is this old. They were asked to write; this goes out "
    "as soon as they do."
)
IN_DOUBT = "WhatsApp's answer was lost, twice: this may have reached the customer, or not. It isn't sent again."
NOT_SENT = "This can't be sent."
NOT_YET = "This isn't sent yet."
WORDS = {HELD: ASKED_FIRST, DOUBTFUL: IN_DOUBT, FAILED: NOT_SENT}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Why a message hasn't reached its customer.

    Attributes:
        state: `failed`: it never will. `held`: it waits until they write. `doubtful`: nobody can know. `late`: it
            waits for long already.
        words: The same for the people at the desk.
    """

    state: Literal["failed", "held", "doubtful", "late"]
    words: str


def trouble(connection: Connection, conversation_id: str, now: datetime) -> Mapping[int, Trouble]:
    """Tells which messages of a conversation are in trouble, by their sequence."""
    found: dict[int, Trouble] = {}
    for row in connection.execute(_by_message(conversation_id, (FAILED, HELD, DOUBTFUL))):
        known = found.get(row.sequence)
        if known is None or _weight(row.state) < _weight(known.state):
            found[row.sequence] = Trouble(state=row.state, words=_words(row.state, row.error))
    first_held = min((sequence for sequence, one in found.items() if one.state == HELD), default=None)
    for row in connection.execute(_queued(conversation_id)):
        if first_held is not None and row.sequence > first_held:
            found.setdefault(row.sequence, Trouble(state="held", words=WORDS[HELD]))
        elif row.created_at < now - LATE:
            found.setdefault(row.sequence, Trouble(state="late", words=row.error or NOT_YET))
    return found


def receipts(connection: Connection, conversation_id: str) -> Mapping[int, str]:
    """Tells which messages of a conversation were `delivered` or `read`, all parts of them, by their sequence."""
    of_message: dict[int, set[str]] = {}
    for row in connection.execute(_by_message(conversation_id)):
        of_message.setdefault(row.sequence, set()).add(row.state)
    return {
        sequence: READ if states == {READ} else DELIVERED
        for sequence, states in of_message.items()
        if states <= {DELIVERED, READ}
    }


def marks(connection: Connection, conversation_ids: Collection[str], now: datetime) -> Sequence[tuple[str, Any]]:
    """What differs between two looks if how anything stands has changed: each with the conversation's id."""
    stand = (
        sa.select(table.c.conversation_id, table.c.state, sa.func.count(), sa.func.max(table.c.changed_at))
        .where(table.c.conversation_id.in_(conversation_ids))
        .group_by(table.c.conversation_id, table.c.state)
        .order_by(table.c.conversation_id, table.c.state)
    )
    late = (
        sa.select(messages.c.conversation_id, sa.func.count())
        .where(
            messages.c.conversation_id.in_(conversation_ids),
            messages.c.state == QUEUED,
            messages.c.created_at < now - LATE,
        )
        .group_by(messages.c.conversation_id)
    )
    return [(row.conversation_id, tuple(row)) for query in (stand, late) for row in connection.execute(query)]


def _by_message(conversation_id: str, states: Collection[str] = ()) -> sa.sql.Select:
    mine = sa.and_(table.c.conversation_id == conversation_id, ~TEMPLATE_PARTS)
    query = (
        sa.select(messages.c.sequence, table.c.state, table.c.error).select_from(table.join(messages)).where(mine)
    ).order_by(messages.c.sequence, table.c.part)
    return query.where(table.c.state.in_(states)) if states else query


def _queued(conversation_id: str) -> sa.sql.Select:
    """Messages that aren't sent yet, with why the first of their parts was put off."""
    put_off = (
        sa.select(table.c.error)
        .where(table.c.message_id == messages.c.id, table.c.error.is_not(None))
        .order_by(table.c.part)
        .limit(1)
        .scalar_subquery()
    )
    return sa.select(messages.c.sequence, messages.c.created_at, put_off.label("error")).where(
        messages.c.conversation_id == conversation_id, messages.c.state == QUEUED
    )


def _weight(state: str) -> int:
    """What is worst of several parts stands for the message."""
    return (FAILED, HELD, DOUBTFUL).index(state)


def _words(state: str, error: str | None) -> str:
    return (error if state == FAILED else None) or WORDS[state]

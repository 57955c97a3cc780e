"""What has moved since one last looked: the line, and conversations, for pages that are to follow them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware import delivery_standing
from middleware.clock import Clock
from middleware.outbox import is_pushed
from middleware.ownership import OPEN
from middleware.store import Store, conversations, handoffs, notes
from middleware.unreached import unreached

# What of a hand-over can change while somebody looks at it. What is long changes only together with one of these.
MOVES = (
    handoffs.c.id,
    handoffs.c.state,
    handoffs.c.agent_id,
    handoffs.c.claims,
    handoffs.c.is_urgent,
    handoffs.c.waiting_since,
    handoffs.c.ticket_number,
)

Mark = tuple[Any, ...]


def message_changed(connection: Connection, conversation_id: str) -> None:
    """Says, inside the transaction, that a message which may be shown already isn't as it was any more."""
    mine = conversations.c.id == conversation_id
    connection.execute(conversations.update().where(mine).values(revision=conversations.c.revision + 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pulse:
    """Marks that differ from those of another look where something has moved.

    Attributes:
        line: Of the whole line.
        conversations: Of each conversation that was asked about, by its id.
    """

    line: Mark
    conversations: Mapping[str, Mark]


class Watching:
    """Looks at everything that pages follow, at once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def pulse(self, conversation_ids: Collection[str]) -> Pulse:
        """Looks once.

        Raises:
            Unavailable: The store can't be reached.
        """
        line = (
            sa.select(handoffs.c.conversation_id, *MOVES, conversations.c.last_sequence, conversations.c.revision)
            .select_from(handoffs.join(conversations))
            .where(handoffs.c.state.in_(OPEN))
            .order_by(handoffs.c.id)
        )
        written = (
            sa.select(handoffs.c.conversation_id, sa.func.count(notes.c.id).label("notes"))
            .select_from(handoffs.join(notes))
            .where(handoffs.c.conversation_id.in_(conversation_ids))
            .group_by(handoffs.c.conversation_id)
        )
        moves = (
            sa.select(handoffs.c.conversation_id, *MOVES)
            .where(handoffs.c.conversation_id.in_(conversation_ids))
            .order_by(handoffs.c.conversation_id, handoffs.c.id)
        )
        reached = sa.select(conversations.c.id, conversations.c.last_sequence, conversations.c.revision).where(
            conversations.c.id.in_(conversation_ids)
        )

        def work(connection: Connection) -> Pulse:
            marks: dict[str, Mark] = {}
            if conversation_ids:
                marks = {row.id: (row.last_sequence, row.revision) for row in connection.execute(reached)}
                for query in (moves, written):
                    for row in connection.execute(query):
                        marks[row.conversation_id] = (*marks.get(row.conversation_id, ()), *row)
                for conversation_id, mark in delivery_standing.marks(connection, conversation_ids, self._clock()):
                    marks[conversation_id] = (*marks.get(conversation_id, ()), *mark)
            in_line = connection.execute(line).all()
            troubles = unreached(connection, [row.conversation_id for row in in_line if is_pushed(row.conversation_id)])
            return Pulse(line=(*map(tuple, in_line), *sorted(troubles.items())), conversations=marks)

        return await self._store.read(work)

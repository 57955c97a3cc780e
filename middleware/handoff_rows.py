"""Hand-overs in the store, for those who are inside a transaction."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.errors import NotFound
from middleware.handoff_records import Agent, Handoff, Reason
from middleware.store import agents, conversations
from middleware.store import handoffs as table

# Those that wait come first, then those that are left, then those with agents: the alphabet read backwards.
LINE = (table.c.state.desc(), table.c.is_urgent.desc(), table.c.waiting_since, table.c.requested_at, table.c.id)


def rows() -> sa.sql.Select:
    """Hand-overs with their channel and their agent's name."""
    return sa.select(table, conversations.c.channel, agents.c.name.label("agent_name")).select_from(
        table.join(conversations).outerjoin(agents)
    )


def row_of(connection: Connection, handoff_id: str) -> Row:
    """Reads a hand-over.

    Raises:
        NotFound: There is none with this id.
    """
    row = connection.execute(rows().where(table.c.id == handoff_id)).one_or_none()
    if row is None:
        raise NotFound("no such hand-over", system="store")
    return row


def change(connection: Connection, handoff_id: str, **values: Any) -> None:
    """Changes a hand-over."""
    connection.execute(table.update().where(table.c.id == handoff_id).values(**values))


def hold(connection: Connection, conversation_id: str) -> None:
    """Lets nobody store a message or change hands in a conversation until the transaction ends.

    Raises:
        NotFound: There is no such conversation.
    """
    mine = conversations.c.id == conversation_id
    update = conversations.update().where(mine).values(last_sequence=conversations.c.last_sequence)
    if not connection.execute(update).rowcount:
        raise NotFound("no such conversation", system="store")


def record(row: Row) -> Handoff:
    """A row as those outside know it."""
    return Handoff(
        id=row.id,
        conversation_id=row.conversation_id,
        channel=row.channel,
        state=row.state,
        reason=Reason(row.reason),
        note=row.note,
        is_urgent=row.is_urgent,
        requested_at=row.requested_at,
        waiting_since=row.waiting_since,
        agent=Agent(id=row.agent_id, name=row.agent_name) if row.agent_id else None,
        claimed_at=row.claimed_at,
        seen_at=row.seen_at,
        ended_at=row.ended_at,
        close_reason=row.close_reason,
        ticket=row.ticket_number,
        contact_id=row.contact_id,
        reach=row.reach or "",
        summary=row.summary,
        understood=row.understood,
        account=row.account,
    )

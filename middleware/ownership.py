"""Whose a conversation is: the bot's, also while its customer waits for a person, or an agent's."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.store import handoffs

# How a hand-over stands. Out of hours it is left for the people to find; the bot has the conversation until it is
# with an agent.
LEFT, WAITING, WITH_AGENT = "left", "waiting", "agent"
RETURNED, CLOSED = "returned", "closed"
FREE = (LEFT, WAITING)
OPEN = (*FREE, WITH_AGENT)


def open_handoff(connection: Connection, conversation_id: str) -> Row | None:
    """The conversation's hand-over that hasn't ended; there is one at most."""
    mine = sa.and_(handoffs.c.conversation_id == conversation_id, handoffs.c.state.in_(OPEN))
    return connection.execute(sa.select(handoffs).where(mine)).one_or_none()


def agent_of(connection: Connection, conversation_id: str) -> str | None:
    """The id of the agent who has a conversation; None if the bot has it."""
    row = open_handoff(connection, conversation_id)
    return str(row.agent_id) if row is not None and row.state == WITH_AGENT else None

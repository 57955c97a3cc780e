"""Whose a conversation is: the bot's, also while its customer waits for a person, or an agent's."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.store import agents, handoffs

# How a hand-over stands. Out of hours it is left for the people to find; the bot has the conversation until it is
# with an agent.
LEFT, WAITING, WITH_AGENT = "left", "waiting", "agent"
RETURNED, CLOSED = "returned", "closed"
FREE = (LEFT, WAITING)
OPEN = (*FREE, WITH_AGENT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose a conversation is, as its customer sees it.

    Attributes:
        name: `bot`, `waiting` for a person while the bot answers, or `agent`.
        agent: The agent's name; empty if none has it.
    """

    name: str = "bot"
    agent: str = ""


def open_handoff(connection: Connection, conversation_id: str) -> Row | None:
    """The conversation's hand-over that hasn't ended; there is one at most."""
    mine = sa.and_(handoffs.c.conversation_id == conversation_id, handoffs.c.state.in_(OPEN))
    return connection.execute(sa.select(handoffs).where(mine)).one_or_none()


def agent_of(connection: Connection, conversation_id: str) -> str | None:
    """The id of the agent who has a conversation; None if the bot has it."""
    row = open_handoff(connection, conversation_id)
    return str(row.agent_id) if row is not None and row.state == WITH_AGENT else None


def owner_of(connection: Connection, conversation_id: str) -> Owner:
    """Whose a conversation is; out of hours nobody waits, and the bot has it."""
    query = (
        sa.select(handoffs.c.state, agents.c.name)
        .select_from(handoffs.outerjoin(agents))
        .where(handoffs.c.conversation_id == conversation_id, handoffs.c.state.in_((WAITING, WITH_AGENT)))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return Owner()
    return Owner(name="agent", agent=row.name) if row.state == WITH_AGENT else Owner(name="waiting")

"""The line that customers wait in: at which place, and for how long, about."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.handoff_rows import LINE
from middleware.handoff_rules import HandoffRules
from middleware.ownership import CLOSED, FREE, RETURNED, WITH_AGENT
from middleware.store import agents, handoffs

MEASURED = 20  # talks, the last ones
ENOUGH = 5  # of them, before what was measured counts
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(minutes=60)  # of one talk, whatever was measured
THERE = timedelta(minutes=3)  # an agent seen so long ago is there
FURTHEST_MINUTES = 480  # nobody is told a longer time


def place(connection: Connection, handoff_id: str) -> int:
    """The place in the line of one whom nobody has, from 1; those who wait are before those who left word."""
    waiting = sa.select(handoffs.c.id).where(handoffs.c.state.in_(FREE)).order_by(*LINE)
    return connection.execute(waiting).scalars().all().index(handoff_id) + 1


def wait_minutes(connection: Connection, place: int, rules: HandoffRules, now: datetime) -> int:
    """How long it takes, about, until the one at a place in the line is taken."""
    each = _talk(connection) or timedelta(minutes=rules.minutes_each)
    minutes = place * each / max(1, _agents_there(connection, now)) / timedelta(minutes=1)
    return min(FURTHEST_MINUTES, max(1, round(minutes)))


def _talk(connection: Connection) -> timedelta | None:
    """How long a talk with an agent takes, as the last ones have shown; None until there were enough."""
    ended = (
        sa.select(handoffs.c.claimed_at, handoffs.c.ended_at)
        .where(handoffs.c.state.in_((RETURNED, CLOSED)), handoffs.c.claimed_at.is_not(None))
        .order_by(handoffs.c.ended_at.desc())
        .limit(MEASURED)
    )
    lengths: list[float] = [(row.ended_at - row.claimed_at).total_seconds() for row in connection.execute(ended)]
    if len(lengths) < ENOUGH:
        return None
    return min(LONGEST, max(SHORTEST, timedelta(seconds=median(lengths))))


def _agents_there(connection: Connection, now: datetime) -> int:
    """How many agents are at the desk, or in a talk."""
    at_the_desk = sa.select(agents.c.id).where(agents.c.is_active, agents.c.seen_at > now - THERE)
    in_a_talk = sa.select(handoffs.c.agent_id).where(handoffs.c.state == WITH_AGENT, handoffs.c.seen_at > now - THERE)
    return len(connection.execute(at_the_desk.union(in_a_talk)).all())

"""Tickets whose conversations hear what the company's people write on them, and the job that reads it.

There is such a job only while a ticket is watched. The longer nobody has spoken in a conversation, the more seldom its
ticket is read: CRMs count what they are asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware import jobs
from middleware.store import conversations, identities, insert_once, messages, ticket_answers
from middleware.store import jobs as jobs_table
from middleware.store import watched_tickets as table

ANSWERS = "answers"  # the job's kind, and its line
PATIENCE = 50  # after an hour of silence a ticket is read every hour / 50
SELDOM = timedelta(hours=1)  # and no ticket more seldom than this


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A ticket and a conversation that came together.

    Attributes:
        owner: The CRM's id of the contact whose ticket it was then; empty if it was nobody's.
        code_email: The address that a one-time code had proved in the conversation then.
        since: What was written on the ticket before isn't told.
        linked_at: When they came together last.
        read_until: What was written until then was read.
        due_at: When it is to be read next.
        active_at: When something was said in the conversation last.
    """

    number: str
    conversation_id: str
    channel: str
    owner: str
    code_email: str | None
    since: datetime
    linked_at: datetime
    read_until: datetime
    due_at: datetime
    active_at: datetime


def watch(
    connection: Connection,
    number: str,
    conversation_id: str,
    owner: str,
    *,
    since: datetime,
    now: datetime,
    every: timedelta,
) -> None:
    """Has a conversation told what is written on a ticket, from a moment on, in the transaction of what links them.

    Args:
        owner: The CRM's id of the contact whose ticket it is; empty if it is nobody's.
        every: How long it takes until it is read first.
    """
    proven = sa.select(identities.c.code_email).where(identities.c.conversation_id == conversation_id)
    newest = {
        "owner": owner,
        "code_email": connection.execute(proven).scalar(),
        "linked_at": since,
        "due_at": now + every,
    }
    row = {"number": number, "conversation_id": conversation_id, "since": since, "read_until": since}
    insert_once(connection, table, row | newest)
    mine = sa.and_(table.c.number == number, table.c.conversation_id == conversation_id)
    connection.execute(table.update().where(mine).values(newest))
    look_soon(connection, now + every, now)


def ring(connection: Connection, now: datetime, every: timedelta) -> None:
    """Has every ticket read at once, or as soon as it has rested; nothing if none is watched."""
    rested = table.c.read_until <= now - every
    at_once = connection.execute(table.update().where(rested).values(due_at=now)).rowcount
    later = connection.execute(table.update().where(~rested).values(due_at=now + every)).rowcount
    if at_once or later:
        look_soon(connection, now if at_once else now + every, now)


def look_soon(connection: Connection, at: datetime, now: datetime) -> None:
    """Has the job done by a moment. One that is under way may have missed what this transaction writes."""
    waits = sa.and_(jobs_table.c.line == ANSWERS, jobs_table.c.state == "waiting", jobs_table.c.run_at > at)
    connection.execute(jobs_table.update().where(waits).values(run_at=at))
    jobs.add_unless_waiting(connection, ANSWERS, {}, line=ANSWERS, now=now, run_at=at)


def goes_on(connection: Connection, now: datetime, every: timedelta, *, is_worn: bool) -> datetime | None:
    """When the job that is under way goes on; None if it has done its part: nothing is watched, or another goes on.

    Args:
        is_worn: Whether another one is to go on, since so many attempts of this one are counted.
    """
    next_due = connection.execute(sa.select(sa.func.min(table.c.due_at, type_=table.c.due_at.type))).scalar()
    if next_due is None:
        return None
    others = sa.select(jobs_table.c.id).where(jobs_table.c.line == ANSWERS, jobs_table.c.state == "waiting")
    if connection.execute(others.limit(1)).first() is not None:
        return None
    at: datetime = next_due if next_due > now else now + every  # what failed is due still
    if is_worn:
        jobs.add(connection, ANSWERS, {}, line=ANSWERS, now=now, run_at=at)
        return None
    return at


def due(connection: Connection, now: datetime, most: int) -> Sequence[str]:
    """The numbers of tickets that are to be read now, those first that were read last: they need the least."""
    query = (
        sa.select(table.c.number)
        .where(table.c.due_at <= now)
        .group_by(table.c.number)
        .order_by(sa.func.max(table.c.read_until).desc(), table.c.number)
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def watched(connection: Connection, numbers: Collection[str]) -> Sequence[Watched]:
    """All conversations of some tickets; first those in which something was said last."""
    at = sa.func.coalesce(messages.c.created_at, conversations.c.created_at, type_=table.c.since.type).label("active")
    query = (
        sa.select(table, conversations.c.channel, at)
        .select_from(table.join(conversations).outerjoin(messages, _last_said()))
        .where(table.c.number.in_(numbers))
        .order_by(at.desc(), table.c.conversation_id)
    )
    return [
        Watched(
            number=row.number,
            conversation_id=row.conversation_id,
            channel=row.channel,
            owner=row.owner,
            code_email=row.code_email,
            since=row.since,
            linked_at=row.linked_at,
            read_until=row.read_until,
            due_at=row.due_at,
            active_at=row.active,
        )
        for row in connection.execute(query)
    ]


def was_read(connection: Connection, one: Watched, until: datetime, every: timedelta) -> None:
    """Notes until when a ticket was read, and when it is read next: soon, if it was asked for meanwhile."""
    gap = min(max(every, (until - one.active_at) / PATIENCE), max(every, SELDOM))
    mine = sa.and_(table.c.number == one.number, table.c.conversation_id == one.conversation_id)
    connection.execute(table.update().where(mine).values(read_until=until))
    connection.execute(table.update().where(mine, table.c.due_at == one.due_at).values(due_at=until + gap))


def forget(connection: Connection, before: datetime) -> None:
    """Watches nothing any more for conversations in which nothing was said since a moment."""
    said_since = (
        sa.select(messages.c.id)
        .select_from(conversations.join(messages, _last_said()))
        .where(conversations.c.id == table.c.conversation_id, messages.c.created_at >= before)
        .exists()
    )
    connection.execute(table.delete().where(table.c.linked_at < before, ~said_since))
    connection.execute(ticket_answers.delete().where(ticket_answers.c.number.not_in(sa.select(table.c.number))))


def _last_said() -> sa.sql.ColumnElement[sa.Boolean]:
    return sa.and_(
        messages.c.conversation_id == conversations.c.id, messages.c.sequence == conversations.c.last_sequence
    )

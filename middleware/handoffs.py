"""Hand-overs to a person: whose a conversation is, the line that customers wait in, and what agents do.

Whatever changes hands and what is said about it are one transaction. An agent has a conversation until they give it
away or aren't seen for a while; only then do the customer's messages go to the bot again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware import jobs
from middleware.clock import Clock
from middleware.documents.store import Document
from middleware.errors import Conflict, NotFound
from middleware.identity import Who
from middleware.jobs import Job, Jobs
from middleware.messages import AGENT, BOT, Messages
from middleware.opening import Opening
from middleware.ownership import CLOSED, LEFT, OPEN, RETURNED, WAITING, WITH_AGENT, open_handoff
from middleware.sentences import rendered
from middleware.settings import Operation, Settings
from middleware.store import Store, agents, alone, conversations, notes
from middleware.store import handoffs as table

# Kinds of jobs: the ticket in the CRM, its transcript, the bot's word after a person, a look after the agent.
TICKET, TRANSCRIPT, RESUME, AWAY = "ticket", "transcript", "resume", "agent_away"

T = TypeVar("T")


class Reason(str, Enum):
    """Why a conversation goes to a person."""

    ASKED = "asked"
    NOT_UNDERSTOOD = "not_understood"
    COMPLAINT = "complaint"
    FAILED = "failed"
    RULE = "rule"


@dataclass(frozen=True, kw_only=True, slots=True)
class Agent:
    """One of the company's people at the desk. `id` is what they log in with, `name` what customers read."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """What the bot made of one of the customer's messages.

    Attributes:
        confidence: From 0 to 1.
        entities: Values by name.
        action: What the bot did about it.
    """

    text: str
    intent: str
    confidence: float
    entities: Mapping[str, str]
    action: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plea:
    """Why a person is wanted, as the dialogue knows it.

    Attributes:
        note: What the people should know first, such as the name of the rule; may be empty.
        wanted: What the customer and the bot were in the middle of, in words; may be empty.
        understood: The customer's last messages, oldest first.
        reach: Where the customer wants to be reached, in their own words; may be empty.
    """

    reason: Reason
    note: str = ""
    wanted: str = ""
    is_urgent: bool = False
    understood: Sequence[Understood] = ()
    reach: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handoff:
    """A hand-over.

    Attributes:
        state: `left`, `waiting`, `agent`, `returned` or `closed`; see `middleware.ownership`.
        waiting_since: The place in the line goes by it.
        agent: Who has it, or had it last.
        ticket: The number in the CRM; None until it has confirmed.
        summary: `wanted`, `tried` and `failed`, each a list of sentences.
        account: Customer, orders, invoices and tickets as they were when it was asked for; None if unknown.
    """

    id: str
    conversation_id: str
    channel: str
    state: str
    reason: Reason
    is_urgent: bool
    requested_at: datetime
    waiting_since: datetime | None
    agent: Agent | None
    claimed_at: datetime | None
    seen_at: datetime | None
    ended_at: datetime | None
    close_reason: str | None
    ticket: str | None
    contact_id: str | None
    reach: str
    summary: Mapping[str, Sequence[str]]
    understood: Sequence[Mapping[str, Any]]
    account: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a hand-over stands for the customer.

    Attributes:
        place: In the line, from 1; None if nobody is there, or an agent has it.
        wait_minutes: How long that will take, about.
        opens_at: Out of hours, when people come next.
        is_new: Whether it wasn't asked for before.
    """

    handoff: Handoff
    place: int | None = None
    wait_minutes: int | None = None
    opens_at: datetime | None = None
    is_new: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What an agent wrote for colleagues."""

    author: Agent
    body: str
    written_at: datetime


class Handoffs:
    """Everything about hand-overs that is in the store.

    Args:
        jobs: Woken when there is something to do.
    """

    def __init__(self, store: Store, messages: Messages, jobs: Jobs, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._messages = messages
        self._jobs = jobs
        self._settings = settings
        self._clock = clock
        self._opening = Opening(settings.opening, settings.zone)

    # What the dialogue asks

    async def request(
        self,
        who: Who,
        plea: Plea,
        *,
        contact_id: str | None = None,
        summary: Mapping[str, Sequence[str]] | None = None,
        account: Mapping[str, Any] | None = None,
    ) -> Standing:
        """Puts a conversation into the line, or leaves it for the next opening, and has the CRM told.

        Whoever is in the line already keeps their place. Whoever left word out of hours comes into the line if people
        are there now.

        Raises:
            Unavailable: The store can't be reached; nothing was done.
        """
        now = self._clock()
        is_open = self._opening.is_open(now)

        def work(connection: Connection) -> tuple[Row, bool]:
            alone(connection, who.conversation_id)
            there = open_handoff(connection, who.conversation_id)
            if there is not None:
                if there.state == LEFT and is_open:
                    _change(connection, there.id, state=WAITING, waiting_since=now)
                return _row(connection, there.id), False
            handoff_id = uuid.uuid4().hex
            connection.execute(
                table.insert().values(
                    id=handoff_id,
                    conversation_id=who.conversation_id,
                    state=WAITING if is_open else LEFT,
                    reason=plea.reason.value,
                    is_urgent=plea.is_urgent,
                    requested_at=now,
                    waiting_since=now if is_open else None,
                    contact_id=contact_id,
                    reach=plea.reach or None,
                    summary=dict(summary or {}),
                    understood=[
                        {
                            "text": one.text,
                            "intent": one.intent,
                            "confidence": one.confidence,
                            "entities": dict(one.entities),
                            "action": one.action,
                        }
                        for one in plea.understood
                    ],
                    account=account,
                )
            )
            jobs.add(
                connection,
                TICKET,
                {"handoff": handoff_id},
                line=who.conversation_id,
                now=now,
                job_id=f"{TICKET}:{handoff_id}",
            )
            return _row(connection, handoff_id), True

        row, is_new = await self._store.write(work)
        await self._jobs.ended(f"{TICKET}:{row.id}", self._settings.operations[Operation.HANDOFF].deadline / 2)
        return await self._standing(row.id, is_new)

    async def standing(self, conversation_id: str) -> Standing | None:
        """How a conversation's open hand-over stands; None if there is none.

        Raises:
            Unavailable: The store can't be reached.
        """
        row = await self._store.read(lambda connection: open_handoff(connection, conversation_id))
        return await self._standing(row.id, False) if row is not None else None

    async def _standing(self, handoff_id: str, is_new: bool) -> Standing:
        now = self._clock()

        def work(connection: Connection) -> Standing:
            handoff = _handoff(_row(connection, handoff_id))
            if handoff.state == LEFT:
                return Standing(handoff=handoff, opens_at=self._opening.next_opening(now), is_new=is_new)
            if handoff.state != WAITING:
                return Standing(handoff=handoff, is_new=is_new)
            place = _place(connection, handoff)
            minutes = max(1, round(place * self._minutes_each(connection)))
            return Standing(handoff=handoff, place=place, wait_minutes=minutes, is_new=is_new)

        return await self._store.read(work)

    def _minutes_each(self, connection: Connection) -> float:
        """How long until the next one in the line is taken."""
        return float(self._settings.handoff.minutes_each)

    # What agents ask

    async def line(self) -> Sequence[Handoff]:
        """All open hand-overs: those that wait in the order of the line, those with agents, those left."""
        query = _rows().where(table.c.state.in_(OPEN)).order_by(*_LINE)
        return await self._store.read(lambda connection: [_handoff(row) for row in connection.execute(query)])

    async def one(self, handoff_id: str) -> Handoff:
        """Reads a hand-over.

        Raises:
            NotFound: There is none with this id.
        """
        return _handoff(await self._store.read(lambda connection: _row(connection, handoff_id)))

    async def claim(self, handoff_id: str, agent: Agent) -> Handoff:
        """Gives a conversation that waits to one agent, and tells the customer; of two at once, one gets it.

        Raises:
            Conflict: Somebody has it, or it has ended.
            NotFound: There is none with this id.
        """
        now = self._clock()
        free = (LEFT, WAITING)

        def work(connection: Connection, row: Row) -> None:
            claim = row.claims + 1
            changed = connection.execute(
                table.update()
                .where(table.c.id == handoff_id, table.c.state.in_(free))
                .values(state=WITH_AGENT, agent_id=agent.id, claims=claim, claimed_at=now, seen_at=now)
            ).rowcount
            if not changed:
                raise Conflict("somebody has it already, or it has ended", system="store")
            self._say(connection, row, "utter_agent_there", agent)
            self._look_after(connection, handoff_id, claim, now)

        return await self._changed(handoff_id, work)

    async def write(
        self, handoff_id: str, agent: Agent, text: str, write_id: str, document: Document | None = None
    ) -> None:
        """Writes to the customer.

        Args:
            write_id: The same one again is written once.

        Raises:
            Conflict: The agent hasn't got the conversation.
            NotFound: There is none with this id.
        """
        reply: dict[str, Any] = {"text": text, "agent": agent.name}
        if document:
            reply["attachment"] = {"id": document.id, "name": document.name}

        def work(connection: Connection, row: Row) -> None:
            _demand(row, agent)
            _change(connection, handoff_id, seen_at=self._clock())
            self._messages.write(connection, row.conversation_id, AGENT, reply, f"desk:{write_id}")

        await self._changed(handoff_id, work)

    async def seen(self, handoff_id: str, agent: Agent) -> None:
        """Notes that the agent is there; nothing if they haven't got the conversation."""
        mine = sa.and_(table.c.id == handoff_id, table.c.agent_id == agent.id, table.c.state == WITH_AGENT)
        note = table.update().where(mine).values(seen_at=self._clock())
        await self._store.write(lambda connection: connection.execute(note))

    async def hand_back(self, handoff_id: str, agent: Agent) -> Handoff:
        """Gives a conversation back to the bot, which goes on where it was.

        Raises:
            Conflict: The agent hasn't got it.
            NotFound: There is none with this id.
        """

        def work(connection: Connection, row: Row) -> None:
            _demand(row, agent)
            _change(connection, handoff_id, state=RETURNED, ended_at=self._clock())
            self._resume(connection, row)

        return await self._changed(handoff_id, work)

    async def put_back(self, handoff_id: str, agent: Agent) -> Handoff:
        """Puts a conversation back into the line, for a colleague; it keeps the place that it had.

        Raises:
            Conflict: The agent hasn't got it.
            NotFound: There is none with this id.
        """

        def work(connection: Connection, row: Row) -> None:
            _demand(row, agent)
            self._back_into_line(connection, row)

        return await self._changed(handoff_id, work)

    async def close(self, handoff_id: str, agent: Agent, reason: str) -> Handoff:
        """Ends a conversation with an agent; what the customer writes next is for the bot.

        Args:
            reason: For the people.

        Raises:
            Conflict: The agent hasn't got it.
            NotFound: There is none with this id.
        """

        def work(connection: Connection, row: Row) -> None:
            _demand(row, agent)
            _change(connection, handoff_id, state=CLOSED, close_reason=reason, ended_at=self._clock())
            self._say(connection, row, "utter_agent_gone", agent)

        return await self._changed(handoff_id, work)

    async def add_note(self, handoff_id: str, agent: Agent, body: str) -> None:
        """Writes something for colleagues, which customers never see.

        Raises:
            NotFound: There is no such hand-over.
        """
        row = {
            "id": uuid.uuid4().hex,
            "handoff_id": handoff_id,
            "agent_id": agent.id,
            "body": body,
            "written_at": self._clock(),
        }
        await self._changed(handoff_id, lambda connection, _row: connection.execute(notes.insert().values(row)))

    async def notes(self, conversation_id: str) -> Sequence[Note]:
        """What agents wrote for colleagues about a conversation, over all its hand-overs, oldest first."""
        query = (
            sa.select(notes.c.body, notes.c.written_at, agents.c.id, agents.c.name)
            .select_from(notes.join(table, table.c.id == notes.c.handoff_id).join(agents))
            .where(table.c.conversation_id == conversation_id)
            .order_by(notes.c.written_at, notes.c.id)
        )
        return await self._store.read(
            lambda connection: [
                Note(author=Agent(id=row.id, name=row.name), body=row.body, written_at=row.written_at)
                for row in connection.execute(query)
            ]
        )

    # What jobs do

    async def look_after(self, job: Job) -> None:
        """Gives a conversation back to the line whose agent wasn't seen for a while; else looks again later."""
        handoff_id, claim = job.payload["handoff"], job.payload["claim"]
        away = timedelta(minutes=self._settings.handoff.away_minutes)

        def work(connection: Connection, row: Row) -> None:
            if row.state != WITH_AGENT or row.claims != claim:
                return
            if self._clock() < row.seen_at + away:
                self._look_after(connection, handoff_id, claim, row.seen_at)
                return
            self._back_into_line(connection, row)

        await self._changed(handoff_id, work)

    # Inside transactions

    async def _changed(self, handoff_id: str, work: Callable[[Connection, Row], Any]) -> Handoff:
        """Changes a hand-over while nothing else changes in its conversation."""

        def change(connection: Connection) -> Handoff:
            row = _row(connection, handoff_id)
            _hold(connection, row.conversation_id)
            work(connection, _row(connection, handoff_id))
            return _handoff(_row(connection, handoff_id))

        handoff = await self._store.write(change)
        self._jobs.wake()
        return handoff

    def _say(self, connection: Connection, row: Row, response: str, agent: Agent) -> None:
        """Has the bot say something about an agent."""
        said = rendered(response, row.channel, {"agent": (agent.name, "Agent.name")})
        self._messages.write(connection, row.conversation_id, BOT, said)

    def _back_into_line(self, connection: Connection, row: Row) -> None:
        _change(connection, row.id, state=WAITING, waiting_since=row.waiting_since or row.claimed_at)
        self._say(connection, row, "utter_agent_away", Agent(id=row.agent_id, name=row.agent_name))

    def _look_after(self, connection: Connection, handoff_id: str, claim: int, seen_at: datetime) -> None:
        jobs.add(
            connection,
            AWAY,
            {"handoff": handoff_id, "claim": claim},
            line=f"{AWAY}:{handoff_id}:{claim}",
            now=self._clock(),
            run_at=seen_at + timedelta(minutes=self._settings.handoff.away_minutes),
        )

    def _resume(self, connection: Connection, row: Row) -> None:
        """Has the bot say that it is back, and ask again what it had asked; Rasa itself does it, on the channel."""
        jobs.add(
            connection,
            RESUME,
            {"conversation": row.conversation_id, "channel": row.channel},
            line=f"{RESUME}:{row.conversation_id}",
            now=self._clock(),
            job_id=f"{RESUME}:{row.id}:{row.claims}",
        )


_LINE = (table.c.state.desc(), table.c.is_urgent.desc(), table.c.waiting_since, table.c.requested_at, table.c.id)


def _rows() -> sa.sql.Select:
    """Hand-overs with their channel and their agent's name."""
    return sa.select(table, conversations.c.channel, agents.c.name.label("agent_name")).select_from(
        table.join(conversations).outerjoin(agents)
    )


def _row(connection: Connection, handoff_id: str) -> Row:
    row = connection.execute(_rows().where(table.c.id == handoff_id)).one_or_none()
    if row is None:
        raise NotFound("no such hand-over", system="store")
    return row


def _change(connection: Connection, handoff_id: str, **values: Any) -> None:
    connection.execute(table.update().where(table.c.id == handoff_id).values(**values))


def _hold(connection: Connection, conversation_id: str) -> None:
    """Lets nobody store a message or change hands in a conversation until the transaction ends."""
    mine = conversations.c.id == conversation_id
    connection.execute(conversations.update().where(mine).values(last_sequence=conversations.c.last_sequence))


def _demand(row: Row, agent: Agent) -> None:
    if row.state != WITH_AGENT or row.agent_id != agent.id:
        raise Conflict("you haven't got this conversation", system="store")


def _place(connection: Connection, handoff: Handoff) -> int:
    """The place in the line, from 1."""
    waiting = sa.select(table.c.id).where(table.c.state == WAITING).order_by(*_LINE)
    return connection.execute(waiting).scalars().all().index(handoff.id) + 1


def _handoff(row: Row) -> Handoff:
    return Handoff(
        id=row.id,
        conversation_id=row.conversation_id,
        channel=row.channel,
        state=row.state,
        reason=Reason(row.reason),
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

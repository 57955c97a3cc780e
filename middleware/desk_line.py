"""The line that customers wait in, as the agents see it, and what agents do with a conversation.

Whatever changes hands and what is said about it are one transaction. An agent has a conversation until they give it
away or aren't seen for a while; only then do the customer's messages go to the bot again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware import jobs
from middleware.clock import Clock
from middleware.documents.store import Document
from middleware.errors import Conflict
from middleware.handoff_account import HandoffAccounts, as_json
from middleware.handoff_records import Agent, Handoff, Note
from middleware.handoff_rows import LINE, change, hold, record, row_of, rows
from middleware.history import AGENT, BOT
from middleware.identity import Identity
from middleware.jobs import Job, Jobs
from middleware.messages import Messages
from middleware.ownership import CLOSED, FREE, OPEN, RETURNED, WAITING, WITH_AGENT
from middleware.sentences import rendered
from middleware.settings import Settings
from middleware.store import Store, agents, notes
from middleware.store import handoffs as table

# Kinds of jobs: the bot's word after a person, a look after the agent.
RESUME, AWAY = "resume", "agent_away"


class DeskLine:
    """Everything that agents do.

    Args:
        accounts: What agents see of customers.
        identity: Who these are.
        jobs: Woken when there is something to do.
    """

    def __init__(
        self,
        store: Store,
        messages: Messages,
        accounts: HandoffAccounts,
        identity: Identity,
        jobs: Jobs,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._store = store
        self._messages = messages
        self._accounts = accounts
        self._identity = identity
        self._jobs = jobs
        self._settings = settings
        self._clock = clock

    async def line(self) -> Sequence[Handoff]:
        """All open hand-overs: those that wait in the order of the line, those with agents, those left."""
        query = rows().where(table.c.state.in_(OPEN)).order_by(*LINE)
        return await self._store.read(lambda connection: [record(row) for row in connection.execute(query)])

    async def one(self, handoff_id: str) -> Handoff:
        """Reads a hand-over.

        Raises:
            NotFound: There is none with this id.
        """
        return record(await self._store.read(lambda connection: row_of(connection, handoff_id)))

    async def claim(self, handoff_id: str, agent: Agent) -> Handoff:
        """Gives a conversation that waits to one agent, and tells the customer; of two at once, one gets it.

        Raises:
            Conflict: Somebody has it, or it has ended.
            NotFound: There is none with this id.
        """
        now = self._clock()

        def work(connection: Connection, row: Row) -> None:
            claim = row.claims + 1
            changed = connection.execute(
                table.update()
                .where(table.c.id == handoff_id, table.c.state.in_(FREE))
                .values(state=WITH_AGENT, agent_id=agent.id, claims=claim, claimed_at=now, seen_at=now)
            ).rowcount
            if not changed:
                raise Conflict("somebody has it already, or it has ended", system="store")
            self._say(connection, row, "utter_agent_there", agent)
            self._look_after(connection, handoff_id, claim, now, look=0)

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
            change(connection, handoff_id, seen_at=self._clock())
            self._messages.write(connection, row.conversation_id, AGENT, reply, f"desk:{write_id}")

        await self._changed(handoff_id, work)

    async def seen(self, handoff_id: str, agent: Agent) -> None:
        """Notes that the agent is there, in a conversation; of one that they haven't got, only that they are there."""
        mine = sa.and_(table.c.id == handoff_id, table.c.agent_id == agent.id, table.c.state == WITH_AGENT)
        note = table.update().where(mine).values(seen_at=self._clock())

        def work(connection: Connection) -> None:
            connection.execute(note)
            self._here(connection, agent)

        await self._store.write(work)

    async def here(self, agent: Agent) -> None:
        """Notes that the agent is at the desk, whatever they look at: so many share the line.

        Asked for every minute or so, as long as a page of theirs is open.
        """
        await self._store.write(lambda connection: self._here(connection, agent))

    async def account(self, handoff_id: str, agent: Agent) -> Mapping[str, Any] | None:
        """Reads anew what the systems know of the customer, by what stands proven in the conversation now.

        Returns:
            In the form of `Handoff.account`; None of a stranger.

        Raises:
            NotFound: There is no such hand-over.
            Unavailable: The store can't be reached.
        """
        handoff = await self.one(handoff_id)
        who = await self._identity.standing(handoff.conversation_id, f"desk:{agent.id}")
        account = await self._accounts.read(who)
        return as_json(account) if account else None

    async def hand_back(self, handoff_id: str, agent: Agent) -> Handoff:
        """Gives a conversation back to the bot, which goes on where it was.

        Raises:
            Conflict: The agent hasn't got it.
            NotFound: There is none with this id.
        """

        def work(connection: Connection, row: Row) -> None:
            _demand(row, agent)
            change(connection, handoff_id, state=RETURNED, ended_at=self._clock())
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
            change(connection, handoff_id, state=CLOSED, close_reason=reason, ended_at=self._clock())
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
            .select_from(
                notes.join(table, table.c.id == notes.c.handoff_id).join(agents, agents.c.id == notes.c.agent_id)
            )
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
                self._look_after(connection, handoff_id, claim, row.seen_at, job.payload["look"] + 1)
                return
            self._back_into_line(connection, row)

        await self._changed(handoff_id, work)

    # Inside transactions

    async def _changed(self, handoff_id: str, work: Callable[[Connection, Row], Any]) -> Handoff:
        """Changes a hand-over while nothing else changes in its conversation."""

        def held(connection: Connection) -> Handoff:
            hold(connection, row_of(connection, handoff_id).conversation_id)
            work(connection, row_of(connection, handoff_id))
            return record(row_of(connection, handoff_id))

        handoff = await self._store.write(held)
        self._jobs.wake()
        return handoff

    def _say(self, connection: Connection, row: Row, response: str, agent: Agent) -> None:
        """Has the bot say something about an agent."""
        said = rendered(response, row.channel, {"agent": (agent.name, "Agent.name")})
        self._messages.write(connection, row.conversation_id, BOT, said)

    def _back_into_line(self, connection: Connection, row: Row) -> None:
        change(connection, row.id, state=WAITING, waiting_since=row.waiting_since or row.claimed_at)
        self._say(connection, row, "utter_agent_away", Agent(id=row.agent_id, name=row.agent_name))

    def _look_after(self, connection: Connection, handoff_id: str, claim: int, seen_at: datetime, look: int) -> None:
        """Has somebody look after the agent when they weren't seen for too long; each look once, and one at a time."""
        jobs.add(
            connection,
            AWAY,
            {"handoff": handoff_id, "claim": claim, "look": look},
            line=f"{AWAY}:{handoff_id}:{claim}",
            now=self._clock(),
            job_id=f"{AWAY}:{handoff_id}:{claim}:{look}",
            run_at=seen_at + timedelta(minutes=self._settings.handoff.away_minutes),
        )

    def _here(self, connection: Connection, agent: Agent) -> None:
        connection.execute(agents.update().where(agents.c.id == agent.id).values(seen_at=self._clock()))

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


def _demand(row: Row, agent: Agent) -> None:
    if row.state != WITH_AGENT or row.agent_id != agent.id:
        raise Conflict("you haven't got this conversation", system="store")

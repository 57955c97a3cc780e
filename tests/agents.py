"""The agents' side of conversations that tests play: what the desk does, done on the running system's database."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware import bootstrap, store
from middleware.crm.base import Crm
from middleware.handoff_records import Agent
from middleware.history import CUSTOMER
from middleware.settings import Settings
from tests.connectors.inside import Inside

SECONDS = 30.0  # for what a job does


class AgentsSide:
    """What agents do with conversations.

    Args:
        settings: Of the running system.
        engine: Its database.
        crm: Its CRM.
        inside: What the people see in that.
    """

    def __init__(self, settings: Settings, engine: Engine, crm: Crm, inside: Inside) -> None:
        self._middleware = bootstrap.build(settings, crm=crm)
        self._engine = engine
        self._crm = crm
        self._inside = inside

    def does(self, conversation: str, what: str | Mapping[str, str], name: str) -> None:
        """Does one thing with the newest hand-over of a conversation.

        Args:
            what: `claims`, `hands back`, `puts back`, `{writes: text}`, `{closes: reason}`, or `{sees: name}` of what
                the customer sent last.
            name: The agent's.
        """
        if isinstance(what, Mapping) and "sees" in what:
            self._when(lambda: self._attached(conversation) == what["sees"], f"{what['sees']} isn't there")
            return
        line, handoff, agent = self._middleware.desk_line, self.newest(conversation)["id"], self._agent(name)
        [(verb, said)] = what.items() if isinstance(what, Mapping) else [(what, "")]
        steps: dict[str, Callable[[], Any]] = {
            "claims": lambda: line.claim(handoff, agent),
            "writes": lambda: line.write(handoff, agent, said, uuid.uuid4().hex),
            "hands back": lambda: line.hand_back(handoff, agent),
            "puts back": lambda: line.put_back(handoff, agent),
            "closes": lambda: line.close(handoff, agent, said),
        }
        with ThreadPoolExecutor(1) as pool:  # beside whatever loop the test's own thread has
            pool.submit(asyncio.run, steps[verb]()).result()

    def ring(self) -> None:
        """Has what was written on tickets asked for at once, as a CRM's webhook does; however lately it was asked."""
        rested = sa.update(store.watched_tickets).values(read_until=datetime(2000, 1, 1, tzinfo=timezone.utc))
        with self._engine.begin() as connection:
            connection.execute(rested)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, self._middleware.ticket_answers.ring()).result()

    def _attached(self, conversation: str) -> str | None:
        """The name of what came with the customer's newest message, once it can be opened."""

        async def look() -> str | None:
            messages = await self._middleware.history.transcript(conversation)
            newest = [one for one in messages if one.author == CUSTOMER][-1]
            attached = newest.reply.get("attachment")
            if attached is None:
                return None
            document, content = await self._middleware.documents.of_conversation(attached["id"], conversation)
            return document.name if content else None

        return asyncio.run(look())

    def newest(self, conversation: str) -> dict[str, Any]:
        """The newest hand-over of a conversation; empty if there was none."""
        mine = store.handoffs.c.conversation_id == conversation
        query = sa.select(store.handoffs).where(mine).order_by(store.handoffs.c.requested_at.desc())
        with self._engine.connect() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        return dict(row._mapping) if row else {}

    def count(self, conversation: str) -> int:
        """How many hand-overs a conversation has had."""
        mine = store.handoffs.c.conversation_id == conversation
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one())

    def ticket(self, conversation: str) -> dict[str, Any]:
        """The ticket of a conversation's newest hand-over, as it stands in the CRM; waits until it is there."""
        number = self._when(lambda: self.newest(conversation)["ticket_number"], "no ticket was opened")
        opened = self._inside.ticket(number)
        return {
            "is_open": self._crm.ticket(number).is_open,
            "contact": opened.contact_id and self._inside.person(opened.contact_id),
            "priority": opened.priority.value,
            "number": number,
        }

    def lacking(self, conversation: str) -> list[str]:
        """The messages that the transcript on the ticket lacks, or hasn't got at their place; waits for it."""
        found: list[str] = []

        def is_complete() -> bool:
            found[:] = self._lacking(conversation)
            return not found

        try:
            self._when(is_complete, "the transcript isn't complete")
        except AssertionError:
            return found
        return []

    def _lacking(self, conversation: str) -> list[str]:
        number, messages = self.ticket(conversation)["number"], store.messages
        query = (
            sa.select(messages.c.payload, messages.c.author)
            .where(messages.c.conversation_id == conversation)
            .order_by(messages.c.sequence)
        )
        with self._engine.connect() as connection:
            said = [(row.payload, row.author) for row in connection.execute(query)]
        rest, lacking = plain(self._inside.transcript(number) or ""), []
        for payload, author in said:
            text = plain(payload.get("words", payload["text"]) if author == CUSTOMER else payload["text"])
            _, found, behind = rest.partition(text)
            if found:
                rest = behind
            else:
                lacking.append(text)
        return lacking

    def end(self, conversation: str) -> None:
        """Takes a conversation out of the line, so that the next ones are at their places."""
        mine = sa.and_(
            store.handoffs.c.conversation_id == conversation, store.handoffs.c.state.in_(("left", "waiting", "agent"))
        )
        with self._engine.begin() as connection:
            connection.execute(
                store.handoffs.update().where(mine).values(state="closed", ended_at=datetime.now(timezone.utc))
            )

    def close(self) -> None:
        """Ends its threads and connections."""
        self._middleware.close()

    def _agent(self, name: str) -> Agent:
        agent = Agent(id=name.casefold(), name=name)
        row = {"id": agent.id, "name": name, "is_active": True, "created_at": datetime.now(timezone.utc)}
        with self._engine.begin() as connection:
            store.insert_once(connection, store.agents, row)
        return agent

    def _when(self, true: Callable[[], Any], otherwise: str) -> Any:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            found = true()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(otherwise)


def plain(text: str) -> str:
    """A text without its line breaks and indents."""
    return " ".join(text.split())

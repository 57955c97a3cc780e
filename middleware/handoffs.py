"""Hand-overs to a person, as the dialogue asks for them and hears of them.

While a customer waits, the bot goes on answering; only an agent who has the conversation silences it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware import jobs
from middleware.clock import Clock
from middleware.handoff_records import Handoff, Plea, Standing
from middleware.handoff_rows import LINE, change, record, row_of
from middleware.handoff_ticket import TICKET
from middleware.identity import Who
from middleware.jobs import Jobs
from middleware.opening import Opening
from middleware.ownership import LEFT, WAITING, open_handoff
from middleware.settings import Operation, Settings
from middleware.store import Store, alone
from middleware.store import handoffs as table


class Handoffs:
    """Asks for a person, and tells how that stands.

    Args:
        jobs: Woken when there is something to do.
    """

    def __init__(self, store: Store, jobs: Jobs, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._settings = settings
        self._clock = clock
        self._opening = Opening(settings.opening, settings.zone)

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
                    change(connection, there.id, state=WAITING, waiting_since=now)
                return row_of(connection, there.id), False
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
            return row_of(connection, handoff_id), True

        row, is_new = await self._store.write(work)
        await self._jobs.ended(f"{TICKET}:{row.id}", self._settings.operations[Operation.HANDOFF].deadline / 2)
        return await self._standing(row.id, is_new)

    async def reach(self, conversation_id: str, words: str) -> None:
        """Notes where a customer wants to be reached about their open hand-over; nothing if it has ended meanwhile.

        Args:
            words: Their own.

        Raises:
            Unavailable: The store can't be reached; nothing was noted.
        """

        def work(connection: Connection) -> None:
            there = open_handoff(connection, conversation_id)
            if there is not None:
                change(connection, there.id, reach=words)

        await self._store.write(work)

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
            handoff = record(row_of(connection, handoff_id))
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


def _place(connection: Connection, handoff: Handoff) -> int:
    """The place in the line, from 1."""
    waiting = sa.select(table.c.id).where(table.c.state == WAITING).order_by(*LINE)
    return connection.execute(waiting).scalars().all().index(handoff.id) + 1

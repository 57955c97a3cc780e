"""Hand-overs to a person, as the dialogue asks for them and hears of them.

While a customer waits, the bot goes on answering; only an agent who has the conversation silences it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware import jobs, lines
from middleware.clock import Clock
from middleware.handoff_account import Account, HandoffAccounts, as_json
from middleware.handoff_records import Plea, Standing
from middleware.handoff_rows import change, hold, record, row_of
from middleware.handoff_summary import Summaries, Summary
from middleware.handoff_ticket import TICKET
from middleware.identity import Who
from middleware.jobs import Jobs
from middleware.opening import Opening
from middleware.ownership import FREE, LEFT, OPEN, WAITING, open_handoff
from middleware.settings import Operation, Settings
from middleware.store import Store
from middleware.store import handoffs as table
from middleware.waiting_line import place, wait_minutes


class Handoffs:
    """Asks for a person, and tells how that stands.

    Args:
        accounts: What the people see of the customer.
        jobs: Woken when there is something to do.
    """

    def __init__(self, store: Store, accounts: HandoffAccounts, jobs: Jobs, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._accounts = accounts
        self._jobs = jobs
        self._opening = Opening(settings.opening, settings.zone)
        self._rules = settings.handoff
        self._patience = settings.operations[Operation.HANDOFF].deadline / 2
        self._summaries = Summaries(settings.zone, settings.company.locale)
        self._clock = clock

    async def request(self, who: Who, plea: Plea) -> Standing:
        """Puts a conversation into the line, or leaves it for the next opening, and has the CRM told.

        Whoever is in the line already keeps their place. Whoever left word out of hours comes into the line if people
        are there now. The ticket's number is waited for a little; who is told without it hears it later.

        Raises:
            NotFound: The conversation isn't on a channel of ours, so nobody could answer in it.
            Unavailable: The store can't be reached; nothing was done.
        """
        account, summary = None, None
        if await self._store.read(lambda connection: open_handoff(connection, who.conversation_id)) is None:
            account = await self._accounts.read(who)
            summary = await self._store.read(
                lambda connection: self._summaries.of(connection, who.conversation_id, plea, self._clock())
            )
        handoff_id, is_new = await self._store.write(
            lambda connection: self._enter(connection, who.conversation_id, plea, account, summary)
        )
        await self._jobs.ended(f"{TICKET}:{handoff_id}", self._patience)
        return await self._store.write(lambda connection: self._told(connection, handoff_id, is_new))

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
        """How a conversation's open hand-over stands for the customer; None if there is none.

        Whoever waits is told that it is left when the people have gone, and that they wait when these are back.

        Raises:
            Unavailable: The store can't be reached.
        """

        def work(connection: Connection) -> Standing | None:
            row = open_handoff(connection, conversation_id)
            return self._standing(connection, row.id, False) if row is not None else None

        return await self._store.read(work)

    def _enter(
        self, connection: Connection, conversation_id: str, plea: Plea, account: Account | None, summary: Summary | None
    ) -> tuple[str, bool]:
        """Writes a hand-over with the job for its ticket, or finds the open one; says which, and whether it is new."""
        hold(connection, conversation_id)
        now = self._clock()
        is_open = self._opening.is_open(now)
        there = open_handoff(connection, conversation_id)
        if there is not None:
            if there.state == LEFT and is_open:
                change(connection, there.id, state=WAITING, waiting_since=now)
            if plea.is_urgent and not there.is_urgent:
                change(connection, there.id, is_urgent=True)
            return str(there.id), False
        handoff_id = uuid.uuid4().hex
        row = {
            "id": handoff_id,
            "conversation_id": conversation_id,
            "state": WAITING if is_open else LEFT,
            "reason": plea.reason.value,
            "note": plea.note,
            "is_urgent": plea.is_urgent,
            "requested_at": now,
            "waiting_since": now if is_open else None,
            "contact_id": account.contact.id if account and account.contact else None,
            "reach": plea.reach or None,
            "summary": summary or {},
            "understood": msgspec.to_builtins(list(plea.understood)),
            "account": as_json(account) if account else None,
        }
        connection.execute(table.insert().values(row))
        jobs.add(
            connection,
            TICKET,
            {"handoff": handoff_id},
            line=lines.to_the_crm(conversation_id),
            now=now,
            job_id=f"{TICKET}:{handoff_id}",
        )
        return handoff_id, True

    def _told(self, connection: Connection, handoff_id: str, is_new: bool) -> Standing:
        """How it stands, as the customer is about to be told; without a number, that one is owed."""
        lacks_number = sa.and_(table.c.id == handoff_id, table.c.ticket_number.is_(None), table.c.state.in_(OPEN))
        connection.execute(table.update().where(lacks_number).values(owes_number=True))
        return self._standing(connection, handoff_id, is_new)

    def _standing(self, connection: Connection, handoff_id: str, is_new: bool) -> Standing:
        now = self._clock()
        handoff = record(row_of(connection, handoff_id))
        if handoff.state not in FREE:
            return Standing(handoff=handoff, is_new=is_new)
        if not self._opening.is_open(now):
            left = replace(handoff, state=LEFT)
            return Standing(handoff=left, opens_at=self._opening.next_opening(now), is_new=is_new)
        at = place(connection, handoff_id)
        minutes = wait_minutes(connection, at, self._rules, now)
        return Standing(handoff=replace(handoff, state=WAITING), place=at, wait_minutes=minutes, is_new=is_new)

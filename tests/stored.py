"""What the running system has stored of a conversation, on whichever channel, and what the systems of record have."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from middleware import lines, store
from middleware.clock import system_clock
from middleware.crm.base import Crm
from middleware.erp.base import Erp
from middleware.inbox import ANSWER
from middleware.jobs import UNFINISHED
from middleware.outbox import SEND
from middleware.records import Budget, Headcount, LeadDraft, LeadKind
from middleware.settings import Operation
from tests.connectors.erp_inside import ErpInside
from tests.connectors.inside import Inside

MAIL_SECONDS = 20
JOB_SECONDS = 40  # on a busy machine
HURRY_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What end states are asserted by; a conversation is asked for by its id in the store.

    Attributes:
        crm: The system of record behind it.
        inside: What the people see in that.
        erp_inside: What they do and see in the ERP.
        mailbox: The file that mail goes into.
    """

    engine: Engine
    crm: Crm
    inside: Inside
    erp: Erp
    erp_inside: ErpInside
    mailbox: Path

    def last_sequence(self, conversation: str) -> int:
        """How far a conversation has come."""
        mine = store.conversations.c.id == conversation
        with self.engine.connect() as connection:
            return int(connection.execute(sa.select(store.conversations.c.last_sequence).where(mine)).scalar_one())

    def code(self, conversation: str, number: int = 0) -> str:
        """A code that a conversation asked for, as it stands in the mailbox; waits for the mail.

        Args:
            number: 1 is the first that was asked for; 0 the newest.
        """
        query = (
            sa.select(store.codes.c.id)
            .where(store.codes.c.conversation_id == conversation)
            .order_by(store.codes.c.created_at)
        )
        with self.engine.connect() as connection:
            code_id = connection.execute(query).scalars().all()[number - 1]
        mail = re.compile(rf"Message-ID: <{code_id}@.*?\b(\d{{6}})\b", re.DOTALL)
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            found = mail.search(self.mailbox.read_text(encoding="utf-8")) if self.mailbox.exists() else None
            if found:
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"no mail with the code {code_id}")

    def answered(self, conversation: str, seconds: float = JOB_SECONDS) -> None:
        """Waits until every message of a conversation is answered, and what was said is sent."""
        self._done(f"{ANSWER}:{conversation}", f"{SEND}:{conversation}", seconds=seconds)

    def jobs_done(self, conversation: str, hurried: float = 0.0) -> None:
        """Waits until nothing that a conversation caused is still to be done.

        Args:
            hurried: For so many seconds; what has failed is tried again and again meanwhile.
        """
        self.answered(conversation)
        of = (conversation, lines.to_the_crm(conversation))
        self._done(*of, seconds=hurried or JOB_SECONDS, hurried=bool(hurried))

    def _done(self, *of: str, seconds: float = JOB_SECONDS, hurried: bool = False) -> None:
        """Waits until all jobs of these lines are done or given up."""
        query = sa.select(sa.func.count()).where(store.jobs.c.line.in_(of), store.jobs.c.state.in_(UNFINISHED))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self.engine.connect() as connection:
                if not connection.execute(query).scalar_one():
                    return
            if hurried:
                self._hurry(*of)
            time.sleep(HURRY_SECONDS if hurried else 0.02)
        raise AssertionError(f"a job wasn't done: {', '.join(of)}")

    def _hurry(self, *of: str) -> None:
        """Lets no job of these lines wait longer."""
        waiting = sa.and_(store.jobs.c.line.in_(of), store.jobs.c.state == "waiting")
        with self.engine.begin() as connection:
            connection.execute(store.jobs.update().where(waiting).values(run_at=system_clock()))

    def audit(self, conversation: str) -> list[str]:
        """What a conversation asked of the systems of record, as `operation outcome`, in order."""
        query = (
            sa.select(store.audit.c.operation, store.audit.c.outcome)
            .where(store.audit.c.conversation_id == conversation)
            .order_by(store.audit.c.id)
        )
        with self.engine.connect() as connection:
            return [f"{row.operation} {row.outcome}" for row in connection.execute(query)]

    def documents(self, conversation: str) -> dict[str, str]:
        """The papers that a conversation got: their names, by the number of what they are of."""
        table = store.documents
        query = sa.select(table.c.object, table.c.name).where(table.c.conversation_id == conversation)
        with self.engine.connect() as connection:
            return {row.object: row.name for row in connection.execute(query)}

    def holds(self, conversation: str) -> list[str]:
        """What was put aside in a conversation, and how that stands, in order."""
        query = (
            sa.select(store.holds).where(store.holds.c.conversation_id == conversation).order_by(store.holds.c.number)
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [f"{sum(int(part['quantity']) for part in row.parts)} × {row.sku}: {row.state}" for row in rows]

    def held(self, sku: str) -> int:
        """How many units of an article are held, in whichever conversation."""
        held = sa.and_(store.holds.c.sku == sku, store.holds.c.state == "held")
        with self.engine.connect() as connection:
            rows = connection.execute(sa.select(store.holds.c.parts).where(held)).all()
        return sum(int(part["quantity"]) for row in rows for part in row.parts)

    def leads(self, conversation: str) -> list[dict[str, Any]]:
        """The leads that a conversation left: what we keep of each, and what the CRM has of it, in order."""
        query = (
            sa.select(store.leads).where(store.leads.c.conversation_id == conversation).order_by(store.leads.c.number)
        )
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [lead_told(self.inside.lead(row.key), row) for row in rows]

    def comments(self, conversation: str) -> dict[str, list[str]]:
        """What a customer had written on tickets in a conversation, as author and words, by the ticket's number."""
        operations = store.operations
        query = (
            sa.select(operations.c.key)
            .where(operations.c.conversation_id == conversation, operations.c.operation == Operation.TICKET_COMMENT)
            .order_by(operations.c.started_at)
        )
        with self.engine.connect() as connection:
            keys = list(connection.execute(query).scalars())
        found: dict[str, list[str]] = {}
        for number, comment in filter(None, map(self.inside.comment, keys)):
            if comment.is_public:
                found.setdefault(number, []).append(f"{comment.author}: {comment.body}")
        return found

    def begun_changes(self, conversation: str) -> list[str]:
        """The changes that a conversation has begun, done or not."""
        operations = store.operations
        query = sa.select(operations.c.operation).where(
            operations.c.conversation_id == conversation, operations.c.state != "proposed"
        )
        with self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def transcript(self, conversation: str) -> list[tuple[str, str]]:
        """A conversation's stored messages as author and text, in order."""
        query = (
            sa.select(store.messages.c.author, store.messages.c.payload)
            .where(store.messages.c.conversation_id == conversation)
            .order_by(store.messages.c.sequence)
        )
        with self.engine.connect() as connection:
            return [(row.author, row.payload["text"]) for row in connection.execute(query)]


def lead_told(found: LeadDraft, row: Row) -> dict[str, Any]:
    """A lead in few words, as the CRM has it; without what nobody said.

    Args:
        row: What we keep of it.
    """
    told = {
        "kind": found.kind.value,
        "name": f"{found.first_name} {found.last_name}".strip(),
        "email": found.email,
        "phone": found.phone or "",
        "owner": found.owner,
        "team": row.team,
        "state": row.state,
        "company": found.company,
        "size": bounds(found.size),
        "budget": f"{bounds(found.budget)} {found.budget.currency}" if found.budget else "",
        "wish": found.wish,
        "place": f"{found.state} {found.country}".strip() if found.kind is LeadKind.LEAD else "",
        "consent": found.consent.words,
    }
    return {name: value for name, value in told.items() if value}


def bounds(of: Headcount | Budget | None) -> str:
    """From where to where something lies: "250", "50-100", "500+"."""
    if of is None:
        return ""
    if of.high is None:
        return f"{of.low:.0f}+"
    return f"{of.low:.0f}" if of.low == of.high else f"{of.low:.0f}-{of.high:.0f}"

"""What the people see in a CRM, and its port doesn't tell; each connector's tests look for it in their own way."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from middleware.crm.embedded import tables
from middleware.records import (
    Budget,
    CommentDraft,
    Consent,
    Headcount,
    Lead,
    LeadDraft,
    LeadKind,
    Priority,
    TicketDraft,
)
from tests.fakes.back_office import FakeCrm


class Inside(Protocol):
    """A CRM as its people see it. What they read is told as the draft that would have made it."""

    def ticket(self, number: str) -> TicketDraft:
        """A ticket's own words."""
        ...

    def comments(self, number: str) -> Sequence[CommentDraft]:
        """All that was written on a ticket, internal comments too, the oldest first."""
        ...

    def transcript(self, number: str) -> str | None:
        """The transcript on a ticket."""
        ...

    def leads(self, email: str) -> Sequence[LeadDraft]:
        """The open leads of an address; what a contact asked for is one, too."""
        ...

    def opportunities(self, contact_id: str) -> Sequence[LeadDraft]:
        """A person's opportunities, the oldest first."""
        ...

    def close_lead(self, email: str) -> None:
        """Somebody wins or loses the lead of an address."""
        ...

    def lead(self, key: str) -> LeadDraft:
        """What a key of ours has become: its kind, and all that the CRM has of it; the owner is the record's.

        An opportunity's name, e-mail and telephone are its contact's.
        """
        ...

    def comment(self, key: str) -> tuple[str, CommentDraft] | None:
        """What was written on a ticket with a key of ours, and the ticket's number; None if nothing was."""
        ...

    def agent_writes(self, number: str, author: str, body: str, is_public: bool = True) -> None:
        """One of the company's people writes a comment on a ticket, in the CRM itself."""
        ...

    def number(self, laid: str) -> str:
        """What the CRM calls the ticket that the laid data calls so: where it has numbers alone, "T-600" is "600"."""
        ...

    def person(self, contact_id: str) -> str:
        """What the laid data calls a person, by the CRM's id."""
        ...


class InsideEmbedded:
    """The embedded CRM's tables.

    Args:
        engine: Of its database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ticket(self, number: str) -> TicketDraft:
        """A row of `crm_tickets`."""
        (row,) = self._rows(tables.tickets, tables.tickets.c.number == number)
        return TicketDraft(
            subject=row.subject,
            description=row.description,
            contact_id=row.contact_id,
            channel=row.channel,
            priority=Priority(row.priority),
        )

    def comments(self, number: str) -> Sequence[CommentDraft]:
        """Rows of `crm_ticket_comments`."""
        rows = self._rows(tables.ticket_comments, tables.ticket_comments.c.ticket_number == number)
        in_time = sorted(rows, key=lambda row: row.written_at)
        return [CommentDraft(body=row.body, author=row.author, is_public=row.is_public) for row in in_time]

    def transcript(self, number: str) -> str | None:
        """A column of `crm_tickets`."""
        (row,) = self._rows(tables.tickets, tables.tickets.c.number == number)
        return None if row.transcript is None else str(row.transcript)

    def leads(self, email: str) -> Sequence[LeadDraft]:
        """Rows of `crm_leads`."""
        still_open = sa.and_(tables.leads.c.email == email, tables.leads.c.closed_at.is_(None))
        return [_given(row, LeadKind.LEAD) for row in self._rows(tables.leads, still_open)]

    def opportunities(self, contact_id: str) -> Sequence[LeadDraft]:
        """Rows of `crm_opportunities`."""
        rows = self._rows(tables.opportunities, tables.opportunities.c.contact_id == contact_id)
        return [_given(row, LeadKind.OPPORTUNITY) for row in sorted(rows, key=lambda row: row.created_at)]

    def close_lead(self, email: str) -> None:
        """Writes into `crm_leads`."""
        with self._engine.begin() as connection:
            closed = tables.leads.update().where(tables.leads.c.email == email)
            connection.execute(closed.values(closed_at=datetime.now(timezone.utc)))

    def lead(self, key: str) -> LeadDraft:
        """A row of `crm_lead_keys`, and the one that it leads to."""
        (kept,) = self._rows(tables.lead_keys, tables.lead_keys.c.key == key)
        kind, id_ = LeadKind(kept.kind), kept.record_id
        if kind is LeadKind.LEAD:
            (row,) = self._rows(tables.leads, tables.leads.c.id == id_)
            return _given(row, kind)
        if kind is LeadKind.CONTACT:
            (row,) = self._rows(tables.leads, tables.leads.c.contact_id == id_)
        else:
            (row,) = self._rows(tables.opportunities, tables.opportunities.c.id == id_)
        return self._of_contact(_given(row, kind))

    def comment(self, key: str) -> tuple[str, CommentDraft] | None:
        """A row of `crm_ticket_comments`."""
        for row in self._rows(tables.ticket_comments, tables.ticket_comments.c.key == key):
            return row.ticket_number, CommentDraft(body=row.body, author=row.author, is_public=row.is_public)
        return None

    def agent_writes(self, number: str, author: str, body: str, is_public: bool = True) -> None:
        """A row of `crm_ticket_comments` without a key."""
        row = {"id": uuid.uuid4().hex, "ticket_number": number, "author": author, "body": body, "is_public": is_public}
        with self._engine.begin() as connection:
            written = sa.insert(tables.ticket_comments).values(row | {"written_at": datetime.now(timezone.utc)})
            connection.execute(written)

    def number(self, laid: str) -> str:
        """The same."""
        return laid

    def person(self, contact_id: str) -> str:
        """The same."""
        return contact_id

    def _of_contact(self, given: LeadDraft) -> LeadDraft:
        """What was given, with the person as they are on file."""
        (person,) = self._rows(tables.contacts, tables.contacts.c.id == given.contact_id)
        return _by_person(given, person)

    def _rows(self, table: sa.Table, wanted: Any) -> list[Row]:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(table).where(wanted)).all()


class InsideFake:
    """What the tests' fake notes.

    Args:
        crm: The fake.
    """

    def __init__(self, crm: FakeCrm) -> None:
        self._crm = crm

    def ticket(self, number: str) -> TicketDraft:
        """What it was opened with."""
        return self._crm.drafts[number]

    def comments(self, number: str) -> Sequence[CommentDraft]:
        """What was written on it."""
        return self._crm.comments.get(number, [])

    def transcript(self, number: str) -> str | None:
        """What was put on it."""
        return self._crm.transcripts.get(number)

    def leads(self, email: str) -> Sequence[LeadDraft]:
        """All leads are open ones."""
        return [one for one in self._crm.leads.values() if one.email == email]

    def opportunities(self, contact_id: str) -> Sequence[LeadDraft]:
        """In the order in which they came."""
        return [one for one in self._crm.opportunities.values() if one.contact_id == contact_id]

    def close_lead(self, email: str) -> None:
        """One that is closed is gone."""
        self._crm.leads = {id_: one for id_, one in self._crm.leads.items() if one.email != email}

    def lead(self, key: str) -> LeadDraft:
        """What was answered to the key, and what that is of."""
        made = self._crm.made[key]
        assert isinstance(made, Lead)
        if made.kind is LeadKind.LEAD:
            return replace(self._crm.leads[made.id], kind=made.kind)
        if made.kind is LeadKind.CONTACT:
            (given,) = [one for one in self._crm.leads.values() if one.contact_id == made.id]
        else:
            given = self._crm.opportunities[made.id]
        (person,) = [one for one in self._crm.contacts if one.id == given.contact_id]
        return _by_person(replace(given, kind=made.kind), person)

    def comment(self, key: str) -> tuple[str, CommentDraft] | None:
        """What was written with the key."""
        return self._crm.commented.get(key)

    def agent_writes(self, number: str, author: str, body: str, is_public: bool = True) -> None:
        """Written by nobody's key."""
        self._crm.agent_writes(number, CommentDraft(body=body, author=author, is_public=is_public))

    def number(self, laid: str) -> str:
        """The same."""
        return laid

    def person(self, contact_id: str) -> str:
        """The same."""
        return contact_id


def _by_person(given: LeadDraft, person: Any) -> LeadDraft:
    """What was given, with the person as they are on file."""
    return replace(
        given,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email or "",
        phone=person.phone,
    )


def _given(row: Row, kind: LeadKind) -> LeadDraft:
    """What leads and opportunities have in common."""
    size = None if row.size_low is None else Headcount(low=row.size_low, high=row.size_high)
    budget = None
    if row.budget_low is not None:
        budget = Budget(low=row.budget_low, high=row.budget_high, currency=row.budget_currency)
    return LeadDraft(
        kind=kind,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        phone=row.phone,
        country=row.country,
        state=row.state,
        postcode=row.postcode,
        company=row.company,
        size=size,
        budget=budget,
        wish=row.wish,
        industry=row.industry,
        owner=row.owner,
        consent=Consent(words=row.consent, at=row.consent_at),
        contact_id=row.contact_id,
    )

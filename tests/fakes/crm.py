"""A CRM in memory: it knows people, keeps tickets and leads as the port says."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from middleware.clock import Clock, system_clock
from middleware.errors import NotFound, Rejected
from middleware.records import (
    AgentComment,
    CommentDraft,
    Contact,
    Employee,
    Lead,
    LeadDraft,
    LeadKind,
    Ticket,
    TicketComment,
    TicketDraft,
)
from tests.fakes.system import FakeSystem

LONGEST_KEY = 255


class FakeCrm(FakeSystem):
    """A CRM that knows these people and tickets.

    Args:
        contacts: Phones in E.164, e-mails in lower case.
        tickets: In any order.
        employees: The company's own people, all active.

    Attributes:
        drafts: What each ticket was opened with, by its number.
        comments: All that was written on each ticket, by its number, in the order of time.
        commented: The ticket that a comment with a key was written on, by the key, and the comment.
        agent_comments: What agents wrote for customers to see, in the order of time.
        transcripts: By the number of the ticket.
        leads: What is known of each open lead, by its id, in the order in which they came.
        opportunities: By id, in the order in which they came.
        made: What was answered to each key: a ticket's number, a comment, or a lead.
        clock: What time it is to this CRM.
    """

    def __init__(
        self,
        contacts: Sequence[Contact] = (),
        tickets: Sequence[Ticket] = (),
        *,
        employees: Sequence[Employee] = (),
    ) -> None:
        super().__init__()
        self.contacts = list(contacts)
        self.tickets = list(tickets)
        self.employees = list(employees)
        self.drafts: dict[str, TicketDraft] = {}
        self.comments: dict[str, list[CommentDraft]] = {}
        self.commented: dict[str, tuple[str, CommentDraft]] = {}
        self.agent_comments: list[AgentComment] = []
        self.transcripts: dict[str, str] = {}
        self.leads: dict[str, LeadDraft] = {}
        self.opportunities: dict[str, LeadDraft] = {}
        self.made: dict[str, str | TicketComment | Lead] = {}
        self.clock: Clock = system_clock
        self._one_at_a_time = threading.Lock()
        self._numbers = itertools.count(1001)

    # People

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number."""
        return self._answer("contacts_by_phone", lambda: [one for one in self.contacts if one.phone == phone])

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address."""
        return self._answer("contacts_by_email", lambda: self._contacts_with(email.lower()))

    def employee(self, email: str) -> Employee:
        """Reads one of the company's own people."""
        return self._answer("employee", lambda: self._employee(email))

    def _contacts_with(self, email: str) -> list[Contact]:
        return [one for one in self.contacts if one.email == email]

    def _employee(self, email: str) -> Employee:
        for one in self.employees:
            if one.email == email:
                return one
        raise _not_found()

    # Tickets

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's open tickets, newest first."""
        return self._answer("open_tickets", lambda: [one for one in self._tickets_of(contact_id) if one.is_open])

    def tickets_since(self, contact_id: str, since: datetime) -> Sequence[Ticket]:
        """Lists a person's tickets that were opened at or after a moment, newest first."""
        return self._answer(
            "tickets_since", lambda: [one for one in self._tickets_of(contact_id) if one.opened_at >= since]
        )

    def ticket(self, number: str) -> Ticket:
        """Reads one ticket, whoever owns it."""
        return self._answer("ticket", lambda: self._ticket(number))

    def open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Opens a ticket, once per key."""
        return self._answer("open_ticket", lambda: self._open_ticket(draft, key))

    def comments_since(self, numbers: Collection[str], since: datetime) -> Sequence[AgentComment]:
        """What agents wrote: `agent_comments`."""

        def honestly() -> Sequence[AgentComment]:
            mine = [one for one in self.agent_comments if one.ticket_number in numbers]
            return [one for one in mine if one.comment.written_at >= since]

        return self._answer("comments_since", honestly)

    def comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        """Writes a comment on a ticket, once per key."""
        return self._answer("comment_ticket", lambda: self._comment_ticket(number, draft, key))

    def close_ticket(self, number: str) -> Ticket:
        """Closes a ticket; one that is closed stays as it is."""
        return self._answer("close_ticket", lambda: self._close_ticket(number))

    def keep_transcript(self, number: str, transcript: str) -> None:
        """Puts a transcript on a ticket, in the place of the one before."""
        return self._answer("keep_transcript", lambda: self._keep_transcript(number, transcript))

    def _tickets_of(self, contact_id: str) -> list[Ticket]:
        theirs = [one for one in self.tickets if one.contact_id == contact_id]
        return sorted(theirs, key=lambda ticket: ticket.opened_at, reverse=True)

    def _ticket(self, number: str) -> Ticket:
        for one in self.tickets:
            if one.number == number:
                return one
        raise _not_found()

    def _open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        with self._one_at_a_time:
            made = self._made(key)
            if isinstance(made, str):
                return self._ticket(made)
            if draft.contact_id is not None:
                self._contact(draft.contact_id)
            numbers = [int(one.number[2:]) for one in self.tickets if one.number[2:].isdecimal()]
            ticket = Ticket(
                number=f"T-{max([1076, *numbers]) + 1}",
                contact_id=draft.contact_id,
                subject=draft.subject,
                is_open=True,
                opened_at=self._now(),
            )
            self.tickets.append(ticket)
            self.drafts[ticket.number] = draft
            self.made[key] = ticket.number
            return ticket

    def _comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        with self._one_at_a_time:
            ticket = self._ticket(number)
            made = self._made(key)
            if isinstance(made, TicketComment):
                return made
            comment = self._written(ticket, draft)
            self.commented[key] = number, draft
            self.made[key] = comment
            return comment

    def agent_writes(self, number: str, draft: CommentDraft) -> None:
        """One of the company's people writes a comment on a ticket, in the CRM itself."""
        with self._one_at_a_time:
            comment = self._written(self._ticket(number), draft)
            if draft.is_public:
                id_ = f"CM-{next(self._numbers)}"
                self.agent_comments.append(AgentComment(id=id_, ticket_number=number, comment=comment))

    def _written(self, ticket: Ticket, draft: CommentDraft) -> TicketComment:
        comment = TicketComment(body=draft.body, written_at=self._now(), author=draft.author)
        self.comments.setdefault(ticket.number, []).append(draft)
        if draft.is_public:
            self._changed(ticket, last_comment=comment)
        return comment

    def _close_ticket(self, number: str) -> Ticket:
        with self._one_at_a_time:
            return self._changed(self._ticket(number), is_open=False)

    def _keep_transcript(self, number: str, transcript: str) -> None:
        self.transcripts[self._ticket(number).number] = transcript

    def _changed(self, ticket: Ticket, **fields: Any) -> Ticket:
        changed = replace(ticket, **fields)
        self.tickets[self.tickets.index(ticket)] = changed
        return changed

    # Leads

    def keep_lead(self, draft: LeadDraft, key: str) -> Lead:
        """Keeps a lead as what its kind says, once per key."""
        return self._answer("keep_lead", lambda: self._keep_lead(draft, key))

    def _keep_lead(self, draft: LeadDraft, key: str) -> Lead:
        with self._one_at_a_time:
            made = self._made(key)
            if isinstance(made, Lead):
                return made
            owner = self._employee(draft.owner)
            draft = replace(draft, email=draft.email.lower())
            if draft.kind is LeadKind.OPPORTUNITY:
                lead = self._new_opportunity(draft, owner)
            elif draft.kind is LeadKind.CONTACT:
                lead = self._kept_contact(draft, owner)
            else:
                lead = self._kept_lead(draft, owner)
            self.made[key] = lead
            return lead

    def _new_opportunity(self, draft: LeadDraft, owner: Employee) -> Lead:
        self._contact(draft.contact_id or "")
        id_ = f"OP-{next(self._numbers)}"
        self.opportunities[id_] = draft
        return Lead(id=id_, kind=draft.kind, owner=owner, is_new=True)

    def _kept_contact(self, draft: LeadDraft, owner: Employee) -> Lead:
        there = self._on_file(draft)
        contact = there or self._new_contact(draft)
        owner = contact.executive or owner
        self.contacts[self.contacts.index(contact)] = replace(contact, executive=owner)
        self._kept_lead(draft, owner)
        return Lead(id=contact.id, kind=draft.kind, owner=owner, is_new=there is None)

    def _new_contact(self, draft: LeadDraft) -> Contact:
        taken = any(one.phone == draft.phone for one in self.contacts)
        contact = Contact(
            id=f"CT-{next(self._numbers)}",
            first_name=draft.first_name,
            last_name=draft.last_name,
            email=draft.email or None,
            phone=None if taken else draft.phone,
        )
        self.contacts.append(contact)
        return contact

    def _kept_lead(self, draft: LeadDraft, owner: Employee) -> Lead:
        contact = self._on_file(draft)
        owner = (contact and contact.executive) or owner
        for id_, there in self.leads.items():
            if draft.email and there.email == draft.email:
                self.leads[id_] = _extended(there, draft)
                return Lead(id=id_, kind=LeadKind.LEAD, owner=self._employee(there.owner), is_new=False)
        id_ = f"LD-{next(self._numbers)}"
        self.leads[id_] = replace(draft, owner=owner.email, contact_id=contact.id if contact else None)
        return Lead(id=id_, kind=LeadKind.LEAD, owner=owner, is_new=True)

    def _on_file(self, draft: LeadDraft) -> Contact | None:
        return next(iter(self._contacts_with(draft.email)), None) if draft.email else None

    def _contact(self, contact_id: str) -> Contact:
        for one in self.contacts:
            if one.id == contact_id:
                return one
        raise _not_found()

    def _made(self, key: str) -> str | TicketComment | Lead | None:
        if not 0 < len(key) <= LONGEST_KEY:
            raise Rejected("no key that can be kept", system="crm", status="key")
        return self.made.get(key)

    def _now(self) -> datetime:
        return self.clock().astimezone(timezone.utc)


def _extended(there: LeadDraft, given: LeadDraft) -> LeadDraft:
    """What is known of a lead when its person comes again."""
    filled_in: dict[str, Any] = {
        name: getattr(there, name) or getattr(given, name)
        for name in ("first_name", "last_name", "company", "phone", "industry")
    }
    if not (there.country or there.state or there.postcode):
        filled_in |= {"country": given.country, "state": given.state, "postcode": given.postcode}
    wishes = there.wish.split("\n")
    wish = there.wish if given.wish in wishes else "\n".join(filter(None, (*wishes, given.wish)))
    newest: dict[str, Any] = {
        "size": given.size or there.size,
        "budget": given.budget or there.budget,
        "consent": given.consent,
    }
    return replace(there, **filled_in, **newest, wish=wish)


def _not_found() -> NotFound:
    return NotFound("there is none", system="crm")

"""Zoho Desk's part of the port: tickets, comments and transcripts there, of people whom Zoho CRM knows.

A search of Desk's finds what was written a moment ago only later. So a ticket is looked for among the newest, too,
before it isn't there, and what is read of it is read by its id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from middleware.crm.zoho import coql
from middleware.crm.zoho.api import Api
from middleware.crm.zoho.desk_api import DeskApi, at_once
from middleware.crm.zoho.desk_contacts import DeskContacts, Person, Remembered
from middleware.crm.zoho.desk_conversation import Conversations
from middleware.crm.zoho.desk_records import CLOSED, Attachment, DeskTicket, Made, TicketFields
from middleware.crm.zoho.desk_words import (
    LONGEST_SUBJECT,
    comment_parts,
    description,
    one_line,
    storable,
)
from middleware.crm.zoho.people import People
from middleware.crm.zoho.records import not_found, reference, rejected
from middleware.errors import NotFound
from middleware.records import (
    AgentComment,
    CommentDraft,
    Priority,
    Ticket,
    TicketComment,
    TicketDraft,
)

TRANSCRIPT = "frontdesk-transcript.txt"
CHANNEL = "Chat"  # Desk's own name for how a ticket came
PAGE = 99
NEWEST = 100  # tickets looked through for what the search doesn't find yet
SEARCHED = 50  # numbers in one search
LONGEST_NUMBER = 18  # digits
KNOWN_SECONDS = 24 * 3600.0  # a number is one ticket's for ever


class Desk(People):
    """The tickets' part of the port, in Zoho Desk.

    Args:
        api: The way to the company's Zoho; the same token opens Desk.

    Raises:
        Misconfigured: A setting of Desk's is missing.
    """

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self._desk_rules = api.rules.desk
        self._desk = DeskApi(api.access, api.rules.desk, api.credentials, api.settings.crm.threads)
        self._desk_contacts = DeskContacts(self._desk, api.in_turn, self._person, self.contacts_by_email)
        self._conversations = Conversations(self._desk)
        self._ids = Remembered(KNOWN_SECONDS)

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        tickets = [one for one in self._listed(contact_id, None, "open_tickets") if one.statusType != CLOSED]
        return self._with_comments(tickets, contact_id, "open_tickets")

    def tickets_since(self, contact_id: str, since: datetime) -> Sequence[Ticket]:
        """Lists a person's tickets that were opened at or after a moment, closed ones too, newest first."""
        return self._with_comments(self._listed(contact_id, since, "tickets_since"), contact_id, "tickets_since")

    def ticket(self, number: str) -> Ticket:
        """Reads one ticket.

        Raises:
            NotFound: There is none with this number.
        """
        return self._whole(self._id(number, "ticket"), "ticket")

    def open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Opens a ticket, once for each key.

        Raises:
            NotFound: There is no such contact.
            Rejected: The key can't be kept, or Desk doesn't take the ticket.
            Misconfigured: A setting names what isn't there.
            Unavailable: None was opened.
            Unknown: It may have been opened.
        """
        value = reference("open_ticket", key)
        with self._api.in_turn.of(f"zoho desk: ticket {value}"):
            id_ = self._with_key(value, "open_ticket") or self._opened(draft, value)
        rest = description(draft.description)[1]
        if rest:
            more = CommentDraft(body=rest, author="Description, continued", is_public=False)
            self._written(id_, more, f"{value}: description", "open_ticket")
        return self._whole(id_, "open_ticket")

    def comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        """Writes a comment on a ticket, once for each key; of a closed one, too.

        Raises:
            NotFound: There is no such ticket.
            Rejected: The key can't be kept, or Desk doesn't take the comment.
            Unavailable: It wasn't written.
            Unknown: It may have been written.
        """
        return self._written(self._id(number, "comment_ticket"), draft, key, "comment_ticket")

    def comments_since(self, numbers: Collection[str], since: datetime) -> Sequence[AgentComment]:
        """Lists what the company's people wrote on tickets for the customer to see, the oldest first."""
        ids = self._ids_of(numbers, "comments_since")
        calls = [
            lambda number=number, id_=id_: self._conversations.of_agents(id_, number, since, "comments_since")
            for number, id_ in ids.items()
        ]
        found = [one for said in at_once(calls) for one in said]
        return sorted(found, key=lambda one: (one.comment.written_at, len(one.id), one.id))

    def close_ticket(self, number: str) -> Ticket:
        """Closes a ticket, whatever the status for that is called; one that is closed stays as it is.

        Raises:
            NotFound: There is no such ticket.
            Rejected: Something in Desk, such as a blueprint, lets nobody close it.
            Unavailable: It wasn't closed.
            Unknown: It may have been closed.
        """
        id_ = self._id(number, "close_ticket")
        ticket = self._whole(id_, "close_ticket")
        if not ticket.is_open:
            return ticket
        self._desk.act("/closeTickets", "close_ticket", {"ids": [id_]})
        ticket = self._whole(id_, "close_ticket")
        if ticket.is_open:
            raise rejected("close_ticket", "open", "Zoho Desk left it open; a blueprint may demand it")
        return ticket

    def keep_transcript(self, number: str, transcript: str) -> None:
        """Puts a conversation's transcript on a ticket as a file, for the company's people alone.

        Raises:
            NotFound: There is no such ticket.
            Unavailable: It wasn't put there.
            Unknown: It may have been put there; the one before may be there, too, until the next time.
        """
        id_ = self._id(number, "keep_transcript")
        path = f"/tickets/{id_}/attachments"
        with self._api.in_turn.of(f"zoho desk: transcript {id_}"):
            files = self._desk.pages(path, Attachment, "keep_transcript", PAGE)
            before = [one.id for one in files if one.name == TRANSCRIPT]
            self._desk.attach(path, Made, "keep_transcript", TRANSCRIPT, storable(transcript).encode())
            for old in before:
                self._desk.delete(f"{path}/{old}", "keep_transcript")

    def _opened(self, draft: TicketDraft, value: str) -> str:
        """Opens a ticket; Desk's id of it."""
        contact = self._contact_for(draft.contact_id)
        ticket = {
            "subject": one_line(draft.subject, LONGEST_SUBJECT) or "-",
            "departmentId": self._desk_rules.department,
            "contactId": contact,
            "description": description(draft.description)[0],
            "channel": CHANNEL,
            "priority": self._priority(draft.priority),
            "cf": {
                self._desk_rules.key_field: value,
                self._desk_rules.channel_field: one_line(draft.channel, LONGEST_SUBJECT),
            },
        }
        return self._desk.write("/tickets", Made, "open_ticket", ticket).id

    def _written(self, id_: str, draft: CommentDraft, key: str, operation: str) -> TicketComment:
        """Writes those parts of a comment that aren't there yet."""
        value = reference(operation, key)
        with self._api.in_turn.of(f"zoho desk: comment {value}"):
            return self._conversations.written(id_, comment_parts(draft, value), draft.is_public, operation)

    def _contact_for(self, contact_id: str | None) -> str:
        if contact_id is None:
            return self._desk_contacts.strangers("open_ticket")
        if not _is_id(contact_id):
            raise not_found("open_ticket")
        return self._desk_contacts.one_of(contact_id, "open_ticket")

    def _listed(self, contact_id: str, since: datetime | None, operation: str) -> list[DeskTicket]:
        """A person's tickets, newest first, as lists have them."""
        if not _is_id(contact_id):
            return []
        try:
            desk_ids = self._desk_contacts.of(contact_id, operation)
        except NotFound:
            return []
        found: list[DeskTicket] = []
        query = {"departmentId": self._desk_rules.department, "sortBy": "-createdTime"}
        for desk_id in desk_ids:
            for one in self._desk.pages(f"/contacts/{desk_id}/tickets", DeskTicket, operation, PAGE, query):
                if since is not None and one.createdTime < since:
                    break
                if one.contactId == desk_id:
                    found.append(one)
        return sorted(found, key=lambda one: (one.createdTime, int(one.id)), reverse=True)

    def _with_comments(self, tickets: Sequence[DeskTicket], owner: str, operation: str) -> list[Ticket]:
        for one in tickets:
            self._ids.put(one.ticketNumber, one.id)
        calls = [lambda one=one: None if one.is_silent else self._newest(one.id, operation) for one in tickets]
        return [_ticket(one, owner, comment) for one, comment in zip(tickets, at_once(calls), strict=True)]

    def _newest(self, id_: str, operation: str) -> TicketComment | None:
        return self._conversations.newest_public(id_, operation)

    def _whole(self, id_: str, operation: str) -> Ticket:
        """A ticket as it is now."""
        one = self._desk.read(f"/tickets/{id_}", DeskTicket, operation)
        if one is None or one.isTrashed:
            raise not_found(operation)
        self._ids.put(one.ticketNumber, one.id)
        comment = None if one.is_silent else self._newest(id_, operation)
        return _ticket(one, self._desk_contacts.owner(one.contactId), comment)

    def _id(self, number: str, operation: str) -> str:
        id_ = self._ids_of([number], operation).get(number)
        if id_ is None:
            raise not_found(operation)
        return id_

    def _ids_of(self, numbers: Iterable[str], operation: str) -> dict[str, str]:
        """Desk's ids of tickets, by their numbers; those that aren't there are left out."""
        wanted = [one for one in dict.fromkeys(numbers) if _is_id(one) and len(one) <= LONGEST_NUMBER]
        known = {one: self._ids.get(one) for one in wanted}
        unknown = [one for one in wanted if known[one] is None]
        for first in range(0, len(unknown), SEARCHED):
            query = {"ticketNumber": ",".join(unknown[first : first + SEARCHED]), "limit": NEWEST}
            for found in self._desk.page("/tickets/search", TicketFields, operation, query):
                self._note(found, known)
        if None in known.values():
            for found in self._newest_tickets("ticketNumber", operation):
                self._note(found, known)
        return {number: id_ for number, id_ in known.items() if id_ is not None}

    def _note(self, found: TicketFields, known: dict[str, str | None]) -> None:
        if found.ticketNumber in known:
            known[found.ticketNumber] = found.id
            self._ids.put(found.ticketNumber, found.id)

    def _with_key(self, value: str, operation: str) -> str | None:
        """Desk's id of the ticket that holds a key of ours."""
        field = self._desk_rules.key_field
        query = {"customField1": f"{field}:{value}", "limit": NEWEST}
        found = self._desk.page("/tickets/search", TicketFields, operation, query)
        mine = [one.id for one in found if one.cf.get(field) == value]
        mine = mine or [one.id for one in self._newest_tickets(field, operation) if one.cf.get(field) == value]
        return min(mine, key=int) if mine else None

    def _newest_tickets(self, field: str, operation: str) -> list[TicketFields]:
        query = {
            "departmentId": self._desk_rules.department,
            "sortBy": "-createdTime",
            "limit": NEWEST,
            "fields": field,
        }
        return self._desk.page("/tickets", TicketFields, operation, query)

    def _priority(self, priority: Priority) -> str:
        rules = self._desk_rules
        return rules.high_priority if priority is Priority.HIGH else rules.normal_priority

    def _person(self, contact_id: str, operation: str) -> Person:
        """One of the CRM's people, as far as Desk needs to know them."""
        fields = {
            "id": "id",
            "first_name": "First_Name",
            "last_name": "Last_Name",
            "email": "Email",
            "phone": self._rules.phone_fields[0],
        }
        where = coql.one_of("id", [contact_id])
        found = self._api.rows("Contacts", fields, where, operation, Person)
        if len(found) != 1:
            raise not_found(operation)
        return found[0]


def _ticket(one: DeskTicket, owner: str | None, comment: TicketComment | None) -> Ticket:
    return Ticket(
        number=one.ticketNumber,
        contact_id=owner,
        subject=one.subject or "",
        is_open=one.statusType != CLOSED,
        opened_at=one.createdTime,
        last_comment=comment,
    )


def _is_id(text: str) -> bool:
    """Whether Desk or the CRM could call something so."""
    return text.isascii() and text.isdigit() and len(text) <= 20

"""The port to the CRM: what the assistant needs from the system that knows people and their tickets.

A connector implements it synchronously (the vendors' libraries are synchronous; the gateway brings the threads)
and speaks only in our records and errors. Phones come in as E.164, e-mails in lower case; a connector knows the
forms in which its system stores them, and compares what comes back before it returns it.

A contact's `erp_number` comes from the field that `identity.erp_number_field` of assistant.yml names: of the person,
or, where that is empty, of the one account that they belong to. It is written as the ERP writes it.

What writes takes a key of the asker's. It is written where it can be found again, such as a unique external id, so that
the same key does it once, however often it is asked for: a second call answers what the first one made. A connector
that lost an answer raises `Unknown`; the asker then calls again with the same key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from middleware.records import (
    AgentComment,
    CommentDraft,
    Contact,
    Employee,
    Lead,
    LeadDraft,
    Ticket,
    TicketComment,
    TicketDraft,
)


class Crm(Protocol):
    """A customer-relationship system.

    Every method may raise `Unavailable`, `Rejected` or `Malformed`.
    """

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number; several are never reduced to one.

        Args:
            phone: E.164.
        """
        ...

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address, whatever the letters' case."""
        ...

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        ...

    def tickets_since(self, contact_id: str, since: datetime) -> Sequence[Ticket]:
        """Lists a person's tickets that were opened at or after a moment, closed ones too, newest first."""
        ...

    def ticket(self, number: str) -> Ticket:
        """Reads one ticket.

        Raises:
            NotFound: There is none with this number.
        """
        ...

    def open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Opens a ticket, once for each key.

        Raises:
            NotFound: There is no such contact.
            Unknown: It may have been opened.
        """
        ...

    def comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        """Writes a comment on a ticket, once for each key; of a closed one, too.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been written.
        """
        ...

    def comments_since(self, numbers: Collection[str], since: datetime) -> Sequence[AgentComment]:
        """Lists what the company's people wrote on tickets for the customer to see, the oldest first.

        What `comment_ticket` wrote isn't among it, and neither is anything internal. Tickets that aren't there have
        nothing written on them.

        Args:
            numbers: Of the tickets.
            since: What was written before is left out.
        """
        ...

    def close_ticket(self, number: str) -> Ticket:
        """Closes a ticket; one that is closed stays as it is.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been closed.
        """
        ...

    def keep_transcript(self, number: str, transcript: str) -> None:
        """Puts a conversation's transcript on a ticket, for the company's people, in the place of the one before.

        Args:
            transcript: Plain text of any length.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been put there.
        """
        ...

    def employee(self, email: str) -> Employee:
        """Reads one of the company's own people, active ones only.

        Args:
            email: Lower case.

        Raises:
            NotFound: There is none with this address.
        """
        ...

    def keep_lead(self, draft: LeadDraft, key: str) -> Lead:
        """Keeps a lead as what its `kind` says, once for each key.

        An open lead with the same e-mail, in any case, isn't doubled: what is asked for now is added to it (of size,
        budget and consent the newest counts), what it lacked is filled in, and it keeps its owner. So does a contact
        with the same e-mail; whoever looks after them gets a lead, too. An opportunity is always a new one.

        Whoever asks may not be who they say: by what a contact is found, and how they are called, never changes here,
        and a new contact doesn't get a telephone that is another's.

        Raises:
            NotFound: There is no such owner, or no such contact.
            Unknown: It may have been kept.
        """
        ...

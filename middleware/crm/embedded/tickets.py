"""The embedded CRM's tickets: read, opened, commented on and closed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timezone

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.crm.embedded import mapping
from middleware.crm.embedded.tables import contacts, ticket_comments, tickets
from middleware.crm.embedded.transactions import (
    Transactions,
    demand_key,
    is_storable,
    next_number,
    not_found,
    storable,
)
from middleware.records import AgentComment, CommentDraft, Ticket, TicketComment, TicketDraft
from middleware.store import alone, insert_once

FIRST_NUMBER = 1077


class Tickets(Transactions):
    """The tickets' part of the port."""

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        return self._tickets_of(contact_id, tickets.c.closed_at.is_(None), "open_tickets")

    def tickets_since(self, contact_id: str, since: datetime) -> Sequence[Ticket]:
        """Lists a person's tickets that were opened at or after a moment, closed ones too, newest first."""
        return self._tickets_of(contact_id, tickets.c.opened_at >= since, "tickets_since")

    def ticket(self, number: str) -> Ticket:
        """Reads one ticket.

        Raises:
            NotFound: There is none with this number.
        """
        if not is_storable(number):
            raise not_found("ticket")
        with self._reading("ticket") as connection:
            return _ticket(connection, number, "ticket")

    def open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Opens a ticket, once for each key.

        Raises:
            NotFound: There is no such contact.
            Rejected: The key can't be kept.
            Unavailable: None was opened.
            Unknown: It may have been opened.
        """
        demand_key("open_ticket", key)
        with self._writing("open_ticket") as connection:
            alone(connection, "crm_tickets")  # their numbers follow each other
            made = connection.execute(_tickets_where(tickets.c.key == key)).one_or_none()
            if made is not None:
                return mapping.ticket(made)
            _demand_contact(connection, draft.contact_id)
            number = next_number(connection, tickets.c.number, "T-", FIRST_NUMBER)
            row = {
                "number": number,
                "key": key,
                "contact_id": draft.contact_id,
                "subject": storable(draft.subject),
                "description": storable(draft.description),
                "channel": storable(draft.channel),
                "priority": draft.priority.value,
                "opened_at": _now(),
            }
            connection.execute(sa.insert(tickets).values(row))
            return _ticket(connection, number, "open_ticket")

    def comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        """Writes a comment on a ticket, once for each key; of a closed one, too.

        Raises:
            NotFound: There is no such ticket.
            Rejected: The key can't be kept.
            Unavailable: It wasn't written.
            Unknown: It may have been written.
        """
        demand_key("comment_ticket", key)
        if not is_storable(number):
            raise not_found("comment_ticket")
        with self._writing("comment_ticket") as connection:
            _ticket(connection, number, "comment_ticket")
            row = {
                "id": uuid.uuid4().hex,
                "key": key,
                "ticket_number": number,
                "author": storable(draft.author),
                "body": storable(draft.body),
                "is_public": draft.is_public,
                "written_at": _now(),
            }
            insert_once(connection, ticket_comments, row)  # waits for another one with the same key
            made = connection.execute(sa.select(ticket_comments).where(ticket_comments.c.key == key)).one()
            return mapping.ticket_comment(made)

    def comments_since(self, numbers: Collection[str], since: datetime) -> Sequence[AgentComment]:
        """Lists what the company's people wrote on tickets for the customer to see, the oldest first."""
        wanted = sa.and_(
            ticket_comments.c.ticket_number.in_([number for number in numbers if is_storable(number)]),
            ticket_comments.c.key.is_(None),
            ticket_comments.c.is_public,
            ticket_comments.c.written_at >= since,
        )
        oldest_first = (ticket_comments.c.written_at, ticket_comments.c.id)
        with self._reading("comments_since") as connection:
            rows = connection.execute(sa.select(ticket_comments).where(wanted).order_by(*oldest_first))
            return [mapping.agent_comment(row) for row in rows]

    def close_ticket(self, number: str) -> Ticket:
        """Closes a ticket; one that is closed stays as it is.

        Raises:
            NotFound: There is no such ticket.
            Unavailable: It wasn't closed.
            Unknown: It may have been closed.
        """
        if not is_storable(number):
            raise not_found("close_ticket")
        still_open = sa.and_(tickets.c.number == number, tickets.c.closed_at.is_(None))
        with self._writing("close_ticket") as connection:
            connection.execute(sa.update(tickets).where(still_open).values(closed_at=_now()))
            return _ticket(connection, number, "close_ticket")

    def keep_transcript(self, number: str, transcript: str) -> None:
        """Puts a conversation's transcript on a ticket, in the place of the one before.

        Raises:
            NotFound: There is no such ticket.
            Unavailable: It wasn't put there.
            Unknown: It may have been put there.
        """
        if not is_storable(number):
            raise not_found("keep_transcript")
        put = sa.update(tickets).where(tickets.c.number == number).values(transcript=storable(transcript))
        with self._writing("keep_transcript") as connection:
            if not connection.execute(put).rowcount:
                raise not_found("keep_transcript")

    def _tickets_of(
        self, contact_id: str, wanted: sa.sql.ColumnElement[sa.Boolean], operation: str
    ) -> Sequence[Ticket]:
        if not is_storable(contact_id):
            return []
        theirs = _tickets_where(sa.and_(tickets.c.contact_id == contact_id, wanted))
        with self._reading(operation) as connection:
            return [mapping.ticket(row) for row in connection.execute(theirs)]


def _tickets_where(wanted: sa.sql.ColumnElement[sa.Boolean]) -> sa.sql.Select:
    """Tickets, newest first, each with its newest comment that the customer may see."""
    comments = ticket_comments.alias()
    newest = (
        sa.select(comments.c.id)
        .where(comments.c.ticket_number == tickets.c.number, comments.c.is_public)
        .order_by(comments.c.written_at.desc(), comments.c.id.desc())
        .limit(1)
        .correlate(tickets)
        .scalar_subquery()
    )
    return (
        sa.select(tickets, ticket_comments.c.author, ticket_comments.c.body, ticket_comments.c.written_at)
        .select_from(tickets.outerjoin(ticket_comments, ticket_comments.c.id == newest))
        .where(wanted)
        .order_by(tickets.c.opened_at.desc(), sa.func.length(tickets.c.number).desc(), tickets.c.number.desc())
    )


def _ticket(connection: Connection, number: str, operation: str) -> Ticket:
    row: Row | None = connection.execute(_tickets_where(tickets.c.number == number)).one_or_none()
    if row is None:
        raise not_found(operation)
    return mapping.ticket(row)


def _demand_contact(connection: Connection, contact_id: str | None) -> None:
    if contact_id is None:
        return
    there = sa.select(contacts.c.id).where(contacts.c.id == contact_id)
    if not is_storable(contact_id) or connection.execute(there).first() is None:
        raise not_found("open_ticket")


def _now() -> datetime:
    return datetime.now(timezone.utc)

"""Turns rows of the embedded CRM into our records, one function per record."""

from __future__ import annotations

from sqlalchemy.engine import Row

from middleware.records import Contact, Ticket, TicketComment


def contact(row: Row) -> Contact:
    """A row of `crm_contacts`, with its account's name as `company`."""
    return Contact(
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        phone=row.phone,
        company=row.company,
        erp_number=row.erp_number,
    )


def ticket(row: Row) -> Ticket:
    """A row of `crm_tickets`, joined with its newest public comment as `author`, `body` and `written_at`."""
    return Ticket(
        number=row.number,
        contact_id=row.contact_id,
        subject=row.subject,
        is_open=row.closed_at is None,
        opened_at=row.opened_at,
        last_comment=None if row.body is None else ticket_comment(row),
    )


def ticket_comment(row: Row) -> TicketComment:
    """The columns of `crm_ticket_comments` in a row."""
    return TicketComment(body=row.body, written_at=row.written_at, author=row.author)

"""Turns rows of the embedded CRM into our records, one function per record."""

from __future__ import annotations

from sqlalchemy.engine import Row

from middleware.records import AgentComment, Contact, Employee, Lead, LeadKind, Ticket, TicketComment


def employee(row: Row) -> Employee:
    """The columns of `crm_employees` in a row."""
    return Employee(email=row.email, name=row.name)


def contact(row: Row) -> Contact:
    """A row of `crm_contacts`, with its account's name and segment, and with whoever looks after the person."""
    executive = None
    if row.executive_email is not None:
        executive = Employee(email=row.executive_email, name=row.executive_name)
    return Contact(
        id=row.id,
        first_name=row.first_name,
        last_name=row.last_name,
        email=row.email,
        phone=row.phone,
        company=row.company,
        erp_number=row.erp_number,
        executive=executive,
        segment=row.segment or row.company_segment or "",
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


def agent_comment(row: Row) -> AgentComment:
    """A row of `crm_ticket_comments`."""
    return AgentComment(id=row.id, ticket_number=row.ticket_number, comment=ticket_comment(row))


def lead(row: Row) -> Lead:
    """A row of `crm_lead_keys`, with its owner's."""
    return Lead(id=row.record_id, kind=LeadKind(row.kind), owner=employee(row), is_new=row.is_new)

"""The demo's tickets, from tickets.yml."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from middleware.demo.calendar import Calendar
from middleware.demo.data import Row
from middleware.demo.files import Entry, read


class Comment(Entry, frozen=True, kw_only=True):
    """A comment as the file has it; `at` is a phrase of calendar.py."""

    author: str
    public: bool
    at: str
    body: str


class ToldTicket(Entry, frozen=True, kw_only=True):
    """A ticket as the file has it; moments are phrases of calendar.py."""

    number: str
    contact: str
    subject: str
    opened: str
    comments: tuple[Comment, ...]
    closed: str | None = None


class DatedTicket(Entry, frozen=True, kw_only=True):
    """A ticket with the moments that its phrases mean; `comments` are rows."""

    row: Row
    comments: tuple[Row, ...]


@lru_cache(maxsize=1)
def _file() -> list[ToldTicket]:
    return read("tickets.yml", list[ToldTicket])


def told(calendar: Calendar) -> list[DatedTicket]:
    """All tickets of the demo."""
    return [_dated(ticket, calendar) for ticket in _file()]


def _dated(ticket: ToldTicket, calendar: Calendar) -> DatedTicket:
    closed_at: datetime | None = None if ticket.closed is None else calendar.moment(ticket.closed)
    row = {
        "number": ticket.number,
        "contact_id": ticket.contact,
        "subject": ticket.subject,
        "opened_at": calendar.moment(ticket.opened),
        "closed_at": closed_at,
    }
    comments = tuple(
        {
            "id": f"{ticket.number}-{position}",
            "ticket_number": ticket.number,
            "author": comment.author,
            "body": comment.body,
            "is_public": comment.public,
            "written_at": calendar.moment(comment.at),
        }
        for position, comment in enumerate(ticket.comments, start=1)
    )
    return DatedTicket(row=row, comments=comments)


def ticket_rows(tickets: Iterable[DatedTicket]) -> list[Row]:
    """Rows of `crm_tickets`."""
    return [ticket.row for ticket in tickets]


def comment_rows(tickets: Iterable[DatedTicket]) -> list[Row]:
    """Rows of `crm_ticket_comments`."""
    return [comment for ticket in tickets for comment in ticket.comments]

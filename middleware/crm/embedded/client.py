"""The embedded CRM: the port's methods as queries on tables of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from middleware.crm.embedded import mapping
from middleware.crm.embedded.tables import accounts, contacts, ticket_comments, tickets
from middleware.errors import Malformed, Unavailable
from middleware.records import Contact, Ticket

# PostgreSQL refuses NUL, and no database takes half a surrogate pair: no row can hold them, so none is asked.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class EmbeddedCrm:
    """A small CRM in a SQL database.

    Args:
        engine: From `middleware.database.open_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number (E.164), ordered by id."""
        return self._contacts_by("phone", phone, "contacts_by_phone")

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address, whatever the letters' case, ordered by id."""
        return self._contacts_by("email", email.lower(), "contacts_by_email")

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        if _UNSTORABLE.search(contact_id):
            return []
        comment = _newest_public_comments()
        query = (
            sa.select(tickets, comment.c.author, comment.c.body, comment.c.written_at)
            .select_from(tickets.outerjoin(comment, comment.c.ticket_number == tickets.c.number))
            .where(tickets.c.contact_id == contact_id, tickets.c.closed_at.is_(None))
            .order_by(tickets.c.opened_at.desc(), tickets.c.number.desc())
        )
        with self._reading("open_tickets") as connection:
            return [mapping.ticket(row) for row in connection.execute(query)]

    def _contacts_by(self, column: str, value: str, operation: str) -> Sequence[Contact]:
        if _UNSTORABLE.search(value):
            return []
        query = (
            sa.select(contacts, accounts.c.name.label("company"))
            .select_from(contacts.outerjoin(accounts))
            .where(contacts.c[column] == value)
            .order_by(contacts.c.id)
        )
        with self._reading(operation) as connection:
            return [mapping.contact(row) for row in connection.execute(query)]

    @contextmanager
    def _reading(self, operation: str) -> Iterator[Connection]:
        """Opens a transaction and turns what goes wrong in it into our errors."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise Unavailable(type(error).__name__, system="crm", operation=operation) from error
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Malformed(
                f"A row makes no sense: {type(error).__name__}", system="crm", operation=operation
            ) from error


def _newest_public_comments() -> sa.sql.Subquery:
    """One row per ticket: its newest comment that the customer may see."""
    age = sa.func.row_number().over(
        partition_by=ticket_comments.c.ticket_number,
        order_by=(ticket_comments.c.written_at.desc(), ticket_comments.c.id.desc()),
    )
    public = sa.select(ticket_comments, age.label("age")).where(ticket_comments.c.is_public).subquery()
    return sa.select(public).where(public.c.age == 1).subquery()

"""The embedded CRM's people: customers found by phone or e-mail, and the company's own."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from middleware.crm.embedded import mapping
from middleware.crm.embedded.tables import accounts, contacts, employees
from middleware.crm.embedded.transactions import Transactions, is_storable, not_found
from middleware.records import Contact, Employee


class People(Transactions):
    """The people's part of the port."""

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number (E.164), ordered by id."""
        return self._contacts_by("phone", phone, "contacts_by_phone")

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address, whatever the letters' case, ordered by id."""
        return self._contacts_by("email", email.lower(), "contacts_by_email")

    def employee(self, email: str) -> Employee:
        """Reads one of the company's own people, active ones only.

        Raises:
            NotFound: There is none with this address.
        """
        if not is_storable(email):
            raise not_found("employee")
        query = sa.select(employees).where(employees.c.email == email.lower(), employees.c.is_active)
        with self._reading("employee") as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise not_found("employee")
            return mapping.employee(row)

    def _contacts_by(self, column: str, value: str, operation: str) -> Sequence[Contact]:
        if not is_storable(value):
            return []
        with self._reading(operation) as connection:
            rows = connection.execute(contacts_where(contacts.c[column] == value))
            return [mapping.contact(row) for row in rows]


def contacts_where(wanted: sa.sql.ColumnElement[sa.Boolean]) -> sa.sql.Select:
    """People by id, with their company; whoever looks after them, or else after it, if they are still there."""
    own, the_companys = employees.alias(), employees.alias()
    return (
        sa.select(
            contacts,
            accounts.c.name.label("company"),
            accounts.c.segment.label("company_segment"),
            sa.func.coalesce(own.c.email, the_companys.c.email).label("executive_email"),
            sa.func.coalesce(own.c.name, the_companys.c.name).label("executive_name"),
        )
        .select_from(
            contacts.outerjoin(accounts)
            .outerjoin(own, sa.and_(own.c.email == contacts.c.executive, own.c.is_active))
            .outerjoin(the_companys, sa.and_(the_companys.c.email == accounts.c.executive, the_companys.c.is_active))
        )
        .where(wanted)
        .order_by(contacts.c.id)
    )

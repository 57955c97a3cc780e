"""The embedded ERP: the port's methods as queries on tables of our own."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.erp.base import Capabilities
from middleware.erp.embedded import mapping
from middleware.erp.embedded.invoices import Invoices
from middleware.erp.embedded.orders import Orders
from middleware.erp.embedded.returns import Returns
from middleware.erp.embedded.stock import Stock
from middleware.erp.embedded.tables import customer_contacts, customers
from middleware.erp.embedded.transactions import is_storable, not_found
from middleware.records import Customer
from middleware.settings import Settings


class EmbeddedErp(Orders, Stock, Returns, Invoices):
    """A small ERP in a SQL database.

    Args:
        engine: From `middleware.database.open_engine`.
    """

    capabilities = Capabilities()

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number (E.164), or whose contact person has it; each account once."""
        return self._customers_by("phone", phone, "customers_by_phone")

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or whose contact person has it; each account once."""
        return self._customers_by("email", email.lower(), "customers_by_email")

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        if not is_storable(number):
            raise not_found("customer")
        query = sa.select(customers).where(customers.c.number == number)
        with self._reading("customer") as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise not_found("customer")
            return mapping.customer(row)

    def _customers_by(self, column: str, value: str, operation: str) -> Sequence[Customer]:
        """An account's own phone or e-mail comes before its contact persons': then nobody is named."""
        if not is_storable(value):
            return []
        own = sa.select(customers).where(customers.c[column] == value).order_by(customers.c.number)
        by_contact = (
            sa.select(customers, customer_contacts.c.name.label("contact_name"))
            .select_from(customers.join(customer_contacts))
            .where(customer_contacts.c[column] == value)
            .order_by(customers.c.number, customer_contacts.c.id)
        )
        with self._reading(operation) as connection:
            found = {row.number: mapping.customer(row) for row in connection.execute(own)}
            for row in connection.execute(by_contact):
                found.setdefault(row.number, mapping.customer(row, row.contact_name))
        return list(found.values())


def connect(settings: Settings, engine: Engine) -> EmbeddedErp:
    """The embedded ERP in the middleware's own database."""
    return EmbeddedErp(engine)

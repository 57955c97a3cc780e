"""The embedded ERP's invoices, added up from their lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.erp.embedded import mapping
from middleware.erp.embedded.tables import customers, invoice_lines, invoices
from middleware.erp.embedded.transactions import Transactions, is_storable, not_found
from middleware.records import Invoice


class Invoices(Transactions):
    """The invoices' part of the port."""

    def invoices_between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        if not is_storable(customer_number):
            return []
        wanted = sa.and_(invoices.c.customer_number == customer_number, invoices.c.issued_on.between(first, last))
        with self._reading("invoices_between") as connection:
            return _read_invoices(connection, wanted)[::-1]

    def unpaid_invoices(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        if not is_storable(customer_number):
            return []
        wanted = sa.and_(invoices.c.customer_number == customer_number, invoices.c.paid_on.is_(None))
        with self._reading("unpaid_invoices") as connection:
            return [invoice for invoice in _read_invoices(connection, wanted) if invoice.due > 0]

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it.

        Raises:
            NotFound: There is no such invoice.
        """
        if not is_storable(number):
            raise not_found("invoice")
        with self._reading("invoice") as connection:
            found = _read_invoices(connection, invoices.c.number == number)
        if not found:
            raise not_found("invoice")
        return found[0]

    def invoice_pdf(self, number: str) -> bytes | None:
        """Nothing: this ERP draws none."""
        return None


def _read_invoices(connection: Connection, wanted: sa.sql.ColumnElement[sa.Boolean]) -> list[Invoice]:
    """Reads invoices, the oldest first, in two queries however many they are."""
    numbers = sa.select(invoices.c.number).where(wanted).scalar_subquery()
    line = invoice_lines.c.line
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(
        sa.select(invoice_lines).where(invoice_lines.c.invoice_number.in_(numbers)).order_by(sa.func.length(line), line)
    ):
        lines[row.invoice_number].append(row)
    buyer = [column for column in customers.c if column.name not in invoices.c]
    found = connection.execute(
        sa.select(invoices, *buyer)
        .select_from(invoices.join(customers))
        .where(wanted)
        .order_by(invoices.c.issued_on, sa.func.length(invoices.c.number), invoices.c.number)
    )
    return [mapping.invoice(row, lines[row.number]) for row in found]

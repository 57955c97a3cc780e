"""Invoices of Oracle Receivables; their paper is a BI Publisher report of the company's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from middleware.erp.oracle.base import FSCM, is_id, not_found
from middleware.erp.oracle.customers import Customers
from middleware.erp.oracle.rest import Wanted, one_of, text
from middleware.erp.oracle.rows import InvoiceLineRow, InvoiceRow
from middleware.erp.oracle.standing import day
from middleware.errors import Misconfigured, NotFound
from middleware.records import Address, Invoice, InvoiceLine
from middleware.totals import line_net, totals

if TYPE_CHECKING:
    from middleware.erp.oracle.report import InvoiceReport

INVOICES = "receivablesInvoices"
_LINES = "receivablesInvoiceLines"
_COMPLETE = "Complete"


class Invoices(Customers):
    """The invoices' part of the port."""

    def invoices_between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        days = f"TransactionDate >= {text(first.isoformat())} and TransactionDate <= {text(last.isoformat())}"
        with self._doing("invoices_between"):
            return self._of(customer_number, days)[::-1]

    def unpaid_invoices(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        with self._doing("unpaid_invoices"):
            found = self._of(customer_number, f"{self._rules.balance_field} > 0")
            return [one for one in found if one.due > 0]

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it.

        Raises:
            NotFound: There is no such invoice.
        """
        with self._doing("invoice"):
            row = self._row(number)
            return self._with_addresses([_invoice(row, self._due(row), self._day)])[0]

    def invoice_pdf(self, number: str) -> bytes | None:
        """The company's own paper of an invoice; None where no report prints it, or there is no such invoice."""
        if not self._rules.report_path:
            return None
        with self._doing("invoice_pdf"):
            try:
                row = self._row(number)
            except NotFound:
                return None
            return self._report.printed(str(row.CustomerTransactionId), row.TransactionNumber)

    @cached_property
    def _report(self) -> InvoiceReport:
        """Reads the service's description, so only where a paper is asked for."""
        from middleware.erp.oracle.report import InvoiceReport

        return InvoiceReport(self._rest.http, self._rest.url, self._rules)

    def _of(self, customer_number: str, condition: str) -> list[Invoice]:
        if not is_id(customer_number):
            return []
        rows = self._rows_where(f"{one_of('BillToCustomerNumber', [customer_number])} and {condition}")
        found = [_invoice(row, self._due(row), self._day) for row in rows]
        found.sort(key=lambda one: (one.issued_on, len(one.number), one.number))
        return self._with_addresses(found)

    def _row(self, number: str) -> InvoiceRow:
        found = self._rows_where(one_of("TransactionNumber", [number])) if is_id(number) else []
        if not found:
            raise not_found("invoice")
        return found[0]

    def _rows_where(self, condition: str) -> list[InvoiceRow]:
        """Finished ones; what is still being written is nobody's business."""
        expand = f"{_LINES},{_LINES}.{self._rules.tax_lines_child}"
        wanted = Wanted(
            path=INVOICES,
            kind=InvoiceRow,
            query={"q": condition, "expand": expand},
            names=self._rules.invoice_names,
        )
        rows = [one for one in self._rest.rows(FSCM, wanted) if one.InvoiceStatus in (None, _COMPLETE)]
        return [self._completed(row) if row.receivablesInvoiceLines.hasMore else row for row in rows]

    def _completed(self, row: InvoiceRow) -> InvoiceRow:
        lines = row.receivablesInvoiceLines
        wanted = Wanted(
            path=f"{INVOICES}/{row.CustomerTransactionId}/child/{_LINES}",
            kind=InvoiceLineRow,
            query={"expand": self._rules.tax_lines_child},
            names=self._rules.invoice_names,
            offset=len(lines.items),
        )
        every = type(lines)(items=[*lines.items, *self._rest.rows(FSCM, wanted)])
        return msgspec.structs.replace(row, receivablesInvoiceLines=every)

    def _due(self, row: InvoiceRow) -> Decimal:
        if row.InvoiceBalanceAmount is msgspec.UNSET:
            raise Misconfigured(
                f"Oracle's invoices have no {self._rules.balance_field}: name the attribute with what is still to be"
                " paid as erp.oracle.balance_field of assistant.yml",
                system=self.system,
            )
        assert not isinstance(row.InvoiceBalanceAmount, msgspec.UnsetType)
        return row.InvoiceBalanceAmount or Decimal(0)

    def _day(self, written: str | None) -> date | None:
        return day(written, self._zone)

    def _with_addresses(self, invoices: Sequence[Invoice]) -> list[Invoice]:
        """An invoice names its customer and a site, but no address: that is the customer's own."""
        numbers = {one.customer_number for one in invoices if one.customer_number}
        addresses = {number: self._address_of(number) for number in numbers}
        return [replace(one, buyer_address=addresses.get(one.customer_number, Address())) for one in invoices]

    def _address_of(self, number: str) -> Address:
        try:
            return self.customer(number).address
        except NotFound:
            return Address()


def _invoice(row: InvoiceRow, due: Decimal, day_of: Callable[[str | None], date | None]) -> Invoice:
    lines = sorted(map(_line, row.receivablesInvoiceLines.items), key=lambda one: (len(one.id), one.id))
    sums = totals(lines)
    issued_on = day_of(row.TransactionDate)
    if issued_on is None:
        raise ValueError("an invoice without a date")
    orders = {str(one.SalesOrder) for one in row.receivablesInvoiceLines.items if one.SalesOrder}
    return Invoice(
        number=row.TransactionNumber,
        customer_number=row.BillToCustomerNumber or "",
        order_number=orders.pop() if len(orders) == 1 else None,
        issued_on=issued_on,
        due_on=day_of(row.DueDate) or issued_on,
        paid_on=None,
        currency=row.InvoiceCurrencyCode,
        buyer_name=row.BillToCustomerName or "",
        buyer_address=Address(),
        lines=tuple(lines),
        net=sums.net,
        taxes=sums.taxes,
        gross=sums.gross,
        due=due,
    )


def _line(row: InvoiceLineRow) -> InvoiceLine:
    quantity, price = row.Quantity or Decimal(0), row.UnitSellingPrice or Decimal(0)
    rates = (one.TaxRate or Decimal(0) for one in row.receivablesInvoiceLineTaxLines.items)
    return InvoiceLine(
        id=str(row.LineNumber),
        sku=row.ItemNumber or None,
        description=row.Description or "",
        quantity=quantity,
        price=price,
        tax_rate=sum(rates, Decimal(0)),
        net=line_net(quantity, price),
    )

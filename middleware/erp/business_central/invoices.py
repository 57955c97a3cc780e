"""The invoices' part of the port: those that were posted, with Business Central's own paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from middleware.decoding import decoded
from middleware.erp.business_central import mapping, odata, rows
from middleware.erp.business_central.base import is_number, not_found
from middleware.erp.business_central.orders import Orders
from middleware.erp.business_central.rows import InvoiceRow, LineRow
from middleware.errors import Malformed
from middleware.http import Answer
from middleware.records import Invoice

STANDING = ("Open", "Paid")  # customers see no drafts, and nothing that was cancelled
_LINK = "@odata.mediaReadLink"


class _Papers(msgspec.Struct):
    """What tells where a paper is: a list, or the one entry of it."""

    value: list[dict[str, msgspec.Raw]] = []


class Invoices(Orders):
    """The part of the port that speaks of invoices."""

    def invoices_between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        days = (odata.from_day("invoiceDate", first), odata.to_day("invoiceDate", last))
        return self._invoices(customer_number, days, "invoices_between")[::-1]

    def unpaid_invoices(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        owed = ("remainingAmount gt 0",)
        return [one for one in self._invoices(customer_number, owed, "unpaid_invoices") if one.due > 0]

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it.

        Raises:
            NotFound: There is no such invoice.
        """
        return mapping.invoice(self._invoice(number, "invoice"), self.rules.joint)

    def invoice_pdf(self, number: str) -> bytes | None:
        """The paper of an invoice, behind the link that Business Central names; it may draw it only now.

        Raises:
            NotFound: There is no such invoice.
            Malformed: What comes is no PDF, or the link leads to somebody else.
        """
        row = self._invoice(number, "invoice_pdf")
        answer = self.api.get(f"salesInvoices({row.id})/pdfDocument", "invoice_pdf")
        link = _link(answer)
        if not link:
            return None
        paper = self.api.get(link, "invoice_pdf")
        if not paper.body.startswith(b"%PDF-"):
            paper.fails(Malformed, "an invoice's paper is no PDF")
        return paper.body

    def _invoice(self, number: str, operation: str) -> InvoiceRow:
        if is_number(number):
            for row in self._posted(odata.equal("number", number), operation):
                if row.number == number:
                    return row
        raise not_found(operation)

    def _invoices(self, customer_number: str, more: Sequence[str], operation: str) -> list[Invoice]:
        """The oldest first."""
        if not is_number(customer_number):
            return []
        found = self._posted(odata.every(odata.equal("customerNumber", customer_number), *more), operation)
        found.sort(key=lambda row: (row.invoice_date, len(row.number), row.number))
        return [mapping.invoice(row, self.rules.joint) for row in found]

    def _posted(self, where: str, operation: str) -> list[InvoiceRow]:
        path, _ = rows.invoices(where)
        found = [row for row in self.api.rows(path, InvoiceRow, operation) if row.status in STANDING]
        for row in found:
            self._complete(row, row.sales_invoice_lines, LineRow, operation)
        return found


def _link(answer: Answer) -> str:
    """Where the paper is; the field that it is a link of is called differently in different places."""
    papers = answer.decoded(_Papers).value or [answer.decoded(dict[str, msgspec.Raw])]
    links = [bytes(value) for name, value in papers[0].items() if name.endswith(_LINK)]
    return answer.understood(lambda: decoded(links[0], str)) if links else ""

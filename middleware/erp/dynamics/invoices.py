"""F&O's invoices: what was billed, what is still to be paid, and F&O's own paper."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import date

import msgspec

from middleware.erp.dynamics import odata
from middleware.erp.dynamics.api import Api, Pages, not_found
from middleware.erp.dynamics.customers import Customers
from middleware.erp.dynamics.invoice_mapping import LedgerRow, invoice, ledger_kind
from middleware.erp.dynamics.rows import InvoiceRow, fields
from middleware.errors import Malformed, NotFound, Rejected
from middleware.records import Customer, Invoice

_HEADERS, _LINES, _LEDGER = "SalesInvoiceHeadersV2", "SalesInvoiceLinesV2", "CustInvoiceJourBiEntities"
_PRINT = "SrsFinanceCopilots/Microsoft.Dynamics.DataEntities.RunCopilotReport"
_PDF = b"%PDF-"


class _Printed(msgspec.Struct):
    value: str | None = None


class Invoices:
    """The part of the port that speaks of invoices."""

    def __init__(self, api: Api, customers: Customers) -> None:
        self._api = api
        self._customers = customers
        self._ledger_kind = ledger_kind(api.rules.due_amount_field)

    def between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        if not odata.is_askable(customer_number) or first > last:
            return []
        days = odata.both(f"InvoiceDate ge {odata.day_begins(first)}", f"InvoiceDate le {odata.day_ends(last)}")
        account = odata.text(customer_number)
        pages = self._asked(
            odata.both(f"InvoiceCustomerAccountNumber eq {account}", days),
            odata.both(f"InvoiceAccount eq {account}", days),
            "invoices_between",
        )
        return self._read(pages, customer_number)[::-1]

    def unpaid(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        if not odata.is_askable(customer_number):
            return []
        operation = "unpaid_invoices"
        owed = odata.both(
            f"InvoiceAccount eq {odata.text(customer_number)}", f"{self._api.rules.due_amount_field} gt 0"
        )
        query = self._api.set_of(_LEDGER, owed, fields(self._ledger_kind))
        ledger = {row.invoice_id or "": row for row in self._api.rows(query, self._ledger_kind, operation)}
        numbers = sorted(filter(odata.is_askable, ledger))
        conditions = [
            odata.either("InvoiceNumber", numbers[place : place + odata.ONCE])
            for place in range(0, len(numbers), odata.ONCE)
        ]
        if not conditions:
            return []
        pages = self._api.batch([self._headers(one) for one in conditions], operation)
        rows = [row for place in range(len(conditions)) for row in pages.of(place, InvoiceRow)]
        found = self._records(rows, ledger, customer_number)
        return [one for one in found if one.due > 0]

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it.

        Raises:
            NotFound: There is no such invoice.
        """
        if odata.is_askable(number):
            literal = odata.text(number)
            pages = self._asked(f"InvoiceNumber eq {literal}", f"InvoiceId eq {literal}", "invoice")
            for one in self._read(pages, None):
                if one.number == number:
                    return one
        raise not_found("invoice")

    def pdf(self, number: str) -> bytes | None:
        """F&O's own paper, as its report server prints it; None where there is no such invoice.

        Raises:
            Malformed: What was printed is no PDF.
        """
        if not odata.is_askable(number):
            return None
        report = self._api.rules.report
        which = {"DataTableName": report.table, "DataTableFieldName": report.field, "DataTableFieldValue": number}
        body = {
            "_legalEntityName": self._api.rules.company.upper(),
            "_controllerName": report.controller,
            "_contractName": report.contract,
            "_controllerArgsJson": msgspec.json.encode(which).decode(),
            "_reportParameterJson": "{}",
        }
        try:
            answer = self._api.call(_PRINT, body, "invoice_pdf")
        except (NotFound, Rejected):
            return None
        printed = answer.decoded(_Printed).value
        if not printed:
            return None
        try:
            paper = base64.b64decode(printed, validate=True)
        except (binascii.Error, ValueError):
            answer.fails(Malformed, "the invoice's paper isn't in base64")
        if not paper.startswith(_PDF) or b"%%EOF" not in paper[-1024:]:
            answer.fails(Malformed, "the invoice's paper is no PDF, or not all of one")
        return paper

    def _headers(self, condition: str) -> str:
        return self._api.set_of(_HEADERS, condition, fields(InvoiceRow), expand=_LINES)

    def _asked(self, headers: str, ledger: str, operation: str) -> Pages:
        queries = [self._headers(headers), self._api.set_of(_LEDGER, ledger, fields(self._ledger_kind))]
        return self._api.batch(queries, operation)

    def _read(self, pages: Pages, customer_number: str | None) -> list[Invoice]:
        ledger = {row.invoice_id or "": row for row in pages.of(1, self._ledger_kind)}
        return self._records(pages.of(0, InvoiceRow), ledger, customer_number)

    def _records(
        self, rows: Sequence[InvoiceRow], ledger: dict[str, LedgerRow], customer_number: str | None
    ) -> list[Invoice]:
        """The oldest first; a text is found in any case there, but an account is taken as it stands."""
        theirs = [row for row in rows if customer_number in (None, row.invoice_customer_account_number)]
        buyer = self._buyer(theirs)
        rates = self._api.rules.rates
        found = [invoice(row, ledger.get(row.invoice_number), buyer, rates) for row in theirs]
        return sorted(found, key=lambda one: (one.issued_on, len(one.number), one.number))

    def _buyer(self, rows: Sequence[InvoiceRow]) -> Customer | None:
        """The account, where an invoice itself doesn't have its address."""
        nameless = next((row for row in rows if not row.invoice_address_street), None)
        number = nameless.invoice_customer_account_number if nameless else None
        try:
            return self._customers.customer(number) if number else None
        except NotFound:
            return None

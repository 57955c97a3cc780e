"""Billing documents, with SAP's own papers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import quote

from middleware.erp.sap import values
from middleware.erp.sap.accounts import Accounts
from middleware.erp.sap.api import INVOICES
from middleware.erp.sap.base import not_found
from middleware.erp.sap.rows import InvoiceItemRow, InvoiceRow
from middleware.records import Address, Customer, Invoice, InvoiceLine, TaxTotal
from middleware.totals import to_the_cent

_INVOICE = "M"  # category; others are credit memos, cancellations, pro formas
_CLEARED = "C"
_ONLY = f"SDDocumentCategory eq '{_INVOICE}' and BillingDocumentIsCancelled eq false"


class Invoices(Accounts):
    """The part of the port that speaks of invoices."""

    def invoices_between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        days = f"BillingDocumentDate ge {values.literal(first)} and BillingDocumentDate le {values.literal(last)}"
        found = self._listed(customer_number, days, "invoices_between")
        return sorted(found, key=_age, reverse=True)

    def unpaid_invoices(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        found = self._listed(customer_number, f"InvoiceClearingStatus ne '{_CLEARED}'", "unpaid_invoices")
        return sorted((one for one in found if one.due > 0), key=_age)

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it: the gateway judges that.

        Raises:
            NotFound: There is no such invoice.
        """
        if not values.is_id(number):
            raise not_found("invoice")
        path = f"A_BillingDocument({values.quoted(values.padded(number))})?{values.query(expand='to_Item')}"
        row = self._api.one(INVOICES, path, "invoice", InvoiceRow)
        if row.SDDocumentCategory != _INVOICE or row.BillingDocumentIsCancelled:
            raise not_found("invoice")
        return self._invoice(row, self._customer_or_none(values.plain(row.SoldToParty)))

    def invoice_pdf(self, number: str) -> bytes | None:
        """SAP's own PDF of an invoice; None where it has drawn none."""
        if not values.is_id(number):
            return None
        path = f"GetPDF?BillingDocument={quote(values.quoted(values.padded(number)))}"
        return self._api.document(INVOICES, path, "GetPDF", "invoice_pdf")

    def _listed(self, customer_number: str, wanted: str, operation: str) -> list[Invoice]:
        if not values.is_id(customer_number):
            return []
        who = f"SoldToParty eq {values.quoted(values.padded(customer_number))}"
        path = f"A_BillingDocument?{values.query(filter=f'{who} and {wanted} and {_ONLY}', expand='to_Item')}"
        rows, buyer = self._api.at_once(
            lambda: self._api.read(INVOICES, path, operation, InvoiceRow),
            lambda: self._customer_or_none(customer_number),
        )
        return [self._invoice(row, buyer) for row in rows]

    def _invoice(self, row: InvoiceRow, buyer: Customer | None) -> Invoice:
        items = sorted(row.to_Item.results, key=lambda one: values.position(one.BillingDocumentItem))
        rates = [self._rate(item) for item in items]
        issued_on = values.day(row.BillingDocumentDate) or date.min
        gross = to_the_cent(row.TotalNetAmount + row.TaxAmount)
        return Invoice(
            number=values.plain(row.BillingDocument),
            customer_number=values.plain(row.SoldToParty),
            order_number=next((values.plain(one.SalesDocument) for one in items if one.SalesDocument), None),
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=self._rules.payment_terms.get(row.CustomerPaymentTerms, 0)),
            paid_on=None,
            currency=row.TransactionCurrency,
            buyer_name=buyer.name if buyer else "",
            buyer_address=buyer.address if buyer else Address(),
            lines=tuple(_line(item, rate) for item, rate in zip(items, rates, strict=True)),
            net=to_the_cent(row.TotalNetAmount),
            taxes=_taxes(items, rates),
            gross=gross,
            due=Decimal(0) if row.InvoiceClearingStatus == _CLEARED else gross,
        )

    def _rate(self, item: InvoiceItemRow) -> Decimal:
        """The rate of an item's tax: the first known one that comes to it, or the shortest that does."""
        net, tax = item.NetAmount, item.TaxAmount
        for rate in self._rules.tax_rates:
            if to_the_cent(net * rate / 100) == to_the_cent(tax):
                return rate
        exact = tax / net * 100 if net else Decimal(0)
        shorter = (exact.quantize(Decimal(1).scaleb(-places)) for places in range(5))
        found = next((one for one in shorter if to_the_cent(net * one / 100) == to_the_cent(tax)), exact)
        return found.normalize() if found else Decimal(0)


def _line(item: InvoiceItemRow, rate: Decimal) -> InvoiceLine:
    quantity = item.BillingQuantity
    return InvoiceLine(
        id=values.plain(item.BillingDocumentItem),
        sku=item.Material or None,
        description=item.BillingDocumentItemText,
        quantity=values.units(quantity),
        price=values.price(item.NetAmount, quantity) if quantity else Decimal(0),
        tax_rate=rate,
        net=to_the_cent(item.NetAmount),
    )


def _taxes(items: Sequence[InvoiceItemRow], rates: Sequence[Decimal]) -> tuple[TaxTotal, ...]:
    sums: dict[Decimal, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for item, rate in zip(items, rates, strict=True):
        net, tax = sums[rate]
        sums[rate] = net + item.NetAmount, tax + item.TaxAmount
    return tuple(
        TaxTotal(rate=rate, net=to_the_cent(net), tax=to_the_cent(tax)) for rate, (net, tax) in sorted(sums.items())
    )


def _age(invoice: Invoice) -> tuple[date, int, str]:
    return invoice.issued_on, len(invoice.number), invoice.number

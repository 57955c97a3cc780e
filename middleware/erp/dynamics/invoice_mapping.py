"""Turns F&O's invoices into our records. Of tax it tells amounts alone: the rates are found among the company's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import cast

import msgspec

from middleware.erp.dynamics.mapping import address
from middleware.erp.dynamics.rows import InvoiceLineRow, InvoiceRow, Row, day
from middleware.records import Customer, Invoice, InvoiceLine, TaxTotal
from middleware.totals import to_the_cent

_HALF_A_CENT = Decimal("0.005")
_FINEST = 4  # decimals of a rate


class LedgerRow(Row, kw_only=True):
    """A row of `CustInvoiceJourBiEntities`.

    Attributes:
        due: The field that the settings name.
    """

    invoice_id: str | None = None
    due_date: datetime
    invoicing_name: str | None = None
    due: Decimal = Decimal(0)


def ledger_kind(due_amount_field: str) -> type[LedgerRow]:
    """The kind of row whose due amount is in a field of this name."""
    due = ("due", Decimal, msgspec.field(name=due_amount_field, default=Decimal(0)))
    kind = msgspec.defstruct("NamedLedgerRow", [due], bases=(LedgerRow,), rename="pascal", kw_only=True)
    return cast(type[LedgerRow], kind)


def invoice(row: InvoiceRow, ledger: LedgerRow | None, buyer: Customer | None, rates: Sequence[Decimal]) -> Invoice:
    """A row of `SalesInvoiceHeadersV2` with its lines.

    Args:
        ledger: What the ledger has of it: name, due date, and what is still to be paid.
        buyer: The account, if its name or address is wanted of it.
    """
    found = sorted(row.lines, key=lambda line: line.line_creation_sequence_number)
    by_line = _rates(found, rates)
    lines = tuple(_line(line, by_line[line.line_creation_sequence_number]) for line in found)
    issued = day(row.invoice_date) or date.min
    gross = row.total_invoice_amount
    billed = address(
        row.invoice_address_street,
        row.invoice_address_city,
        row.invoice_address_state,
        row.invoice_address_zip_code,
        row.invoice_address_country_region_i_s_o_code,
    )
    return Invoice(
        number=row.invoice_number,
        customer_number=row.invoice_customer_account_number or "",
        order_number=row.sales_order_number or None,
        issued_on=issued,
        due_on=(day(ledger.due_date) if ledger else None) or issued,
        paid_on=None,
        currency=row.currency_code or "",
        buyer_name=(ledger.invoicing_name if ledger else None) or (buyer.name if buyer else ""),
        buyer_address=billed if billed.address1 or buyer is None else buyer.address,
        lines=lines,
        net=gross - row.total_tax_amount,
        taxes=_taxes(found, lines),
        gross=gross,
        due=min(max(ledger.due, Decimal(0)), max(gross, Decimal(0))) if ledger else Decimal(0),
    )


def _line(row: InvoiceLineRow, rate: Decimal) -> InvoiceLine:
    return InvoiceLine(
        id=str(row.line_creation_sequence_number),
        sku=row.product_number or None,
        description=row.product_description or row.product_name or row.product_number or "",
        quantity=row.invoiced_quantity,
        price=row.sales_price,
        tax_rate=rate,
        net=row.line_amount,
    )


def _taxes(rows: Sequence[InvoiceLineRow], lines: Sequence[InvoiceLine]) -> tuple[TaxTotal, ...]:
    nets: dict[Decimal, Decimal] = defaultdict(Decimal)
    taxes: dict[Decimal, Decimal] = defaultdict(Decimal)
    for row, line in zip(rows, lines, strict=True):
        nets[line.tax_rate] += row.line_amount
        taxes[line.tax_rate] += row.line_total_tax_amount
    return tuple(
        TaxTotal(rate=rate, net=to_the_cent(net), tax=to_the_cent(taxes[rate])) for rate, net in sorted(nets.items())
    )


def _rates(rows: Sequence[InvoiceLineRow], known: Sequence[Decimal]) -> Mapping[int, Decimal]:
    """The rate of each line: the larger an amount, the surer its rate; small ones have one of those, if it fits."""
    found: dict[int, Decimal] = {}
    for row in sorted(rows, key=lambda row: -abs(row.line_amount)):
        fits = [rate for rate in (*dict.fromkeys(found.values()), *known) if _fits(row, rate)]
        found[row.line_creation_sequence_number] = fits[0] if fits else _plainest(row)
    return found


def _fits(row: InvoiceLineRow, rate: Decimal) -> bool:
    return abs(row.line_amount * rate / 100 - row.line_total_tax_amount) <= _HALF_A_CENT


def _plainest(row: InvoiceLineRow) -> Decimal:
    """The rate with the fewest decimals that makes the amount of tax."""
    if not row.line_amount:
        return Decimal(0)
    exact = row.line_total_tax_amount * 100 / row.line_amount
    rounded = (round(exact, decimals) for decimals in range(_FINEST + 1))
    return next((rate for rate in rounded if _fits(row, rate)), round(exact, _FINEST))

"""The demo's invoices: one for each shipped order, and a company's monthly ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random

from middleware.demo import catalogue
from middleware.demo.calendar import Calendar
from middleware.demo.customers import accounts
from middleware.demo.data import Row
from middleware.demo.files import Entry, read
from middleware.records import Order

MONTHS = 12

_CLOTHING = ("clothing", "footwear")


class TaxRates(Entry, frozen=True, kw_only=True):
    """A state's rates, in percent."""

    clothing: Decimal
    other: Decimal


class ToldLine(Entry, frozen=True, kw_only=True):
    """A line as the file has it."""

    sku: str
    quantity: int
    price: Decimal


class ToldInvoice(Entry, frozen=True, kw_only=True):
    """An invoice as the file has it, days as phrases of calendar.py; not paid yet if `paid` is to come."""

    number: str
    customer: str
    issued: str
    due: str
    paid: str
    lines: tuple[ToldLine, ...]


class InvoicesFile(Entry, frozen=True, kw_only=True):
    """invoices.yml."""

    tax_rates: dict[str, TaxRates]
    last_month: ToldInvoice


@dataclass(frozen=True)
class InvoiceLine:
    """One position of an invoice, without tax; `tax_rate` in percent."""

    sku: str
    quantity: int
    price: Decimal
    tax_rate: Decimal


@dataclass(frozen=True)
class Invoice:
    """An invoice; its number is given when all are known."""

    customer_number: str
    issued_on: date
    due_on: date
    paid_on: date | None
    lines: tuple[InvoiceLine, ...]
    order_number: str | None = None
    number: str = ""


@lru_cache(maxsize=1)
def _file() -> InvoicesFile:
    return read("invoices.yml", InvoicesFile)


def all_invoices(orders: Sequence[Order], calendar: Calendar) -> list[Invoice]:
    """All invoices, numbered in the order of their days so that the told one has its own number."""
    told = _told(calendar)
    found = [told, *_older_monthly(calendar)]
    found += [_of_order(order, calendar) for order in orders if order.shipments]
    found.sort(key=lambda invoice: (invoice.issued_on, invoice.customer_number, invoice.order_number or ""))
    prefix, number = _file().last_month.number.split("-")
    first = int(number) - found.index(told)
    return [replace(invoice, number=f"{prefix}-{first + position}") for position, invoice in enumerate(found)]


def _told(calendar: Calendar) -> Invoice:
    entry = _file().last_month
    paid_on = calendar.day(entry.paid)
    return Invoice(
        customer_number=entry.customer,
        issued_on=calendar.day(entry.issued),
        due_on=calendar.day(entry.due),
        paid_on=paid_on if paid_on <= calendar.today else None,
        lines=tuple(_line(entry.customer, line.sku, line.quantity, line.price) for line in entry.lines),
    )


def _older_monthly(calendar: Calendar) -> list[Invoice]:
    """The same customer's invoices of the eleven months before, with what a company buys for its people."""
    customer_number = _file().last_month.customer
    day = calendar.day(_file().last_month.issued).day
    found = []
    for back in range(2, MONTHS + 1):
        random = Random(back)
        skus = random.sample(list(catalogue.variants()), random.randint(2, 4))
        lines = tuple(_line(customer_number, sku, random.randint(2, 12)) for sku in skus)
        issued_on = calendar.month(back).replace(day=day)
        found.append(_invoice(customer_number, issued_on, lines, calendar))
    return found


def _of_order(order: Order, calendar: Calendar) -> Invoice:
    """An invoice for what has been shipped of an order."""
    shipped: Counter[str] = Counter()
    for shipment in order.shipments:
        shipped.update({line: int(quantity) for line, quantity in shipment.quantities.items()})
    lines = tuple(
        _line(order.customer_number, line.sku, shipped[line.id], line.price.amount if line.price else None)
        for line in order.lines
        if shipped[line.id]
    )
    issued_on = calendar.day_of(order.shipments[0].shipped_at or order.placed_at)
    return replace(_invoice(order.customer_number, issued_on, lines, calendar), order_number=order.number)


def _invoice(customer_number: str, issued_on: date, lines: tuple[InvoiceLine, ...], calendar: Calendar) -> Invoice:
    """An invoice on the customer's terms: paid when ordered, a few days before it is due, or not at all."""
    account = accounts()[customer_number]
    due_on = issued_on + timedelta(days=account.payment_days)
    paid_on = due_on if due_on == issued_on else due_on - timedelta(days=3)
    paid = paid_on <= calendar.today and not account.pays_late
    return Invoice(customer_number, issued_on, due_on, paid_on if paid else None, lines)


def _line(customer_number: str, sku: str, quantity: int, price: Decimal | None = None) -> InvoiceLine:
    product = catalogue.variants()[sku].product
    tax_rate = _tax_rate(accounts()[customer_number].address.state, product.category)
    return InvoiceLine(sku, quantity, product.price if price is None else price, tax_rate)


def _tax_rate(state: str, category: str) -> Decimal:
    rates = _file().tax_rates.get(state)
    if rates is None:
        return Decimal(0)
    return rates.clothing if category in _CLOTHING else rates.other


def invoice_rows(invoices: Iterable[Invoice]) -> list[Row]:
    """Rows of `erp_invoices`."""
    return [
        {
            "number": invoice.number,
            "customer_number": invoice.customer_number,
            "order_number": invoice.order_number,
            "issued_on": invoice.issued_on,
            "due_on": invoice.due_on,
            "paid_on": invoice.paid_on,
            "currency": catalogue.CURRENCY,
        }
        for invoice in invoices
    ]


def line_rows(invoices: Iterable[Invoice]) -> list[Row]:
    """Rows of `erp_invoice_lines`."""
    return [
        {
            "invoice_number": invoice.number,
            "line": str(position),
            "sku": line.sku,
            "description": catalogue.described(line.sku),
            "quantity": line.quantity,
            "price": line.price,
            "tax_rate": line.tax_rate,
        }
        for invoice in invoices
        for position, line in enumerate(invoice.lines, start=1)
    ]

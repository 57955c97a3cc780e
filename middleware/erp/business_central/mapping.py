"""Turns rows of Business Central into our records, one function per record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from middleware.erp.business_central.rows import (
    CustomerRow,
    InvoiceRow,
    LineRow,
    OrderRow,
    ShipmentLineRow,
    ShipmentRow,
)
from middleware.phones import e164
from middleware.records import (
    Address,
    Customer,
    Invoice,
    InvoiceLine,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Shipment,
    TaxTotal,
    Variant,
)
from middleware.totals import to_the_cent

_FIRST_DAY = date(1970, 1, 1)  # what is before it, such as 0001-01-01, stands for none


@dataclass(frozen=True)
class Terms:
    """What orders are read by.

    Attributes:
        known: What our catalogue knows of the articles, by SKU.
        changeable: Statuses in which nothing has been handed to the warehouse.
        joint: What stands between an item's number and a variant's code.
        zone: The company's.
    """

    known: Mapping[str, Variant]
    changeable: Sequence[str]
    joint: str
    zone: ZoneInfo


def some_day(day: date | None) -> date | None:
    """A day; None for what stands for none."""
    return None if day is None or day < _FIRST_DAY else day


def beginning(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day of the company's begins."""
    return datetime.combine(day, time(), zone)


def customer(row: CustomerRow, country: str) -> Customer:
    """A customer.

    Args:
        country: Whose phone numbers they are that have no country code.
    """
    return Customer(
        number=row.number,
        name=row.display_name,
        email=row.email.strip().lower() or None,
        phone=e164(row.phone_number, country),
        address=Address(
            address1=row.address_line1,
            address2=row.address_line2,
            city=row.city,
            state=row.state,
            country=row.country,
            postcode=row.postal_code,
        ),
    )


def sku(line: LineRow, joint: str) -> str:
    """What a line sells: an item, or a variant of one."""
    code = line.item_variant.code if line.item_variant else ""
    return line.line_object_number + (joint + code if code else "")


def order(row: OrderRow, parcels: Sequence[ShipmentRow], terms: Terms) -> Order:
    """An order with its parcels.

    Args:
        parcels: The order's own.
    """
    sold = [line for line in row.sales_order_lines if line.is_item]
    still = _before_leaving(row, sold, terms)
    lines = tuple(_order_line(line, row.currency_code, terms, still) for line in sold)
    ids = {(line.sequence, line.line_object_number): str(line.sequence) for line in sold}
    promised = some_day(row.requested_delivery_date)
    expected = _expected(sold, promised)
    status = _status(lines, still, is_late=bool(promised and expected and expected > promised))
    awaited = expected if status is OrderStatus.SHIPPED else None
    return Order(
        number=row.number,
        customer_number=row.customer_number,
        placed_at=beginning(row.order_date, terms.zone),
        status=status,
        lines=lines,
        shipments=tuple(_shipment(one, ids, terms.zone, awaited) for one in parcels),
        promised_on=promised,
        expected_on=None if status is OrderStatus.CANCELLED else expected,
        address=_ship_to(row),
        version=version(row),
    )


def posted_order(parcels: Sequence[ShipmentRow], bills: Sequence[InvoiceRow], terms: Terms) -> Order:
    """An order that is there no more, because all of it was posted: what its parcels and invoices still tell.

    Args:
        parcels: The order's own, the oldest first; at least one.
        bills: The order's own: parcels don't tell variants.
    """
    first = parcels[0]
    billed = [line for bill in bills for line in bill.sales_invoice_lines]
    skus = {(line.sequence, line.line_object_number): sku(line, terms.joint) for line in billed}
    sent = sorted((line for one in parcels for line in one.sales_shipment_lines if _is_sold(line)), key=_place)
    ids = {_place(line): str(line.sequence) for line in sent}
    placed_on = some_day(first.invoice_date) or some_day(first.posting_date) or _FIRST_DAY
    return Order(
        number=first.order_number,
        customer_number=first.customer_number,
        placed_at=beginning(placed_on, terms.zone),
        status=OrderStatus.SHIPPED,
        lines=tuple(_sent_line(list(same), skus, first, terms) for _, same in groupby(sent, key=_place)),
        shipments=tuple(_shipment(one, ids, terms.zone) for one in parcels),
        address=_ship_to(first),
        version="posted",
    )


def version(row: OrderRow) -> str:
    """The token of an order's state: that of its header and of each line."""
    parts = [row.etag, *(f"{line.id} {line.etag}" for line in row.sales_order_lines)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def invoice(row: InvoiceRow, joint: str) -> Invoice:
    """An invoice; on which day it was paid isn't told."""
    lines = [line for line in row.sales_invoice_lines if line.line_type != "Comment"]
    return Invoice(
        number=row.number,
        customer_number=row.customer_number,
        order_number=row.order_number or None,
        issued_on=row.invoice_date,
        due_on=some_day(row.due_date) or row.invoice_date,
        paid_on=None,
        currency=row.currency_code,
        buyer_name=row.bill_to_name,
        buyer_address=Address(
            address1=row.bill_to_address_line1,
            address2=row.bill_to_address_line2,
            city=row.bill_to_city,
            state=row.bill_to_state,
            country=row.bill_to_country,
            postcode=row.bill_to_post_code,
        ),
        lines=tuple(_invoice_line(line, row.prices_include_tax, joint) for line in lines),
        net=row.total_amount_excluding_tax,
        taxes=_taxes(lines),
        gross=row.total_amount_including_tax,
        due=row.remaining_amount,
    )


def _order_line(line: LineRow, currency: str, terms: Terms, still: OrderStatus) -> OrderLine:
    article = sku(line, terms.joint)
    variant = terms.known.get(article)
    return OrderLine(
        id=str(line.sequence),
        sku=article,
        name=variant.name if variant else line.description,
        options=variant.options if variant else {},
        category=variant.category if variant else "",
        quantity=line.quantity,
        price=_price(line.unit_price, currency),
        status=_line_status(line, still),
    )


def _before_leaving(row: OrderRow, lines: Iterable[LineRow], terms: Terms) -> OrderStatus:
    """How what hasn't left stands. Nothing tells how far the warehouse is: what it has counts as packed, at first."""
    if row.status in terms.changeable:
        return OrderStatus.PLACED
    return OrderStatus.PICKING if any(line.shipped_quantity for line in lines) else OrderStatus.PACKED


def _line_status(line: LineRow, still: OrderStatus) -> OrderStatus:
    if not line.quantity:
        return OrderStatus.CANCELLED
    if line.shipped_quantity >= line.quantity:
        return OrderStatus.SHIPPED
    return OrderStatus.PARTLY_SHIPPED if line.shipped_quantity else still


def _status(lines: Iterable[OrderLine], still: OrderStatus, *, is_late: bool) -> OrderStatus:
    left = {line.status for line in lines if line.status is not OrderStatus.CANCELLED}
    if not left:
        return OrderStatus.CANCELLED
    if left == {OrderStatus.SHIPPED}:
        return OrderStatus.SHIPPED
    if left & {OrderStatus.SHIPPED, OrderStatus.PARTLY_SHIPPED}:
        return OrderStatus.PARTLY_SHIPPED
    return OrderStatus.DELAYED if is_late and still is OrderStatus.PLACED else still


def _expected(lines: Iterable[LineRow], promised: date | None) -> date | None:
    """The day that was promised, or a later one on which something of it leaves at last."""
    leaves = [day for line in lines if line.quantity and (day := some_day(line.shipment_date))]
    days = [*leaves, *([promised] if promised else [])]
    return max(days, default=None)


def _shipment(
    row: ShipmentRow, ids: Mapping[tuple[int, str], str], zone: ZoneInfo, awaited: date | None = None
) -> Shipment:
    """A posted parcel.

    Args:
        awaited: The day on which the order is expected, if all of it is sent.
    """
    quantities: dict[str, Decimal] = {}
    for line in row.sales_shipment_lines:
        id_ = ids.get(_place(line))
        if id_ is not None and line.quantity:
            quantities[id_] = quantities.get(id_, Decimal(0)) + line.quantity
    posted = some_day(row.posting_date)
    return Shipment(
        id=row.number,
        quantities=quantities,
        shipped_at=beginning(posted, zone) if posted else None,
        expected_on=awaited if awaited and posted and awaited >= posted else None,
    )


def _sent_line(
    same: Sequence[ShipmentLineRow], skus: Mapping[tuple[int, str], str], parcel: ShipmentRow, terms: Terms
) -> OrderLine:
    line = same[0]
    article = skus.get(_place(line), line.line_object_number)
    variant = terms.known.get(article)
    return OrderLine(
        id=str(line.sequence),
        sku=article,
        name=variant.name if variant else line.description,
        options=variant.options if variant else {},
        category=variant.category if variant else "",
        quantity=sum((one.quantity for one in same), Decimal(0)),
        price=_price(line.unit_price, parcel.currency_code),
        status=OrderStatus.SHIPPED,
    )


def _is_sold(line: ShipmentLineRow) -> bool:
    return line.line_type == "Item" and bool(line.quantity)


def _place(line: ShipmentLineRow) -> tuple[int, str]:
    """A parcel's line keeps the number of the order's line, and its article."""
    return line.sequence, line.line_object_number


def _price(amount: Decimal, currency: str) -> Money | None:
    """Nothing is what a line costs that has no price (yet)."""
    return Money(amount=amount, currency=currency) if amount else None


def _ship_to(row: OrderRow | ShipmentRow) -> Address:
    return Address(
        address1=row.ship_to_address_line1,
        address2=row.ship_to_address_line2,
        city=row.ship_to_city,
        state=row.ship_to_state,
        country=row.ship_to_country,
        postcode=row.ship_to_post_code,
    )


def _invoice_line(line: LineRow, prices_include_tax: bool, joint: str) -> InvoiceLine:
    price = line.unit_price
    if prices_include_tax and line.quantity:
        price = to_the_cent(line.net_amount / line.quantity)
    return InvoiceLine(
        id=str(line.sequence),
        sku=sku(line, joint) if line.is_item else None,
        description=line.description,
        quantity=line.quantity,
        price=price,
        tax_rate=line.tax_percent,
        net=line.net_amount,
    )


def _taxes(lines: Iterable[LineRow]) -> tuple[TaxTotal, ...]:
    by_rate = groupby(sorted(lines, key=lambda line: line.tax_percent), key=lambda line: line.tax_percent)
    totals = []
    for rate, same in by_rate:
        taxed = list(same)
        net = sum((line.net_amount for line in taxed), Decimal(0))
        totals.append(TaxTotal(rate=rate, net=net, tax=sum((line.net_tax_amount for line in taxed), Decimal(0))))
    return tuple(totals)

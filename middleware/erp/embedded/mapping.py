"""Turns rows of the embedded ERP into our records, one function per record."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

import msgspec
from sqlalchemy.engine import Row

from middleware.records import Address, Customer, Money, Order, OrderLine, OrderStatus, Shipment


def customer(row: Row, contact_name: str | None = None) -> Customer:
    """A row of `erp_customers`, with the contact person through whom it was found."""
    return Customer(
        number=row.number,
        name=row.name,
        email=row.email,
        phone=row.phone,
        address=address(row),
        contact_name=contact_name,
    )


def address(row: Row) -> Address:
    """The address columns of a customer or of an order."""
    return Address(
        address1=row.address1,
        address2=row.address2,
        city=row.city,
        state=row.state,
        country=row.country,
        postcode=row.postcode,
    )


def order(row: Row, lines: Iterable[Row], shipment_lines: Iterable[Row]) -> Order:
    """A row of `erp_orders`, with its lines, and with its shipments' lines ordered by shipment."""
    return Order(
        number=row.number,
        customer_number=row.customer_number,
        placed_at=row.placed_at,
        status=OrderStatus(row.status),
        lines=tuple(map(order_line, lines)),
        shipments=tuple(shipment(list(rows)) for _, rows in groupby(shipment_lines, attrgetter("id"))),
        promised_on=row.promised_on,
        expected_on=row.expected_on,
        delivered_at=row.delivered_at,
        address=address(row),
        version=str(row.version),
    )


def order_line(row: Row) -> OrderLine:
    """A row of `erp_order_lines` joined with its product."""
    return OrderLine(
        id=row.line,
        sku=row.sku,
        name=row.name,
        options=msgspec.convert(row.options, dict[str, str]),
        category=row.category,
        quantity=Decimal(row.quantity),
        price=None if row.price is None else Money(amount=row.price, currency=row.currency),
        status=OrderStatus(row.status),
    )


def shipment(rows: list[Row]) -> Shipment:
    """A row of `erp_shipments`, once per line that is in it; once without a line if it is empty."""
    first = rows[0]
    return Shipment(
        id=first.id,
        quantities={row.line: Decimal(row.quantity) for row in rows if row.line is not None},
        shipped_at=first.shipped_at,
        carrier=first.carrier,
        tracking=first.tracking,
        expected_on=first.expected_on,
        delivered_at=first.delivered_at,
    )

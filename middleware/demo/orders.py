"""The demo's told orders, from orders.yml, and the rows of all orders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from middleware.demo import catalogue, customers
from middleware.demo.calendar import Calendar
from middleware.demo.data import Row
from middleware.demo.files import Entry, read
from middleware.records import Address, Order, OrderStatus, Shipment


class ToldLine(Entry, frozen=True, kw_only=True):
    """A line as the file has it."""

    sku: str
    quantity: int
    status: OrderStatus


class ToldShipment(Entry, frozen=True, kw_only=True):
    """A parcel as the file has it; days and moments are phrases of calendar.py, quantities go by line."""

    carrier: str
    tracking: str
    shipped: str
    expected: str
    quantities: dict[str, int]
    delivered: str | None = None


class ToldOrder(Entry, frozen=True, kw_only=True):
    """An order as the file has it; days and moments are phrases of calendar.py."""

    number: str
    customer: str
    status: OrderStatus
    placed: str
    promised: str
    expected: str
    lines: tuple[ToldLine, ...]
    shipments: tuple[ToldShipment, ...] = ()
    delivered: str | None = None


@lru_cache(maxsize=1)
def _file() -> list[ToldOrder]:
    return read("orders.yml", list[ToldOrder])


def told(calendar: Calendar) -> list[Order]:
    """The orders that the demo's conversations speak of."""
    return [_order(entry, calendar) for entry in _file()]


def address_of(customer_number: str) -> Address:
    """Where a customer's goods go."""
    return customers.accounts()[customer_number].address


def shipment_id(order_number: str, parcel: int) -> str:
    """The id of an order's first, second, … parcel."""
    return f"SH-{order_number}-{parcel}"


def _order(entry: ToldOrder, calendar: Calendar) -> Order:
    return Order(
        number=entry.number,
        customer_number=entry.customer,
        placed_at=calendar.moment(entry.placed),
        status=entry.status,
        lines=tuple(
            catalogue.order_line(str(position), line.sku, line.quantity, line.status)
            for position, line in enumerate(entry.lines, start=1)
        ),
        shipments=tuple(
            _shipment(shipment_id(entry.number, parcel), shipment, calendar)
            for parcel, shipment in enumerate(entry.shipments, start=1)
        ),
        promised_on=calendar.day(entry.promised),
        expected_on=calendar.day(entry.expected),
        delivered_at=_moment(entry.delivered, calendar),
        address=address_of(entry.customer),
    )


def _shipment(id_: str, entry: ToldShipment, calendar: Calendar) -> Shipment:
    return Shipment(
        id=id_,
        quantities={line: Decimal(quantity) for line, quantity in entry.quantities.items()},
        shipped_at=calendar.moment(entry.shipped),
        carrier=entry.carrier,
        tracking=entry.tracking,
        expected_on=calendar.day(entry.expected),
        delivered_at=_moment(entry.delivered, calendar),
    )


def _moment(phrase: str | None, calendar: Calendar) -> datetime | None:
    return None if phrase is None else calendar.moment(phrase)


def order_rows(placed: Iterable[Order]) -> list[Row]:
    """Rows of `erp_orders`."""
    return [
        {
            "number": order.number,
            "customer_number": order.customer_number,
            "placed_at": order.placed_at,
            "status": order.status.value,
            "promised_on": order.promised_on,
            "expected_on": order.expected_on,
            "delivered_at": order.delivered_at,
            **asdict(order.address),
        }
        for order in placed
    ]


def line_rows(placed: Iterable[Order]) -> list[Row]:
    """Rows of `erp_order_lines`."""
    return [
        {
            "order_number": order.number,
            "line": line.id,
            "sku": line.sku,
            "quantity": int(line.quantity),
            "price": line.price.amount if line.price else None,
            "status": line.status.value,
        }
        for order in placed
        for line in order.lines
    ]


def shipment_rows(placed: Iterable[Order]) -> list[Row]:
    """Rows of `erp_shipments`."""
    return [
        {
            "id": shipment.id,
            "order_number": order.number,
            "carrier": shipment.carrier,
            "tracking": shipment.tracking,
            "shipped_at": shipment.shipped_at,
            "expected_on": shipment.expected_on,
            "delivered_at": shipment.delivered_at,
        }
        for order in placed
        for shipment in order.shipments
    ]


def shipment_line_rows(placed: Iterable[Order]) -> list[Row]:
    """Rows of `erp_shipment_lines`."""
    return [
        {"shipment_id": shipment.id, "line": line, "quantity": int(quantity)}
        for order in placed
        for shipment in order.shipments
        for line, quantity in shipment.quantities.items()
    ]

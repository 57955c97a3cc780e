"""Turns Oracle's rows into our records, one function per record."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from middleware.erp.oracle.rest import Page
from middleware.erp.oracle.rows import OrderRow, ShipmentRow, ShipToRow
from middleware.erp.oracle.settings import OracleRules
from middleware.erp.oracle.standing import Part, detail_of, is_sent, moment, part, together
from middleware.records import Address, Money, Order, OrderLine, OrderStatus, Shipment, Variant

_OVER = (OrderStatus.DELIVERED, OrderStatus.RETURNED)
_SENT = (OrderStatus.SHIPPED, *_OVER)


def order(row: OrderRow, parts: Sequence[Part], articles: Mapping[str, Variant]) -> Order:
    """A row of `salesOrdersForOrderHub` with its fulfillment lines, as `order_parts` gave them."""
    lines = tuple(_line(of_line, row, articles) for of_line in _by_number(parts).values())
    left = [one for one in parts if one.status is not OrderStatus.CANCELLED]
    waiting = [one for one in left if one.status not in _SENT] or left
    status = together(line.status for line in lines)
    return Order(
        number=row.OrderNumber,
        customer_number=row.BuyingPartyNumber or "",
        placed_at=placed_at(row),
        status=status,
        lines=lines,
        shipments=_shipments(parts),
        promised_on=max(filter(None, (one.promised_on for one in left)), default=None),
        expected_on=max(filter(None, (one.expected_on for one in waiting)), default=None),
        delivered_at=_last_arrival(left) if status in _OVER else None,
        address=address(next(iter(row.shipToCustomer.items), ShipToRow())),
        version=version(row, parts),
    )


def order_parts(row: OrderRow, shipments: Sequence[ShipmentRow], rules: OracleRules, zone: ZoneInfo) -> list[Part]:
    """The fulfillment lines of what was ordered, without those of what comes back, in the order's order."""
    of_line: dict[str, list[ShipmentRow]] = defaultdict(list)
    for one in shipments:
        of_line[str(one.SourceOrderFulfillmentLineId)].append(one)
    ordered = [one for one in row.lines.items if one.TransactionCategoryCode != rules.return_category]
    parts = [part(one, of_line[str(one.FulfillLineId)], rules, zone) for one in ordered]
    return sorted(parts, key=lambda one: (len(one.number), one.number))


def placed_at(row: OrderRow) -> datetime:
    """When an order was placed.

    Raises:
        ValueError: It doesn't say.
    """
    at = moment(row.TransactionOn)
    if at is None:
        raise ValueError("an order without a date")
    return at


def version(row: OrderRow, parts: Iterable[Part]) -> str:
    """A token of everything that a change must not overwrite."""
    bare = msgspec.structs.replace(row, links=[], billToCustomer=Page())
    shipments = sorted((line for one in parts for line in one.shipments), key=lambda line: str(line.ShipmentLine))
    return hashlib.sha256(msgspec.json.encode((bare, shipments))).hexdigest()[:20]


def address(row: ShipToRow) -> Address:
    """Where an order goes."""
    return Address(
        address1=row.Address1 or "",
        address2=row.Address2 or "",
        city=row.City or "",
        state=row.State or "",
        country=row.Country or "",
        postcode=row.PostalCode or "",
    )


def _by_number(parts: Iterable[Part]) -> dict[str, list[Part]]:
    grouped: dict[str, list[Part]] = defaultdict(list)
    for one in parts:
        grouped[one.number].append(one)
    return grouped


def _line(parts: Sequence[Part], row: OrderRow, articles: Mapping[str, Variant]) -> OrderLine:
    """One line as the customer ordered it."""
    left = [one for one in parts if one.status is not OrderStatus.CANCELLED] or parts
    first = left[0].row
    article = articles.get(first.ProductNumber)
    price, currency = first.UnitSellingPrice, row.TransactionalCurrencyCode
    return OrderLine(
        id=parts[0].number,
        sku=first.ProductNumber,
        name=article.name if article else first.ProductNumber,
        options=article.options if article else {},
        category=article.category if article else "",
        quantity=sum((one.row.OrderedQuantity for one in left), Decimal(0)),
        price=None if price is None or not currency else Money(amount=price, currency=currency),
        status=together(one.status for one in parts),
    )


def _shipments(parts: Iterable[Part]) -> tuple[Shipment, ...]:
    inside: dict[str, list[tuple[Part, ShipmentRow]]] = defaultdict(list)
    for one in parts:
        for row in one.shipments:
            if is_sent(row):
                inside[str(row.ShipmentLine if row.Shipment is None else row.Shipment)].append((one, row))
    found = [_shipment(id_, content) for id_, content in inside.items()]
    return tuple(sorted(found, key=lambda one: (one.shipped_at is not None, one.shipped_at, len(one.id), one.id)))


def _shipment(id_: str, content: Sequence[tuple[Part, ShipmentRow]]) -> Shipment:
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    for one, row in content:
        quantities[one.number] += row.ShippedQuantity or 0
    details = [list(detail_of(one.row, row)) for one, row in content]
    arrivals = [max(filter(None, (moment(it.ActualDeliveryDate) for it in of)), default=None) for of in details]
    expected = (one.expected_on for one, _ in content)
    return Shipment(
        id=id_,
        quantities=dict(quantities),
        shipped_at=min(filter(None, (moment(row.ActualShipDate) for _, row in content)), default=None),
        carrier=next((one.row.ShippingCarrier for one, _ in content if one.row.ShippingCarrier), None),
        tracking=next((str(it.TrackingNumber) for of in details for it in of if it.TrackingNumber), None),
        expected_on=max(filter(None, expected), default=None),
        delivered_at=max(filter(None, arrivals)) if all(arrivals) else None,
    )


def _last_arrival(parts: Iterable[Part]) -> datetime | None:
    return max(filter(None, (one.delivered_at for one in parts)), default=None)

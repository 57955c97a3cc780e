"""When parcels should have arrived, for ERPs that know when something was sent, but not when it came."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from middleware.records import Order, OrderStatus, Shipment


def presumed(order: Order, today: date, zone: ZoneInfo, transit_days: int) -> Order:
    """Tells by when each parcel should be there; an order whose last one should be is due, and on its way no more.

    Args:
        today: The company's day.
        zone: The company's.
        transit_days: How long a parcel is under way at most whose day of arrival the ERP doesn't know, either.
    """
    shipments = tuple(replace(one, presumed_on=_presumed_on(one, zone, transit_days)) for one in order.shipments)
    order = replace(order, shipments=shipments)
    if order.status is not OrderStatus.SHIPPED or order.due_on is None or order.due_on >= today:
        return order
    lines = (replace(one, status=OrderStatus.DUE) if one.status is OrderStatus.SHIPPED else one for one in order.lines)
    return replace(order, status=OrderStatus.DUE, lines=tuple(lines))


def _presumed_on(shipment: Shipment, zone: ZoneInfo, transit_days: int) -> date | None:
    if shipment.expected_on is not None or shipment.shipped_at is None:
        return shipment.expected_on
    return shipment.shipped_at.astimezone(zone).date() + timedelta(days=transit_days)

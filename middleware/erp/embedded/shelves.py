"""Units in the warehouses, taken and put back as parts of a transaction: never more than there are."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.erp.embedded.tables import stock

_MOST = 2**31 - 1  # what the column holds


def hold(connection: Connection, skus: Collection[str]) -> None:
    """Lets nobody else move units of these articles before the transaction ends.

    All who move units of several rows hold them in one order, so that two never wait for each other.
    """
    rows = sa.select(stock.c.sku).where(stock.c.sku.in_(skus)).order_by(stock.c.sku, stock.c.warehouse)
    connection.execute(rows.with_for_update()).all()


def is_whole(units: Decimal) -> bool:
    """Whether a number can be a number of units: whole, and not negative."""
    return units.is_finite() and units >= 0 and units == units.to_integral_value()


def take(connection: Connection, sku: str, warehouse: str, units: Decimal) -> bool:
    """Takes units from a warehouse; False, and nothing is taken, if fewer lie there."""
    if units > _MOST:
        return False
    taken = connection.execute(
        sa.update(stock)
        .where(stock.c.sku == sku, stock.c.warehouse == warehouse, stock.c.available >= int(units))
        .values(available=stock.c.available - int(units))
    )
    return bool(taken.rowcount)


def take_from_one(connection: Connection, sku: str, units: Decimal) -> bool:
    """Takes units from the warehouse that has most of them; False, and nothing is taken, if fewer lie there."""
    if units == 0:
        return True
    fullest = _fullest(connection, sku)
    return fullest is not None and take(connection, sku, fullest, units)


def put(connection: Connection, sku: str, warehouse: str, units: Decimal) -> None:
    """Puts units back into a warehouse that keeps the article."""
    there = sa.update(stock).where(stock.c.sku == sku, stock.c.warehouse == warehouse)
    connection.execute(there.values(available=stock.c.available + int(units)))


def put_where_most_is(connection: Connection, sku: str, units: Decimal) -> None:
    """Puts units back to where most of the article lies; nowhere if no warehouse keeps it."""
    fullest = _fullest(connection, sku) if units else None
    if fullest is not None:
        put(connection, sku, fullest, units)


def _fullest(connection: Connection, sku: str) -> str | None:
    most = sa.select(stock.c.warehouse).where(stock.c.sku == sku).order_by(stock.c.available.desc(), stock.c.warehouse)
    warehouse: str | None = connection.execute(most.limit(1)).scalar_one_or_none()
    return warehouse

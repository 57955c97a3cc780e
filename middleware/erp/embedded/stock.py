"""The embedded ERP's stock: counted in the warehouses, and kept for customers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.erp.catalogue import Catalogue
from middleware.erp.embedded import mapping, shelves
from middleware.erp.embedded.tables import (
    customers,
    products,
    receipts,
    reservation_parts,
    reservations,
    stock,
    warehouses,
)
from middleware.erp.embedded.transactions import is_storable, not_found, rejected
from middleware.records import Reservation, StockLevel
from middleware.store import insert_once


class Stock(Catalogue):
    """The part of the port that speaks of stock and reservations, and of the articles that are in it."""

    def stock(self, sku: str) -> Sequence[StockLevel]:
        """Tells what of an article lies in each warehouse that keeps it, and what is to come in there."""
        if not is_storable(sku):
            return []
        coming = sa.select(receipts).where(receipts.c.sku == sku).order_by(receipts.c.expected_on, receipts.c.id)
        with self._reading("stock") as connection:
            to_come = connection.execute(coming).all()
            here = {row.warehouse for row in to_come}
            rows = connection.execute(_places_of(sku)).all()
            return [
                mapping.stock_level(sku, row, [one for one in to_come if one.warehouse == row.id])
                for row in rows
                if row.available is not None or row.id in here
            ]

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Takes units from what others can have, all of them or none.

        Raises:
            Rejected: Fewer are free.
            Unavailable: Nothing was reserved.
            Unknown: It may have been reserved.
        """
        with self._writing("reserve") as connection:
            made = _read_reservation(connection, reservations.c.key == key)
            if made is not None:
                return made
            _demand_sense(connection, sku, parts, customer_number)
            id_ = f"RES-{secrets.token_hex(6).upper()}"
            row = {"id": id_, "key": key, "customer_number": customer_number, "sku": sku, "reserved_at": _now()}
            insert_once(connection, reservations, row)  # waits for another one with the same key
            made = _reservation(connection, reservations.c.key == key, "reserve")
            if made.id != id_:
                return made
            _keep(connection, made, parts)
            return _reservation(connection, reservations.c.id == id_, "reserve")

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back, once.

        Raises:
            NotFound: There is no such reservation.
            Unavailable: Nothing was released.
            Unknown: It may have been released.
        """
        if not is_storable(reservation_id):
            raise not_found("release")
        this = reservations.c.id == reservation_id
        kept = sa.update(reservations).where(this, reservations.c.released_at.is_(None))
        with self._writing("release") as connection:
            if connection.execute(kept.values(released_at=_now())).rowcount:
                _give_back(connection, _reservation(connection, this, "release"))
            return _reservation(connection, this, "release")

    def reservation_made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key."""
        if not is_storable(key):
            return None
        with self._reading("reservation_made_by") as connection:
            return _read_reservation(connection, reservations.c.key == key)


def _places_of(sku: str) -> sa.sql.Select:
    """All warehouses with what of an article lies in each; nothing where it isn't kept."""
    here = sa.and_(stock.c.warehouse == warehouses.c.id, stock.c.sku == sku)
    return (
        sa.select(warehouses, stock.c.available)
        .select_from(warehouses.outerjoin(stock, here))
        .order_by(warehouses.c.name, warehouses.c.id)
    )


def _demand_sense(connection: Connection, sku: str, parts: Mapping[str, Decimal], customer_number: str) -> None:
    """Refuses what could never be reserved, before anything is written."""
    if not is_storable("".join((sku, customer_number, *parts))):
        raise rejected("reserve", "stock", "no such thing is kept")
    if not parts or not all(shelves.is_whole(units) and units for units in parts.values()):
        raise rejected("reserve", "quantity", "so many can never be kept")
    article = sa.select(products.c.sku).where(products.c.sku == sku)
    customer = sa.select(customers.c.number).where(customers.c.number == customer_number)
    if connection.execute(article).first() is None:
        raise rejected("reserve", "stock", "there is no such article")
    if connection.execute(customer).first() is None:
        raise rejected("reserve", "customer", "there is no such account")


def _keep(connection: Connection, reservation: Reservation, parts: Mapping[str, Decimal]) -> None:
    shelves.hold(connection, [reservation.sku])
    for warehouse, units in parts.items():
        if not shelves.take(connection, reservation.sku, warehouse, units):
            raise rejected("reserve", "stock", "too few are free")
        part = {"reservation_id": reservation.id, "warehouse": warehouse, "quantity": int(units)}
        connection.execute(sa.insert(reservation_parts).values(part))


def _give_back(connection: Connection, reservation: Reservation) -> None:
    shelves.hold(connection, [reservation.sku])
    for warehouse, units in reservation.parts.items():
        shelves.put(connection, reservation.sku, warehouse, units)


def _reservation(connection: Connection, wanted: sa.sql.ColumnElement[sa.Boolean], operation: str) -> Reservation:
    found = _read_reservation(connection, wanted)
    if found is None:
        raise not_found(operation)
    return found


def _read_reservation(connection: Connection, wanted: sa.sql.ColumnElement[sa.Boolean]) -> Reservation | None:
    rows = connection.execute(
        sa.select(reservations, reservation_parts.c.warehouse, reservation_parts.c.quantity)
        .select_from(reservations.outerjoin(reservation_parts))
        .where(wanted)
        .order_by(reservation_parts.c.warehouse)
    ).all()
    return mapping.reservation(rows) if rows else None


def _now() -> datetime:
    return datetime.now(timezone.utc)

"""The embedded ERP's orders: read whole, and changed as long as nothing of them is packed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple
from datetime import datetime, timezone
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.erp.embedded import mapping, shelves
from middleware.erp.embedded.tables import changes, order_lines, orders, products, shipment_lines, shipments
from middleware.erp.embedded.transactions import Transactions, is_storable, not_found, rejected
from middleware.errors import Conflict
from middleware.records import Address, Order, OrderChange, OrderLine, OrderStatus


class Orders(Transactions):
    """The orders' part of the port."""

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first, with lines and shipments."""
        if not is_storable(customer_number):
            return []
        wanted = sa.and_(orders.c.customer_number == customer_number, orders.c.placed_at >= since)
        with self._reading("orders_since") as connection:
            return _read_orders(connection, wanted)

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it.

        Raises:
            NotFound: There is no such order.
        """
        if not is_storable(number):
            raise not_found("order")
        with self._reading("order") as connection:
            found = _read_orders(connection, orders.c.number == number)
        if not found:
            raise not_found("order")
        return found[0]

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order if, in the same transaction, it hasn't reached the packing floor.

        Raises:
            Rejected: It has, or is cancelled already.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been cancelled.
        """
        with self._writing("cancel_order") as connection:
            order = held_order(connection, number)
            if _was_made(connection, number, key):
                return order
            _demand_changeable(order, version, "cancel_order")
            _cancel(connection, order)
            return _changed(connection, number, key)

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes a line or the address of an order if, in the same transaction, it hasn't reached the packing floor.

        Raises:
            Rejected: It has, there is no such line, the article is no variant of the line's, or too few are free.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been changed.
        """
        with self._writing("change_order") as connection:
            order = held_order(connection, number)
            if _was_made(connection, number, key):
                return order
            _demand_changeable(order, version, "change_order")
            if change.address is not None:
                _send_elsewhere(connection, order, change.address)
            if change.line is not None:
                _change_line(connection, order, change)
            return _changed(connection, number, key)

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it."""
        if not is_storable(number + key):
            return None
        with self._reading("order_changed_by") as connection:
            if not _was_made(connection, number, key):
                return None
            return _read_orders(connection, orders.c.number == number)[0]


def held_order(connection: Connection, number: str) -> Order:
    """Reads an order that nobody else changes before the transaction ends.

    Raises:
        NotFound: There is no such order.
    """
    held = sa.select(orders.c.number).where(orders.c.number == number).with_for_update()
    if not is_storable(number) or connection.execute(held).one_or_none() is None:
        raise not_found("order")
    return _read_orders(connection, orders.c.number == number)[0]


def _was_made(connection: Connection, number: str, key: str) -> bool:
    made = sa.select(changes.c.key).where(changes.c.key == key, changes.c.order_number == number)
    return connection.execute(made).first() is not None


def _demand_changeable(order: Order, version: str, operation: str) -> None:
    if order.version != version:
        raise Conflict("it changed meanwhile", system="erp", operation=operation)
    if not order.is_before_packing:
        raise rejected(operation, "packed", "it has reached the packing floor")


def _cancel(connection: Connection, order: Order) -> None:
    cancelled = {"status": OrderStatus.CANCELLED.value}
    connection.execute(sa.update(orders).where(orders.c.number == order.number).values(cancelled))
    connection.execute(sa.update(order_lines).where(order_lines.c.order_number == order.number).values(cancelled))


def _send_elsewhere(connection: Connection, order: Order, address: Address) -> None:
    if not is_storable("".join(astuple(address))):
        raise rejected("change_order", "address", "no address has such characters")
    connection.execute(sa.update(orders).where(orders.c.number == order.number).values(asdict(address)))


def _change_line(connection: Connection, order: Order, change: OrderChange) -> None:
    line = _line(order, change.line)
    sku = line.sku if change.sku is None else change.sku
    quantity = line.quantity if change.quantity is None else change.quantity
    if not shelves.is_whole(quantity):
        raise rejected("change_order", "quantity", "nobody can have so many")
    if sku != line.sku and not _is_variant(connection, sku, line.sku):
        raise rejected("change_order", "variant", "it is another product")
    _move_units(connection, line, sku, quantity)
    if quantity:
        _rewrite(connection, order, line, sku, quantity)
    else:
        _take_off(connection, order, line)


def _line(order: Order, id_: str | None) -> OrderLine:
    for line in order.lines:
        if line.id == id_ and line.status is not OrderStatus.CANCELLED:
            return line
    raise rejected("change_order", "line", "there is no such line")


def _is_variant(connection: Connection, sku: str, other: str) -> bool:
    if not is_storable(sku):
        return False
    both = sa.select(products.c.product_id).where(products.c.sku.in_((sku, other)))
    found = connection.execute(both).scalars().all()
    return len(found) == 2 and found[0] == found[1]


def _move_units(connection: Connection, line: OrderLine, sku: str, quantity: Decimal) -> None:
    """Takes what the line needs more from where it is free, and puts back what it needs no longer."""
    kept = min(line.quantity, quantity) if sku == line.sku else Decimal(0)
    shelves.hold(connection, [line.sku, sku])
    if not shelves.take_from_one(connection, sku, quantity - kept):
        raise rejected("change_order", "stock", "too few are free")
    shelves.put_where_most_is(connection, line.sku, line.quantity - kept)


def _rewrite(connection: Connection, order: Order, line: OrderLine, sku: str, quantity: Decimal) -> None:
    values = {"sku": sku, "quantity": int(quantity)}
    price = sa.select(products.c.price).where(products.c.sku == sku)
    if sku != line.sku:
        values["price"] = connection.execute(price).scalar_one()
    connection.execute(_update_of(order, line).values(values))


def _take_off(connection: Connection, order: Order, line: OrderLine) -> None:
    """Cancels a line; an order of which nothing is left is cancelled as a whole."""
    left = [one for one in order.lines if one is not line and one.status is not OrderStatus.CANCELLED]
    if left:
        connection.execute(_update_of(order, line).values(status=OrderStatus.CANCELLED.value))
    else:
        _cancel(connection, order)


def _update_of(order: Order, line: OrderLine) -> sa.sql.Update:
    return sa.update(order_lines).where(order_lines.c.order_number == order.number, order_lines.c.line == line.id)


def _changed(connection: Connection, number: str, key: str) -> Order:
    """Notes that an order was changed with a key, and reads it as it is now."""
    connection.execute(sa.update(orders).where(orders.c.number == number).values(version=orders.c.version + 1))
    connection.execute(sa.insert(changes).values(key=key, order_number=number, changed_at=datetime.now(timezone.utc)))
    return _read_orders(connection, orders.c.number == number)[0]


def _read_orders(connection: Connection, wanted: sa.sql.ColumnElement[sa.Boolean]) -> list[Order]:
    """Reads orders, newest first, in three queries however many they are."""
    numbers = sa.select(orders.c.number).where(wanted).scalar_subquery()
    lines = _by_order(connection.execute(_lines_of(numbers)))
    parcels = _by_order(connection.execute(_shipments_of(numbers)))
    found = connection.execute(
        sa.select(orders)
        .where(wanted)
        .order_by(orders.c.placed_at.desc(), sa.func.length(orders.c.number).desc(), orders.c.number.desc())
    )
    return [mapping.order(row, lines[row.number], parcels[row.number]) for row in found]


def _lines_of(numbers: sa.sql.selectable.ScalarSelect) -> sa.sql.Select:
    line = order_lines.c.line  # "10" comes after "2": the shorter one is the smaller number
    return (
        sa.select(order_lines, products.c.name, products.c.options, products.c.category, products.c.currency)
        .select_from(order_lines.join(products))
        .where(order_lines.c.order_number.in_(numbers))
        .order_by(sa.func.length(line), line)
    )


def _shipments_of(numbers: sa.sql.selectable.ScalarSelect) -> sa.sql.Select:
    line = shipment_lines.c.line
    return (
        sa.select(shipments, line, shipment_lines.c.quantity)
        .select_from(shipments.outerjoin(shipment_lines))
        .where(shipments.c.order_number.in_(numbers))
        .order_by(shipments.c.shipped_at.nullsfirst(), shipments.c.id, sa.func.length(line), line)
    )


def _by_order(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.order_number].append(row)
    return grouped

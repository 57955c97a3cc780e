"""The embedded ERP: the port's methods as queries on tables of our own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from middleware.database import for_writing
from middleware.erp.embedded import mapping
from middleware.erp.embedded.tables import (
    changes,
    customer_contacts,
    customers,
    order_lines,
    orders,
    products,
    shipment_lines,
    shipments,
)
from middleware.errors import Conflict, Malformed, NotFound, Rejected, Unavailable, Unknown
from middleware.records import Customer, Order, OrderStatus

# PostgreSQL refuses NUL, and no database takes half a surrogate pair: no row can hold them, so none is asked.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class EmbeddedErp:
    """A small ERP in a SQL database.

    Args:
        engine: From `middleware.database.open_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = _one_snapshot(engine)
        self._changing = for_writing(engine)

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number (E.164), or whose contact person has it; each account once."""
        return self._customers_by("phone", phone, "customers_by_phone")

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or whose contact person has it; each account once."""
        return self._customers_by("email", email.lower(), "customers_by_email")

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        if _UNSTORABLE.search(number):
            raise _not_found("customer")
        query = sa.select(customers).where(customers.c.number == number)
        with self._reading("customer") as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise _not_found("customer")
            return mapping.customer(row)

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first, with lines and shipments."""
        if _UNSTORABLE.search(customer_number):
            return []
        wanted = sa.and_(orders.c.customer_number == customer_number, orders.c.placed_at >= since)
        with self._reading("orders_since") as connection:
            return _read_orders(connection, wanted)

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it.

        Raises:
            NotFound: There is no such order.
        """
        if _UNSTORABLE.search(number):
            raise _not_found("order")
        with self._reading("order") as connection:
            found = _read_orders(connection, orders.c.number == number)
        if not found:
            raise _not_found("order")
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
            order = self._held(connection, number)
            if _was_made(connection, number, key):
                return order
            if order.version != version:
                raise Conflict("it changed meanwhile", system="erp", operation="cancel_order")
            if not order.is_before_packing:
                raise Rejected("it has reached the packing floor", system="erp", operation="cancel_order")
            cancelled = {"status": OrderStatus.CANCELLED.value}
            connection.execute(
                sa.update(orders).where(orders.c.number == number).values(version=orders.c.version + 1, **cancelled)
            )
            connection.execute(sa.update(order_lines).where(order_lines.c.order_number == number).values(cancelled))
            connection.execute(
                sa.insert(changes).values(key=key, order_number=number, changed_at=datetime.now(timezone.utc))
            )
            return _read_orders(connection, orders.c.number == number)[0]

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it."""
        if _UNSTORABLE.search(number + key):
            return None
        with self._reading("order_changed_by") as connection:
            if not _was_made(connection, number, key):
                return None
            return _read_orders(connection, orders.c.number == number)[0]

    def _held(self, connection: Connection, number: str) -> Order:
        """Reads an order that nobody else changes before the transaction ends."""
        held = sa.select(orders.c.number).where(orders.c.number == number).with_for_update()
        if _UNSTORABLE.search(number) or connection.execute(held).one_or_none() is None:
            raise _not_found("order")
        return _read_orders(connection, orders.c.number == number)[0]

    def _customers_by(self, column: str, value: str, operation: str) -> Sequence[Customer]:
        """An account's own phone or e-mail comes before its contact persons': then nobody is named."""
        if _UNSTORABLE.search(value):
            return []
        own = sa.select(customers).where(customers.c[column] == value).order_by(customers.c.number)
        by_contact = (
            sa.select(customers, customer_contacts.c.name.label("contact_name"))
            .select_from(customers.join(customer_contacts))
            .where(customer_contacts.c[column] == value)
            .order_by(customers.c.number, customer_contacts.c.id)
        )
        with self._reading(operation) as connection:
            found = {row.number: mapping.customer(row) for row in connection.execute(own)}
            for row in connection.execute(by_contact):
                found.setdefault(row.number, mapping.customer(row, row.contact_name))
        return list(found.values())

    @contextmanager
    def _reading(self, operation: str, engine: Engine | None = None) -> Iterator[Connection]:
        """Opens a transaction and turns what goes wrong in it into our errors."""
        try:
            with (engine or self._engine).connect() as connection:
                yield connection
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise Unavailable(type(error).__name__, system="erp", operation=operation) from error
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Malformed(
                f"A row makes no sense: {type(error).__name__}", system="erp", operation=operation
            ) from error

    @contextmanager
    def _writing(self, operation: str) -> Iterator[Connection]:
        """Opens a transaction that changes something; only while it commits is it unknown what became of it."""
        with self._reading(operation, self._changing) as connection:
            transaction = connection.begin()
            yield connection
            try:
                transaction.commit()
            except sa.exc.DBAPIError as error:
                raise Unknown(type(error).__name__, system="erp", operation=operation) from error


def _was_made(connection: Connection, number: str, key: str) -> bool:
    made = sa.select(changes.c.key).where(changes.c.key == key, changes.c.order_number == number)
    return connection.execute(made).first() is not None


def _one_snapshot(engine: Engine) -> Engine:
    """Lets all queries of a transaction see one state: no order lacks its lines while a reset commits.

    SQLite's transactions do so by themselves.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _not_found(operation: str) -> NotFound:
    return NotFound("No such row", system="erp", operation=operation)


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

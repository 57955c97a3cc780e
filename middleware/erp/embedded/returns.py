"""The embedded ERP's returns: announced for what was delivered, each unit once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.erp.embedded import mapping, shelves
from middleware.erp.embedded.orders import held_order
from middleware.erp.embedded.tables import order_lines, orders, products, return_lines, returns
from middleware.erp.embedded.transactions import Transactions, is_storable, next_number, rejected, storable
from middleware.records import Money, Order, OrderLine, OrderStatus, Return, ReturnReason, ReturnStatus
from middleware.store import alone
from middleware.totals import line_net

FIRST_NUMBER = 2081


class Returns(Transactions):
    """The returns' part of the port."""

    def returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced at or after a moment, newest first."""
        if not is_storable(customer_number):
            return []
        wanted = sa.and_(orders.c.customer_number == customer_number, returns.c.created_at >= since)
        with self._reading("returns_since") as connection:
            return _read_returns(connection, wanted)

    def create_return(
        self,
        order_number: str,
        quantities: Mapping[str, Decimal],
        *,
        reason: ReturnReason,
        words: str,
        return_by: date,
        key: str,
    ) -> Return:
        """Announces that something of an order comes back.

        Raises:
            Rejected: So many of a line weren't delivered, or are returned already.
            NotFound: There is no such order.
            Unavailable: Nothing was announced.
            Unknown: It may have been announced.
        """
        with self._writing("create_return") as connection:
            order = held_order(connection, order_number)
            alone(connection, "erp_returns")  # their numbers follow each other
            made = _read_returns(connection, returns.c.key == key)
            if made:
                return made[0]
            _demand_returnable(connection, order, quantities)
            refund = _refund(order, quantities)
            row = {
                "number": next_number(connection, returns.c.number, "R-", FIRST_NUMBER),
                "key": key,
                "order_number": order.number,
                "reason": reason.value,
                "words": storable(words),
                "status": ReturnStatus.ANNOUNCED.value,
                "created_at": datetime.now(timezone.utc),
                "return_by": return_by,
                "refund": refund.amount if refund else None,
                "currency": refund.currency if refund else None,
            }
            lines = [
                {"return_number": row["number"], "line": line, "quantity": int(units)}
                for line, units in quantities.items()
            ]
            connection.execute(sa.insert(returns).values(row))
            connection.execute(sa.insert(return_lines), lines)
            return _read_returns(connection, returns.c.key == key)[0]

    def return_made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key."""
        if not is_storable(key):
            return None
        with self._reading("return_made_by") as connection:
            return next(iter(_read_returns(connection, returns.c.key == key)), None)


def _demand_returnable(connection: Connection, order: Order, quantities: Mapping[str, Decimal]) -> None:
    lines = {line.id: line for line in order.lines}
    returned = _returned(connection, order.number)
    for id_, units in quantities.items():
        line = lines.get(id_)
        if line is None:
            raise rejected("create_return", "line", "there is no such line")
        if not shelves.is_whole(units) or not 0 < units <= _delivered(order, line) - returned[id_]:
            raise rejected("create_return", "quantity", "so many weren't delivered, or are returned already")
    if not quantities:
        raise rejected("create_return", "line", "nothing was named")


def _delivered(order: Order, line: OrderLine) -> Decimal:
    """How many of a line have arrived and not gone back: as the parcels say or, if none says it, as its status does."""
    if OrderStatus.RETURNED in (order.status, line.status) or line.status is OrderStatus.CANCELLED:
        return Decimal(0)
    arrived = [one.quantities[line.id] for one in order.shipments if one.delivered_at and line.id in one.quantities]
    if arrived:
        return sum(arrived, Decimal(0))
    return line.quantity if OrderStatus.DELIVERED in (order.status, line.status) else Decimal(0)


def _returned(connection: Connection, order_number: str) -> Counter[str]:
    """Units by line that are on a return already, unless that was refused."""
    rows = connection.execute(
        sa.select(return_lines.c.line, return_lines.c.quantity)
        .select_from(return_lines.join(returns))
        .where(returns.c.order_number == order_number, returns.c.status != ReturnStatus.REJECTED.value)
    )
    returned: Counter[str] = Counter()
    for line, quantity in rows:
        returned[line] += quantity
    return returned


def _refund(order: Order, quantities: Mapping[str, Decimal]) -> Money | None:
    """What was paid for the units; None where it isn't known."""
    prices = {line.id: line.price for line in order.lines if line.id in quantities}
    known = {id_: price for id_, price in prices.items() if price is not None}
    currencies = {price.currency for price in known.values()}
    if len(known) < len(quantities) or len(currencies) != 1:
        return None
    amount = sum((line_net(units, known[id_].amount) for id_, units in quantities.items()), Decimal(0))
    return Money(amount=amount, currency=currencies.pop())


def _read_returns(connection: Connection, wanted: sa.sql.ColumnElement[sa.Boolean]) -> list[Return]:
    """Reads returns, newest first, in two queries however many they are."""
    found = connection.execute(
        sa.select(returns, orders.c.customer_number)
        .select_from(returns.join(orders))
        .where(wanted)
        .order_by(returns.c.created_at.desc(), sa.func.length(returns.c.number).desc(), returns.c.number.desc())
    ).all()
    lines: dict[str, list[Row]] = defaultdict(list)
    for row in connection.execute(_lines_of([row.number for row in found])):
        lines[row.return_number].append(row)
    return [mapping.returned(row, lines[row.number]) for row in found]


def _lines_of(numbers: Sequence[str]) -> sa.sql.Select:
    line = return_lines.c.line
    of_order = sa.and_(order_lines.c.order_number == returns.c.order_number, order_lines.c.line == line)
    return (
        sa.select(return_lines, products.c.sku, products.c.name, products.c.options)
        .select_from(return_lines.join(returns).join(order_lines, of_order).join(products))
        .where(return_lines.c.return_number.in_(numbers))
        .order_by(sa.func.length(line), line)
    )

"""The demo's returns: the told ones, from returns.yml, and one for every other order that went back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from middleware.demo import catalogue
from middleware.demo.calendar import Calendar
from middleware.demo.data import Row
from middleware.demo.files import Entry, read
from middleware.records import Money, Order, OrderStatus, Return, ReturnLine, ReturnReason, ReturnStatus
from middleware.totals import line_net

# What is generated went back at once and has been paid: days after the delivery.
_ANNOUNCED, _RETURN_BY, _RECEIVED, _REFUNDED = (timedelta(days=days) for days in (2, 30, 6, 10))


class ToldReturn(Entry, frozen=True, kw_only=True):
    """The return of a whole order as the file has it; days and moments are phrases of calendar.py."""

    number: str
    order: str
    reason: ReturnReason
    status: ReturnStatus
    announced: str
    return_by: str
    received: str | None = None
    refunded: str | None = None


@lru_cache(maxsize=1)
def _file() -> list[ToldReturn]:
    return read("returns.yml", list[ToldReturn])


def all_returns(orders: Sequence[Order], calendar: Calendar) -> list[Return]:
    """All returns, numbered in the order of time so that the newest told one has its own number."""
    by_order = {entry.order: entry for entry in _file()}
    found = [
        _told(by_order[order.number], order, calendar)
        if order.number in by_order
        else _generated(order, order.delivered_at, calendar)
        for order in orders
        if order.status is OrderStatus.RETURNED and order.delivered_at is not None
    ]
    found.sort(key=lambda one: one.created_at)
    prefix, last = _file()[-1].number.split("-")
    return [replace(one, number=f"{prefix}-{int(last) - back}") for back, one in enumerate(reversed(found))][::-1]


def _told(entry: ToldReturn, order: Order, calendar: Calendar) -> Return:
    return replace(
        _whole(order, calendar.moment(entry.announced)),
        reason=entry.reason,
        status=entry.status,
        return_by=calendar.day(entry.return_by),
        received_on=None if entry.received is None else calendar.day(entry.received),
        refunded_on=None if entry.refunded is None else calendar.day(entry.refunded),
    )


def _generated(order: Order, delivered_at: datetime, calendar: Calendar) -> Return:
    delivered_on = calendar.day_of(delivered_at)
    return replace(
        _whole(order, delivered_at + _ANNOUNCED),
        status=ReturnStatus.REFUNDED,
        return_by=delivered_on + _RETURN_BY,
        received_on=delivered_on + _RECEIVED,
        refunded_on=delivered_on + _REFUNDED,
    )


def _whole(order: Order, announced_at: datetime) -> Return:
    """A return of everything that was ordered, at the price that was paid."""
    return Return(
        number="",
        customer_number=order.customer_number,
        order_number=order.number,
        lines=tuple(
            ReturnLine(id=line.id, sku=line.sku, name=line.name, options=line.options, quantity=line.quantity)
            for line in order.lines
        ),
        reason=ReturnReason.CHANGED_MIND,
        status=ReturnStatus.ANNOUNCED,
        created_at=announced_at,
        refund=Money(amount=_paid(order), currency=catalogue.CURRENCY),
    )


def _paid(order: Order) -> Decimal:
    return sum((line_net(line.quantity, line.price.amount) for line in order.lines if line.price), Decimal(0))


def return_rows(returns: Iterable[Return]) -> list[Row]:
    """Rows of `erp_returns`."""
    return [
        {
            "number": one.number,
            "order_number": one.order_number,
            "reason": one.reason.value,
            "status": one.status.value,
            "created_at": one.created_at,
            "return_by": one.return_by,
            "received_on": one.received_on,
            "refund": one.refund.amount if one.refund else None,
            "currency": one.refund.currency if one.refund else None,
            "refunded_on": one.refunded_on,
        }
        for one in returns
    ]


def line_rows(returns: Iterable[Return]) -> list[Row]:
    """Rows of `erp_return_lines`."""
    return [
        {"return_number": one.number, "line": line.id, "quantity": int(line.quantity)}
        for one in returns
        for line in one.lines
    ]

"""Turns F&O's return orders into our records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from middleware.erp.dynamics.rows import LineRow, ReturnLineRow, ReturnRow, day
from middleware.records import Money, Return, ReturnLine, ReturnReason, ReturnStatus, Variant

REFUSED = "Canceled"
_HERE = ("Registered", "Quarantine", "Received", "Invoiced")


@dataclass(frozen=True, kw_only=True)
class Sold:
    """The line of an order that something was sold by.

    Attributes:
        article: What the catalogue knows of it.
        name: What F&O calls it.
    """

    line: LineRow
    sku: str
    article: Variant | None
    name: str


def returned(
    row: ReturnRow, created_at: datetime, sold: Mapping[str, Sold], reasons: Mapping[str, ReturnReason]
) -> Return:
    """A row of `ReturnOrderHeadersV2` with its lines.

    Args:
        sold: The orders' lines, by lot; without any, it is of no order that is known.
        reasons: By their codes in lower case.
    """
    lines = sorted(row.lines, key=lambda line: line.line_creation_sequence_number)
    ours = [(line, sold[lot]) for line in lines if (lot := line.returning_inventory_lot_id or "") in sold]
    status = _status(row)
    arrived = [found for line in lines if (found := day(line.actual_return_arrival_date))]
    closed = [found for line in lines if (found := day(line.return_closed_date))]
    return Return(
        number=row.return_order_number,
        customer_number=row.customer_account_number or "",
        order_number=(ours[0][1].line.sales_order_number or "") if ours else "",
        lines=tuple(_line(line, of) for line, of in ours),
        reason=reasons.get((row.customer_return_reason_code or "").casefold(), ReturnReason.OTHER),
        status=status,
        created_at=created_at,
        return_by=day(row.return_deadline),
        received_on=max(arrived, default=None),
        refund=_refund(row, ours),
        refunded_on=max(closed, default=None) if status is ReturnStatus.REFUNDED else None,
    )


def _line(row: ReturnLineRow, sold: Sold) -> ReturnLine:
    return ReturnLine(
        id=str(sold.line.line_creation_sequence_number),
        sku=sold.sku,
        name=sold.article.name if sold.article else sold.name or sold.sku,
        options=dict(sold.article.options) if sold.article else {},
        quantity=-row.return_sales_quantity,
    )


def _status(row: ReturnRow) -> ReturnStatus:
    lines = {line.return_status for line in row.lines}
    if row.return_status == REFUSED or lines == {REFUSED}:
        return ReturnStatus.REJECTED
    if row.return_status == "Closed" or (lines and lines <= {"Invoiced", REFUSED}):
        return ReturnStatus.REFUNDED
    return ReturnStatus.RECEIVED if lines & set(_HERE) else ReturnStatus.ANNOUNCED


def _refund(row: ReturnRow, lines: Sequence[tuple[ReturnLineRow, Sold]]) -> Money | None:
    """What is paid back; None where it isn't known, or would be a sum of several currencies."""
    if row.return_status == REFUSED:
        return None
    amount = -sum((line.line_amount for line, _ in lines), Decimal(0))
    currencies = {sold.line.currency_code or row.currency_code for _, sold in lines}
    priceless = any(not sold.line.sales_price for _, sold in lines)
    if priceless or amount <= 0 or len(currencies) != 1 or not row.currency_code:
        return None
    return Money(amount=amount, currency=row.currency_code)

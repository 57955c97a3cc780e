"""Turns an order of return lines into our record of a return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from middleware.erp.oracle.mapping import placed_at
from middleware.erp.oracle.rows import LineRow, OrderRow
from middleware.erp.oracle.settings import OracleRules
from middleware.erp.oracle.standing import day
from middleware.records import Money, Return, ReturnLine, ReturnStatus, Variant
from middleware.totals import line_net


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A return, with units by the fulfillment line that they were sent with."""

    record: Return
    units: Mapping[str, Decimal]


def of_return(row: OrderRow, rules: OracleRules) -> list[LineRow]:
    """The lines of what comes back."""
    return [one for one in row.lines.items if one.TransactionCategoryCode == rules.return_category]


def returned(
    row: OrderRow,
    ordered: Mapping[str, OrderRow],
    articles: Mapping[str, Variant],
    rules: OracleRules,
    zone: ZoneInfo,
) -> Returned | None:
    """A return; None if it doesn't say of which order it is, so that nobody can be told anything about it.

    Args:
        ordered: What was ordered once, by the orders' numbers.
    """
    lines = of_return(row, rules)
    references = [(one, *_reference(one)) for one in lines]
    number = next((number for _, number, _ in references if number), None)
    if number is None:
        return None
    numbers = _line_numbers(ordered.get(number))
    units: dict[str, Decimal] = defaultdict(Decimal)
    of_line: dict[str, list[LineRow]] = defaultdict(list)
    for line, _, id_ in references:
        units[id_] += line.OrderedQuantity
        of_line[numbers.get(id_, str(line.SourceTransactionLineNumber or id_))].append(line)
    status = _status([rules.return_standing(one.StatusCode or "") for one in lines])
    record = Return(
        number=row.OrderNumber,
        customer_number=row.BuyingPartyNumber or "",
        order_number=number,
        lines=tuple(
            _line(id_, rows, articles) for id_, rows in sorted(of_line.items(), key=lambda one: (len(one[0]), one[0]))
        ),
        reason=rules.reason(next((one.ReturnReasonCode for one in lines if one.ReturnReasonCode), "")),
        status=status,
        created_at=placed_at(row),
        return_by=day(row.RequestedShipDate, zone),
        received_on=_last(lines, "ActualDeliveryDate", zone),
        refund=_refund(row, lines, status),
        refunded_on=_last(lines, "BillingTransactionDate", zone),
    )
    return Returned(record=record, units=units)


def _reference(line: LineRow) -> tuple[str, str]:
    """The order and the fulfillment line that a return's line refers to; empty if it doesn't say."""
    one = next((one for one in line.documentReferences.items if one.DocumentNumber), None)
    return ("", "") if one is None else (str(one.DocumentNumber), str(one.DocumentSubLineIdentifier))


def _line_numbers(row: OrderRow | None) -> Mapping[str, str]:
    """Numbers of an order's lines, by their fulfillment lines."""
    lines = row.lines.items if row else []
    return {str(one.FulfillLineId): str(one.SourceTransactionLineNumber or one.FulfillLineId) for one in lines}


def _line(id_: str, rows: Sequence[LineRow], articles: Mapping[str, Variant]) -> ReturnLine:
    sku = rows[0].ProductNumber
    article = articles.get(sku)
    return ReturnLine(
        id=id_,
        sku=sku,
        name=article.name if article else sku,
        options=article.options if article else {},
        quantity=sum((one.OrderedQuantity for one in rows), Decimal(0)),
    )


def _status(stands: Sequence[ReturnStatus]) -> ReturnStatus:
    left = {one for one in stands if one is not ReturnStatus.REJECTED}
    if not left:
        return ReturnStatus.REJECTED
    if left == {ReturnStatus.REFUNDED}:
        return ReturnStatus.REFUNDED
    return ReturnStatus.ANNOUNCED if ReturnStatus.ANNOUNCED in left else ReturnStatus.RECEIVED


def _last(lines: Iterable[LineRow], name: str, zone: ZoneInfo) -> date | None:
    days = (day(getattr(one, name), zone) for line in lines for one in line.lineDetails.items)
    return max(filter(None, days), default=None)


def _refund(row: OrderRow, lines: Sequence[LineRow], status: ReturnStatus) -> Money | None:
    """What the credit memo says or, before there is one, what was paid for the units; None where it isn't known."""
    currency = row.TransactionalCurrencyCode
    if not currency or status is ReturnStatus.REJECTED:
        return None
    billed = [one.BillingTransactionAmount for line in lines for one in line.lineDetails.items]
    paid = [abs(one) for one in billed if one is not None]
    if paid:
        return Money(amount=sum(paid, Decimal(0)), currency=currency)
    prices = [(one.OrderedQuantity, one.UnitSellingPrice) for one in lines]
    if any(price is None for _, price in prices):
        return None
    nets = (line_net(units, price) for units, price in prices if price is not None)
    return Money(amount=sum(nets, Decimal(0)), currency=currency)

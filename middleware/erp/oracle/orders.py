"""Orders of Oracle, read with lines and shipments in two round trips, however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

import msgspec

from middleware.erp.oracle import mapping
from middleware.erp.oracle.base import FSCM, Base, is_id, not_found
from middleware.erp.oracle.rest import Page, Wanted, key, one_of, text
from middleware.erp.oracle.rows import LineRow, OrderRow, ShipmentRow
from middleware.erp.oracle.standing import Part
from middleware.records import Order, Variant

ORDERS = "salesOrdersForOrderHub"
_LONGEST_CONDITION = 3000  # letters: gateways cut addresses that are much longer than twice that
_SHIPMENT_FIELDS = (
    "ShipmentLine,Order,SourceOrderFulfillmentLineId,Shipment,ShippedQuantity,StagedQuantity,PickedQuantity,"
    "ActualShipDate"
)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An order as Oracle has it, its fulfillment lines, and what we tell of it."""

    row: OrderRow
    parts: Sequence[Part]
    order: Order


class Orders(Base):
    """The part of the port that reads orders."""

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first, with lines and shipments."""
        if not is_id(customer_number):
            return []
        with self._doing("orders_since"):
            seen = self._told(self._placed_since(customer_number, since))
            found = [one.order for one in seen if one.order.lines]
        found.sort(key=lambda one: (one.placed_at, len(one.number), one.number), reverse=True)
        return found

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it.

        Raises:
            NotFound: There is no such order.
        """
        with self._doing("order"):
            return self._seen(number).order

    def _seen(self, number: str, *, with_tag: bool = False) -> Seen:
        """An order as Oracle has it and as we do.

        Args:
            with_tag: With its entity tag and who pays it, for what is written next.

        Raises:
            NotFound: There is no such order.
        """
        rows = self._rows(one_of("OrderNumber", [number]), with_tag=with_tag) if is_id(number) else []
        seen = [one for one in self._told(rows) if one.order.lines]
        if not seen:
            raise not_found("order")
        return seen[0]

    def _placed_since(self, customer_number: str, since: datetime) -> list[OrderRow]:
        """Whatever a customer ordered or sent back from a moment on, to the second: so Oracle keeps it."""
        at = since.astimezone(timezone.utc).replace(microsecond=0)
        condition = f"{one_of('BuyingPartyNumber', [customer_number])} and TransactionOn >= {text(at.isoformat())}"
        return [row for row in self._rows(condition) if mapping.placed_at(row) >= at]

    def _rows(self, condition: str, *, with_tag: bool = False) -> list[OrderRow]:
        """The newest revision of each order, with all its lines."""
        newest: dict[str, OrderRow] = {}
        for row in self._rest.rows(FSCM, self._wanted(condition, with_tag=with_tag)):
            known = newest.get(row.OrderNumber)
            if known is None or _revision(row) > _revision(known):
                newest[row.OrderNumber] = row
        return self._with_all_lines(list(newest.values()))

    def _wanted(self, condition: str, *, with_tag: bool) -> Wanted[OrderRow]:
        query = {"q": condition, "orderBy": "TransactionOn:desc", "expand": self._expanded(with_tag)}
        if with_tag:
            query["onlyData"] = "false"
        return Wanted(path=ORDERS, kind=OrderRow, query=query, names=self._rules.order_names)

    def _expanded(self, with_tag: bool) -> str:
        bill_to = ("billToCustomer",) if with_tag else ()
        return ",".join(("lines", *(f"lines.{one}" for one in self._below_lines), "shipToCustomer", *bill_to))

    @property
    def _below_lines(self) -> tuple[str, str]:
        return "lineDetails", self._rules.references_child

    def _with_all_lines(self, rows: list[OrderRow]) -> list[OrderRow]:
        """Fetches what lines didn't come with their orders: a long order's come in pages of their own."""
        cut = [row for row in rows if row.lines.hasMore]
        wanted = [
            Wanted(
                path=f"{ORDERS}/{order_key(row)}/child/lines",
                kind=LineRow,
                query={"expand": ",".join(self._below_lines)},
                names=self._rules.order_names,
                offset=len(row.lines.items),
            )
            for row in cut
        ]
        rest = self._rest.collections(FSCM, *wanted) if wanted else []
        more = {row.OrderNumber: lines for row, lines in zip(cut, rest, strict=True)}
        return [
            msgspec.structs.replace(row, lines=Page(items=[*row.lines.items, *more.get(row.OrderNumber, [])]))
            for row in rows
        ]

    def _told(self, rows: Sequence[OrderRow]) -> list[Seen]:
        shipments = self._shipments(rows)
        articles = self._articles({line.ProductNumber for row in rows for line in row.lines.items})
        return [self._both(row, shipments.get(row.OrderNumber, []), articles) for row in rows]

    def _both(self, row: OrderRow, shipments: Sequence[ShipmentRow], articles: Mapping[str, Variant]) -> Seen:
        parts = mapping.order_parts(row, shipments, self._rules, self._zone)
        return Seen(row=row, parts=parts, order=mapping.order(row, parts, articles))

    def _shipments(self, rows: Sequence[OrderRow]) -> Mapping[str, Sequence[ShipmentRow]]:
        """What is in shipments of each order; transfers between warehouses have numbers of the same kind."""
        order_of = {str(line.FulfillLineId): row.OrderNumber for row in rows for line in row.lines.items}
        wanted = [
            Wanted(
                path="shipmentLines",
                kind=ShipmentRow,
                query={"q": one_of("Order", numbers), "fields": _SHIPMENT_FIELDS},
            )
            for numbers in _in_parts([row.OrderNumber for row in rows])
        ]
        found: dict[str, list[ShipmentRow]] = defaultdict(list)
        for lines in self._rest.collections(FSCM, *wanted) if wanted else []:
            for line in lines:
                number = order_of.get(str(line.SourceOrderFulfillmentLineId))
                if number is not None:
                    found[number].append(line)
        return found


def order_key(row: OrderRow) -> str:
    """What an order is called in a path: its source system's name and id, of whatever revision is the newest."""
    return key(row.SourceTransactionSystem or "", row.SourceTransactionId or str(row.HeaderId))


def _revision(row: OrderRow) -> tuple[object, str]:
    return (row.SourceTransactionRevisionNumber or 0, str(row.HeaderId).zfill(20))


def _in_parts(numbers: Sequence[str]) -> Iterator[list[str]]:
    """So many numbers as one condition may hold."""
    some: list[str] = []
    for number in numbers:
        if some and len(one_of("Order", [*some, number])) > _LONGEST_CONDITION:
            yield some
            some = []
        some.append(number)
    if some:
        yield some

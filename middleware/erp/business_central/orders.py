"""The orders' part of the port: those that are open, and those of which only what was posted is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from middleware.erp.business_central import mapping, odata, rows
from middleware.erp.business_central.base import Base, is_number, not_found
from middleware.erp.business_central.rows import InvoiceRow, LineRow, MemoRow, OrderRow, ShipmentLineRow, ShipmentRow
from middleware.erp.presuming import presumed
from middleware.records import Order

Paged = OrderRow | ShipmentRow | InvoiceRow | MemoRow


@dataclass
class Documents:
    """What there is of one order. `row`: None if all of it was posted, since the vendor then deletes it."""

    row: OrderRow | None = None
    parcels: list[ShipmentRow] = field(default_factory=list)
    bills: list[InvoiceRow] = field(default_factory=list)


class Orders(Base):
    """The part of the port that reads orders."""

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment's day, newest first, in one call.

        All open ones are read, so that a parcel of an older one isn't taken for one of a posted order.
        """
        if not is_number(customer_number):
            return []
        day = since.astimezone(self._settings.zone).date()
        theirs = odata.equal("customerNumber", customer_number)
        asked = [
            rows.orders(theirs),
            rows.shipments(odata.every(theirs, odata.from_day("postingDate", day))),
            rows.invoices(odata.every(theirs, odata.from_day("postingDate", day))),
        ]
        found = self._orders(self._read(asked, "orders_since").values())
        since_then = [one for one in found if one.placed_at >= mapping.beginning(day, self._settings.zone)]
        return sorted(since_then, key=lambda one: (one.placed_at, len(one.number), one.number), reverse=True)

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it.

        Raises:
            NotFound: There is no such order.
        """
        return self._order(self._documents(number, "order"))

    def _documents(self, number: str, operation: str) -> Documents:
        """Everything that there is of one order.

        Raises:
            NotFound: There is no such order.
        """
        if not is_number(number):
            raise not_found(operation)
        of_order = odata.equal("orderNumber", number)
        asked = [rows.orders(odata.equal("number", number)), rows.shipments(of_order), rows.invoices(of_order)]
        found = self._read(asked, operation).get(number)
        if found is None or (found.row is None and not found.parcels):
            raise not_found(operation)
        return found

    def _order(self, documents: Documents) -> Order:
        return self._orders([documents])[0]

    def _orders(self, found: Iterable[Documents]) -> list[Order]:
        """What the documents say, with what our catalogue knows of the articles."""
        there = [one for one in found if one.row is not None or one.parcels]
        zone = self._settings.zone
        terms = mapping.Terms(
            known=self.variants({sku for one in there for sku in _skus(one, self.rules.joint)}),
            changeable=self.rules.changeable,
            joint=self.rules.joint,
            zone=zone,
        )
        today, days = self._clock().astimezone(zone).date(), self._settings.orders.transit_days
        return [presumed(_as_order(one, terms), today, zone, days) for one in there]

    def _read(self, asked: Sequence[rows.Asked], operation: str) -> dict[str, Documents]:
        """Orders, parcels and invoices in one call, by the order's number."""
        found: dict[str, Documents] = defaultdict(Documents)
        orders, parcels, bills = self.api.lists(asked, operation)
        for row in orders:
            self._complete(row, row.sales_order_lines, LineRow, operation)
            found[row.number].row = row
        for parcel in sorted(parcels, key=lambda one: (one.posting_date, one.number)):
            self._complete(parcel, parcel.sales_shipment_lines, ShipmentLineRow, operation)
            found[parcel.order_number].parcels.append(parcel)
        for bill in bills:
            self._complete(bill, bill.sales_invoice_lines, LineRow, operation)
            found[bill.order_number].bills.append(bill)
        return found

    def _complete(self, row: Paged, lines: list[Any], kind: type[Any], operation: str) -> None:
        """Reads the lines that didn't fit on the page, and sorts them all."""
        if row.more_lines:
            lines += self.api.rows(row.more_lines, kind, operation)
        lines.sort(key=attrgetter("sequence"))


def _as_order(documents: Documents, terms: mapping.Terms) -> Order:
    if documents.row is None:
        return mapping.posted_order(documents.parcels, documents.bills, terms)
    return mapping.order(documents.row, documents.parcels, terms)


def _skus(documents: Documents, joint: str) -> Iterable[str]:
    lines = documents.row.sales_order_lines if documents.row else []
    yield from (mapping.sku(line, joint) for line in lines)
    if documents.row is None:
        yield from (mapping.sku(line, joint) for bill in documents.bills for line in bill.sales_invoice_lines)
        yield from (line.line_object_number for one in documents.parcels for line in one.sales_shipment_lines)

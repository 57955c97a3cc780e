"""The part of the port that changes orders: once per key, and only what nobody else has changed meanwhile.

What is handed to the warehouse, Business Central itself refuses to change. A line of another variant of the same item
is the same line; what is another item there can't be, so such a line makes room for one with its number. A line, or an
order, that is cancelled stays there with nothing to deliver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Any

from middleware.erp.business_central import mapping
from middleware.erp.business_central.api import MOST_IN_A_BATCH, Write
from middleware.erp.business_central.base import is_number, not_found, rejected
from middleware.erp.business_central.odata import NOTHING
from middleware.erp.business_central.orders import Documents, Orders
from middleware.erp.business_central.rows import LineRow
from middleware.erp.business_central.stock import Article, Stock, is_whole
from middleware.erp.embedded.transactions import is_storable
from middleware.erp.ledger import Entry, Kind
from middleware.erp.wishes import line_of
from middleware.errors import Conflict, FrontdeskError, Rejected, Unknown
from middleware.records import Address, Order, OrderChange, OrderLine, OrderStatus

# How long the vendor lets each part of an address be.
_ADDRESS = {
    "shipToAddressLine1": ("address1", 100),
    "shipToAddressLine2": ("address2", 50),
    "shipToCity": ("city", 30),
    "shipToState": ("state", 30),
    "shipToCountry": ("country", 10),
    "shipToPostCode": ("postcode", 20),
}


@dataclass(frozen=True)
class _Plan:
    """What is to be done. `wanted`: how it is recognised afterwards; `writes` are done together, a hundred at most."""

    wanted: Mapping[str, Any]
    writes: Sequence[Write]


class Changes(Orders, Stock):
    """The part of the port that changes orders."""

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Takes all lines off an order that nothing has been handed to the warehouse of.

        Raises:
            Rejected: Something has, or it is cancelled already.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been cancelled.
        """

        def plan(documents: Documents, order: Order) -> _Plan:
            assert documents.row is not None
            lines = [line for line in documents.row.sales_order_lines if line.quantity]
            return _Plan({"cancelled": len(lines)}, [_patched(line, {"quantity": 0}) for line in lines])

        return self._once(number, version, key, "cancel", plan)

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes a line or the address of an order that nothing has been handed to the warehouse of.

        Raises:
            Rejected: Something has, there is no such line, the article is no variant of the line's, or too few lie
                there.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been changed.
        """
        return self._once(number, version, key, "change", lambda found, order: self._plan(found, order, change))

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it."""
        entry = self._ledger.find(key) if is_storable(number + key) else None
        if entry is None or entry.subject != number or entry.kind not in ("cancel", "change"):
            return None
        if entry.state not in ("begun", "done"):
            return None
        order = self.order(number)
        if entry.state == "begun":
            if not _shows(order, entry):
                return None
            self._ledger.note(key, "done")
        return order

    def _once(
        self, number: str, version: str, key: str, kind: Kind, plan: Callable[[Documents, Order], _Plan]
    ) -> Order:
        operation = f"{kind}_order"
        if not is_number(number):
            raise not_found(operation)
        with self._in_turn.of(f"business central order {number}"):
            made = self.order_changed_by(number, key)
            if made is not None:
                return made
            begun = self._ledger.find(key)
            documents = self._documents(number, operation)
            order = self._order(documents)
            if order.version != version and not _is_half_done(order, begun):
                raise Conflict("it changed meanwhile", system="erp", operation=operation)
            if documents.row is None or not order.is_before_packing:
                raise rejected(operation, "packed", "it has been handed to the warehouse")
            planned = plan(documents, order)
            if begun is None or begun.state == "refused":
                begun = None
                self._ledger.begin(key, kind, number, planned.wanted)
            self._do(planned, order, key, begun, operation)
            return self._done(number, key, operation)

    def _do(self, plan: _Plan, order: Order, key: str, begun: Entry | None, operation: str) -> None:
        """Does it all.

        Args:
            begun: What was begun with the key before: if somebody seems to have been quicker, it may have been that.
        """
        for start in range(0, len(plan.writes), MOST_IN_A_BATCH):
            try:
                self.api.write(plan.writes[start : start + MOST_IN_A_BATCH], operation)
            except Unknown:
                raise
            except FrontdeskError as error:
                if start:  # whoever comes again with the key goes on where this ended
                    raise Unknown("a part of it is done", system="erp", operation=operation) from error
                if begun is not None and _shows(self.order(order.number), begun):
                    return
                self._ledger.note(key, "refused")
                raise self._reason(order, error, operation) from error

    def _reason(self, order: Order, error: FrontdeskError, operation: str) -> FrontdeskError:
        """Why the vendor said no: its own words depend on the language. Mostly somebody was quicker."""
        if not isinstance(error, Rejected):
            return error
        if error.status == "Application_StringExceededLength":
            return rejected(operation, "address", "a part of it is too long")
        try:
            is_packed = not self.order(order.number).is_before_packing
        except FrontdeskError:
            return error
        return rejected(operation, "packed", "it has been handed to the warehouse") if is_packed else error

    def _done(self, number: str, key: str, operation: str) -> Order:
        """The order as it is now; what was done stays done, whatever happens meanwhile."""
        try:
            self._ledger.note(key, "done")
            return self.order(number)
        except FrontdeskError as error:
            raise Unknown("it was done, and can't be read", system="erp", operation=operation) from error

    def _plan(self, documents: Documents, order: Order, change: OrderChange) -> _Plan:
        assert documents.row is not None
        row, wanted, writes = documents.row, {}, list[Write]()
        if change.address is not None:
            _demand_address(change.address)
            writes.append(
                Write(method="PATCH", path=f"salesOrders({row.id})", json=_sent(change.address), etag=row.etag)
            )
            wanted["address"] = _hashed(change.address)
        if change.line is not None:
            line = line_of(order, change.line)
            sku = line.sku if change.sku is None else change.sku
            quantity = line.quantity if change.quantity is None else change.quantity
            there = next(one for one in row.sales_order_lines if str(one.sequence) == line.id)
            writes += self._line_writes(row.id, there, line, sku, quantity)
            wanted |= {"line": line.id, "sku": sku if quantity else "", "quantity": str(quantity)}
        return _Plan(wanted, writes)

    def _line_writes(
        self, order_id: str, there: LineRow, line: OrderLine, sku: str, quantity: Decimal
    ) -> Sequence[Write]:
        if not is_whole(quantity):
            raise rejected("change_order", "quantity", "nobody can have so many")
        if sku == line.sku and quantity <= line.quantity:
            return [_patched(there, {"quantity": int(quantity)})]
        article = self._article(sku, "change_order")
        if article is None or not self._is_variant(article, there, line):
            raise rejected("change_order", "variant", "it is another product")
        more = quantity - line.quantity if sku == line.sku else quantity
        self._demand_stock(article, more)
        if article.item_number != there.line_object_number:
            return [_deleted(there), _added(order_id, there, article, quantity)]
        values: dict[str, Any] = {"quantity": int(quantity)} if quantity != line.quantity else {}
        values |= {"itemVariantId": article.variant_id or NOTHING} if sku != line.sku else {}
        return [_patched(there, values)]

    def _is_variant(self, article: Article, there: LineRow, line: OrderLine) -> bool:
        """Whether two articles are one product: one item there, or what our catalogue calls so."""
        if article.item_number == there.line_object_number:
            return True
        known = self.variants([article.sku, line.sku])
        return len(known) == 2 and known[article.sku].product_id == known[line.sku].product_id

    def _demand_stock(self, article: Article, units: Decimal) -> None:
        """Of one of several variants, only that there are as many of all of them can be demanded."""
        free = self._free(article, "change_order") if article.is_counted else article.inventory
        if units > free:
            raise rejected("change_order", "stock", "too few lie there")


def _patched(line: LineRow, values: Mapping[str, Any]) -> Write:
    return Write(method="PATCH", path=f"salesOrderLines({line.id})", json=values, etag=line.etag)


def _deleted(line: LineRow) -> Write:
    return Write(method="DELETE", path=f"salesOrderLines({line.id})", etag=line.etag)


def _added(order_id: str, line: LineRow, article: Article, quantity: Decimal) -> Write:
    """A line in the place of another, which leaves on the same day from the same place."""
    values = {"sequence": line.sequence, "lineType": "Item", "itemId": article.item_id, "quantity": int(quantity)}
    values |= {"itemVariantId": article.variant_id} if article.variant_id else {}
    values |= {"locationId": line.location_id} if line.location_id != NOTHING else {}
    leaves_on = mapping.some_day(line.shipment_date)
    values |= {"shipmentDate": leaves_on.isoformat()} if leaves_on else {}
    return Write(method="POST", path=f"salesOrders({order_id})/salesOrderLines", json=values)


def _demand_address(address: Address) -> None:
    if not is_storable("".join(astuple(address))):
        raise rejected("change_order", "address", "no address has such characters")
    if any(len(getattr(address, part)) > longest for part, longest in _ADDRESS.values()):
        raise rejected("change_order", "address", "a part of it is too long")


def _sent(address: Address) -> Mapping[str, str]:
    return {field: getattr(address, part) for field, (part, _) in _ADDRESS.items()}


def _hashed(address: Address) -> str:
    """What an address is recognised by; the ledger holds none."""
    return hashlib.sha256("\n".join(astuple(address)).encode()).hexdigest()


def _is_half_done(order: Order, begun: Entry | None) -> bool:
    """Whether it is a cancellation in several steps, some of which are done."""
    if begun is None or begun.state != "begun" or begun.kind != "cancel":
        return False
    left = sum(line.status is not OrderStatus.CANCELLED for line in order.lines)
    return left < int(begun.wanted["cancelled"])


def _shows(order: Order, entry: Entry) -> bool:
    """Whether an order is as an entry wanted it."""
    wanted = entry.wanted
    if "cancelled" in wanted:
        return order.status is OrderStatus.CANCELLED
    if "address" in wanted and _hashed(order.address) != wanted["address"]:
        return False
    if "line" not in wanted:
        return True
    line = next((one for one in order.lines if one.id == wanted["line"]), None)
    if line is None or line.quantity != Decimal(wanted["quantity"]):
        return False
    return not line.quantity or line.sku == wanted["sku"]

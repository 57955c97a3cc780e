"""Changes of orders: judged by what SAP shows right before, guarded by the order's ETag, once for each key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple
from decimal import Decimal
from typing import Any, Literal

from middleware.embedded import is_storable
from middleware.erp.ledger import Entry
from middleware.erp.sap import values
from middleware.erp.sap.api import ORDERS, during
from middleware.erp.sap.base import is_whole, rejected
from middleware.erp.sap.batch import Change
from middleware.erp.sap.orders import Orders, Seen
from middleware.erp.sap.stock import Stock
from middleware.erp.wishes import demand_changeable, line_of, shows, wanted_by
from middleware.errors import Conflict, FrontdeskError, NotFound, Rejected, Unknown
from middleware.records import Address, Order, OrderChange, OrderLine, OrderStatus

# How many characters SAP keeps of the parts of an address.
_LENGTHS = {"address1": 60, "address2": 40, "city": 40, "state": 3, "country": 3, "postcode": 10}


class Changes(Orders, Stock):
    """The part of the port that changes orders."""

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order, by rejecting all its items, if it hasn't reached the packing floor.

        Raises:
            Rejected, Conflict, NotFound, Unavailable, Unknown: As the port says.
        """
        with self._once(number, "cancel", key) as (seen, entry):
            if entry is not None and self._is_done(entry, seen):
                return seen.order
            demand_changeable(seen.order, version, "cancel_order")
            lines = [line.id for line in seen.order.lines if line.status is not OrderStatus.CANCELLED]
            return self._make(seen, "cancel", key, {}, {line: self._rejection for line in lines})

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes one line of an order, or its address, if it hasn't reached the packing floor.

        Raises:
            Rejected, Conflict, NotFound, Unavailable, Unknown: As the port says.
        """
        with self._once(number, "change", key) as (seen, entry):
            if entry is not None and self._is_done(entry, seen):
                return seen.order
            demand_changeable(seen.order, version, "change_order")
            wanted = wanted_by(change, _mark)
            if change.address is not None:
                _demand_address(change.address, seen)
            if change.line is None:
                return self._make(seen, "change", key, wanted, {}, change.address)
            line = line_of(seen.order, change.line)
            sku = line.sku if change.sku is None else change.sku
            quantity = line.quantity if change.quantity is None else change.quantity
            self._demand_sense(line, sku, quantity)
            with self._turn.of(f"sap stock {sku}"):
                item = self._item(seen, line, sku, quantity)
                return self._make(seen, "change", key, wanted, {line.id: item}, change.address)

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it; None if neither our ledger nor SAP shows that."""
        entry = self._entry(key)
        if entry is None or entry.kind not in ("cancel", "change") or entry.subject != number:
            return None
        try:
            seen = self._see(number, "order_changed_by")
        except NotFound:
            return None
        return seen.order if self._is_done(entry, seen) else None

    @contextmanager
    def _once(self, number: str, kind: Literal["cancel", "change"], key: str) -> Iterator[tuple[Seen, Entry | None]]:
        """Lets nobody else of ours change the order meanwhile, and tells what was begun with the key."""
        operation = f"{kind}_order"
        self._demand_id(number, operation)
        with during(operation), self._turn.of(f"sap order {values.plain(number)}"):
            seen = self._see(number, operation)
            yield seen, self._entry(key)

    def _is_done(self, entry: Entry, seen: Seen) -> bool:
        """Whether what was begun with a key was done; what nobody knows yet, the order itself shows."""
        if entry.subject != seen.order.number:
            return False
        if entry.state == "begun" and shows(seen.order, entry, _mark):
            self._ledger.note(entry.key, "done")
            return True
        return entry.state == "done"

    @property
    def _rejection(self) -> Mapping[str, Any]:
        return {"SalesDocumentRjcnReason": self._rules.rejection_reason}

    def _demand_sense(self, line: OrderLine, sku: str, quantity: Decimal) -> None:
        if not is_whole(quantity):
            raise rejected("change_order", "quantity", "nobody can have so many")
        if sku == line.sku:
            return
        both = self.variants((sku, line.sku)) if is_storable(sku) else {}
        if len(both) != 2 or both[sku].product_id != both[line.sku].product_id:
            raise rejected("change_order", "variant", "it is another product")

    def _item(self, seen: Seen, line: OrderLine, sku: str, quantity: Decimal) -> Mapping[str, Any]:
        """What the item becomes; taken from one plant, because an item is of one."""
        if not quantity:
            return self._rejection
        plant = seen.item(line.id).ProductionPlant
        kept = min(line.quantity, quantity) if sku == line.sku else Decimal(0)
        taken = self._from_plant(sku, quantity, kept, plant) if quantity > kept else plant
        written = {"Material": sku} if sku != line.sku else {}
        written |= {"RequestedQuantity": values.amount(quantity)} if quantity != line.quantity else {}
        return {**written, **({"ProductionPlant": taken} if taken != plant else {})}

    def _from_plant(self, sku: str, quantity: Decimal, kept: Decimal, plant: str) -> str:
        """The plant that has what is needed: the item's own, if it keeps something there; else the fullest."""
        free = self._free(sku)
        if kept and free.get(plant, Decimal(0)) >= quantity - kept:
            return plant
        fullest = max(free, key=lambda one: (free[one], one), default=None)
        if fullest is None or free[fullest] < quantity:
            raise rejected("change_order", "stock", "too few are free in any one plant")
        return fullest

    def _make(
        self,
        seen: Seen,
        kind: Literal["cancel", "change"],
        key: str,
        wanted: Mapping[str, Any],
        items: Mapping[str, Mapping[str, Any]],
        address: Address | None = None,
    ) -> Order:
        """Writes all of a change, or nothing, and reads the order as it is then."""
        number, operation = seen.order.number, f"{kind}_order"
        self._ledger.begin(key, kind, number, wanted)
        try:
            self._api.change(ORDERS, self._changes(seen, items, address), operation)
        except Unknown:
            raise
        except (Conflict, Rejected) as error:
            self._ledger.note(key, "refused")
            raise self._refusal(number, error, address) from error
        except FrontdeskError:
            self._ledger.note(key, "refused")
            raise
        self._ledger.note(key, "done")
        try:
            return self._see(number, operation).order
        except FrontdeskError as error:
            raise Unknown("it was changed, but can't be read", system="erp", operation=operation) from error

    def _changes(self, seen: Seen, items: Mapping[str, Mapping[str, Any]], address: Address | None) -> list[Change]:
        """The header comes first, unchanged: of all that is written, its ETag alone is checked."""
        number = values.quoted(seen.row.SalesOrder)
        guard = {"If-Match": seen.row.metadata.etag}
        same = {"PurchaseOrderByCustomer": seen.row.PurchaseOrderByCustomer}
        found = [Change(f"A_SalesOrder({number})", same, guard)]
        for line, written in items.items():
            position = values.quoted(seen.item(line).SalesOrderItem)
            path = f"A_SalesOrderItem(SalesOrder={number},SalesOrderItem={position})"
            found.append(Change(path, written, guard))
        if address is not None and seen.address is not None:
            whose = f"PartnerFunction={values.quoted(self._rules.ship_to_function)}"
            code = f"AddressRepresentationCode={values.quoted(seen.address.AddressRepresentationCode)}"
            found.append(
                Change(f"A_SalesOrderPartnerAddress(SalesOrder={number},{whose},{code})", _written(address), guard)
            )
        return found

    def _refusal(self, number: str, error: FrontdeskError, address: Address | None) -> FrontdeskError:
        """What a no of SAP's means: packing was quicker, or it lets nothing be changed once there is a delivery."""
        try:
            seen = self._see(number, error.operation)
        except FrontdeskError:
            return error
        if not seen.order.is_before_packing or (seen.is_in_delivery and isinstance(error, Rejected)):
            return rejected(error.operation, "packed", "it has reached the packing floor")
        if address is not None and isinstance(error, Rejected):
            return rejected(error.operation, "address", f"SAP takes no such address: {error.status}")
        return error


def _demand_address(address: Address, seen: Seen) -> None:
    parts = dict(zip(_LENGTHS, astuple(address), strict=True))
    if not all(part.isprintable() and is_storable(part) for part in parts.values()):
        raise rejected("change_order", "address", "no address has such characters")
    if any(len(part) > _LENGTHS[name] for name, part in parts.items()):
        raise rejected("change_order", "address", "SAP keeps no address that is so long")
    if seen.address is None:
        raise rejected("change_order", "address", "SAP shows no address of the order's own")


def _written(address: Address) -> dict[str, str]:
    return {
        "StreetName": address.address1,
        "HouseNumber": "",
        "StreetSuffixName1": address.address2,
        "CityName": address.city,
        "Region": address.state,
        "Country": address.country,
        "PostalCode": address.postcode,
    }


def _mark(address: Address) -> str:
    return values.reference(repr(astuple(address)), 32)

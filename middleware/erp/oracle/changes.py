"""Changes of orders: judged by what Oracle has right before, written with its tag, and looked at afterwards.

Oracle skips what has been shipped meanwhile without a word, and a gateway's 504 says nothing of what became of a write:
in both cases the order itself tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from middleware.embedded import is_storable
from middleware.erp.ledger import Entry, Kind
from middleware.erp.oracle.base import CRM, FSCM, is_id, not_found, rejected
from middleware.erp.oracle.customers import Customers
from middleware.erp.oracle.orders import ORDERS, Orders, Seen, order_key
from middleware.erp.oracle.rest import Wanted
from middleware.erp.oracle.rows import OrderRow
from middleware.erp.oracle.standing import Part
from middleware.erp.oracle.stock import Stock
from middleware.erp.wishes import demand_changeable, line_of, shows, wanted_by
from middleware.errors import (
    Conflict,
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
    Unavailable,
    Unknown,
)
from middleware.records import Address, Order, OrderChange, OrderLine, OrderStatus

_LONGEST_PART = 240  # characters of an address's line
_MOST = Decimal(10) ** 9

Body = dict[str, Any]
_ADDRESS = {
    "AddressLine1": "address1",
    "AddressLine2": "address2",
    "City": "city",
    "State": "state",
    "Country": "country",
    "PostalCode": "postcode",
}


class Changes(Orders, Customers, Stock):
    """The part of the port that changes orders."""

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order if it hasn't reached the packing floor.

        Raises:
            Rejected: It has, or is cancelled already.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been cancelled.
        """

        def body(seen: Seen) -> Body:
            left = [one for one in seen.parts if one.status is not OrderStatus.CANCELLED]
            return {"lines": [self._cancelled(one) for one in left]}

        return self._once("cancel", number, {}, version, key, body)

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes one line of an order, or its address, if it hasn't reached the packing floor.

        Raises:
            Rejected: It has, there is no such line, the article is no variant of the line's, or too few are free.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been changed.
        """

        def body(seen: Seen) -> Body:
            lines = {} if change.line is None else {"lines": self._changed_line(seen, change)}
            ship_to = {} if change.address is None else {"shipToCustomer": [self._sent_to(seen.row, change.address)]}
            return {**lines, **ship_to}

        return self._once("change", number, wanted_by(change, _digest), version, key, body)

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it; None if nothing was."""
        with self._doing("order_changed_by"):
            entry = self._ledger.find(key) if is_id(number) and is_id(key) else None
            if entry is None or entry.subject != number or entry.kind not in ("cancel", "change"):
                return None
            if entry.state not in ("begun", "done"):
                return None
            order = self._seen(number).order
            if entry.state == "begun":
                if not shows(order, entry, _digest):
                    return None
                self._ledger.note(key, "done")
            return order

    def _once(
        self,
        kind: Kind,
        number: str,
        wanted: Mapping[str, Any],
        version: str,
        key: str,
        body: Callable[[Seen], Body],
    ) -> Order:
        operation = f"{kind}_order"
        if not is_id(number):
            raise not_found(operation)
        with self._doing(operation), self._in_turn.of(f"oracle order {number}"):
            entry = self._ledger.find(key)
            with self._before_writing():
                seen = self._seen(number, with_tag=True)
                if entry is not None and entry.state in ("begun", "done") and _is_made(seen.order, entry):
                    self._ledger.note(key, "done")
                    return seen.order
                demand_changeable(seen.order, version, operation)
                written = body(seen)
            was_begun = entry is not None and entry.state == "begun"
            begun = self._ledger.begin(key, kind, number, wanted)
            try:
                self._write(seen.row, written)
            except Unknown:
                raise
            except FrontdeskError as error:
                return self._refused(error, seen.order, begun, was_begun=was_begun)
            return self._as_written(begun, operation)

    def _write(self, row: OrderRow, body: Body) -> None:
        submitted = {"SubmittedFlag": True} if self._rules.submit_changes else {}
        self._rest.update(FSCM, f"{ORDERS}/{order_key(row)}", {**body, **submitted}, _tag(row))

    def _refused(self, error: FrontdeskError, seen: Order, entry: Entry, *, was_begun: bool) -> Order:
        """What a refused write means: the order was there right before, and was in a state to be changed.

        Args:
            was_begun: It had been sent before, and its answer lost: that may have come to pass only now.

        Raises:
            Rejected: It has reached the packing floor meanwhile.
            Conflict: Somebody else changed it meanwhile.
            Misconfigured: We may not, or not so.
        """
        if not was_begun:
            self._ledger.note(entry.key, "refused")
        if not isinstance(error, (Rejected, Conflict, NotFound)):
            raise error
        order = self._seen(seen.number).order
        if was_begun and shows(order, entry, _digest):
            self._ledger.note(entry.key, "done")
            return order
        if not order.is_before_packing:
            raise rejected("", "packed", "it reached the packing floor meanwhile") from error
        if isinstance(error, Conflict) or order.version != seen.version:
            raise Conflict("it changed meanwhile", system=self.system, status=error.status) from error
        mend = (
            "give it data access to the business unit and the privilege to edit orders"
            if isinstance(error, NotFound)
            else "look at erp.oracle.cancel_reason and submit_changes of assistant.yml"
        )
        raise Misconfigured(
            f"Oracle lets the integration user see an open order, but not change it: {mend}",
            system=self.system,
            status=error.status,
            request_id=error.request_id,
        ) from error

    def _as_written(self, entry: Entry, operation: str) -> Order:
        """The order afterwards.

        Raises:
            Rejected: Something of it was packed or sent meanwhile, so Oracle left it as it was.
            Unknown: It doesn't show yet what was written.
        """
        try:
            order = self._seen(entry.subject).order
        except (Unavailable, Malformed) as error:
            raise Unknown("it was written, and can't be read now", system=self.system) from error
        if shows(order, entry, _digest):
            self._ledger.note(entry.key, "done")
            return order
        if order.is_before_packing:
            raise Unknown("the order doesn't show yet what was written", system=self.system)
        self._ledger.note(entry.key, "refused")
        raise rejected(operation, "packed", "it reached the packing floor meanwhile")

    def _cancelled(self, part: Part) -> Body:
        return {
            "FulfillLineId": part.row.FulfillLineId,
            "OrderedQuantity": 0,
            "CancelReason": self._rules.cancel_reason,
        }

    def _changed_line(self, seen: Seen, change: OrderChange) -> list[Body]:
        """The line's first part becomes all of it, and others that it was split into go."""
        line = line_of(seen.order, change.line)
        sku = line.sku if change.sku is None else change.sku
        quantity = line.quantity if change.quantity is None else change.quantity
        if not quantity.is_finite() or quantity < 0 or quantity != quantity.to_integral_value():
            raise rejected("change_order", "quantity", "nobody can have so many")
        if sku != line.sku and not self._are_variants(sku, line.sku):
            raise rejected("change_order", "variant", "it is another product")
        self._demand_free(line, sku, quantity)
        parts = [one for one in seen.parts if one.number == line.id and one.status is not OrderStatus.CANCELLED]
        first, others = (parts[0], parts[1:]) if quantity else (None, parts)
        changed = [self._becoming(first, sku, quantity)] if first else []
        return [*changed, *map(self._cancelled, others)]

    def _becoming(self, part: Part, sku: str, quantity: Decimal) -> Body:
        product = {} if sku == part.row.ProductNumber else {"ProductNumber": sku}
        return {"FulfillLineId": part.row.FulfillLineId, **product, "OrderedQuantity": quantity}

    def _are_variants(self, sku: str, other: str) -> bool:
        found = self._articles([sku, other]) if is_id(sku) else {}
        return len(found) == 2 and found[sku].product_id == found[other].product_id

    def _demand_free(self, line: OrderLine, sku: str, quantity: Decimal) -> None:
        """What a line needs more must lie free in one warehouse: Oracle itself would let the customer wait for it."""
        more = quantity - (min(line.quantity, quantity) if sku == line.sku else 0)
        if more <= 0:
            return
        most = max((level.free for level in self._levels(sku)), default=Decimal(0)) if more <= _MOST else Decimal(0)
        if more > most:
            raise rejected("change_order", "stock", "too few are free")

    def _sent_to(self, row: OrderRow, address: Address) -> Body:
        """Orders go to sites of the customer's that Oracle knows: another address becomes one first."""
        ship_to = next(iter(row.shipToCustomer.items), None)
        if ship_to is None or ship_to.PartyId is None or not row.BuyingPartyNumber:
            raise Misconfigured("an order has no ship-to party: it can't be sent elsewhere", system=self.system)
        if not _is_address(address):
            raise rejected("change_order", "address", "there can be no such address")
        site = self._site(row.BuyingPartyNumber, address)
        return {"PartyId": ship_to.PartyId, "SiteId": site}

    def _site(self, party: str, address: Address) -> int | str:
        path = f"{self._party(party)[0]}/child/Address"
        rows = self._rest.rows(CRM, Wanted(path=path, kind=dict[str, Any]))
        wanted = {theirs: getattr(address, ours) for theirs, ours in _ADDRESS.items()}
        known = (row for row in rows if {name: str(row.get(name) or "") for name in _ADDRESS} == wanted)
        row: Mapping[str, Any] | None = next(known, None)
        if row is None:
            row = self._new_site(path, {name: it for name, it in wanted.items() if it})
        site = row.get(self._rules.site_field)
        if not isinstance(site, (int, str)):
            raise Misconfigured(
                f"Oracle's addresses have no {self._rules.site_field}: name the attribute with a ship-to site's id as"
                " erp.oracle.site_field of assistant.yml",
                system=self.system,
            )
        return site

    def _new_site(self, path: str, address: Mapping[str, str]) -> Mapping[str, Any]:
        """Adds an address; one too many does no harm, and nothing was changed of the order."""
        try:
            return self._rest.create(CRM, path, address).decoded(dict[str, Any])
        except Unknown as error:
            raise Unavailable("an address may not have been added", system=self.system) from error


def _is_made(order: Order, entry: Entry) -> bool:
    return entry.subject == order.number and (entry.state == "done" or shows(order, entry, _digest))


def _tag(row: OrderRow) -> str:
    """The order's entity tag; it can't be read of a list otherwise."""
    return (
        next(
            (
                one.properties.changeIndicator
                for one in row.links
                if one.rel == "self" and one.properties.changeIndicator
            ),
            "",
        )
        or ""
    )


def _digest(address: Address) -> str:
    return hashlib.sha256(msgspec.json.encode(address)).hexdigest()


def _is_address(address: Address) -> bool:
    parts = [getattr(address, ours) for ours in _ADDRESS.values()]
    return all(len(one) <= _LONGEST_PART and is_storable(one) for one in parts) and bool(address.address1)

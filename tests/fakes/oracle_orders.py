"""What Oracle's order management does with orders that are made and changed through its interface."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from middleware.records import ReturnReason
from tests.fakes import oracle_checks as checks
from tests.fakes.oracle_records import BUSINESS_UNIT, Records, now
from tests.fakes.oracle_schema import ADDRESS, ORDER, Problem, Row

_REASONS = {reason.value.upper() for reason in ReturnReason}
_SHIPPED = ("SHIPPED", "AWAIT_BILLING", "CLOSED", "DELIVERED", "RETURNED")
_OF_FUSION, _OF_SOURCE = "ORIGINAL_ORCHESTRATION_ORDER", "ORIGINAL_SALES_ORDER"


class Orders:
    """The orders of a stand-in.

    Args:
        records: All that is there.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def found(self, key: str) -> Row | None:
        """The order that a key in a path means: SYSTEM:id, or a HeaderId."""
        if ":" in key:
            return self._records.orders.get(key)
        return next((one for one in self._records.orders.values() if str(one.values["HeaderId"]) == key), None)

    def add_address(self, party: Row, body: dict[str, Any]) -> Row:
        """One more address of a party."""
        values = checks.created(ADDRESS, body, "AddressLine1", "Country")
        return self._records.add_address(party, values)

    # Changes

    def update(self, order: Row, body: dict[str, Any], key: str) -> None:
        """Changes an order as a whole, or not at all."""
        if ":" not in key:
            raise Problem(400, "You can't use the header identifier to update a sales order.", "DOO-2685999")
        given = checks.updated(ORDER, body)
        lines, ship_to = given.pop("lines", []), given.pop("shipToCustomer", None)
        if given.pop("billToCustomer", None):
            raise Problem(400, "You can't change the bill-to customer of a submitted sales order.", "DOO-2686001")
        changes = [(self._line_of(order, one), one) for one in lines]
        for line, wanted in changes:
            self._demand_changeable(line, wanted)
        if ship_to is not None:
            if any(self._is_at_the_warehouse(line) for line in order.children["lines"]):
                raise _no(order.children["lines"][0], "the shipment is in progress")
            party, address = self._destination(ship_to)
            self._records.send_to(order, party, address)
        for line, wanted in changes:
            self._change(line, wanted)
        order.values |= given | {"LastUpdateDate": now()}
        order.values["SourceTransactionRevisionNumber"] += 1
        order.revision += 1
        self._records.settle(order)

    def _line_of(self, order: Row, wanted: Mapping[str, Any]) -> Row:
        id_ = wanted.get("FulfillLineId")
        line = next((one for one in order.children["lines"] if one.values["FulfillLineId"] == id_), None)
        if line is None:
            raise Problem(
                400, "The application can't find the fulfillment line that you want to update.", "DOO-2685874"
            )
        return line

    def _is_at_the_warehouse(self, line: Row) -> bool:
        """Whether somebody there has put it aside already, or has sent it."""
        if line.values["StatusCode"] in ("PICKED", *_SHIPPED):
            return True
        return any(
            one.values["StagedQuantity"] > 0 or one.values["PickedQuantity"] > 0
            for one in self._records.shipping_of(line)
        )

    def _demand_changeable(self, line: Row, wanted: Mapping[str, Any]) -> None:
        if line.values["StatusCode"] == "CANCELED":
            raise _no(line, "it is canceled")
        is_skipped = wanted.get("OrderedQuantity") == 0 and line.values["StatusCode"] in _SHIPPED
        if self._is_at_the_warehouse(line) and not is_skipped:
            raise _no(line, "it is already picked or shipped")
        if wanted.get("OrderedQuantity", 1) < 0:
            raise Problem(400, "The ordered quantity must be zero or more.", "DOO-2685876", "/lines/OrderedQuantity")
        if wanted.get("OrderedQuantity") == 0 and not (wanted.get("CancelReason") or wanted.get("CancelReasonCode")):
            raise Problem(400, "You must provide a cancel reason.", "DOO-2685877", "/lines/CancelReason")
        if wanted.get("ProductNumber", line.values["ProductNumber"]) not in self._records.prices:
            raise Problem(400, "The product isn't valid in the item validation organization.", "DOO-2685878")

    def _change(self, line: Row, wanted: Mapping[str, Any]) -> None:
        """Shipped lines are skipped; what isn't free is on backorder."""
        if line.values["StatusCode"] in _SHIPPED:
            return
        item, units = line.values["ProductNumber"], line.values["OrderedQuantity"]
        quantity = wanted.get("OrderedQuantity", units)
        if quantity == 0:
            self._cancel(line, wanted)
            return
        other = wanted.get("ProductNumber", item)
        kept = min(units, quantity) if other == item else Decimal(0)
        if other != item or quantity < units:
            self._give_back(line, units - kept)
        self._allocate(line, other, quantity - kept)
        if other != item:
            line.values |= {"ProductNumber": other, "UnitSellingPrice": self._records.prices[other]}
        line.values |= {"OrderedQuantity": quantity, **{k: v for k, v in wanted.items() if k != "FulfillLineId"}}
        line.values["LastUpdateDate"] = now()
        for one in self._records.shipping_of(line):
            one.values |= {"Item": other, "RequestedQuantity": quantity}

    def _allocate(self, line: Row, item: str, units: Decimal) -> None:
        """Takes units for a line; what isn't free is awaited."""
        if not self._records.take(item, units):
            line.values["StatusCode"] = "BACKORDERED"
            self._records.awaited[line.values["FulfillLineId"]] = units

    def _give_back(self, line: Row, units: Decimal) -> None:
        awaited = self._records.awaited.pop(line.values["FulfillLineId"], Decimal(0))
        self._records.put_back(line.values["ProductNumber"], max(units - awaited, Decimal(0)))

    def _cancel(self, line: Row, wanted: Mapping[str, Any]) -> None:
        units = line.values["OrderedQuantity"]
        self._give_back(line, units)
        line.values |= {"StatusCode": "CANCELED", "CanceledFlag": True, "OpenFlag": False, "CanceledQuantity": units}
        line.values |= {"CancelReason": wanted.get("CancelReason"), "OrderedQuantity": Decimal(0)}
        for one in self._records.shipping_of(line):
            one.values |= {"LineStatus": "Cancelled", "LineStatusCode": "X", "CancelledQuantity": units}

    def _destination(self, ship_to: list[dict[str, Any]]) -> tuple[Row, Row]:
        given = ship_to[0] if len(ship_to) == 1 else {}
        party = self._records.party_with_id(given.get("PartyId"))
        address = self._records.address(party, given.get("SiteId")) if party else None
        if party is None or address is None:
            raise Problem(400, "The ship-to party site isn't valid for the ship-to party.", "DOO-2685880")
        return party, address

    # New orders

    def create(self, body: dict[str, Any]) -> Row:
        """Imports an order with its lines."""
        required = ("SourceTransactionSystem", "SourceTransactionId", "SourceTransactionNumber", "lines")
        given = checks.created(ORDER, body, *required, "TransactionalCurrencyCode")
        lines = given.pop("lines")
        key = f"{given['SourceTransactionSystem']}:{given['SourceTransactionId']}"
        if given.pop("OrderKey", key) != key:
            raise Problem(400, "The order key isn't that of the source transaction.", "DOO-2685890")
        if key in self._records.orders:
            message = "A sales order with this source transaction identifier and source system already exists."
            raise Problem(400, message, "DOO-2685891")
        if given.get("BusinessUnitName", BUSINESS_UNIT) != BUSINESS_UNIT:
            raise Problem(400, "The business unit isn't valid.", "DOO-2685892")
        party = self._records.party(given.get("BuyingPartyNumber")) or self._records.party_with_id(
            given.get("BuyingPartyId")
        )
        if party is None:
            raise Problem(400, "The buying party isn't valid.", "DOO-2685893")
        self._demand_billed(party, given.pop("billToCustomer", []))
        destination = given.pop("shipToCustomer", None)
        address = self._destination(destination)[1] if destination else None
        originals = [self._demand_line(line) for line in lines]
        order = self._records.add_order({"TransactionOn": now(), **given}, address, party)
        order.values["MessageText"] = "The application successfully imported the sales order."
        for line, original in zip(lines, originals, strict=True):
            self._add_line(order, line, original)
        self._records.settle(order)
        return order

    def _demand_billed(self, party: Row, given: list[dict[str, Any]]) -> None:
        for one in given:
            if one.get("CustomerAccountId") != party.values["PartyId"] + 1:
                raise Problem(400, "The bill-to customer account isn't valid.", "DOO-2685894")

    def _demand_line(self, line: dict[str, Any]) -> Row | None:
        """What is wrong about a line of a new order; the line that one of a return is of."""
        for name in ("SourceTransactionLineId", "SourceTransactionLineNumber", "SourceTransactionScheduleId"):
            if not line.get(name):
                raise Problem(400, f"You must provide a value for the attribute {name}.", "27514", f"/lines/{name}")
        if line.get("ProductNumber") not in self._records.prices:
            raise Problem(400, "The product isn't valid in the item validation organization.", "DOO-2685878")
        if not line.get("OrderedQuantity", 0) > 0 or line.get("OrderedUOM", "Each") != "Each":
            raise Problem(400, "The ordered quantity or its unit of measure isn't valid.", "DOO-2685876")
        category = line.get("TransactionCategoryCode", "ORDER")
        if category not in ("ORDER", "RETURN"):
            raise Problem(400, "The transaction category code isn't valid.", "DOO-2685895")
        return self._original(line) if category == "RETURN" else None

    def _original(self, line: dict[str, Any]) -> Row | None:
        if line.get("ReturnReasonCode") not in _REASONS:
            raise Problem(400, "The return reason isn't valid.", "DOO-2685896")
        references = line.get("documentReferences", [])
        if not references:
            return None  # one without a reference is allowed: who takes it in, looks
        reference = references[0]
        if reference.get("DocumentReferenceType") not in (_OF_FUSION, _OF_SOURCE):
            raise Problem(400, "The document reference type isn't valid.", "DOO-2685897")
        found = self._referred(reference)
        if found is None:
            raise Problem(400, "The original sales order line of the return isn't valid.", "DOO-2685898")
        self._demand_returnable(found, line)
        return found

    def _referred(self, reference: Mapping[str, Any]) -> Row | None:
        """The line that is meant; where it was split, only Fusion's own ids tell which."""
        if reference["DocumentReferenceType"] == _OF_FUSION:
            id_ = str(reference.get("DocumentSubLineIdentifier") or "")
            pair = self._records.line(int(id_)) if id_.isascii() and id_.isdigit() else None
            if pair is None or str(pair[0].values["HeaderId"]) != reference.get("DocumentIdentifier"):
                return None
            return pair[1] if str(pair[1].values["LineId"]) == reference.get("DocumentLineIdentifier") else None
        key = f"{reference.get('DocumentAdditionalIdentifier')}:{reference.get('DocumentIdentifier')}"
        order = self._records.orders.get(key)
        lines = order.children["lines"] if order else []
        meant = [
            one for one in lines if one.values["SourceTransactionLineId"] == reference.get("DocumentLineIdentifier")
        ]
        return meant[0] if len(meant) == 1 else None

    def _demand_returnable(self, original: Row, line: Mapping[str, Any]) -> None:
        if original.values["StatusCode"] not in _SHIPPED:
            raise Problem(400, "You can't return a line that isn't shipped.", "DOO-2685899")
        if original.values["ProductNumber"] != line["ProductNumber"]:
            raise Problem(400, "The product of the return isn't that of the original line.", "DOO-2685900")
        if line["OrderedQuantity"] > original.values["OrderedQuantity"] - self.returned(original):
            raise Problem(400, "The return quantity exceeds the quantity that can be returned.", "DOO-2685901")

    def returned(self, original: Row) -> Decimal:
        """Units of a fulfillment line that are returned, or to be."""
        id_ = str(original.values["FulfillLineId"])
        quantities = [
            line.values["OrderedQuantity"]
            for order in self._records.orders.values()
            for line in order.children["lines"]
            if line.values["StatusCode"] != "CANCELED"
            for reference in line.children["documentReferences"]
            if reference.values.get("DocumentSubLineIdentifier") == id_
        ]
        return sum(quantities, Decimal(0))

    def _add_line(self, order: Row, line: dict[str, Any], original: Row | None) -> None:
        references = line.pop("documentReferences", [])
        if line.get("TransactionCategoryCode") == "RETURN":
            price = original.values["UnitSellingPrice"] if original else None
            made = self._records.add_line(order, {"StatusCode": "AWAIT_RECEIVING", "UnitSellingPrice": price, **line})
        else:
            price = {"UnitSellingPrice": self._records.prices[line["ProductNumber"]], "StatusCode": "AWAIT_SHIP"}
            made = self._records.add_line(order, {**price, **line})
            self._allocate(made, line["ProductNumber"], line["OrderedQuantity"])
        if original is not None:
            references[0]["DocumentSubLineIdentifier"] = str(original.values["FulfillLineId"])
        made.children["documentReferences"] = [
            Row({"DocumentReferenceId": self._records.new_id(), **one}) for one in references
        ]


def _no(line: Row, why: str) -> Problem:
    number = line.values["SourceTransactionLineNumber"]
    return Problem(400, f"You can't change fulfillment line {number} because {why}.", "DOO-2685875")

"""All that is in the stand-in's Oracle: parties, orders, shipping, stock, reservations, invoices."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from tests.fakes.oracle_schema import Row, hashed

FIRST_ID = 300_000_100_000_000
BUSINESS_UNIT = "Main BU"
_OF_STOCK = ("reservations", "free")  # they are copied quickly


class Records:
    """The records, and what hangs together among them.

    Attributes:
        orders: By OrderKey.
        shipment_lines: In the order of their keys.
        reservations: By ReservationId.
        invoices: By TransactionNumber.
        accounts: Companies, by PartyNumber; `contacts` are persons.
        free: Units that can be reserved, by item and organization; an item is kept where there is an entry.
        prices: Of the items, by ItemNumber.
        organizations: The codes of all there are.
        awaited: Units that aren't there yet, by the FulfillLineId of the line that waits for them.
    """

    def __init__(self) -> None:
        self.orders: dict[str, Row] = {}
        self.shipment_lines: list[Row] = []
        self.reservations: dict[str, Row] = {}
        self.invoices: dict[str, Row] = {}
        self.accounts: dict[str, Row] = {}
        self.contacts: dict[str, Row] = {}
        self.free: dict[tuple[str, str], Decimal] = {}
        self.prices: dict[str, Decimal | None] = {}
        self.organizations: set[str] = set()
        self.awaited: dict[int, Decimal] = {}
        self._last_id = FIRST_ID
        self._last_number = 418_977

    def new_id(self) -> int:
        """The next of the ids that Oracle counts."""
        self._last_id += 7
        return self._last_id

    def new_number(self) -> str:
        """The number of the next order that is made here."""
        self._last_number += 1
        return str(self._last_number)

    def snapshot(self, resources: Collection[str]) -> Callable[[], None]:
        """Keeps as it is what writes to some resources can change; what it gives puts that back."""
        is_stock_alone = set(resources) <= {"inventoryReservations"}
        kept = copy.deepcopy({name: self.__dict__[name] for name in (_OF_STOCK if is_stock_alone else self.__dict__)})

        def back() -> None:
            self.__dict__.update(kept)

        return back

    # Parties

    def party(self, number: Any) -> Row | None:
        """A company or a person by its PartyNumber."""
        return self.accounts.get(number) or self.contacts.get(number)

    def party_with_id(self, id_: Any) -> Row | None:
        """The same by its PartyId."""
        parties = (*self.accounts.values(), *self.contacts.values())
        return next((one for one in parties if one.values["PartyId"] == id_), None)

    def add_address(self, party: Row, values: Mapping[str, Any], is_primary: bool = False) -> Row:
        """One more address of a party."""
        id_ = self.new_id()
        own = {"AddressId": id_, "AddressNumber": f"CDRM_{id_}", "PartyId": party.values["PartyId"]}
        row = Row({**own, "PrimaryFlag": is_primary, **values}, id=own["AddressNumber"])
        party.children.setdefault("Address", []).append(row)
        return row

    def address(self, party: Row, id_: Any) -> Row | None:
        """An address of a party by its AddressId."""
        return next((one for one in party.children.get("Address", []) if one.values["AddressId"] == id_), None)

    # Orders

    def add_order(self, values: Mapping[str, Any], ship_to: Row | None, party: Row) -> Row:
        """A new order, without lines yet."""
        header = self.new_id()
        number = values.get("OrderNumber") or self.new_number()
        system = values.get("SourceTransactionSystem") or "OPS"
        source = values.get("SourceTransactionId") or str(header)
        row = Row(
            {
                "HeaderId": header,
                "SourceTransactionNumber": number,
                "SourceTransactionRevisionNumber": 1,
                "BusinessUnitName": BUSINESS_UNIT,
                "RequestingBusinessUnitName": BUSINESS_UNIT,
                "BuyingPartyName": party.values.get("OrganizationName") or party.values.get("ContactName"),
                "TransactionType": "Standard Orders",
                "SubmittedFlag": True,
                "StatusCode": "OPEN",
                "OpenFlag": True,
                "CreationDate": values.get("TransactionOn") or now(),
                **values,
                "OrderNumber": number,
                "SourceTransactionSystem": system,
                "SourceTransactionId": source,
                "OrderKey": f"{system}:{source}",
                "BuyingPartyId": party.values["PartyId"],
                "BuyingPartyNumber": party.values["PartyNumber"],
            },
            {"lines": [], "shipToCustomer": [], "billToCustomer": [self._bill_to(party)], "totals": []},
            id=f"{system}:{source}",
        )
        self.orders[row.id] = row
        if ship_to is not None:
            self.send_to(row, party, ship_to)
        return row

    def _bill_to(self, party: Row) -> Row:
        ids = {"CustomerAccountId": party.values["PartyId"] + 1, "SiteUseId": party.values["PartyId"] + 2}
        return Row({**ids, "PartyName": party.values.get("OrganizationName") or party.values.get("ContactName")})

    def send_to(self, order: Row, party: Row, address: Row) -> None:
        """Lets an order go to an address of a party."""
        at = address.values
        values = {
            "PartyId": party.values["PartyId"],
            "PartyNumber": party.values["PartyNumber"],
            "PartyName": order.values["BuyingPartyName"],
            "SiteId": at["AddressId"],
            "AddressId": at["AddressId"],
            "Address1": at.get("AddressLine1"),
            "Address2": at.get("AddressLine2"),
            **{name: at.get(name) for name in ("City", "State", "PostalCode", "Country")},
        }
        order.children["shipToCustomer"] = [Row(values)]

    def add_line(self, order: Row, values: Mapping[str, Any], line_id: int | None = None) -> Row:
        """One more fulfillment line of an order: of the line with an id, which was split, or of a new one."""
        fulfillment_line = self.new_id()
        header = order.values
        row = Row(
            {
                "FulfillLineId": fulfillment_line,
                "LineId": line_id or self.new_id(),
                "HeaderId": header["HeaderId"],
                **{
                    name: header[name]
                    for name in ("SourceTransactionId", "SourceTransactionNumber", "SourceTransactionSystem")
                },
                "OrderedUOM": "Each",
                "OrderedUOMCode": "Ea",
                "TransactionCategoryCode": "ORDER",
                "TransactionLineType": "Buy",
                "StatusCode": "SCHEDULED",
                "OpenFlag": True,
                "CanceledFlag": False,
                "CreationDate": header["CreationDate"],
                **values,
            },
            {"lineDetails": [], "documentReferences": []},
            id=hashed(str(fulfillment_line)),
        )
        order.children["lines"].append(row)
        return row

    def order_called(self, number: str) -> Row:
        """The order with a number."""
        return next(row for row in self.orders.values() if row.values["OrderNumber"] == number)

    def line(self, fulfillment_line: Any) -> tuple[Row, Row] | None:
        """An order and the line of it that has an id."""
        for order in self.orders.values():
            for line in order.children["lines"]:
                if line.values["FulfillLineId"] == fulfillment_line:
                    return order, line
        return None

    def settle(self, order: Row) -> None:
        """The header says what its lines come to."""
        codes = {line.values["StatusCode"] for line in order.children["lines"]}
        closed = codes & {"CLOSED", "DELIVERED", "RETURNED"}
        left = codes - closed - {"CANCELED"}
        status = "OPEN" if left else "CLOSED"
        status = "CANCELED" if codes == {"CANCELED"} else status
        status = "PARTIALLY_CLOSE" if left and closed else status
        order.values |= {"StatusCode": status, "OpenFlag": bool(left), "CanceledFlag": codes == {"CANCELED"}}

    # Shipping

    def add_shipment_line(self, order: Row, line: Row, values: Mapping[str, Any]) -> Row:
        """What the warehouse has to do, or did, about a fulfillment line."""
        key = self.new_id()
        sold = line.values
        row = Row(
            {
                "ShipmentLine": key,
                "Order": order.values["OrderNumber"],
                "OrderLine": sold["SourceTransactionLineNumber"],
                "OrderType": "Sales order",
                "OrderTypeCode": "SALES_ORDER",
                "SourceOrderFulfillmentLineId": sold["FulfillLineId"],
                "SourceOrderId": order.values["HeaderId"],
                "SourceOrderLineId": sold["LineId"],
                "Item": sold["ProductNumber"],
                "RequestedQuantity": sold["OrderedQuantity"],
                "RequestedQuantityUOM": "Each",
                "ShippedQuantity": Decimal(0),
                "StagedQuantity": Decimal(0),
                "PickedQuantity": Decimal(0),
                "CreationDate": order.values["CreationDate"],
                **values,
            },
            id=str(key),
        )
        self.shipment_lines.append(row)
        return row

    def shipping_of(self, line: Row) -> list[Row]:
        """What the warehouse has or did of a fulfillment line."""
        id_ = line.values["FulfillLineId"]
        return [one for one in self.shipment_lines if one.values["SourceOrderFulfillmentLineId"] == id_]

    # Stock

    def take(self, item: str, units: Decimal) -> bool:
        """Takes units from where most is free; False, and nothing is taken, if it is too few."""
        fullest = self._fullest(item)
        if units > 0 and (fullest is None or self.free[item, fullest] < units):
            return False
        if fullest is not None and units > 0:
            self.free[item, fullest] -= units
        return True

    def put_back(self, item: str, units: Decimal) -> None:
        """Puts units to where most of the item lies; nowhere if it is kept nowhere."""
        fullest = self._fullest(item)
        if fullest is not None:
            self.free[item, fullest] += units

    def _fullest(self, item: str) -> str | None:
        kept = [(-units, organization) for (one, organization), units in self.free.items() if one == item]
        return min(kept)[1] if kept else None

    def reserved(self, item: str, organization: str | None = None) -> Decimal:
        """Units that reservations keep."""
        quantities: Iterable[Decimal] = (
            one.values["ReservationQuantity"]
            for one in self.reservations.values()
            if one.values["ItemNumber"] == item and organization in (None, one.values["OrganizationCode"])
        )
        return sum(quantities, Decimal(0))


def now() -> datetime:
    """This moment, by the second."""
    return datetime.now(timezone.utc).replace(microsecond=0)

"""Puts the tests' data into the stand-in's Oracle, in Oracle's form: parties, stock, orders and what was sent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import phonenumbers

from middleware.demo import Data
from tests.fakes.oracle_forms import Plain, add_detail, grouped, midnight, second
from tests.fakes.oracle_papers import Papers
from tests.fakes.oracle_records import Records
from tests.fakes.oracle_schema import Row

_WAITING = {
    "placed": "SCHEDULED",
    "picking": "AWAIT_SHIP",
    "packed": "AWAIT_SHIP",
    "delayed": "BACKORDERED",
    "shipped": "SHIPPED",
    "partly_shipped": "AWAIT_SHIP",
    "delivered": "CLOSED",
    "returned": "RETURNED",
    "cancelled": "CANCELED",
}
# How people type a number, in turn.
_TYPED: tuple[Callable[[phonenumbers.PhoneNumber], str], ...] = (
    lambda number: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL),
    lambda number: (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("-", " ") + " ext. 4"
    ),
    lambda number: (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        .partition(" ")[2]
        .replace("-", ".")
    ),
)


class Laying:
    """Lays data.

    Args:
        records: Where to; there is nothing yet.
        data: What.
    """

    def __init__(self, records: Records, data: Data) -> None:
        self._records, self._data = records, data
        self._lines = grouped(data.order_lines, "order_number")
        self._parcels = grouped(data.shipments, "order_number")
        self._in_parcels = {(row["shipment_id"], row["line"]): row["quantity"] for row in data.shipment_lines}
        self._currencies = {row["sku"]: row["currency"] for row in data.products}

    def lay(self) -> None:
        """Lays all of it."""
        self._lay_parties()
        self._lay_stock()
        for row in self._data.orders:
            self._lay_order(row)
        self._lay_reservations()
        Papers(self._records, self._data).lay()

    # Parties

    def _lay_parties(self) -> None:
        companies = {row["customer_number"] for row in self._data.customer_contacts}
        for place, row in enumerate(self._data.customers):
            if row["number"] in companies:
                names = {"OrganizationName": row["name"], "FormattedPhoneNumber": _typed(row.get("phone"), place)}
                self._lay_party(self._records.accounts, row["number"], row, names, place)
            else:
                self._lay_party(self._records.contacts, row["number"], row, _person(row, place), place)
        for place, row in enumerate(self._data.customer_contacts):
            account = self._records.accounts[row["customer_number"]]
            names = _person(row, place) | {
                "AccountPartyNumber": account.values["PartyNumber"],
                "AccountPartyId": account.values["PartyId"],
                "AccountName": account.values["OrganizationName"],
            }
            self._lay_party(self._records.contacts, f"9{place:05}", row, names, place)

    def _lay_party(self, parties: dict[str, Row], number: str, row: Plain, names: Plain, place: int) -> None:
        email = row.get("email")
        place_of = _address(row)
        values = {
            "PartyId": self._records.new_id(),
            "PartyNumber": number,
            "EmailAddress": email.title() if email and place % 3 == 1 else email,
            **names,
            **place_of,
        }
        party = parties[number] = Row(values, {"Address": []}, id=number)
        if any(place_of.values()):
            self._records.add_address(party, place_of, is_primary=True)

    # Stock

    def _lay_stock(self) -> None:
        self._records.organizations = {row["id"] for row in self._data.warehouses}
        self._records.prices = {row["sku"]: row["price"] for row in self._data.products}
        for row in self._data.stock:
            self._records.free[row["sku"], row["warehouse"]] = Decimal(row["available"])

    def _lay_reservations(self) -> None:
        parts = grouped(self._data.reservation_parts, "reservation_id")
        for row in self._data.reservations:
            for part in [] if row.get("released_at") else parts[row["id"]]:
                id_ = self._records.new_id()
                values = {
                    "ReservationId": id_,
                    "OrganizationCode": part["warehouse"],
                    "ItemNumber": row["sku"],
                    "ReservationQuantity": Decimal(part["quantity"]),
                    "DemandSourceType": "User defined",
                    "DemandSourceTypeId": 13,
                    "DemandSourceName": row["id"][:30],
                    "SupplySourceType": "On hand",
                }
                self._records.reservations[str(id_)] = Row(values, id=str(id_))

    # Orders

    def _lay_order(self, row: Plain) -> None:
        party = self._records.party(row["customer_number"])
        assert party, "an order is some customer's"
        lines = sorted(self._lines[row["number"]], key=lambda line: (len(line["line"]), line["line"]))
        order = self._records.add_order(
            {
                "OrderNumber": row["number"],
                "SourceTransactionNumber": row["number"],
                "TransactionOn": second(row["placed_at"]),
                "TransactionalCurrencyCode": self._currencies[lines[0]["sku"]] if lines else "USD",
                "RequestedArrivalDate": midnight(row.get("promised_on")),
            },
            self._address_of(party, _address(row)),
            party,
        )
        for line in lines:
            self._lay_line(order, row, line)
        self._records.settle(order)

    def _address_of(self, party: Row, wanted: Plain) -> Row | None:
        if not any(wanted.values()):
            return None
        there = party.children["Address"]
        same = [one for one in there if all(one.values.get(name) == value for name, value in wanted.items())]
        return same[0] if same else self._records.add_address(party, wanted)

    def _lay_line(self, order: Row, row: Plain, line: Plain) -> None:
        """One fulfillment line for each parcel that it left in, and one for what didn't leave."""
        parcels = [one for one in self._parcels[row["number"]] if (one["id"], line["line"]) in self._in_parcels]
        left = Decimal(line["quantity"])
        line_id = self._records.new_id()
        for parcel in parcels:
            units = Decimal(self._in_parcels[parcel["id"], line["line"]])
            self._lay_sent(order, line, line_id, parcel, units)
            left -= units
        if left > 0:
            self._lay_rest(order, row, line, line_id, left)

    def _lay_sent(self, order: Row, line: Plain, line_id: int, parcel: Plain, units: Decimal) -> None:
        status = "AWAIT_BILLING"
        if line["status"] in ("delivered", "returned"):
            status = "DELIVERED"
        status = "CLOSED" if parcel["delivered_at"] else status
        status = "RETURNED" if line["status"] == "returned" else status
        sent = second(parcel["shipped_at"]) or order.values["TransactionOn"]
        values = {
            "StatusCode": status,
            "ShippedQuantity": units,
            "ScheduleArrivalDate": midnight(parcel["expected_on"]),
            "ActualShipDate": sent,
            "ShippingCarrier": parcel["carrier"],
        }
        made = self._records.add_line(order, _sold(order, line, units) | values, line_id)
        add_detail(
            made,
            parcel["id"],
            {"TrackingNumber": parcel["tracking"], "ActualDeliveryDate": second(parcel["delivered_at"])},
        )
        self._records.add_shipment_line(
            order,
            made,
            {"Shipment": parcel["id"], "ShippedQuantity": units, "ActualShipDate": sent, "LineStatus": "Interfaced"},
        )

    def _lay_rest(self, order: Row, row: Plain, line: Plain, line_id: int, units: Decimal) -> None:
        status = line["status"]
        if status == "placed" and row["status"] in ("picking", "packed", "delayed"):
            status = row["status"]
        values = {"StatusCode": _WAITING[status], "ScheduleArrivalDate": midnight(row.get("expected_on"))}
        made = self._records.add_line(order, _sold(order, line, units) | values, line_id)
        if status in ("delivered", "returned"):
            add_detail(made, None, {"ActualDeliveryDate": second(row.get("delivered_at"))})
        if status in ("picking", "partly_shipped"):
            self._records.add_shipment_line(order, made, {"LineStatus": "Ready to Release", "PendingQuantity": units})
        if status == "packed":
            self._records.add_shipment_line(order, made, {"LineStatus": "Staged", "StagedQuantity": units})
        if status == "delayed":
            self._records.add_shipment_line(order, made, {"LineStatus": "Backordered", "BackorderedQuantity": units})


def _typed(phone: str | None, place: int) -> str | None:
    return phone and _TYPED[place % len(_TYPED)](phonenumbers.parse(phone))


def _person(row: Plain, place: int) -> dict[str, Any]:
    first, _, last = row["name"].partition(" ")
    phones = ("FormattedWorkPhoneNumber", "FormattedMobileNumber")
    names = {"ContactName": row["name"], "FirstName": first, "LastName": last}
    return {**names, phones[place % 2]: _typed(row.get("phone"), place)}


def _address(row: Plain) -> dict[str, Any]:
    names = {
        "AddressLine1": "address1",
        "AddressLine2": "address2",
        "City": "city",
        "State": "state",
        "PostalCode": "postcode",
        "Country": "country",
    }
    return {name: row.get(ours) or None for name, ours in names.items()}


def _sold(order: Row, line: Plain, units: Decimal) -> dict[str, Any]:
    return {
        "SourceTransactionLineId": line["line"],
        "SourceTransactionLineNumber": line["line"],
        "SourceTransactionScheduleId": "1",
        "SourceScheduleNumber": "1",
        "ProductNumber": line["sku"],
        "OrderedQuantity": units,
        "UnitSellingPrice": line["price"],
        "UnitListPrice": line["price"],
        "RequestedArrivalDate": order.values["RequestedArrivalDate"],
    }

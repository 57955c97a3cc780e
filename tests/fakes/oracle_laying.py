"""Puts the tests' data into the stand-in's Oracle, in Oracle's form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import phonenumbers

from middleware.demo import Data
from tests.fakes.oracle_records import Records
from tests.fakes.oracle_schema import Row, hashed

_PLAIN = Mapping[str, Any]
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
_RETURNS = {"announced": "AWAIT_RECEIVING", "received": "AWAIT_BILLING", "refunded": "CLOSED", "rejected": "CANCELED"}
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
        self._lines = _grouped(data.order_lines, "order_number")
        self._parcels = _grouped(data.shipments, "order_number")
        self._in_parcels = {(row["shipment_id"], row["line"]): row["quantity"] for row in data.shipment_lines}
        self._currencies = {row["sku"]: row["currency"] for row in data.products}

    def lay(self) -> None:
        """Lays all of it."""
        self._lay_parties()
        self._lay_stock()
        for row in self._data.orders:
            self._lay_order(row)
        for row in self._data.returns:
            lines = [one for one in self._data.return_lines if one["return_number"] == row["number"]]
            self._lay_return(row, lines)
        self._lay_what_went_back()
        self._lay_reservations()
        lines_of = _grouped(self._data.invoice_lines, "invoice_number")
        for row in self._data.invoices:
            self._lay_invoice(row, lines_of[row["number"]])

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

    def _lay_party(self, parties: dict[str, Row], number: str, row: _PLAIN, names: _PLAIN, place: int) -> None:
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
        parts = _grouped(self._data.reservation_parts, "reservation_id")
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

    def _lay_order(self, row: _PLAIN) -> None:
        party = self._records.party(row["customer_number"])
        assert party, "an order is some customer's"
        lines = sorted(self._lines[row["number"]], key=lambda line: (len(line["line"]), line["line"]))
        order = self._records.add_order(
            {
                "OrderNumber": row["number"],
                "SourceTransactionNumber": row["number"],
                "TransactionOn": _second(row["placed_at"]),
                "TransactionalCurrencyCode": self._currencies[lines[0]["sku"]] if lines else "USD",
                "RequestedArrivalDate": _midnight(row.get("promised_on")),
            },
            self._address_of(party, _address(row)),
            party,
        )
        for line in lines:
            self._lay_line(order, row, line)
        self._records.settle(order)

    def _address_of(self, party: Row, wanted: _PLAIN) -> Row | None:
        if not any(wanted.values()):
            return None
        there = party.children["Address"]
        same = [one for one in there if all(one.values.get(name) == value for name, value in wanted.items())]
        return same[0] if same else self._records.add_address(party, wanted)

    def _lay_line(self, order: Row, row: _PLAIN, line: _PLAIN) -> None:
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

    def _lay_sent(self, order: Row, line: _PLAIN, line_id: int, parcel: _PLAIN, units: Decimal) -> None:
        status = "AWAIT_BILLING"
        if line["status"] in ("delivered", "returned"):
            status = "DELIVERED"
        status = "CLOSED" if parcel["delivered_at"] else status
        status = "RETURNED" if line["status"] == "returned" else status
        sent = _second(parcel["shipped_at"]) or order.values["TransactionOn"]
        values = {
            "StatusCode": status,
            "ShippedQuantity": units,
            "ScheduleArrivalDate": _midnight(parcel["expected_on"]),
            "ActualShipDate": sent,
            "ShippingCarrier": parcel["carrier"],
        }
        made = self._records.add_line(order, _sold(order, line, units) | values, line_id)
        _add_detail(
            made,
            parcel["id"],
            {"TrackingNumber": parcel["tracking"], "ActualDeliveryDate": _second(parcel["delivered_at"])},
        )
        self._records.add_shipment_line(
            order,
            made,
            {"Shipment": parcel["id"], "ShippedQuantity": units, "ActualShipDate": sent, "LineStatus": "Interfaced"},
        )

    def _lay_rest(self, order: Row, row: _PLAIN, line: _PLAIN, line_id: int, units: Decimal) -> None:
        status = line["status"]
        if status == "placed" and row["status"] in ("picking", "packed", "delayed"):
            status = row["status"]
        values = {"StatusCode": _WAITING[status], "ScheduleArrivalDate": _midnight(row.get("expected_on"))}
        made = self._records.add_line(order, _sold(order, line, units) | values, line_id)
        if status in ("delivered", "returned"):
            _add_detail(made, None, {"ActualDeliveryDate": _second(row.get("delivered_at"))})
        if status in ("picking", "partly_shipped"):
            self._records.add_shipment_line(order, made, {"LineStatus": "Ready to Release", "PendingQuantity": units})
        if status == "packed":
            self._records.add_shipment_line(order, made, {"LineStatus": "Staged", "StagedQuantity": units})
        if status == "delayed":
            self._records.add_shipment_line(order, made, {"LineStatus": "Backordered", "BackorderedQuantity": units})

    # Returns

    def _lay_what_went_back(self) -> None:
        """An order that was returned has a return of all of it."""
        known = {row["order_number"] for row in self._data.returns}
        for row in self._data.orders:
            if row["status"] == "returned" and row["number"] not in known:
                sent_back = row.get("delivered_at") or row["placed_at"]
                whole = {"number": f"R-{row['number']}", "order_number": row["number"], "created_at": sent_back}
                lines = [{"line": one["line"], "quantity": one["quantity"]} for one in self._lines[row["number"]]]
                self._lay_return({**whole, "status": "received", "reason": "other", "return_by": None}, lines)

    def _lay_return(self, row: _PLAIN, lines: Iterable[_PLAIN]) -> None:
        original = self._records.order_called(row["order_number"])
        party = self._records.party(original.values["BuyingPartyNumber"])
        assert party
        values = {
            "OrderNumber": row["number"],
            "TransactionOn": _second(row["created_at"]),
            "TransactionalCurrencyCode": original.values["TransactionalCurrencyCode"],
            "RequestedShipDate": _midnight(row.get("return_by")),
            "Comments": row.get("words") or None,
        }
        order = self._records.add_order(values, None, party)
        order.children["shipToCustomer"] = [Row(dict(one.values)) for one in original.children["shipToCustomer"]]
        for place, line in enumerate(lines):
            self._lay_return_line(order, row, original, line, is_first=place == 0)
        self._records.settle(order)

    def _lay_return_line(self, order: Row, row: _PLAIN, original: Row, line: _PLAIN, is_first: bool) -> None:
        """A line for each fulfillment line that so many units of are returned."""
        left = Decimal(line["quantity"])
        for sold in original.children["lines"]:
            units = min(left, sold.values["OrderedQuantity"])
            if sold.values["SourceTransactionLineNumber"] != line["line"] or units <= 0:
                continue
            left -= units
            number = str(len(order.children["lines"]) + 1)
            made = self._records.add_line(order, _sent_back(sold, number, units, row))
            made.children["documentReferences"] = [Row(_reference(original, sold))]
            refund = {"BillingTransactionAmount": -row["refund"]} if row.get("refund") and is_first else {}
            if row.get("received_on") or row.get("refunded_on"):
                _add_detail(
                    made,
                    None,
                    {
                        "ActualDeliveryDate": _midnight(row.get("received_on")),
                        "BillingTransactionDate": row.get("refunded_on"),
                        **refund,
                    },
                )

    # Invoices

    def _lay_invoice(self, row: _PLAIN, lines: Iterable[_PLAIN]) -> None:
        party = self._records.party(row["customer_number"])
        assert party
        name = party.values.get("OrganizationName") or party.values.get("ContactName")
        ordered = sorted(lines, key=lambda line: (len(line["line"]), line["line"]))
        gross = _gross(ordered)
        id_ = self._records.new_id()
        values = {
            "CustomerTransactionId": id_,
            "TransactionNumber": row["number"],
            "TransactionDate": row["issued_on"],
            "AccountingDate": row["issued_on"],
            "DueDate": row["due_on"],
            "TransactionType": "Invoice",
            "TransactionSource": "Distributed Order Orchestration",
            "InvoiceStatus": "Complete",
            "InvoiceCurrencyCode": row["currency"],
            "BillToCustomerName": name,
            "BillToCustomerNumber": row["customer_number"],
            "EnteredAmount": gross,
            "InvoiceBalanceAmount": Decimal(0) if row.get("paid_on") else gross,
        }
        made = [_invoice_line(row, line, self._records.new_id()) for line in ordered]
        self._records.invoices[row["number"]] = Row(values, {"receivablesInvoiceLines": made}, id=str(id_))


def _grouped(rows: Iterable[_PLAIN], name: str) -> dict[str, list[_PLAIN]]:
    found: dict[str, list[_PLAIN]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _typed(phone: str | None, place: int) -> str | None:
    return phone and _TYPED[place % len(_TYPED)](phonenumbers.parse(phone))


def _person(row: _PLAIN, place: int) -> dict[str, Any]:
    first, _, last = row["name"].partition(" ")
    phones = ("FormattedWorkPhoneNumber", "FormattedMobileNumber")
    names = {"ContactName": row["name"], "FirstName": first, "LastName": last}
    return {**names, phones[place % 2]: _typed(row.get("phone"), place)}


def _address(row: _PLAIN) -> dict[str, Any]:
    names = {
        "AddressLine1": "address1",
        "AddressLine2": "address2",
        "City": "city",
        "State": "state",
        "PostalCode": "postcode",
        "Country": "country",
    }
    return {name: row.get(ours) or None for name, ours in names.items()}


def _second(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(timezone.utc).replace(microsecond=0)


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), timezone.utc)


def _sold(order: Row, line: _PLAIN, units: Decimal) -> dict[str, Any]:
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


def _sent_back(sold: Row, number: str, units: Decimal, row: _PLAIN) -> dict[str, Any]:
    return {
        "SourceTransactionLineId": number,
        "SourceTransactionLineNumber": number,
        "SourceTransactionScheduleId": "1",
        "SourceScheduleNumber": "1",
        "TransactionCategoryCode": "RETURN",
        "TransactionLineType": "Return",
        "ReturnReasonCode": row["reason"].upper(),
        "ProductNumber": sold.values["ProductNumber"],
        "OrderedQuantity": units,
        "UnitSellingPrice": sold.values["UnitSellingPrice"],
        "StatusCode": _RETURNS[row["status"]],
    }


def _reference(original: Row, sold: Row) -> dict[str, Any]:
    return {
        "DocumentReferenceType": "ORIGINAL_ORCHESTRATION_ORDER",
        "DocumentNumber": original.values["OrderNumber"],
        "DocumentIdentifier": str(original.values["HeaderId"]),
        "DocumentLineIdentifier": str(sold.values["LineId"]),
        "DocumentSubLineIdentifier": str(sold.values["FulfillLineId"]),
    }


def _add_detail(line: Row, delivery: str | None, values: _PLAIN) -> None:
    id_ = line.values["FulfillLineId"]
    own = {"FulfillLineDetailId": id_ + 1, "FulfillLineId": id_, "Quantity": line.values["OrderedQuantity"]}
    line.children["lineDetails"].append(Row({**own, "DeliveryName": delivery, **values}, id=hashed(f"detail {id_}")))


def _gross(lines: Iterable[_PLAIN]) -> Decimal:
    """Net and tax of all lines: the tax is taken of each rate's sum."""
    nets: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        nets[line["tax_rate"]] += _cents(line["quantity"] * line["price"])
    return sum((net + _cents(net * rate / 100) for rate, net in nets.items()), Decimal(0))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _invoice_line(row: _PLAIN, line: _PLAIN, id_: int) -> Row:
    net = _cents(line["quantity"] * line["price"])
    rate = line["tax_rate"]
    tax = Row({"TaxLineNumber": 1, "TaxRate": rate, "TaxAmount": _cents(net * rate / 100)}, id=hashed(f"tax {id_}"))
    values = {
        "CustomerTransactionLineId": id_,
        "LineNumber": int(line["line"]),
        "Description": line["description"],
        "ItemNumber": line["sku"],
        "Quantity": Decimal(line["quantity"]),
        "UnitSellingPrice": line["price"],
        "LineAmount": net,
        "SalesOrder": row["order_number"],
    }
    children = {"receivablesInvoiceLineTaxLines": [tax] if rate else [], "receivablesInvoiceLineTransactionDFF": []}
    return Row(values, children, id=hashed(f"line {id_}"))

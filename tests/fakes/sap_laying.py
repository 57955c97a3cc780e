"""How the tests' data lies in the stand-in's SAP."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat

from middleware.demo import Data
from middleware.demo.data import Row as Laid
from middleware.records import BEFORE_PACKING, OrderStatus, ReturnReason
from tests.fakes.sap_business import SALES_AREA, UNIT, Business, Material
from tests.fakes.sap_deliveries import PACKED, PICKING
from tests.fakes.sap_records import Records, Row, new_uuid

CARRIERS = {name.upper(): name for name in ("UPS", "FedEx", "DHL", "USPS", "DPD", "GLS")}
RULES = {
    "carriers": CARRIERS,
    "cost_center": "17101101",
    "payment_terms": {f"NT{days:02}": days for days in range(100)},
    "tax_rates": ["0", "6.625", "7", "8.875", "10", "19"],
}
FIRST_PLANT = "1710"
CENT, MILL = Decimal("0.01"), Decimal("0.001")
_REASONS = {reason.value: f"{place:03}" for place, reason in enumerate(ReturnReason, start=1)}
_SENT = {one.value for one in (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED)}
_ARRIVED = {one.value for one in (OrderStatus.DELIVERED, OrderStatus.RETURNED)}
_WAITING = {one.value for one in BEFORE_PACKING}
# How people type a number, in turn: what is dialled, the extension, and whether SAP knows the international form.
_TYPED: tuple[Callable[[phonenumbers.PhoneNumber], tuple[str, str, bool]], ...] = (
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), "", True),
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), "", False),
    lambda number: (str(number.national_number), "4", True),
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL), "", False),
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.E164), "", True),
)


class Laying:
    """Lays data into an empty SAP.

    Args:
        business: Its rules, which work out what follows from what is laid.
    """

    def __init__(self, records: Records, business: Business, data: Data) -> None:
        self._records, self._business, self._data = records, business, data
        self._numbers = itertools.count(1)
        self._positions: dict[tuple[str, str], str] = {}
        self._fullest: dict[str, str] = {}

    def lay(self) -> None:
        """Lays everything."""
        data = self._data
        for row in data.products:
            self._business.materials[row["sku"]] = Material(row["price"], row["currency"])
            self._records.put("A_MaterialStock", Material=row["sku"], MaterialBaseUnit=UNIT)
        self._partners()
        self._stock()
        lines = _by(data.order_lines, "order_number")
        shipments, parts = _by(data.shipments, "order_number"), _by(data.shipment_lines, "shipment_id")
        for row in data.orders:
            theirs = {one["id"]: parts[one["id"]] for one in shipments[row["number"]]}
            self._order(row, lines[row["number"]], shipments[row["number"]], theirs)
        self._reservations()
        self._add_what_is_kept()
        invoice_lines, return_lines = _by(data.invoice_lines, "invoice_number"), _by(data.return_lines, "return_number")
        for row in data.invoices:
            self._invoice(row, invoice_lines[row["number"]])
        for row in data.returns:
            self._return(row, return_lines[row["number"]])
        self._whole_returns(lines)

    # Accounts

    def _partners(self) -> None:
        contacts = _by(self._data.customer_contacts, "customer_number")
        people: dict[tuple[str, str], str] = {}
        for row in self._data.customers:
            is_company = bool(contacts[row["number"]])
            person = "" if is_company else f"{30_000 + next(self._numbers)}"
            address = self._account(row, is_company, person)
            self._reached(address, person, row)
            for one in contacts[row["number"]]:
                who = one["name"], one["email"] or one["id"]
                if who not in people:
                    people[who] = self._person(one["name"])
                self._reached(address, people[who], one)

    def _account(self, row: Laid, is_company: bool, person: str) -> str:
        number, address = row["number"], f"{20_000 + next(self._numbers)}"
        first, _, last = row["name"].rpartition(" ")
        named = {"OrganizationBPName1": row["name"][:40]} if is_company else {"FirstName": first, "LastName": last}
        self._records.put(
            "A_BusinessPartner",
            BusinessPartner=number,
            Customer=number,
            BusinessPartnerCategory="2" if is_company else "1",
            BusinessPartnerFullName=row["name"],
            BusinessPartnerName=row["name"],
            BusinessPartnerUUID=new_uuid(),
            PersonNumber=person,
            **named,
        )
        self._records.put("A_Customer", Customer=number, CustomerName=row["name"], CustomerFullName=row["name"])
        self._records.put(
            "A_BusinessPartnerAddress",
            BusinessPartner=number,
            AddressID=address,
            Person=person,
            AddressUUID=new_uuid(),
            FullName=row["name"],
            ValidityStartDate=datetime(2020, 1, 1, tzinfo=timezone.utc),
            ValidityEndDate=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
            StreetName=row.get("address1") or "",
            StreetSuffixName=row.get("address2") or "",
            CityName=row.get("city") or "",
            Region=row.get("state") or "",
            Country=row.get("country") or "",
            PostalCode=row.get("postcode") or "",
        )
        return address

    def _person(self, name: str) -> str:
        person = f"{30_000 + next(self._numbers)}"
        first, _, last = name.rpartition(" ")
        self._records.put(
            "A_BusinessPartner",
            BusinessPartner=f"9{person}",
            BusinessPartnerCategory="1",
            BusinessPartnerFullName=name,
            BusinessPartnerName=name,
            BusinessPartnerUUID=new_uuid(),
            FirstName=first,
            LastName=last,
            PersonNumber=person,
        )
        return person

    def _reached(self, address: str, person: str, row: Laid) -> None:
        key = {"AddressID": address, "Person": person, "OrdinalNumber": "1"}
        if row.get("email"):
            text = row["email"]
            searched = {"SearchEmailAddress": text.upper()[:20], "IsDefaultEmailAddress": True}
            self._records.put("A_AddressEmailAddress", **key, EmailAddress=text, **searched)
        if row.get("phone"):
            number = phonenumbers.parse(row["phone"])
            typed, extension, is_known = _TYPED[next(self._numbers) % len(_TYPED)](number)
            self._records.put(
                "A_AddressPhoneNumber",
                **key,
                IsDefaultPhoneNumber=True,
                PhoneNumberType="1",
                DestinationLocationCountry=phonenumbers.region_code_for_number(number) or "",
                PhoneNumber=typed,
                PhoneNumberExtension=extension,
                InternationalPhoneNumber=row["phone"] + extension if is_known else "",
            )

    # Stock

    def _stock(self) -> None:
        most: dict[str, int] = {}
        for row in self._data.stock:
            self._quantity(row["sku"], row["warehouse"], "01", Decimal(row["available"]))
            if row["available"] > most.get(row["sku"], -1):
                most[row["sku"]], self._fullest[row["sku"]] = row["available"], row["warehouse"]
        for row in self._data.stock[:1]:
            self._quantity(row["sku"], row["warehouse"], "02", Decimal(7))  # in quality inspection

    def _quantity(self, sku: str, plant: str, kind: str, units: Decimal) -> None:
        self._records.put(
            "A_MatlStkInAcctMod",
            Material=sku,
            Plant=plant,
            StorageLocation="171A",
            InventoryStockType=kind,
            MaterialBaseUnit=UNIT,
            MatlWrhsStkQtyInMatlBaseUnit=units,
        )

    def _add_what_is_kept(self) -> None:
        """What the laid data calls free is there beside what is ordered and reserved."""
        for row in self._data.stock:
            stock = self._records.of(
                "A_MatlStkInAcctMod", Material=row["sku"], Plant=row["warehouse"], InventoryStockType="01"
            )
            stock[0]["MatlWrhsStkQtyInMatlBaseUnit"] += row["available"] - self._business.free(
                row["sku"], row["warehouse"]
            )

    def _reservations(self) -> None:
        parts = _by(self._data.reservation_parts, "reservation_id")
        for row in self._data.reservations:
            day = row["reserved_at"].astimezone(self._business.zone).date()
            header = {"GoodsMovementType": "251", "ReservationDate": day, "Customer": row["customer_number"]}
            units = [
                {
                    "Product": row["sku"],
                    "Plant": part["warehouse"],
                    "ResvnItmRequiredQtyInEntryUnit": Decimal(part["quantity"]),
                    "EntryUnit": UNIT,
                    "MatlCompRequirementDate": day,
                }
                for part in parts[row["id"]]
            ]
            made = self._business.creators["A_ReservationDocumentHeader"](header, {"to_ReservationDocumentItem": units})
            for item in self._records.of("A_ReservationDocumentItem", Reservation=made["Reservation"]):
                item["ReservationItmIsMarkedForDeltn"] = row.get("released_at") is not None

    # Orders

    def _order(self, row: Laid, lines: list[Laid], shipments: list[Laid], parts: Mapping[str, list[Laid]]) -> None:
        placed = row["placed_at"].astimezone(self._business.zone).date()
        promised = row.get("promised_on") or row.get("expected_on")
        currency = next((self._business.materials[line["sku"]].currency for line in lines), "USD")
        order = self._records.put(
            "A_SalesOrder",
            SalesOrder=row["number"],
            SalesOrderType="OR",
            **SALES_AREA,
            SoldToParty=row["customer_number"],
            CreationDate=placed,
            LastChangeDate=placed,
            LastChangeDateTime=row["placed_at"].astimezone(timezone.utc),
            SalesOrderDate=placed,
            PurchaseOrderByCustomer=f"WEB {row['number']}",
            CustomerPurchaseOrderDate=placed,
            PricingDate=placed,
            RequestedDeliveryDate=promised,
            TransactionCurrency=currency,
        )
        self._ship_to(row)
        items = {line["line"]: self._item(order, row, line, place) for place, line in enumerate(lines, start=1)}
        for shipment in shipments:
            self._shipment(order, shipment, items, parts[shipment["id"]], _is_there(row, lines))
        self._being_packed(order, row, lines, items)
        for line in lines:
            if line["status"] in _SENT:
                items[line["line"]]["DeliveryStatus"] = "C"
        for item in items.values():
            self._business.confirm(item, anyway=True)
        self._business.refresh(order)

    def _ship_to(self, row: Laid) -> None:
        partner = {"SalesOrder": row["number"], "Customer": row["customer_number"]}
        for function, internal in (("SP", "AG"), ("SH", "WE")):
            code = {"PartnerFunction": function, "PartnerFunctionInternalCode": internal}
            self._records.put("A_SalesOrderHeaderPartner", **partner, **code)
        self._records.put(
            "A_SalesOrderPartnerAddress",
            SalesOrder=row["number"],
            PartnerFunction="SH",
            StreetName=row.get("address1") or "",
            StreetSuffixName1=row.get("address2") or "",
            CityName=row.get("city") or "",
            Region=row.get("state") or "",
            Country=row.get("country") or "",
            PostalCode=row.get("postcode") or "",
        )

    def _item(self, order: Row, row: Laid, line: Laid, place: int) -> Row:
        position = str(place * 10)
        self._positions[row["number"], line["line"]] = position
        rejected = OrderStatus.CANCELLED.value in (line["status"], row["status"])
        units = Decimal(line["quantity"])
        item = self._records.put(
            "A_SalesOrderItem",
            SalesOrder=order["SalesOrder"],
            SalesOrderItem=position,
            SalesOrderItemCategory="TAN",
            Material=line["sku"],
            RequestedQuantity=units,
            RequestedQuantityUnit=UNIT,
            OrderQuantityUnit=UNIT,
            TransactionCurrency=order["TransactionCurrency"],
            NetAmount=(units * (line["price"] or 0)).quantize(MILL),
            ProductionPlant=self._fullest.get(line["sku"], FIRST_PLANT),
            SalesDocumentRjcnReason="10" if rejected else "",
        )
        expected = row.get("expected_on")
        requested = order["RequestedDeliveryDate"]
        if OrderStatus.DELAYED.value in (line["status"], row["status"]) and expected and requested >= expected:
            order["RequestedDeliveryDate"] = requested = expected - timedelta(days=1)
        self._records.put(
            "A_SalesOrderScheduleLine",
            SalesOrder=order["SalesOrder"],
            SalesOrderItem=position,
            ScheduleLine="1",
            RequestedDeliveryDate=requested,
            ConfirmedDeliveryDate=expected,
            OrderQuantityUnit=UNIT,
        )
        return item

    def _shipment(self, order: Row, row: Laid, items: Mapping[str, Row], parts: list[Laid], is_there: bool) -> None:
        units = [(items[part["line"]], Decimal(part["quantity"])) for part in parts if part["line"] in items]
        zone = self._business.zone
        header = self._business.deliveries.open(self._document(row["id"]), order, units, PICKING)
        self._business.deliveries.leave(header, row["shipped_at"] and row["shipped_at"].astimezone(zone))
        header["BillOfLading"] = row["tracking"] or ""
        header["DeliveryDate"] = row["expected_on"]
        if row["delivered_at"] or is_there:
            header["OverallProofOfDeliveryStatus"] = "C"
        if row["delivered_at"]:
            arrived = row["delivered_at"].astimezone(zone)
            header["ProofOfDeliveryDate"] = arrived.date()
            header["ConfirmationTime"] = arrived.time().replace(microsecond=0)
        document = header["DeliveryDocument"]
        if row["carrier"]:
            code = row["carrier"].upper()[:10]
            self._records.put("A_OutbDeliveryPartner", PartnerFunction="CR", SDDocument=document, Supplier=code)
        customer = {"Customer": order["SoldToParty"], "SDDocument": document}
        self._records.put("A_OutbDeliveryPartner", PartnerFunction="SH", **customer)
        if row["tracking"]:
            unit = {"HandlingUnitInternalId": f"{50_000 + next(self._numbers)}", "DeliveryDocument": document}
            self._records.put("A_HandlingUnitHeaderDelivery", **unit, HandlingUnitExternalId=row["tracking"][:20])

    def _being_packed(self, order: Row, row: Laid, lines: list[Laid], items: Mapping[str, Row]) -> None:
        """What is picked or packed lies in a delivery that hasn't left."""
        packed, picked = OrderStatus.PACKED.value, OrderStatus.PICKING.value
        whole = row["status"] if row["status"] == packed else ""
        for stands, status in ((PICKING, picked), (PACKED, packed)):
            wanted = [
                line for line in lines if (whole if line["status"] in _WAITING and whole else line["status"]) == status
            ]
            units = [
                (items[line["line"]], line["quantity"] - self._business.deliveries.quantity(items[line["line"]]))
                for line in wanted
            ]
            if units := [(item, left) for item, left in units if left > 0]:
                self._business.deliveries.open(f"{80_000_000 + next(self._numbers)}", order, units, stands)

    def _document(self, number: str) -> str:
        return number if len(number) <= 10 else f"{70_000_000 + next(self._numbers)}"

    # Invoices

    def _invoice(self, row: Laid, lines: list[Laid]) -> None:
        nets = [(line["price"] * line["quantity"]).quantize(CENT, ROUND_HALF_UP) for line in lines]
        taxes = _taxes([(line["tax_rate"], net) for line, net in zip(lines, nets, strict=True)])
        common = {"BillingDocument": row["number"], "TransactionCurrency": row["currency"]}
        net, tax = sum(nets, Decimal(0)), sum(taxes, Decimal(0))
        self._records.put(
            "A_BillingDocument",
            **common,
            SDDocumentCategory="M",
            BillingDocumentType="F2",
            BillingDocumentDate=row["issued_on"],
            CreationDate=row["issued_on"],
            LastChangeDateTime=datetime.combine(row["issued_on"], datetime.min.time(), timezone.utc),
            SalesOrganization=SALES_AREA["SalesOrganization"],
            SoldToParty=row["customer_number"],
            PayerParty=row["customer_number"],
            CustomerPaymentTerms=f"NT{(row['due_on'] - row['issued_on']).days:02}",
            TotalNetAmount=net,
            TaxAmount=tax,
            TotalGrossAmount=net + tax,
            InvoiceClearingStatus="C" if row.get("paid_on") else "A",
            OverallSDProcessStatus="C",
            AccountingPostingStatus="C",
        )
        for line, amount, part in zip(lines, nets, taxes, strict=True):
            order = (
                {"SalesDocument": row["order_number"], "SalesSDDocumentCategory": "C"} if row["order_number"] else {}
            )
            self._records.put(
                "A_BillingDocumentItem",
                **common,
                BillingDocumentItem=line["line"],
                Material=line["sku"] or "",
                BillingDocumentItemText=line["description"][:40],
                BillingQuantity=Decimal(line["quantity"]),
                BillingQuantityUnit=UNIT,
                NetAmount=amount,
                TaxAmount=part,
                GrossAmount=amount + part,
                **order,
            )

    # Returns

    def _return(self, row: Laid, lines: list[Laid]) -> None:
        is_rejected, is_paid = row["status"] == "rejected", row["status"] == "refunded"
        order = self._records.get("A_SalesOrder", row["order_number"])
        assert order
        announced = row["created_at"].astimezone(self._business.zone).date()
        document = self._records.put(
            "A_CustomerReturn",
            CustomerReturn=self._document(row["number"]),
            CustomerReturnType="CBAR",
            **SALES_AREA,
            SoldToParty=order["SoldToParty"],
            CreationDate=announced,
            CustomerReturnDate=announced,
            LastChangeDateTime=row["created_at"].astimezone(timezone.utc),
            TransactionCurrency=row.get("currency") or order["TransactionCurrency"],
            OverallSDDocumentRejectionSts="C" if is_rejected else "A",
            OverallSDProcessStatus="C" if is_paid or is_rejected else "A",
            RetsMgmtProcessingStatus="C" if is_paid or is_rejected else "A",
        )
        received = "X" if row["status"] in ("received", "refunded") else ""
        for place, line in enumerate(lines, start=1):
            key = row["order_number"], line["line"]
            sold = self._records.get("A_SalesOrderItem", key[0], self._positions[key])
            assert sold
            self._records.put(
                "A_CustomerReturnItem",
                CustomerReturn=document["CustomerReturn"],
                CustomerReturnItem=str(place * 10),
                Material=sold["Material"],
                RequestedQuantity=Decimal(line["quantity"]),
                RequestedQuantityUnit=UNIT,
                TransactionCurrency=document["TransactionCurrency"],
                NetAmount=(sold["NetAmount"] / sold["RequestedQuantity"] * line["quantity"]).quantize(CENT),
                ReturnReason=_REASONS[row["reason"]],
                ReturnsMaterialHasBeenReceived=received,
                SalesDocumentRjcnReason="50" if is_rejected else "",
                SDDocumentRejectionStatus="C" if is_rejected else "A",
                ReferenceSDDocument=sold["SalesOrder"],
                ReferenceSDDocumentItem=sold["SalesOrderItem"],
                ReferenceSDDocumentCategory="C",
            )
        items = self._records.of("A_CustomerReturnItem", CustomerReturn=document["CustomerReturn"])
        document["TotalNetAmount"] = row.get("refund") or sum((item["NetAmount"] for item in items), Decimal(0))

    def _whole_returns(self, lines: Mapping[str, list[Laid]]) -> None:
        """Of an order that is said to have gone back, where no return tells of it."""
        told = {row["order_number"] for row in self._data.returns}
        for row in self._data.orders:
            if row["status"] == OrderStatus.RETURNED.value and row["number"] not in told:
                at = row.get("delivered_at") or row["placed_at"]
                number = f"{60_000_000 + next(self._numbers)}"
                known = {"number": number, "order_number": row["number"], "created_at": at, "status": "refunded"}
                self._return({**known, "reason": ReturnReason.CHANGED_MIND.value}, lines[row["number"]])


def _is_there(row: Laid, lines: list[Laid]) -> bool:
    """Whether an order has arrived whole, whatever its parcels tell."""
    return row["status"] in _ARRIVED and all(line["status"] in _ARRIVED for line in lines)


def _taxes(lines: list[tuple[Decimal, Decimal]]) -> list[Decimal]:
    """The tax of each line, to the cent, so that those of one rate add up to the tax of their sum."""
    taxes = [(net * rate / 100).quantize(CENT, ROUND_HALF_UP) for rate, net in lines]
    for rate in {rate for rate, _ in lines}:
        places = [place for place, (one, _) in enumerate(lines) if one == rate]
        whole = (sum((lines[place][1] for place in places), Decimal(0)) * rate / 100).quantize(CENT, ROUND_HALF_UP)
        taxes[places[-1]] += whole - sum((taxes[place] for place in places), Decimal(0))
    return taxes


def _by(rows: Any, name: str) -> defaultdict[str, list[Laid]]:
    found: defaultdict[str, list[Laid]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found

"""SAP's own rules: what becomes of an order, a delivery, a reservation, a return when somebody writes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.fakes.sap_deliveries import Deliveries
from tests.fakes.sap_errors import forbidden_by_business as forbid
from tests.fakes.sap_errors import not_found
from tests.fakes.sap_papers import paper
from tests.fakes.sap_records import Records, Row
from tests.fakes.sap_schema import BILLING

UNIT = "PC"
SALES_AREA = {"SalesOrganization": "1710", "DistributionChannel": "10", "OrganizationDivision": "00"}
REJECTION_REASONS = {"10", "20", "50", "61", "63"}
RETURN_TYPES = {"CBAR", "CBRE"}
RETURN_REASONS = {f"{number:03}" for number in range(1, 8)}
REFUND_TYPES = {"", "1", "2"}
COST_CENTERS = {"", "17101101"}
MOVEMENT_TYPES = {"201", "231", "241", "251", "311"}
_JUDGED = {"Material", "RequestedQuantity", "ProductionPlant", "SalesDocumentRjcnReason"}


@dataclass(frozen=True)
class Material:
    """What is known of an article: its price, if it has one."""

    price: Decimal | None
    currency: str


class Business:
    """The rules.

    Args:
        records: What they watch over.

    Attributes:
        materials: Articles by number.
        zone: Of the company's days.
        deliveries: Of its orders.
        papers: PDFs of invoices that aren't drawn as usual, by the number with all zeros; None where there is none.
        is_strict: Whether an item that is in a delivery can't be changed at all, and not only from packing on.
    """

    def __init__(self, records: Records) -> None:
        self.records = records
        self.materials: dict[str, Material] = {}
        self.zone = ZoneInfo("UTC")
        self.deliveries = Deliveries(records)
        self.papers: dict[str, bytes | None] = {}
        self.is_strict = False
        self.creators: dict[str, Callable[[Row, dict[str, list[Row]]], Row]] = {
            "A_ReservationDocumentHeader": self._reserve,
            "A_CustomerReturn": self._announce,
        }
        self.updaters: dict[str, Callable[[Row, Row], None]] = {
            "A_SalesOrder": self._change_order,
            "A_SalesOrderItem": self._change_item,
            "A_SalesOrderPartnerAddress": self._change_address,
            "A_ReservationDocumentItem": self._change_reservation,
        }
        self.functions = {(BILLING, "GetPDF"): (("BillingDocument",), self._paper)}

    def today(self) -> date:
        """The company's day."""
        return datetime.now(self.zone).date()

    # Orders

    def _change_order(self, order: Row, values: Row) -> None:
        order.update(values)
        self.touch(order)

    def _change_item(self, item: Row, values: Row) -> None:
        order = self._order_of(item)
        if item["SalesDocumentRjcnReason"] and set(values) & _JUDGED:
            forbid("V1/499", "The item has been rejected and can no longer be changed")
        if any(item[name] != values[name] for name in _JUDGED & set(values)):
            self._demand_unpacked(item)
        wanted = {**item, **values}
        self._demand_material(wanted["Material"])
        _demand_quantity(wanted["RequestedQuantity"])
        _demand_unit(values.get("RequestedQuantityUnit", UNIT))
        reason = values.get("SalesDocumentRjcnReason", "")
        if reason and reason not in REJECTION_REASONS:
            forbid("V1/302", f"Reason for rejection {reason} is not defined")
        price = self._price(item, values)
        item.update(values)
        item["NetAmount"] = (price * item["RequestedQuantity"]).quantize(Decimal("0.001"))
        self.deliveries.follow(item)
        self.confirm(item)
        self.refresh(order)
        self.touch(order)

    def _price(self, item: Row, values: Row) -> Decimal:
        """Of one unit: another article has its own."""
        if values.get("Material", item["Material"]) != item["Material"]:
            return self.materials[values["Material"]].price or Decimal(0)
        return Decimal(item["NetAmount"] / item["RequestedQuantity"]) if item["RequestedQuantity"] else Decimal(0)

    def _change_address(self, address: Row, values: Row) -> None:
        for item in self.records.of("A_SalesOrderItem", SalesOrder=address["SalesOrder"]):
            self._demand_unpacked(item)
        address.update(values)
        self.touch(self._order_of(address))

    def _demand_unpacked(self, item: Row) -> None:
        if self.deliveries.has_begun(item, self.is_strict):
            forbid("V1/384", "Item has already been delivered: subsequent documents exist")

    def _demand_material(self, number: str) -> None:
        if number not in self.materials:
            forbid("M3/305", f"The material {number} does not exist or is not activated")

    def _order_of(self, row: Row) -> Row:
        order = self.records.get("A_SalesOrder", row["SalesOrder"])
        assert order
        return order

    def touch(self, order: Row) -> None:
        """Notes that an order was changed just now."""
        order["LastChangeDateTime"] = self.records.moment()
        order["LastChangeDate"] = self.today()

    def refresh(self, order: Row) -> None:
        """Works out what follows from an order's items, and from their deliveries."""
        items = self.records.of("A_SalesOrderItem", SalesOrder=order["SalesOrder"])
        for item in items:
            self.deliveries.note(item)
        delivered = {item["DeliveryStatus"] for item in items if not item["SalesDocumentRjcnReason"]}
        rejected = {bool(item["SalesDocumentRjcnReason"]) for item in items}
        order["OverallDeliveryStatus"] = order["OverallTotalDeliveryStatus"] = _overall(delivered or {"C"})
        order["OverallSDDocumentRejectionSts"] = "A" if True not in rejected else "B" if False in rejected else "C"
        order["OverallSDProcessStatus"] = _overall({item["SDProcessStatus"] for item in items})
        order["TotalNetAmount"] = sum((item["NetAmount"] for item in items), Decimal(0))

    # Stock

    def confirm(self, item: Row, anyway: bool = False) -> None:
        """Confirms as much of an item as is free in its plant.

        Args:
            anyway: Whether all of it is confirmed, whatever is free.
        """
        (line,) = self.records.of(
            "A_SalesOrderScheduleLine", SalesOrder=item["SalesOrder"], SalesOrderItem=item["SalesOrderItem"]
        )
        wanted = Decimal(0) if item["SalesDocumentRjcnReason"] else item["RequestedQuantity"]
        delivered = max(self.deliveries.quantity(item), self.deliveries.sent(item))
        line["OpenConfdDelivQtyInOrdQtyUnit"] = Decimal(0)  # what it keeps itself is free for it
        free = wanted if anyway else max(self.free(item["Material"], item["ProductionPlant"]), Decimal(0))
        confirmed = min(wanted, free + delivered)
        line["ScheduleLineOrderQuantity"] = item["RequestedQuantity"]
        line["ConfdOrderQtyByMatlAvailCheck"] = item["ConfdDelivQtyInOrderQtyUnit"] = confirmed
        line["DeliveredQtyInOrderQtyUnit"] = delivered
        line["OpenConfdDelivQtyInOrdQtyUnit"] = max(confirmed - delivered, Decimal(0))

    def free(self, material: str, plant: str) -> Decimal:
        """Units of an article in a plant that nobody ordered or reserved."""
        stock = self.records.of("A_MatlStkInAcctMod", Material=material, Plant=plant, InventoryStockType="01")
        there = sum((row["MatlWrhsStkQtyInMatlBaseUnit"] for row in stock), Decimal(0))
        return there - self._ordered(material, plant) - self.reserved(material, plant)

    def _ordered(self, material: str, plant: str) -> Decimal:
        items = self.records.of("A_SalesOrderItem", Material=material, ProductionPlant=plant)
        lines = [
            line
            for one in items
            for line in self.records.of(
                "A_SalesOrderScheduleLine", SalesOrder=one["SalesOrder"], SalesOrderItem=one["SalesOrderItem"]
            )
        ]
        waiting = sum((line["OpenConfdDelivQtyInOrdQtyUnit"] for line in lines), Decimal(0))
        return waiting + self.deliveries.on_the_floor(material, plant)

    def reserved(self, material: str, plant: str | None = None) -> Decimal:
        """Units of an article that reservations keep, everywhere or in a plant."""
        items = self.records.of("A_ReservationDocumentItem", Product=material, ReservationItmIsMarkedForDeltn=False)
        return sum(
            (
                one["ResvnItmRequiredQtyInBaseUnit"] - one["ResvnItmWithdrawnQtyInBaseUnit"]
                for one in items
                if plant in (None, one["Plant"])
            ),
            Decimal(0),
        )

    # Reservations: they are taken whatever is free, as SAP's are.

    def _reserve(self, header: Row, below: dict[str, list[Row]]) -> Row:
        items = below.get("to_ReservationDocumentItem", [])
        if not items:
            forbid("M7/062", "Document does not contain any items")
        movement = header.get("GoodsMovementType", "")
        if movement not in MOVEMENT_TYPES:
            forbid("M7/001", f"Movement type {movement or '___'} is not defined for reservations")
        if movement == "201" and not header.get("CostCenter"):
            forbid("M7/018", "Enter Cost Center")
        if header.get("CostCenter", "") not in COST_CENTERS:
            forbid("KI/265", f"Cost center 1710/{header['CostCenter']} does not exist")
        if header.get("ReservationDate") is None:
            forbid("M7/018", "Enter Base Date for Requirement")
        for item in items:
            self._demand_reservable(item)
        number = self.records.next_number("A_ReservationDocumentHeader", 1_000)
        row = self.records.put("A_ReservationDocumentHeader", Reservation=number, **header)
        for place, item in enumerate(items, start=1):
            given = {
                "ReservationItem": str(place),
                "BaseUnit": UNIT,
                "EntryUnit": UNIT,
                "DebitCreditCode": "H",
                "RequirementType": "MR",
                "GoodsMovementType": movement,
                "ResvnItmRequiredQtyInBaseUnit": item["ResvnItmRequiredQtyInEntryUnit"],
                **item,
            }
            self.records.put("A_ReservationDocumentItem", Reservation=number, **given)
        return row

    def _demand_reservable(self, item: Row) -> None:
        material, plant = item.get("Product", ""), item.get("Plant", "")
        self._demand_material(material)
        if not self.records.of("A_MatlStkInAcctMod", Material=material, Plant=plant):
            forbid("M3/351", f"Material {material} not maintained in plant {plant}")
        _demand_quantity(item.get("ResvnItmRequiredQtyInEntryUnit", Decimal(0)))
        _demand_unit(item.get("EntryUnit", ""))
        if item.get("MatlCompRequirementDate") is None:
            forbid("M7/018", "Enter Requirement Date")

    def _change_reservation(self, item: Row, values: Row) -> None:
        if item["ReservationItmIsMarkedForDeltn"] and set(values) - {"ReservationItmIsMarkedForDeltn"}:
            forbid("M7/430", "Item is marked for deletion")
        item.update(values)

    # Returns

    def _announce(self, header: Row, below: dict[str, list[Row]]) -> Row:
        items = below.get("to_Item", [])
        if header.get("CustomerReturnType", "") not in RETURN_TYPES:
            forbid("V1/313", f"Sales document type {header.get('CustomerReturnType', '')} is not defined")
        for name, value in SALES_AREA.items():
            if header.get(name, "") != value:
                forbid("V1/301", "The sales area is not defined for the customer")
        if not self.records.of("A_Customer", Customer=header.get("SoldToParty", "")):
            forbid("VP/204", "Sold-to party is not maintained for the sales area")
        if not items:
            forbid("V1/555", "Enter at least one item")
        amounts = [self._demand_returnable(header, item, items) for item in items]
        number = self.records.next_number("A_CustomerReturn", 60_000_000)
        moment = self.records.moment()
        known = {
            "CreationDate": self.today(),
            "CustomerReturnDate": self.today(),
            "LastChangeDateTime": moment,
            "OverallSDProcessStatus": "A",
            "OverallSDDocumentRejectionSts": "A",
            "RetsMgmtProcessingStatus": "A",
            "TotalNetAmount": sum(amounts, Decimal(0)),
        }
        row = self.records.put("A_CustomerReturn", CustomerReturn=number, **{**header, **known})
        for place, (item, amount) in enumerate(zip(items, amounts, strict=True), start=1):
            given = {"CustomerReturnItem": str(place * 10), "RequestedQuantityUnit": UNIT, "NetAmount": amount, **item}
            given |= {"SDProcessStatus": "A", "SDDocumentRejectionStatus": "A", "ReferenceSDDocumentCategory": "C"}
            self.records.put("A_CustomerReturnItem", CustomerReturn=number, **given)
        return row

    def _demand_returnable(self, header: Row, item: Row, items: list[Row]) -> Decimal:
        """What the units of an item were sold for, if they can come back."""
        reference = item.get("ReferenceSDDocument", ""), item.get("ReferenceSDDocumentItem", "")
        order = self.records.get("A_SalesOrder", reference[0])
        sold = self.records.get("A_SalesOrderItem", *reference)
        if order is None or sold is None or order["SoldToParty"] != header["SoldToParty"]:
            forbid("V1/261", "Reference document or its item does not exist for this sold-to party")
        assert order and sold
        if item.get("Material", sold["Material"]) != sold["Material"]:
            forbid("V1/262", "Material differs from that of the reference item")
        if header.get("TransactionCurrency", order["TransactionCurrency"]) != order["TransactionCurrency"]:
            forbid("V1/263", "Currency differs from that of the reference document")
        item.setdefault("Material", sold["Material"])
        _demand_quantity(item.get("RequestedQuantity", Decimal(0)))
        _demand_unit(item.get("RequestedQuantityUnit", ""))
        if item.get("ReturnReason", "") not in RETURN_REASONS:
            forbid("MSR_CUST/008", f"Return reason {item.get('ReturnReason', '')} is not defined")
        if item.get("ReturnsRefundType", "") not in REFUND_TYPES:
            forbid("MSR_CUST/012", "Refund type is not defined")
        same = [
            one for one in items if (one.get("ReferenceSDDocument"), one.get("ReferenceSDDocumentItem")) == reference
        ]
        wanted = sum((one["RequestedQuantity"] for one in same), Decimal(0))
        if wanted > self.deliveries.sent(sold) - self._returned(sold):
            forbid("V1/270", "Return quantity exceeds the quantity that was delivered")
        amount: Decimal = sold["NetAmount"] / sold["RequestedQuantity"] * item["RequestedQuantity"]
        return amount.quantize(Decimal("0.01"))

    def _returned(self, sold: Row) -> Decimal:
        items = self.records.of(
            "A_CustomerReturnItem",
            ReferenceSDDocument=sold["SalesOrder"],
            ReferenceSDDocumentItem=sold["SalesOrderItem"],
            SalesDocumentRjcnReason="",
        )
        return sum((one["RequestedQuantity"] for one in items), Decimal(0))

    # Invoices

    def _paper(self, parameters: dict[str, str]) -> Row:
        """What GetPDF gives."""
        number = parameters["BillingDocument"]
        invoice = next(iter(self.records.family("A_BillingDocument", number)), None)
        content = self.papers.get(number, paper(f"Invoice {number.lstrip('0')}"))
        if invoice is None or content is None:
            not_found("GetPDF")
        binary = base64.b64encode(content).decode()
        return {"__metadata": {"type": f"{BILLING}.GetPDFResult"}, "BillingDocumentBinary": binary}


def _overall(statuses: set[str]) -> str:
    """One status of several: not yet, in part, all."""
    return next(iter(statuses)) if len(statuses) == 1 else "B"


def _demand_quantity(quantity: Decimal) -> None:
    if quantity <= 0:
        forbid("V1/010", "Enter a quantity that is greater than zero")
    if quantity % 1:
        forbid("BM/302", f"Unit {UNIT} does not allow decimal places")


def _demand_unit(unit: str) -> None:
    if unit != UNIT:
        forbid("BM/303", f"Unit {unit or '___'} is not defined for the material")

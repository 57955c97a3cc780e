"""How the tests' data lies in the stand-in's SAP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, timezone
from decimal import Decimal

from middleware.demo import Data
from middleware.demo.data import Row as Laid
from middleware.records import BEFORE_PACKING, OrderStatus
from tests.fakes.sap_business import SALES_AREA, UNIT, Business, Material
from tests.fakes.sap_deliveries import PACKED, PICKING
from tests.fakes.sap_laid import MILL, by
from tests.fakes.sap_laying_papers import LaysPapers, terms
from tests.fakes.sap_laying_partners import LaysPartners
from tests.fakes.sap_records import Row

CARRIERS = {name.upper(): name for name in ("UPS", "FedEx", "DHL", "USPS", "DPD", "GLS")}
RULES = {
    "carriers": CARRIERS,
    "cost_center": "17101101",
    "payment_terms": {terms(days): days for days in range(400)},
    "tax_rates": ["0", "6.625", "7", "8.875", "10", "19"],
}
FIRST_PLANT = "1710"
_SENT = {one.value for one in (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED)}
_ARRIVED = {one.value for one in (OrderStatus.DELIVERED, OrderStatus.RETURNED)}
_WAITING = {one.value for one in BEFORE_PACKING}


class Laying(LaysPartners, LaysPapers):
    """Lays everything, orders and stock among it."""

    def __init__(self, business: Business, data: Data) -> None:
        super().__init__(business, data)
        self._fullest: dict[str, str] = {}

    def lay(self) -> None:
        """Lays everything."""
        data = self._data
        for row in data.products:
            self._business.materials[row["sku"]] = Material(row["price"], row["currency"])
            self._records.put("A_MaterialStock", Material=row["sku"], MaterialBaseUnit=UNIT)
        self._partners()
        self._stock()
        lines = by(data.order_lines, "order_number")
        shipments, parts = by(data.shipments, "order_number"), by(data.shipment_lines, "shipment_id")
        for row in data.orders:
            theirs = {one["id"]: parts[one["id"]] for one in shipments[row["number"]]}
            self._order(row, lines[row["number"]], shipments[row["number"]], theirs)
        self._reservations()
        self._add_what_is_kept()
        invoice_lines, return_lines = by(data.invoice_lines, "invoice_number"), by(data.return_lines, "return_number")
        for row in data.invoices:
            self._invoice(row, invoice_lines[row["number"]])
        for row in data.returns:
            self._return(row, return_lines[row["number"]])
        self._whole_returns(lines)

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
        parts = by(self._data.reservation_parts, "reservation_id")
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
        if not shipments:
            self._sent(order, row, {line["line"]: items[line["line"]] for line in lines if line["status"] in _SENT})
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
        has_proofs = self._business.deliveries.has_proofs
        if has_proofs and (row["delivered_at"] or is_there):
            header["OverallProofOfDeliveryStatus"] = "C"
        if has_proofs and row["delivered_at"]:
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

    def _sent(self, order: Row, row: Laid, items: Mapping[str, Row]) -> None:
        """To SAP nothing has left that was in no delivery."""
        if items:
            known = {name: row.get(name) for name in ("expected_on", "delivered_at")}
            shipment = {"id": f"{70_000_000 + next(self._numbers)}", "tracking": None, "carrier": None, **known}
            parts: list[Laid] = [{"line": line, "quantity": item["RequestedQuantity"]} for line, item in items.items()]
            self._shipment(order, {**shipment, "shipped_at": row["placed_at"]}, items, parts, is_there=False)

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


def _is_there(row: Laid, lines: list[Laid]) -> bool:
    """Whether an order has arrived whole, whatever its parcels tell."""
    return row["status"] in _ARRIVED and all(line["status"] in _ARRIVED for line in lines)

"""The deliveries of the stand-in's SAP: how far each has come, and what that means for the order's items."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.fakes.sap_records import Records, Row, new_uuid

# Picking, packing, goods movement: not yet, in part, done.
PICKING, PACKED, SENT = ("B", "A", "A"), ("C", "C", "A"), ("C", "C", "C")


class Deliveries:
    """Outbound deliveries; an item of an order may be in several.

    Attributes:
        has_proofs: Whether somebody enters when parcels arrived.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self.has_proofs = True

    def open(self, number: str, order: Row, parts: Iterable[tuple[Row, Decimal]], stands: tuple[str, str, str]) -> Row:
        """Makes a delivery of units of an order's items."""
        header = self._records.put(
            "A_OutbDeliveryHeader",
            DeliveryDocument=number,
            DeliveryDocumentType="LF",
            SDDocumentCategory="J",
            DeliveryVersion="0001",
            SoldToParty=order["SoldToParty"],
            ShipToParty=order["SoldToParty"],
            SalesOrganization=order["SalesOrganization"],
            ShippingPoint="1710",
            CreationDate=order["SalesOrderDate"],
            DocumentDate=order["SalesOrderDate"],
            TransactionCurrency=order["TransactionCurrency"],
            OverallProofOfDeliveryStatus="A" if self.has_proofs else "",
        )
        for place, (item, units) in enumerate(parts, start=1):
            self._records.put(
                "A_OutbDeliveryItem",
                DeliveryDocument=number,
                DeliveryDocumentItem=str(place * 10),
                DeliveryVersion="0001",
                Material=item["Material"],
                Plant=item["ProductionPlant"],
                ActualDeliveryQuantity=units,
                ActualDeliveredQtyInBaseUnit=units,
                OriginalDeliveryQuantity=units,
                DeliveryQuantityUnit="PC",
                BaseUnit="PC",
                ReferenceSDDocument=item["SalesOrder"],
                ReferenceSDDocumentItem=item["SalesOrderItem"],
                ReferenceSDDocumentCategory="C",
            )
            self._flow(number, str(place * 10), item)
        self.stand(header, stands)
        return header

    def _flow(self, number: str, position: str, item: Row) -> None:
        relation = {"DocRelationshipUUID": new_uuid(), "SubsequentDocument": number, "SubsequentDocumentCategory": "J"}
        self._records.put(
            "A_SalesOrderItmSubsqntProcFlow",
            SalesOrder=item["SalesOrder"],
            SalesOrderItem=item["SalesOrderItem"],
            SubsequentDocumentItem=position,
            SubsqntDocItmPrecdgDocument=item["SalesOrder"],
            SubsqntDocItmPrecdgDocItem=item["SalesOrderItem"],
            SubsqntDocItmPrecdgDocCategory="C",
            **relation,
        )
        if not self._records.of(
            "A_SalesOrderSubsqntProcFlow", SalesOrder=item["SalesOrder"], SubsequentDocument=number
        ):
            self._records.put("A_SalesOrderSubsqntProcFlow", SalesOrder=item["SalesOrder"], **relation)

    def stand(self, header: Row, stands: tuple[str, str, str]) -> None:
        """Puts a delivery to where it has come."""
        picking, packing, movement = stands
        header["OverallPickingStatus"], header["OverallPackingStatus"] = picking, packing
        header["OverallGoodsMovementStatus"] = movement
        header["DeliveryVersion"] = f"{int(header['DeliveryVersion']) + 1:04}"
        header["OverallSDProcessStatus"] = "C" if movement == "C" else "B"
        for item in self.items(header):
            item["PickingStatus"], item["PackingStatus"], item["GoodsMovementStatus"] = stands
            item["DeliveryVersion"], item["SDProcessStatus"] = (
                header["DeliveryVersion"],
                header["OverallSDProcessStatus"],
            )

    def leave(self, header: Row, at: datetime | None) -> None:
        """Posts the goods issue, at a moment of the company's clock."""
        self.stand(header, SENT)
        if at is not None:
            header["ActualGoodsMovementDate"] = header["PickingDate"] = at.date()
            header["ActualGoodsMovementTime"] = at.time().replace(microsecond=0)

    def items(self, header: Row) -> list[Row]:
        """The items of a delivery."""
        return self._records.of("A_OutbDeliveryItem", DeliveryDocument=header["DeliveryDocument"])

    def of_order(self, number: str) -> list[Row]:
        """The deliveries of an order."""
        flows = self._records.of("A_SalesOrderSubsqntProcFlow", SalesOrder=number, SubsequentDocumentCategory="J")
        found = [self._records.get("A_OutbDeliveryHeader", flow["SubsequentDocument"]) for flow in flows]
        return [header for header in found if header is not None]

    def of_item(self, item: Row) -> list[Row]:
        """The deliveries' items of an item of an order."""
        return [
            one
            for header in self.of_order(item["SalesOrder"])
            for one in self.items(header)
            if (one["ReferenceSDDocument"], one["ReferenceSDDocumentItem"])
            == (item["SalesOrder"], item["SalesOrderItem"])
        ]

    def quantity(self, item: Row) -> Decimal:
        """Units of an item that are in deliveries, wherever those have come."""
        return _sum(one["ActualDeliveryQuantity"] for one in self.of_item(item))

    def sent(self, item: Row) -> Decimal:
        """Units of an item that have left; all, where it is said to be delivered and no delivery is known."""
        deliveries = self.of_item(item)
        if not deliveries and item["DeliveryStatus"] == "C" and not item["SalesDocumentRjcnReason"]:
            return Decimal(item["RequestedQuantity"])
        return _sum(one["ActualDeliveryQuantity"] for one in deliveries if one["GoodsMovementStatus"] == "C")

    def on_the_floor(self, material: str, plant: str) -> Decimal:
        """Units of an article in a plant that are in deliveries which haven't left."""
        items = self._records.of("A_OutbDeliveryItem", Material=material, Plant=plant)
        return _sum(one["ActualDeliveryQuantity"] for one in items if one["GoodsMovementStatus"] != "C")

    def has_begun(self, item: Row, any_at_all: bool) -> bool:
        """Whether an item has reached the packing floor; or whether it is in any delivery."""
        if not item["SalesDocumentRjcnReason"] and item["DeliveryStatus"] == "C" and not self.of_item(item):
            return True
        return any(
            any_at_all
            or one["PickingStatus"] == "C"
            or one["PackingStatus"] != "A"
            or one["GoodsMovementStatus"] != "A"
            for one in self.of_item(item)
        )

    def follow(self, item: Row) -> None:
        """What is being picked becomes what the order's item has become."""
        for one in self.of_item(item):
            if one["GoodsMovementStatus"] == "C":
                continue
            units = Decimal(0) if item["SalesDocumentRjcnReason"] else item["RequestedQuantity"]
            one["Material"], one["Plant"] = item["Material"], item["ProductionPlant"]
            one["ActualDeliveryQuantity"] = one["ActualDeliveredQtyInBaseUnit"] = units

    def note(self, item: Row) -> None:
        """Notes with an order's item how much of it is in deliveries."""
        in_deliveries = self.quantity(item)
        if item["SalesDocumentRjcnReason"]:
            status = "C"
        elif not self.of_item(item):
            status = item["DeliveryStatus"] or "A"
        else:
            status = "C" if in_deliveries >= item["RequestedQuantity"] else "B"
        item["DeliveryStatus"] = status
        sent = self.sent(item) >= item["RequestedQuantity"] or bool(item["SalesDocumentRjcnReason"])
        item["SDProcessStatus"] = "C" if sent else "B" if in_deliveries else "A"


def _sum(units: Iterable[Any]) -> Decimal:
    return sum(units, Decimal(0))

"""What the people of the stand-in's SAP do and see there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.fakes.sap_deliveries import PACKED
from tests.fakes.sap_records import Row

if TYPE_CHECKING:
    from tests.fakes.sap import Sap


class InsideSap:
    """The company's own people, who work in SAP itself. Orders are called as in the data that was laid."""

    def __init__(self, sap: Sap) -> None:
        self._sap = sap

    def pack(self, order_number: str) -> None:
        """The packing floor takes an order: what isn't in a delivery yet is now, and all is picked and packed."""
        with self._sap.lock:
            self._pack(self._order(order_number))

    def ship(self, order_number: str) -> None:
        """A whole order leaves in one parcel."""
        deliveries = self._sap.business.deliveries
        with self._sap.lock:
            order = self._order(order_number)
            for header in self._pack(order):
                header["BillOfLading"] = "1Z 777"
                header["DeliveryDate"] = self._sap.business.today()
                deliveries.leave(header, datetime.now(self._sap.business.zone))
                for item in deliveries.items(header):
                    self._take_from_stock(item)
            self._sap.business.refresh(order)
            self._sap.business.touch(order)

    def lines(self, order_number: str) -> Mapping[str, tuple[str, Decimal]]:
        """Article and units of an order's items, without those that were rejected."""
        with self._sap.lock:
            items = self._sap.records.of("A_SalesOrderItem", SalesOrder=order_number, SalesDocumentRjcnReason="")
            return {
                item["SalesOrderItem"].lstrip("0"): (item["Material"], item["RequestedQuantity"].normalize() + 0)
                for item in items
            }

    def reserved(self, sku: str) -> Decimal:
        """Units of an article that reservations keep."""
        with self._sap.lock:
            return self._sap.business.reserved(sku)

    def returns(self, order_number: str) -> int:
        """How many returns of an order there are."""
        with self._sap.lock:
            items = self._sap.records.of("A_CustomerReturnItem", ReferenceSDDocument=order_number)
            return len({item["CustomerReturn"] for item in items})

    def return_number(self, laid: str) -> str:
        """What SAP calls the return that the laid data calls so: the same."""
        return laid

    def _order(self, number: str) -> Row:
        order = self._sap.records.get("A_SalesOrder", number)
        assert order, number
        return order

    def _pack(self, order: Row) -> list[Row]:
        """Packs everything of an order that hasn't left, and gives its deliveries."""
        business, records = self._sap.business, self._sap.records
        deliveries = business.deliveries
        items = records.of("A_SalesOrderItem", SalesOrder=order["SalesOrder"], SalesDocumentRjcnReason="")
        parts = [(item, item["RequestedQuantity"] - deliveries.quantity(item)) for item in items]
        parts = [(item, units) for item, units in parts if units > 0 and item["DeliveryStatus"] != "C"]
        if parts:
            number = records.next_number("A_OutbDeliveryHeader", 80_000_000)
            deliveries.open(number, order, parts, PACKED)
        waiting = [one for one in deliveries.of_order(order["SalesOrder"]) if one["OverallGoodsMovementStatus"] != "C"]
        for header in waiting:
            deliveries.stand(header, PACKED)
        for item, _ in parts:
            business.confirm(item, anyway=True)
        business.refresh(order)
        business.touch(order)
        return waiting

    def _take_from_stock(self, item: Row) -> None:
        rows = self._sap.records.of(
            "A_MatlStkInAcctMod", Material=item["Material"], Plant=item["Plant"], InventoryStockType="01"
        )
        for row in rows[:1]:
            row["MatlWrhsStkQtyInMatlBaseUnit"] -= item["ActualDeliveryQuantity"]

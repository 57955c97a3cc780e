"""What the people see and do in Business Central's stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.fakes.business_central_records import RELEASED, add_shipment, guid
from tests.fakes.odata import Row

if TYPE_CHECKING:
    from tests.fakes.business_central import BusinessCentral


class BusinessCentralInside:
    """One company as its people see it."""

    def __init__(self, there: BusinessCentral) -> None:
        self._there = there

    def pack(self, order_number: str) -> None:
        """Somebody releases the order: it is handed to the warehouse."""
        with self._there.lock:
            order = self._there.of("salesOrders", order_number)
            self._there.put("salesOrders", {**order, "status": RELEASED})

    def ship(self, order_number: str) -> None:
        """The whole order is posted as shipped, today."""
        with self._there.lock:
            self.pack(order_number)
            order = self._there.of("salesOrders", order_number)
            lines = self._there.lines("salesOrderLines", order)
            for line in lines:
                self._there.put("salesOrderLines", {**line, "shippedQuantity": line["quantity"]})
            units = {line["sequence"]: line["quantity"] for line in lines if line["quantity"]}
            add_shipment(self._there.tables, order, f"SS-{order_number}", order["orderDate"], units)

    def lines(self, order_number: str) -> Mapping[str, tuple[str, Decimal]]:
        """Article and units of an order's lines, by their numbers."""
        with self._there.lock:
            lines = self._there.lines("salesOrderLines", self._there.of("salesOrders", order_number))
            return {
                str(one["sequence"]): (self._sku(one), Decimal(str(one["quantity"])))
                for one in lines
                if one["quantity"]
            }

    def reserved(self, sku: str) -> Decimal:
        """Nothing: the API reserves nothing."""
        return Decimal(0)

    def returns(self, order_number: str) -> int:
        """Credit memos that name the order in a line, or its invoice."""
        with self._there.lock:
            tables = self._there.tables
            bills = {one["id"] for one in tables["salesInvoices"].values() if one["orderNumber"] == order_number}
            said = {
                one["documentId"]
                for one in tables["salesCreditMemoLines"].values()
                if one["lineType"] == "Comment" and one["description"].startswith(f"Order {order_number}: ")
            }
            return sum(one["invoiceId"] in bills or one["id"] in said for one in tables["salesCreditMemos"].values())

    def return_number(self, laid: str) -> str:
        """Credit memos keep the numbers that returns were laid with."""
        return laid

    def add_variant(self, item_number: str, code: str) -> Row:
        """Somebody enters a variant of an item."""
        with self._there.lock:
            item = self._there.of("items", item_number)
            values = {"itemId": item["id"], "itemNumber": item_number, "code": code, "description": code}
            return self._there.put("itemVariants", {"id": guid("variant", f"{item_number} {code}"), **values})

    def _sku(self, line: Row) -> str:
        variant = self._there.tables["itemVariants"].get(line["itemVariantId"])
        return line["lineObjectNumber"] + (f"-{variant['code']}" if variant else "")

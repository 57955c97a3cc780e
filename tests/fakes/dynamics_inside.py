"""What a company's own people do and see in the stand-in of F&O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.fakes.dynamics_inventory import DIMENSIONS, HELD
from tests.fakes.dynamics_papers import slip
from tests.fakes.dynamics_tables import Tables, change
from tests.fakes.odata import Row

if TYPE_CHECKING:
    from tests.fakes.dynamics import Dynamics


class InsideDynamics:
    """The tables behind the interface.

    Args:
        dynamics: The stand-in.
    """

    def __init__(self, dynamics: Dynamics) -> None:
        self._dynamics = dynamics

    @property
    def _tables(self) -> Tables:
        """They are others after data was laid anew."""
        return self._dynamics.tables

    def pack(self, order_number: str) -> None:
        """A picking list is registered: the lines are picked, and the order knows it."""
        with self._dynamics.lock:
            for line in self._open(order_number):
                change(line, PickedQuantity=line["OrderedSalesQuantity"], FulfillmentStatus="Packed")
            change(self._order(order_number), SalesOrderProcessingStatus="Picked")

    def ship(self, order_number: str) -> None:
        """A packing slip is posted for all that is open."""
        with self._dynamics.lock:
            lines = self._open(order_number)
            units = {str(line["LineCreationSequenceNumber"]): line["OrderedSalesQuantity"] for line in lines}
            now = datetime.now(timezone.utc)
            slip(self._tables, order_number, f"PS-{order_number}", now, units, "UPS", "1Z 777")
            done = {"SalesOrderLineStatus": "Delivered", "SalesOrderProcessingStatus": "Delivered"}
            for line in lines:
                change(line, **done, PickedQuantity=0)
            change(self._order(order_number), SalesOrderStatus="Delivered", SalesOrderProcessingStatus="Delivered")

    def lines(self, order_number: str) -> Mapping[str, tuple[str, Decimal]]:
        """Lines that aren't cancelled."""
        with self._dynamics.lock:
            return {
                str(line["LineCreationSequenceNumber"]): (
                    line["ProductNumber"],
                    Decimal(str(line["OrderedSalesQuantity"])),
                )
                for line in self._lines(order_number)
                if line["SalesOrderLineStatus"] != "Canceled"
            }

    def reserved(self, sku: str) -> Decimal:
        """Units of our own measure in Inventory Visibility."""
        article = self._dynamics.article(sku)
        with self._dynamics.lock:
            units = (
                kept
                for (place, measure), kept in self._dynamics.inventory.held.items()
                if measure == HELD and _is_of(place, article)
            )
            return Decimal(str(sum(units)))

    def returns(self, order_number: str) -> int:
        """Return orders with a line of a lot of the order's."""
        with self._dynamics.lock:
            lots = {line["InventoryLotId"] for line in self._lines(order_number)}
            lines = self._tables.of("return_lines")
            return len({line["ReturnOrderNumber"] for line in lines if line["ReturningInventoryLotId"] in lots})

    def return_number(self, laid: str) -> str:
        """It is laid under its own number."""
        return laid

    def _order(self, order_number: str) -> Row:
        return self._tables.one("orders", SalesOrderNumber=order_number)

    def _lines(self, order_number: str) -> list[Row]:
        return self._tables.of("lines", SalesOrderNumber=order_number)

    def _open(self, order_number: str) -> list[Row]:
        return [line for line in self._lines(order_number) if line["SalesOrderLineStatus"] == "Backorder"]


def _is_of(place: tuple[str, ...], article: Row) -> bool:
    product, *values = place
    named = dict(zip(DIMENSIONS.values(), values, strict=True))
    return product == article["ItemNumber"] and all(
        named[name] == value for name, value in article.items() if name in named
    )

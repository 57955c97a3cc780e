"""What of an article is free in which plant: what lies there, less what is reserved and ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from middleware.erp.sap import values
from middleware.erp.sap.api import DELIVERIES, ORDERS, RESERVATIONS, STOCK
from middleware.erp.sap.base import Base
from middleware.erp.sap.rows import DeliveryItemRow, ItemRow, ReservedRow, StockRow
from middleware.records import StockLevel

_UNRESTRICTED = "01"
_RECEIPT = "S"  # debit: a reservation for goods that come in
_NOT_MOVED = ("A", "B")

PerPlant = Mapping[str, Decimal]


class Stock(Base):
    """The part of the port that tells what is free."""

    def stock(self, sku: str) -> Sequence[StockLevel]:
        """Tells what of an article is free in each plant that is a warehouse of ours, but not what is to come in.

        SAP's stock doesn't shrink by reservations and orders, so they are taken off. Stock, reservations, open orders
        and deliveries under way are read at the same time: they are services of their own, which no `$batch` spans.
        """
        if self.variant(sku) is None:
            return []
        free = self._free(sku)
        places = {one.id: one for one in self.warehouses()}
        named = {self._rules.plants.get(plant, plant): units for plant, units in free.items()}
        return [
            StockLevel(sku=sku, warehouse=places[one], free=values.units(named[one])) for one in places if one in named
        ]

    def _free(self, sku: str) -> PerPlant:
        """Units that nobody ordered or reserved, by plant."""
        calls = [lambda: self._lying(sku), lambda: self._reserved(sku)]
        if self._rules.open_orders:
            calls += [lambda: self._ordered(sku), lambda: self._under_way(sku)]
        lying, *taken = self._api.all_at_once(*calls)
        gone = {plant: sum((one.get(plant, Decimal(0)) for one in taken), Decimal(0)) for plant in lying}
        return {plant: max(units - gone[plant], Decimal(0)) for plant, units in lying.items()}

    def _plant(self, warehouse: str) -> str:
        """The plant that is a warehouse to us."""
        return next((plant for plant, one in self._rules.plants.items() if one == warehouse), warehouse)

    def _lying(self, sku: str) -> PerPlant:
        kinds = f"InventoryStockType eq '{_UNRESTRICTED}' and InventorySpecialStockType eq ''"
        query = values.query(filter=f"Material eq {values.quoted(sku)} and {kinds}")
        rows = self._api.read(STOCK, f"A_MatlStkInAcctMod?{query}", "stock", StockRow)
        return _added((row.Plant, row.MatlWrhsStkQtyInMatlBaseUnit) for row in rows)

    def _reserved(self, sku: str) -> PerPlant:
        is_open = "ReservationItmIsMarkedForDeltn eq false and ReservationItemIsFinallyIssued eq false"
        query = values.query(filter=f"Product eq {values.quoted(sku)} and {is_open}")
        rows = self._api.read(RESERVATIONS, f"A_ReservationDocumentItem?{query}", "stock", ReservedRow)
        return _added(
            (row.Plant, row.ResvnItmRequiredQtyInBaseUnit - row.ResvnItmWithdrawnQtyInBaseUnit)
            for row in rows
            if row.DebitCreditCode != _RECEIPT
        )

    def _ordered(self, sku: str) -> PerPlant:
        """What is confirmed to orders and in no delivery yet."""
        is_open = "SalesDocumentRjcnReason eq '' and DeliveryStatus ne 'C'"
        query = values.query(filter=f"Material eq {values.quoted(sku)} and {is_open}", expand="to_ScheduleLine")
        rows = self._api.read(ORDERS, f"A_SalesOrderItem?{query}", "stock", ItemRow)
        return _added(
            (row.ProductionPlant, line.OpenConfdDelivQtyInOrdQtyUnit)
            for row in rows
            for line in row.to_ScheduleLine.results
        )

    def _under_way(self, sku: str) -> PerPlant:
        """What is in deliveries whose goods still lie in the plant."""
        query = values.query(filter=f"Material eq {values.quoted(sku)} and GoodsMovementStatus ne 'C'")
        rows = self._api.read(DELIVERIES, f"A_OutbDeliveryItem?{query}", "stock", DeliveryItemRow)
        return _added((row.Plant, row.ActualDeliveryQuantity) for row in rows if row.GoodsMovementStatus in _NOT_MOVED)


def _added(parts: Iterable[tuple[str, Decimal]]) -> PerPlant:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for plant, units in parts:
        found[plant] += units
    return dict(found)

"""How far an order is: told by the deliveries that were made of it, and by its schedule lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal

from middleware.erp.sap import values
from middleware.erp.sap.rows import DeliveryItemRow, DeliveryRow, ItemRow, OrderRow
from middleware.erp.sap.settings import SapRules
from middleware.records import OrderStatus, Shipment

_DONE, _PARTLY = "C", "B"  # SAP's letters for how far something is


@dataclass(frozen=True)
class Delivery:
    """A delivery document: a parcel, or what will become one."""

    row: DeliveryRow
    rules: SapRules
    zone: tzinfo

    def is_of(self, order: OrderRow) -> bool:
        """Whether something of an order is in it."""
        return any(self._items(values.plain(order.SalesOrder)))

    def quantity(self, order: str, line: str) -> Decimal:
        """Units of an order's line that are in it."""
        return sum((one.ActualDeliveryQuantity for one in self._items(order, line)), Decimal(0))

    @property
    def has_left(self) -> bool:
        """Whether its goods were issued."""
        items = self.row.to_DeliveryDocumentItem.results
        return bool(items) and all(one.GoodsMovementStatus in (_DONE, "") for one in items) and bool(self._left_on)

    @property
    def is_packed(self) -> bool:
        """Whether something of it has reached the packing floor."""
        return self.has_left or any(
            one.PackingStatus in (_PARTLY, _DONE)
            or one.PickingStatus == _DONE
            or one.GoodsMovementStatus in (_PARTLY, _DONE)
            for one in self.row.to_DeliveryDocumentItem.results
        )

    @property
    def has_arrived(self) -> bool:
        """Whether its receipt was confirmed."""
        is_confirmed = self.row.OverallProofOfDeliveryStatus == _DONE or values.day(self.row.ProofOfDeliveryDate)
        return self.has_left and self.rules.proofs_of_delivery and bool(is_confirmed)

    @property
    def stage(self) -> tuple[str, bool, bool, bool]:
        """What a change of an order must not overlook."""
        return values.plain(self.row.DeliveryDocument), self.is_packed, self.has_left, self.has_arrived

    def shipment(self, order: str) -> Shipment:
        """The parcel, with what it holds of one order."""
        row, held = self.row, self._items(order)
        quantities: dict[str, Decimal] = {}
        for item in held:
            line = values.plain(item.ReferenceSDDocumentItem)
            quantities[line] = quantities.get(line, Decimal(0)) + item.ActualDeliveryQuantity
        return Shipment(
            id=values.plain(row.DeliveryDocument),
            quantities={line: values.units(quantity) for line, quantity in quantities.items()},
            shipped_at=values.moment(row.ActualGoodsMovementDate, row.ActualGoodsMovementTime, self.zone),
            carrier=self._carrier,
            tracking=self._tracking or None,
            expected_on=values.day(row.DeliveryDate),
            delivered_at=values.moment(row.ProofOfDeliveryDate, row.ConfirmationTime, self.zone)
            if self.has_arrived
            else None,
        )

    @property
    def _left_on(self) -> date | None:
        return values.day(self.row.ActualGoodsMovementDate)

    @property
    def _carrier(self) -> str | None:
        """Its name, by the partner who carries it, or by the shipping type."""
        partners = self.row.to_DeliveryDocumentPartner.results
        numbers = [
            one.Supplier or one.Customer for one in partners if one.PartnerFunction == self.rules.carrier_function
        ]
        named = (self.rules.carriers.get(values.plain(one)) for one in (*numbers, self.row.ShippingType) if one)
        return next((name for name in named if name), None)

    @property
    def _tracking(self) -> str:
        if self.rules.tracking_field == "HandlingUnitExternalId":
            units = self.row.to_HandlingUnitHeaderDelivery.results
            return next((values.plain(one.HandlingUnitExternalId) for one in units), "")
        found: str = getattr(self.row, self.rules.tracking_field)
        return found

    def _items(self, order: str, line: str = "") -> list[DeliveryItemRow]:
        return [
            one
            for one in self.row.to_DeliveryDocumentItem.results
            if values.plain(one.ReferenceSDDocument) == order
            and line in ("", values.plain(one.ReferenceSDDocumentItem))
        ]


def line_status(item: ItemRow, order: str, deliveries: Iterable[Delivery]) -> OrderStatus:
    """Where an item stands."""
    if item.SalesDocumentRjcnReason:
        return OrderStatus.CANCELLED
    line = values.plain(item.SalesOrderItem)
    its = [(one, one.quantity(order, line)) for one in deliveries]
    if not any(units for _, units in its):
        # Its deliveries are so old that they were put away.
        return OrderStatus.DELIVERED if item.DeliveryStatus == _DONE else _waiting(item)
    arrived = sum((units for one, units in its if one.has_arrived), Decimal(0))
    left = sum((units for one, units in its if one.has_left), Decimal(0))
    if arrived >= item.RequestedQuantity:
        return OrderStatus.DELIVERED
    if left:
        return OrderStatus.SHIPPED if left >= item.RequestedQuantity else OrderStatus.PARTLY_SHIPPED
    if any(one.is_packed for one, units in its if units):
        return OrderStatus.PACKED
    return OrderStatus.DELAYED if _waiting(item) is OrderStatus.DELAYED else OrderStatus.PICKING


def order_status(lines: Collection[OrderStatus]) -> OrderStatus:
    """Where an order stands, by what became of its lines."""
    stands = {status for status in lines if status is not OrderStatus.CANCELLED}
    if not stands:
        return OrderStatus.CANCELLED
    for status, among in _TOGETHER:
        if stands <= among:
            return status
    if stands & _LEFT:
        return OrderStatus.PARTLY_SHIPPED
    before = (OrderStatus.PACKED, OrderStatus.DELAYED, OrderStatus.PICKING)
    return next((status for status in before if status in stands), OrderStatus.PLACED)


_TOGETHER = (
    (OrderStatus.DELIVERED, {OrderStatus.DELIVERED}),
    (OrderStatus.SHIPPED, {OrderStatus.DELIVERED, OrderStatus.SHIPPED}),
)
_LEFT = {OrderStatus.DELIVERED, OrderStatus.SHIPPED, OrderStatus.PARTLY_SHIPPED}


def _waiting(item: ItemRow) -> OrderStatus:
    """Whether what has not been touched yet will come later than it was wanted."""
    for line in item.to_ScheduleLine.results:
        wanted, confirmed = values.day(line.RequestedDeliveryDate), values.day(line.ConfirmedDeliveryDate)
        if wanted and confirmed and confirmed > wanted:
            return OrderStatus.DELAYED
    return OrderStatus.PLACED

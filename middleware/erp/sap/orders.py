"""Orders with their items, and the deliveries that tell how far they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from middleware.erp.presuming import presumed
from middleware.erp.sap import mapping, values
from middleware.erp.sap.accounts import Accounts
from middleware.erp.sap.api import DELIVERIES, ORDERS
from middleware.erp.sap.base import not_found
from middleware.erp.sap.deliveries import Delivery
from middleware.erp.sap.rows import DeliveryRow, ItemRow, OrderAddressRow, OrderRow
from middleware.records import Address, Order, OrderLine, OrderStatus, Variant

_WAYS = "to_Item/to_ScheduleLine,to_Item/to_SubsequentProcFlowDocItem,to_Partner/to_Address"
_DELIVERY = "J"  # category of documents that follow


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An order as it stands in SAP, and as it is to us.

    Attributes:
        arrived: Units that have arrived, by line.
        is_in_delivery: Whether a delivery was made of any of it.
        address: Where its own address stands; None if SAP shows none.
    """

    row: OrderRow
    order: Order
    arrived: Mapping[str, Decimal]
    is_in_delivery: bool
    address: OrderAddressRow | None

    def item(self, line: str) -> ItemRow:
        """The item that is a line to us."""
        return next(item for item in self.row.to_Item.results if values.plain(item.SalesOrderItem) == line)


class Orders(Accounts):
    """The part of the port that reads orders."""

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed on the day of a moment or later, newest first, with lines and shipments.

        Orders and deliveries are asked for at the same time: two requests, however many there are.
        """
        if not values.is_id(customer_number):
            return []
        who, day = values.quoted(values.padded(customer_number)), values.literal(self._day_of(since))
        wanted = values.query(filter=f"SoldToParty eq {who} and SalesOrderDate ge {day}", expand=_WAYS)
        parcels = values.query(filter=f"SoldToParty eq {who} and CreationDate ge {day}", expand=self._of_deliveries)
        rows, deliveries = self._api.at_once(
            lambda: self._api.read(ORDERS, f"A_SalesOrder?{wanted}", "orders_since", OrderRow),
            lambda: self._api.read(DELIVERIES, f"A_OutbDeliveryHeader?{parcels}", "orders_since", DeliveryRow),
        )
        found = [one.order for one in self._seen(rows, deliveries)]
        return sorted(found, key=lambda one: (one.placed_at, len(one.number), one.number), reverse=True)

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it: the gateway judges that.

        Raises:
            NotFound: There is no such order.
        """
        return self._see(number, "order").order

    def _see(self, number: str, operation: str) -> Seen:
        """Reads one order, and its deliveries if it has any."""
        self._demand_id(number, operation)
        key = values.quoted(values.padded(number))
        row = self._api.one(ORDERS, f"A_SalesOrder({key})?{values.query(expand=_WAYS)}", operation, OrderRow)
        flows = [flow for item in row.to_Item.results for flow in item.to_SubsequentProcFlowDocItem.results]
        numbers = {one.SubsequentDocument for one in flows if one.SubsequentDocumentCategory == _DELIVERY}
        deliveries: list[DeliveryRow] = []
        for some in _in_lists(sorted(numbers)):
            wanted = values.either("DeliveryDocument", map(values.padded, some))
            query = values.query(filter=wanted, expand=self._of_deliveries)
            deliveries += self._api.read(DELIVERIES, f"A_OutbDeliveryHeader?{query}", operation, DeliveryRow)
        (seen,) = self._seen([row], deliveries)
        return seen

    def _demand_id(self, number: str, operation: str) -> None:
        """Asks SAP for nothing that no order can be called."""
        if not values.is_id(number):
            raise not_found(operation)

    @property
    def _of_deliveries(self) -> str:
        units = ",to_HandlingUnitHeaderDelivery" if self._rules.tracking_field == "HandlingUnitExternalId" else ""
        return f"to_DeliveryDocumentItem,to_DeliveryDocumentPartner{units}"

    def _seen(self, rows: Sequence[OrderRow], deliveries: Iterable[DeliveryRow]) -> list[Seen]:
        all_of_them = [Delivery(row, self._rules, self._zone) for row in deliveries]
        articles = self.variants({item.Material for row in rows for item in row.to_Item.results})
        return [self._one_seen(row, [one for one in all_of_them if one.is_of(row)], articles) for row in rows]

    def _one_seen(self, row: OrderRow, deliveries: Sequence[Delivery], articles: Mapping[str, Variant]) -> Seen:
        there = self._ship_to(row)
        address = mapping.address(there) if there else Address()
        order = mapping.order(row, deliveries, articles, address, self._beginning(values.day(row.SalesOrderDate)))
        order = replace(order, version=_version(row, order, deliveries))
        if not self._rules.proofs_of_delivery:
            order = presumed(order, self._today(), self._zone, self._transit_days)
        arrived = {line.id: self._arrived(line, order, deliveries) for line in order.lines}
        return Seen(row=row, order=order, arrived=arrived, is_in_delivery=bool(deliveries), address=there)

    def _arrived(self, line: OrderLine, order: Order, deliveries: Sequence[Delivery]) -> Decimal:
        """Units that the customer has, as far as anybody can tell."""
        if line.status is OrderStatus.DELIVERED:
            return line.quantity
        there = [one for one in deliveries if self._may_be_there(one)]
        return sum((one.quantity(order.number, line.id) for one in there), Decimal(0))

    def _may_be_there(self, delivery: Delivery) -> bool:
        """Whether the customer may have it."""
        return delivery.has_arrived or (delivery.has_left and not self._rules.proofs_of_delivery)

    def _ship_to(self, row: OrderRow) -> OrderAddressRow | None:
        """The address in the language of the country, of whom the order goes to."""
        rows = [
            one
            for partner in row.to_Partner.results
            if partner.PartnerFunction == self._rules.ship_to_function
            for one in partner.to_Address.results
        ]
        return min(rows, key=lambda one: one.AddressRepresentationCode, default=None)


def _version(row: OrderRow, order: Order, deliveries: Sequence[Delivery]) -> str:
    """What differs as soon as anything differs that a change must not overwrite."""
    lines = [(line.id, line.sku, str(line.quantity), line.status.value) for line in order.lines]
    state = (row.metadata.etag, lines, order.address, sorted(one.stage for one in deliveries))
    return hashlib.sha256(repr(state).encode()).hexdigest()[:32]


def _in_lists(numbers: Sequence[str], most: int = 50) -> Iterable[Sequence[str]]:
    """As many as one URL takes."""
    return (numbers[start : start + most] for start in range(0, len(numbers), most))

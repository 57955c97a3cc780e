"""Where an order stands in F&O, as customers understand it.

F&O calls sent "delivered", and knows nothing of a parcel's arrival. What has reached the packing floor shows by what
was picked, or in retail by how far a line's fulfilment is.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from middleware.erp.dynamics.rows import HeaderRow, LineRow, day
from middleware.records import OrderStatus

_GONE = ("Delivered", "Invoiced")
_ON_THE_FLOOR = ("Picked", "PartiallyPacked", "Packed")
_BEING_PICKED = ("Accepted", "Picking", "PartiallyPicked")


def of_line(line: LineRow, header: HeaderRow, picked: Decimal, shipped: Decimal) -> OrderStatus:
    """Where a line stands.

    Args:
        picked: Units that were picked; `shipped` are those on packing slips.
    """
    if line.sales_order_line_status == "Canceled" or header.sales_order_status == "Canceled":
        return OrderStatus.CANCELLED
    if line.sales_order_line_status in _GONE or (shipped and shipped >= line.ordered_sales_quantity):
        return OrderStatus.SHIPPED
    if shipped:
        return OrderStatus.PARTLY_SHIPPED
    if not line.ordered_sales_quantity:
        return OrderStatus.CANCELLED
    if picked or line.fulfillment_status in _ON_THE_FLOOR:
        return OrderStatus.PACKED
    if _is_late(line):
        return OrderStatus.DELAYED
    return OrderStatus.PICKING if line.fulfillment_status in _BEING_PICKED else OrderStatus.PLACED


def of_order(header: HeaderRow, lines: Sequence[OrderStatus]) -> OrderStatus:
    """Where an order stands, by its lines and by what F&O says of it as a whole; without lines it is cancelled."""
    left = {status for status in lines if status is not OrderStatus.CANCELLED}
    if not left or header.sales_order_status == "Canceled":
        return OrderStatus.CANCELLED
    if header.sales_order_status in _GONE or left == {OrderStatus.SHIPPED}:
        return OrderStatus.SHIPPED
    if left & {OrderStatus.SHIPPED, OrderStatus.PARTLY_SHIPPED}:
        return OrderStatus.PARTLY_SHIPPED
    if OrderStatus.PACKED in left or header.sales_order_processing_status == "Picked":
        return OrderStatus.PACKED
    if OrderStatus.DELAYED in left or _is_late(header):
        return OrderStatus.DELAYED
    return OrderStatus.PICKING if OrderStatus.PICKING in left else OrderStatus.PLACED


def _is_late(row: LineRow | HeaderRow) -> bool:
    promised, expected = day(row.requested_receipt_date), day(row.confirmed_receipt_date)
    return promised is not None and expected is not None and expected > promised

"""What an order is to become, as the ledger keeps it; and whether an order shows it, where an ERP knows no keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from middleware.erp.ledger import Entry
from middleware.errors import Conflict, Rejected
from middleware.records import Address, Order, OrderChange, OrderLine, OrderStatus

Mark = Callable[[Address], str]  # by which an address is known again, however the ERP writes it


def demand_changeable(order: Order, version: str, operation: str) -> None:
    """Refuses to change what somebody else has changed, or what is packed.

    Raises:
        Conflict: It is in another state than `version`.
        Rejected: It has reached the packing floor.
    """
    if order.version != version:
        raise Conflict("it changed meanwhile", system="erp", operation=operation)
    if not order.is_before_packing:
        raise Rejected("it has reached the packing floor", system="erp", operation=operation, status="packed")


def line_of(order: Order, id_: str | None) -> OrderLine:
    """A line that is to be changed.

    Raises:
        Rejected: There is none, or it is cancelled.
    """
    for line in order.lines:
        if line.id == id_ and line.status is not OrderStatus.CANCELLED:
            return line
    raise Rejected("there is no such line", system="erp", operation="change_order", status="line")


def wanted_by(change: OrderChange, mark: Mark) -> Mapping[str, Any]:
    """A change for the ledger: of an address only its mark."""
    return {
        "line": change.line,
        "sku": change.sku,
        "quantity": None if change.quantity is None else str(change.quantity),
        "address": None if change.address is None else mark(change.address),
    }


def shows(order: Order, entry: Entry, mark: Mark) -> bool:
    """Whether an order is as an entry wanted it."""
    if entry.kind == "cancel":
        return order.status is OrderStatus.CANCELLED
    wanted = entry.wanted
    if wanted["address"] is not None and wanted["address"] != mark(order.address):
        return False
    if wanted["line"] is None:
        return True
    line = next((one for one in order.lines if one.id == wanted["line"]), None)
    quantity = None if wanted["quantity"] is None else Decimal(wanted["quantity"])
    if line is None or line.status is OrderStatus.CANCELLED or quantity == 0:
        return quantity == 0 and (line is None or line.status is OrderStatus.CANCELLED)
    return wanted["sku"] in (None, line.sku) and quantity in (None, line.quantity)

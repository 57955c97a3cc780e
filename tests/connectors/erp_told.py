"""How exactly an ERP tells what was laid into it: our own in full, a vendor's as far as such a system can.

What it says that it can't (`capabilities`) isn't demanded of it; that it can't, is. What no vendor has, such as the
number of a return in our form, is demanded of our own alone.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from middleware.erp.base import Erp
from middleware.erp.embedded.client import EmbeddedErp
from middleware.records import Order, OrderLine, OrderStatus
from tests.fakes.erp import FakeErp

WAREHOUSES = {"EWR", "RNO", "CMH"}
COMPANY_ZONE = ZoneInfo("America/New_York")

# What a vendor's ERP may say of a state that it doesn't know: none of these says more than is true.
_AS_WELL = {
    OrderStatus.PLACED: {OrderStatus.PICKING},
    OrderStatus.PICKING: {OrderStatus.PLACED},
    OrderStatus.RETURNED: {OrderStatus.DELIVERED},
}


def is_ours(erp: Erp) -> bool:
    """Whether it is the embedded one, or the tests' fake, which promises the same."""
    return isinstance(erp, (EmbeddedErp, FakeErp))


def statuses(erp: Erp, laid: OrderStatus) -> set[OrderStatus]:
    """What it may say of an order, or of a line, that stands so."""
    if is_ours(erp):
        return {laid}
    is_sent = laid in (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED)
    if is_sent and not erp.capabilities.deliveries:
        return {OrderStatus.SHIPPED, OrderStatus.DUE}
    return {laid} | _AS_WELL.get(laid, set())


def is_placed_at(erp: Erp, told: datetime, laid: datetime) -> bool:
    """Whether an order is told to have been placed at this moment; on this day, where times aren't known."""
    return told == laid if erp.capabilities.order_times else day(told) == day(laid)


def is_delivered_at(erp: Erp, told: datetime | None, laid: datetime) -> bool:
    """Whether something is told to have arrived at this moment; of a vendor's ERP the day is enough."""
    if not erp.capabilities.deliveries:
        return told is None
    return told is not None and (told == laid if is_ours(erp) else day(told) == day(laid))


def day(moment: datetime) -> object:
    """The day of a moment in the company's calendar."""
    return moment.astimezone(COMPANY_ZONE).date()


def left(order: Order) -> list[OrderLine]:
    """The lines that aren't cancelled: some ERPs keep the others, some don't."""
    return [line for line in order.lines if line.status is not OrderStatus.CANCELLED]


def free(erp: Erp, sku: str) -> dict[str, int]:
    """What is free of an article, by warehouse."""
    return {level.warehouse.id: int(level.free) for level in erp.stock(sku)}


def units(erp: Erp, sku: str, **parts: int | str | Decimal) -> dict[str, Decimal]:
    """Units by warehouse; all in the one place that there is where the ERP tells one total."""
    wanted = {warehouse: Decimal(quantity) for warehouse, quantity in parts.items()}
    if erp.capabilities.warehouse_stock or not wanted or set(wanted) - WAREHOUSES:
        return wanted
    least = min(wanted.values())  # a part that can't be stays one
    return {next(iter(free(erp, sku)), "none"): sum(wanted.values(), Decimal(0)) if least > 0 else least}

"""Things that may go back, as somebody sees them who may want to send them back, and how a return is announced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from middleware.erp.base import Erp
from middleware.records import Order, OrderLine, OrderStatus, Return, ReturnReason, ReturnStatus

LONGEST_WORDS = 500  # characters of the customer's own reason


class Verdict(str, Enum):
    """Whether an item can be sent back, or why not."""

    RETURNABLE = "returnable"
    NOT_ARRIVED = "not_arrived"
    USED_UP = "used_up"
    FINAL_SALE = "final_sale"
    NO_DAY = "no_day"
    OVER = "over"


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One line of an order, as somebody sees it who may want to send it back.

    Attributes:
        arrived: Units that have arrived.
        left: Of those, the units that are on no return yet.
        arrived_on: The day of the last arrival, where the customer is; None where the ERP doesn't say.
        is_presumed: Whether that is the day by which it should have arrived: the ERP can't tell whether it did.
        last_day: The last day on which it may be sent back, there; None if it can't be sent back, or nobody knows.
        ends: The moment at which that day is over.
        returns: The returns that it is on, newest first.
    """

    order: Order
    line: OrderLine
    verdict: Verdict
    arrived: Decimal
    left: Decimal
    arrived_on: date | None
    last_day: date | None
    ends: datetime | None
    returns: tuple[Return, ...]
    is_presumed: bool = False

    @property
    def key(self) -> str:
        """What names it among all items of a customer."""
        return f"{self.order.number}/{self.line.id}"

    @property
    def accepted(self) -> tuple[Return, ...]:
        """Its returns, but for those that were refused."""
        return tuple(one for one in self.returns if one.status is not ReturnStatus.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """The items that the customer's words mean.

    Attributes:
        items: Of the newest order first; one if it is clear, several to choose from, none if there is no such thing.
        named: Whether the words named an order, an item or a day.
        cancelled: The order that they named, if all of it was cancelled.
    """

    items: tuple[Item, ...]
    named: bool
    cancelled: Order | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcement:
    """A return as it is to be announced; why it comes back isn't what the customer says yes to.

    Attributes:
        ends: The moment at which it is too late for it.
        words: The reason as the customer said it.
    """

    order: str
    line: str
    quantity: Decimal
    return_by: date
    ends: datetime
    reason: ReturnReason = ReturnReason.OTHER
    words: str = ""

    @classmethod
    def again(cls, kept: Mapping[str, Any]) -> Announcement:
        """The one that was kept, as `Proposed.kept` gave it."""
        return cls(
            order=kept["order"],
            line=kept["line"],
            quantity=Decimal(kept["quantity"]),
            return_by=date.fromisoformat(kept["return_by"]),
            ends=datetime.fromisoformat(kept["ends"]),
        )

    @property
    def object_id(self) -> str:
        """The number of the order that it is of."""
        return self.order

    @property
    def parameters(self) -> dict[str, Any]:
        """What the customer said yes to."""
        return {
            "order": self.order,
            "line": self.line,
            "quantity": str(self.quantity),
            "return_by": self.return_by.isoformat(),
        }

    @property
    def kind(self) -> type[Return]:
        """What it gives."""
        return Return

    def make(self, erp: Erp, key: str) -> Return:
        """Announces the return."""
        return erp.create_return(
            self.order,
            {self.line: self.quantity},
            reason=self.reason,
            words=self.words[:LONGEST_WORDS],
            return_by=self.return_by,
            key=key,
        )

    def look_up(self, erp: Erp, key: str) -> Return | None:
        """Finds the return that was announced with this key."""
        return erp.return_made_by(key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """What the customer is asked a yes for."""

    key: str
    announcement: Announcement

    @property
    def kept(self) -> dict[str, Any]:
        """Key and announcement, as JSON, to be kept until the yes."""
        return {"key": self.key, **self.announcement.parameters, "ends": self.announcement.ends.isoformat()}


def arrived_units(order: Order, line: OrderLine) -> Decimal:
    """How many of a line have arrived: as the parcels say or, where they say nothing of it, its status."""
    if came_back(order, line):
        return line.quantity
    parcels = [parcel for parcel in order.shipments if line.id in parcel.quantities]
    if parcels:
        return sum((one.quantities[line.id] for one in parcels if one.delivered_at or one.presumed_on), Decimal(0))
    return line.quantity if order.status.is_there or line.status.is_there else Decimal(0)


def arrival(order: Order, line: OrderLine) -> datetime | None:
    """When the last that has come of a line arrived; the whole order's, where no parcel says it of the line."""
    moments = [one.delivered_at for one in order.shipments if one.delivered_at and line.id in one.quantities]
    return max(moments, default=order.delivered_at)


def presumed_arrival(order: Order, line: OrderLine) -> date | None:
    """By when the last that was sent of a line should have arrived, where the ERP can't tell when it did."""
    days = [one.presumed_on for one in order.shipments if one.presumed_on and line.id in one.quantities]
    return max(days, default=order.due_on)


def came_back(order: Order, line: OrderLine) -> bool:
    """Whether all of a line was sent back, whoever arranged it."""
    return OrderStatus.RETURNED in (order.status, line.status)


def returned_units(returns: Sequence[Return], line: OrderLine) -> Decimal:
    """How many of a line are on returns, but for those that were refused."""
    accepted = (one for one in returns if one.status is not ReturnStatus.REJECTED)
    return sum((each.quantity for one in accepted for each in one.lines if each.id == line.id), Decimal(0))

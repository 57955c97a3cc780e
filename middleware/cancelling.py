"""Cancelling a whole order: offered only before it is packed, done only on the customer's yes, and done once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from middleware.erp.base import Erp
from middleware.errors import Rejected
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.records import Order
from middleware.settings import Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancellation:
    """An order to be cancelled as it was when the customer was asked.

    Attributes:
        version: The state of the order that the customer saw.
    """

    number: str
    version: str

    @property
    def object_id(self) -> str:
        """The order's number."""
        return self.number

    @property
    def parameters(self) -> dict[str, Any]:
        """What the customer said yes to."""
        return {"number": self.number, "version": self.version}

    @property
    def kind(self) -> type[Order]:
        """What it gives."""
        return Order

    def make(self, erp: Erp, key: str) -> Order:
        """Cancels the order."""
        return erp.cancel_order(self.number, version=self.version, key=key)

    def look_up(self, erp: Erp, key: str) -> Order | None:
        """Finds the order that was cancelled with this key."""
        return erp.order_changed_by(self.number, key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """What the customer is asked a yes for."""

    order: Order
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TooLate:
    """The order can't be cancelled any more; it says itself how it stands."""

    order: Order


class Cancelling:
    """Cancels customers' orders."""

    def __init__(self, gateway: Gateway) -> None:
        self._erp = gateway.erp

    async def propose(self, who: Who, number: str) -> Proposed | TooLate:
        """Looks whether an order can be cancelled, and keeps the cancellation for the customer's yes.

        Raises:
            NotAllowed: They aren't proven enough to cancel.
            NotFound: It is no order of theirs.
            Unavailable: The ERP can't be asked now.
        """
        order = await self._order(who, number)
        if not order.is_before_packing:
            return TooLate(order=order)
        cancellation = Cancellation(number=order.number, version=order.version)
        return Proposed(
            order=order, key=await self._erp.propose(who, Operation.ORDER_CANCEL, cancellation, order.owner)
        )

    async def confirm(self, who: Who, key: str, cancellation: Cancellation) -> Order | TooLate:
        """Cancels an order on the customer's yes; the same yes again changes nothing more.

        Raises:
            NotAllowed: As for `propose`.
            Conflict: The order changed since it was proposed; it isn't cancelled.
            Unavailable: It isn't cancelled; a yes may be said again.
            Unknown: It may be cancelled; another yes finds out.
        """
        try:
            return await self._erp.change(who, Operation.ORDER_CANCEL, key, cancellation)
        except Rejected:
            return TooLate(order=await self._order(who, cancellation.number))

    async def _order(self, who: Who, number: str) -> Order:
        return await self._erp.one(who, Operation.ORDER_CANCEL, number, lambda erp: erp.order(number))

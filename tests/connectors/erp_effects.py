"""What customers have an ERP do, each on something of its own, with what its people see of it: done so often.

effect = EFFECTS["change"].on(open_erp, place)
effect.ask("key")          # asks the port for it
effect.made()              # how often it was done, seen from inside
effect.found("key")        # whether the port finds it by its key
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from middleware.erp.base import Erp
from middleware.records import Address, Order, OrderChange, Reservation, ReturnReason
from tests.connectors.erp_inside import ErpInside
from tests.connectors.erp_told import free, units
from tests.data.backoffice import TO_BE_CHANGED, TO_BE_RETURNED

BOTTLE = "TRV-BTL-750"
ELSEWHERE = Address(address1="1 Dock Road", city="Boston", state="MA", country="US", postcode="02110")
HELD = 3  # units of a hold


class Effect(ABC):
    """One thing that is asked for, in an ERP that holds the tests' back office."""

    packs: ClassVar[bool] = False  # whether it may not be done any more once the order is packed

    def __init__(self, port: Erp, inside: ErpInside, place: int) -> None:
        self.port, self.inside, self.place = port, inside, place
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Looks at what it is about."""

    @abstractmethod
    def ask(self, key: str) -> object:
        """Asks the port for it; with the same key again, the same comes back."""

    @abstractmethod
    def made(self) -> int | Fraction:
        """How often it was done; a half, if a part of it was."""

    @abstractmethod
    def found(self, key: str) -> bool:
        """Whether the port knows of it by its key."""


class _OfAnOrder(Effect):
    packs = True
    order: Order

    def prepare(self) -> None:
        self.number = TO_BE_CHANGED[self.place]
        self.order = self.port.order(self.number)
        self.before = dict(self.inside.lines(self.number))

    def found(self, key: str) -> bool:
        return self.port.order_changed_by(self.number, key) is not None


class Cancel(_OfAnOrder):
    """An order is cancelled."""

    def ask(self, key: str) -> Order:
        """As a customer does who saw it as it was at first."""
        return self.port.cancel_order(self.number, version=self.order.version, key=key)

    def made(self) -> int:
        """Whether no line is left."""
        return int(not self.inside.lines(self.number))


class Change(_OfAnOrder):
    """A line becomes another variant, and more of it."""

    def ask(self, key: str) -> Order:
        """As a customer does who saw it as it was at first."""
        other = OrderChange(line=self.order.lines[0].id, sku="BLU-JKT-L", quantity=Decimal(2))
        return self.port.change_order(self.number, other, version=self.order.version, key=key)

    def made(self) -> int:
        """Whether the first line is another one, and the second as it was."""
        now = dict(self.inside.lines(self.number))
        if now == self.before:
            return 0
        assert sorted(now.values()) == [("BLU-JKT-L", 2), ("MUG-EU", 1)]
        return 1


class Redirect(_OfAnOrder):
    """An order goes elsewhere."""

    def ask(self, key: str) -> Order:
        """As a customer does who saw it as it was at first."""
        return self.port.change_order(self.number, OrderChange(address=ELSEWHERE), version=self.order.version, key=key)

    def made(self) -> int:
        """Whether it does; that its people see, too, as it is all theirs."""
        address = self.port.order(self.number).address
        assert address in (self.order.address, ELSEWHERE)
        return int(address == ELSEWHERE)


class Reserve(Effect):
    """Units are kept for somebody."""

    def prepare(self) -> None:
        """Counts what is free, and what is kept."""
        self.parts = units(self.port, BOTTLE, EWR=HELD - 1, RNO=1)
        self.before = self._kept()

    def ask(self, key: str) -> Reservation:
        """For Ada."""
        return self.port.reserve(BOTTLE, self.parts, customer_number="1001", key=key)

    def made(self) -> Fraction:
        """By the units that are kept now; by those that are free, where only we know of holds."""
        return Fraction(self._kept() - self.before, HELD)

    def found(self, key: str) -> bool:
        """Whether the port knows of it by its key."""
        return self.port.reservation_made_by(key) is not None

    def _kept(self) -> int:
        if self.port.capabilities.holds == "native":
            return int(self.inside.reserved(BOTTLE))
        return -sum(free(self.port, BOTTLE).values())


class Release(Reserve):
    """Units that were kept are given back."""

    def prepare(self) -> None:
        """Has them kept at first."""
        self.parts = units(self.port, BOTTLE, EWR=HELD - 1, RNO=1)
        self.id = super().ask(f"kept-{self.place}").id
        self.before = self._kept()

    def ask(self, key: str) -> Reservation:
        """Releases have no key: what is released is released."""
        return self.port.release(self.id)

    def made(self) -> Fraction:
        """By the units that are kept no more."""
        return Fraction(self.before - self._kept(), HELD)

    def found(self, key: str) -> bool:
        """Whether the port tells that it is released."""
        reservation = self.port.reservation_made_by(f"kept-{self.place}")
        return reservation is not None and reservation.is_released


class SendBack(Effect):
    """Something comes back."""

    def prepare(self) -> None:
        """Two of three jackets, so that they can't come back twice."""
        self.number = TO_BE_RETURNED[self.place % len(TO_BE_RETURNED)]
        self.order = self.port.order(self.number)
        self.before = self.inside.returns(self.number)

    def ask(self, key: str) -> object:
        """Until in three weeks."""
        return self.port.create_return(
            self.number,
            {self.order.lines[0].id: Decimal(2)},
            reason=ReturnReason.DAMAGED,
            words="the zip",
            return_by=date.today() + timedelta(days=20),
            key=key,
        )

    def made(self) -> int:
        """By the returns that there are."""
        return self.inside.returns(self.number) - self.before

    def found(self, key: str) -> bool:
        """Whether the port knows of it by its key."""
        return self.port.return_made_by(key) is not None


EFFECTS: dict[str, type[Effect]] = {
    "cancel": Cancel,
    "change": Change,
    "redirect": Redirect,
    "reserve": Reserve,
    "release": Release,
    "return": SendBack,
}

"""What can be done with stock that is put aside, as the gateway is told, and what may come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from middleware.erp.base import Erp
from middleware.records import Hold, HoldPart, Reservation


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """Units that are to be held.

    Attributes:
        account: The ERP's customer number that they are for.
        name: The article in words.
    """

    account: str
    sku: str
    name: str
    parts: tuple[HoldPart, ...]

    @property
    def quantity(self) -> Decimal:
        """All units."""
        return sum((part.quantity for part in self.parts), Decimal(0))

    @property
    def object_id(self) -> str:
        """The article."""
        return self.sku

    @property
    def parameters(self) -> dict[str, Any]:
        """What the customer said yes to."""
        return {"sku": self.sku, "parts": {part.warehouse: f"{part.quantity:f}" for part in self.parts}}

    @property
    def kind(self) -> type[Reservation]:
        """What it gives."""
        return Reservation

    def make(self, erp: Erp, key: str) -> Reservation:
        """Reserves the units."""
        parts = {part.warehouse: part.quantity for part in self.parts}
        return erp.reserve(self.sku, parts, customer_number=self.account, key=key)

    def look_up(self, erp: Erp, key: str) -> Reservation | None:
        """Finds the reservation that was made with this key."""
        return erp.reservation_made_by(key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A hold to be given back.

    Attributes:
        hold: Its key.
    """

    hold: str
    reservation_id: str

    @property
    def object_id(self) -> str:
        """The reservation."""
        return self.reservation_id

    @property
    def parameters(self) -> dict[str, Any]:
        """What the customer said yes to."""
        return {"hold": self.hold, "reservation_id": self.reservation_id}

    @property
    def kind(self) -> type[Reservation]:
        """What it gives."""
        return Reservation

    def make(self, erp: Erp, key: str) -> Reservation:
        """Releases the units; the ERP does it once."""
        return erp.release(self.reservation_id)

    def look_up(self, erp: Erp, key: str) -> Reservation | None:
        """Finds the reservation if it is released."""
        found = erp.reservation_made_by(self.hold)
        return found if found and found.is_released else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """What the customer is asked a yes for."""

    key: str
    holding: Holding


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedRelease:
    """The same for a release."""

    key: str
    release: Release


@dataclass(frozen=True, kw_only=True, slots=True)
class TooManyUnits:
    """More than one hold may have."""

    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TooManyHolds:
    """The customer has as many holds as they may."""

    most: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """So many aren't free any more; nothing is held."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Over:
    """The hold has ended, or it took so long to be made that its time is over. `until`: when that was."""

    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class NoLonger:
    """The hold was made longer as often as may be."""

    hold: Hold

"""What is in stock and where: which article is meant, the nearest warehouse that has enough, or several together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from middleware import articles
from middleware.articles import Articles, Wish
from middleware.choice import words
from middleware.deadline import Deadline
from middleware.erp.base import Erp
from middleware.errors import FrontdeskError
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.places import Place, kilometres, locate
from middleware.records import Address, HoldPart, Receipt, StockLevel, Variant, Warehouse
from middleware.settings import Level, Operation

ADDRESS_SECONDS = 1.5  # the answer doesn't wait longer for the customer's own address
MOST_VARIANTS = 40  # of which the stock is asked for one question


class Way(str, Enum):
    """How a number of units can be had."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    SPLIT = "split"
    SHORT = "short"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Availability:
    """Where an article lies.

    Attributes:
        levels: One for each warehouse; the one that was asked for first, then by distance; where no place is known,
            the fullest first.
        near: The place that distances are measured from; None if none is known.
        near_is_theirs: Whether that is the customer's own address.
        asked_for: The id of the warehouse that was asked for by its name.
    """

    variant: Variant
    levels: tuple[StockLevel, ...]
    near: Place | None = None
    near_is_theirs: bool = False
    asked_for: str | None = None

    @property
    def total(self) -> Decimal:
        """All free units."""
        return sum((level.free for level in self.levels), Decimal(0))

    @property
    def is_total(self) -> bool:
        """Whether nobody can tell what lies in which warehouse."""
        return any(not level.warehouse.name for level in self.levels)

    @property
    def with_stock(self) -> tuple[StockLevel, ...]:
        """The warehouses where some are free."""
        return tuple(level for level in self.levels if level.free > 0)

    @property
    def next_receipt(self) -> tuple[Receipt, Warehouse] | None:
        """What is to come in next, and where."""
        coming = [(receipt, level.warehouse) for level in self.levels for receipt in level.receipts]
        return min(coming, key=lambda one: one[0].expected_on, default=None)

    def way(self, quantity: Decimal) -> Way:
        """How so many can be had."""
        if self.total < quantity or not self.total:
            return Way.SHORT if self.total else Way.NONE
        if self.levels[0].free >= quantity:
            return Way.HERE
        return Way.SPLIT if len(self.parts(quantity)) > 1 else Way.ELSEWHERE

    def parts(self, quantity: Decimal) -> tuple[HoldPart, ...]:
        """Where so many would be taken from: the first warehouse with enough, else several; none if there are fewer."""
        enough = next((level for level in self.levels if level.free >= quantity), None)
        if enough is not None:
            return (_part(enough, quantity),)
        parts, left = [], quantity
        for level in self.with_stock:
            taken = min(level.free, left)
            parts += [_part(level, taken)] if taken else []
            left -= taken
        return () if left else tuple(parts)


class Inventory:
    """Reads what is in stock."""

    def __init__(self, gateway: Gateway) -> None:
        self._erp = gateway.erp

    async def find(self, who: Who, wish: Wish, quantity: Decimal | None = None) -> Articles:
        """Finds the articles that a customer means; every variant of one that is spoken of already.

        Args:
            quantity: How many were said.

        Raises:
            Unavailable: The ERP can't be asked now.
        """
        digits = f"{quantity:f}" if quantity is not None else ""
        return await self._erp.search(who, Operation.STOCK, lambda erp: articles.find(erp, wish, digits))

    async def siblings(self, who: Who, variant: Variant) -> Sequence[tuple[Variant, Decimal]]:
        """All variants of an article's product, with how many of each are free.

        Raises:
            Unavailable: As for `find`.
        """

        def look(erp: Erp) -> Sequence[tuple[Variant, Decimal]]:
            return _with_free(erp, erp.variants_of(variant.product_id) or [variant])

        return await self._erp.search(who, Operation.STOCK, look)

    async def free(self, who: Who, variants: Sequence[Variant]) -> Sequence[tuple[Variant, Decimal]]:
        """How many of each article are free.

        Raises:
            Unavailable: As for `find`.
        """
        return await self._erp.search(who, Operation.STOCK, lambda erp: _with_free(erp, variants))

    async def availability(
        self, who: Who, variant: Variant, near: Place | None = None, warehouse: str | None = None, text: str = ""
    ) -> Availability:
        """Tells what of an article lies where.

        Args:
            near: The place that the customer named; without one, their own address counts if they are known.
            warehouse: The id of the warehouse that they asked for.
            text: Their words, in which one may be named.

        Raises:
            Unavailable: As for `find`.
        """
        levels = await self._erp.search(who, Operation.STOCK, lambda erp: _fullest_first(erp.stock(variant.sku)))
        asked_for = _named(text, levels) or next(
            (level.warehouse for level in levels if level.warehouse.id == warehouse), None
        )
        theirs = None if near or asked_for else await self._address(who)
        place = (_place_of(asked_for) if asked_for else near) or theirs
        return Availability(
            variant=variant,
            levels=_ordered(levels, place, asked_for),
            near=place,
            near_is_theirs=theirs is not None,
            asked_for=asked_for.id if asked_for else None,
        )

    async def _address(self, who: Who) -> Place | None:
        """Where the customer's deliveries go, if they are known and it can be told in time."""
        if who.level < Level.KNOWN:
            return None
        try:
            account = await self._erp.account(who, Operation.STOCK, Deadline(ADDRESS_SECONDS))
        except FrontdeskError:
            return None
        return locate(account.address)


def _fullest_first(levels: Sequence[StockLevel]) -> list[StockLevel]:
    return sorted(levels, key=lambda level: (-level.free, level.warehouse.id))


def _with_free(erp: Erp, variants: Sequence[Variant]) -> list[tuple[Variant, Decimal]]:
    return [(one, sum((level.free for level in erp.stock(one.sku)), Decimal(0))) for one in variants[:MOST_VARIANTS]]


def _part(level: StockLevel, quantity: Decimal) -> HoldPart:
    return HoldPart(warehouse=level.warehouse.id, name=level.warehouse.name, quantity=quantity)


def _named(text: str, levels: Sequence[StockLevel]) -> Warehouse | None:
    """The warehouse that the words name."""
    said = f" {' '.join(words(text))} "
    named = (one.warehouse for one in levels if one.warehouse.name)
    return next((one for one in named if f" {' '.join(words(one.name))} " in said), None)


def _place_of(warehouse: Warehouse) -> Place | None:
    if warehouse.latitude is None or warehouse.longitude is None:
        return locate(Address(postcode=warehouse.postcode, country=warehouse.country))
    return Place(name=warehouse.name, latitude=warehouse.latitude, longitude=warehouse.longitude)


def _ordered(levels: Sequence[StockLevel], near: Place | None, first: Warehouse | None) -> tuple[StockLevel, ...]:
    def order(level: StockLevel) -> tuple[bool, float, Decimal, str]:
        place = _place_of(level.warehouse) if near else None
        far = kilometres(near, place) if near and place else float("inf")
        return first is not None and level.warehouse.id != first.id, far, -level.free, level.warehouse.id

    return tuple(sorted(levels, key=order))

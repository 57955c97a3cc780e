"""Changing an order: offered before it is packed and among what there is, done on the customer's yes, and done once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from middleware.choice import (
    IDENTIFIER,
    NEWEST,
    OLDEST,
    Candidate,
    Choice,
    choose,
    same_number,
    says_more,
    size_of,
    words,
)
from middleware.clock import Clock
from middleware.decoding import converted
from middleware.erp.base import Erp
from middleware.errors import Rejected
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.orders import LONGEST_CHOICE, NothingOpen, bare_number
from middleware.records import Order, OrderChange, OrderLine, OrderStatus, Variant
from middleware.settings import Operation, Settings

WHOLE = re.compile(r"\b(?:orders?|purchase|all|everything|whole|entire|both)\b", re.IGNORECASE)
IN_ORDER = re.compile(r"\b(?:in|from|on|off?) (?:my |the |that |this )?order\b", re.IGNORECASE)
GONE = (OrderStatus.CANCELLED, OrderStatus.RETURNED)
UNTOLD = Decimal(10**9)  # units, of which nobody can tell how many there are; no line has so many


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One line of an order."""

    order: Order
    line: OrderLine

    @property
    def key(self) -> str:
        """What tells it apart from all other lines."""
        return f"{self.order.number}/{self.line.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The lines that the customer's words mean.

    Attributes:
        items: One if it is clear, several to choose from, none if there is nothing of the kind.
        by_words: Whether the words named an item.
    """

    items: tuple[Item, ...]
    by_words: bool = False

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders of the lines."""
        return tuple({item.order.number: item.order for item in self.items}.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """How a line is looked for.

    Attributes:
        text: The customer's own words, without those that say what it shall become.
        number: An order's number in them, as they wrote it.
        offered: The keys of the lines, or the numbers of the orders, last listed to the customer, in that order.
        order: The number of the order that is spoken of already.
        line: The id of its line that is.
        last_told: The number of the order that was last told of.
        option: An option that it must have, such as a size.
    """

    text: str
    number: str | None = None
    offered: Sequence[str] = ()
    order: str | None = None
    line: str | None = None
    last_told: str | None = None
    option: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """What a line can become.

    Attributes:
        variants: All of the line's product, in the ERP's order.
    """

    variants: tuple[Variant, ...]

    @property
    def choices(self) -> dict[str, list[str]]:
        """The values that there are of each option."""
        values: dict[str, dict[str, None]] = {}
        for variant in self.variants:
            for option, value in variant.options.items():
                values.setdefault(option, {})[value] = None
        return {option: list(of_option) for option, of_option in values.items()}

    def like(self, options: Mapping[str, str], but: str | None = None) -> tuple[Variant, ...]:
        """The variants that have these options, whatever they have of one of them."""
        asked = {option: value for option, value in options.items() if option != but}
        return tuple(one for one in self.variants if asked.items() <= one.options.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeOfOrder:
    """An order to be changed as it was when the customer was asked.

    Attributes:
        version: The state of the order that the customer saw.
    """

    number: str
    version: str
    change: OrderChange

    @property
    def object_id(self) -> str:
        """The order's number."""
        return self.number

    @property
    def parameters(self) -> dict[str, Any]:
        """What the customer said yes to."""
        parameters: dict[str, Any] = msgspec.to_builtins(self)
        return parameters

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> ChangeOfOrder:
        """The change that has these parameters."""
        return converted(parameters, cls)

    @property
    def kind(self) -> type[Order]:
        """What it gives."""
        return Order

    def make(self, erp: Erp, key: str) -> Order:
        """Changes the order."""
        return erp.change_order(self.number, self.change, version=self.version, key=key)

    def look_up(self, erp: Erp, key: str) -> Order | None:
        """Finds the order that was changed with this key."""
        return erp.order_changed_by(self.number, key)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """What the customer is asked a yes for."""

    change: ChangeOfOrder
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TooLate:
    """The order can't be changed any more; it says itself how it stands."""

    order: Order


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The ERP didn't change the order, though it isn't packed.

    Attributes:
        order: As it is now.
        is_out_of_stock: Whether it said that too few are free; it says so only once.
    """

    order: Order
    is_out_of_stock: bool


class Changing:
    """Changes customers' orders."""

    def __init__(self, gateway: Gateway, settings: Settings, clock: Clock) -> None:
        self._erp = gateway.erp
        self._settings = settings
        self._clock = clock

    async def find(self, who: Who, search: Search) -> Found | NothingOpen:
        """Finds the line, or the lines, that a customer wants to be different.

        Raises:
            NotAllowed: They aren't proven enough to change anything.
            NotFound: The number is of no order of theirs.
            Unavailable: The ERP can't be asked now.
        """
        orders = await self._orders(who, search)
        picked = self._picked(search, orders)
        items = [item for order in orders for item in _items(order) if picked is None or order.number in picked]
        choice = _choice(search.text, items, search.offered, self._settings.company.locale)
        if choice.named:
            chosen = [item for item in items if item.key in choice.keys]
            return Found(items=_best([item for item in chosen if _is(item, search)] or chosen), by_words=True)
        held = [item for item in items if _is(item, search)]
        if picked is not None or held:
            return Found(items=_with_option(held or _best(items), search.option))
        named = search.number is not None or bool(_named_in(search.text, orders))
        left = items if named else _changeable(items) or [item for item in items if item.order.status.is_open]
        if not left:
            arrived = (order for order in orders if order.status.is_there)
            return NothingOpen(last=next(arrived, None))
        last_told = [item for item in items if item.order.number == search.last_told and item.order.status.is_open]
        return Found(items=_with_option(last_told or left, search.option))

    async def is_choice(self, who: Who, text: str, offered: Sequence[str]) -> bool:
        """Tells whether the words name some of the customer's lines, and nothing else.

        Raises:
            NotAllowed, Unavailable: As for `find`.
        """
        if len(words(text)) > LONGEST_CHOICE:
            return False
        locale = self._settings.company.locale
        orders = await self._recent(who)
        search = Search(text=text, offered=offered)
        items = [item for order in orders for item in _items(order)]
        candidates = [_candidate(item) for item in items] + [self._order_candidate(order) for order in orders]
        picks = _choice(text, items, offered, locale).keys if _choice(text, items, offered, locale).named else ()
        return bool(picks or self._picked(search, orders)) and not says_more(text, candidates, locale)

    async def product(self, who: Who, line: OrderLine) -> Product:
        """Tells which variants there are of a line's product.

        Raises:
            NotAllowed, Unavailable: As for `find`.
        """

        def load(erp: Erp) -> Product:
            own = [one for one in erp.variants_by_sku(line.sku) if one.sku == line.sku]
            return Product(variants=tuple(erp.variants_of(own[0].product_id)) if own else ())

        return await self._erp.search(who, Operation.ORDER_CHANGE, load)

    async def free(self, who: Who, skus: Collection[str]) -> Mapping[str, Decimal]:
        """Tells how many units of articles a line can have: it is sent from one warehouse.

        Where an ERP can't tell it of an article, it is any number: the ERP judges that when the line is changed.

        Raises:
            NotAllowed, Unavailable: As for `find`.
        """

        def most(erp: Erp, sku: str) -> Decimal:
            try:
                return max((level.free for level in erp.stock(sku)), default=Decimal(0))
            except Rejected:
                return UNTOLD

        def load(erp: Erp) -> dict[str, Decimal]:
            return {sku: most(erp, sku) for sku in skus}

        return await self._erp.search(who, Operation.ORDER_CHANGE, load)

    async def propose(self, who: Who, order: Order, change: OrderChange) -> Proposed | TooLate:
        """Keeps a change of an order for the customer's yes, if the order can be changed.

        Args:
            order: As the customer is told of it, from `find`.

        Raises:
            NotAllowed, Unavailable: As for `find`.
        """
        if not order.is_before_packing:
            return TooLate(order=order)
        proposed = ChangeOfOrder(number=order.number, version=order.version, change=change)
        key = await self._erp.propose(who, Operation.ORDER_CHANGE, proposed, order.owner)
        return Proposed(change=proposed, key=key)

    async def confirm(self, who: Who, key: str, change: ChangeOfOrder) -> Order | TooLate | Refused:
        """Changes an order on the customer's yes; the same yes again changes nothing more.

        Raises:
            NotAllowed: As for `propose`.
            Conflict: The order changed since it was proposed; this change isn't made.
            Unavailable: It isn't changed; a yes may be said again.
            Unknown: It may be changed; another yes finds out.
        """
        try:
            return await self._erp.change(who, Operation.ORDER_CHANGE, key, change)
        except Rejected as refusal:
            order = await self._order(who, change.number)
            if not order.is_before_packing:
                return TooLate(order=order)
            return Refused(order=order, is_out_of_stock=refusal.status == "stock")

    async def _orders(self, who: Who, search: Search) -> Sequence[Order]:
        """The orders among which it is: that of the number in the words, or all that are recent."""
        recent = await self._recent(who)
        if search.number is not None:
            mine = [order for order in recent if same_number(order.number, search.number)]
            return mine or [await self._order(who, bare_number(search.number))]
        named = _named_in(search.text, recent)
        if named:
            return named
        if search.order is None or any(order.number == search.order for order in recent):
            return recent
        return [*recent, await self._order(who, search.order)]

    async def _recent(self, who: Who) -> Sequence[Order]:
        since = self._clock() - timedelta(days=self._settings.orders.look_back_days)
        return await self._erp.mine(
            who, Operation.ORDER_CHANGE, lambda erp, customer: erp.orders_since(customer.number, since)
        )

    async def _order(self, who: Who, number: str) -> Order:
        return await self._erp.one(who, Operation.ORDER_CHANGE, number, lambda erp: erp.order(number))

    def _picked(self, search: Search, orders: Sequence[Order]) -> Collection[str] | None:
        """The numbers of the orders that the words pick by number, day, age or place; None if they pick none."""
        choice = choose(
            search.text,
            [self._order_candidate(order) for order in orders],
            today=self._clock().astimezone(self._settings.zone).date(),
            locale=self._settings.company.locale,
            offered=[one for one in search.offered if "/" not in one],
        )
        return choice.keys if choice.named else None

    def _order_candidate(self, order: Order) -> Candidate:
        moments = (order.placed_at, order.delivered_at)
        days: list[date] = [moment.astimezone(self._settings.zone).date() for moment in moments if moment]
        days += [day for day in (order.promised_on, order.expected_on) if day]
        return Candidate(key=order.number, items=(), days=tuple(days))


def _choice(text: str, items: Sequence[Item], offered: Sequence[str], locale: str) -> Choice:
    """The lines that the words pick by what they are, or by their place among those that were listed."""
    listed = [one for one in offered if "/" in one]
    if not listed:  # "my latest order" is an order, and no line of it
        text = " ".join(word for word in text.split() if not set(words(word)) & (NEWEST | OLDEST))
    return choose(text, [_candidate(item) for item in items], today=None, locale=locale, offered=listed)


def _candidate(item: Item) -> Candidate:
    line = item.line
    described = frozenset(words(" ".join((line.name, line.sku, *line.options.values()))))
    sizes = {size_of(option) for option in line.options.values()} - {None}
    return Candidate(
        key=item.key,
        items=(described,),
        days=(),
        worth=line.price.amount if line.price else None,
        size=sizes.pop() if len(sizes) == 1 else None,
    )


def is_about_a_part(text: str, order: Order, locale: str) -> bool:
    """Tells whether a wish to cancel is about a part of an order: "the gloves", but not "the order with the gloves"."""
    items = _items(order)
    choice = _choice(text, items, (), locale)
    return choice.named and len(choice.keys) < len(items) and not WHOLE.search(IN_ORDER.sub(" ", text))


def _items(order: Order) -> list[Item]:
    """The lines of an order that are still in it; all of them if none is."""
    items = [Item(order=order, line=line) for line in order.lines]
    return [item for item in items if item.line.status not in GONE] or items


def _changeable(items: Collection[Item]) -> list[Item]:
    return [item for item in items if item.order.is_before_packing]


def _best(items: Sequence[Item]) -> tuple[Item, ...]:
    """Of lines that fit, those that can be changed, or else those that are on their way."""
    return tuple(_changeable(items) or [item for item in items if item.order.status.is_open] or items)


def _with_option(items: Sequence[Item], option: str | None) -> tuple[Item, ...]:
    """Of several lines, those that have the option that is spoken of; all if none has it."""
    return tuple([item for item in items if option in item.line.options] or items)


def _is(item: Item, search: Search) -> bool:
    """Whether a line is the one, or of the order, that is spoken of already."""
    return item.order.number == search.order and search.line in (None, item.line.id)


def _named_in(text: str, orders: Sequence[Order]) -> list[Order]:
    said = IDENTIFIER.findall(text)
    return [order for order in orders if any(same_number(order.number, one) for one in said)]

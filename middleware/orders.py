"""Where the customer's orders stand, and which of them is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from middleware.choice import Candidate, Choice, choose, same_number, says_more, size_of, words
from middleware.clock import Clock
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.read_out import in_digits
from middleware.records import Order
from middleware.settings import Operation, Settings

LONGEST_CHOICE = 8  # words; whoever says more doesn't just pick from a list


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """The orders that the customer's words mean.

    Attributes:
        orders: Newest first; one if it is clear, several to choose from, none if there is nothing of the kind.
        named: Whether the words named an order, an item or a day.
    """

    orders: tuple[Order, ...]
    named: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class NothingOpen:
    """The customer waits for nothing; `last` is the newest order that has arrived, if there is one.

    Whether it arrived, the ERP may say with the day or by the status alone.
    """

    last: Order | None


class Orders:
    """Reads a customer's orders."""

    def __init__(self, gateway: Gateway, settings: Settings, clock: Clock) -> None:
        self._gateway = gateway
        self._settings = settings
        self._clock = clock

    async def meant(
        self, who: Who, text: str, number: str | None = None, offered: Sequence[str] = ()
    ) -> Meant | NothingOpen:
        """Finds the orders that a customer asks about.

        Args:
            text: The customer's own words.
            number: An order number found in them, as they wrote it.
            offered: Order numbers in the order in which they were last listed to the customer.

        Raises:
            NotFound: The number is of no order of theirs.
            NotAllowed: They aren't known, or can't be told apart.
            Unavailable: The ERP can't be asked now.
        """
        orders = await self._recent(who)
        if number is not None:
            mine = [order for order in orders if same_number(order.number, number)]
            return Meant(orders=(mine[0] if mine else await self._by_number(who, number),), named=True)
        choice = self._choice(text, [self._candidate(order) for order in orders], offered)
        chosen = tuple(order for order in orders if order.number in choice.keys)
        still_open = tuple(order for order in chosen if order.status.is_open)
        if choice.named:  # an order on its way is what people ask after, if an arrived one fits as well
            return Meant(orders=still_open if len(still_open) == 1 else chosen, named=True)
        if still_open:
            return Meant(orders=still_open, named=False)
        arrived = (order for order in orders if order.delivered_at or order.status.is_there)
        return NothingOpen(last=next(arrived, None))

    async def is_choice(self, who: Who, text: str, offered: Sequence[str]) -> bool:
        """Tells whether the words name some of the customer's orders, and nothing else.

        Raises:
            NotAllowed: As for `meant`.
            Unavailable: As for `meant`.
        """
        if len(words(text)) > LONGEST_CHOICE:
            return False
        candidates = [self._candidate(order) for order in await self._recent(who)]
        choice = self._choice(text, candidates, offered)
        return choice.named and bool(choice.keys) and not says_more(text, candidates, self._settings.company.locale)

    def _choice(self, text: str, candidates: Sequence[Candidate], offered: Sequence[str]) -> Choice:
        return choose(
            text,
            candidates,
            today=self._clock().astimezone(self._settings.zone).date(),
            locale=self._settings.company.locale,
            offered=offered,
        )

    async def _recent(self, who: Who) -> Sequence[Order]:
        since = self._clock() - timedelta(days=self._settings.orders.look_back_days)
        return await self._gateway.erp.mine(
            who, Operation.ORDER_STATUS, lambda erp, customer: erp.orders_since(customer.number, since)
        )

    async def _by_number(self, who: Who, number: str) -> Order:
        bare = bare_number(number)
        return await self._gateway.erp.one(who, Operation.ORDER_STATUS, bare, lambda erp: erp.order(bare))

    def _candidate(self, order: Order) -> Candidate:
        moments = (
            order.placed_at,
            *(shipment.shipped_at for shipment in order.shipments),
            order.delivered_at,
        )
        days: list[date] = [moment.astimezone(self._settings.zone).date() for moment in moments if moment]
        awaited = (order.promised_on, order.expected_on, *(parcel.expected_on for parcel in order.shipments))
        days += [day for day in awaited if day]  # "you said Tuesday"
        items = (frozenset(words(" ".join((line.name, line.sku, *line.options.values())))) for line in order.lines)
        return Candidate(key=order.number, items=tuple(items), days=tuple(days), worth=worth(order), size=_size(order))


def bare_number(number: str) -> str:
    """An order's number as the ERP may know it, however it was written: "#ORD-10023", "one double oh two three"."""
    bare = in_digits(number).replace(" ", "").lstrip("#")
    return bare[3:].lstrip("-") if bare.casefold().startswith("ord") else bare


def worth(order: Order) -> Decimal | None:
    """What an order costs; None where the ERP doesn't say it of every line, or in several currencies."""
    prices = [line.price for line in order.lines]
    if not prices or None in prices or len({price.currency for price in prices if price}) > 1:
        return None
    return sum((line.price.amount * line.quantity for line in order.lines if line.price), Decimal(0))


def _size(order: Order) -> tuple[str, Decimal] | None:
    """The one size that an order's items have; None if they have none, or several."""
    sizes = {size_of(option) for line in order.lines for option in line.options.values()} - {None}
    return sizes.pop() if len(sizes) == 1 else None

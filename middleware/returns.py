"""What can be sent back and until when, returns that are announced once, and where the money is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from middleware import places
from middleware.choice import Candidate, Choice, choose, same_number, says_more, size_of, words
from middleware.clock import Clock
from middleware.documents.label import draw_label
from middleware.documents.store import Document, Documents
from middleware.effects import Effects
from middleware.errors import NotFound, Rejected
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.orders import LONGEST_CHOICE
from middleware.read_out import in_digits
from middleware.records import Order, OrderLine, OrderStatus, Return
from middleware.return_items import (
    Announcement,
    Item,
    Meant,
    Proposed,
    Verdict,
    arrival,
    arrived_units,
    came_back,
    presumed_arrival,
    returned_units,
)
from middleware.settings import Operation, Settings

log = logging.getLogger(__name__)

YES = frozenset({"yes", "yeah", "yep", "yup", "sure", "ok", "okay", "please"})
POINTING = frozenset({"it", "it's", "its", "that", "that's", "this", "them", "those", "these", "they", "they're"})
SHORTEST_SKU = 4  # letters and digits; what is shorter may stand in any sentence


class Returns:
    """Customers' returns."""

    def __init__(
        self, gateway: Gateway, documents: Documents, effects: Effects, settings: Settings, clock: Clock
    ) -> None:
        self._erp = gateway.erp
        self._documents = documents
        self._effects = effects
        self._settings = settings
        self._clock = clock

    async def meant(
        self,
        who: Who,
        text: str,
        *,
        number: str | None = None,
        sku: str | None = None,
        offered: Sequence[str] = (),
        spoken_of: str | None = None,
    ) -> Meant:
        """Finds the items that a customer wants to send back, or asks about.

        Those that can be sent back come before those that can't, if the words fit several.

        Args:
            text: The customer's own words.
            number: An order number found in them, as they wrote it.
            sku: An article's number, as a button names it.
            offered: Keys of items in the order in which they were last listed to the customer.
            spoken_of: The number of the order last spoken of: what "it" is from.

        Raises:
            NotFound: The number is of no order of theirs.
            NotAllowed: They aren't known, or can't be told apart.
            Unavailable: The ERP can't be asked now.
        """
        orders = await self._orders(who, number)
        named = [order for order in orders if _is_named(order, text, number)]
        items = await self._items(who, named or orders)
        if named and not items:
            return Meant(items=(), named=True, cancelled=named[0])
        fitting, by_words = self._fitting(text, items, sku, offered, all_if_none=bool(named))
        of_order = [item for item in fitting if item.order.number == spoken_of]
        if len(fitting) > 1 and not named and (_can_go_back(of_order) or (not by_words and _points(text))):
            fitting = of_order or fitting
        return Meant(items=tuple(_distinct(_likely(fitting))), named=bool(named) or by_words)

    async def item(self, who: Who, key: str, operation: Operation = Operation.RETURN_STATUS) -> Item:
        """Reads one item as it stands now.

        Args:
            key: As `Item.key` gave it.
            operation: What it is read for.

        Raises:
            NotFound, NotAllowed, Unavailable: As for `meant`.
        """
        number, _, line = key.rpartition("/")
        order = await self._erp.one(who, operation, number, lambda erp: erp.order(number))
        items = await self._items(who, [order], operation)
        found = next((item for item in items if item.line.id == line), None)
        if found is None:
            raise NotFound("the order has no such line any more", system="erp")
        return found

    async def is_choice(self, who: Who, text: str, offered: Sequence[str]) -> bool:
        """Tells whether the words name some of the customer's items, and nothing else.

        Raises:
            NotAllowed, Unavailable: As for `meant`.
        """
        if not text or len(words(text)) > LONGEST_CHOICE:
            return False
        orders = await self._orders(who)
        candidates = [_candidate(order, line, self._settings.zone) for order, line in _sold(orders)]
        choice = self._choice(text, candidates, offered)
        names = (choice.named and bool(choice.keys)) or any(_is_named(order, text, None) for order in orders)
        return names and not says_more(text, candidates, self._settings.company.locale)

    async def propose(self, who: Who, item: Item, quantity: Decimal) -> Proposed:
        """Keeps a return for the customer's yes.

        Args:
            item: One that can be sent back.

        Raises:
            NotAllowed, Unavailable: As for `meant`.
        """
        assert item.last_day and item.ends  # it can be sent back
        order = await self._erp.one(
            who, Operation.RETURN_CREATE, item.order.number, lambda erp: erp.order(item.order.number)
        )
        announcement = Announcement(
            order=order.number, line=item.line.id, quantity=quantity, return_by=item.last_day, ends=item.ends
        )
        key = await self._erp.propose(who, Operation.RETURN_CREATE, announcement, order.owner)
        return Proposed(key=key, announcement=announcement)

    async def confirm(self, who: Who, key: str, announcement: Announcement) -> Return | Item:
        """Announces a return on the customer's yes; the same yes again changes nothing more.

        Returns:
            The return; or the item as it stands now, if it can't be sent back any more or the ERP refused.

        Raises:
            NotAllowed: As for `meant`.
            Unavailable: It isn't announced; a yes may be said again.
            Unknown: It may be announced; another yes finds out.
        """
        item_key = f"{announcement.order}/{announcement.line}"
        if self._clock() >= announcement.ends:
            return await self.item(who, item_key, Operation.RETURN_CREATE)
        try:
            return await self._erp.change(who, Operation.RETURN_CREATE, key, announcement)
        except Rejected:
            return await self.item(who, item_key, Operation.RETURN_CREATE)

    async def was_begun(self, key: str) -> bool:
        """Tells whether a yes to a proposal was acted on before, whatever came of it."""
        return await self._effects.was_begun(key)

    async def label(self, who: Who, announced: Return) -> Document | None:
        """Draws the label of a return, and keeps it for the conversation.

        Returns:
            None if that fails: the return itself is true, and the label can be asked for again.
        """
        try:
            sender = await self._erp.account(who, Operation.RETURN_STATUS)
            order = await self._erp.one(
                who, Operation.RETURN_STATUS, announced.order_number, lambda erp: erp.order(announced.order_number)
            )
            content = await asyncio.to_thread(draw_label, announced, order, sender.name, self._settings)
            name = f"return-label-{announced.number}.pdf"
            return await self._documents.keep(who, "label", announced.number, name, content)
        except Exception:  # whatever it is, the customer must hear that the return was announced
            log.exception("the label of a return can't be made (turn %s)", who.correlation_id)
            return None

    async def announced(self, who: Who, text: str) -> Sequence[Return]:
        """Finds the returns that a customer asks about, newest first: the one named, or else all of them.

        Raises:
            NotAllowed, Unavailable: As for `meant`.
        """
        since = self._clock() - timedelta(days=self._settings.orders.look_back_days)
        returns = await self._erp.mine(
            who, Operation.RETURN_STATUS, lambda erp, customer: erp.returns_since(customer.number, since)
        )
        numbered = [one for one in returns if any(_names_return(token, one) for token in _tokens(text))]
        choice = self._choice(text, [_announced(one, self._settings.zone) for one in returns], ())
        return numbered or [one for one in returns if one.number in choice.keys] or returns

    def days(self, category: str) -> int | None:
        """For how many days what is of a category may be sent back; None if not at all."""
        rules = self._settings.returns
        if category in rules.final_sale:
            return None
        return rules.days_by_category.get(category, rules.days)

    def _fitting(
        self, text: str, items: Sequence[Item], sku: str | None, offered: Sequence[str], *, all_if_none: bool
    ) -> tuple[Sequence[Item], bool]:
        """The items that fit the words, and whether the words named any."""
        numbered = [item for item in items if _squeezed(item.line.sku) == _squeezed(sku or "")] if sku else []
        numbered = numbered or _with_sku_in(text, items)
        if numbered:
            return numbered, True
        candidates = [_candidate(item.order, item.line, self._settings.zone) for item in items]
        choice = self._choice(text, candidates, offered)
        fitting = [item for item in items if item.key in choice.keys]
        return (items, False) if not fitting and all_if_none else (fitting, choice.named)

    def _choice(self, text: str, candidates: Sequence[Candidate], offered: Sequence[str]) -> Choice:
        return choose(
            text,
            candidates,
            today=self._clock().astimezone(self._settings.zone).date(),
            locale=self._settings.company.locale,
            offered=offered,
        )

    async def _orders(self, who: Who, number: str | None = None) -> Sequence[Order]:
        """The orders of the look-back; with the one that was named, however old it is."""
        since = self._clock() - timedelta(days=self._settings.orders.look_back_days)
        orders = await self._erp.mine(
            who, Operation.RETURN_STATUS, lambda erp, customer: erp.orders_since(customer.number, since)
        )
        if number is None or any(same_number(order.number, number) for order in orders):
            return orders
        bare = in_digits(number).replace(" ", "").lstrip("#")
        bare = bare[3:].lstrip("-") if bare.casefold().startswith("ord") else bare
        return [*orders, await self._erp.one(who, Operation.RETURN_STATUS, bare, lambda erp: erp.order(bare))]

    async def _items(
        self, who: Who, orders: Sequence[Order], operation: Operation = Operation.RETURN_STATUS
    ) -> Sequence[Item]:
        """The items of orders, with what of them is on returns already."""
        if not orders:
            return []
        since = min(order.placed_at for order in orders)
        returns = await self._erp.mine(who, operation, lambda erp, customer: erp.returns_since(customer.number, since))
        return [self._judged(order, line, returns) for order, line in _sold(orders)]

    def _judged(self, order: Order, line: OrderLine, returns: Sequence[Return]) -> Item:
        on = tuple(
            one for one in returns if one.order_number == order.number and line.id in {each.id for each in one.lines}
        )
        arrived = arrived_units(order, line)
        left = Decimal(0) if came_back(order, line) else arrived - returned_units(on, line)
        zone = places.zone_of(order.address) or self._settings.zone
        moment = arrival(order, line)
        arrived_on = moment.astimezone(zone).date() if moment else presumed_arrival(order, line)
        days = self.days(line.category)
        last_day = arrived_on + timedelta(days=days) if arrived_on and days is not None else None
        ends = datetime.combine(last_day + timedelta(days=1), time(), zone) if last_day else None
        return Item(
            order=order,
            line=line,
            verdict=self._verdict(arrived, left, days, ends),
            arrived=arrived,
            left=left,
            arrived_on=arrived_on,
            last_day=last_day,
            ends=ends,
            returns=on,
            is_presumed=moment is None and arrived_on is not None,
        )

    def _verdict(self, arrived: Decimal, left: Decimal, days: int | None, ends: datetime | None) -> Verdict:
        if arrived > 0 >= left:
            return Verdict.USED_UP
        if days is None:
            return Verdict.FINAL_SALE
        if arrived <= 0:
            return Verdict.NOT_ARRIVED
        if ends is None:
            return Verdict.NO_DAY
        return Verdict.RETURNABLE if self._clock() < ends else Verdict.OVER


def _sold(orders: Sequence[Order]) -> list[tuple[Order, OrderLine]]:
    """The lines of orders that weren't cancelled."""
    return [
        (order, line)
        for order in orders
        if order.status is not OrderStatus.CANCELLED
        for line in order.lines
        if line.status is not OrderStatus.CANCELLED
    ]


def _candidate(order: Order, line: OrderLine, zone: ZoneInfo) -> Candidate:
    moments = (order.placed_at, *(parcel.shipped_at for parcel in order.shipments), arrival(order, line))
    sizes = {size_of(option) for option in line.options.values()} - {None}
    return Candidate(
        key=f"{order.number}/{line.id}",
        items=(frozenset(words(" ".join((line.name, line.sku, *line.options.values())))),),
        days=tuple(moment.astimezone(zone).date() for moment in moments if moment),
        worth=line.price.amount if line.price else None,
        size=sizes.pop() if len(sizes) == 1 else None,
    )


def _announced(one: Return, zone: ZoneInfo) -> Candidate:
    """A return among several that may be meant."""
    items = (frozenset(words(" ".join((line.name, line.sku, *line.options.values())))) for line in one.lines)
    days = (one.created_at.astimezone(zone).date(), one.received_on, one.refunded_on)
    return Candidate(key=one.number, items=tuple(items), days=tuple(day for day in days if day))


def _tokens(text: str) -> list[str]:
    return [token.strip(".,;:!?()'\"") for token in text.split()]


def _is_named(order: Order, text: str, number: str | None) -> bool:
    said = [*_tokens(text), *([number] if number else ())]
    return any(same_number(order.number, token) for token in said)


def _names_return(token: str, one: Return) -> bool:
    """Whether a word is a return's number, or its order's: R-2081, r2081, 2081."""
    bare = one.number.lstrip("Rr-")
    return any(same_number(token, known) for known in (one.number, bare, one.order_number) if known)


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _with_sku_in(text: str, items: Sequence[Item]) -> list[Item]:
    """The items whose SKU stands in a text, with whatever hyphens and spaces; of several, those with the longest."""
    said = _squeezed(text)
    found = [(len(sku), item) for item in items if len(sku := _squeezed(item.line.sku)) >= SHORTEST_SKU and sku in said]
    longest = max((length for length, _ in found), default=0)
    return [item for length, item in found if length == longest]


def _points(text: str) -> bool:
    """Whether words speak of something as if it were clear what: "it", or a mere yes; a press does, too."""
    said = words(text)
    return not said or said[0] in YES or not POINTING.isdisjoint(said)


def _can_go_back(items: Sequence[Item]) -> bool:
    return any(item.verdict is Verdict.RETURNABLE for item in items)


def _likely(items: Sequence[Item]) -> Sequence[Item]:
    """Of several that fit, those that can be sent back; if none can, those that have arrived."""
    for hopeless in ({*Verdict} - {Verdict.RETURNABLE}, {Verdict.NOT_ARRIVED}):
        left = [item for item in items if item.verdict not in hopeless]
        if left:
            return left
    return items


def _distinct(items: Sequence[Item]) -> Sequence[Item]:
    """Without a second line of the same article in the same order: nothing would tell the two apart."""
    seen: dict[tuple[str, str], Item] = {}
    for item in items:
        seen.setdefault((item.order.number, item.line.sku), item)
    return list(seen.values())

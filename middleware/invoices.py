"""A customer's invoices: which of them are meant, and what of them is open."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from middleware import invoice_words
from middleware.choice import Candidate, Choice, choose, same_number, says_more, words
from middleware.clock import Clock
from middleware.deadline import Deadline
from middleware.errors import NotFound
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.invoice_words import BESIDE, Asked, Mention
from middleware.orders import bare_number
from middleware.periods import EARLIEST, Period
from middleware.records import Invoice, Order
from middleware.settings import Operation, Settings

log = logging.getLogger(__name__)

MOST_SENT = 12  # papers at a time
NEWEST_LISTED = 5  # where nothing was named
LOOK_BACK = timedelta(days=730)  # for numbers and items, and where no time is named
RECENT = timedelta(days=31)
LONGEST_CHOICE = 8  # words; whoever says more doesn't just pick from a list


class Standing(str, Enum):
    """How an invoice stands; partly: something of it is paid."""

    PAID = "paid"
    SETTLED = "settled"
    DUE = "due"
    PARTLY_DUE = "partly_due"
    OVERDUE = "overdue"
    PARTLY_OVERDUE = "partly_overdue"

    @classmethod
    def of(cls, invoice: Invoice, today: date) -> Standing:
        """Judges an invoice on a day of the company's."""
        if invoice.paid_on is not None:
            return cls.PAID
        if invoice.due <= 0:
            return cls.SETTLED
        if invoice.due_on < today:
            return cls.OVERDUE if invoice.due == invoice.gross else cls.PARTLY_OVERDUE
        return cls.DUE if invoice.due == invoice.gross else cls.PARTLY_DUE

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been paid by now."""
        return self in (Standing.OVERDUE, Standing.PARTLY_OVERDUE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """The invoices that the customer's words mean.

    Attributes:
        invoices: Newest first; none if there is nothing of the kind.
        periods: The times that were looked at, as far as some were named.
        are_all_wanted: Whether several were asked for, so that there is nothing to choose.
        is_named: Whether the words named any: otherwise these are the newest.
        some_unknown: Whether there was a number besides that is of nothing of theirs.
        ever: Where there are none: the first and the newest of all their invoices, if there are any.
    """

    invoices: tuple[Invoice, ...]
    periods: tuple[Period, ...] = ()
    are_all_wanted: bool = False
    is_named: bool = True
    some_unknown: bool = False
    ever: tuple[Invoice, Invoice] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotBilled:
    """The order that was named is the customer's, and has no invoice by itself."""

    order: Order


class Invoices:
    """Finds customers' invoices."""

    def __init__(self, gateway: Gateway, settings: Settings, clock: Clock) -> None:
        self._erp = gateway.erp
        self._settings = settings
        self._clock = clock

    def asked(self, text: str, spoken: Mention | None = None, last_order: str = "") -> Asked:
        """Reads what the customer's words ask; see `invoice_words.asked`."""
        company = self._settings.company
        return invoice_words.asked(
            text,
            today=self.today,
            locale=company.locale,
            country=company.country,
            spoken=spoken,
            last_order=last_order,
        )

    @property
    def today(self) -> date:
        """The company's day."""
        return self._clock().astimezone(self._settings.zone).date()

    async def meant(self, who: Who, asked: Asked, offered: Sequence[str] = ()) -> Meant | NotBilled:
        """Finds the invoices that the words mean.

        Args:
            offered: Numbers of the invoices that the customer was just asked to choose from, in that order.

        Raises:
            NotFound: The number that was named is of no invoice and of no order of theirs.
            NotAllowed: They aren't proven enough, or can't be told apart.
            Unavailable: The ERP can't be asked now.
        """
        limit = self._erp.deadline(Operation.INVOICE)
        if asked.numbers:
            return await self._numbered(who, asked.numbers, limit)
        if asked.periods:
            return await self._of_periods(who, asked, offered, limit)
        recent = await self._between(who, self._looked_back_to, self.today, limit)
        if offered and (asked.is_all or asked.first):
            listed = _listed(recent, offered)
            return Meant(invoices=listed[: asked.first or len(listed)], are_all_wanted=True)
        if asked.newest:
            return Meant(invoices=tuple(recent[: asked.newest]), are_all_wanted=True)
        chosen = self._chosen(asked, recent, offered)
        if chosen.is_named or asked.is_all:
            return Meant(invoices=chosen.invoices, are_all_wanted=asked.is_all or chosen.are_several)
        return Meant(invoices=self._newest(recent), is_named=False)

    async def is_choice(self, who: Who, asked: Asked, text: str, offered: Sequence[str]) -> bool:
        """Tells whether the words pick some of the customer's invoices, and say nothing else.

        Raises:
            NotAllowed: As for `meant`.
            Unavailable: As for `meant`.
        """
        said = words(asked.rest)
        if len(words(text)) > LONGEST_CHOICE or asked.wants_balance:
            return False
        if not offered or all(word in BESIDE for word in said):
            return all(word in BESIDE for word in said) and (asked.is_of_something or bool(offered and asked.is_all))
        candidates = [_candidate(one) for one in await self._between(who, self._looked_back_to, self.today)]
        left = " ".join(word for word in said if word not in BESIDE)
        choice, _ = self._choice(asked.rest, candidates, offered)
        return choice.named and bool(choice.keys) and not says_more(left, candidates, self._settings.company.locale)

    async def numbered(self, who: Who, numbers: Sequence[str]) -> tuple[Invoice, ...]:
        """Reads invoices by the numbers that the customer was shown.

        Raises:
            NotFound: One of them is none of theirs.
            NotAllowed, Unavailable: As for `meant`.
        """
        limit = self._erp.deadline(Operation.INVOICE)
        return tuple(await asyncio.gather(*(self._one(who, number, limit) for number in numbers)))

    async def unpaid(self, who: Who) -> Sequence[Invoice]:
        """Lists what the customer still has to pay: what is overdue first, the oldest before the others.

        Raises:
            NotAllowed, Unavailable: As for `meant`.
        """
        found = await self._erp.mine(who, Operation.INVOICE, lambda erp, customer: erp.unpaid_invoices(customer.number))
        return sorted(found, key=lambda invoice: (invoice.due_on >= self.today, invoice.due_on))

    # Which ones

    async def _numbered(self, who: Who, mentions: Sequence[Mention], limit: Deadline) -> Meant | NotBilled:
        mine = await self._between(who, self._looked_back_to, self.today, limit)
        each = [[one for one in mine if _is_of(one, mention)] for mention in mentions]
        others = [mention for mention, found in zip(mentions, each, strict=True) if not found]
        looked_up = await asyncio.gather(*(self._looked_up(who, one, mine, limit) for one in others))
        found = {one.number: one for some in each for one in some}
        found |= {one.number: one for some in looked_up if isinstance(some, list) for one in some}
        not_billed = next((one for one in looked_up if isinstance(one, Order)), None)
        if not found and not_billed:
            return NotBilled(order=not_billed)
        if not found:
            raise NotFound("no such invoice, or not the asker's", system="erp")
        return Meant(invoices=tuple(found.values()), are_all_wanted=True, some_unknown=None in looked_up)

    async def _looked_up(
        self, who: Who, mention: Mention, mine: Sequence[Invoice], limit: Deadline
    ) -> list[Invoice] | Order | None:
        """What a number is of that no newer invoice has: an older one, or an order without any; None: of nothing."""
        if mention.of != "invoice":
            try:
                return await self._of_order(who, bare_number(mention.number), limit)
            except NotFound:
                if mention.of == "order":
                    return None
        try:
            return [await self._one(who, _as_written(mention.number, mine), limit)]
        except NotFound:
            return None

    async def _of_order(self, who: Who, number: str, limit: Deadline) -> list[Invoice] | Order:
        order = await self._erp.one(who, Operation.INVOICE, number, lambda erp: erp.order(number), limit)
        since = order.placed_at.astimezone(self._settings.zone).date()
        found = await self._between(who, since, self.today, limit) if since < self._looked_back_to else []
        return [one for one in found if one.order_number == order.number] or order

    async def _of_periods(self, who: Who, asked: Asked, offered: Sequence[str], limit: Deadline) -> Meant | NotBilled:
        periods = asked.periods
        first, last = min(one.first for one in periods), max(one.last for one in periods)
        read = await self._between(who, first, last, limit)
        found = [invoice for invoice in read if any(invoice.issued_on in period for period in periods)]
        if not found and len(periods) == 1 and periods[0].is_day:
            bought = await self._of_orders_placed(who, periods[0], limit)
            if isinstance(bought, NotBilled):
                return bought
            found = bought
        if not found:
            return Meant(invoices=(), periods=periods, ever=await self._ever(who, limit))
        listed = [one for one in found if one.number in offered]
        chosen = self._chosen(asked, listed or found, offered).invoices or tuple(listed or found)
        several = asked.is_all or asked.is_plural or len(periods) > 1 or bool(asked.newest)
        return Meant(invoices=chosen[: asked.newest or None], periods=periods, are_all_wanted=several)

    async def _of_orders_placed(self, who: Who, day: Period, limit: Deadline) -> list[Invoice] | NotBilled:
        """Invoices of what was bought on a day: they are issued when it is shipped."""
        since = datetime.combine(day.first, time(), self._settings.zone)
        orders = await self._erp.mine(
            who, Operation.ORDER_STATUS, lambda erp, customer: erp.orders_since(customer.number, since), limit
        )
        bought = [one for one in orders if one.placed_at.astimezone(self._settings.zone).date() in day]
        if not bought:
            return []
        numbers = {order.number for order in bought}
        invoices = await self._between(who, day.first, self.today, limit)
        return [one for one in invoices if one.order_number in numbers] or NotBilled(order=bought[0])

    async def _ever(self, who: Who, limit: Deadline) -> tuple[Invoice, Invoice] | None:
        every = await self._between(who, EARLIEST, self.today, limit)
        return (every[-1], every[0]) if every else None

    def _newest(self, recent: Sequence[Invoice]) -> tuple[Invoice, ...]:
        """The one that people mean who name none, where there is only one; else the newest to choose from."""
        at_hand = [one for one in recent if one.due > 0 or one.issued_on >= self.today - RECENT]
        return tuple(at_hand if len(at_hand) == 1 else recent[:NEWEST_LISTED])

    def _chosen(self, asked: Asked, invoices: Sequence[Invoice], offered: Sequence[str]) -> _Chosen:
        """The invoices that fit items, amounts and places in a list; all if none of that was named."""
        of_amount = [one for one in invoices if one.gross in asked.amounts or one.due in asked.amounts]
        candidates = [_candidate(one) for one in of_amount or invoices]
        choice, are_several = self._choice(asked.rest, candidates, offered)
        chosen = tuple(one for one in invoices if one.number in choice.keys)
        return _Chosen(chosen, choice.named or bool(of_amount), are_several)

    def _choice(self, text: str, candidates: Sequence[Candidate], offered: Sequence[str]) -> tuple[Choice, bool]:
        """What `choose` makes of it, and whether it is several choices: "the first and the third"."""
        parts = [self._choose(part, candidates, offered) for part in re.split(r"\band\b", text)] if offered else []
        if len(parts) > 1 and all(part.named and len(part.keys) == 1 for part in parts):
            return Choice(keys=tuple(key for part in parts for key in part.keys), named=True), True
        return self._choose(text, candidates, offered), False

    def _choose(self, text: str, candidates: Sequence[Candidate], offered: Sequence[str]) -> Choice:
        locale = self._settings.company.locale
        return choose(text, candidates, today=self.today, locale=locale, offered=offered)

    # Reading

    @property
    def _looked_back_to(self) -> date:
        return self.today - LOOK_BACK

    async def _between(self, who: Who, first: date, last: date, limit: Deadline | None = None) -> Sequence[Invoice]:
        return await self._erp.mine(
            who,
            Operation.INVOICE,
            lambda erp, customer: erp.invoices_between(customer.number, first, last),
            limit,
        )

    async def _one(self, who: Who, number: str, limit: Deadline) -> Invoice:
        return await self._erp.one(who, Operation.INVOICE, number, lambda erp: erp.invoice(number), limit)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Invoices, whether the words named any, and whether they named several one by one."""

    invoices: tuple[Invoice, ...]
    is_named: bool
    are_several: bool


def _candidate(invoice: Invoice) -> Candidate:
    items = (frozenset(words(f"{line.description} {line.sku or ''}")) for line in invoice.lines)
    return Candidate(key=invoice.number, items=tuple(items), days=(), worth=invoice.gross)


def _listed(invoices: Sequence[Invoice], numbers: Sequence[str]) -> tuple[Invoice, ...]:
    by_number = {one.number: one for one in invoices}
    return tuple(by_number[number] for number in numbers if number in by_number)


def _is_of(invoice: Invoice, mention: Mention) -> bool:
    """Whether a number is an invoice's, or its order's, in any spelling."""
    is_its_own = mention.of != "order" and _bare(invoice.number) in _bare_forms(mention.number, invoice)
    of_its_order = mention.of != "invoice" and invoice.order_number is not None
    return is_its_own or bool(of_its_order and same_number(invoice.order_number or "", mention.number))


def _bare_forms(number: str, invoice: Invoice) -> Collection[str]:
    """A number as it was typed; if that is figures alone, also with what stands before the invoice's own."""
    bare = _bare(number)
    letters = re.match(r"\D*", _bare(invoice.number))
    return (bare, letters[0] + bare) if bare.isdecimal() and letters else (bare,)


def _bare(number: str) -> str:
    letters = "".join(filter(str.isalnum, number.casefold()))
    return letters.removeprefix("invoice").removeprefix("inv").lstrip("0")


def _as_written(number: str, mine: Sequence[Invoice]) -> str:
    """A number in the form of the customer's other invoices: "88213" and "inv 88213" as INV-88213."""
    form = re.match(r"\D*", mine[0].number) if mine else None
    return form[0] + re.sub(r"\D", "", number) if form and _bare(number).isdecimal() else number.upper()

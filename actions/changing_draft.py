"""What is known of a change to an order while it is talked about, and what a message adds to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import msgspec

from actions.base import CONFIRM
from actions.turn import Turn
from middleware import addresses, options, wishes
from middleware.addresses import Reading
from middleware.changing import Item, Product, Search
from middleware.choice import Candidate, choose, words
from middleware.decoding import converted
from middleware.options import Wanted
from middleware.quantities import Stated
from middleware.records import Address
from middleware.wishes import Part

LINE, WHAT, VARIANT, QUANTITY, ADDRESS = "line", "what", "variant", "quantity", "address"  # what can be asked for
ANSWERS_WHAT = frozenset({"address", "delivery", "shipping", "take", "something", "off", "remove", "item", "line"})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is known of a change so far.

    Attributes:
        asks: What was asked for last.
        order: The order's number.
        line: The line's id.
        parts: What of it is to be different.
        about: The option that was last spoken of.
        options: What the line is to have.
        quantity: How many it is to be.
        address: Where the order is to go, as far as that was said.
        offered: What was last listed: lines, orders, or articles.
        said: The words that said what is wanted, before it was clear of which line.
        choices: The values that there are of each option of the line's product.
        current: The options that the line has.
        name: What the line is called.
    """

    asks: str = ""
    order: str | None = None
    line: str | None = None
    parts: tuple[Part, ...] = ()
    about: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    quantity: Decimal | None = None
    address: Address = addresses.UNKNOWN
    offered: tuple[str, ...] = ()
    said: str = ""
    choices: dict[str, list[str]] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    name: str = ""

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Draft:
        """What a task's frame holds."""
        return converted(dict(frame), cls)

    @property
    def frame(self) -> dict[str, Any]:
        """As a task's frame keeps it."""
        kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(replace(self, asks="")))
        return kept

    def wanting(self, parts: frozenset[Part]) -> Draft:
        """With other parts that are to be different; what is taken off isn't changed as well."""
        if not parts:
            return self
        if Part.REMOVAL in parts:
            return replace(self, parts=(Part.REMOVAL,), options={}, quantity=None, address=addresses.UNKNOWN)
        kept = {part for part in self.parts if part is not Part.REMOVAL}
        return replace(self, parts=tuple(sorted(kept | parts)))

    def at(self, item: Item, product: Product) -> Draft:
        """At a line: what was said of another one doesn't hold for it."""
        held = self if (self.order, self.line) == (item.order.number, item.line.id) else replace(self, line=None)
        if held.line is None and self.line is not None:
            held = replace(held, options={}, quantity=None, about=None)
        return replace(
            held,
            order=item.order.number,
            line=item.line.id,
            offered=(),
            said="",
            choices=product.choices,
            current=dict(item.line.options),
            name=item.line.name or item.line.sku,
        )


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a message says of a line.

    Attributes:
        draft: What is known now.
        lacking: An option of which something is wanted that there isn't.
        same: Whether it is wanted to be what it is.
        asks_what_there_is: The option whose values the customer asks for; empty for any.
        stated: How many are wanted, as it was said.
        reading: The address, as far as it is known now.
    """

    draft: Draft
    lacking: str | None = None
    same: bool = False
    asks_what_there_is: str | None = None
    stated: Stated | None = None
    reading: Reading | None = None


def search(draft: Draft, turn: Turn) -> Search:
    """How the line is looked for that a message means."""
    button = turn.entity("sku") if not turn.text else None
    is_line_button = bool(button) and turn.entity("order_number") is not None
    text = addresses.before(turn.text) if draft.asks != ADDRESS else ""
    if draft.asks != LINE and Part.REMOVAL not in draft.parts:
        # What it shall become describes no line; and once there is one, no size or colour describes another.
        found = options.mentions(text, draft.choices)
        text = options.without(text, [one for one in found if one.is_new or draft.line])
    return Search(
        text=(button or "") if is_line_button else text,
        number=_order_number(draft, turn),
        offered=draft.offered if draft.asks in (LINE, WHAT) else (),
        order=draft.order,
        line=draft.line,
        last_told=turn.slot("order_number"),
        option=draft.about,
    )


def said_of_it(draft: Draft, turn: Turn) -> str:
    """What was said of the line that is meant: in this message, or before it was asked which line that is."""
    if draft.asks != LINE:
        return draft.said or turn.text
    adds = any(one.is_new for one in options.mentions(turn.text, draft.choices))  # "the jacket, in M"
    return f"{draft.said}. {turn.text}" if adds else draft.said


def _order_number(draft: Draft, turn: Turn) -> str | None:
    """The order's number in a message; digits of an address or of a quantity are none."""
    given = turn.entity("order_number")
    if given is None or not turn.text:
        return given
    asked_for_digits = draft.asks in (ADDRESS, QUANTITY) and not any(
        mark in turn.text.casefold() for mark in ("order", "#")
    )
    return None if asked_for_digits or given not in addresses.before(turn.text) else given


def heard(draft: Draft, turn: Turn, item: Item, product: Product) -> Heard:
    """Takes what a message says of a line into what is known."""
    asks = draft.asks
    offered = draft.offered if asks == VARIANT else ()
    text = said_of_it(draft, turn)
    draft = draft.at(item, product)
    if not text:
        return Heard(draft=_pressed(draft, turn, product))
    reading = _address(draft, text, item)
    own = addresses.before(text).replace(item.order.number, " ")
    if asks == ADDRESS and reading is not None:
        return Heard(draft=replace(draft, address=reading.address), reading=reading)
    wanted = Wanted(options={}) if asks == QUANTITY else _wanted(own, draft, offered, product, turn)
    rest = own if asks == QUANTITY else options.without(own, options.mentions(own, draft.choices))
    stated = _stated(rest, draft, asks, item, turn, wanted)
    parts = {Part.VARIANT} if wanted.options or wanted.lacking or wanted.same else set()
    parts |= {Part.QUANTITY} if stated is not None else set()
    kept = {name: value for name, value in draft.options.items() if name not in wanted.lacking | wanted.same}
    lacking = next(iter(sorted(wanted.lacking)), None)
    about = lacking or next(iter(sorted(wanted.options)), None) or next(iter(sorted(wanted.about)), draft.about)
    # Of what is to come off, a size or colour that it has tells which one it is.
    is_described = Part.REMOVAL in draft.parts and not wanted.options and stated is None
    draft = draft if is_described else draft.wanting(frozenset(parts))
    draft = replace(
        draft,
        options={**kept, **wanted.options},
        about=about,
        quantity=stated.amount if stated and not stated.trouble else draft.quantity,
        address=reading.address if reading else draft.address,
    )
    return Heard(
        draft=draft,
        lacking=lacking,
        same=bool(wanted.same) and not wanted.options,
        asks_what_there_is=options.asks_what_there_is(own),
        stated=stated,
        reading=reading,
    )


def _pressed(draft: Draft, turn: Turn, product: Product) -> Draft:
    """What a button brings: an article, or what is to be different."""
    article = next((one for one in product.variants if one.sku == turn.entity("sku")), None)
    if article is None or turn.entity("order_number") is not None:
        return draft
    becoming = {name: value for name, value in article.options.items() if value != draft.current.get(name)}
    return replace(draft, options=becoming).wanting(frozenset({Part.VARIANT}))


def _wanted(own: str, draft: Draft, offered: Sequence[str], product: Product, turn: Turn) -> Wanted:
    """The options that a message names, or picks from the list."""
    sku = turn.entity("sku")
    by_sku = [one for one in product.variants if sku and words(one.sku) == words(sku)]
    said = options.wanted(own, draft.choices, draft.current)
    if said.options or said.lacking or said.same:
        return said
    picked = by_sku or [one for one in product.variants if one.sku in _picked(own, offered)]
    if not picked:
        return said
    becoming = {name: value for name, value in picked[0].options.items() if value != draft.current.get(name)}
    return replace(said, options=becoming)


def _picked(text: str, offered: Sequence[str]) -> Sequence[str]:
    """The articles that an ordinal picks from the list."""
    listed = [Candidate(key=sku, items=(), days=()) for sku in offered]
    choice = choose(text, listed, today=None, locale="en", offered=offered) if listed else None
    return choice.keys if choice and choice.named else ()


def _stated(rest: str, draft: Draft, asks: str, item: Item, turn: Turn, wanted: Wanted) -> Stated | None:
    """How many are wanted, where the words are about that and no other number."""
    ignoring = (item.line.name, item.line.sku)
    told = (
        Part.QUANTITY in wishes.parts_of(rest)
        or wishes.adds(rest)
        or asks == QUANTITY
        or turn.entity("quantity") is not None
    )
    corrects = turn.task.get("question") == CONFIRM and not wishes.says_more(rest, words(draft.name))
    if not (told or corrects) or (asks == VARIANT and wanted.options):
        return None
    return wishes.quantity(rest, draft.quantity or item.line.quantity, ignoring)


def _address(draft: Draft, text: str, item: Item) -> Reading | None:
    if Part.ADDRESS not in draft.parts:
        return None
    return addresses.read(text, draft.address, item.order.address, ignoring=[item.order.number])


def corrects(draft: Draft, turn: Turn) -> bool:
    """Whether a message names or corrects a detail of what is known, and wants nothing else."""
    found = [] if draft.asks == QUANTITY else options.mentions(turn.text, draft.choices)
    rest = options.without(turn.text, found)
    known = {*words(draft.name), *(ANSWERS_WHAT if draft.asks == WHAT else ())}
    if wishes.says_more(rest, known):
        return False
    if draft.asks == WHAT and (wishes.parts_of(turn.text) or found):
        return True
    if draft.asks == VARIANT and _picked(turn.text, draft.offered):
        return True
    if draft.choices and options.asks_what_there_is(turn.text) is not None:
        return True
    said = options.wanted(turn.text, draft.choices, draft.current)
    stated = wishes.quantity(rest, draft.quantity or Decimal(1), (draft.name,))
    if turn.intent == "Affirm":
        is_news = not said.options.items() <= draft.options.items() or bool(said.lacking)
        return is_news or bool(stated and stated.amount not in (None, draft.quantity))
    if turn.intent == "Deny":
        return bool(said.options or said.lacking or stated)
    return bool(said.options or said.lacking or said.same or stated)

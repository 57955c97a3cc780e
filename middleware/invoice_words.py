"""What a customer's words ask of invoices: which ones, or what is owed; by themselves, before any system is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import phonenumbers

from middleware.choice import AROUND, name_of, words
from middleware.periods import COUNTED, Period, named
from middleware.read_out import in_digits

MOST_NUMBERS = 12  # in one message; whoever lists more is asked to narrow it down
SHORTEST_NUMBER = 4  # digits of a number that doesn't say what it is of
SHORT = 5  # words, as somebody answers with who was asked which one

NUMBER = re.compile(
    r"(?<![\w$€£.,/+-])(?P<mark>\#\s?)?"
    r"(?P<number>(?:(?:inv|ord)[\s.\#-]{0,3}\d|[a-z]{1,6}-?\d{3}|\d{3})[\w-]*)"
    r"(?![\w%/@-]|[.,]\d|\s*(?:days?|weeks?|months?|units?|pcs|pieces|dollars?|usd|euros?|eur|bucks)\b)",
    re.IGNORECASE,
)
OF_AN_ORDER = re.compile(r"\b(?:orders?|ord)\W{0,3}(?:\b(?:number|num|no|nr|id)\b\W{0,3})?$", re.IGNORECASE)
OF_AN_INVOICE = re.compile(
    r"\b(?:invoices?|inv|bills?|receipts?)\W{0,3}(?P<counted>\b(?:number|num|no|nr|id)\b\W{0,3})?$", re.IGNORECASE
)
JOINT = re.compile(r"\s*(?:,|&|\+|\band\b|,\s*and\b)\s*$", re.IGNORECASE)
YEARS = re.compile(r"(?:19|20)\d\d(?:-(?:(?:19|20)\d\d|\d{1,2}(?:-\d{1,2})?))?")
AMOUNT = re.compile(r"[$€£]\s?(\d[\d,]*(?:\.\d{1,2})?)|\b(\d[\d,]*\.\d\d)\b(?!\.)")
THAT_ORDER = re.compile(r"\b(?:that|this|the same) (?:order|one|purchase)\b|\bfor (?:it|that|this)\W*$", re.IGNORECASE)

ALL = re.compile(
    r"(?<!\bat )(?<!\babove )(?<!first of )(?<!that's )(?<!thats )(?<!is )"
    r"\b(?:all|every|everything|each|both|whatever)\b(?!,? (?:right|good|set|done|(?:i|we) (?:need|want)|day))",
    re.IGNORECASE,
)
# Where no time is named and more is said: "the box had everything in it but the bill" asks for one.
ALL_INVOICES = re.compile(
    r"\b(?:all|every|each|both)(?: of)?(?: (?:my|our|the|your|these|those|past|old|open|single|other))*"
    r" (?:invoices?|bills?|receipts?|statements?|copies|ones|them|those|these)\b",
    re.IGNORECASE,
)
SINGULAR = re.compile(r"\b(?:invoice|bill|receipt|one)\b", re.IGNORECASE)
LATEST = re.compile(r"\b(?:last|latest|newest|recent|previous) (?:invoice|bill|receipt)\b", re.IGNORECASE)
PLURAL = re.compile(r"\b(?:invoices|bills|receipts|reciepts|statements|copies|documents|papers)\b", re.IGNORECASE)
COUNT = "|".join([*(word for word in COUNTED if word not in ("zero", "a", "an")), r"a couple of", r"\d{1,3}"])
NEWEST = re.compile(
    rf"\b(?:last|latest|newest|(?:most )?recent|past|previous) (?P<after>{COUNT})\b"
    rf"|\b(?P<before>{COUNT}) (?:last|latest|newest|most recent)\b",
    re.IGNORECASE,
)
FIRST = re.compile(rf"\bfirst (?P<count>{COUNT})\b(?! (?:quarter|half))", re.IGNORECASE)

PAID = r"(?:pa(?:id|yed)|settled|cleared|pay)"
BALANCE = re.compile(
    r"\b(?:owe|owes|owing|owed|balance|outstanding|unpaid|overdue|past due|arrears|debts?|amount due|total due|due date"
    r"|paid up|payed up|to pay|have to wire|still open|left open|falls? due|statement of account|open items?)\b"
    r"|\b(?:what|what's|whats|anything|something|much|sum|total|amount)\b[^.?!]{0,20}\bopen\b"
    r"|\bopen (?:invoices?|bills?|amounts?|sums?)\b|\bon (?:our|my|the) tab\b"
    r"|\bwhen\b[^.?!]{0,40}\b(?:due|pay|paid)\b"
    r"|\b(?:is|are|was) (?:it|that|this|the|my|our|\S*\d\S*)\b[^.?!]{0,40}\bdue\b"
    rf"|\b(?:is|are|was|were|has|have|did|do|does|am|had)\b[^.?!]{{0,40}}\b{PAID}\b"
    r"|\b(?:get|getting) from (?:me|us)\b|^\W*due\b",
    re.IGNORECASE,
)
STATEMENT = re.compile(r"\baccount (?:statement|summary)\b", re.IGNORECASE)  # a balance if no time is named
# "It was paid: I need the receipt" asks for a copy, whatever it says of paying.
PAID_ALREADY = re.compile(
    r"\b(?:says?|shows?|proof|proves?|what) (?:\w+ )?(?:(?:that|what|it's) )?(?:i|we|she|he) paid\b", re.I
)

# What may stand around the words that pick something from a list of invoices, without a wish of its own.
BESIDE = AROUND | frozenset(
    words(
        """all both each every everything whole lot them those these two three four five invoice invoices inv bill bills
        receipt receipts send give me us need want would like i'd i'll do be take was dated over about what too also and
        then only rather actually instead sorry oh wait"""
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """A number that was named.

    Attributes:
        number: As it was typed.
        of: `invoice`, `order`, or empty where the words don't say.
    """

    number: str
    of: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the words ask.

    Attributes:
        wants_balance: They ask what is owed, paid or due, rather than for a copy.
        numbers: In the order in which they were named.
        amounts: What the invoice is over.
        is_all: "All", "every", "both".
        is_plural: More than one is spoken of.
        newest: How many of the newest are meant; 0 if that wasn't said.
        first: How many from the beginning of a list are meant.
        names_one: A single invoice is spoken of: "the October invoice", "my last bill".
        rest: The words beside numbers and times: items, places in a list.
    """

    wants_balance: bool = False
    numbers: tuple[Mention, ...] = ()
    periods: tuple[Period, ...] = ()
    amounts: tuple[Decimal, ...] = ()
    is_all: bool = False
    is_plural: bool = False
    newest: int = 0
    first: int = 0
    names_one: bool = False
    rest: str = ""

    @property
    def is_of_something(self) -> bool:
        """Whether a number, a time, or a count is named, whatever else is said."""
        return bool(self.numbers or self.periods or self.newest or self.first)


def asked(
    text: str, *, today: date, locale: str, country: str, spoken: Mention | None = None, last_order: str = ""
) -> Asked:
    """Reads what the words ask.

    Args:
        today: In the company's zone.
        locale: Babel locale for the names of days and months.
        country: Of telephone numbers without a country's code: they are no invoices'.
        spoken: A number that was found in the words, as it may have been read out ("one oh oh two three").
        last_order: The order last spoken of, for "that order".
    """
    plain = _without_contacts(text, country)
    numbers, beside = _numbers(plain)
    if spoken and not numbers and (read_out := in_digits(spoken.number)) != spoken.number:
        numbers = [Mention(number=read_out, of=spoken.of)]
    if last_order and not numbers and THAT_ORDER.search(plain):
        numbers = [Mention(number=last_order, of="order")]
    amounts = [Decimal((one or other).replace(",", "")) for one, other in AMOUNT.findall(beside)]
    times = named(AMOUNT.sub(" ", beside), today=today, locale=locale)
    newest, first = NEWEST.search(times.rest), FIRST.search(times.rest)
    is_short = len(words(text)) <= SHORT
    left = FIRST.sub(" ", NEWEST.sub(" ", times.rest))
    return Asked(
        wants_balance=_is_of_balance(plain, bool(times.periods)),
        numbers=tuple(numbers[:MOST_NUMBERS]),
        periods=times.periods,
        amounts=tuple(amounts),
        is_all=(ALL if times.periods or is_short else ALL_INVOICES).search(times.rest) is not None,
        is_plural=PLURAL.search(text) is not None,
        newest=_count(newest["after"] or newest["before"]) if newest else 0,
        first=_count(first["count"]) if first else 0,
        names_one=SINGULAR.search(plain) is not None and bool(times.periods or LATEST.search(plain)),
        rest=" ".join(word for word in words(left) if not _names_time(word, locale)),
    )


def _is_of_balance(text: str, names_time: bool) -> bool:
    if PAID_ALREADY.search(text):
        return False
    return BALANCE.search(text) is not None or (not names_time and STATEMENT.search(text) is not None)


def _without_contacts(text: str, country: str) -> str:
    """A text without the telephone numbers in it; a bare row of digits may be an invoice's."""
    for match in phonenumbers.PhoneNumberMatcher(text, country):
        if not match.raw_string.isdecimal():
            text = text.replace(match.raw_string, " " * len(match.raw_string))
    return text


def _numbers(text: str) -> tuple[list[Mention], str]:
    """The numbers in a text, and what stands beside them."""
    found: list[Mention] = []
    beside, copied = "", 0
    for match in NUMBER.finditer(text):
        before = text[copied : match.start()]
        of = _kind(match, before, found[-1].of if found and JOINT.fullmatch(before) else "")
        if of is None:
            continue
        found.append(Mention(number=match["number"], of=of))
        beside += before + " "
        copied = match.end()
    return found, beside + text[copied:]


def _kind(match: re.Match[str], before: str, of_the_one_before: str) -> str | None:
    """What a number is of; None if it is no number of anything: a year, or too short."""
    number = match["number"].casefold()
    if number.startswith("inv"):
        return "invoice"
    if number.startswith("ord") or OF_AN_ORDER.search(before):
        return "order"
    of_an_invoice = OF_AN_INVOICE.search(before)
    is_counted = bool(match["mark"] or (of_an_invoice and of_an_invoice["counted"]))
    if YEARS.fullmatch(number) and not is_counted:
        return None
    if of_an_invoice:
        return "invoice"
    digits = sum(map(str.isdecimal, number))
    return of_the_one_before if digits >= SHORTEST_NUMBER or of_the_one_before else None


def _count(said: str) -> int:
    plain = said.casefold().removeprefix("a ").removesuffix(" of")
    return int(plain) if plain.isdecimal() else COUNTED[plain]


def _names_time(word: str, locale: str) -> bool:
    """Whether a word that is no part of a time could be taken for one."""
    return any(name_of(word, locale, kind) is not None for kind in ("days", "months"))

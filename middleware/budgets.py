"""What somebody means to spend, as they write it: "20k euros", "$1.5m", "between 10 and 20 thousand dollars"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import lru_cache

from babel.numbers import get_currency_name, get_territory_currencies

from middleware.ranges import Range, ranges
from middleware.records import Budget

MOST = Decimal(10**10)  # in any currency; what is more is a slip or a joke

CODES: tuple[str, ...] = (
    "USD",
    "EUR",
    "GBP",
    "CAD",
    "AUD",
    "NZD",
    "CHF",
    "JPY",
    "CNY",
    "INR",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
)
CODES += ("MXN", "BRL", "ZAR", "SGD", "HKD", "KRW", "TRY", "ILS", "AED", "HUF", "THB")
SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "us$": "USD", "c$": "CAD", "ca$": "CAD", "a$": "AUD"}
SIGNS |= {"nz$": "NZD", "hk$": "HKD", "s$": "SGD", "mx$": "MXN", "r$": "BRL"}
SLANG = {"quid": "GBP", "pound": "GBP", "pounds": "GBP", "sterling": "GBP", "franc": "CHF", "francs": "CHF"}
SLANG |= {"yen": "JPY", "yuan": "CNY", "rmb": "CNY", "rupee": "INR", "rupees": "INR", "euro": "EUR", "euros": "EUR"}
DOLLARS = frozenset({"$", "dollar", "dollars", "buck", "bucks"})
DOLLAR_CURRENCIES = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"})

SPENDING = re.compile(
    r"\b(?:budget\w*|spend(?:ing)?|invest(?:ing|ment)?|set aside|to play with|put aside|earmarked)\b", re.IGNORECASE
)
EACH = re.compile(
    r"\s*[^\W\d_]{0,9}[$€£]?\s*(?:each\b|apiece\b|(?:per|a|an|for each|for every) "
    r"(?:head|person|piece|unit|employee|item|capita|pop)\b|/ ?(?:head|person|piece|unit)\b|pp\b)",
    re.IGNORECASE,
)
NEAR = 40  # characters between a word for spending and the number that goes with it


class BudgetTrouble(str, Enum):
    """Why a budget can't be meant as it was said."""

    ZERO = "zero"
    NEGATIVE = "negative"
    ABSURD = "absurd"
    EACH = "each"


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetRead:
    """What was named to be spent; either `budget` or `trouble` is there.

    Attributes:
        start, end: Where that stands in the text.
    """

    budget: Budget | None = None
    trouble: BudgetTrouble | None = None
    start: int
    end: int


def budget_in(text: str, country: str, *, asked: bool, marked: bool = False) -> BudgetRead | None:
    """Finds what somebody means to spend; the last amount counts, for people correct themselves.

    Args:
        country: ISO 3166-1 alpha-2 of the company, whose currency is meant where none is named.
        asked: Whether that is what was asked, so that a number alone says it.
        marked: Whether an amount with its currency says it as well, though something else was asked.
    """
    found = ranges(text)
    spoken_of = [match.span() for match in SPENDING.finditer(text)]
    beside = [near for near in (_beside(found, *where) for where in spoken_of) if near]
    meant = beside or (found if asked or marked else [])
    if not meant:
        return None
    with_currency = [one for one in meant if _currency(text, one, country)]
    if with_currency or beside:
        return _judged(text, (with_currency or beside)[-1], country)
    if not asked:
        return None
    return _judged(text, max(meant, key=lambda one: one.most), country)


def currency_of(country: str) -> str:
    """The currency of a country (ISO 4217)."""
    currencies = get_territory_currencies(country)
    return currencies[0] if currencies else "USD"


def _beside(found: Sequence[Range], start: int, end: int) -> Range | None:
    """The number that goes with a word for spending: the next one, or else the last one before it."""
    after = [one for one in found if 0 <= one.start - end <= NEAR]
    before = [one for one in found if 0 <= start - one.end <= NEAR]
    return after[0] if after else before[-1] if before else None


def _judged(text: str, found: Range, country: str) -> BudgetRead:
    currency, end = _currency(text, found, country) or (currency_of(country), found.end)
    trouble = _trouble(text, found)
    if trouble:
        return BudgetRead(trouble=trouble, start=found.start, end=end)
    budget = Budget(low=found.low or Decimal(0), high=found.high, currency=currency)
    return BudgetRead(budget=budget, start=found.start, end=end)


def _trouble(text: str, found: Range) -> BudgetTrouble | None:
    if found.least < 0:
        return BudgetTrouble.NEGATIVE
    if found.most == 0:
        return BudgetTrouble.ZERO
    if found.most > MOST:
        return BudgetTrouble.ABSURD
    return BudgetTrouble.EACH if EACH.match(text, found.end) else None


def _currency(text: str, found: Range, country: str) -> tuple[str, int] | None:
    """The currency named beside or within an amount, and where that ends; None if none is."""
    within = re.search(r"(?:[A-Za-z]{1,2})?[$€£¥₹]", text[found.start : found.end])
    if within:
        return _code(within[0].casefold(), country) or currency_of(country), found.end
    after = re.match(r" ?(?:or so |of )?((?:[^\W\d_]+ )?[^\W\d_]+|[$€£¥₹])", text[found.end :])
    for words in (after[1], after[1].split()[0], after[1].split()[-1]) if after else ():
        code = _code(words.casefold(), country)
        if code:
            place = text.index(words, found.end)
            return code, place + len(words)
    before = re.search(r"([A-Za-z]{3}|[$€£¥₹]) ?$", text[: found.start])
    code = _code(before[1].casefold(), country) if before else None
    return (code, found.end) if code else None


def _code(words: str, country: str) -> str | None:
    """The currency that a sign, a code or a name stands for."""
    if words in DOLLARS or (words.endswith("$") and words not in SIGNS):
        at_home = currency_of(country)
        return at_home if at_home in DOLLAR_CURRENCIES else "USD"
    return SIGNS.get(words) or SLANG.get(words) or _names().get(words)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Currencies by their codes and English names, lower case."""
    names = {code.casefold(): code for code in CODES}
    for code in CODES:
        for count in (1, 2):
            name = get_currency_name(code, count=count, locale="en").casefold()
            names[name] = names[name.replace("us ", "american ")] = code
    return names

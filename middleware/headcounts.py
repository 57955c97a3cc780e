"""How many people a company has, as somebody writes it: "250", "50-100", "about a dozen", "just me", "over 500"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from middleware.ranges import Range, ranges
from middleware.records import Headcount

MOST_PEOPLE = 5_000_000  # no company has more

ALONE = re.compile(
    r"\b(?:(?:just|only) (?:me|myself|one)|me alone|(?:it'?s|there'?s) (?:just |only )?me\b|one[- ](?:man|woman|person)"
    r"|sole (?:trader|proprietor)|solo|self[- ]?employed|freelancer?|by myself|on my own|myself)\b",
    re.IGNORECASE,
)
PEOPLE = re.compile(
    r"\s*(?:or (?:so|more|less|fewer) |(?:\+ ?)|(?:full[- ]time|part[- ]time|permanent|active|total) )?"
    r"(?:people|persons?|employees?|staff(?:ers)?|heads|workers|colleagues|folks|team members|members of staff|fte?s?"
    r"|of us|guys|souls|pax|hands|office workers)\b",
    re.IGNORECASE,
)
WORKERS = re.compile(
    r"\s*(?:full[- ]time |part[- ]time |permanent |office )?(?:employees?|staff(?:ers)?|workers|team members|ftes?)\b",
    re.IGNORECASE,
)
_NEARLY = (
    r"(?:(?:about|around|roughly|some|approximately|a|the|total|of|over|under|nearly|almost|more than|fewer than"
    r"|less than|up to|at least|between|just|only|now|actually|maybe|like)\s+)*"
)
OUR = re.compile(
    r"\b(?:we(?:'?re|'?ve| are| have| employ| got)(?: got)?|there(?:'?s| are)|i (?:have|employ)|team of|company of"
    r"|firm of|business of|staff of|headcount(?: is|:| of)?|employs?|company size(?: is|:| of)?|size(?: is|:| of)"
    rf"|number of (?:people|employees)(?: is|:)?|with)\s+{_NEARLY}$",
    re.IGNORECASE,
)
# What stands for itself, between commas, speaks of who writes; "a tent for 4 people" speaks of a tent.
BY_ITSELF = re.compile(rf"(?:^|[,.;:(\n])\s*{_NEARLY}$", re.IGNORECASE)


class SizeTrouble(str, Enum):
    """Why a company can't have so many people."""

    ZERO = "zero"
    NEGATIVE = "negative"
    FRACTION = "fraction"
    ABSURD = "absurd"


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeRead:
    """How many people were named; either `size` or `trouble` is there.

    Attributes:
        start, end: Where that stands in the text.
    """

    size: Headcount | None = None
    trouble: SizeTrouble | None = None
    start: int
    end: int


def size_in(text: str, *, asked: bool, opening: bool = False) -> SizeRead | None:
    """Finds how many people a company has; the last number counts, for people correct themselves.

    Args:
        asked: Whether that is what was asked, so that a number alone says it.
        opening: Whether nothing was asked yet, so that "a tent for 4 people" speaks of no company.
    """
    found = ranges(text)
    with_unit = [one for one in found if PEOPLE.match(text, one.end)]
    ours = [one for one in with_unit if OUR.search(text[: one.start])]
    named = [one for one in found if re.search(r"(?:headcount|size)\W+(?:\w+\W+){0,3}$", text[: one.start], re.I)]
    workers = [one for one in with_unit if WORKERS.match(text, one.end)]
    by_itself = [one for one in with_unit if BY_ITSELF.search(text[: one.start])]
    meant = ours or named or workers or (by_itself if opening else with_unit) or (found if asked else [])
    if meant:
        return _judged(text, meant[-1])
    alone = ALONE.search(text) if asked else None
    return SizeRead(size=Headcount(low=1, high=1), start=alone.start(), end=alone.end()) if alone else None


def size_of(text: str) -> Headcount | None:
    """The size that words name which are known to name one: "250 employees"."""
    read = size_in(text, asked=True)
    return read.size if read else None


def _judged(text: str, found: Range) -> SizeRead:
    unit = PEOPLE.match(text, found.end)
    end = unit.end() if unit else found.end
    trouble = _trouble(found)
    if trouble:
        return SizeRead(trouble=trouble, start=found.start, end=end)
    low = 1 if found.low is None else int(found.low)
    size = Headcount(low=max(low, 1), high=None if found.high is None else int(found.high))
    return SizeRead(size=size, start=found.start, end=end)


def _trouble(found: Range) -> SizeTrouble | None:
    if found.least < 0:
        return SizeTrouble.NEGATIVE
    if found.most == 0:
        return SizeTrouble.ZERO
    if found.most > MOST_PEOPLE:
        return SizeTrouble.ABSURD
    if any(one is not None and one != one.to_integral_value() for one in (found.low, found.high)):
        return SizeTrouble.FRACTION
    return None


def described(size: Headcount) -> tuple[Decimal | None, Decimal | None]:
    """From how many to how many people, as one tells it: without the end that was left open."""
    low = None if size.low <= 1 and size.high not in (None, 1) else Decimal(size.low)
    return low, None if size.high is None else Decimal(size.high)

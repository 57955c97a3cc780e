"""Numbers as people write how large something is: "1,2k", "50-100", "over 500", "a couple hundred", "20 thousand"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from price_parser.parser import parse_number

from middleware.quantities import IN_WORDS, in_words

SCALES = {"k": 10**3, "thousand": 10**3, "grand": 10**3, "hundred": 10**2, "dozen": 12}
SCALES |= {"m": 10**6, "mn": 10**6, "mm": 10**6, "mio": 10**6, "mil": 10**6, "million": 10**6}
SCALES |= {"bn": 10**9, "billion": 10**9}
# What is named loosely, and what it may be.
LOOSE = {"few": (2, 10), "several": (3, 10), "handful": (3, 10), "dozens": (24, 100), "hundreds": (200, 1000)}
LOOSE |= {"thousands": (2000, 10_000)}

_SCALE = rf"(?:{'|'.join(sorted(SCALES, key=len, reverse=True))})s?(?!\w)"
_DIGITS = r"\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_COUPLE = r"(?:a )?(?:couple|pair)(?: of)?(?: (?:hundred|thousand|dozen|million)s?)?"
_LOOSE = rf"(?:(?:an? )?(?:few|several|handful)(?: of)?(?: {_SCALE})?|(?:dozens|hundreds|thousands))"
NUMBER = re.compile(
    rf"(?P<sign>(?<![\w)])[-\u2212\u2013] ?|\bminus )?(?P<mark>(?<![A-Za-z])(?-i:[A-Z]{{0,3}}) ?[$€£¥₹] ?)?"
    rf"(?:(?<![\w.,])(?<![A-Za-z]-)(?P<digits>{_DIGITS})(?: ?(?P<scale>{_SCALE}))?(?![\w%]|[.,]\d| ?%)"
    rf"|\b(?P<couple>{_COUPLE})\b|\b(?P<loose>{_LOOSE})\b"
    rf"|\b(?P<words>{IN_WORDS})(?: (?P<more>{_SCALE}))?(?!\w))",
    re.IGNORECASE,
)
_MARKS = r"(?:[^\W\d_]{2,8} ?)?[$€£¥₹]?"
TO = re.compile(
    rf"\s*(?:[-\u2010-\u2015\u2212~/]|to|till|until|up to|or|and)\s*|\s*{_MARKS}\s*(?:[-\u2010-\u2015]|to|and)\s*", re.I
)
_NEARLY = r"(?:(?:about|around|roughly|approximately|maybe|perhaps|say|a|the|us)\s+)*"
AT_MOST = re.compile(
    rf"\b(?:under|fewer than|(?<!no )(?<!not )less than|below|up to|at (?:the )?most|no more than|not more than"
    rf"|not over|not above|max(?:imum)?\.?(?: of)?|within|not exceed|capped at|can'?t go over|<=?)\s*{_NEARLY}$"
    r"|<=?\s*$",
    re.IGNORECASE,
)
AT_LEAST = re.compile(
    rf"\b(?:over|more than|above|at (?:the )?least|upwards? of|north of|min(?:imum)?\.?(?: of)?|no less than"
    rf"|not less than|starting (?:at|from)|from|beyond|exceeding)\s*{_NEARLY}$|>=?\s*$",
    re.IGNORECASE,
)
_THING = r"(?:\s*[^\W\d_]{1,12})?"
OR_MORE = re.compile(rf"{_THING}\s*(?:\+|(?:or|and) (?:more|up|above|over)\b|plus\b|upwards\b)", re.IGNORECASE)
OR_LESS = re.compile(rf"{_THING}\s*(?:or (?:less|fewer|under|below)\b|max(?:imum)?\b|at most\b|tops\b)", re.IGNORECASE)
BETWEEN = re.compile(r"\bbetween\b[^\d]*$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """How large something is said to be.

    Attributes:
        low: None where it is at most `high`.
        high: None where it is at least `low`; the same as `low` if it is exact.
        start, end: Where it stands in the text.
    """

    low: Decimal | None
    high: Decimal | None
    start: int
    end: int

    @property
    def least(self) -> Decimal:
        """The smallest number that it names."""
        return min(one for one in (self.low, self.high) if one is not None)

    @property
    def most(self) -> Decimal:
        """The largest number that it names."""
        return max(one for one in (self.low, self.high) if one is not None)


@dataclass(frozen=True, slots=True)
class _Number:
    low: Decimal
    high: Decimal
    scale: int
    bare: bool
    sign: str
    start: int
    end: int


def ranges(text: str) -> list[Range]:
    """All numbers of a text, those that belong together as one range, in their order."""
    plain = _in_ascii_digits(text)
    numbers = [_number(match) for match in NUMBER.finditer(plain)]
    return [_bounded(plain, parts[0], parts[-1]) for parts in _together(plain, numbers)]


def _in_ascii_digits(text: str) -> str:
    """A text with the digits of other scripts as ours; each character stays where it is."""
    return "".join(str(unicodedata.digit(one)) if one.isdecimal() else one for one in text)


def _number(match: re.Match[str]) -> _Number:
    sign = (match["sign"] or "").strip()
    low, high, scale, bare = _value(match)
    if sign:
        low, high = -high, -low
    return _Number(low, high, scale, bare, sign, match.start(), match.end())


def _value(match: re.Match[str]) -> tuple[Decimal, Decimal, int, bool]:
    """From where to where a number lies, what it was multiplied by, and whether it stands without a scale."""
    if match["digits"]:
        number = parse_number(re.sub(r"['’ \u00a0\u202f]", "", match["digits"])) or Decimal(0)
        scale = _scale(match["scale"])
        return number * scale, number * scale, scale, match["scale"] is None
    if match["couple"]:
        scale = _scale(match["couple"].split()[-1])
        return Decimal(2 * scale), Decimal(2 * scale), scale, False
    if match["loose"]:
        word, *rest = [one for one in match["loose"].casefold().split() if one not in ("a", "an", "of")]
        scale = _scale(rest[0]) if rest else 1
        low, high = LOOSE[word]
        return Decimal(low * scale), Decimal(high * scale), scale, False
    scale = _scale(match["more"])
    number = in_words(match["words"].casefold()) * scale
    return number, number, scale, False


def _scale(word: str | None) -> int:
    plain = (word or "").strip().casefold()
    return SCALES.get(plain) or SCALES.get(plain.removesuffix("s")) or 1


def _together(text: str, numbers: list[_Number]) -> Iterator[list[_Number]]:
    """Numbers in groups: two between which nothing but "to" stands are the ends of one range."""
    group: list[_Number] = []
    for one in numbers:
        if group and (len(group) > 1 or not _joined(text, group[0], one)):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _joined(text: str, first: _Number, second: _Number) -> bool:
    between = text[first.end : second.start]
    if second.sign in ("-", "\u2013", "\u2212") and not between.strip():
        return True
    if re.search(r"\band\b", between, re.IGNORECASE) and not BETWEEN.search(text[: first.start]):
        return False
    return TO.fullmatch(between) is not None


def _bounded(text: str, first: _Number, last: _Number) -> Range:
    start, end = first.start, last.end
    if first is not last:
        high = abs(last.high) if last.sign and not text[first.end : last.start].strip() else last.high
        low = first.low
        if first.bare and last.scale > 1 and low * last.scale <= high:  # "10 to 20 thousand"
            low *= last.scale
        return Range(low=min(low, high), high=max(low, high), start=start, end=end)
    before, after = text[:start], text[end:]
    if AT_MOST.search(before) or OR_LESS.match(after):
        return Range(low=None, high=first.high, start=start, end=end)
    if AT_LEAST.search(before) or OR_MORE.match(after):
        return Range(low=first.low, high=None, start=start, end=end)
    return Range(low=first.low, high=first.high, start=start, end=end)

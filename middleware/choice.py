"""Which of several things the customer means, by their words: a number, a place in a list, an item, a day, a price."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest

from babel import Locale
from rapidfuzz.distance import OSA

from middleware.quantities import ONES
from middleware.read_out import in_digits

SHORTEST_WORD = 4  # letters; what is shorter is a size or a code, and must be written right
COMMON = frozenset({"a", "an", "and", "at", "by", "day", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
NEWEST = frozenset({"latest", "newest", "recent", "last"})
OLDEST = frozenset({"oldest", "earliest"})
LAST = frozenset({"last", "final"})
# "last week", "the last 4 digits", "2 days ago", "the latest on my order": what stands before these picks nothing.
NOT_PICKED = frozenset(
    {"about", "day", "days", "digits", "month", "months", "news", "night", "on", "status", "time", "times"}
    | {"update", "updates", "week", "weeks", "with", "year"}
)
BIG = frozenset({"big", "bigger", "biggest", "large", "larger", "largest"})
SMALL = frozenset({"small", "smaller", "smallest", "little"})
DEAR = frozenset({"expensive", "pricey", "pricier", "priciest", "dear", "dearer", "dearest"})
CHEAP = frozenset({"cheap", "cheaper", "cheapest"})
# "the most expensive" picks; "too big" and "how cheap" don't.
BEFORE_EXTREMES = frozenset({"the", "my", "most", "more", "least", "less"})
TURNED_ROUND = frozenset({"least", "less"})
# What may stand around the words that pick something, without a wish of its own.
AROUND = frozenset(
    {"hm", "i", "is", "it", "it's", "its", "just", "mean", "meant", "more", "most", "my", "no", "number", "ok", "one"}
    | {"ones", "ord", "order", "please", "pls", "size", "that", "thanks", "that's", "thats", "this", "um", "yeah"}
    | {"yes", "least", "less"}
) | (COMMON - {"a", "an"})
LETTER_SIZES = ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl")
NUMBER_SIZE = re.compile(r"(\d+(?:\.\d+)?)[ -]?([^\W\d]*)", re.ASCII)
ORDINAL_DIGITS = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
DAY_OF_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
IDENTIFIER = re.compile(r"[^\s,;!?()]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One thing that may be meant.

    Attributes:
        key: Its number.
        items: What it consists of, each as the words that describe it, lower case.
        days: Days that belong to it (placed, shipped, delivered, promised), the one people go by first.
        worth: What it costs, in the currency of all the others; None if that isn't known.
        size: Its scale and place on it, as `size_of` gives them; None if it has none.
    """

    key: str
    items: tuple[frozenset[str], ...]
    days: tuple[date, ...]
    worth: Decimal | None = None
    size: tuple[str, Decimal] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What was meant.

    Attributes:
        keys: Of the candidates that fit all that was said; empty if something was named that none fits.
        named: Whether the words named anything at all; if not, `keys` are all candidates.
    """

    keys: tuple[str, ...]
    named: bool


def words(text: str) -> list[str]:
    """The words of a text, lower case, in order."""
    return [word.replace("’", "'") for word in WORD.findall(text.casefold())]


def same_number(one: str, other: str) -> bool:
    """Whether two ways of writing an id mean the same: #10023, ORD-10023, 10023, 0010023, "one zero zero two three"."""
    return _bare(in_digits(one)) == _bare(in_digits(other)) != ""


def _bare(number: str) -> str:
    letters = "".join(filter(str.isalnum, number.casefold()))
    return letters.removeprefix("ord").lstrip("0")


def size_of(option: str) -> tuple[str, Decimal] | None:
    """The scale of a size and its place on it: "M" is the fourth of the letters, "750 ml" 750 of ml, "9" just 9."""
    plain = option.strip().casefold()
    if plain in LETTER_SIZES:
        return "letters", Decimal(LETTER_SIZES.index(plain))
    measured = NUMBER_SIZE.fullmatch(plain)
    return (measured[2], Decimal(measured[1])) if measured else None


def choose(
    text: str, candidates: Sequence[Candidate], *, today: date | None, locale: str, offered: Sequence[str] = ()
) -> Choice:
    """Narrows candidates down by what the customer wrote.

    Args:
        text: The customer's words.
        candidates: Newest first.
        today: In the company's zone; "yesterday" is counted from it. None where days pick nothing.
        locale: Babel locale for the names of days and months.
        offered: Keys in the order in which they were last listed to the customer, for "the second one".
    """
    said = _spelt(words(text), _words_of(candidates))
    by_number = [one.key for one in candidates if _names(text, one.key)]
    if by_number:
        return Choice(keys=tuple(by_number), named=True)
    place = _place(said, offered, locale)
    if place is not None:
        return Choice(keys=tuple(one.key for one in candidates if one.key == place), named=True)
    fitting = _by_item(said, candidates)
    left = fitting or list(candidates)
    wanted = _days(said, today, locale, ignoring=_words_of(candidates)) if today else None
    soon = {today, today + timedelta(days=1)} if today else set()
    if wanted and wanted <= soon and not any(wanted.intersection(one.days) for one in candidates):
        wanted = None  # "will it come today?" names no order
    if wanted is not None:
        left = [one for one in left if one.days and one.days[0] in wanted] or [
            one for one in left if wanted.intersection(one.days)
        ]
    end = _end(said, locale)
    if end is not None:
        left = left[end]
    extreme = _extreme(said, [one for one in left if one.key in offered] or left)
    left = extreme or left
    named = bool(fitting) or wanted is not None or end is not None or bool(extreme)
    return Choice(keys=tuple(one.key for one in left), named=named)


def says_more(text: str, candidates: Sequence[Candidate], locale: str) -> bool:
    """Tells whether a text holds anything but an answer to "which one?", such as a wish: "cancel the blue one".

    Args:
        text: The customer's words.
        candidates: As for `choose`.
        locale: As for `choose`.
    """
    return any(_is_beside(word, candidates, locale) for word in words(text))


def _is_beside(word: str, candidates: Sequence[Candidate], locale: str) -> bool:
    """Whether a word does nothing to pick one of the candidates."""
    if word in AROUND | NEWEST | OLDEST | LAST | BIG | SMALL | DEAR | CHEAP or word in ORDINALS or word.isdecimal():
        return False
    if ORDINAL_DIGITS.fullmatch(word) or any(alike(word, day) for day in ("yesterday", "today", "tomorrow")):
        return False
    if any(word in words(one.key) for one in candidates) or any(alike(word, of) for of in _words_of(candidates)):
        return False
    return all(name_of(word, locale, kind) is None for kind in ("days", "months"))


def _spelt(said: Sequence[str], described: Collection[str]) -> list[str]:
    """Words in which a number is spelt out before what it counts: "the 2 person one" is no place in a list."""
    pairs = zip_longest(said, said[1:], fillvalue="")
    return [_in_letters(word) if _counts(word, after, described) else word for word, after in pairs]


def _counts(word: str, after: str, described: Collection[str]) -> bool:
    """Whether a number is a part of what something is: the candidates have it in letters, and what it counts."""
    return _in_letters(word) in described and bool(after) and any(alike(after, of) for of in described)


def _in_letters(word: str) -> str:
    is_small = len(word) < 3 and word.isascii() and word.isdecimal() and int(word) < len(ONES)
    return ONES[int(word)] if is_small else ""


def _names(text: str, key: str) -> bool:
    bare = _bare(key)
    return any(_bare(token) == bare != "" for token in IDENTIFIER.findall(text))


def _place(said: Sequence[str], offered: Sequence[str], locale: str) -> str | None:
    """The key that an ordinal picks from the list last shown."""
    for index, word in enumerate(said):
        place = _ordinal(word, len(offered), alone=len(said) <= 3)
        if place is not None and 0 <= place < len(offered) and _picks(said, index, locale):
            return offered[place]
    return None


def _ordinal(word: str, count: int, *, alone: bool) -> int | None:
    """The place in a list of `count` that a word names; a bare number does only where little else is said."""
    digits = ORDINAL_DIGITS.fullmatch(word)
    if digits:
        return int(digits.group(1)) - 1
    if alone and word.isdecimal():
        return int(word) - 1
    if word in ORDINALS:
        return ORDINALS.index(word)
    return count - 1 if word in LAST else None


def _end(said: Sequence[str], locale: str) -> slice | None:
    """Which end of the candidates, newest first, is meant by "the latest" or "the oldest"."""
    for index, word in enumerate(said):
        if word in NEWEST and _picks(said, index, locale):
            return slice(0, 1)
        if word in OLDEST and _picks(said, index, locale):
            return slice(-1, None)
    return None


def _extreme(said: Sequence[str], candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates at one end of size or price: "the big one", "the cheapest"; none if that can't be told."""
    described = _words_of(candidates)
    for index, word in enumerate(said):
        before = said[index - 1] if index else ""
        if word in described or not (before in BEFORE_EXTREMES or not index):
            continue
        values = _measured(word, candidates)
        if None in values or len(set(values)) < 2:
            continue
        wants_most = (word in BIG | DEAR) != (before in TURNED_ROUND)
        best = max(filter(None, values)) if wants_most else min(filter(None, values))
        return [one for one, value in zip(candidates, values, strict=True) if value == best]
    return []


def _measured(word: str, candidates: Sequence[Candidate]) -> list[Decimal | None]:
    """What a word like "big" or "cheap" compares the candidates by: their size, or else what they cost."""
    sizes = [one.size for one in candidates if one.size]
    if word in BIG | SMALL and len(sizes) == len(candidates) and len({scale for scale, _ in sizes}) == 1:
        return [place for _, place in sizes]
    if word in BIG | SMALL | DEAR | CHEAP:
        return [one.worth for one in candidates]
    return []


def _picks(said: Sequence[str], index: int, locale: str) -> bool:
    """Whether a word of order picks a thing, as it doesn't in "wait a second", "last Friday" or "November 2nd"."""
    before = said[index - 1] if index else ""
    after = said[index + 1] if index + 1 < len(said) else ""
    beyond = said[index + 2] if after == "of" and index + 2 < len(said) else ""
    if before in ("a", "at") or after in NOT_PICKED or after.isdecimal():
        return False
    return not any(
        name_of(word, locale, kind) is not None for word in (before, after, beyond) for kind in ("days", "months")
    )


def _words_of(candidates: Sequence[Candidate]) -> frozenset[str]:
    return frozenset(word for one in candidates for item in one.items for word in item)


def _by_item(said: Sequence[str], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates with most of the words that were said in one of their items; none if no word fits any."""
    fitting = {word for word in _words_of(candidates) if _said(word, said)}
    fits = [max((len(fitting & item) for item in one.items), default=0) for one in candidates]
    best = max(fits, default=0)
    return [one for one, fit in zip(candidates, fits, strict=True) if best and fit == best]


def _said(word: str, said: Sequence[str]) -> bool:
    if word in COMMON:
        return False
    if len(word) == 1:  # a size: "M" must stand alone, not in the middle of a long sentence
        return word in said and (len(said) <= 4 or "size" in said)
    if len(word) < SHORTEST_WORD:
        return word in said
    return any(alike(token, word) for token in said)


def alike(token: str, word: str) -> bool:
    """Whether a token is the word, its plural, or one slip of the finger behind the first letter away from it.

    The shorter the words, the fewer slips count: "back" is not "black", "sent" no "tent", and a "store" no "stove".
    """
    if token.rstrip("s") == word.rstrip("s"):
        return True
    shortest = min(len(token), len(word))
    if shortest < SHORTEST_WORD or token[0] != word[0] or OSA.distance(token, word) > 1:
        return False
    swapped, one_more = sorted(token) == sorted(word), len(token) != len(word)
    return swapped or shortest >= (5 if one_more else 6)


def _days(said: Sequence[str], today: date, locale: str, ignoring: Collection[str]) -> set[date] | None:
    """The days that were named: None if none was; a weekday means any such day of the past half year, or the next.

    Args:
        ignoring: Words of the items: a sun hat has nothing to do with Sunday.
    """
    named: set[date] = set()
    found = False
    for index, word in enumerate(said):
        if word in ignoring:
            continue
        if word == "today":
            named.add(today)
        elif alike(word, "yesterday"):
            named.add(today - timedelta(days=1))
        elif alike(word, "tomorrow"):
            named.add(today + timedelta(days=1))
        elif (weekday := name_of(word, locale, "days")) is not None:
            back = (today.weekday() - weekday) % 7
            named.update(today - timedelta(days=back + 7 * week) for week in range(-1, 27))
        elif (month := name_of(word, locale, "months")) is not None:
            day = _number_beside(said, index)
            if day is None:
                continue
            named.update(_dates(day, month, today))
        else:
            continue
        found = True
    return named if found else None


def name_of(word: str, locale: str, kind: str) -> int | None:
    """The number of the weekday (Monday 0) or month that a word names: in full, abbreviated, or misspelt."""
    parsed = Locale.parse(locale)
    names = (parsed.days if kind == "days" else parsed.months)["format"]
    bare = word.rstrip("s")
    for number, name in names["abbreviated"].items():
        if bare and bare == name.casefold().rstrip("s."):
            return int(number)
    for number, name in names["wide"].items():
        begins = len(bare) >= SHORTEST_WORD and name.casefold().startswith(bare)  # "thurs", "sept"
        if begins or alike(word, name.casefold()):
            return int(number)
    return None


def _number_beside(said: Sequence[str], index: int) -> int | None:
    """The day beside a month's name: "14 November", "Nov 14th", "the 14th of November"."""
    before = index - 2 if index and said[index - 1] == "of" else index - 1
    for neighbour in (index + 1, before):
        if 0 <= neighbour < len(said):
            digits = DAY_OF_MONTH.fullmatch(said[neighbour])
            if digits:
                return int(digits.group(1))
    return None


def _dates(day: int, month: int, today: date) -> set[date]:
    dates = set()
    for year in (today.year, today.year - 1):
        try:
            dates.add(date(year, month, day))
        except ValueError:
            continue
    return dates

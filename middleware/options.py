"""Sizes and colours in customers' words: which one a thing is to have, and which one it has."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from middleware.choice import LETTER_SIZES, alike, size_of

SIZE, COLOUR = "size", "colour"
TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)*")
SPELLINGS = {
    "xs": ["extra small", "x small"],
    "s": ["small"],
    "m": ["medium", "med", "middle"],
    "l": ["large"],
    "xl": ["extra large", "x large"],
    "xxl": ["extra extra large", "xx large", "2 xl", "double xl"],
    "grey": ["gray"],
}
# Colours that a customer may name and a product may lack.
COLOURS = re.findall(
    r"\w+",
    """
    beige black blue brown burgundy charcoal cream gold gray green grey khaki lilac maroon mint mustard navy olive
    orange pink purple red sand silver tan teal turquoise violet white yellow
    """,
)
ABOUT = {
    SIZE: re.compile(
        r"\b(?:sizes?|sized|fits?|too (?:small|big|large|tight|loose|long|short)|smaller|bigger|larger)\b",
        re.IGNORECASE,
    ),
    COLOUR: re.compile(r"\b(?:colou?rs?|shades?|hues?)\b", re.IGNORECASE),
}
STEPS = {
    1: re.compile(
        r"(?<!half a )\b(?:size up|sizes? (?:bigger|larger)|(?:next|one) (?:bigger|larger)(?: size)?"
        r"|next size(?: up)?)\b",
        re.IGNORECASE,
    ),
    -1: re.compile(
        r"(?<!half a )\b(?:size down|size smaller|(?:next|one) smaller(?: size)?|next size down)\b", re.IGNORECASE
    ),
}
WHAT_IS_THERE = re.compile(
    r"\b(?:what|which)(?: \w+){0,2} (?:colou?rs?|sizes?|options?|variants?|versions?)\b"
    r"|\b(?:colou?rs?|sizes?) (?:do you|are there|have you|can i|is there)\b"
    r"|\bwhat else (?:is there|do you have|have you got)\b",
    re.IGNORECASE,
)
NO_OPTION = re.compile(r"\b(?:not|isn't|isnt|than|from|anything but|except|instead of)\s*$")
HAD = re.compile(
    r"\b(?:ordered|picked|chose|chosen|clicked|selected|took|bought|typed|says?"
    r"|(?:i|we|it|that) (?:got|have|had|has|was))"
    r"\s*$"
)
WRONG = re.compile(r"\s*(?:(?:one|size) )?(?:is|are|was|were|feels|seems|looks) (?:too|not|wrong)\b")
TO_BE = re.compile(
    r"\b(?:to|into|in|for|be|want|need|meant|rather|prefer|make (?:it|them|that)|with|then|actually|instead)\s*$"
)
INSTEAD = re.compile(r"\s*(?:one )?(?:instead|rather than|not)\b")
FILLING = re.compile(r"\b(?:(?:an?|the|size|sized|colou?r|one|of|it|my)\s+)*$")
AND_IN = re.compile(r"\b(?:(?:an?|the|in|size|sized|colou?r|one|of|it|my)\s+)*$")
# "too large" names no size, "3 pairs" neither.
DEGREE = re.compile(r"\b(?:too|so|very|bit|how|quite)\s*$")
COUNTED = re.compile(r"\s*(?:pairs?|pieces?|pcs|units?|of|x|more|items?)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """A size or colour that stands in a text.

    Attributes:
        option: What it is a value of.
        value: As the product's variants have it; None if none of them does.
        is_old: Whether the words say that the thing has it, or shall not have it.
        is_new: Whether the words say that the thing shall have it.
    """

    option: str
    value: str | None
    start: int
    end: int
    is_old: bool = False
    is_new: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a text says about the options of a thing.

    Attributes:
        options: Those that it shall have.
        lacking: Those of which something is wanted that there isn't.
        same: Those that shall be as they are.
        about: Those that are spoken of.
    """

    options: Mapping[str, str]
    lacking: frozenset[str] = frozenset()
    same: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()


def wanted(text: str, choices: Mapping[str, Sequence[str]], current: Mapping[str, str]) -> Wanted:
    """Reads which options a thing shall have.

    Args:
        text: The customer's words.
        choices: The values that there are of each of the product's options.
        current: What the thing is now.
    """
    options: dict[str, str] = {}
    lacking: set[str] = set()
    same: set[str] = set()
    found = mentions(text, choices)
    for one in found:
        if one.is_old:
            continue
        if one.value is None:
            lacking.add(one.option)
            options.pop(one.option, None)
        elif one.value != current.get(one.option):
            options[one.option] = one.value
            lacking.discard(one.option)
        else:
            same.add(one.option)
    stepped = {} if options or lacking else _stepped(text, choices, current, lacking)
    about = {one.option for one in found} | {name for name in (SIZE, COLOUR) if ABOUT[name].search(text)}
    return Wanted(
        options=options | stepped,
        lacking=frozenset(lacking),
        same=frozenset(same - set(options) - lacking),
        about=frozenset(about | lacking),
    )


def mentions(text: str, choices: Mapping[str, Sequence[str]]) -> list[Mention]:
    """The sizes and colours in a text, whether the product has them or not."""
    tokens = [(match[0].casefold().replace("’", "'"), match.start(), match.end()) for match in TOKEN.finditer(text)]
    named = _vocabulary(choices)
    found: list[Mention] = []
    at = 0
    while at < len(tokens):
        one = _mention_at(tokens, at, named, text)
        if one is None:
            at += 1
            continue
        found.append(_with_role(one, text, found[-1] if found else None))
        at = next((index for index in range(at, len(tokens)) if tokens[index][1] >= one.end), len(tokens))
    return found


def without(text: str, found: Collection[Mention]) -> str:
    """A text without some of the sizes and colours in it."""
    for one in found:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text


def asks_what_there_is(text: str) -> str | None:
    """The option whose values the customer asks for; empty if it is any of them, None if they don't ask."""
    if not WHAT_IS_THERE.search(text):
        return None
    return next((name for name in (SIZE, COLOUR) if ABOUT[name].search(text)), "")


def _vocabulary(choices: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], tuple[str, str | None]]:
    """What may be said, as words, with the option and the value that it means."""
    named: dict[tuple[str, ...], tuple[str, str | None]] = {}
    for letters in LETTER_SIZES:
        _add(named, letters, SIZE, None)
    for colour in COLOURS:
        _add(named, colour, COLOUR, None)
    for option, values in choices.items():
        for value in values:
            _add(named, value, option, value)
    return named


def _add(named: dict[tuple[str, ...], tuple[str, str | None]], written: str, option: str, value: str | None) -> None:
    plain = written.casefold()
    for spelling in (plain, *SPELLINGS.get(plain, ())):
        named[tuple(token.casefold() for token in TOKEN.findall(spelling))] = (option, value)


def _mention_at(
    tokens: Sequence[tuple[str, int, int]],
    at: int,
    named: Mapping[tuple[str, ...], tuple[str, str | None]],
    text: str,
) -> Mention | None:
    for length in (3, 2, 1):
        words = tuple(token for token, _, _ in tokens[at : at + length])
        if len(words) < length:
            continue
        known = named.get(words) or (_misspelt(words[0], named) if length == 1 else None)
        if known is None:
            continue
        start, end = tokens[at][1], tokens[at + length - 1][2]
        is_number = words[-1][0].isdigit()
        if DEGREE.search(text[:start].casefold()) or (is_number and COUNTED.match(text[end:])):
            return None
        return Mention(option=known[0], value=known[1], start=start, end=end)
    sized = re.search(r"\bsize\s*$", text[: tokens[at][1]], re.IGNORECASE)
    if re.fullmatch(r"\d+[.,]\d+", tokens[at][0]) or (sized and size_of(tokens[at][0])):  # "9.5", "size 13"
        return Mention(option=SIZE, value=None, start=tokens[at][1], end=tokens[at][2])
    return None


def _misspelt(word: str, named: Mapping[tuple[str, ...], tuple[str, str | None]]) -> tuple[str, str | None] | None:
    return next((meant for words, meant in named.items() if len(words) == 1 and alike(word, words[0])), None)


def _with_role(one: Mention, text: str, before: Mention | None) -> Mention:
    """Says whether the thing has it or shall have it; of two in a row ("black, M") the second is as the first."""
    between = text[before.end : one.start].casefold() if before else ""
    if before and before.option != one.option and re.fullmatch(r"(?:,|and|/|in|size|\s)*", between):
        is_old, is_new = before.is_old, before.is_new
    else:
        before_it, after = text[: one.start].casefold(), text[one.end :].casefold()
        leading, had = (filling.sub("", before_it).rstrip(" ,:;") for filling in (FILLING, AND_IN))
        is_old = bool(NO_OPTION.search(had) or HAD.search(had) or WRONG.match(after))
        is_new = not is_old and bool(TO_BE.search(leading) or INSTEAD.match(after))
    return Mention(option=one.option, value=one.value, start=one.start, end=one.end, is_old=is_old, is_new=is_new)


def _stepped(
    text: str, choices: Mapping[str, Sequence[str]], current: Mapping[str, str], lacking: set[str]
) -> dict[str, str]:
    """The next size, where that is what is said: "one size up"."""
    step = next((step for step, pattern in STEPS.items() if pattern.search(text)), 0)
    if not step or SIZE not in current:
        return {}
    scaled = sorted((scale, value) for value in choices.get(SIZE, ()) if (scale := size_of(value)))
    order = [value for _, value in scaled]
    if current[SIZE] not in order:
        return {}
    place = order.index(current[SIZE]) + step
    if not 0 <= place < len(order):
        lacking.add(SIZE)
        return {}
    return {SIZE: order[place]}

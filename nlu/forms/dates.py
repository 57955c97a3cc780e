"""Days, months and periods: not durations, days of every week, or the time of a day alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from babel import Locale

from nlu.forms.numerals import SMALL
from nlu.forms.spans import Span, compiled

AMBIGUOUS = frozenset({"may", "march", "mar", "sat", "sun", "wed"})  # words of their own, too

HOLIDAYS = r"""
    christmas (?:[ ](?: eve | day ))? | x-?mas (?:[ ](?: eve | day ))? | easter (?:[ ](?: sunday | monday | weekend ))?
    | thanksgiving | black[ ]friday | cyber[ ]monday | new[ ]year'?s? (?:[ ](?: eve | day ))? | halloween
    | labou?r[ ]day | memorial[ ]day | independence[ ]day | (?: the[ ] )? (?: 4th | fourth )[ ]of[ ]july
    | valentine'?s? (?:[ ]day)? | mother'?s[ ]day | father'?s[ ]day | boxing[ ]day | (?: the[ ] )? bank[ ]holiday
    | good[ ]friday | hanukkah | diwali | ramadan | eid | pentecost | whitsun | prime[ ]day
    | (?: the[ ] )? day[ ](?: before[ ]yesterday | after[ ]tomorrow ) | the[ ]other[ ](?: day | week )
"""
TODAY = r"(?: today | tonight | tomm?orr?ow | tmrw? | tmr | tomoz | 2moro? | yesterday | yest | yday | ystrday )"
PART = r"(?:[ ](?: morning | afternoon | evening | night | noon | midday ))?"
PERIOD = r"(?: week | weekend | month | year | quarter | spring | summer | autumn | fall | winter )"
THIS = r"""(?: (?: earlier | later )[ ] )? (?: this (?: [ ](?: coming | past ) )? | last | next | past | coming
    | the[ ](?:past | coming) )"""
MANY = rf"(?: \d+ | an? | {SMALL} | a[ ](?: couple | few )(?:[ ]of)? | (?: couple | few )(?:[ ]of)? )"
YEAR = r"(?: (?:19|20)\d\d | '\d\d )"
NOT_A_THING = r"""(?![ ](?: order | one | item | thing | parcel | package | time | floor | option | box | email
    | mail | pair | row | place | half | delivery | purchase | message | party | person | ticket | invoice )\b)"""


def find(text: str) -> Iterator[Span]:
    """Yields the days, months and periods in a text."""
    for match in _pattern("en").finditer(text):
        yield Span(entity="date", start=match.start("date"), end=match.end("date"))


@lru_cache(maxsize=1)
def _pattern(locale: str) -> re.Pattern[str]:
    names = Locale.parse(locale)
    days, unsure_days = _names(names.days)
    months, unsure_months = _names(names.months)
    day = rf"(?: {days} )"
    month = rf"(?: {months} | {unsure_months} )(?: \. (?= [ ]?\d ) )?"
    number = r"\d{1,2}(?:st|nd|rd|th)?"
    this = rf"(?: {THIS}[ ] )"
    forms = (
        # with a number
        rf"(?: the[ ] )? {number} (?:[ ]of)? [ ]? {month} (?! \w ) (?: ,?[ ]{YEAR} )?",
        rf"""{month} [ ]? (?: the[ ] )? {number} (?! [\w%] | [.,]\d | [ ]? (?: ml | cm | people
            | employees )\b ) (?: ,?[ ]{YEAR} )?""",
        r"""(?:19|20)\d\d - \d\d - \d\d | \d{1,2} (?P<between> [./-] ) \d{1,2} (?P=between) (?: (?:19|20)\d\d
            | \d\d ) (?! \d )""",
        r"(?<= on[ ] ) \d{1,2}/\d{1,2} (?! [/\d] ) | (?<= by[ ] ) \d{1,2}/\d{1,2} (?! [/\d] )",
        rf"the[ ] \d{{1,2}}(?:st|nd|rd|th) \b {NOT_A_THING}",
        rf"{MANY}[ ](?: days? | weeks? | months? | years? | fortnights? )[ ](?: ago | back | earlier )",
        r"(?: a[ ] )? (?: day | week | month | year )s? [ ] ago",
        rf"""(?<! updated[ ] ) (?<! moved[ ] ) in[ ](?: (?: like | about )[ ] )? {MANY}[ ](?: days? | weeks?
            | months? | years? )(?='?s?\b)""",
        rf"q[1-4] (?:[ ] {YEAR})? | (?: first | second | third | fourth | last )[ ]quarter",
        # names
        rf"{HOLIDAYS}",
        rf"{TODAY} (?:'s)? {PART}",
        rf"(?: {this} )? {day} (?:'s)? {PART} (?: [ ](?: the[ ] )? \d{{1,2}}(?:st|nd|rd|th) )?",
        rf"{this} (?: {unsure_days} | {month} | {PERIOD} (?:'?s)? | night | month's ) {PART} (?:'s)?",
        r"this[ ](?: morning | afternoon | evening )",
        rf"(?<= on[ ] ) (?: {unsure_days} )",
        r"the[ ]weekend",
        rf"(?: {months} ) (?:'s)? (?: [ ]{YEAR} )?",
        rf"(?: {unsure_months} ) [ ]{YEAR}",
        rf"""(?: (?<= in[ ] ) | (?<= since[ ] ) | (?<= last[ ] ) | (?<= until[ ] ) | (?<= by[ ] ) | (?<= of[ ] )
            | (?<= for[ ] ) | (?<= from[ ] ) ) (?: may | march ) (?: [ ]{YEAR} )?""",
        r"(?: may | march ) (?= [ ](?: order | invoice | bill | statement | delivery )\b )",
        r"""(?: (?<= in[ ] ) | (?<= since[ ] ) | (?<= of[ ] ) | (?<= for[ ] ) | (?<= from[ ] )
            | (?<= year[ ] ) ) (?:19|20)[012]\d (?! [\w%-] | [.,]\d | [ ](?: pcs | pieces | units | x ) )""",
        r"""(?: (?<= in[ ] ) | (?<= for[ ] ) | (?<= this[ ] ) | (?<= the[ ] ) ) (?: spring | summer | autumn
            | winter ) | (?: (?<= before[ ] ) | (?<= since[ ] ) ) (?: summer | winter )""",
    )
    before = r"(?<! [\w#@$€£-] ) (?<! every[ ] ) (?<! each[ ] ) (?<! merry[ ] ) (?<! happy[ ] )"
    return compiled(rf"{before} (?P<date> {' | '.join(f'(?: {form} )' for form in forms)} ) (?! [\w@-] )")


def _names(forms: dict[str, dict[str, dict[int, str]]]) -> tuple[str, str]:
    """The names of days or months, full and short, as parts of a pattern: those that are sure, and the others."""
    names = {name.casefold() for width in ("wide", "abbreviated") for name in forms["format"][width].values()}
    names |= {"tues", "thurs", "thur", "weds"} if "monday" in names else {"sept"}
    return _any(names - AMBIGUOUS), _any(names & AMBIGUOUS)


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))

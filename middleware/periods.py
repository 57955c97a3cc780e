"""Which days a customer's words mean: "last month", "October", "from March to May", "Q3", "the one from the 14th".

Whatever is said without its year is the last such time that isn't in the future. What is named to come ("next month")
is found as well, so that one can say that it hasn't been yet.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from babel import Locale

from middleware.choice import name_of

EARLIEST = date(1970, 1, 1)  # where "until March" begins
LONGEST = 300  # words that are looked at; a period stands in no longer message
TOKEN = re.compile(r"\d+(?:[-/.]\d+)+|['’]?\w+(?:['’]\w+)*|[-–—→]")
DIGITS = re.compile(r"(\d{1,2})(st|nd|rd|th)?")
YEAR = re.compile(r"(?:19|20)\d\d")
SHORT_YEAR = re.compile(r"['’](\d\d)")
QUARTER = re.compile(r"q([1-4])")
HALF = re.compile(r"h([12])")
COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNTED = {word: number for number, word in enumerate(COUNTS)} | {"a": 1, "an": 1, "couple": 2, "few": 3}
ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
UNITS = ("day", "week", "month", "quarter", "year")
MONTHS = {"month": 1, "quarter": 3, "year": 12}  # how many months a unit has
THIS = frozenset({"this", "current", "present"})
LAST = frozenset({"last", "past", "previous", "prior", "preceding"})
NEXT = frozenset({"next", "coming", "following", "upcoming"})
AGO = frozenset({"ago", "back"})
TO = frozenset({"to", "till", "until", "through", "thru", "-", "–", "—", "→"})
UP_TO = frozenset({"until", "till", "before", "upto"})
SINCE = frozenset({"since", "after"})
ON = frozenset({"on", "onward", "onwards", "upward", "upwards"})
BEFORE_DAYS = frozenset({"on", "from", "of", "since", "until", "till", "before", "after", "around", "about", "dated"})
# "may I", "this may be": the verb, not the month.
AFTER_VERB = frozenset({"i", "we", "you", "he", "she", "it", "they", "be", "have", "not", "my", "the", "also", "need"})
BEFORE_VERB = frozenset({"i", "we", "you", "he", "she", "it", "they", "that", "there", "which", "who"})
NOUNS = frozenset({"order", "orders", "number", "no", "nr", "ord", "inv"})  # "order 2024" is no year
GLUED = "#$€£-"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Period:
    """Days, both counted."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last

    @property
    def is_day(self) -> bool:
        """Whether it is a single day."""
        return self.first == self.last

    @property
    def is_month(self) -> bool:
        """Whether it is a whole month."""
        return self == month_of(self.first)

    @property
    def is_year(self) -> bool:
        """Whether it is a whole year."""
        return self == year_of(self.first.year)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """What a text says of time.

    Attributes:
        periods: In the order in which they were named; none if none was.
        rest: The words that say something else.
    """

    periods: tuple[Period, ...]
    rest: str


def named(text: str, *, today: date, locale: str) -> Named:
    """Reads the periods in a text.

    Args:
        today: In the company's zone; what is said is reckoned from it.
        locale: Babel locale, for the names of months and days, and for whether 10/11 is in October.
    """
    tokens = list(TOKEN.finditer(text))[:LONGEST]
    reader = _Reader(tuple(_plain(token.group()) for token in tokens), today, locale, _glued(text, tokens))
    found: list[Period] = []
    rest, place, copied = "", 0, 0
    while place < len(tokens):
        span = reader.whole(place)
        if span is None:
            place += 1
            continue
        found.append(span.period)
        rest += text[copied : tokens[place].start()] + " "
        copied = tokens[span.end - 1].end()
        place = span.end
    return Named(periods=tuple(dict.fromkeys(found)), rest=rest + text[copied:])


def month_of(day: date) -> Period:
    """The month that a day lies in."""
    return _months(day.year, day.month, 1)


def year_of(year: int) -> Period:
    """A whole year."""
    return _months(year, 1, 12)


@dataclass(frozen=True, slots=True)
class _Span:
    """A period, and the place behind its words; `bare`: its year wasn't said."""

    period: Period
    end: int
    bare: bool = False


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads periods out of a row of words.

    Attributes:
        glued: Places of words that belong to what stands before them, such as "#2024".
    """

    words: Sequence[str]
    today: date
    locale: str
    glued: frozenset[int] = field(default_factory=frozenset)

    def whole(self, at: int) -> _Span | None:
        """Reads a period with its ends: "from March to May", "since June", "until 2024"; or a simple one."""
        return self._range(at) or self._open(at) or self._simple(at)

    def _range(self, at: int) -> _Span | None:
        word = self._word(at)
        begin = self._simple(at + 1 if word in ("from", "between") else at)
        if begin is None:
            return None
        joint = self._word(begin.end)
        if joint == "up" and self._word(begin.end + 1) in TO:
            joint, begin = "to", replace(begin, end=begin.end + 1)
        if joint not in TO and not (joint == "and" and word == "between"):
            return None
        end = self._simple(begin.end + 1)
        return None if end is None else self._joined(at, begin, end)

    def _joined(self, at: int, begin: _Span, end: _Span) -> _Span:
        """From one time to another, where a year that isn't said is the other's, or the one before it."""
        start = at + 1 if self._word(at) in ("from", "between") else at
        if begin.bare and end.period.last < self.today:
            begin = replace(self, today=end.period.first)._simple(start) or begin
        if end.bare and end.period < begin.period:
            year_on = replace(self, today=begin.period.first + timedelta(days=364))
            end = year_on._simple(begin.end + 1) or end
        ends = (begin.period, end.period)
        return _Span(Period(first=min(ends).first, last=max(one.last for one in ends)), end.end)

    def _open(self, at: int) -> _Span | None:
        word = self._word(at)
        if word in SINCE and (since := self._simple(at + 1)):
            first = since.period.first if word == "since" else since.period.last + timedelta(days=1)
            return self._until_now(first, since.end)
        if word == "from" and (since := self._simple(at + 1)) and self._word(since.end) in ON:
            return self._until_now(since.period.first, since.end + 1)
        after = at + 2 if (word, self._word(at + 1)) == ("up", "to") else at + 1
        if (word in UP_TO or after == at + 2) and (until := self._simple(after)):
            last = until.period.first - timedelta(days=1) if word == "before" else until.period.last
            return _Span(Period(first=EARLIEST, last=max(last, EARLIEST)), until.end)
        return None

    def _until_now(self, first: date, end: int) -> _Span:
        return _Span(Period(first=first, last=max(first, self.today)), end)

    def _simple(self, at: int) -> _Span | None:
        """Reads a period without words for its ends; "the" may stand before it."""
        if self._word(at) == "the" and self._word(at + 1) not in ("", "the"):
            return self._simple(at + 1) or self._day_of_month(at)
        if at >= len(self.words) or at in self.glued:
            return None
        rules: tuple[Callable[[int], _Span | None], ...] = (
            self._figures,
            self._quarter,
            self._half,
            self._day_and_month,
            self._month,
            self._unit,
            self._counted_units,
            self._before_last,
            self._one_day,
            self._weekday,
            self._year,
        )
        return next((span for rule in rules if (span := rule(at))), None)

    def _word(self, at: int) -> str:
        return self.words[at] if 0 <= at < len(self.words) else ""

    def _figures(self, at: int) -> _Span | None:
        """2025-10-14, 10/14/2025, 10/14, 2025-10, 10/2025, 2024-2025."""
        parts = re.split(r"[-/.]", self._word(at))
        if not all(part.isdecimal() and len(part) <= 4 for part in parts) or len(parts) not in (2, 3):
            return None
        numbers = [int(part) for part in parts]
        if len(parts) == 3:
            year, month, day = numbers if len(parts[0]) == 4 else (numbers[2], *self._month_and_day(*numbers[:2]))
            period = _day(year + 2000 if year < 100 else year, month, day)
            return _Span(period, at + 1) if period else None
        if YEAR.fullmatch(parts[0]) and YEAR.fullmatch(parts[1]):
            years = sorted(map(year_of, numbers))
            return _Span(Period(first=years[0].first, last=years[1].last), at + 1)
        if YEAR.fullmatch(parts[0]) or YEAR.fullmatch(parts[1]):
            year, month = numbers if YEAR.fullmatch(parts[0]) else (numbers[1], numbers[0])
            return _Span(_months(year, month, 1), at + 1) if 1 <= month <= 12 else None
        if "/" not in self._word(at) or self._word(at) == "24/7":
            return None
        return self._past_day(*self._month_and_day(*numbers), at + 1)

    def _month_and_day(self, one: int, other: int) -> tuple[int, int]:
        """The month and the day of 10/11, as the company's country writes them unless only one way can be meant."""
        pattern = Locale.parse(self.locale).date_formats["short"].pattern
        month_first = pattern.upper().find("M") < pattern.upper().find("D")
        return (one, other) if (month_first and one <= 12) or other > 12 else (other, one)

    def _quarter(self, at: int) -> _Span | None:
        """Q3, Q3 2024, the third quarter of last year, quarter 3."""
        word, following = self._word(at), self._word(at + 1)
        if match := QUARTER.fullmatch(word):
            return self._part(int(match[1]), 3, at + 1)
        if word == "q" and following in tuple("1234"):
            return self._part(int(following), 3, at + 2)
        if word in ORDINALS and following == "quarter":
            return self._part(ORDINALS[word], 3, at + 2)
        if word == "quarter" and following in tuple("1234"):
            return self._part(int(following), 3, at + 2)
        return None

    def _half(self, at: int) -> _Span | None:
        """H1, H2 2024, the first half of last year."""
        word, following = self._word(at), self._word(at + 1)
        if match := HALF.fullmatch(word):
            return self._part(int(match[1]), 6, at + 1)
        number = 2 if word in ("last", "second", "2nd") else 1 if word in ("first", "1st") else 0
        if number and following == "half":
            end = at + 2
            if word == "last" and self._word(end) != "of":  # "the last half year" ends today
                return None
            if (self._word(end), self._word(end + 1)) == ("of", "the"):
                end += 2
            if self._word(end) == "year" or self._year_behind(end) is not None:
                return self._part(number, 6, end + 1 if self._word(end) == "year" else end)
        return None

    def _part(self, number: int, months: int, end: int) -> _Span:
        """The so-manieth quarter or half of the year that stands behind it; else the last that has begun."""
        first = (number - 1) * months + 1
        if year := self._year_behind(end):
            return _Span(_months(year[0], first, months), year[1])
        begun = date(self.today.year, first, 1) <= self.today
        return _Span(_months(self.today.year - (not begun), first, months), end, bare=True)

    def _day_and_month(self, at: int) -> _Span | None:
        """14 October, the 14th of October, October 14th, 2025."""
        day = DIGITS.fullmatch(self._word(at))
        behind = at + 2 if self._word(at + 1) == "of" else at + 1
        if day and (month := self._month_at(behind)):
            return self._day(int(day[1]), month, behind + 1)
        month = self._month_at(at)
        behind = at + 2 if self._word(at + 1) == "the" else at + 1
        day = DIGITS.fullmatch(self._word(behind))
        if month and day and behind not in self.glued:
            return self._day(int(day[1]), month, behind + 1)
        return None

    def _day(self, day: int, month: int, end: int) -> _Span | None:
        if year := self._year_behind(end):
            period = _day(year[0], month, day) or _months(year[0], month, 1)  # there is no 31 September
            return _Span(period, year[1])
        return self._past_day(month, day, end)

    def _past_day(self, month: int, day: int, end: int) -> _Span | None:
        """The last such day that isn't in the future: of 29 February, that of the last leap year."""
        for year in range(self.today.year, self.today.year - 9, -1):
            period = _day(year, month, day)
            if period and period.first <= self.today:
                return _Span(period, end, bare=True)
        return None

    def _month(self, at: int) -> _Span | None:
        """October, October 2024, October of last year, last October, next May."""
        word = self._word(at)
        named_after = at + 1 if word in THIS | LAST | NEXT else at
        month = self._month_at(named_after)
        if not month:
            return None
        end = named_after + 1
        if named_after == at and (year := self._year_behind(end)):
            return _Span(_months(year[0], month, 1), year[1])
        year_then = self.today.year - (month > self.today.month)
        if word in LAST and month == self.today.month:
            year_then -= 1
        elif word in THIS:
            year_then = self.today.year
        elif word in NEXT:
            year_then = self.today.year + (month <= self.today.month)
        return _Span(_months(year_then, month, 1), end, bare=named_after == at)

    def _month_at(self, at: int) -> int | None:
        word = self._word(at)
        if at in self.glued or not word.isalpha() or (word == "may" and self._is_verb(at)):
            return None
        return name_of(word, self.locale, "months")

    def _is_verb(self, at: int) -> bool:
        return self._word(at + 1) in AFTER_VERB or self._word(at - 1) in BEFORE_VERB

    def _year_behind(self, at: int) -> tuple[int, int] | None:
        """The year that stands behind a month or a quarter, and the place after it."""
        after = at + 1 if self._word(at) in ("of", "in") else at
        word, following = self._word(after), self._word(after + 1)
        if YEAR.fullmatch(word) and after not in self.glued:
            return int(word), after + 1
        if after == at and (short := SHORT_YEAR.fullmatch(word)):
            return 2000 + int(short[1]), after + 1
        if word in THIS | LAST | NEXT and following == "year":
            return self.today.year - (word in LAST) + (word in NEXT), after + 2
        return None

    def _unit(self, at: int) -> _Span | None:
        """This month, last year, next quarter; the past year ends today."""
        word, unit = self._word(at), self._word(at + 1)
        if word not in THIS | LAST | NEXT or unit not in UNITS:
            return (
                _Span(year_of(self.today.year), at + 1 + 2 * (word == "year"))
                if word == "ytd" or self.words[at : at + 3] == ("year", "to", "date")
                else None
            )
        if word == "past" and unit != "day":
            return _Span(self._up_to_now(1, unit), at + 2)
        return _Span(self._units_off(unit, (word in NEXT) - (word in LAST)), at + 2)

    def _counted_units(self, at: int) -> _Span | None:
        """The last three months, the last half year; two weeks ago."""
        begin = at + 1 if self._word(at) in LAST else at
        if begin > at and (self._word(begin), self._word(begin + 1)) == ("half", "year"):
            return _Span(self._up_to_now(6, "month"), begin + 2)
        begin = begin + 1 if self._word(begin) == "a" and self._word(begin + 1) in COUNTED else begin
        count, unit_at = self._count(begin), begin + 1
        unit_at = unit_at + 1 if self._word(unit_at) == "of" else unit_at
        unit = self._word(unit_at)
        unit = unit if unit in UNITS else unit.removesuffix("s")
        if not count or unit not in UNITS:
            return None
        if self._word(unit_at + 1) in AGO and begin - at <= 1:
            return _Span(self._units_off(unit, -count), unit_at + 2)
        return _Span(self._up_to_now(count, unit), unit_at + 1) if self._word(at) in LAST else None

    def _count(self, at: int) -> int:
        word = self._word(at)
        return int(word) if word.isdecimal() and len(word) <= 3 else COUNTED.get(word, 0)

    def _before_last(self, at: int) -> _Span | None:
        """The month before last."""
        unit = self._word(at)
        if unit in UNITS and self.words[at + 1 : at + 3] == ("before", "last"):
            return _Span(self._units_off(unit, -2), at + 3)
        return None

    def _units_off(self, unit: str, count: int) -> Period:
        """The unit that lies so many units from today's."""
        if unit in MONTHS:
            months = MONTHS[unit]
            begin = (self.today.year * 12 + self.today.month - 1) // months * months + count * months
            return _months(max(begin // 12, 1), begin % 12 + 1, months)
        days = 7 if unit == "week" else 1
        first = self.today - timedelta(days=self.today.weekday() if unit == "week" else 0)
        first = max(first + timedelta(days=count * days), EARLIEST)
        return Period(first=first, last=first + timedelta(days=days - 1))

    def _up_to_now(self, count: int, unit: str) -> Period:
        """The last so many days, weeks, months, quarters or years, today included."""
        if unit not in MONTHS:
            return Period(first=self.today - timedelta(days=count * (7 if unit == "week" else 1)), last=self.today)
        month = self.today.year * 12 + self.today.month - 1 - count * MONTHS[unit]
        if month < 12 * EARLIEST.year:
            return Period(first=EARLIEST, last=self.today)
        year, of_year = month // 12, month % 12 + 1
        first = date(year, of_year, min(self.today.day, calendar.monthrange(year, of_year)[1]))
        return Period(first=first, last=self.today)

    def _one_day(self, at: int) -> _Span | None:
        word = self._word(at)
        if word in ("today", "yesterday"):
            day = self.today - timedelta(days=word == "yesterday")
            return _Span(Period(first=day, last=day), at + 1)
        return None

    def _weekday(self, at: int) -> _Span | None:
        """Friday, last Friday, on Fri: the last such day."""
        word = self._word(at)
        place = at + 1 if word in LAST | THIS else at
        said = self._word(place)
        weekday = name_of(said, self.locale, "days") if said.isalpha() else None
        if weekday is None or (len(said) <= 4 and self._word(place - 1) not in BEFORE_DAYS | LAST | THIS):
            return None
        back = (self.today.weekday() - weekday) % 7
        day = self.today - timedelta(days=back or 7 * (word in LAST))
        return _Span(Period(first=day, last=day), place + 1)

    def _year(self, at: int) -> _Span | None:
        if YEAR.fullmatch(self._word(at)) and self._word(at - 1) not in NOUNS:
            return _Span(year_of(int(self._word(at))), at + 1)
        return None

    def _day_of_month(self, at: int) -> _Span | None:
        """The 14th, behind "of", "from" and the like: the last such day."""
        match = DIGITS.fullmatch(self._word(at + 1))
        if not match or not match[2] or self._word(at - 1) not in BEFORE_DAYS:
            return None
        for back in range(12):
            month = self._units_off("month", -back).first
            period = _day(month.year, month.month, int(match[1]))
            if period and period.first <= self.today:
                return _Span(period, at + 2)
        return None


def _plain(word: str) -> str:
    """A word without its possessive: "month's", "October’s"; "months" where it is written without."""
    plain = word.casefold().replace("’", "'")
    plain = plain if plain[1:].isdecimal() else plain.lstrip("'")
    plain = plain.removesuffix("'s").removesuffix("s'")
    return plain[:-1] if plain[:-1] in UNITS and plain.endswith("s") and plain != "days" else plain


def _glued(text: str, tokens: Sequence[re.Match[str]]) -> frozenset[int]:
    """Places of numbers that belong to what stands before them: #2024, INV-2024, $12."""
    found = set()
    for place, token in enumerate(tokens):
        before = text[max(0, token.start() - 2) : token.start()]
        joined = before.endswith(tuple(GLUED)) and (before[-1] != "-" or before[:-1].isalpha())
        if token.group()[0].isdecimal() and joined:
            found.add(place)
    return frozenset(found)


def _months(year: int, month: int, count: int) -> Period:
    """So many months from the first day of one on; they all lie in one year."""
    last = month + count - 1
    return Period(first=date(year, month, 1), last=date(year, last, calendar.monthrange(year, last)[1]))


def _day(year: int, month: int, day: int) -> Period | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return Period(first=found, last=found)

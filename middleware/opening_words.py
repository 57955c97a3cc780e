"""When the company's people are there, as it is told: "Monday to Friday, 9 am to 6 pm Eastern Time"."""

from __future__ import annotations

from datetime import time
from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_time, get_day_names, get_timezone_name

from middleware.opening import DAYS, OpeningRules

MIDNIGHTS = ("00:00", "24:00")
ALL_DAY = "00:00-24:00"


def opening_words(rules: OpeningRules, zone: ZoneInfo, locale: str) -> str:
    """The hours of a week in words; days in a row with the same hours are told together."""
    told = [
        f"{_days(places, locale)}, {_hours(hours, locale)}"
        for hours, places in _runs([rules.hours.get(day) for day in DAYS])
    ]
    together = ", and ".join(told) if len(told) == 2 else "; ".join(told)
    return together if set(rules.hours.values()) == {ALL_DAY} else f"{together} {zone_name(zone, locale)}"


def zone_name(zone: ZoneInfo, locale: str) -> str:
    """A time zone as it is told, summer and winter: "Eastern Time"."""
    return str(get_timezone_name(zone, locale=locale))


def _runs(hours: list[str | None]) -> list[tuple[str, list[int]]]:
    """Hours, each with the places in the week of the days in a row that have them."""
    grouped = groupby(range(len(hours)), key=lambda place: hours[place])
    return [(told, list(places)) for told, places in grouped if told is not None]


def _days(places: list[int], locale: str) -> str:
    names = get_day_names("wide", "stand-alone", locale)
    if len(places) == len(DAYS):
        return "every day"
    if len(places) > 2:
        return f"{names[places[0]]} to {names[places[-1]]}"
    return " and ".join(names[place] for place in places)


def _hours(told: str, locale: str) -> str:
    if told == ALL_DAY:
        return "around the clock"
    begins, ends = told.split("-")
    return f"{_hour(begins, locale)} to {_hour(ends, locale)}"


def _hour(told: str, locale: str) -> str:
    if told in MIDNIGHTS:
        return "midnight"
    if told == "12:00":
        return "noon"
    pattern = "h a" if told.endswith(":00") else "h:mm a"
    return str(format_time(time.fromisoformat(told), pattern, locale=locale)).lower()

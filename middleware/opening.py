"""When the company's people are there: hours by day of the week, and the days on which nobody works."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import holidays
import msgspec

from middleware.errors import Misconfigured
from middleware.settings_base import Base

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Hours = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
DAYS: tuple[Day, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FURTHEST_DAYS = 60  # nobody is away for longer


class HolidayRules(Base, frozen=True):
    """Whose public holidays are kept. `country`: ISO 3166-1 alpha-2; `state`: ISO 3166-2 without the country."""

    country: str
    state: str = ""


class OpeningRules(Base, frozen=True):
    """When people answer.

    Attributes:
        hours: Such as `09:00-18:00`, in the company's zone; a day that isn't named is closed.
        closed: Further days on which nobody works.
    """

    hours: dict[Day, Hours]
    holidays: HolidayRules | None = None
    closed: tuple[date, ...] = ()


class Opening:
    """Tells whether people are there.

    Args:
        zone: The company's.
    """

    def __init__(self, rules: OpeningRules, zone: ZoneInfo) -> None:
        self._rules = rules
        self._zone = zone
        self._holidays = _holidays(rules.holidays) if rules.holidays else holidays.HolidayBase()

    def is_open(self, at: datetime) -> bool:
        """Whether people are there at a moment."""
        hours = self._hours_of(at.astimezone(self._zone).date())
        return hours is not None and hours[0] <= at < hours[1]

    def next_opening(self, at: datetime) -> datetime | None:
        """When people come next, after a moment at which nobody is there; None if not in sight."""
        today = at.astimezone(self._zone).date()
        for days in range(FURTHEST_DAYS):
            hours = self._hours_of(today + timedelta(days=days))
            if hours is not None and hours[0] > at:
                return hours[0]
        return None

    def _hours_of(self, day: date) -> tuple[datetime, datetime] | None:
        """From when until when people are there on a day."""
        told = self._rules.hours.get(DAYS[day.weekday()])
        if told is None or day in self._holidays or day in self._rules.closed:
            return None
        begins, ends = told.split("-")
        return self._moment(day, begins), self._moment(day, ends)

    def _moment(self, day: date, hour: str) -> datetime:
        if hour == "24:00":
            day, hour = day + timedelta(days=1), "00:00"
        return datetime.combine(day, time.fromisoformat(hour), self._zone)


def _holidays(rules: HolidayRules) -> holidays.HolidayBase:
    return holidays.country_holidays(rules.country, subdiv=rules.state or None)


def check_opening(rules: OpeningRules, file: Path) -> None:
    """Refuses a week without hours, hours that end before they begin, and countries without known holidays.

    Raises:
        Misconfigured: The message names the setting and the mend.
    """
    if not rules.hours:
        raise Misconfigured(f"{file}: opening.hours names no day; write when people answer, as monday: 09:00-18:00")
    for day, told in rules.hours.items():
        begins, ends = told.split("-")
        if begins >= ends:
            raise Misconfigured(f"{file}: opening.hours.{day} {told!r} ends before it begins")
    try:
        if rules.holidays:
            _holidays(rules.holidays)
    except NotImplementedError as error:
        raise Misconfigured(f"{file}: opening.holidays: {error}; leave it out, and name days under `closed`") from error

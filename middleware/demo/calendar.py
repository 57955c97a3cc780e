"""Finds the day that a phrase of the demo's files means, such as "last thursday - 1 day".

Weeks begin on Monday, days and hours are those of the company's zone. `last thursday` is the newest Thursday
before today, so it is always over; `tuesday of last week` lies in the calendar week before this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NAME = "|".join(WEEKDAYS)
_PHRASE = re.compile(
    rf"(?:(?P<today>today)|last (?P<last>{_NAME})|(?P<week>{_NAME}) of last week"
    r"|day (?P<month_day>\d+) of (?P<month>last|this) month)"
    r"(?: (?P<sign>[+-]) (?P<days>\d+) days?)?"
    r"(?: (?P<hour>\d\d):(?P<minute>\d\d))?"
)


@dataclass(frozen=True)
class Calendar:
    """The calendar as it looks at one moment.

    Args:
        now: A moment with its zone.
        zone: The company's zone.
    """

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The company's day."""
        return self.day_of(self.now)

    def day_of(self, moment: datetime) -> date:
        """The company's day on which a moment lies."""
        return moment.astimezone(self.zone).date()

    def day(self, phrase: str) -> date:
        """Finds the day that a phrase means.

        Raises:
            ValueError: The phrase can't be understood.
        """
        return self._read(phrase)[0]

    def moment(self, phrase: str) -> datetime:
        """Finds the moment that a phrase with an hour means.

        Raises:
            ValueError: The phrase can't be understood, or has no hour.
        """
        day, hour = self._read(phrase)
        if hour is None:
            raise ValueError(f"{phrase!r} has no hour")
        return self.at(day, hour)

    def at(self, day: date, hour: time) -> datetime:
        """An hour of a day in the company's zone, as UTC."""
        return datetime.combine(day, hour, self.zone).astimezone(timezone.utc)

    def month(self, back: int) -> date:
        """The first day of the month that lies so many months back."""
        months = self.today.year * 12 + self.today.month - 1 - back
        return date(months // 12, months % 12 + 1, 1)

    def _read(self, phrase: str) -> tuple[date, time | None]:
        match = _PHRASE.fullmatch(phrase)
        if match is None:
            raise ValueError(f"{phrase!r} is no day of the demo's calendar")
        days = int(match["days"] or 0) * (-1 if match["sign"] == "-" else 1)
        hour = time(int(match["hour"]), int(match["minute"])) if match["hour"] else None
        return self._anchor(match) + timedelta(days=days), hour

    def _anchor(self, match: re.Match[str]) -> date:
        if match["last"]:
            back = (self.today.weekday() - WEEKDAYS.index(match["last"])) % 7 or 7
            return self.today - timedelta(days=back)
        if match["week"]:
            back = self.today.weekday() + 7 - WEEKDAYS.index(match["week"])
            return self.today - timedelta(days=back)
        if match["month"]:
            month = self.month(1 if match["month"] == "last" else 0)
            return month.replace(day=int(match["month_day"]))
        return self.today

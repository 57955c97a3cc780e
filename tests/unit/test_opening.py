"""When people are there: hours, holidays, closed days, the days on which clocks change, and how all that is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from middleware.errors import Misconfigured
from middleware.opening import HolidayRules, Opening, OpeningRules, check_opening
from middleware.opening_words import opening_words
from tests.fakes.building import project_settings

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
EVERY_DAY = (*WEEKDAYS, "saturday", "sunday")
FILE = Path("assistant.yml")


def opening(
    hours: str = "09:00-18:00", days: tuple[str, ...] = WEEKDAYS, zone: ZoneInfo = NEW_YORK, **rules: Any
) -> Opening:
    return Opening(OpeningRules(hours=dict.fromkeys(days, hours), **rules), zone)  # type: ignore[arg-type]


def there(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """A moment as the clock on the wall shows it, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(timezone.utc)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-11T08:59:59", False),
        ("2026-03-11T09:00:00", True),
        ("2026-03-11T17:59:59", True),
        ("2026-03-11T18:00:00", False),
        ("2026-03-14T12:00:00", False),  # a Saturday
    ],
)
def test_people_are_there_from_the_first_minute_to_the_last(at: str, is_open: bool) -> None:
    assert opening().is_open(there(at)) is is_open


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-11T06:00", "2026-03-11T09:00"),  # early on the same day
        ("2026-03-11T18:00", "2026-03-12T09:00"),
        ("2026-03-13T18:00", "2026-03-16T09:00"),  # over the weekend
        ("2026-03-06T20:00", "2026-03-09T09:00"),  # over the night in which the clocks go forward
        ("2026-10-30T20:00", "2026-11-02T09:00"),  # and back
    ],
)
def test_the_next_opening_is_told_by_the_clock_on_the_wall(at: str, opens: str) -> None:
    assert opening().next_opening(there(at)) == there(opens)


@pytest.mark.parametrize("hours", [23, 25])
def test_on_a_day_when_the_clocks_change_the_hours_are_those_of_the_wall(hours: int) -> None:
    day = {23: "2026-03-08", 25: "2026-11-01"}[hours]  # Sundays
    all_day = opening("00:00-24:00", EVERY_DAY)
    begins, ends = there(f"{day}T00:00"), there(f"{day}T00:00") + timedelta(hours=hours)
    only_then = opening("00:00-24:00", ("sunday",))

    assert ends - begins == timedelta(hours=hours)
    assert all(all_day.is_open(begins + timedelta(minutes=minutes)) for minutes in range(0, hours * 60, 10))
    assert only_then.is_open(begins) and only_then.is_open(ends - timedelta(seconds=1))
    assert not only_then.is_open(begins - timedelta(seconds=1)) and not only_then.is_open(ends)


def test_the_hour_that_there_is_twice_is_open_twice() -> None:
    first = datetime(2026, 11, 1, 5, 30, tzinfo=timezone.utc)  # 1:30 in summer time

    nights = opening("01:00-02:00", ("sunday",))

    assert nights.is_open(first)
    assert nights.is_open(first + timedelta(hours=1))
    assert not nights.is_open(first + timedelta(minutes=90))


def test_until_midnight_means_the_whole_evening() -> None:
    evenings = opening("18:00-24:00", ("wednesday",))

    assert evenings.is_open(there("2026-03-11T23:59:59"))
    assert not evenings.is_open(there("2026-03-12T00:00"))


def test_it_goes_by_the_companys_day_wherever_the_asker_is() -> None:
    # Friday evening in Berlin is Friday noon in New York; Monday morning there is still Sunday here.
    assert opening().is_open(datetime(2026, 3, 13, 18, 0, tzinfo=BERLIN))
    assert not opening().is_open(datetime(2026, 3, 16, 5, 0, tzinfo=BERLIN))


US = HolidayRules(country="US", state="NJ")


@pytest.mark.parametrize(
    "day",
    [
        "2026-11-26",  # Thanksgiving, a Thursday
        "2026-07-03",  # Independence Day is a Saturday, observed on the Friday
        "2027-12-24",  # Christmas is a Saturday
        "2026-12-25",
    ],
)
def test_on_a_holiday_nobody_is_there(day: str) -> None:
    assert not opening(holidays=US).is_open(there(f"{day}T12:00"))
    assert opening().is_open(there(f"{day}T12:00"))


def test_after_a_holiday_and_a_weekend_they_come_back() -> None:
    # Independence Day is observed on Friday.
    assert opening(holidays=US).next_opening(there("2026-07-02T19:00")) == there("2026-07-06T09:00")


def test_holidays_of_a_state_are_that_states() -> None:
    good_friday = there("2026-04-03T12:00")

    assert not opening(holidays=US).is_open(good_friday)
    assert opening(holidays=HolidayRules(country="US")).is_open(good_friday)
    epiphany = there("2026-01-06T12:00", BERLIN)
    assert not opening(zone=BERLIN, holidays=HolidayRules(country="DE", state="BY")).is_open(epiphany)
    assert opening(zone=BERLIN, holidays=HolidayRules(country="DE", state="BE")).is_open(epiphany)


def test_on_a_closed_day_nobody_is_there() -> None:
    stocktaking = opening(closed=(date(2026, 3, 12), date(2026, 3, 13)))

    assert not stocktaking.is_open(there("2026-03-12T12:00"))
    assert stocktaking.next_opening(there("2026-03-11T19:00")) == there("2026-03-16T09:00")


def test_an_opening_that_is_not_in_sight_is_not_told() -> None:
    closed = tuple(date(2026, 3, 11) + timedelta(days=days) for days in range(100))

    assert opening(closed=closed).next_opening(there("2026-03-11T19:00")) is None


# Wrong settings


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ({"hours": {"monday": "18:00-09:00"}}, "opening.hours.monday"),
        ({"hours": {"monday": "09:00-09:00"}}, "opening.hours.monday"),
        ({"hours": {}}, "opening.hours"),
        ({"hours": {"monday": "09:00-18:00"}, "holidays": {"country": "XX"}}, "opening.holidays"),
        ({"hours": {"monday": "09:00-18:00"}, "holidays": {"country": "US", "state": "XX"}}, "opening.holidays"),
    ],
)
def test_what_can_not_be_is_refused_with_its_name(rules: dict[str, Any], names: str) -> None:
    with pytest.raises(Misconfigured, match=names):
        check_opening(msgspec.convert(rules, OpeningRules), FILE)


@pytest.mark.parametrize("hours", ["9-18", "09:00", "09:00-25:00", "24:00-24:00", "09:60-18:00", "nine to five"])
def test_hours_have_one_form(hours: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"hours": {"monday": hours}}, OpeningRules)


def test_a_day_that_there_is_not_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"hours": {"funday": "09:00-18:00"}}, OpeningRules)


# In words


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (dict.fromkeys(WEEKDAYS, "09:00-18:00"), "Monday to Friday, 9 am to 6 pm Eastern Time"),
        (dict.fromkeys(EVERY_DAY, "08:30-20:00"), "every day, 8:30 am to 8 pm Eastern Time"),
        (dict.fromkeys(EVERY_DAY, "00:00-24:00"), "every day, around the clock"),
        (
            dict.fromkeys(WEEKDAYS, "09:00-18:00") | {"saturday": "10:00-14:30"},
            "Monday to Friday, 9 am to 6 pm, and Saturday, 10 am to 2:30 pm Eastern Time",
        ),
        (dict.fromkeys(("saturday", "sunday"), "10:00-12:00"), "Saturday and Sunday, 10 am to noon Eastern Time"),
        (
            {"monday": "09:00-17:00", "wednesday": "12:00-24:00", "friday": "09:00-17:00"},
            "Monday, 9 am to 5 pm; Wednesday, noon to midnight; Friday, 9 am to 5 pm Eastern Time",
        ),
    ],
)
def test_the_hours_are_told_as_people_say_them(hours: dict[Any, str], words: str) -> None:
    assert opening_words(OpeningRules(hours=hours), NEW_YORK, "en_US") == words


def test_the_zone_is_told_by_its_name() -> None:
    rules = OpeningRules(hours={"monday": "09:00-18:00"})

    assert opening_words(rules, BERLIN, "en_GB").endswith(" Central European Time")


def test_the_project_says_its_own_hours() -> None:
    assert project_settings().opening_hours == "Monday to Friday, 9 am to 6 pm Eastern Time"

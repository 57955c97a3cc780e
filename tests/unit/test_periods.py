"""Which days a customer's words mean."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.periods import EARLIEST, Named, Period, month_of, named, year_of

TODAY = date(2026, 3, 11)  # a Wednesday


def read(text: str, today: date = TODAY, locale: str = "en_US") -> Named:
    return named(text, today=today, locale=locale)


def days(text: str, today: date = TODAY, locale: str = "en_US") -> list[str]:
    """The periods that are named, as "first…last"; a day as it is."""
    periods = read(text, today, locale).periods
    return [f"{one.first}" if one.is_day else f"{one.first}…{one.last}" for one in periods]


OCTOBER = "2025-10-01…2025-10-31"
FEBRUARY = "2026-02-01…2026-02-28"


# Months


@pytest.mark.parametrize(
    "text",
    [
        "October",
        "oct",
        "Oct.",
        "october's bill",
        "octobers invoice",
        "ocotber please",
        "October 2025",
        "Oct '25",
        "october of 2025",
        "October last year",
        "the october one",
        "2025-10",
        "10/2025",
        "last october",
        "five months ago",
        "5 months back",
    ],
)
def test_a_month_is_meant_in_every_spelling(text: str) -> None:
    assert days(text) == [OCTOBER]


@pytest.mark.parametrize(
    "text",
    [
        "last month",
        "last month's invoice",
        "last months invoice",
        "last month’s",
        "LAST MONTH",
        "the previous month",
        "february",
        "a month ago",
        "one month ago",
    ],
)
def test_last_month_is_the_whole_month_before(text: str) -> None:
    assert days(text) == [FEBRUARY]


def test_a_month_that_has_begun_is_this_years_and_one_to_come_last_years() -> None:
    assert days("january") == ["2026-01-01…2026-01-31"]
    assert days("march") == ["2026-03-01…2026-03-31"]
    assert days("april") == ["2025-04-01…2025-04-30"]
    assert days("december") == ["2025-12-01…2025-12-31"]


def test_last_march_in_march_is_last_years() -> None:
    assert days("last march") == ["2025-03-01…2025-03-31"]
    assert days("this march") == ["2026-03-01…2026-03-31"]


def test_what_is_still_to_come_is_found_as_well() -> None:
    assert days("next month") == ["2026-04-01…2026-04-30"]
    assert days("this december") == ["2026-12-01…2026-12-31"]
    assert days("next march") == ["2027-03-01…2027-03-31"]
    assert days("october 2027") == ["2027-10-01…2027-10-31"]


def test_the_month_before_last() -> None:
    assert days("the month before last") == ["2026-01-01…2026-01-31"]


@pytest.mark.parametrize(
    "text", ["may I have an invoice", "you may send it", "I may need it", "may we get our invoices", "that may be"]
)
def test_the_verb_may_is_no_month(text: str) -> None:
    assert days(text) == []


@pytest.mark.parametrize("text", ["may", "invoice from may", "the May invoice", "May 2025", "May I have May?"])
def test_the_month_of_may_is_one(text: str) -> None:
    assert days(text) == ["2025-05-01…2025-05-31"]


def test_several_months_are_several_periods() -> None:
    assert days("October and January") == [OCTOBER, "2026-01-01…2026-01-31"]
    assert days("feb n feb") == [FEBRUARY]


# Borders


@pytest.mark.parametrize(
    ("today", "last_month"),
    [
        (date(2026, 1, 1), "2025-12-01…2025-12-31"),
        (date(2025, 12, 31), "2025-11-01…2025-11-30"),
        (date(2024, 3, 31), "2024-02-01…2024-02-29"),
        (date(2025, 3, 1), "2025-02-01…2025-02-28"),
        (date(2024, 2, 29), "2024-01-01…2024-01-31"),
    ],
)
def test_last_month_at_the_borders_of_months_and_years(today: date, last_month: str) -> None:
    assert days("last month", today) == [last_month]


def test_a_month_begins_when_it_begins_for_the_company() -> None:
    """Half past midnight in Greenwich is still the evening before in New York."""
    moment = datetime(2026, 3, 1, 0, 30, tzinfo=timezone.utc)

    assert days("last month", moment.astimezone(ZoneInfo("America/New_York")).date()) == ["2026-01-01…2026-01-31"]
    assert days("last month", moment.astimezone(timezone.utc).date()) == [FEBRUARY]


def test_new_years_eve_in_new_york_is_still_the_old_year() -> None:
    moment = datetime(2026, 1, 1, 4, 59, tzinfo=timezone.utc)
    there = moment.astimezone(ZoneInfo("America/New_York")).date()

    assert days("this year", there) == ["2025-01-01…2025-12-31"]
    assert days("december", there) == ["2025-12-01…2025-12-31"]
    assert days("this quarter", there) == ["2025-10-01…2025-12-31"]


def test_the_last_three_months_end_today_however_long_months_are() -> None:
    assert days("the last three months", date(2026, 5, 31)) == ["2026-02-28…2026-05-31"]
    assert days("last 3 months", date(2024, 5, 31)) == ["2024-02-29…2024-05-31"]


# Days


@pytest.mark.parametrize(
    "text",
    [
        "14 October",
        "14th of October",
        "the 14th of october",
        "October 14",
        "october the 14th",
        "Oct 14th, 2025",
        "14 oct 2025",
        "2025-10-14",
        "10/14/2025",
        "10/14/25",
        "10/14",
        "14/10",
        "14.10.2025",
        "dated October 14",
    ],
)
def test_a_day_is_meant_in_every_spelling(text: str) -> None:
    assert days(text) == ["2025-10-14"]


def test_figures_are_read_as_the_companys_country_writes_them() -> None:
    assert days("11/02/2025", locale="en_US") == ["2025-11-02"]
    assert days("11/02/2025", locale="en_GB") == ["2025-02-11"]
    assert days("11/02", locale="en_US") == ["2025-11-02"]
    assert days("02.11.2025", locale="de_DE") == ["2025-11-02"]


def test_the_29th_of_february_is_that_of_a_leap_year() -> None:
    assert days("29 February") == ["2024-02-29"]
    assert days("feb 29", date(2024, 2, 29)) == ["2024-02-29"]
    assert days("29 February 2025") == ["2025-02-01…2025-02-28"]


def test_the_14th_alone_is_the_last_one() -> None:
    assert days("dated around the 14th") == ["2026-02-14"]
    assert days("the one from the 11th") == ["2026-03-11"]
    assert days("from the 31st") == ["2026-01-31"]


@pytest.mark.parametrize("text", ["the 2nd one", "the second one", "the 14th", "1st", "send the 3rd"])
def test_an_ordinal_that_picks_from_a_list_is_no_day(text: str) -> None:
    assert days(text) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-03-11"),
        ("yesterday's", "2026-03-10"),
        ("on friday", "2026-03-06"),
        ("last friday", "2026-03-06"),
        ("on wednesday", "2026-03-11"),
        ("last wednesday", "2026-03-04"),
        ("from Mon", "2026-03-09"),
        ("3 days ago", "2026-03-08"),
    ],
)
def test_a_day_of_the_week_is_the_last_one(text: str, day: str) -> None:
    assert days(text) == [day]


@pytest.mark.parametrize("text", ["bill for the sun hat", "I sat down", "we wed", "a second copy", "mon ami"])
def test_what_only_looks_like_a_day_is_none(text: str) -> None:
    assert days(text) == []


# Years, quarters, weeks


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2025", "2025-01-01…2025-12-31"),
        ("all of this year", "2026-01-01…2026-12-31"),
        ("last year", "2025-01-01…2025-12-31"),
        ("two years ago", "2024-01-01…2024-12-31"),
        ("year to date", "2026-01-01…2026-12-31"),
        ("ytd", "2026-01-01…2026-12-31"),
        ("Q3", "2025-07-01…2025-09-30"),
        ("q1", "2026-01-01…2026-03-31"),
        ("Q2", "2025-04-01…2025-06-30"),
        ("Q3 2024", "2024-07-01…2024-09-30"),
        ("the third quarter of last year", "2025-07-01…2025-09-30"),
        ("3rd quarter", "2025-07-01…2025-09-30"),
        ("last quarter", "2025-10-01…2025-12-31"),
        ("this quarter", "2026-01-01…2026-03-31"),
        ("H1 2025", "2025-01-01…2025-06-30"),
        ("the second half of last year", "2025-07-01…2025-12-31"),
        ("first half of the year", "2026-01-01…2026-06-30"),
        ("last week", "2026-03-02…2026-03-08"),
        ("this week", "2026-03-09…2026-03-15"),
        ("2 weeks back", "2026-02-23…2026-03-01"),
        ("the last 90 days", "2025-12-11…2026-03-11"),
        ("last half year", "2025-09-11…2026-03-11"),
        ("the past year", "2025-03-11…2026-03-11"),
        ("the last couple of months", "2026-01-11…2026-03-11"),
        ("past few weeks", "2026-02-18…2026-03-11"),
    ],
)
def test_longer_times_are_meant(text: str, period: str) -> None:
    assert days(text) == [period]


def test_years_are_listed_one_by_one() -> None:
    assert days("2024 and 2025") == ["2024-01-01…2024-12-31", "2025-01-01…2025-12-31"]


@pytest.mark.parametrize("text", ["order 2024", "#2024", "INV-2024", "$2024", "20245", "184.50", "24/7 please", "10-4"])
def test_a_number_of_something_else_is_no_year_and_no_day(text: str) -> None:
    assert days(text) == []


# From and to


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("from March to May", "2025-03-01…2025-05-31"),
        ("march - may", "2025-03-01…2025-05-31"),
        ("between March and May 2024", "2024-03-01…2024-05-31"),
        ("march to may 2024", "2024-03-01…2024-05-31"),
        ("from October to January", "2025-10-01…2026-01-31"),
        ("from October 2024 to January", "2024-10-01…2026-01-31"),
        ("from 3 March to 9 April 2025", "2025-03-03…2025-04-09"),
        ("january through february", "2026-01-01…2026-02-28"),
        ("from january up to march", "2026-01-01…2026-03-31"),
        ("2023-2024", "2023-01-01…2024-12-31"),
        ("from 2023 to 2025", "2023-01-01…2025-12-31"),
        ("Q1 to Q2 2025", "2025-01-01…2025-06-30"),
        ("from May 2025 to March 2025", "2025-03-01…2025-05-31"),
        ("from last year to now, I mean last month", "2025-01-01…2025-12-31"),
    ],
)
def test_from_one_time_to_another(text: str, period: str) -> None:
    assert days(text)[0] == period


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("since January", "2026-01-01…2026-03-11"),
        ("since 3 December", "2025-12-03…2026-03-11"),
        ("from november onwards", "2025-11-01…2026-03-11"),
        ("after january", "2026-02-01…2026-03-11"),
        ("until june 2024", f"{EARLIEST}…2024-06-30"),
        ("upto 31st January", f"{EARLIEST}…2026-01-31"),
        ("up to March 2025", f"{EARLIEST}…2025-03-31"),
        ("before 2025", f"{EARLIEST}…2024-12-31"),
    ],
)
def test_since_and_until(text: str, period: str) -> None:
    assert days(text) == [period]


# What is left


def test_the_words_beside_a_period_are_left() -> None:
    assert read("the jacket from last month please").rest.split() == ["the", "jacket", "from", "please"]
    assert read("no period here").rest == "no period here"


@pytest.mark.parametrize(
    "text", ["", "🙂🙂", "我要十月的发票", "'", "of the", "the the the", "--", "q", "last", "1/2/3/4"]
)
def test_a_text_without_a_period_has_none(text: str) -> None:
    assert days(text) == []


def test_a_period_knows_what_it_is() -> None:
    assert month_of(date(2024, 2, 9)) == Period(first=date(2024, 2, 1), last=date(2024, 2, 29))
    assert month_of(TODAY).is_month and not month_of(TODAY).is_year and not month_of(TODAY).is_day
    assert year_of(2025).is_year
    assert date(2025, 12, 31) in year_of(2025) and date(2026, 1, 1) not in year_of(2025)


@given(text=st.text(max_size=60), today=st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)))
def test_no_text_is_too_much(text: str, today: date) -> None:
    for period in read(text, today).periods:
        assert period.first <= period.last


WORDS = st.sampled_from(
    re.findall(
        r"\S+",
        """last next this the of from to since until before half year month quarter q3 h1 3 14th 29 february may 2024
        2025-02-30 10/31 ago week 999 years - and between past few friday 0000-00-00 first second""",
    )
)


@given(words=st.lists(WORDS, max_size=9), today=st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)))
def test_no_row_of_such_words_is_too_much(words: list[str], today: date) -> None:
    for period in read(" ".join(words), today).periods:
        assert period.first <= period.last


def test_a_long_message_takes_no_long_time() -> None:
    begun = time.process_time()

    read("october maybe febuary " * 180)

    assert time.process_time() - begun < 1

"""How the company writes days, things and numbers."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from actions.words import Fill, Words
from tests.fakes.building import NOW, line, project_settings

SETTINGS = project_settings()
TODAY = date(2026, 3, 11)  # a Wednesday


@pytest.fixture
def words() -> Words:
    return Words(SETTINGS, NOW)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "Wednesday, 11 March"),
        (1, "Tuesday"),
        (2, "Monday"),
        (6, "Thursday"),
        (7, "Wednesday, 4 March"),
        (8, "Tuesday, 3 March"),
        (-1, "Thursday, 12 March"),
        (-6, "Tuesday, 17 March"),
        (-30, "Friday, 10 April"),
        (69, "Thursday, 1 January"),
        (70, "31 December 2025"),
        (400, "4 February 2025"),
        (-300, "5 January 2027"),
    ],
)
def test_a_day_is_said_as_people_say_it(words: Words, days: int, said: str) -> None:
    assert words.day(TODAY - timedelta(days=days), "Order.placed_at") == said


def test_a_near_day_of_the_other_year_still_has_its_weekday() -> None:
    january = Words(SETTINGS, datetime(2026, 1, 10, 12, tzinfo=timezone.utc))

    assert january.day(date(2025, 12, 20), "x") == "Saturday, 20 December"
    assert january.day(date(2025, 11, 10), "x") == "10 November 2025"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 3, 11, 3, 59, tzinfo=timezone.utc), "Tuesday"),  # 23:59 on Tuesday in New York
        (datetime(2026, 3, 11, 4, 0, tzinfo=timezone.utc), "Wednesday, 11 March"),  # midnight there
        (datetime(2026, 3, 8, 4, 59, tzinfo=timezone.utc), "Saturday"),  # before the clocks changed
        (datetime(2026, 3, 9, 4, 0, tzinfo=timezone.utc), "Monday"),  # after it
        (datetime(2026, 3, 11, 23, 30, tzinfo=ZoneInfo("Asia/Tokyo")), "Wednesday, 11 March"),
    ],
)
def test_a_moment_falls_on_the_companys_day(words: Words, moment: datetime, said: str) -> None:
    assert words.day(moment, "Order.placed_at") == said


def test_today_is_the_companys_today() -> None:
    # given half past one in the night in UTC, which is still Tuesday in New York
    late = Words(SETTINGS, datetime(2026, 3, 11, 1, 30, tzinfo=timezone.utc))

    assert late.day(TODAY - timedelta(days=1), "x") == "Tuesday, 10 March"
    assert late.day(TODAY - timedelta(days=7), "x") == "Wednesday"


def test_days_are_written_in_the_companys_language() -> None:
    german = Words(replace(SETTINGS, company=replace(SETTINGS.company, locale="de_DE")), NOW)

    assert german.day(TODAY - timedelta(days=1), "x") == "Dienstag"
    assert german.number(Decimal("1234.5"), "x") == "1.234,5"


@pytest.mark.parametrize(
    ("value", "said"),
    [("1", "1"), ("2.00", "2"), ("10", "10"), ("2.50", "2.5"), ("1200", "1,200"), ("0.125", "0.125"), ("1E+2", "100")],
)
def test_a_quantity_has_no_zeros_behind_the_point(words: Words, value: str, said: str) -> None:
    assert words.number(Decimal(value), "x") == said


def test_an_item_is_told_with_what_tells_its_variant_apart(words: Words) -> None:
    jacket = line("alpine jacket", options={"colour": "blue", "size": "M"})

    assert words.item(jacket) == "alpine jacket, blue, M"
    assert words.item(line("head lamp")) == "head lamp"


def test_an_item_without_a_name_is_told_by_its_sku(words: Words) -> None:
    nameless = line("", sku="LMP-2", options={"colour": "red"})

    assert words.item(nameless) == "LMP-2, red"
    assert words.items([nameless, line("mug")]) == "LMP-2 (red) and mug"


def test_items_are_listed_as_a_sentence(words: Words) -> None:
    lamp, mug, tent = line("head lamp"), line("mug", "2"), line("tent", "3")

    assert words.items([lamp]) == "head lamp"
    assert words.items([lamp, mug]) == "head lamp and mug"
    assert words.items([lamp, mug, tent]) == "head lamp, mug, and tent"


def test_an_order_without_lines_has_no_items(words: Words) -> None:
    assert words.items([]) == ""


def test_every_word_remembers_where_it_came_from(words: Words) -> None:
    said = [
        words.day(TODAY, "Order.placed_at"),
        words.number(Decimal(1), "OrderLine.quantity"),
        words.item(line()),
        words.items([line(), line("mug", "2")]),
        words.company(),
        *words.team().values(),
    ]

    assert [one.source for one in said] == [
        "Order.placed_at",
        "OrderLine.quantity",
        "OrderLine.name,OrderLine.sku,OrderLine.options",
        "OrderLine.name,OrderLine.sku,OrderLine.options",
        "settings.company.name",
        "settings.company.phone",
        "settings.company.email",
        "settings.opening_hours",
    ]


def test_a_fill_is_a_text_like_any_other() -> None:
    fill = Fill("blue", "OrderLine.options")

    assert f"the {fill} one" == "the blue one"
    assert isinstance(fill, str)

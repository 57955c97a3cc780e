"""What stands in a file becomes a value, or a sentence that says what was expected."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from middleware.importing import values
from middleware.importing.errors import Wrong
from middleware.records import OrderStatus

NEW_YORK = ZoneInfo("America/New_York")
MOST_DIGITS = "9999999999999.99999"

Read = Callable[[str], Any]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (values.identifier, " #A-0077 1", " #A-0077 1"),
        (values.identifier, "x" * 255, "x" * 255),
        (values.words, "  Newark ", "Newark"),
        (values.required_words, " torn zip", "torn zip"),
        (values.phone("US"), "(201) 555-0150", "+12015550150"),
        (values.phone("US"), " +44 20 7946 0018 ", "+442079460018"),
        (values.phone("DE"), "030 123456", "+4930123456"),
        (values.email, " Mary@Example.COM ", "mary@example.com"),
        (values.day, " 2026-11-20 ", date(2026, 11, 20)),
        (values.status, "Partly_Shipped ", OrderStatus.PARTLY_SHIPPED),
        (values.country, "us", "US"),
        (values.currency, " eur", "EUR"),
        (values.units, "0", 0),
        (values.units, "2147483647", 2147483647),
        (values.price, "1234.50", Decimal("1234.50")),
        (values.price, MOST_DIGITS, Decimal(MOST_DIGITS)),
        (values.price, "12.5000000", Decimal("12.5")),
        (values.amount, "-10", Decimal(-10)),
        (values.degrees(90), "-40.7357", -40.7357),
        (values.degrees(180), "180", 180.0),
        (values.options, "colour=blue; size = M;", {"colour": "blue", "size": "M"}),
        (values.options, "length=a=b", {"length": "a=b"}),
    ],
)
def test_a_value_is_taken_as_people_write_it(read: Read, text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T14:30:00-05:00", utc(2026, 11, 20, 19, 30)),
        ("2026-11-20T14:30:00.250Z", datetime(2026, 11, 20, 14, 30, 0, 250_000, timezone.utc)),
        ("2026-11-20T14:30:00", utc(2026, 11, 20, 19, 30)),
        ("2026-11-20 14:30", utc(2026, 11, 20, 19, 30)),
        ("2026-11-20T14:30+01:00", utc(2026, 11, 20, 13, 30)),
        ("2026-07-20T14:30", utc(2026, 7, 20, 18, 30)),
        ("2026-11-20", utc(2026, 11, 20, 17)),
        (" 2026-07-20 ", utc(2026, 7, 20, 16)),
    ],
)
def test_a_moment_without_a_zone_is_the_companys_and_a_day_is_its_noon(text: str, moment: datetime) -> None:
    assert values.moment(NEW_YORK)(text) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-20", date(2026, 11, 20)),
        ("2026-11-20T23:00", date(2026, 11, 20)),
        ("2026-11-20T03:00:00Z", date(2026, 11, 19)),
    ],
)
def test_a_moment_may_stand_for_the_companys_day(text: str, day: date) -> None:
    assert values.day_or_moment(NEW_YORK)(text) == day


WRONG: list[tuple[Read, list[str], str]] = [
    (values.identifier, ["", "x" * 256], "is not an id; write any text of 1 to 255 characters"),
    (values.required_words, ["", " "], "is empty; write some text"),
    (
        values.phone("US"),
        ["12", "banana", "+1", "555-01"],
        "is not a phone number; write +12015550123, or a number as it is dialled in US",
    ),
    (values.email, ["mary", "mary@", "a b@example.com"], "is not an e-mail address; write name@example.com"),
    (
        values.moment(NEW_YORK),
        [
            "yesterday",
            "2026-13-01",
            "11/20/2026",
            "2026-11-20T25:00",
            "2026-11-31",
            "",
            "20261120T1430",
            "9999-12-31T23:59",
        ],
        "is not a moment; write 2026-11-20T14:30:00-05:00 or 2026-11-20",
    ),
    (
        values.day_or_moment(NEW_YORK),
        ["soon"],
        "is not a moment; write 2026-11-20T14:30:00-05:00 or 2026-11-20",
    ),
    (values.day, ["20.11.2026", "2026-02-30", "2026-11-20T10:00"], "is not a day; write 2026-11-20"),
    (
        values.status,
        ["lost", ""],
        "is not a status; write one of placed, picking, packed, shipped, partly_shipped, delayed, delivered, "
        "returned, cancelled",
    ),
    (
        values.country,
        ["USA", "ZZ", "EU", "12", "Germany"],
        "is not a country; write its two letters of ISO 3166, such as US",
    ),
    (
        values.currency,
        ["$", "XYZ", "dollars"],
        "is not a currency; write its three letters of ISO 4217, such as USD",
    ),
    (
        values.units,
        ["-1", "1.5", "1,000", "2147483648", "9" * 5000, "١"],
        "is not a whole number; write one from 0 to 2147483647",
    ),
    (
        values.amount,
        ["1,234.50", "$5", "NaN", "Infinity", "1e5", "1.000001", "10000000000000", "9" * 5000, ".5", "1_0", "١"],
        "is not an amount; write 1234.50, with at most 13 digits before the point and 5 after it",
    ),
    (values.price, ["-1", " -0.01"], "is not a price; write 0 or more"),
    (
        values.degrees(90),
        ["90.1", "north", "nan", "1e1"],
        "is not a number of degrees; write one from -90 to 90, such as 40.7357",
    ),
    (
        values.options,
        ["blue", "colour=", "=blue", "size=M;size=L"],
        "is not a list of options; write colour=blue;size=M",
    ),
]


@pytest.mark.parametrize(
    ("read", "text", "said"), [(read, text, said) for read, texts, said in WRONG for text in texts]
)
def test_a_wrong_value_is_refused_with_what_was_expected(read: Read, text: str, said: str) -> None:
    with pytest.raises(Wrong) as caught:
        read(text)

    assert str(caught.value) == said


@given(text=st.text())
@example(text="0\x1f")  # which `strip` takes for a space, and `float` doesn't
@pytest.mark.parametrize("read", [read for read, _, _ in WRONG])
def test_whatever_stands_there_is_a_value_or_is_refused(read: Read, text: str) -> None:
    with contextlib.suppress(Wrong):
        read(text)

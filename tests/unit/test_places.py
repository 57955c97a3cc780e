"""Where places are, and which place a customer's words name."""

from __future__ import annotations

import pytest

from middleware.places import kilometres, locate, named, postcode, zone_of
from middleware.records import Address

HOBOKEN = Address(city="Hoboken", state="NJ", country="US", postcode="07030")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("500 of BLU-JKT-M, ship to Boston", "Boston"),
        ("near 02110", "Boston"),
        ("ship to 02110-1234 please", "Boston"),
        ("07302", "Jersey City"),
        ("Columbus, OH", "Columbus"),
        ("to Portland, Maine", "Portland"),
        ("boston", "Boston"),
        ("delivered to st. louis", "St. Louis"),
        ("ship to new york city", "New York City"),
        ("NYC", "New York City"),
        ("to Toronto", "Toronto"),
        ("in Montclair NJ", "Montclair"),
        ("to Lakehurst, NJ", "Lakehurst"),
    ],
)
def test_a_place_that_is_named_is_found(text: str, name: str) -> None:
    found = named(text, "US")

    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "text",
    [
        "is it in stock",
        "in medium",
        "to me",
        "order 10023",
        "the nearest warehouse",
        "the first one",
        "for us",
        "for the trip in May",
        "by friday",
        "to 99999",
        "",
        "👍",
        "куда угодно",
    ],
)
def test_what_is_no_place_is_not_taken_for_one(text: str) -> None:
    assert named(text, "US") is None


def test_a_colour_is_no_place_where_it_is_known_to_be_a_colour() -> None:
    assert named("do you have it in orange", "US") is not None
    assert named("do you have it in orange", "US", ignoring=["orange"]) is None


def test_an_address_is_found_by_its_postcode_or_else_by_its_city() -> None:
    by_code = locate(HOBOKEN)
    by_city = locate(Address(city="Toronto", country="CA", postcode="M5V 2T6"))

    assert by_code is not None and round(by_code.latitude) == 41
    assert by_city is not None and round(by_city.longitude) == -79
    assert locate(Address(country="US", postcode="nonsense")) is None
    assert locate(Address()) is None


def test_the_zone_is_that_of_the_place() -> None:
    zones = [zone_of(one) for one in (HOBOKEN, Address(country="US", postcode="90013"), Address())]

    assert [zone.key if zone else None for zone in zones] == ["America/New_York", "America/Los_Angeles", None]


def test_a_distance_is_the_one_on_the_globe() -> None:
    boston, newark = postcode("02110"), postcode("07114")

    assert boston is not None and newark is not None
    assert kilometres(boston, newark) == pytest.approx(322, abs=10)
    assert kilometres(boston, boston) == 0


@pytest.mark.parametrize("code", ["", "1", "00000", "1234x", "02110' OR 1=1", "9" * 400])
def test_what_is_no_postcode_is_none(code: str) -> None:
    assert postcode(code) is None

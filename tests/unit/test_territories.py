"""Which rule a lead fits, and whose it is by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from middleware.lead_rules import BudgetRange, LeadRules, SizeRange, Territory, Where
from middleware.records import Budget, Headcount
from middleware.territories import Pick, Place, Territories, Traits, place_of_phone
from tests.fakes.building import Bench

MakeBench = Callable[..., Bench]

FALLBACK = "sales@fernhill.example"


def territories(*wheres: Where, **fields: Any) -> Territories:
    """Rules that are called 1, 2, 3, …, each with an owner of its own."""
    rules = tuple(
        Territory(name=str(number), where=where, region=f"region {number}", owner=f"Owner{number}@fernhill.example")
        for number, where in enumerate(wheres, start=1)
    )
    return Territories(LeadRules(record="lead", reply_within="a day", fallback=FALLBACK, territories=rules, **fields))


def fitting(where: Where, **traits: Any) -> bool:
    return territories(where).rule_for(Traits(**traits)) is not None


def size(low: int, high: int | None = -1) -> Headcount:
    return Headcount(low=low, high=low if high == -1 else high)


def budget(low: str, high: str | None = "", currency: str = "USD") -> Budget:
    return Budget(low=Decimal(low), high=Decimal(high or low) if high is not None else None, currency=currency)


# Place


@pytest.mark.parametrize(
    ("where", "place", "fits"),
    [
        (Where(countries=("US",)), Place(country="US"), True),
        (Where(countries=("US", "CA")), Place(country="CA"), True),
        (Where(countries=("US",)), Place(country="CA"), False),
        (Where(countries=("US",)), Place(), False),
        (Where(countries=("US",), states=("NJ",)), Place(country="US", state="NJ"), True),
        (Where(countries=("US",), states=("NJ",)), Place(country="US", state="NY"), False),
        (Where(countries=("US",), states=("NJ",)), Place(country="US"), False),
        (Where(countries=("US",), states=("DE",)), Place(country="DE", state="DE"), False),
        (Where(countries=("US",), states=("NJ",)), Place(country="US", postcode="07030"), True),
        (Where(countries=("US",), states=("NJ",)), Place(country="US", postcode="07030-1234"), True),
        (Where(countries=("US",), states=("NJ",)), Place(country="US", postcode="99999"), False),
        (Where(countries=("CA",), states=("ON",)), Place(country="CA", postcode="M5V 2T6"), True),
        (Where(countries=("CA",), states=("NT",)), Place(country="CA", postcode="X1A 2P7"), False),
        (Where(countries=("US",), postcodes=("070", "100")), Place(country="US", postcode="10013"), True),
        (Where(countries=("US",), postcodes=("070",)), Place(country="US", postcode="07130"), False),
        (Where(countries=("US",), postcodes=("070",)), Place(country="US", state="NJ"), False),
        (Where(countries=("US",), postcodes=("070",)), Place(country="DE", postcode="07030"), False),
        (Where(countries=("CA",), postcodes=("M5V 2",)), Place(country="CA", postcode="m5v2t6"), True),
    ],
)
def test_a_place_fits_as_far_as_it_is_known(where: Where, place: Place, fits: bool) -> None:
    assert fitting(where, place=place) is fits


@pytest.mark.parametrize(
    ("phone", "place"),
    [
        ("+12015550110", Place(country="US", state="NJ")),
        ("+12125550159", Place(country="US", state="NY")),
        ("+12025550159", Place(country="US", state="DC")),
        ("+14165550123", Place(country="CA", state="ON")),
        ("+15145550123", Place(country="CA", state="QC")),
        ("+18005550100", Place(country="US")),
        ("+442071838750", Place(country="GB")),
        ("+4915112345678", Place(country="DE")),
        ("+999123456", Place()),
        ("none", Place()),
    ],
)
async def test_a_phone_number_tells_a_country_and_in_north_america_a_state(phone: str, place: Place) -> None:
    assert await place_of_phone(phone) == place


# Size and budget: of a range, the low end counts


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        (size(50), True),
        (size(100), True),
        (size(49), False),
        (size(101), False),
        (size(50, 500), True),
        (size(20, 80), False),
        (size(60, None), True),
        (size(10, None), False),
        (size(1, 75), True),
        (size(1, 49), False),
        (size(1, 500), False),
        (size(1, None), False),
        (size(1), False),
        (None, False),
    ],
)
def test_a_company_fits_by_how_many_people_it_has_for_sure(told: Headcount | None, fits: bool) -> None:
    assert fitting(Where(size=SizeRange(least=50, most=100)), size=told) is fits


def test_ranges_that_follow_upon_each_other_leave_no_gap() -> None:
    rules = territories(
        Where(size=SizeRange(most=49)),
        Where(size=SizeRange(least=50, most=249)),
        Where(size=SizeRange(least=250)),
    )

    for low in range(1, 300):
        for high in (low, low + 10, low + 1000, None):
            assert rules.rule_for(Traits(size=size(low, high))) is not None


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        (budget("20000"), True),
        (budget("19999.99"), False),
        (budget("50000"), True),
        (budget("50000.01"), False),
        (budget("20000", "90000"), True),
        (budget("5000", "30000"), False),
        (budget("30000", None), True),
        (budget("0", "30000"), True),
        (budget("30000", currency="EUR"), False),
        (None, False),
    ],
)
def test_a_budget_fits_in_its_own_currency_alone(told: Budget | None, fits: bool) -> None:
    wanted = BudgetRange(currency="USD", least=Decimal(20000), most=Decimal(50000))

    assert fitting(Where(budget=wanted), budget=told) is fits


# Industry


@pytest.mark.parametrize(
    ("wish", "company", "industries"),
    [
        ("jackets for our hotel", "", ("hospitality",)),
        ("", "Grand Hotel Ltd", ("hospitality",)),
        ("we run three HOTELS", "", ("hospitality",)),
        ("bed-and-breakfast jackets", "", ("hospitality",)),
        ("school trips, and a hotel", "", ("hospitality", "education")),
        ("we are schooled in tents", "Hotelier Supplies", ()),
        ("", "Ｈｏｔｅｌ", ("hospitality",)),
        ("jackets", "Acme", ()),
    ],
)
def test_an_industry_is_known_by_whole_words(wish: str, company: str, industries: tuple[str, ...]) -> None:
    words = {"hospitality": ("Hotel", "bed-and-breakfast"), "education": ("school",)}

    assert territories(industries=words).industries_in(wish, company) == industries


def test_any_industry_that_is_named_fits() -> None:
    where = Where(industries=("education", "hospitality"))

    assert fitting(where, industries=("hospitality", "mining"))
    assert not fitting(where, industries=("mining",))
    assert not fitting(where)


# The order


def test_the_first_rule_that_fits_decides_and_all_that_it_names_must_hold() -> None:
    both = Where(countries=("US",), size=SizeRange(least=100))
    rules = territories(both, Where(countries=("US",)), Where(size=SizeRange(least=100)))

    def rule(**traits: Any) -> str | None:
        found = rules.rule_for(Traits(**traits))
        return found.name if found else None

    assert rule(place=Place(country="US"), size=size(100)) == "1"
    assert rule(place=Place(country="US"), size=size(99)) == "2"
    assert rule(place=Place(country="US")) == "2"
    assert rule(place=Place(country="CA"), size=size(100)) == "3"
    assert rule(size=size(99)) is None
    assert rule() is None


# Who gets it


async def test_an_owner_gets_what_their_rule_fits_and_the_fallback_the_rest(bench: MakeBench) -> None:
    desk, rules = bench(), territories(Where(countries=("US",)))

    def picks(connection: Connection) -> list[Pick]:
        return [rules.pick(connection, Traits(place=Place(country=country))) for country in ("US", "CA")]

    assert await desk.middleware.store.write(picks) == [
        Pick(owner="owner1@fernhill.example", region="region 1"),
        Pick(owner=FALLBACK),
    ]


def with_teams() -> Territories:
    """Two rules of one team of three, and one of another."""
    rules = LeadRules(
        record="lead",
        reply_within="a day",
        fallback=FALLBACK,
        teams={"east": ("A@fernhill.example", "b@fernhill.example", "c@fernhill.example"), "west": ("d@x.example",)},
        territories=(
            Territory(name="US", where=Where(countries=("US",)), team="east"),
            Territory(name="CA", where=Where(countries=("CA",)), team="east", region="Canada"),
            Territory(name="MX", where=Where(countries=("MX",)), team="west"),
        ),
    )
    return Territories(rules)


async def test_the_members_of_a_team_take_turns_whichever_rule_it_was(bench: MakeBench) -> None:
    desk, rules = bench(), with_teams()

    async def picked(country: str) -> Pick:
        traits = Traits(place=Place(country=country))
        return await desk.middleware.store.write(lambda connection: rules.pick(connection, traits))

    picks = [await picked(country) for country in ("US", "CA", "MX", "US", "CA", "US", "MX")]

    assert [pick.owner[0] for pick in picks] == ["a", "b", "d", "c", "a", "b", "d"]
    assert picks[1] == Pick(owner="b@fernhill.example", team="east", region="Canada")


async def test_a_turn_counts_only_if_the_lead_is_stored(bench: MakeBench) -> None:
    desk, rules = bench(), with_teams()
    traits = Traits(place=Place(country="US"))

    def fails(connection: Connection) -> None:
        rules.pick(connection, traits)
        raise ValueError("the store is full")

    for _ in range(2):
        with pytest.raises(ValueError, match="full"):
            await desk.middleware.store.write(fails)

    picks = [await desk.middleware.store.write(lambda c: rules.pick(c, traits)) for _ in range(6)]
    assert Counter(pick.owner[0] for pick in picks) == {"a": 2, "b": 2, "c": 2}
    assert picks[0].owner[0] == "a"

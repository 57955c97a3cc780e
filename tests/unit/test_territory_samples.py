"""What the territory rules come to: who gets which sample lead, and which rule no lead can reach."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from middleware import bootstrap, settings
from middleware.addresses import state_of
from middleware.lead_rules import BudgetRange, LeadRules, SizeRange, Territory, Where
from middleware.records import Budget, Headcount
from middleware.territories import Place, Territories, Traits
from middleware.territories_command import table, warnings
from middleware.territory_samples import reaches, warn_of_unreachable
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ASSISTANT_FILE, ROOT, Bench, environment

MakeBench = Callable[..., Bench]

INDUSTRIES = {"hospitality": ("hotel", "lodge"), "education": ("school", "hotel school")}
NEW_ENGLAND = ("CT", "MA", "ME", "NH", "RI", "VT")


def rules(*wheres: Where) -> LeadRules:
    """Rules that are called 1, 2, 3, …."""
    return LeadRules(
        record="lead",
        reply_within="a day",
        fallback="sales@fernhill.example",
        industries=INDUSTRIES,
        territories=tuple(
            Territory(name=str(number), where=where, owner=f"owner{number}@fernhill.example")
            for number, where in enumerate(wheres, start=1)
        ),
    )


def people(least: int | None = None, most: int | None = None) -> SizeRange:
    return SizeRange(least=least, most=most)


def money(least: int | None = None, most: int | None = None, currency: str = "USD") -> BudgetRange:
    ends = {"least": least, "most": most}
    return BudgetRange(currency=currency, **{name: None if end is None else Decimal(end) for name, end in ends.items()})


def unreached(*wheres: Where) -> dict[str, list[str]]:
    """The rules that get nothing, and which rules take it all."""
    found = [reach for reach in reaches(rules(*wheres)) if reach.sample is None]
    return {reach.territory.name: [one.name for one in reach.taken_by] for reach in found}


@pytest.mark.parametrize(
    ("wheres", "expected"),
    [
        # the same again, or less of it
        ([Where(countries=("US",)), Where(countries=("US",))], {"2": ["1"]}),
        ([Where(countries=("US",)), Where(countries=("US",), states=("NJ",))], {"2": ["1"]}),
        ([Where(countries=("US",)), Where(countries=("US",), size=people(10))], {"2": ["1"]}),
        ([Where(size=people(10)), Where(size=people(20, 30))], {"2": ["1"]}),
        # more of it
        ([Where(countries=("US",), states=("NJ",)), Where(countries=("US",))], {}),
        ([Where(size=people(20, 30)), Where(size=people(10))], {}),
        ([Where(countries=("US",)), Where(size=people(10))], {}),
        # taken by several together
        ([Where(size=people(most=49)), Where(size=people(50)), Where(size=people(10, 100))], {"3": ["1", "2"]}),
        ([Where(size=people(most=49)), Where(size=people(51)), Where(size=people(10, 100))], {}),
        ([Where(countries=("US",)), Where(countries=("CA",)), Where(countries=("US", "CA"))], {"3": ["1", "2"]}),
        ([Where(budget=money(most=9)), Where(budget=money(10)), Where(budget=money(5, 20))], {}),
        ([Where(budget=money(most=10)), Where(budget=money(10)), Where(budget=money(5, 20))], {"3": ["1", "2"]}),
        (
            [
                Where(countries=("US",), size=people(most=49)),
                Where(countries=("US",), size=people(50)),
                Where(countries=("CA",)),
                Where(countries=("US", "CA"), size=people(1)),
                Where(countries=("US", "CA")),
            ],
            {"4": ["1", "2", "3"]},
        ),
        # other currencies
        ([Where(budget=money(10)), Where(budget=money(10, currency="EUR"))], {}),
        # a yen has no cents
        (
            [
                Where(budget=money(most=9, currency="JPY")),
                Where(budget=money(10, currency="JPY")),
                Where(budget=money(5, 20, "JPY")),
            ],
            {"3": ["1", "2"]},
        ),
        # industries: a hotel school is a hotel, too
        ([Where(industries=("hospitality",)), Where(industries=("education",))], {}),
        ([Where(industries=("education", "hospitality")), Where(industries=("education",))], {"2": ["1"]}),
        # postcodes: of their states, and one that begins like another
        (
            [Where(countries=("US",), states=("NJ",)), Where(countries=("US",), postcodes=("070",))],
            {"2": ["1"]},
        ),
        ([Where(countries=("US",), states=("NJ",)), Where(countries=("US",), postcodes=("0",))], {}),
        (
            [
                Where(countries=("US",), states=(*NEW_ENGLAND, "NJ", "NY", "PR", "VI")),
                Where(countries=("US",), postcodes=("0",)),
            ],
            {},  # the forces have some in Europe
        ),
        ([Where(countries=("US",), postcodes=("0703",)), Where(countries=("US",), postcodes=("070",))], {}),
        ([Where(countries=("US",), postcodes=("070",)), Where(countries=("US",), postcodes=("0703",))], {"2": ["1"]}),
        ([Where(countries=("US",), postcodes=("000",))], {"1": []}),
        ([Where(countries=("US",), states=("NY",), postcodes=("070",))], {"1": []}),
        ([Where(countries=("CA",), states=("ON",)), Where(countries=("CA",), postcodes=("M5",))], {"2": ["1"]}),
        ([Where(countries=("CA",), states=("BC",), postcodes=("M5",))], {"1": []}),
        (
            [
                Where(countries=("DE",), postcodes=tuple(f"8{digit}" for digit in range(10))),
                Where(countries=("DE",), postcodes=("8",)),
            ],
            {"2": ["1"]},
        ),
        (
            [
                Where(countries=("DE",), postcodes=tuple(f"8{digit}" for digit in range(9))),
                Where(countries=("DE",), postcodes=("8",)),
            ],
            {},
        ),
        (
            [
                Where(countries=("CA",), postcodes=tuple(f"V{digit}" for digit in range(10))),
                Where(countries=("CA",), postcodes=("V",)),
            ],
            {"2": ["1"]},
        ),
        (
            [
                Where(countries=("GB",), postcodes=tuple(f"W{digit}" for digit in range(10))),
                Where(countries=("GB",), postcodes=("W",)),
            ],
            {},
        ),
        (
            [
                Where(countries=("DE",), postcodes=("8", "80331")),
                Where(countries=("DE",), postcodes=("80331",), size=people(2)),
            ],
            {"2": ["1"]},
        ),
    ],
)
def test_a_rule_that_others_before_it_take_everything_from_is_found(
    wheres: list[Where], expected: dict[str, list[str]]
) -> None:
    assert unreached(*wheres) == expected


def test_a_sample_of_each_rule_that_gets_any_is_its() -> None:
    random, count = Random(1), 0
    for _ in range(300):
        known = rules(*(any_where(random) for _ in range(random.randint(1, 7))))
        for reach in reaches(known):
            if reach.sample is not None:
                assert Territories(known).rule_for(reach.sample) == reach.territory
                count += 1
    assert count > 500


def test_what_is_computed_is_what_trying_every_lead_finds() -> None:
    random, leads, unreachable = Random(2), list(every_lead()), 0
    for _ in range(60):
        known = rules(*(any_where(random) for _ in range(random.randint(2, 7))))
        territories = Territories(known)
        reached = {rule.name for rule in map(territories.rule_for, leads) if rule}
        computed = {reach.territory.name for reach in reaches(known) if reach.sample is not None}
        assert computed == reached
        unreachable += len(known.territories) - len(computed)
    assert unreachable > 10


def any_where(random: Random) -> Where:
    """What a rule may be for, within the leads of `every_lead`."""
    parts: dict[str, Any] = {}
    while not parts:
        if random.random() < 0.6:
            parts["countries"] = tuple(random.sample(["US", "CA", "DE"], random.randint(1, 2)))
            if parts["countries"] == ("US",) and random.random() < 0.7:
                parts["states"] = tuple(random.sample(["NJ", "NY"], random.randint(1, 2)))
            elif parts["countries"] == ("DE",) and random.random() < 0.7:
                parts["postcodes"] = tuple(random.sample(["8", "81", "80"], random.randint(1, 2)))
        if random.random() < 0.5:
            parts["size"] = people(*any_range(random))
        if random.random() < 0.3:
            parts["budget"] = money(*any_range(random), currency=random.choice(["JPY", "KRW"]))
        if random.random() < 0.3:
            parts["industries"] = tuple(random.sample(list(INDUSTRIES), random.randint(1, 2)))
    return Where(**parts)


def any_range(random: Random) -> tuple[int | None, int | None]:
    low, high = sorted((random.randint(1, 4), random.randint(1, 4)))
    return random.choice([(low, high), (None, high), (low, None)])


def every_lead() -> Iterator[Traits]:
    """A lead of each kind that such rules can tell apart, and some more."""
    places = [
        Place(),
        *(Place(country=country) for country in ("US", "CA", "DE", "FR")),
        *(Place(country="US", state=state) for state in ("NJ", "NY", "TX")),
        *(Place(country="DE", postcode=postcode) for postcode in ("80331", "81541", "82031", "10115")),
    ]
    sizes = [None, *(Headcount(low=one, high=one) for one in range(1, 7))]
    amounts = [(currency, Decimal(one)) for currency in ("JPY", "KRW") for one in range(0, 7)]
    budgets = [None, *(Budget(low=amount, high=amount, currency=currency) for currency, amount in amounts)]
    industries: list[tuple[str, ...]] = [(), ("hospitality",), ("education",), ("hospitality", "education")]
    for place, size, budget, industry in product(places, sizes, budgets, industries):
        yield Traits(place=place, size=size, budget=budget, industries=industry)


def test_many_rules_take_no_time() -> None:
    wheres = [
        Where(countries=("US", "CA", "DE", "FR"), size=people(number, number + 20), budget=money(number * 10))
        for number in range(1, 60)
    ]

    assert [reach for reach in reaches(rules(*wheres)) if reach.sample is None] == []


def test_a_postcode_is_of_its_state() -> None:
    assert [state_of("US", "07030"), state_of("US", "07030-1234"), state_of("US", "00000")] == ["NJ", "NJ", ""]
    assert [state_of("CA", "m5v 2t6"), state_of("CA", "X1A 2P7"), state_of("CA", "")] == ["ON", "", ""]
    assert state_of("DE", "07030") == ""


# What is shown


def test_the_projects_own_rules_all_get_leads() -> None:
    known = settings.load(ASSISTANT_FILE, environment()).leads

    lines = table(known).splitlines()

    assert warnings(known) == []
    assert [" ".join(line.split()) for line in lines] == [
        "a lead of rule goes to",
        "1,000 people Large companies key-accounts: "
        "ruth.okafor@fernhill.example, ben.castellano@fernhill.example, in turn",
        "USD 100,000 Large budgets key-accounts: "
        "ruth.okafor@fernhill.example, ben.castellano@fernhill.example, in turn",
        "US CT North-East north-east: dana.whitfield@fernhill.example, omar.haddad@fernhill.example, in turn",
        "CA Canada luc.tremblay@fernhill.example",
        "somebody of whom nothing is known (fallback) sales@fernhill.example",
    ]


def test_a_sample_says_all_that_matters_of_a_lead() -> None:
    where = Where(
        countries=("US",),
        postcodes=("0703",),
        size=people(1),
        budget=money(1500, currency="EUR"),
        industries=("hospitality",),
    )

    line = table(rules(where)).splitlines()[1]

    assert line.split("  ")[0] == "US NJ 07030, one person, EUR 1,500, hospitality"


def test_a_warning_names_the_rules_and_the_mend(caplog: pytest.LogCaptureFixture) -> None:
    known = rules(
        Where(countries=("US",)),
        Where(countries=("US",), states=("NJ",)),
        Where(countries=("CA",)),
        Where(countries=("US", "CA")),
        Where(countries=("US",), postcodes=("000",)),
    )

    warn_of_unreachable(known)

    assert caplog.messages == warnings(known)
    assert caplog.messages == [
        "The rule '2' gets no lead: before it, '1' takes everything that it is for. Move it up, or take it away.",
        "The rule '4' gets no lead: before it, '1', '3' take everything that it is for. Move it up, or take it away.",
        "The rule '5' gets no lead: no postcode begins like that there. Change its postcodes, or take it away.",
    ]


def command(folder: Path, change: Callable[[dict[str, Any]], None]) -> subprocess.CompletedProcess[str]:
    """Runs the command on the project's own rules with something changed."""
    content = YAML(typ="safe").load(ASSISTANT_FILE.read_text(encoding="utf-8"))
    change(content["leads"])
    file = folder / "assistant.yml"
    with file.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(content, stream)
    return subprocess.run(
        [sys.executable, "-m", "middleware.territories_command"],
        cwd=ROOT,
        env=os.environ | environment() | {"ASSISTANT_FILE": str(file)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_fails_if_a_rule_gets_nothing(tmp_path: Path) -> None:
    good = command(tmp_path, lambda leads: None)
    assert (good.returncode, good.stderr) == (0, "")
    assert "Large companies" in good.stdout

    bad = command(tmp_path, lambda leads: leads["territories"].insert(3, {**leads["territories"][2], "name": "Again"}))
    assert bad.returncode == 1
    assert "The rule 'Again' gets no lead: before it, 'North-East' takes everything" in bad.stderr
    assert "Large companies" in bad.stdout

    wrong = command(tmp_path, lambda leads: leads.update(fallback="sales"))
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "leads.fallback" in wrong.stderr


def test_a_rule_that_gets_nothing_is_no_reason_not_to_start(bench: MakeBench, caplog: pytest.LogCaptureFixture) -> None:
    known = bench().middleware.settings
    leads = rules(Where(countries=("US",)), Where(countries=("US",)))

    bootstrap.build(msgspec.structs.replace(known, leads=leads), crm=FakeCrm(), erp=FakeErp()).close()

    assert caplog.messages == warnings(leads)

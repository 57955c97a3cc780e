"""The territory rules of assistant.yml: a wrong one is named, with the mend, before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from middleware import settings
from middleware.errors import Misconfigured
from middleware.lead_rules import LeadRules
from tests.fakes.building import ASSISTANT_FILE, environment

Change = Callable[[dict[str, Any]], None]

DANA = "dana@fernhill.example"


def load_changed(folder: Path, change: Change) -> LeadRules:
    """Loads the project's own settings with something of the leads changed."""
    content = YAML(typ="safe").load(ASSISTANT_FILE.read_text(encoding="utf-8"))
    change(content["leads"])
    file = folder / "assistant.yml"
    with file.open("w", encoding="utf-8") as stream:
        YAML(typ="safe").dump(content, stream)
    return settings.load(file, environment()).leads


def rule(where: Any = None, **fields: Any) -> Change:
    """Puts a rule in the place of all."""
    where = {"size": {"least": 10}} if where is None else where
    owner = {} if fields.keys() & {"owner", "team"} else {"owner": DANA}

    def change(leads: dict[str, Any]) -> None:
        leads["territories"] = [{"name": "Large", "where": where, **owner, **fields}]

    return change


def part(name: str, value: Any) -> Change:
    """Changes one part of the rules about leads."""

    def change(leads: dict[str, Any]) -> None:
        leads[name] = value

    return change


def rules(*names: str) -> Change:
    """Puts rules with these names in the place of all."""
    return part("territories", [{"name": name, "where": {"size": {"least": 10}}, "owner": DANA} for name in names])


@pytest.mark.parametrize(
    "change",
    [
        part("territories", []),
        rule({"countries": ["US", "CA"], "states": ["NJ", "ON"]}),
        rule({"countries": ["DE"], "states": ["BY"], "postcodes": ["8"]}),
        rule({"countries": ["JP"], "postcodes": ["100", "101-0"]}),
        rule({"size": {"least": 10, "most": 10}}),
        rule({"budget": {"currency": "EUR", "most": 0.5}}),
        rule({"industries": ["education"]}, team="north-east"),
        rule(owner="Dana.Whitfield+leads@fernhill.example"),
    ],
)
def test_good_rules_are_taken(tmp_path: Path, change: Change) -> None:
    load_changed(tmp_path, change)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (rule(team="south"), ["there is no team 'south'", "leads.teams names"]),
        (rule(team="", owner=""), ["neither an owner nor a team", "name one"]),
        (rule(team="north-east", owner=DANA), ["both an owner and a team", "keep one"]),
        (rule(owner="dana"), ["'dana' is not an e-mail address"]),
        (rule({}), ["empty `where`", "or make it the fallback"]),
        (rule({"countries": ["USA"]}), ["'USA' is not a country", "two-letter code"]),
        (rule({"countries": ["us"]}), ["'us' is not a country"]),
        (rule({"states": ["NJ"]}), ["states and no country", "`countries`"]),
        (rule({"postcodes": ["07"]}), ["postcodes and no country", "`countries`"]),
        (rule({"countries": ["US"], "states": ["ON"]}), ["US and none of its states"]),
        (rule({"countries": ["US"], "states": ["NJ", "ON"]}), ["'ON' is not a state of US"]),
        (rule({"countries": ["US"], "states": ["NJ", "New York"]}), ["'New York' is not a state of US", "such as NJ"]),
        (rule({"countries": ["US", "CA"], "states": ["NJ"]}), ["CA and none of its states", "rule of its own"]),
        (rule({"countries": ["MX"], "states": ["JAL"]}), ["the states of MX aren't known", "postcodes instead"]),
        (rule({"countries": ["XK"], "states": ["1"]}), ["the states of XK aren't known"]),
        (rule({"countries": ["US"], "postcodes": [""]}), ["a postcode's beginning is letters and digits"]),
        (rule({"countries": ["US"], "postcodes": ["07*"]}), ["a postcode's beginning is letters and digits"]),
        (rule({"size": {"least": 50, "most": 10}}), ["size begins at 50 and ends before it, at 10"]),
        (rule({"size": {}}), ["size has neither `least` nor `most`"]),
        (rule({"budget": {"currency": "USD"}}), ["budget has neither `least` nor `most`"]),
        (rule({"budget": {"currency": "USD", "least": 2, "most": 1}}), ["budget begins at 2", "at 1"]),
        (rule({"budget": {"currency": "USD", "least": -1}}), ["a number from 0 up"]),
        (rule({"budget": {"currency": "USD", "least": "NaN"}}), ["a number from 0 up"]),
        (rule({"budget": {"currency": "dollars", "least": 1}}), ["'dollars' is not a currency", "such as USD"]),
        (rule({"budget": {"currency": "usd", "least": 1}}), ["'usd' is not a currency"]),
        (rule({"industries": ["mining"]}), ["there is no industry 'mining'", "leads.industries names"]),
    ],
)
def test_a_wrong_rule_is_named_with_the_mend(tmp_path: Path, change: Change, named: list[str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_changed(tmp_path, change)

    message = str(caught.value)
    assert "assistant.yml: leads.territories 'Large'" in message
    assert [part for part in named if part not in message] == [], message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (part("fallback", "sales"), ["leads.fallback: 'sales' is not an e-mail address"]),
        (part("teams", {"south": []}), ["leads.teams.south is empty", "or take it away"]),
        (part("teams", {"south": [DANA, "omar"]}), ["leads.teams.south: 'omar' is not an e-mail address"]),
        (part("industries", {"mining": []}), ["leads.industries.mining lacks a word"]),
        (part("industries", {"mining": ["mine", " "]}), ["leads.industries.mining lacks a word"]),
        (part("industries", {"a": ["Mine"], "b": ["mine"]}), ["'mine' under two names"]),
        (rules("Large", "large "), ["two rules with the name 'large'"]),
        (rules("One", " "), ["a rule with an empty name"]),
        (part("record", "customer"), ["customer", "leads.record"]),
    ],
)
def test_what_else_is_wrong_is_named_with_the_mend(tmp_path: Path, change: Change, named: list[str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_changed(tmp_path, change)

    message = str(caught.value)
    assert [part for part in named if part not in message] == [], message

"""What we had an ERP change, in the ledger: one entry for each key, whoever begins it and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest
from sqlalchemy.engine import Engine

from middleware.erp.ledger import Ledger
from middleware.errors import Unavailable

NOW = datetime(2026, 3, 11, 17, 30, tzinfo=timezone.utc)
WANTED = {"line": "1", "quantity": "2"}


@pytest.fixture
def ledger(database: Engine) -> Ledger:
    """A ledger on each database in turn."""
    return Ledger(database, lambda: NOW)


def test_what_is_begun_is_found_by_its_key_alone(ledger: Ledger) -> None:
    begun = ledger.begin("k1", "change", "5001", WANTED)

    assert (begun.state, begun.wanted, begun.made, begun.begun_at) == ("begun", WANTED, {}, NOW)
    assert ledger.find("k1") == begun
    assert ledger.find("k2") is None


def test_what_came_of_it_stands_beside_it_and_can_be_found_by_the_erps_id(ledger: Ledger) -> None:
    ledger.begin("k1", "reserve", "TNT-2P", WANTED)
    ledger.note("k1", "done", {"document": "77"}, reference="77")
    ledger.note("k1", "undone")

    found = ledger.of_reference("77")

    assert found is not None and found == ledger.find("k1")
    assert (found.state, found.made) == ("undone", {"document": "77"}), "what was made is still known"


def test_the_same_key_again_gives_what_is_there(ledger: Ledger) -> None:
    ledger.begin("k1", "change", "5001", WANTED)
    ledger.note("k1", "done", {"version": "8"})

    again = ledger.begin("k1", "change", "5001", {"line": "2"})

    assert (again.state, again.wanted, again.made) == ("done", WANTED, {"version": "8"})


def test_what_was_refused_may_be_begun_anew(ledger: Ledger) -> None:
    ledger.begin("k1", "change", "5001", WANTED)
    ledger.note("k1", "refused")

    assert ledger.begin("k1", "change", "5001", {"line": "2"}).wanted == {"line": "2"}


def test_the_entries_about_a_thing_are_those_of_its_kind_and_state(ledger: Ledger) -> None:
    for key, kind, subject in (
        ("a", "reserve", "T"),
        ("b", "reserve", "T"),
        ("c", "reserve", "U"),
        ("d", "return", "T"),
    ):
        ledger.begin(key, kind, subject, {})  # type: ignore[arg-type] # a literal, one by one
    ledger.note("b", "undone")

    assert [one.key for one in ledger.of_subject("reserve", "T", "begun", "done")] == ["a"]
    assert [one.key for one in ledger.of_subject("reserve", "T", "begun", "undone")] == ["a", "b"]


def test_of_many_who_begin_at_once_all_get_the_same_entry(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as threads:
        begun = list(threads.map(lambda n: ledger.begin("k1", "change", "5001", {"n": n}), range(8)))

    assert len({str(one.wanted) for one in begun}) == 1


def test_a_database_in_trouble_is_said_to_be_away(database: Engine) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE erp_ledger")

    with pytest.raises(Unavailable):
        Ledger(database).find("k1")

"""What changes only by an import is read once a minute, and never more of it kept than there is room for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from middleware.erp.remembered import MOST, SECONDS, Remembered


class Shelf:
    """What is there, and what was read of it."""

    def __init__(self) -> None:
        self.there = {"LMP": "Lamp", "CHR": "Chair"}
        self.read: list[set[str]] = []

    def __call__(self, keys: Collection[str]) -> Mapping[str, str]:
        """Reads."""
        self.read.append(set(keys))
        return {key: self.there[key] for key in keys if key in self.there}


@pytest.fixture
def shelf() -> Shelf:
    """What is asked."""
    return Shelf()


def test_what_was_read_is_not_read_again_and_neither_is_what_is_not_there(shelf: Shelf) -> None:
    known = Remembered(shelf)

    assert known.of(["LMP", "nothing"]) == known.of(["nothing", "LMP"]) == {"LMP": "Lamp"}
    assert shelf.read == [{"LMP", "nothing"}]


def test_only_what_is_not_known_is_read(shelf: Shelf) -> None:
    known = Remembered(shelf)
    known.of(["LMP"])

    assert known.of(["LMP", "CHR"]) == {"LMP": "Lamp", "CHR": "Chair"}
    assert shelf.read == [{"LMP"}, {"CHR"}]


def test_nothing_is_read_for_nothing(shelf: Shelf) -> None:
    assert Remembered(shelf).of([]) == {}
    assert shelf.read == []


def test_an_import_is_heard_of_after_a_minute(shelf: Shelf) -> None:
    # given
    now = [1000.0]
    known = Remembered(shelf, lambda: now[0])
    known.of(["LMP", "TBL"])
    shelf.there = {"LMP": "Desk lamp", "TBL": "Table"}

    # when
    now[0] += SECONDS - 1
    still = known.of(["LMP", "TBL"])
    now[0] += 1
    then = known.of(["LMP", "TBL"])

    # then
    assert still == {"LMP": "Lamp"}
    assert then == {"LMP": "Desk lamp", "TBL": "Table"}


def test_a_failure_is_not_kept(shelf: Shelf) -> None:
    failures = [OSError("gone")]

    def read(keys: Collection[str]) -> Mapping[str, str]:
        if failures:
            raise failures.pop()
        return shelf(keys)

    known = Remembered(read)
    with pytest.raises(OSError):
        known.of(["LMP"])

    assert known.of(["LMP"]) == {"LMP": "Lamp"}


def test_no_more_is_kept_than_there_is_room_for(shelf: Shelf) -> None:
    known = Remembered(shelf)

    for first in (0, MOST, 2 * MOST):
        known.of([f"nothing {place}" for place in range(first, first + MOST)])
        known.of(["LMP"])

    assert len(known._known) <= MOST

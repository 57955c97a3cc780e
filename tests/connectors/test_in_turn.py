"""Writes that must not meet happen one after another, in whichever thread and process they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.deadline import Deadline, current
from middleware.errors import Unavailable
from middleware.in_turn import InTurn
from middleware.store import leases


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    before = current.set(Deadline(seconds))
    try:
        yield
    finally:
        current.reset(before)


def _held(turns: InTurn, name: str = "one") -> tuple[threading.Thread, threading.Event]:
    """Somebody who is at something until they are told to end."""
    begun, end = threading.Event(), threading.Event()

    def hold() -> None:
        with turns.of(name):
            begun.set()
            end.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert begun.wait(60)
    return thread, end


@pytest.mark.parametrize("processes", [1, 2])
def test_nobody_is_at_it_while_somebody_else_is(database: Engine, processes: int) -> None:
    turns = [InTurn(database) for _ in range(processes)]
    at_it: list[int] = []
    most: list[int] = []

    def work(place: int) -> None:
        with turns[place % processes].of("one"):
            at_it.append(place)
            most.append(len(at_it))
            time.sleep(0.005)
            at_it.remove(place)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert most == [1] * 8


@pytest.mark.parametrize("is_same_process", [True, False])
def test_who_has_no_time_to_wait_is_told(database: Engine, is_same_process: bool) -> None:
    turns = InTurn(database)
    thread, end = _held(turns)

    with _within(0.2), pytest.raises(Unavailable), (turns if is_same_process else InTurn(database)).of("one"):
        pass
    end.set()
    thread.join()

    with turns.of("one"):
        pass


def test_other_names_wait_for_nobody(database: Engine) -> None:
    thread, end = _held(InTurn(database))

    with _within(30), InTurn(database).of("another"):
        pass
    end.set()
    thread.join()


def test_what_fails_gives_the_turn_back(database: Engine) -> None:
    turns = InTurn(database)
    with pytest.raises(ValueError), turns.of("one"):
        raise ValueError

    with _within(30), InTurn(database).of("one"):
        pass
    with database.connect() as connection:
        assert connection.execute(sa.select(leases)).all() == []


def test_who_died_at_it_is_waited_for_no_longer_than_they_had(database: Engine) -> None:
    now = datetime.now(timezone.utc)
    moments = iter([now, now + timedelta(seconds=1), now + timedelta(seconds=4)])
    dead = InTurn(database, lambda: now)
    with _within(2):
        dead._took("one", "of whoever died")

    waiting = InTurn(database, lambda: next(moments))
    with _within(60), waiting.of("one"):
        pass


def test_while_the_store_is_away_nobody_is_at_it() -> None:
    away: Any = sa.create_engine("sqlite:////nowhere/at/all.db")

    with pytest.raises(Unavailable), InTurn(away).of("one"):
        pass

"""Writers of one process wait in line: first come, first served, and nobody for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from middleware.errors import Unavailable
from middleware.line import Line

LONG, SHORT = 30.0, 0.05


def until(true: Callable[[], bool]) -> None:
    """Waits for what another thread does."""
    pause = threading.Event()
    for _ in range(6000):
        if true():
            return
        pause.wait(0.005)
    raise AssertionError("it didn't happen")


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    line, served = Line(), []

    def work(number: int) -> None:
        with line.turn(LONG):
            served.append(number)

    with ThreadPoolExecutor(20) as threads, line.turn(LONG):
        for number in range(20):
            threads.submit(work, number)
            until(lambda: len(line._waiting) == number + 1)  # noqa: B023

    assert served == list(range(20))


def test_one_at_a_time_has_its_turn() -> None:
    line, counts = Line(), {"in": 0, "done": 0}

    def work() -> None:
        with line.turn(LONG):
            counts["in"] += 1
            assert counts["in"] == 1
            counts["done"] += 1
            counts["in"] -= 1

    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(work) for _ in range(2000)]:
            done.result()

    assert counts == {"in": 0, "done": 2000}


def test_whoever_waits_too_long_is_told_so_and_holds_up_nobody() -> None:
    line = Line()
    with ThreadPoolExecutor(1) as threads:
        with line.turn(LONG):
            with pytest.raises(Unavailable), line.turn(SHORT):
                pass
            patient = threads.submit(lambda: line.turn(LONG).__enter__())
            until(lambda: len(line._waiting) == 1)
        patient.result(LONG)


def test_a_turn_that_fails_ends() -> None:
    line = Line()
    with pytest.raises(ValueError, match="full"), line.turn(LONG):
        raise ValueError("full")

    with line.turn(SHORT):
        pass
    assert not line._is_taken

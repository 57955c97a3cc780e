"""What is told of a process's health."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest
from sqlalchemy.engine import Connection

from middleware import health
from middleware.health import Health
from middleware.store import Store, conversations
from tests.fakes.fixtures import MakeBench

T = TypeVar("T")

OK = (200, {"status": "ok"})
NO_STORE = (503, {"status": "unavailable", "store": "no answer"})


class SlowStore(Store):
    """A store that answers nothing until it is let go.

    Attributes:
        asked: How often it was asked.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0
        self.let_go = threading.Event()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Waits, then answers."""
        self.asked += 1
        await asyncio.to_thread(self.let_go.wait, 30)
        return await self._store.read(work)


async def test_a_process_whose_store_answers_is_well(bench: MakeBench) -> None:
    assert await bench().middleware.health.report() == OK


async def test_without_the_tables_it_is_not(bench: MakeBench) -> None:
    it = bench()
    assert await it.middleware.health.report() == OK

    it.lose(conversations)

    assert await it.middleware.health.report() == NO_STORE


async def test_what_else_is_lacking_is_told_too(bench: MakeBench) -> None:
    it = bench()
    lacking = {"status": "unavailable", "model": "not loaded"}
    assert await it.middleware.health.report(model="not loaded") == (503, lacking)

    it.lose(conversations)

    assert await it.middleware.health.report(model="not loaded") == (503, lacking | {"store": "no answer"})


async def test_a_store_that_takes_too_long_counts_as_one_that_does_not_answer(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "STORE_SECONDS", 0.01)
    slow = SlowStore(bench().middleware.store)

    try:
        assert await Health(slow).report() == NO_STORE
    finally:
        slow.let_go.set()


async def test_however_many_ask_the_store_is_asked_once_at_a_time(bench: MakeBench) -> None:
    # given a slow store, and a hundred who ask
    slow = SlowStore(bench().middleware.store)
    watched = Health(slow)
    asking = [asyncio.ensure_future(watched.report()) for _ in range(100)]
    await asyncio.sleep(0)

    # when it answers
    slow.let_go.set()
    reports = await asyncio.gather(*asking)

    # then one question was enough, and the next one is asked anew
    assert reports == [OK] * 100
    assert slow.asked == 1
    assert await watched.report() == OK
    assert slow.asked == 2


async def test_who_stops_waiting_takes_the_answer_from_nobody(bench: MakeBench) -> None:
    slow = SlowStore(bench().middleware.store)
    watched = Health(slow)
    impatient, patient = (asyncio.ensure_future(watched.report()) for _ in range(2))
    await asyncio.sleep(0)

    impatient.cancel()
    slow.let_go.set()

    assert await patient == OK

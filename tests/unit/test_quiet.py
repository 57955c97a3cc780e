"""What comes in goes before what is answered, for a while."""

from __future__ import annotations

import asyncio

import pytest

from channels import quiet
from channels.quiet import Quiet
from middleware.jobs import Job
from tests.fakes.times import Times
from tests.unit.test_jobs import MakeBench, Workshop

SOON = 30.0  # seconds, far less than anybody would wait here who had to


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "LONGEST_SECONDS", SOON * 5)


async def test_nothing_coming_in_nobody_waits() -> None:
    await asyncio.wait_for(Quiet().wait(), SOON)


async def test_it_is_quiet_when_the_last_of_several_is_in() -> None:
    here = Quiet()
    waiting = asyncio.ensure_future(here.wait())
    with here.broken():
        with here.broken():
            pass
        waiting = asyncio.ensure_future(here.wait())
        await asyncio.sleep(0.01)
        assert not waiting.done()

    await asyncio.wait_for(waiting, SOON)


async def test_who_is_written_to_without_a_pause_answers_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "LONGEST_SECONDS", 0.05)
    here = Quiet()
    with here.broken():
        await asyncio.wait_for(here.wait(), SOON)


async def test_a_burst_that_has_lasted_for_long_is_waited_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    times, here = Times(), Quiet()
    monkeypatch.setattr(quiet, "time", times)
    with here.broken():
        times.now += quiet.LONGEST_SECONDS + 1

        await asyncio.wait_for(here.wait(), SOON)


async def test_jobs_are_begun_when_it_is_quiet(bench: MakeBench) -> None:
    shop, here, done = Workshop(bench()), Quiet(), asyncio.Event()

    async def work(_job: Job) -> None:
        done.set()

    await shop.add("one")
    shop.jobs.does_only({"work": work}, after=here.wait)
    with here.broken():
        running = asyncio.ensure_future(shop.jobs.run_due())
        await asyncio.sleep(0.05)
        assert not done.is_set()

    await running
    assert done.is_set()

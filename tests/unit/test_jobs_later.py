"""Jobs that say themselves when they go on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from middleware import jobs, store
from middleware.jobs import ATTEMPTS, Job, Later
from tests.fakes.building import NOW, Bench
from tests.fakes.fixtures import MakeBench


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


async def add(desk: Bench, *ids: str) -> None:
    def work(connection: store.Connection) -> None:
        for one in ids:
            jobs.add(connection, "work", {}, line="one", now=desk.clock(), job_id=one)

    await desk.middleware.store.write(work)


async def test_a_job_goes_on_when_it_said_and_its_line_waits_for_it(desk: Bench) -> None:
    seen: list[tuple[str, int]] = []

    async def work(job: Job) -> None:
        seen.append((job.id, job.attempts))
        if job.attempts == 1 and job.id == "first":
            raise Later(NOW + timedelta(seconds=7))

    desk.middleware.jobs.does_only({"work": work})
    await add(desk, "first", "second")

    await desk.middleware.jobs.run_due()
    desk.clock.now += timedelta(seconds=6)
    await desk.middleware.jobs.run_due()
    assert seen == [("first", 1)]
    desk.clock.now += timedelta(seconds=1)
    await desk.middleware.jobs.run_due()

    assert seen == [("first", 1), ("first", 2), ("second", 1)]


async def test_however_often_it_waits_it_isnt_given_up(desk: Bench) -> None:
    async def work(job: Job) -> None:
        if job.attempts <= 2 * ATTEMPTS:
            raise Later(desk.clock() + timedelta(seconds=1))

    desk.middleware.jobs.does_only({"work": work})
    await add(desk, "patient")

    for _ in range(2 * ATTEMPTS + 1):
        await desk.middleware.jobs.run_due()
        desk.clock.now += timedelta(seconds=1)

    assert [row["state"] for row in desk.rows(store.jobs)] == ["done"]

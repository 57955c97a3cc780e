"""The loops beside the action server's answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from middleware import jobs, store
from middleware.background import Background
from middleware.jobs import Job, Jobs
from middleware.seals import Heads
from tests.fakes.building import KNOWN, Bench

MakeBench = Callable[..., Bench]


async def test_jobs_are_run_and_the_log_is_sealed_until_it_is_stopped(bench: MakeBench) -> None:
    # given a job, and something in the audit log
    desk = bench()
    done: list[str] = []

    async def work(job: Job) -> None:
        done.append(job.id)

    async def add(job_id: str) -> None:
        await desk.middleware.store.write(lambda c: jobs.add(c, "work", {}, line="a", now=desk.clock(), job_id=job_id))

    await add("one")
    await desk.middleware.greeting.welcome(await desk.who(KNOWN))

    # when
    background = Background(
        Jobs(desk.middleware.store, desk.clock, {"work": work}, look_seconds=0.01), desk.middleware.sealer
    )
    background.start()
    heads = Path(desk.middleware.settings.audit_head)
    end = time.monotonic() + 60
    while not (done and heads.exists() and list(Heads(heads).all())):
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.01)
    await background.stop()

    # then nothing goes on, and nothing is held
    await add("two")
    await asyncio.sleep(0.05)
    assert done == ["one"]
    assert {row["seal"] for row in desk.rows(store.audit)} == {1}
    assert desk.rows(store.leases) == []


async def test_what_was_never_started_can_be_stopped(bench: MakeBench) -> None:
    desk = bench()

    await Background(desk.middleware.jobs, desk.middleware.sealer).stop()

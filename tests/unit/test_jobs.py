"""Jobs: each is done, in order per line, tried again when it fails, and given up in the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from middleware import jobs, store
from middleware.errors import (
    Conflict,
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotAllowed,
    NotFound,
    Reason,
    Rejected,
    ShutOut,
    Unavailable,
    Unknown,
)
from middleware.jobs import ATTEMPTS, Job, Jobs
from tests.fakes.building import NOW, Bench

MakeBench = Callable[..., Bench]

SECOND = timedelta(seconds=1)
SECRET_NUMBER = "4711-0815"


class Workshop:
    """A worker whose only kind of job, `work`, is noted, and fails as it is told.

    Attributes:
        done: The names of the jobs that were begun, in order.
        failing: What a job raises, by its name.
        gate: Closed, it holds every job up.
    """

    def __init__(self, bench: Bench, **options: Any) -> None:
        self.bench = bench
        self.done: list[str] = []
        self.failing: dict[str, Exception] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.jobs = Jobs(bench.middleware.store, bench.clock, {"work": self._work}, **options)

    async def _work(self, job: Job) -> None:
        self.done.append(job.payload["name"])
        await self.gate.wait()
        if job.payload["name"] in self.failing:
            raise self.failing[job.payload["name"]]

    async def add(self, name: str, line: str = "a customer", kind: str = "work", **options: Any) -> str:
        """Adds a job, as a use case would."""
        return await self.bench.middleware.store.write(
            lambda connection: jobs.add(connection, kind, {"name": name}, line=line, now=self.bench.clock(), **options)
        )

    def row(self, job_id: str) -> dict[str, Any]:
        """A job as it stands in the table."""
        return next(row for row in self.bench.rows(store.jobs) if row["id"] == job_id)

    async def run_to_the_end(self, job_id: str) -> None:
        """Lets the time go by until a job is done or dead."""
        while self.row(job_id)["state"] not in ("done", "dead"):
            await self.jobs.run_due()
            self.bench.clock.advance(timedelta(minutes=10))


@pytest.fixture
async def shop(bench: MakeBench) -> Workshop:
    return Workshop(bench())


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that happens by itself."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.01)


# Doing them


async def test_a_job_is_done_once(shop: Workshop) -> None:
    job_id = await shop.add("one")

    assert await shop.jobs.run_due() == 1
    assert await shop.jobs.run_due() == 0

    row = shop.row(job_id)
    assert shop.done == ["one"]
    assert (row["state"], row["attempts"], row["ended_at"], row["last_error"]) == ("done", 1, NOW, None)


async def test_the_handler_is_told_everything_about_its_job(bench: MakeBench) -> None:
    seen: list[Job] = []

    async def see(job: Job) -> None:
        seen.append(job)

    shop = Workshop(bench())
    job_id = await shop.add("one", line="1001", kind="see")
    await Jobs(shop.bench.middleware.store, shop.bench.clock, {"see": see}).run_due()

    assert seen == [Job(id=job_id, kind="see", line="1001", payload={"name": "one"}, attempts=1)]


async def test_the_same_id_again_is_the_same_job(shop: Workshop) -> None:
    first = await shop.add("one", job_id="code-1")
    await shop.jobs.run_due()

    again = await shop.add("another", job_id="code-1")
    await shop.jobs.run_due()

    assert (first, again) == ("code-1", "code-1")
    assert shop.done == ["one"]


async def test_a_job_is_stored_with_what_caused_it_or_not_at_all(shop: Workshop) -> None:
    def cause(connection: Any) -> None:
        jobs.add(connection, "work", {"name": "one"}, line="a", now=NOW)
        raise ValueError("the cause failed")

    with pytest.raises(ValueError, match="the cause failed"):
        await shop.bench.middleware.store.write(cause)

    assert shop.bench.rows(store.jobs) == []


async def test_a_job_of_an_unknown_kind_is_dead_and_not_lost(shop: Workshop) -> None:
    job_id = await shop.add("one", kind="a kind of tomorrow")

    await shop.jobs.run_due()

    assert (shop.row(job_id)["state"], shop.row(job_id)["last_error"]) == ("dead", "unknown kind")


# Order


async def test_jobs_of_one_line_run_in_the_order_in_which_they_were_added(shop: Workshop) -> None:
    names = [str(number) for number in range(20)]
    for name in names:
        await shop.add(name)

    assert await shop.jobs.run_due() == 20

    assert shop.done == names


async def test_the_next_of_a_line_is_run_also_if_the_one_before_ends_while_more_is_looked_for(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a store that answers so late that nothing is due that the job before has ended meanwhile
    store, write = shop.bench.middleware.store, shop.bench.middleware.store.write

    async def answer_late(work: Callable[[Any], Any]) -> Any:
        found = await write(work)
        if found is None and shop.done == ["first"]:
            await until(lambda: shop.row(first)["state"] == "done")
            await asyncio.sleep(0.01)
        return found

    first = await shop.add("first")
    await shop.add("second")
    monkeypatch.setattr(store, "write", answer_late)

    # then
    assert await shop.jobs.run_due() == 2
    assert shop.done == ["first", "second"]


async def test_a_clock_that_goes_back_does_not_change_the_order(shop: Workshop) -> None:
    await shop.add("first")
    shop.bench.clock.advance(-SECOND)
    await shop.add("second")
    shop.bench.clock.advance(SECOND)

    await shop.jobs.run_due()

    assert shop.done == ["first", "second"]


async def test_jobs_of_one_line_never_run_at_once_and_those_of_others_do(shop: Workshop) -> None:
    # given
    for line in ("a", "b", "c"):
        await shop.add(f"{line}1", line)
        await shop.add(f"{line}2", line)
    shop.gate.clear()

    # when
    running = asyncio.create_task(shop.jobs.run_due())
    await until(lambda: len(shop.done) == 3)

    # then
    assert shop.done == ["a1", "b1", "c1"]
    shop.gate.set()
    assert await running == 6


async def test_only_so_many_run_at_once(shop: Workshop) -> None:
    for number in range(jobs.AT_ONCE + 3):
        await shop.add(str(number), line=str(number))
    shop.gate.clear()

    running = asyncio.create_task(shop.jobs.run_due())
    await until(lambda: len(shop.done) == jobs.AT_ONCE)
    states = [row["state"] for row in shop.bench.rows(store.jobs)]

    assert (states.count("running"), states.count("waiting")) == (jobs.AT_ONCE, 3)
    shop.gate.set()
    await running


async def test_a_job_that_waits_for_its_next_attempt_holds_up_its_line_alone(shop: Workshop) -> None:
    shop.failing["a1"] = Unavailable("down")
    for name, line in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        await shop.add(name, line)

    await shop.jobs.run_due()
    assert shop.done == ["a1", "b1"]

    shop.failing.clear()
    shop.bench.clock.advance(timedelta(minutes=10))
    await shop.jobs.run_due()
    assert shop.done == ["a1", "b1", "a1", "a2"]


async def test_a_dead_job_does_not_hold_up_its_line(shop: Workshop) -> None:
    shop.failing["first"] = Rejected("no")
    await shop.add("first")
    await shop.add("second")

    await shop.jobs.run_due()

    assert shop.done == ["first", "second"]


# Failing


@pytest.mark.parametrize("error", [Unavailable("down"), Unknown("lost"), Conflict("changed"), KeyError("a bug")])
async def test_what_failed_is_tried_again_after_a_pause_until_it_is_given_up(shop: Workshop, error: Exception) -> None:
    # given
    shop.failing["one"] = error
    job_id = await shop.add("one")

    # when it fails for the first time
    await shop.jobs.run_due()

    # then it waits
    row = shop.row(job_id)
    assert (row["state"], row["attempts"], row["last_error"]) == ("waiting", 1, type(error).__name__)
    assert NOW + 2 * SECOND <= row["run_at"] <= NOW + 6 * SECOND
    assert await shop.jobs.run_due() == 0

    # and when it goes on failing, it is dead
    await shop.run_to_the_end(job_id)
    row = shop.row(job_id)
    assert (row["state"], row["attempts"], row["last_error"]) == ("dead", ATTEMPTS, type(error).__name__)
    assert len(shop.done) == ATTEMPTS == 8


@pytest.mark.parametrize("kind", [Misconfigured, ShutOut])
async def test_what_must_be_mended_is_said_to_whoever_looks_and_the_job_is_kept(
    shop: Workshop, caplog: pytest.LogCaptureFixture, kind: type[FrontdeskError]
) -> None:
    shop.failing["one"] = kind("CRM_TOKEN isn't taken any more; make another")
    job_id = await shop.add("one")

    await shop.jobs.run_due()

    row = shop.row(job_id)
    assert row["state"] == "waiting"
    assert row["last_error"] == f"{kind.__name__}: CRM_TOKEN isn't taken any more; make another"
    assert "CRM_TOKEN isn't taken any more" in caplog.text


async def test_what_fails_seven_times_is_done_at_the_eighth(shop: Workshop) -> None:
    shop.failing["one"] = Unavailable("down")
    job_id = await shop.add("one")
    for _ in range(ATTEMPTS - 1):
        await shop.jobs.run_due()
        shop.bench.clock.advance(timedelta(minutes=10))

    shop.failing.clear()
    await shop.jobs.run_due()

    assert (shop.row(job_id)["state"], shop.row(job_id)["attempts"]) == ("done", 8)


def test_pauses_grow_and_have_bounds_and_are_not_all_the_same() -> None:
    drawn = {attempt: [jobs.pause(attempt).total_seconds() for _ in range(500)] for attempt in (1, 2, 7, 1000)}

    assert all(2 <= pause <= 600 for pauses in drawn.values() for pause in pauses)
    assert max(drawn[1]) <= 6 < max(drawn[2]) <= 18 < 300 < max(drawn[7])
    assert len(set(drawn[7])) > 400
    assert min(drawn[7]) < 100


@pytest.mark.parametrize(
    "error", [Rejected("no"), Malformed("?"), NotFound("none"), NotAllowed("no", reason=Reason.LEVEL)]
)
async def test_what_can_never_succeed_is_dead_at_once(shop: Workshop, error: FrontdeskError) -> None:
    shop.failing["one"] = error
    job_id = await shop.add("one")

    await shop.jobs.run_due()

    row = shop.row(job_id)
    assert (row["state"], row["attempts"], row["last_error"]) == ("dead", 1, type(error).__name__)
    assert row["ended_at"] == NOW


async def test_an_expired_job_is_not_run(shop: Workshop) -> None:
    job_id = await shop.add("one", expires_at=NOW + SECOND)
    shop.bench.clock.advance(SECOND)

    assert await shop.jobs.run_due() == 0

    assert shop.done == []
    assert (shop.row(job_id)["state"], shop.row(job_id)["last_error"]) == ("dead", "expired")


async def test_a_job_expires_between_two_attempts_too(shop: Workshop) -> None:
    shop.failing["one"] = Unavailable("down")
    job_id = await shop.add("one", expires_at=NOW + SECOND)
    await shop.jobs.run_due()
    shop.bench.clock.advance(SECOND)

    await shop.jobs.run_due()

    assert (shop.row(job_id)["state"], shop.row(job_id)["last_error"]) == ("dead", "expired")


async def test_a_job_that_hangs_is_given_up_and_tried_again(bench: MakeBench) -> None:
    shop = Workshop(bench(), limit_seconds=0.05)
    shop.gate.clear()
    job_id = await shop.add("one")

    await shop.jobs.run_due()

    assert (shop.row(job_id)["state"], shop.row(job_id)["last_error"]) == ("waiting", "TimeoutError")


# Leases


async def test_a_worker_that_was_away_can_neither_finish_nor_fail_what_another_has_taken(bench: MakeBench) -> None:
    for failing in ({}, {"one": Rejected("no")}):
        # given a worker that begins a job and isn't heard of for longer than its lease
        gone = Workshop(bench(), lease_seconds=60)
        gone.failing.update(failing)
        gone.gate.clear()
        job_id = await gone.add("one")
        late = asyncio.create_task(gone.jobs.run_due())
        await until(lambda gone=gone: gone.done == ["one"])
        gone.bench.clock.advance(61 * SECOND)

        # when another takes it over, and the first comes back while that one is at it
        other = Workshop(gone.bench)
        other.gate.clear()
        taken = asyncio.create_task(other.jobs.run_due())
        await until(lambda other=other: other.done == ["one"])
        gone.gate.set()
        await late

        # then the first changes nothing, and the second ends it
        row = gone.row(job_id)
        assert (row["state"], row["attempts"], row["worker"]) == ("running", 2, other.jobs._worker)
        other.gate.set()
        await taken
        assert (gone.row(job_id)["state"], gone.row(job_id)["attempts"]) == ("done", 2)


async def test_a_lease_is_renewed_for_as_long_as_the_job_takes(bench: MakeBench) -> None:
    # given a job whose lease was renewed
    shop = Workshop(bench(), lease_seconds=3)
    shop.gate.clear()
    job_id = await shop.add("one")
    running = asyncio.create_task(shop.jobs.run_due())
    await until(lambda: shop.done == ["one"])
    shop.bench.clock.advance(timedelta(hours=1))
    await until(lambda: shop.row(job_id)["leased_until"] > shop.bench.clock())

    # then nobody else gets it
    assert await Workshop(shop.bench).jobs.run_due() == 0
    shop.gate.set()
    await running
    assert (shop.row(job_id)["state"], shop.row(job_id)["attempts"]) == ("done", 1)


async def test_work_on_a_job_that_another_has_taken_is_stopped(bench: MakeBench) -> None:
    shop = Workshop(bench(), lease_seconds=3)
    shop.gate.clear()
    await shop.add("one")
    running = asyncio.create_task(shop.jobs.run_due())
    await until(lambda: shop.done == ["one"])

    await shop.bench.middleware.store.write(lambda c: c.execute(store.jobs.update().values(worker="another")))

    assert await asyncio.wait_for(running, 60) == 1
    assert not shop.gate.is_set()


async def test_a_job_that_kills_its_workers_is_given_up(shop: Workshop) -> None:
    job_id = await shop.add("one")
    lost = {"state": "running", "attempts": ATTEMPTS, "worker": "gone", "leased_until": NOW}
    await shop.bench.middleware.store.write(lambda c: c.execute(store.jobs.update().values(lost)))

    await shop.jobs.run_due()

    assert (shop.row(job_id)["state"], shop.row(job_id)["last_error"]) == ("dead", "worker lost")
    assert shop.done == []


# The loop


@contextlib.asynccontextmanager
async def running(shop: Workshop) -> Any:
    loop = asyncio.create_task(shop.jobs.run())
    try:
        yield loop
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_the_loop_runs_what_is_added_as_soon_as_it_is_woken(bench: MakeBench) -> None:
    shop = Workshop(bench(), look_seconds=1000)
    async with running(shop):
        for name in ("one", "two", "three"):
            await shop.add(name)
        shop.jobs.wake()
        await until(lambda: shop.done == ["one", "two", "three"])


async def test_the_loop_finds_what_nobody_woke_it_for(bench: MakeBench) -> None:
    shop = Workshop(bench(), look_seconds=0.02)
    async with running(shop):
        await asyncio.sleep(0)
        await shop.add("one")
        await until(lambda: shop.done == ["one"])


async def test_the_loop_goes_on_when_the_store_comes_back(
    bench: MakeBench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a store that is down
    shop = Workshop(bench(), look_seconds=0.01)
    await shop.add("one")
    there = shop.bench.middleware.store.write

    async def down(work: Any) -> Any:
        raise Unavailable("down", system="store")

    monkeypatch.setattr(shop.bench.middleware.store, "write", down)
    async with running(shop):
        await until(lambda: caplog.text.count("can't look for jobs: Unavailable") > 1)

        # when it is back
        monkeypatch.setattr(shop.bench.middleware.store, "write", there)

        # then the job is done
        await until(lambda: shop.done == ["one"])


async def test_an_end_that_could_not_be_stored_is_stored_when_the_store_is_back(
    bench: MakeBench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Workshop(bench(), look_seconds=0.01)
    job_id = await shop.add("one")
    shop.gate.clear()
    there = shop.bench.middleware.store.write

    async def down(work: Any) -> Any:
        raise Unavailable("down", system="store")

    task = asyncio.create_task(shop.jobs.run_due())
    await until(lambda: shop.done == ["one"])
    monkeypatch.setattr(shop.bench.middleware.store, "write", down)
    shop.gate.set()
    await until(lambda: "its end couldn't be stored" in caplog.text)
    monkeypatch.setattr(shop.bench.middleware.store, "write", there)

    assert await task == 1
    assert (shop.row(job_id)["state"], shop.done) == ("done", ["one"])


async def test_what_is_under_way_when_the_loop_ends_has_time_to_end(shop: Workshop) -> None:
    shop.gate.clear()
    job_id = await shop.add("one")
    loop = asyncio.create_task(shop.jobs.run())
    await until(lambda: shop.done == ["one"])

    loop.cancel()
    await asyncio.sleep(0)
    shop.gate.set()
    await asyncio.gather(loop, return_exceptions=True)

    assert shop.row(job_id)["state"] == "done"


async def test_what_takes_too_long_when_the_loop_ends_is_left_to_another(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "GRACE_SECONDS", 0.01)
    shop.gate.clear()
    job_id = await shop.add("one")
    async with running(shop):
        await until(lambda: shop.done == ["one"])

    assert shop.row(job_id)["state"] == "running"
    shop.gate.set()
    shop.bench.clock.advance(timedelta(minutes=1))
    other = Workshop(shop.bench)
    await other.jobs.run_due()
    assert (other.done, shop.row(job_id)["state"]) == (["one"], "done")


# Logs


async def test_the_log_names_jobs_and_errors_and_nothing_of_a_customer(
    shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop.failing[SECRET_NUMBER] = ValueError(f"what is {SECRET_NUMBER}?")
    job_id = await shop.add(SECRET_NUMBER, line=SECRET_NUMBER)

    await shop.jobs.run_due()

    assert f"job {job_id} (work): attempt 1 failed: ValueError" in caplog.text
    assert "in _work" in caplog.text
    assert SECRET_NUMBER not in caplog.text


async def test_whoever_waits_for_a_job_hears_when_it_is_done(shop: Workshop) -> None:
    job_id = await shop.add("one")
    working = asyncio.create_task(shop.jobs.run())

    assert await shop.jobs.ended(job_id, 60)
    assert shop.done == ["one"]
    working.cancel()


@pytest.mark.parametrize("failing", ["the one before it", "itself"])
async def test_nobody_waits_for_a_job_that_is_held_up(shop: Workshop, failing: str) -> None:
    shop.failing[failing] = Unavailable("no")
    await shop.add("the one before it")
    job_id = await shop.add("itself")
    await shop.jobs.run_due()
    begun = time.monotonic()

    assert not await shop.jobs.ended(job_id, 60)
    assert time.monotonic() - begun < 30


async def test_whoever_waits_for_a_job_that_takes_too_long_goes_on(shop: Workshop) -> None:
    shop.gate.clear()
    job_id = await shop.add("one")
    working = asyncio.create_task(shop.jobs.run())

    assert not await shop.jobs.ended(job_id, 0.3)
    working.cancel()


async def test_a_process_that_does_one_kind_alone_leaves_the_others(shop: Workshop) -> None:
    done: list[str] = []

    async def note(job: Job) -> None:
        done.append(job.kind)

    await shop.add("one")
    await shop.add("two", line="another", kind="other")
    shop.jobs.does_only({"other": note})
    await shop.jobs.run_due()

    assert (done, shop.done) == (["other"], [])


async def test_who_does_one_kind_alone_may_lose_it_sooner_than_others(shop: Workshop) -> None:
    under_way = asyncio.Event()

    async def hang(_job: Job) -> None:
        under_way.set()
        await asyncio.sleep(60)

    job_id = await shop.add("one")
    shop.jobs.does_only({"work": hang}, lease_seconds=10.0)
    running = asyncio.ensure_future(shop.jobs.run_due())
    await under_way.wait()
    running.cancel()

    leased_until = shop.row(job_id)["leased_until"]

    assert leased_until == NOW + timedelta(seconds=10)


# Patience


async def test_what_must_arrive_in_the_end_is_tried_for_days(shop: Workshop) -> None:
    shop.jobs.does("work", shop._work, patient=True)
    shop.failing["one"] = Unavailable("down")
    job_id = await shop.add("one")

    for _ in range(6 * 6):
        await shop.jobs.run_due()
        shop.bench.clock.advance(timedelta(minutes=10))
    assert (shop.row(job_id)["state"], shop.row(job_id)["attempts"]) == ("waiting", 36)

    shop.failing.clear()
    await shop.jobs.run_due()
    assert shop.row(job_id)["state"] == "done"


async def test_what_must_arrive_in_the_end_outlives_workers_that_die(shop: Workshop) -> None:
    shop.jobs.does("work", shop._work, patient=True)
    job_id = await shop.add("one")
    lost = {"state": "running", "attempts": 36, "leased_until": NOW}
    shop.bench.edit(store.jobs, **lost)

    await shop.jobs.run_due()

    assert shop.done == ["one"]
    assert (shop.row(job_id)["state"], shop.row(job_id)["attempts"]) == ("done", 37)


async def test_who_does_one_kind_alone_gives_up_nothing_of_others(shop: Workshop) -> None:
    job_id = await shop.add("one")
    shop.bench.edit(store.jobs, state="running", attempts=36, leased_until=NOW)
    shop.jobs.does_only({"another": shop._work})

    await shop.jobs.run_due()

    assert shop.row(job_id)["state"] == "running"

"""Jobs and leases with many workers at once, on every database that they may lie in."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from middleware import jobs, store
from middleware.clock import system_clock
from middleware.errors import Unavailable
from middleware.jobs import Job, Jobs
from middleware.leases import Lease
from middleware.store import Store, open_store
from tests import postgres
from tests.fakes.building import SetClock

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
LINES, EACH, WORKERS = 20, 10, 4


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database."""
    sqlite = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    return url


@pytest.fixture
def opened(url: str) -> Iterator[Store]:
    """A store on it."""
    opened = open_store(url)
    yield opened
    opened.close()


class Witness:
    """Sees what all workers do, each in a thread with a store and an event loop of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self.at_once: Counter[str] = Counter()
        self.seen: defaultdict[str, list[int]] = defaultdict(list)

    async def work(self, job: Job) -> None:
        """Does a job, and notes the order, and how many of its line are under way."""
        with self._lock:
            self._under_way[job.line] += 1
            self.at_once[job.line] = max(self.at_once[job.line], self._under_way[job.line])
        await asyncio.sleep(random.uniform(0, 0.003))
        with self._lock:
            self._under_way[job.line] -= 1
            self.seen[job.line].append(job.payload["number"])


def worker(url: str, witness: Witness, everyone: threading.Barrier) -> None:
    """Works until nothing is left."""

    async def run() -> None:
        own = open_store(url)
        everyone.wait(60)
        worker = Jobs(own, system_clock, {"work": witness.work})
        unfinished = sa.select(sa.func.count()).where(store.jobs.c.state.in_(("waiting", "running")))
        while await own.read(lambda connection: connection.execute(unfinished).scalar_one()):
            await worker.run_due()
        own.close()

    asyncio.run(run())


async def test_many_workers_do_each_job_once_and_each_line_in_order(url: str, opened: Store) -> None:
    # given jobs that are added in any mixture of lines
    order = [line for line in range(LINES) for _ in range(EACH)]
    random.Random(1).shuffle(order)
    numbers: Counter[int] = Counter()

    def fill(connection: Any) -> None:
        for line in order:
            jobs.add(connection, "work", {"number": numbers[line]}, line=str(line), now=system_clock())
            numbers[line] += 1

    await opened.write(fill)

    # when
    witness, everyone = Witness(), threading.Barrier(WORKERS)
    with ThreadPoolExecutor(WORKERS) as pool:
        running = [pool.submit(worker, url, witness, everyone) for _ in range(WORKERS)]
        await asyncio.gather(*(asyncio.wrap_future(one) for one in running))

    # then
    assert witness.seen == {str(line): list(range(EACH)) for line in range(LINES)}
    assert set(witness.at_once.values()) == {1}
    query = sa.select(store.jobs.c.state, store.jobs.c.attempts).distinct()
    assert await opened.read(lambda c: c.execute(query).all()) == [("done", 1)]
    workers = sa.select(sa.func.count(sa.distinct(store.jobs.c.worker)))
    assert await opened.read(lambda c: c.execute(workers).scalar_one()) > 1


async def test_jobs_that_fail_now_and_then_keep_their_order(
    url: str, opened: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given handlers of which every third attempt fails, pauses that nobody needs to wait for, and a clock that never
    # steps back: then what failed would not be due yet
    clock = SetClock()
    monkeypatch.setattr(jobs, "pause", lambda attempts: timedelta(0))
    witness, attempts = Witness(), Counter[str]()

    async def shaky(job: Job) -> None:
        attempts["all"] += 1
        if attempts["all"] % 3 == 0:
            raise Unavailable("down")
        await witness.work(job)

    def fill(connection: Any) -> None:
        for number in range(30):
            jobs.add(connection, "work", {"number": number}, line=str(number % 3), now=clock())

    await opened.write(fill)

    # when two workers do them
    await asyncio.gather(*(Jobs(opened, clock, {"work": shaky}).run_due() for _ in range(2)))
    await Jobs(opened, clock, {"work": shaky}).run_due()

    # then
    assert witness.seen == {str(line): list(range(line, 30, 3)) for line in range(3)}
    assert attempts["all"] > 30


async def test_a_job_that_is_added_by_many_at_once_is_there_once(opened: Store) -> None:
    def add(connection: Any) -> str:
        return jobs.add(connection, "work", {}, line="a", now=system_clock(), job_id="the one")

    assert set(await asyncio.gather(*(opened.write(add) for _ in range(20)))) == {"the one"}

    count = sa.select(sa.func.count()).select_from(store.jobs)
    assert await opened.read(lambda c: c.execute(count).scalar_one()) == 1


async def test_an_older_job_that_is_committed_later_does_not_run_beside_the_newer_one(opened: Store) -> None:
    # given a job under way
    begun, go = asyncio.Event(), asyncio.Event()
    seen: list[str] = []

    async def work(job: Job) -> None:
        seen.append(job.id)
        begun.set()
        await go.wait()

    def add(job_id: str, age: int) -> Any:
        now = system_clock() - timedelta(seconds=age)
        return lambda c: c.execute(store.jobs.insert().values(job_row(job_id, now)))

    await opened.write(add("newer", 1))
    first = asyncio.create_task(Jobs(opened, system_clock, {"work": work}).run_due())
    await begun.wait()

    # when an older one of its line comes in
    await opened.write(add("older", 2))
    assert await Jobs(opened, system_clock, {"work": work}).run_due() == 0

    # then it comes next
    go.set()
    await first
    assert seen == ["newer", "older"]


def job_row(job_id: str, now: Any) -> dict[str, Any]:
    """A job as another process's transaction writes it."""
    return {
        "id": job_id,
        "kind": "work",
        "line": "a",
        "payload": {},
        "state": "waiting",
        "run_at": now,
        "created_at": now,
    }


async def test_of_many_processes_one_gets_the_lease(url: str, opened: Store) -> None:
    others = [open_store(url) for _ in range(3)]
    taken = await asyncio.gather(
        *(
            Lease(one, system_clock, "sweeping", str(number), 60).take()
            for number, one in enumerate([opened, *others] * 5)
        )
    )
    for other in others:
        other.close()

    assert sum(taken) == 1

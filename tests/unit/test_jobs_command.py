"""What `make jobs` shows, and how it puts dead jobs back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from middleware import jobs_command, store
from middleware.errors import NotFound, Rejected
from tests.fakes.building import NOW, ROOT, Bench, environment

MakeBench = Callable[..., Bench]

SECRET = "ada@example.com"


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


async def put(desk: Bench, job_id: str, state: str, age: timedelta = timedelta(0), **fields: Any) -> None:
    """Puts a job into the table."""
    row = {
        "id": job_id,
        "kind": "mail",
        "line": SECRET,
        "payload": {"to": SECRET},
        "state": state,
        "run_at": NOW - age,
        "created_at": NOW - age,
    }
    await desk.middleware.store.write(lambda c: c.execute(store.jobs.insert().values(row | fields)))


async def overview(desk: Bench) -> str:
    return await desk.middleware.store.read(lambda c: jobs_command.overview(c, desk.clock))


async def retry(desk: Bench, which: str) -> str:
    return await desk.middleware.store.write(lambda c: jobs_command.retry(c, which, desk.clock))


def states(desk: Bench) -> dict[str, str]:
    return {row["id"]: row["state"] for row in desk.rows(store.jobs)}


async def test_without_jobs_there_is_a_sentence(desk: Bench) -> None:
    assert await overview(desk) == "No job is waiting, running or dead; 0 are done."


async def test_the_overview_counts_and_lists_dead_and_late_jobs(desk: Bench) -> None:
    await put(desk, "fine", "done")
    await put(desk, "soon", "waiting")
    await put(desk, "at-work", "running", timedelta(hours=1), attempts=1, leased_until=NOW)
    await put(desk, "late", "waiting", timedelta(minutes=5), attempts=3, last_error="Unavailable")
    await put(desk, "lost", "running", timedelta(hours=3), attempts=1, leased_until=NOW - timedelta(seconds=1))
    await put(desk, "dead", "dead", timedelta(days=2), attempts=8, last_error="Unavailable")
    await put(desk, "newer-dead", "dead", timedelta(seconds=7), attempts=1, last_error="Rejected")

    shown = await overview(desk)

    assert shown == "\n".join(
        [
            "2 waiting, 2 running, 2 dead, 1 done.",
            "",
            "Dead, newest first:",
            "  id          kind  attempts  state  age  last error",
            "  newer-dead  mail  1         dead   7 s  Rejected",
            "  dead        mail  8         dead   2 d  Unavailable",
            "",
            "Late, newest first:",
            "  id    kind  attempts  state    age    last error",
            "  late  mail  3         waiting  5 min  Unavailable",
            "  lost  mail  1         running  3 h",
        ]
    )
    assert SECRET not in shown


async def test_a_dead_job_is_put_back_from_the_beginning(desk: Bench) -> None:
    await put(desk, "dead", "dead", timedelta(days=2), attempts=8, ended_at=NOW, last_error="Unavailable")
    await put(desk, "another", "dead")

    assert await retry(desk, "dead") == "Jobs waiting again: 1."

    row = next(row for row in desk.rows(store.jobs) if row["id"] == "dead")
    assert (row["state"], row["attempts"], row["run_at"], row["ended_at"]) == ("waiting", 0, NOW, None)
    assert states(desk)["another"] == "dead"


async def test_all_dead_jobs_that_are_still_of_use_are_put_back(desk: Bench) -> None:
    for state in ("waiting", "running", "done"):
        await put(desk, state, state, leased_until=NOW, attempts=1)
    await put(desk, "dead", "dead")
    await put(desk, "useful", "dead", expires_at=NOW + timedelta(seconds=1))
    await put(desk, "expired", "dead", expires_at=NOW)

    assert await retry(desk, "all") == "Jobs waiting again: 2."

    assert states(desk) == {
        "waiting": "waiting",
        "running": "running",
        "done": "done",
        "dead": "waiting",
        "useful": "waiting",
        "expired": "dead",
    }


@pytest.mark.parametrize("which", ["nothing", "fine", "%", ""])
async def test_what_is_no_dead_job_is_said(desk: Bench, which: str) -> None:
    await put(desk, "fine", "done")

    with pytest.raises(NotFound, match="There is no dead job"):
        await retry(desk, which)


async def test_an_expired_job_is_not_put_back(desk: Bench) -> None:
    await put(desk, "expired", "dead", expires_at=NOW)

    with pytest.raises(Rejected, match="Job expired has expired"):
        await retry(desk, "expired")


async def test_the_command_shows_and_retries_and_fails_clearly(desk: Bench) -> None:
    await put(desk, "-dead-", "dead")

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "middleware.jobs_command", *arguments],
            cwd=ROOT,
            env=os.environ | environment(desk.url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    wrong = command("--retry=none")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "There is no dead job 'none'; `make jobs` lists them.\n"
    assert command("--retry=-dead-").stdout == "Jobs waiting again: 1.\n"
    assert command().stdout.startswith("1 waiting, 0 running, 0 dead, 0 done.\n")

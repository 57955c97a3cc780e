"""A worker process that stops at a certain point, for the tests to kill or suspend it there.

`python -m tests.faults.job_worker NAME URL FOLDER LEASE_SECONDS [POINT]`: in the folder it finds the mailbox, says
`NAME.looked` after its first look and `NAME.stopped` at its point, and goes on from there when there is `NAME.go`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from middleware.clock import system_clock
from middleware.errors import Rejected
from middleware.jobs import Job, Jobs
from middleware.mail import Mail, MailboxPost
from middleware.store import open_store

NAME, URL, FOLDER, LEASE_SECONDS, POINT = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4], sys.argv[5:]

claimed: list[Job] = []
resting = asyncio.Event()


def say(what: str) -> None:
    """Leaves a file that the test waits for."""
    (FOLDER / f"{NAME}.{what}").touch()


def stop(point: str) -> None:
    """Stops for ever, if this is the point."""
    if [point] == POINT:
        say("stopped")
        time.sleep(1000)


async def wait(point: str) -> None:
    """Waits for the test, if this is the point; the lease is renewed meanwhile."""
    if [point] == POINT:
        await resting.wait()
        say("stopped")
        while not (FOLDER / f"{NAME}.go").exists():
            await asyncio.sleep(0.01)


class Worker(Jobs):
    """The real one, with points at which it stops. With a job to wait in it looks for no other one.

    Suspended in the middle of a transaction it would keep SQLite's lock, and nobody could go on.
    """

    async def _rest(self, failures: int) -> None:
        if claimed and POINT and POINT[0].startswith("waits"):
            resting.set()
            await asyncio.sleep(1000)
        await super()._rest(failures)

    def _claim(self, connection: Connection) -> Job | None:
        job = super()._claim(connection)
        if job is not None:
            claimed.append(job)
            stop("while it claims")
        say("looked")
        return job

    async def _change(self, job: Job, values: dict[str, Any]) -> bool:
        renews = set(values) == {"leased_until"}
        stop("before it renews" if renews else "before it notes the end")
        changed = await super()._change(job, values)
        stop("after it has renewed" if renews else "after it has noted the end")
        return changed

    async def _attempt(self, job: Job) -> None:
        await super()._attempt(job)
        say("attempted")


async def send(job: Job) -> None:
    """Sends a mail, slowly enough for the lease to be renewed meanwhile if that is where to stop."""
    stop("before the effect")
    await wait("waits, then succeeds")
    await wait("waits, then fails")
    if POINT == ["waits, then fails"]:
        raise Rejected("no")
    if POINT in (["before it renews"], ["after it has renewed"]):
        await asyncio.sleep(1000)
    await MailboxPost(FOLDER / "mailbox.txt").send(Mail(message_id=job.id, **job.payload))
    stop("after the effect")


def main() -> None:
    """Works until it is killed."""
    worker = Worker(
        open_store(URL), system_clock, {"mail": send}, lease_seconds=float(LEASE_SECONDS), look_seconds=0.05
    )
    asyncio.run(worker.run())


if __name__ == "__main__":
    main()

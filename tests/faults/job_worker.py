"""A worker process that stops at a certain point, for the tests to kill or suspend it there."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from middleware.clock import system_clock
from middleware.errors import Rejected
from middleware.jobs import Job, Jobs
from middleware.mail import Mail, MailboxPost
from middleware.store import Store, open_store


@dataclass(frozen=True)
class Course:
    """What the tests and a worker tell each other by files.

    Attributes:
        name: The worker's: it says `NAME.looked` after its first look and `NAME.stopped` at its point, and goes on from
            there when there is `NAME.go`.
        folder: Where these files are, and the mailbox.
        point: Where it stops; nowhere, if it is empty.
    """

    name: str
    folder: Path
    point: str

    @property
    def is_to_wait(self) -> bool:
        """Whether it waits in the middle of a job."""
        return self.point.startswith("waits")

    def say(self, what: str) -> None:
        """Leaves a file that the test waits for."""
        (self.folder / f"{self.name}.{what}").touch()

    def stop(self, point: str) -> None:
        """Stops for ever, if this is the point."""
        if point == self.point:
            self.say("stopped")
            time.sleep(1000)

    async def wait(self) -> None:
        """Waits for the test; the lease is renewed meanwhile."""
        self.say("stopped")
        while not (self.folder / f"{self.name}.go").exists():
            await asyncio.sleep(0.01)


class Worker(Jobs):
    """The real one, with points at which it stops. With a job to wait in it looks for no other one.

    Suspended in the middle of a transaction it would keep SQLite's lock, and nobody could go on.
    """

    def __init__(self, course: Course, store: Store, lease_seconds: float) -> None:
        super().__init__(store, system_clock, {"mail": self._send}, lease_seconds=lease_seconds, look_seconds=0.05)
        self._course = course
        self._has_claimed = False
        self._rests = asyncio.Event()

    async def _rest(self, failures: int) -> None:
        if self._has_claimed and self._course.is_to_wait:
            self._rests.set()
            await asyncio.sleep(1000)
        await super()._rest(failures)

    def _claim(self, connection: Connection) -> Job | None:
        job = super()._claim(connection)
        if job is not None:
            self._has_claimed = True
            self._course.stop("while it claims")
        self._course.say("looked")
        return job

    async def _change(self, job: Job, values: dict[str, Any]) -> bool:
        renews = set(values) == {"leased_until"}
        self._course.stop("before it renews" if renews else "before it notes the end")
        changed = await super()._change(job, values)
        self._course.stop("after it has renewed" if renews else "after it has noted the end")
        return changed

    async def _attempt(self, job: Job) -> None:
        await super()._attempt(job)
        self._course.say("attempted")

    async def _send(self, job: Job) -> None:
        """Sends a mail, slowly enough for the lease to be renewed meanwhile if that is where to stop."""
        self._course.stop("before the effect")
        if self._course.is_to_wait:
            await self._rests.wait()
            await self._course.wait()
        if self._course.point == "waits, then fails":
            raise Rejected("no")
        if self._course.point in ("before it renews", "after it has renewed"):
            await asyncio.sleep(1000)
        await MailboxPost(self._course.folder / "mailbox.txt").send(Mail(message_id=job.id, **job.payload))
        self._course.stop("after the effect")


def work(course: Course, url: str, lease_seconds: float) -> None:
    """Works until it is killed."""
    asyncio.run(_work(course, url, lease_seconds))


async def _work(course: Course, url: str, lease_seconds: float) -> None:
    await Worker(course, open_store(url), lease_seconds).run()

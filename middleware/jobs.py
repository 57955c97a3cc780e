"""Work that follows from a turn and must not be lost: stored with its cause, done soon after, repeated if it fails."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.clock import Clock
from middleware.errors import FrontdeskError
from middleware.store import Store, insert_once
from middleware.store import jobs as table

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
BACK_OFF = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One piece of work.

    Attributes:
        line: Jobs of one line run one after the other.
        attempts: How often it was begun, this time included.
    """

    id: str
    kind: str
    line: str
    payload: dict[str, Any]
    attempts: int


Handler = Callable[[Job], Awaitable[None]]


def add(
    connection: Connection,
    kind: str,
    payload: Mapping[str, Any],
    *,
    line: str,
    now: datetime,
    job_id: str | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Stores a job in the transaction of what causes it, and gives its id."""
    job_id = job_id or uuid.uuid4().hex
    row = {
        "id": job_id,
        "kind": kind,
        "line": line,
        "payload": dict(payload),
        "state": "waiting",
        "run_at": now,
        "expires_at": expires_at,
        "created_at": now,
    }
    insert_once(connection, table, row)
    return job_id


class Jobs:
    """Runs what is due.

    Args:
        handlers: What does the work, by the kind of job.
    """

    def __init__(self, store: Store, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        self._store = store
        self._clock = clock
        self._handlers = handlers
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Lets `run` look at once."""
        self._woken.set()

    async def run(self) -> None:
        """Runs what is due, for ever."""
        while True:
            self._woken.clear()
            try:
                await self.run_due()
            except FrontdeskError as error:
                log.warning("no jobs could be taken: %r", error)
            try:
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
            except asyncio.TimeoutError:
                continue

    async def run_due(self) -> int:
        """Runs what is due now, and tells how many jobs that were."""
        due = await self._store.write(self._take)
        for job in due:
            await self._run(job)
        return len(due)

    def _take(self, connection: Connection) -> list[Job]:
        now = self._clock()
        connection.execute(
            table.update().where(table.c.state == "waiting", table.c.expires_at <= now).values(state="dead")
        )
        query = sa.select(table).where(table.c.state == "waiting", table.c.run_at <= now).order_by(table.c.created_at)
        rows = connection.execute(query).all()
        for row in rows:
            connection.execute(table.update().where(table.c.id == row.id).values(state="running"))
        return [
            Job(id=row.id, kind=row.kind, line=row.line, payload=row.payload, attempts=row.attempts + 1) for row in rows
        ]

    async def _run(self, job: Job) -> None:
        ended: dict[str, Any] = {"state": "done"}
        try:
            await self._handlers[job.kind](job)
        except Exception as error:
            log.warning("the job %s failed: %s", job.id, type(error).__name__)
            run_at = self._clock() + BACK_OFF * job.attempts
            ended = {"state": "waiting", "run_at": run_at, "last_error": type(error).__name__}
        ended |= {"attempts": job.attempts, "ended_at": self._clock()}
        await self._store.write(
            lambda connection: connection.execute(table.update().where(table.c.id == job.id).values(ended))
        )

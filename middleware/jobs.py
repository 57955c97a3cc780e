"""Work that is done later: stored with what caused it, run by whichever process is free, in order per customer.

A job runs at least once. Its worker may be killed between the effect and the note that it is done, so a handler
must bear being run again for the same job.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from middleware import metrics
from middleware.clock import Clock
from middleware.errors import (
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotAllowed,
    NotFound,
    Rejected,
    ShutOut,
    Unavailable,
)
from middleware.store import Store, insert_once
from middleware.store import jobs as table
from middleware.waiting import within

log = logging.getLogger(__name__)

ATTEMPTS = 8
MANY_ATTEMPTS = 1000  # for what must arrive in the end: half a week, at the pauses that there are then
AT_ONCE = 4
SHORTEST_PAUSE = 2.0  # seconds
LONGEST_PAUSE = 600.0
LOOK_FOR_END_SECONDS = 0.05
GRACE_SECONDS = 5.0  # for jobs under way when the process ends: after that their leases run out
CLAIMING = 0x6A6F6273  # PostgreSQL's number for the lock that claims are made under

UNFINISHED = ("waiting", "running")
# Made once: it is asked for every job.
_NEWEST = sa.select(sa.func.max(table.c.created_at)).where(table.c.line == sa.bindparam("its"))

FINAL = (Rejected, Malformed, NotAllowed, NotFound)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One piece of work.

    Attributes:
        line: Jobs of one line run one after the other.
        payload: What the handler needs, as JSON.
        attempts: How often it was begun, this time counted.
    """

    id: str
    kind: str
    line: str
    payload: dict[str, Any]
    attempts: int


Handler = Callable[[Job], Awaitable[None]]


class Later(Exception):
    """Raised by a handler whose job is to go on at a certain time; the later jobs of its line wait for it.

    Args:
        at: Not before then.
    """

    def __init__(self, at: datetime) -> None:
        super().__init__(at.isoformat())
        self.at = at


def add(
    connection: Connection,
    kind: str,
    payload: dict[str, Any],
    *,
    line: str,
    now: datetime,
    job_id: str | None = None,
    run_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Stores a job in the transaction of what causes it.

    Args:
        payload: JSON; it may hold customer data, for it is never logged.
        line: Whose job it is: jobs of one line run in the order in which they were added.
        job_id: The same one again is the same job; by default it is a new one.
        run_at: Not before then; by default at once. The jobs that are added to its line after it wait for it.
        expires_at: From then on it is of no use, and isn't run any more.

    Returns:
        The job's id.
    """
    job_id = job_id or uuid.uuid4().hex
    row = {
        "id": job_id,
        "kind": kind,
        "line": line,
        "payload": payload,
        "state": "waiting",
        "run_at": run_at or now,
        "expires_at": expires_at,
        "created_at": _place(connection, line, now),
    }
    insert_once(connection, table, row)
    return job_id


def add_unless_waiting(
    connection: Connection, kind: str, payload: dict[str, Any], *, line: str, now: datetime, run_at: datetime
) -> None:
    """Stores a job unless one of its line waits already, which will see what this transaction writes.

    That one can't be begun before the transaction ends; one that was begun already isn't one that waits.
    """
    waiting = sa.select(table.c.id).where(table.c.line == line, table.c.state == "waiting").limit(1)
    if connection.execute(waiting.with_for_update()).first() is None:
        add(connection, kind, payload, line=line, now=now, run_at=run_at)


def _place(connection: Connection, line: str, now: datetime) -> datetime:
    """A moment after the line's newest job, whatever the clocks of two machines say."""
    newest = connection.execute(_NEWEST, {"its": line}).scalar()
    return now if newest is None else max(now, newest + timedelta(microseconds=1))


class Jobs:
    """Runs jobs, beside any number of other processes that do the same.

    Args:
        handlers: What does the jobs of each kind. It raises whatever stood in the way; `Rejected`, `Malformed`,
            `NotAllowed` and `NotFound` are final, `Later` says when it goes on, anything else is tried again.
        elsewhere: Kinds that only some processes do: here they are left waiting for one of those.
        lease_seconds: A job whose worker wasn't heard of for so long is given to another.
        limit_seconds: How long one attempt may take.
        look_seconds: How often to look for jobs that nobody woke us for.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        handlers: Mapping[str, Handler],
        *,
        elsewhere: Collection[str] = (),
        lease_seconds: float = 30.0,
        limit_seconds: float = 300.0,
        look_seconds: float = 1.0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handlers = dict(handlers)
        self._elsewhere = set(elsewhere)
        self._only: set[str] = set()
        self._patient: set[str] = set()
        self._lease_seconds = lease_seconds
        self._limit_seconds = limit_seconds
        self._look_seconds = look_seconds
        self._at_once = AT_ONCE
        self._after: Callable[[], Awaitable[None]] | None = None
        self._worker = uuid.uuid4().hex
        self._woken = asyncio.Event()
        self._runs = False

    def does(self, kind: str, handler: Handler, *, patient: bool = False) -> None:
        """Says that this process does a kind of job, too, and how.

        Args:
            patient: It isn't given up while a system is down for hours, or days.
        """
        self._handlers[kind] = handler
        self._elsewhere.discard(kind)
        if patient:
            self._patient.add(kind)

    def does_only(
        self,
        handlers: Mapping[str, Handler],
        *,
        patient: Collection[str] = (),
        at_once: int = AT_ONCE,
        lease_seconds: float | None = None,
        after: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Says that this process does some kinds of jobs alone, and how.

        Args:
            patient: Those of them that aren't given up while a system is down for hours, or days.
            at_once: How many are under way at a time, at most.
            lease_seconds: After so long without a word from this process, others do what it had under way; where
                somebody waits for it, that is sooner than usual.
            after: What goes before all jobs; it is waited for whenever some are to be begun.
        """
        self._handlers = dict(handlers)
        self._only = set(handlers)
        self._patient = set(patient)
        self._at_once = at_once
        self._lease_seconds = lease_seconds or self._lease_seconds
        self._after = after

    async def ended(self, job_id: str, seconds: float) -> bool:
        """Waits until a job is done or given up, or an attempt of it, or of one before it, failed, whoever does it.

        Args:
            seconds: How long, at most; not at all in a process that runs no jobs, where nobody may.

        Returns:
            Whether it is done or given up.

        Raises:
            Unavailable: The store can't be reached.
        """
        self.wake()
        await asyncio.sleep(0)  # whoever is just beginning to run jobs begins
        end = time.monotonic() + (seconds if self._runs else 0.0)
        while True:
            state = await self._store.read(lambda connection: _state(connection, job_id))
            if state not in UNFINISHED:
                return True
            if state == "waiting" and await self._store.read(lambda connection: _is_held_up(connection, job_id)):
                return False
            if time.monotonic() + LOOK_FOR_END_SECONDS > end:
                return False
            await asyncio.sleep(LOOK_FOR_END_SECONDS)

    def wake(self) -> None:
        """Says that something was added, so that it doesn't wait for the next look."""
        self._woken.set()

    async def run_due(self) -> int:
        """Runs everything that is due now, and what becomes due by that.

        Returns:
            How many attempts were made.

        Raises:
            Unavailable: The store can't be reached.
        """
        under_way: set[asyncio.Task[None]] = set()
        count = 0
        try:
            while True:
                was_idle = not under_way  # what ends while more is looked for may make the next of its line due
                begun = await self._start_due(under_way)
                count += begun
                if was_idle and not begun:
                    return count
                if under_way:
                    await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel(under_way)

    async def run(self) -> None:
        """Runs jobs until it is cancelled, also through times when the store can't be reached."""
        under_way: set[asyncio.Task[None]] = set()
        failures = 0
        self._runs = True
        try:
            while True:
                self._woken.clear()
                try:
                    await self._start_due(under_way)
                    failures = 0
                except Exception as error:
                    failures += 1
                    log.warning("can't look for jobs: %s", type(error).__name__)
                await self._rest(failures)
        finally:
            self._runs = False
            await _finish(under_way)

    async def _rest(self, failures: int) -> None:
        """Waits for the next look: shortly after all went well, longer and longer while the store is down."""
        if failures:
            await asyncio.sleep(random.uniform(self._look_seconds, min(30.0, self._look_seconds * 2**failures)))
            return
        timer = asyncio.get_running_loop().call_later(self._look_seconds, self.wake)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()

    async def _start_due(self, under_way: set[asyncio.Task[None]]) -> int:
        """Begins what is due, as far as there is room, and says how many that were."""
        count = 0
        if self._after:
            await self._after()
        while len(under_way) < self._at_once and (job := await self._store.write(self._claim)):
            attempt = asyncio.create_task(self._attempt(job))
            under_way.add(attempt)
            attempt.add_done_callback(under_way.discard)
            attempt.add_done_callback(lambda _: self.wake())  # the next of its line may be due
            count += 1
        return count

    def _mine(self) -> ColumnElement[Any]:
        """Which kinds this process does; those that nobody does are among them, so that they don't wait for ever."""
        return table.c.kind.in_(self._only) if self._only else table.c.kind.not_in(self._elsewhere)

    def _claim(self, connection: Connection) -> Job | None:
        """Takes the job that has been due for longest; nobody else has it then for the time of the lease."""
        if connection.dialect.name == "postgresql":
            # A row's lock keeps two workers from one job, but not from two jobs of one line.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(CLAIMING)))
        now = self._clock()
        self._bury(connection, now)
        row = connection.execute(_due(now, self._mine())).first()
        if row is None:
            return None
        job = Job(id=row.id, kind=row.kind, line=row.line, payload=row.payload, attempts=row.attempts + 1)
        connection.execute(
            table.update()
            .where(table.c.id == job.id)
            .values(
                state="running",
                worker=self._worker,
                leased_until=now + timedelta(seconds=self._lease_seconds),
                attempts=job.attempts,
            )
        )
        return job

    def _bury(self, connection: Connection, now: datetime) -> None:
        """Gives up what nobody has under way and nobody may begin any more."""
        left_alone = (table.c.state == "waiting") | _abandoned(table, now)
        most: ColumnElement[sa.Integer] = sa.case((table.c.kind.in_(self._patient), MANY_ATTEMPTS), else_=ATTEMPTS)
        last_attempt_lost = _abandoned(table, now) & (table.c.attempts >= most) & self._mine()
        for why, which in (("expired", left_alone & (table.c.expires_at <= now)), ("worker lost", last_attempt_lost)):
            dead = {"state": "dead", "last_error": why, "ended_at": now, "leased_until": None}
            buried = connection.execute(table.update().where(which).values(dead)).rowcount
            if buried:
                log.error("jobs given up: %d (%s)", buried, why)

    async def _attempt(self, job: Job) -> None:
        """Does a job for as long as it is ours."""
        work = asyncio.create_task(self._do(job))
        lease = asyncio.create_task(self._renew(job))
        try:
            await asyncio.wait({work, lease}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                log.warning("job %s (%s): the lease of attempt %d was lost", job.id, job.kind, job.attempts)
        finally:
            await _cancel({work, lease})

    async def _renew(self, job: Job) -> None:
        """Renews the lease again and again, and returns when the job isn't ours any more."""
        ours_until = time.monotonic() + self._lease_seconds
        while time.monotonic() < ours_until:
            await asyncio.sleep(self._lease_seconds / 3)
            begun = time.monotonic()
            try:
                until = self._clock() + timedelta(seconds=self._lease_seconds)
                if not await within(self._change(job, {"leased_until": until}), ours_until - begun):
                    return
                ours_until = begun + self._lease_seconds
            except (Unavailable, asyncio.TimeoutError):
                log.warning("job %s (%s): the lease couldn't be renewed", job.id, job.kind)

    async def _do(self, job: Job) -> None:
        """Runs the handler, and writes down what came of it, also if the store needs a while to come back."""
        ended = await self._outcome(job) | {"leased_until": None}
        metrics.job_ended(job.kind, (ended["last_error"] or ended["state"]).partition(":")[0])
        end = time.monotonic() + self._lease_seconds
        while time.monotonic() < end:
            try:
                await self._change(job, ended)
                return
            except Unavailable:
                log.warning("job %s (%s): its end couldn't be stored", job.id, job.kind)
                await asyncio.sleep(self._look_seconds)

    async def _outcome(self, job: Job) -> dict[str, Any]:
        """Runs the handler, and says what is to be stored."""
        handler = self._handlers.get(job.kind)
        if handler is None:
            log.error("job %s: nothing here does %r", job.id, job.kind)
            return {"state": "dead", "last_error": "unknown kind", "ended_at": self._clock()}
        try:
            await asyncio.wait_for(handler(job), self._limit_seconds)
        except Exception as error:
            return self._failed(job, error)
        log.info("job %s (%s): done at attempt %d", job.id, job.kind, job.attempts)
        return {"state": "done", "last_error": None, "ended_at": self._clock()}

    def _failed(self, job: Job, error: Exception) -> dict[str, Any]:
        name = type(error).__name__
        if isinstance(error, Later):  # nothing failed: however often it waits, it isn't given up
            log.info("job %s (%s): goes on at %s", job.id, job.kind, error)
            return {"state": "waiting", "last_error": name, "run_at": error.at}
        # Another error's text may quote the payload; the places in the code don't.
        ours = isinstance(error, FrontdeskError)
        where = f": {error}" if ours else "\n" + "".join(traceback.format_tb(error.__traceback__))
        log.warning("job %s (%s): attempt %d failed: %s%s", job.id, job.kind, job.attempts, name, where)
        if isinstance(error, Misconfigured | ShutOut):  # what must be mended is said to whoever looks at the jobs
            name = f"{name}: {error}"
        most = MANY_ATTEMPTS if job.kind in self._patient else ATTEMPTS
        if isinstance(error, FINAL) or job.attempts >= most:
            log.error("job %s (%s): given up", job.id, job.kind)
            return {"state": "dead", "last_error": name, "ended_at": self._clock()}
        return {"state": "waiting", "last_error": name, "run_at": self._clock() + pause(job.attempts)}

    async def _change(self, job: Job, values: dict[str, Any]) -> bool:
        """Changes a job if this attempt of it is still the one that counts, and says whether it is."""
        change = (
            table.update()
            .where(
                table.c.id == job.id,
                table.c.state == "running",
                table.c.worker == self._worker,
                table.c.attempts == job.attempts,
            )
            .values(values)
        )
        return await self._store.write(lambda connection: bool(connection.execute(change).rowcount))


def _state(connection: Connection, job_id: str) -> str:
    state: str = connection.execute(sa.select(table.c.state).where(table.c.id == job_id)).scalar_one()
    return state


def _is_held_up(connection: Connection, job_id: str) -> bool:
    """Whether a job that waits, or one of its line that is to be done first, has failed before."""
    this = sa.select(table.c.line, table.c.created_at).where(table.c.id == job_id).subquery()
    failed = (
        sa.select(table.c.id)
        .join(this, (this.c.line == table.c.line) & (table.c.created_at <= this.c.created_at))
        .where(table.c.state == "waiting", table.c.last_error.is_not(None))
    )
    return connection.execute(failed.limit(1)).first() is not None


def pause(attempts: int) -> timedelta:
    """How long to wait after a failed attempt: somewhere between the shortest pause and a bound that grows."""
    bound = min(LONGEST_PAUSE, SHORTEST_PAUSE * 3.0 ** min(attempts, ATTEMPTS))
    return timedelta(seconds=random.uniform(SHORTEST_PAUSE, bound))


def _due(now: datetime, mine: ColumnElement[Any]) -> Select:
    """The one job to run next: of each line the oldest unfinished one, if it is due and nobody is at that line.

    Args:
        mine: Which kinds the asker does.
    """
    other = table.alias()
    earlier = (other.c.created_at < table.c.created_at) | (
        (other.c.created_at == table.c.created_at) & (other.c.id < table.c.id)
    )
    under_way = (other.c.state == "running") & (other.c.leased_until > now)
    blocked = (
        sa.select(other.c.id)
        .where(other.c.line == table.c.line, other.c.id != table.c.id)
        .where((other.c.state.in_(UNFINISHED) & earlier) | under_way)
        .exists()
    )
    due = ((table.c.state == "waiting") & (table.c.run_at <= now)) | _abandoned(table, now)
    return (
        sa.select(table)
        .where(due, ~blocked, mine)
        .order_by(table.c.run_at, table.c.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _abandoned(jobs: sa.Table, now: datetime) -> ColumnElement[Any]:
    """Running, by somebody whose lease has run out."""
    return (jobs.c.state == "running") & (jobs.c.leased_until <= now)


async def _finish(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Lets tasks end for a while, and then makes them."""
    unfinished = set(tasks)
    try:
        if unfinished:
            await asyncio.wait(unfinished, timeout=GRACE_SECONDS)
    finally:
        await _cancel(unfinished)


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)

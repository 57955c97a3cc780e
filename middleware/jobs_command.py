"""Shows how the jobs stand, and puts dead ones back: `python -m middleware.jobs_command [--retry ID | --retry all]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine.row import Row
from sqlalchemy.sql.elements import ColumnElement

from middleware import settings
from middleware.clock import Clock, system_clock
from middleware.errors import FrontdeskError, NotFound, Rejected
from middleware.listing import age, as_table
from middleware.store import jobs as table
from middleware.store import open_store

LISTED = 20
LATE = timedelta(minutes=1)
TITLES = ("id", "kind", "attempts", "state", "age", "last error")


def overview(connection: Connection, clock: Clock) -> str:
    """How many jobs are in each state, and the newest dead and late ones; no payloads."""
    now = clock()
    grouped = connection.execute(sa.select(table.c.state, sa.func.count().label("jobs")).group_by(table.c.state))
    counts: dict[str, int] = {row.state: row.jobs for row in grouped}
    if not any(counts.get(state) for state in ("waiting", "running", "dead")):
        return f"No job is waiting, running or dead; {counts.get('done', 0)} are done."
    first = ", ".join(f"{counts.get(state, 0)} {state}" for state in ("waiting", "running", "dead", "done")) + "."
    overdue = (table.c.state == "waiting") & (table.c.run_at < now - LATE)
    late = overdue | ((table.c.state == "running") & (table.c.leased_until < now))
    parts = [first]
    for title, which in (("Dead", table.c.state == "dead"), ("Late", late)):
        rows = _newest(connection, which)
        if rows:
            parts.append(f"{title}, newest first:\n{as_table(TITLES, [_cells(row, now) for row in rows])}")
    return "\n\n".join(parts)


def retry(connection: Connection, which: str, clock: Clock) -> str:
    """Puts a dead job back to waiting, or `all` of them.

    Raises:
        NotFound: There is no such dead job.
        Rejected: It has expired, so it would die again at once.
    """
    now = clock()
    useful = table.c.expires_at.is_(None) | (table.c.expires_at > now)
    chosen = table.c.state == "dead"
    if which != "all":
        chosen &= table.c.id == which
        if not connection.execute(sa.select(table.c.id).where(chosen)).first():
            raise NotFound(f"There is no dead job {which!r}; `make jobs` lists them.")
    fresh = {"state": "waiting", "attempts": 0, "run_at": now, "ended_at": None}
    count = connection.execute(table.update().where(chosen, useful).values(fresh)).rowcount
    if which != "all" and not count:
        raise Rejected(f"Job {which} has expired: it is of no use any more.")
    return f"Jobs waiting again: {count}."


def _newest(connection: Connection, which: ColumnElement[Any]) -> Sequence[Row]:
    query = sa.select(table).where(which).order_by(table.c.created_at.desc()).limit(LISTED)
    return connection.execute(query).all()


def _cells(row: Row, now: datetime) -> tuple[str, ...]:
    return (row.id, row.kind, str(row.attempts), row.state, age(now - row.created_at), row.last_error or "")


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m middleware.jobs_command", description="Shows how the jobs stand.")
    parser.add_argument("--retry", metavar="ID", help="a dead job to be tried again, or `all`")
    which = parser.parse_args(arguments).retry
    try:
        print(asyncio.run(_run(which)))
    except FrontdeskError as error:
        sys.exit(str(error))


async def _run(which: str | None) -> str:
    store = open_store(settings.load().database_url)
    try:
        if which:
            return await store.write(lambda connection: retry(connection, which, system_clock))
        return await store.read(lambda connection: overview(connection, system_clock))
    finally:
        store.close()


if __name__ == "__main__":
    main()

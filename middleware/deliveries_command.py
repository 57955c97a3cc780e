"""Shows how what was sent stands, and has failed messages sent again: `python -m middleware.deliveries_command`.

With `--retry ID`, or `--retry all`, what failed is sent again. What may have arrived isn't: nobody can know.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.engine.row import Row
from sqlalchemy.sql.elements import ColumnElement

from middleware import settings
from middleware.clock import Clock, system_clock
from middleware.delivery_figures import doubted
from middleware.delivery_states import (
    DELIVERED,
    DOUBTFUL,
    FAILED,
    HELD,
    QUEUED,
    READ,
    SENDING,
    SENT,
    TEMPLATE_PARTS,
    WAITING,
    change,
)
from middleware.errors import FrontdeskError, NotFound
from middleware.listing import age, as_table
from middleware.outbox import send_soon
from middleware.store import deliveries as table
from middleware.store import messages, open_store

LISTED = 20
STATES = (WAITING, SENDING, HELD, FAILED, DOUBTFUL, SENT, DELIVERED, READ)
TITLES = ("id", "attempts", "doubts", "age", "code", "why")
SHOWN = (
    ("Failed", table.c.state == FAILED),
    ("In doubt, and not sent again", table.c.state == DOUBTFUL),
    ("Put off", (table.c.state == WAITING) & table.c.error_code.is_not(None)),
)


def overview(connection: Connection, clock: Clock) -> str:
    """How many parts of messages are in each state, and the newest that are in trouble; nothing of what they say."""
    now = clock()
    counts = _counts(connection)
    if not counts:
        return "Nothing has been sent yet."
    known = ", ".join(f"{counts[state]} {state}" for state in STATES if state in counts) + "."
    parts = [known, _doubts(connection)]
    for title, which in SHOWN:
        rows = _newest(connection, which)
        if rows:
            parts.append(f"{title}, newest first:\n{as_table(TITLES, [_cells(row, now) for row in rows])}")
    return "\n\n".join(parts)


def retry(connection: Connection, which: str, clock: Clock) -> str:
    """Has what failed sent again: one part of a message, or `all` of them.

    Raises:
        NotFound: There is no such failed part.
    """
    now = clock()
    chosen = (table.c.state == FAILED) & ~TEMPLATE_PARTS
    if which != "all":
        chosen &= table.c.id == which
    found = connection.execute(sa.select(table).where(chosen).order_by(table.c.id).with_for_update()).all()
    if which != "all" and not found:
        raise NotFound(f"There is no failed delivery {which!r}; `make deliveries` lists them.")
    for row in found:
        # A message that never had a form has no parts to speak of: they are planned anew.
        if row.payload:
            change(connection, table.c.id == row.id, now, **_fresh())
        else:
            connection.execute(table.delete().where(table.c.id == row.id))
    message_ids = {row.message_id for row in found}
    connection.execute(messages.update().where(messages.c.id.in_(message_ids)).values(state=QUEUED))
    for conversation_id in sorted({row.conversation_id for row in found}):
        send_soon(connection, conversation_id, now)
    return f"Deliveries waiting again: {len(found)}."


def _fresh() -> Mapping[str, Any]:
    """As if it had never been tried; how often its fate was unknown is kept."""
    values = {"state": WAITING, "deferrals": 0, "uploads": 0, "media_id": None, "error_code": None, "error": None}
    return values


def _counts(connection: Connection) -> Mapping[str, int]:
    grouped = sa.select(table.c.state, sa.func.count().label("parts")).group_by(table.c.state)
    return {row.state: row.parts for row in connection.execute(grouped)}


def _doubts(connection: Connection) -> str:
    doubts, repeats = doubted(connection)
    return f"Requests whose answer was lost: {doubts}. Sent once more because of it: {repeats}."


def _newest(connection: Connection, which: ColumnElement[Any]) -> Sequence[Row]:
    return connection.execute(sa.select(table).where(which).order_by(table.c.changed_at.desc()).limit(LISTED)).all()


def _cells(row: Row, now: datetime) -> tuple[str, ...]:
    why = (row.error or "").partition(". ")[0]  # what mends it is for the desk
    return (row.id, str(row.attempts), str(row.doubts), age(now - row.created_at), row.error_code or "", why)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m middleware.deliveries_command", description="Shows how what was sent to customers stands."
    )
    parser.add_argument("--retry", metavar="ID", help="a failed delivery to be sent again, or `all`")
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

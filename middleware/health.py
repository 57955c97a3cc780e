"""Whether a process can do its work, for whoever starts and stops it: open to everyone, so it tells little."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.errors import Unavailable
from middleware.store import Store, conversations

STORE_SECONDS = 2.0

T = TypeVar("T")


async def at_once(store: Store, work: Callable[[Connection], T]) -> T | None:
    """What the store answers within two seconds; None if it doesn't, whatever ails it."""
    try:
        return await asyncio.wait_for(store.read(work), STORE_SECONDS)
    except (Unavailable, sa.exc.SQLAlchemyError, asyncio.TimeoutError):
        return None


class Health:
    """Tells whether a process can do its work; the store is asked once at a time, however many want to know."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._asking: asyncio.Task[bool] | None = None

    async def report(self, **lacking: str) -> tuple[int, dict[str, str]]:
        """The HTTP status and the body of an answer.

        Args:
            lacking: What else the process lacks, and why; such as `model="not loaded"`.
        """
        if not await self._store_answers():
            lacking["store"] = "no answer"
        return (503, {"status": "unavailable", **lacking}) if lacking else (200, {"status": "ok"})

    async def _store_answers(self) -> bool:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> bool:
        return await at_once(self._store, _has_tables) is True


def _has_tables(connection: Connection) -> bool:
    """Reads a table: an empty database would answer anything else as well."""
    connection.execute(sa.select(conversations.c.id).limit(1))
    return True

"""Writes down who asked what of which system, and what came of it; rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from middleware import metrics
from middleware.store import Appended, Store
from middleware.store import audit as table


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One request to a system of record.

    Attributes:
        object: Id of what was asked for; empty for a list of the asker's own.
        outcome: `ok`, or the name of the error.
    """

    at: datetime
    correlation_id: str
    conversation_id: str
    operation: str
    system: str
    object: str
    level: str
    outcome: str
    milliseconds: int


_COLUMNS = tuple(one.name for one in fields(Entry))
_APPENDED = Appended(table, _COLUMNS)


class Audit:
    """The audit log."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def record(self, entry: Entry) -> None:
        """Adds an entry, and counts what it speaks of.

        Raises:
            Unavailable: It couldn't be written; then what it speaks of must not be answered either.
        """
        await self._store.append(_APPENDED, _row(entry))
        _count(entry)

    def record_here(self, entry: Entry) -> None:
        """The same, in a thread that may wait for it.

        Raises:
            Unavailable: As for `record`.
        """
        self._store.append_here(_APPENDED, _row(entry))
        _count(entry)


def _row(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _COLUMNS}


def _count(entry: Entry) -> None:
    metrics.operation(entry.operation, entry.system, entry.outcome, entry.milliseconds / 1000)

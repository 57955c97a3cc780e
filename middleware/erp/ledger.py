"""What we had an ERP change, in a table of our own: real ERPs know nothing of an asker's key.

A connector enters what it is about to do, does it, and notes what came of it. Whoever comes again with the same key, in
whatever process, finds it: done (nothing is done again), or begun, so that nobody knows: then the ERP is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from middleware.clock import Clock, system_clock
from middleware.database import for_writing
from middleware.errors import Unavailable
from middleware.store import erp_ledger, insert_once

Kind = Literal["cancel", "change", "reserve", "return"]
State = Literal["begun", "done", "undone", "refused"]

# Building them each time would take longer than asking them.
_WITH_KEY = sa.select(erp_ledger).where(erp_ledger.c.key == sa.bindparam("key"))
_WITH_REFERENCE = sa.select(erp_ledger).where(erp_ledger.c.reference == sa.bindparam("reference"))
_OF_SUBJECT = (
    sa.select(erp_ledger)
    .where(
        erp_ledger.c.kind == sa.bindparam("kind"),
        erp_ledger.c.subject == sa.bindparam("subject"),
        erp_ledger.c.state.in_(sa.bindparam("states", expanding=True)),
    )
    .order_by(erp_ledger.c.begun_at, erp_ledger.c.key)
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One effect.

    Attributes:
        key: The asker's.
        subject: The order's number, or the article's SKU.
        state: `begun`: nobody knows whether it was done; `undone`: what was done was taken back, such as a reservation
            that was released; `refused`: the ERP said no, or was never asked.
        wanted: What was asked for; nothing of it is a customer's name or address.
        made: What came of it.
        reference: The ERP's own id of what was made.
    """

    key: str
    kind: Kind
    subject: str
    state: State
    wanted: Mapping[str, Any]
    made: Mapping[str, Any]
    reference: str | None
    begun_at: datetime


class Ledger:
    """The entries.

    Every method raises `Unavailable` if the database can't be reached.

    Args:
        engine: Of the store's database.
    """

    def __init__(self, engine: Engine, clock: Clock = system_clock) -> None:
        self._reading, self._writing = engine, for_writing(engine)
        self._clock = clock

    def find(self, key: str) -> Entry | None:
        """The entry of a key; None if nothing was begun with it."""
        return next(iter(self._read(_WITH_KEY, key=key)), None)

    def of_reference(self, reference: str) -> Entry | None:
        """The entry of what the ERP calls so."""
        return next(iter(self._read(_WITH_REFERENCE, reference=reference)), None)

    def of_subject(self, kind: Kind, subject: str, *states: State) -> Sequence[Entry]:
        """All entries of one kind about a subject in these states, the oldest first."""
        return self._read(_OF_SUBJECT, kind=kind, subject=subject, states=states)

    def begin(self, key: str, kind: Kind, subject: str, wanted: Mapping[str, Any]) -> Entry:
        """Enters what is about to be done.

        Returns:
            The entry; an older one if something was begun with the key before. One that was refused begins anew.
        """
        row = {
            "key": key,
            "kind": kind,
            "subject": subject,
            "state": "begun",
            "wanted": dict(wanted),
            "begun_at": self._clock(),
        }
        refused = sa.and_(erp_ledger.c.key == key, erp_ledger.c.state == "refused")
        try:
            with self._writing.begin() as connection:
                insert_once(connection, erp_ledger, row)
                connection.execute(erp_ledger.update().where(refused).values(**row))
                return _entry(connection.execute(sa.select(erp_ledger).where(erp_ledger.c.key == key)).one())
        except sa.exc.DBAPIError as error:
            raise _unavailable(error) from error

    def note(self, key: str, state: State, made: Mapping[str, Any] | None = None, reference: str | None = None) -> None:
        """Notes how it stands with an entry now; what was made and its reference stay unless they are given."""
        values: dict[str, Any] = {"state": state}
        values |= {"made": dict(made)} if made is not None else {}
        values |= {"reference": reference} if reference is not None else {}
        try:
            with self._writing.begin() as connection:
                connection.execute(erp_ledger.update().where(erp_ledger.c.key == key).values(**values))
        except sa.exc.DBAPIError as error:
            raise _unavailable(error) from error

    def _read(self, query: sa.sql.Select, **wanted: Any) -> Sequence[Entry]:
        try:
            with self._reading.connect() as connection:
                return [_entry(row) for row in connection.execute(query, wanted)]
        except sa.exc.DBAPIError as error:
            raise _unavailable(error) from error


def _entry(row: Row) -> Entry:
    return Entry(
        key=row.key,
        kind=row.kind,
        subject=row.subject,
        state=row.state,
        wanted=row.wanted,
        made=row.made or {},
        reference=row.reference,
        begun_at=row.begun_at,
    )


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"the store can't be reached: {type(error).__name__}", system="erp")

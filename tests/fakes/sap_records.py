"""The records of the stand-in's SAP: rows by entity, as a database has them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.fakes.sap_schema import ENTITIES, Entity, Navigation
from tests.fakes.sap_values import initial

Row = dict[str, Any]
Key = tuple[Any, ...]


class Records:
    """All rows. Documents and positions are kept with all their zeros."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[Key, Row]] = {name: {} for name in ENTITIES}
        self._families: dict[str, dict[Any, list[Row]]] = {name: {} for name in ENTITIES}
        self._last = datetime(1970, 1, 1, tzinfo=timezone.utc)

    def put(self, name: str, **values: Any) -> Row:
        """Makes a row; what isn't given is as it is at first."""
        entity = ENTITIES[name]
        row = {one.name: initial(one) for one in entity.properties.values()}
        row |= {one: _kept(entity, one, value) for one, value in values.items()}
        key = tuple(row[one] for one in entity.keys)
        assert key not in self._rows[name], (name, key)
        self._rows[name][key] = row
        self._families[name].setdefault(key[0], []).append(row)
        return row

    def get(self, name: str, *key: str) -> Row | None:
        """The row with a key."""
        entity = ENTITIES[name]
        return self._rows[name].get(tuple(_kept(entity, one, part) for one, part in zip(entity.keys, key, strict=True)))

    def of(self, name: str, **values: Any) -> list[Row]:
        """All rows that have these values."""
        entity = ENTITIES[name]
        wanted = {one: _kept(entity, one, value) for one, value in values.items()}
        rows: Sequence[Row] | Iterator[Row] = self._rows[name].values()  # type: ignore[assignment]
        if entity.keys[0] in wanted:
            rows = self._families[name].get(wanted[entity.keys[0]], ())
        return [row for row in rows if all(row[one] == value for one, value in wanted.items())]

    def family(self, name: str, first: Any) -> Sequence[Row]:
        """All rows whose key begins with a value, as it stands."""
        return self._families[name].get(first, ())

    def related(self, row: Mapping[str, Any], way: Navigation) -> list[Row]:
        """The rows that a way leads to."""
        if not all(row[own] for own in way.on if own != "Person"):
            return []
        return self.of(way.to, **{theirs: row[own] for own, theirs in way.on.items()})

    def next_number(self, name: str, first: int) -> str:
        """The number of the next document of a kind."""
        digits = [int(key[0]) for key in self._rows[name] if key[0].isdigit()]
        return str(max([first - 1, *digits]) + 1)

    def moment(self) -> datetime:
        """Now, and later than every moment that was given before."""
        self._last = max(datetime.now(timezone.utc), self._last + timedelta(milliseconds=1))
        return self._last

    def snapshot(self) -> Any:
        """All that is there, to come back to."""
        return {name: [dict(row) for row in rows.values()] for name, rows in self._rows.items()}

    def restore(self, snapshot: Any) -> None:
        """Makes it as it was."""
        for name, rows in snapshot.items():
            keys = ENTITIES[name].keys
            self._rows[name] = {tuple(row[one] for one in keys): row for row in rows}
            self._families[name] = {}
            for row in rows:
                self._families[name].setdefault(row[keys[0]], []).append(row)


def new_uuid() -> str:
    """An id as SAP gives relations."""
    return str(uuid.uuid4())


def _kept(entity: Entity, name: str, value: Any) -> Any:
    one = entity.properties[name]
    assert one.kind != "String" or len(value) <= one.length, f"SAP can't hold {value!r} in {name}"
    return one.filled(value) if one.is_padded or one.is_position else value

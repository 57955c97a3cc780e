"""How Oracle writes what the tests' data says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timezone
from typing import Any

from tests.fakes.oracle_schema import Row, hashed

Plain = Mapping[str, Any]


def grouped(rows: Iterable[Plain], name: str) -> dict[str, list[Plain]]:
    """Rows by what one of their fields says."""
    found: dict[str, list[Plain]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def second(moment: datetime | None) -> datetime | None:
    """A moment as Oracle keeps it."""
    return moment and moment.astimezone(timezone.utc).replace(microsecond=0)


def midnight(day: date | None) -> datetime | None:
    """A day, where Oracle has a moment."""
    return None if day is None else datetime.combine(day, time(), timezone.utc)


def add_detail(line: Row, delivery: str | None, values: Plain) -> None:
    """What shipping or billing reported of a fulfillment line."""
    id_ = line.values["FulfillLineId"]
    own = {"FulfillLineDetailId": id_ + 1, "FulfillLineId": id_, "Quantity": line.values["OrderedQuantity"]}
    line.children["lineDetails"].append(Row({**own, "DeliveryName": delivery, **values}, id=hashed(f"detail {id_}")))

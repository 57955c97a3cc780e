"""The rows of the stand-in of Dynamics 365 Finance & Operations, with what its business logic allows to be written."""

from __future__ import annotations

import itertools
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from tests.fakes.dynamics_schema import filled
from tests.fakes.odata import Row

COMPANY, DEFAULT_COMPANY, OTHER_COMPANY = "usmf", "dat", "demf"
DIMENSIONS = ("ProductSizeId", "ProductColorId", "ProductStyleId", "ProductConfigurationId")
COUNTRIES = {
    "US": "USA",
    "CA": "CAN",
    "MX": "MEX",
    "GB": "GBR",
    "IE": "IRL",
    "DE": "DEU",
    "AT": "AUT",
    "CH": "CHE",
    "FR": "FRA",
    "NL": "NLD",
    "BE": "BEL",
    "ES": "ESP",
    "IT": "ITA",
    "DK": "DNK",
    "SE": "SWE",
    "PL": "POL",
}


class WriteFailed(Exception):
    """The business logic says no; its words are the Infolog's."""


class Tables:
    """Rows by table; each has its ETag as the interface shows it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._numbers = itertools.count(5_637_144_576)

    def put(self, table: str, values: Mapping[str, Any], company: str = COMPANY) -> Row:
        """Adds a row; what isn't given is as empty as F&O has it."""
        row = filled(table, {"dataAreaId": company, **values})
        row["_id"], row["_version"] = next(self._numbers), 0
        self.rows[table].append(row)
        touch(row)
        return row

    def of(self, table: str, **values: Any) -> list[Row]:
        """The company's rows with these values."""
        wanted = {"dataAreaId": COMPANY, **values}
        return [row for row in self.rows[table] if all(row.get(name) == value for name, value in wanted.items())]

    def one(self, table: str, **values: Any) -> Row:
        """The one row with these values."""
        [row] = self.of(table, **values)
        return row

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Puts everything back as it was if something fails."""
        before = {table: [dict(row) for row in rows] for table, rows in self.rows.items()}
        try:
            yield
        except BaseException:
            self.rows.clear()
            self.rows.update(before)
            raise


def touch(row: Row) -> None:
    """A row was written: it has another ETag from now on."""
    row["_version"] += 1
    tag = b64encode(f"{row['_version']},{row['_id']}".encode()).decode()
    row["@odata.etag"] = f"W/\"'{tag}'\""


def change(row: Row, **values: Any) -> None:
    """Writes values into a row."""
    row.update(values)
    touch(row)


def moment(at: datetime) -> str:
    """A moment as F&O writes it: to the second."""
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def on(day: date | None, days: int = 0) -> str:
    """A day as F&O writes it: at noon; what is none is in 1900."""
    there = date(1900, 1, 1) if day is None else day + timedelta(days=days)
    return moment(datetime.combine(there, time(12), timezone.utc))


def lot(order: str, line: str) -> str:
    """What F&O calls the inventory transactions of an order's line."""
    return f"LOT-{order}-{line}"

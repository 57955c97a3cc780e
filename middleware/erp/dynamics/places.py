"""Warehouses with their sites: they seldom change, so they are read once in a while."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from middleware.clock import Clock, system_clock
from middleware.erp.dynamics import mapping
from middleware.erp.dynamics.api import Api
from middleware.erp.dynamics.rows import WarehouseRow, fields
from middleware.records import Warehouse

SECONDS = 600.0

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A warehouse, and the site that it is of."""

    warehouse: Warehouse
    site: str


class Remembered(Generic[T]):
    """What is read once, and again after a while."""

    def __init__(self, read: Callable[[], T], clock: Clock = system_clock) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._value: tuple[float, T] | None = None

    def get(self) -> T:
        """The value, at most ten minutes old."""
        with self._lock:
            now = self._clock().timestamp()
            if self._value is None or self._value[0] + SECONDS < now:
                self._value = (now, self._read())
            return self._value[1]


def remembered_places(api: Api) -> Remembered[Mapping[str, Place]]:
    """The warehouses by id, by name."""

    def read() -> Mapping[str, Place]:
        rows = api.rows(api.set_of("Warehouses", "", fields(WarehouseRow)), WarehouseRow, "warehouses")
        rows.sort(key=lambda row: (row.warehouse_name or row.warehouse_id, row.warehouse_id))
        return {row.warehouse_id: Place(mapping.warehouse(row), row.operational_site_id or "") for row in rows}

    return Remembered(read)

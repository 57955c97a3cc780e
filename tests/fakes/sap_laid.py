"""What everything that lays data into the stand-in's SAP shares."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from middleware.demo import Data
from middleware.demo.data import Row as Laid
from tests.fakes.sap_business import Business

CENT, MILL = Decimal("0.01"), Decimal("0.001")


class Lays:
    """Lays data into an empty SAP.

    Args:
        business: Its rules, which work out what follows from what is laid.
    """

    def __init__(self, business: Business, data: Data) -> None:
        self._records, self._business, self._data = business.records, business, data
        self._numbers = itertools.count(1)
        self._positions: dict[tuple[str, str], str] = {}

    def _document(self, number: str) -> str:
        """A laid number, if SAP could have such."""
        return number if len(number) <= 10 else f"{70_000_000 + next(self._numbers)}"


def by(rows: Iterable[Laid], name: str) -> defaultdict[str, list[Laid]]:
    """Rows by one of their columns."""
    found: defaultdict[str, list[Laid]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found

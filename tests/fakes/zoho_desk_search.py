"""How Zoho Desk's stand-in searches: an index that is filled later than the records, and criteria that are strict."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from tests.fakes.stand_in import Refused, Reply

Record = dict[str, Any]

PATTERNS = {
    "ticketNumber": re.compile(r"[0-9]+(,[0-9]+)*"),
    "id": re.compile(r"[0-9]+(,[0-9]+)*"),
    "contactId": re.compile(r"[0-9]+(,[0-9]+)*"),
    "departmentId": re.compile(r"[0-9]+"),
}
CUSTOM = re.compile(r"customField(?:[1-9]|10)")
BEFORE_FIRST, MOST_FROM = 0, 4999
MOST = 100


def wrong(message: str, *fields: tuple[str, str]) -> NoReturn:
    """Refuses something as Desk does; it says which field, and quotes what it was given."""
    if not fields:
        raise Refused(Reply(status=422, json={"errorCode": "UNPROCESSABLE_ENTITY", "message": message}))
    errors = [{"fieldName": name, "errorType": kind, "errorMessage": ""} for name, kind in fields]
    raise Refused(Reply(status=422, json={"errorCode": "INVALID_DATA", "message": message, "errors": errors}))


def demand_parameters(query: Mapping[str, str], *known: str) -> None:
    """Refuses parameters that there aren't."""
    for name in query:
        if name not in known:
            wrong(f"Extra query parameter '{name}' is present in the input.")


def number(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """A parameter that is a number."""
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        wrong(f"The value passed for field '{name}' exceeds the range of '{low}-{high}'.")
    return int(text)


class Index:
    """What the search finds: each record as it was some time ago.

    Attributes:
        lag: Seconds until a record is found as it is.
    """

    def __init__(self, lag: float) -> None:
        self.lag = lag
        self._found: dict[str, Record] = {}
        self._coming: deque[tuple[float, Record]] = deque()

    def put(self, record: Record) -> None:
        """Lets a record be found as it is now, after some time."""
        self._coming.append((time.monotonic() + self.lag, dict(record)))

    def settle(self, records: Iterable[Record]) -> None:
        """Lets nothing but some records be found, as they are now."""
        self._coming.clear()
        self._found = {record["id"]: dict(record) for record in records}

    def search(self, query: Mapping[str, str], fields: tuple[str, ...], custom: set[str]) -> Reply:
        """What some criteria find.

        Args:
            fields: That can be searched.
            custom: Custom fields that there are.
        """
        now = time.monotonic()
        while self._coming and self._coming[0][0] <= now:
            record = self._coming.popleft()[1]
            self._found[record["id"]] = record
        fits = [self._criterion(name, value, fields, custom) for name, value in query.items() if name not in PAGING]
        first = number(query, "from", 0, BEFORE_FIRST, MOST_FROM)
        limit = number(query, "limit", 10, 1, MOST)
        found = [record for record in self._found.values() if all(fit(record) for fit in fits)]
        found.sort(key=lambda record: int(record["id"]))
        page = found[first : first + limit]
        if not page:
            return Reply(status=204)
        return Reply(json={"data": page, "count": len(found)})

    @staticmethod
    def _criterion(name: str, value: str, fields: tuple[str, ...], custom: set[str]) -> Callable[[Record], bool]:
        if CUSTOM.fullmatch(name):
            field, colon, value = value.partition(":")
            if not colon or field not in custom or not value:
                wrong(f"The value passed for field '{name}' is invalid: '{field}'")
            return lambda record: _matches(record["cf"].get(field), value)
        if name not in fields:
            wrong(f"Extra query parameter '{name}' is present in the input.")
        if not value or (name in PATTERNS and not PATTERNS[name].fullmatch(value)):
            wrong(f"The value '{value}' passed for field '{name}' is invalid.")
        return lambda record: _matches(record.get(name), value)


PAGING = ("from", "limit", "sortBy")


def _matches(has: Any, wanted: str) -> bool:
    """Any of several values; one that ends with an asterisk is a beginning."""
    if wanted.lower() in ("${empty}", "${notempty}"):
        return (not has) == (wanted.lower() == "${empty}")
    text = str(has or "").lower()
    return any(
        text.startswith(one[:-1]) if one.endswith("*") else bool(text) and text == one
        for one in wanted.lower().split(",")
    )

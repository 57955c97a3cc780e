"""How queries are written in OData V4: each value by its own rule, each URL without a `+` for a space."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from urllib.parse import quote

NOTHING = "00000000-0000-0000-0000-000000000000"  # how the vendor writes that there is none


def text(value: str) -> str:
    """A text between quotes; one in it is written twice."""
    return "'" + value.replace("'", "''") + "'"


def equal(field: str, value: str) -> str:
    """A condition on a field that holds a text."""
    return f"{field} eq {text(value)}"


def from_day(field: str, day: date) -> str:
    """A condition on a field that holds a day: that one, or a later."""
    return f"{field} ge {day.isoformat()}"


def to_day(field: str, day: date) -> str:
    """A condition on a field that holds a day: that one, or an earlier."""
    return f"{field} le {day.isoformat()}"


def one_of(conditions: Iterable[str]) -> str:
    """One of several conditions, all on one field: the vendor joins no others so."""
    return "(" + " or ".join(conditions) + ")"


def every(*conditions: str) -> str:
    """All of several conditions."""
    return " and ".join(conditions)


@lru_cache(maxsize=512)  # most are the same each time: what is selected and expanded
def _encoded(value: str) -> str:
    return quote(value, safe="")


def path(resource: str, **options: str) -> str:
    """A resource with the query's options: `filter`, `select`, `expand`, `orderby`, `top`."""
    given = [f"${name}={_encoded(value)}" for name, value in options.items() if value]
    return resource + ("?" + "&".join(given) if given else "")

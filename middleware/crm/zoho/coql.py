"""Zoho's query language: values in it are quoted here, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

ID = re.compile(r"[0-9]{1,20}", re.ASCII)
FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}(?:\.[A-Za-z][A-Za-z0-9_]{0,99})?", re.ASCII)

# How a backslash is read isn't said; what has one, or a character that is none, equals nothing.
_NEVER_EQUAL = re.compile("[\\\\\x00-\x1f\x7f\ud800-\udfff]")


def is_id(text: str) -> bool:
    """Whether something may be the id of a record: digits."""
    return ID.fullmatch(text) is not None


def can_be_asked_for(text: str) -> bool:
    """Whether a query can name a value."""
    return 0 < len(text) <= 255 and not _NEVER_EQUAL.search(text)


def quoted(text: str) -> str:
    """A value as a query names it.

    Raises:
        ValueError: It can't; `can_be_asked_for` tells.
    """
    if not can_be_asked_for(text):
        raise ValueError("no value of a query")
    return "'" + text.replace("'", "''") + "'"


def equals(field: str, value: str) -> str:
    """That a field holds a value."""
    return f"{_field(field)} = {quoted(value)}"


def one_of(field: str, values: Iterable[str]) -> str:
    """That a field holds one of some values."""
    return f"{_field(field)} in ({', '.join(quoted(value) for value in values)})"


def either(*criteria: str) -> str:
    """That one of some criteria holds; they are put together in pairs, as is demanded."""
    return _paired(" or ", criteria)


def both(*criteria: str) -> str:
    """That all criteria hold."""
    return _paired(" and ", criteria)


def select(module: str, fields: Sequence[str], where: str, order: str = "") -> str:
    """A query, but for how many records it is to give."""
    ordered = f" order by {order}" if order else ""
    return f"select {', '.join(_field(field) for field in fields)} from {module} where {where}{ordered}"


def _paired(word: str, criteria: Sequence[str]) -> str:
    first, *others = [one for one in criteria if one]
    for another in others:
        first = f"({first}{word}{another})"
    return first


def _field(name: str) -> str:
    if not FIELD.fullmatch(name):
        raise ValueError(f"no field of Zoho's: {name!r}")
    return name

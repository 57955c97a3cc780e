"""Conditions and addresses as F&O's OData takes them: no `in`, no functions, and `*` in a text stands for anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timezone
from functools import lru_cache
from urllib.parse import quote

LONGEST = 200  # letters of what is asked for; nothing there is called so long
ONCE = 40  # conditions joined by `or` in one query
ENUMS = "Microsoft.Dynamics.DataEntities"

_PLAIN = "$,*'()/:@"  # of a query; all else is encoded, a space as %20


def is_askable(text: str) -> bool:
    """Whether something can be called so there.

    Nobody says how a `*` is escaped, which would find everything; so nothing is asked that has one.
    """
    return 0 < len(text) <= LONGEST and "*" not in text and text.isprintable() and text == text.strip()


def text(value: str) -> str:
    """A text as a literal.

    Raises:
        ValueError: It would find more than itself.
    """
    if not is_askable(value):
        raise ValueError("no such text may be asked for")
    return "'" + value.replace("'", "''") + "'"


def scattered(digits: str) -> str:
    """A literal that finds these digits in this order, whatever stands between, before and behind them."""
    return f"'*{'*'.join(digits)}*'" if digits.isascii() and digits.isdigit() else text(digits)


def enum(name: str, member: str) -> str:
    """A member of an enumeration as a literal."""
    return f"{ENUMS}.{name}'{member}'"


def moment(value: datetime) -> str:
    """A moment as a literal: there are no fractions of seconds."""
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(value: date) -> str:
    """A day as F&O writes it, in bodies too: noon, so that it is the same day nearly everywhere."""
    return moment(datetime.combine(value, time(12), timezone.utc))


def day_begins(value: date) -> str:
    """The earliest moment of a day as a literal."""
    return moment(datetime.combine(value, time(0), timezone.utc))


def day_ends(value: date) -> str:
    """The latest moment of a day as a literal."""
    return moment(datetime.combine(value, time(23, 59, 59), timezone.utc))


def both(*conditions: str) -> str:
    """All of them."""
    return " and ".join(conditions)


def either(field: str, values: Iterable[str]) -> str:
    """That a field is one of these texts."""
    return "(" + " or ".join(f"{field} eq {text(value)}" for value in values) + ")"


def key(name: str, **parts: str) -> str:
    """The address of one row, below `/data/`."""
    named = ",".join(f"{part}={quote(text(value), safe=chr(39))}" for part, value in parts.items())
    return f"{name}({named})?cross-company=true"


@lru_cache(maxsize=512)  # most are the same each time: what is selected and expanded
def _encoded(value: str) -> str:
    return quote(value, safe=_PLAIN)


def query(
    name: str,
    condition: str,
    select: Collection[str] = (),
    *,
    expand: str = "",
    order: str = "",
    most: int = 0,
    company: bool = True,
) -> str:
    """The address of a query, below `/data/`.

    Args:
        most: As many rows at most; all of them if it is nought.
        company: Whether the set's rows belong to companies; without more, F&O shows those of the user's own alone.
    """
    options: Mapping[str, str] = {
        "cross-company": "true" if company else "",
        "$filter": condition,
        "$select": ",".join(select),
        "$expand": expand,
        "$orderby": order,
        "$top": str(most) if most else "",
    }
    encoded = "&".join(f"{option}={_encoded(value)}" for option, value in options.items() if value)
    return f"{name}?{encoded}"

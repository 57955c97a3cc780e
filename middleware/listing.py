"""Lists for whoever looks at a terminal: rows under titles, and ages in their largest unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


def age(age: timedelta) -> str:
    """An age in its largest unit."""
    seconds = int(age.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def as_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows in columns that are as wide as they need."""
    lines = [titles, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    pattern = "  " + "  ".join(f"{{:{width}}}" for width in widths)
    return "\n".join(pattern.format(*line).rstrip() for line in lines)

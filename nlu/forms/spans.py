"""A part of a text that names something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """An entity found in a text.

    Attributes:
        entity: What it is, as in domain.yml.
        start: Where it begins in the text.
        end: Where it ends, exclusive.
    """

    entity: str
    start: int
    end: int


def spans(entity: str, pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    """All places where a pattern matches: its group `value`, or the whole match if it has none."""
    group = "value" if "value" in pattern.groupindex else 0
    for match in pattern.finditer(text):
        yield Span(entity=entity, start=match.start(group), end=match.end(group))


def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern whose blanks and line ends don't count, whatever the case of the text."""
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)

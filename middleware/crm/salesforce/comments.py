"""One of our comments as several of Salesforce's, each short enough, and back again as one.

Ada Lovett:                     …and so it goes on.
Any news of my jacket …         [#3f2a9c0d1e4b5a67 2/2]
[#3f2a9c0d1e4b5a67 1/2]

The last line tells which belong together: a case comment has no field for a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from middleware.crm.salesforce.texts import line, reference, storable
from middleware.records import CommentDraft

MOST_BYTES = 4000  # of a comment, as Salesforce keeps it
MOST_PARTS = 200  # made at once
_LONGEST_AUTHOR = 200
_GOES_ON = "…"
_COSTS = {"&": 5, "<": 4, ">": 4, '"': 6, "'": 6, "\n": 2}  # as entities
_MARK = re.compile(r"\r?\n\[#([0-9a-f]{16}) (\d{1,3})/(\d{1,3})\]\s*\Z")


@dataclass(frozen=True)
class Part:
    """One of Salesforce's comments that is a part of ours.

    Attributes:
        reference: Of ours; `place` of `count`, from 1.
    """

    reference: str
    place: int
    count: int
    text: str


def split(draft: CommentDraft, key: str) -> list[str]:
    """The parts of a comment, none longer than Salesforce takes it; what is after the two hundredth is cut off."""
    text = f"{author_of(draft)}:\n{storable(draft.body)}"
    mark = reference(key)
    room = MOST_BYTES - _cost(f"{_GOES_ON}\n[#{mark} 200/200]")
    chunks = _chunks(text, room)[:MOST_PARTS]
    return [
        f"{_GOES_ON if place > 1 else ''}{chunk}\n[#{mark} {place}/{len(chunks)}]"
        for place, chunk in enumerate(chunks, start=1)
    ]


def author_of(draft: CommentDraft) -> str:
    """Who wrote a comment, on one line."""
    return line(draft.author, _LONGEST_AUTHOR)


def part(text: str) -> Part | None:
    """Reads a part of one of ours; None if it is somebody else's."""
    mark = _MARK.search(text)
    if mark is None:
        return None
    place = int(mark[2])
    rest = text[: mark.start()]
    return Part(mark[1], place, int(mark[3]), rest.removeprefix(_GOES_ON) if place > 1 else rest)


def joined(parts: Iterable[Part]) -> tuple[str, str]:
    """Author and body of one of ours, from its parts in any order, each perhaps more than once."""
    by_place: Mapping[int, Part] = {one.place: one for one in parts}
    text = "".join(by_place[place].text for place in sorted(by_place))
    author, _, body = text.partition(":\n")
    return author, body


def is_whole(parts: Iterable[Part]) -> bool:
    """Whether all parts are there."""
    there = list(parts)
    return bool(there) and len({one.place for one in there}) == there[0].count


def _chunks(text: str, room: int) -> list[str]:
    """Cuts a text where it gets too long, never inside a character."""
    chunks: list[str] = []
    begin, spent = 0, 0
    for place, letter in enumerate(text):
        spent += _cost(letter)
        if spent > room:
            chunks.append(text[begin:place])
            begin, spent = place, _cost(letter)
    return [*chunks, text[begin:]]


def _cost(text: str) -> int:
    return sum(_COSTS.get(letter, len(letter.encode())) for letter in text)

"""Our notes on HubSpot's tickets: how they are written there, and read again.

A note is HTML without a property of ours, so it says itself who wrote it, whether the customer may see it, and by
which key. HubSpot keeps 65,536 characters: a longer comment becomes several notes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape

from middleware.crm.hubspot.answers import Thing
from middleware.crm.hubspot.values import storable

LONGEST_NOTE = 65_536
PUBLIC, INTERNAL, TRANSCRIPT = "to the customer", "internal", "transcript"

_LONGEST_AUTHOR = 300
_ROOM = LONGEST_NOTE - 12 * _LONGEST_AUTHOR - 200  # what is left in a note of ours, whatever its author is called
_OURS = re.compile(
    r"<p><strong>(?P<author>[^<]*)</strong> · (?P<kind>to the customer|internal|transcript)"
    r" · (?P<reference>fd-[0-9a-f]{24}) · (?P<place>[0-9]+)/(?P<of>[0-9]+)</p>\s*<p>(?P<body>.*)</p>",
    re.DOTALL,
)
_LINE_END = re.compile(r"<br ?/?>")


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note of ours."""

    id: str
    at: datetime
    author: str
    kind: str
    reference: str
    place: int
    body: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """A comment of ours, of one note or several."""

    at: datetime
    author: str
    kind: str
    reference: str
    body: str


def bodies(author: str, kind: str, reference: str, text: str) -> list[str]:
    """What is to be written into notes, one after the other."""
    parts = _parts(storable(text))
    head = f"<p><strong>{escape(storable(author)[:_LONGEST_AUTHOR], quote=False)}</strong> · {kind} · {reference}"
    return [f"{head} · {place}/{len(parts)}</p><p>{part}</p>" for place, part in enumerate(parts, start=1)]


def fits_one(text: str) -> bool:
    """Whether a text needs one note alone."""
    return len(_parts(storable(text))) == 1


def read(thing: Thing) -> Note | None:
    """A note of ours; None if somebody else wrote it, or has changed it."""
    found = _OURS.search(thing.value("hs_note_body"))
    return None if found is None else _note(thing, found)


def written(thing: Thing, body: str) -> Note:
    """A note that was just written; what HubSpot has made of its body doesn't matter."""
    found = _OURS.search(body)
    assert found is not None, "it was written by `bodies`"
    return _note(thing, found)


def _note(thing: Thing, found: re.Match[str]) -> Note:
    return Note(
        id=thing.id,
        at=thing.moment("hs_createdate"),
        author=_text(found["author"]),
        kind=found["kind"],
        reference=found["reference"],
        place=int(found["place"]),
        body=_text(found["body"]),
    )


def joined(notes: Iterable[Note]) -> list[Written]:
    """The comments that our notes are, the oldest first."""
    parts: dict[str, list[Note]] = {}
    for note in notes:
        parts.setdefault(note.reference, []).append(note)
    written = [_joined(sorted(some, key=lambda note: (note.place, int(note.id)))) for some in parts.values()]
    oldest_first = sorted(written, key=lambda one: (one[0], one[1]))
    return [one for *_, one in oldest_first]


def _joined(parts: Sequence[Note]) -> tuple[datetime, int, Written]:
    first = parts[0]
    whole = {note.place: note.body for note in reversed(parts)}  # of a part that is there twice, the first counts
    written = Written(
        at=first.at,
        author=first.author,
        kind=first.kind,
        reference=first.reference,
        body="".join(whole[place] for place in sorted(whole)),
    )
    return first.at, int(first.id), written


def _parts(text: str) -> list[str]:
    """A text as HTML, in pieces that a note has room for; no character is split."""
    pieces: list[str] = []
    piece: list[str] = []
    room = _ROOM
    for sign in text:
        written = "<br>" if sign == "\n" else escape(sign, quote=False)
        length = len(written) + (ord(sign) > 0xFFFF)  # as HubSpot counts them, emoji are two
        if length > room:
            pieces.append("".join(piece))
            piece, room = [], _ROOM
        piece.append(written)
        room -= length
    return [*pieces, "".join(piece)]


def _text(html: str) -> str:
    return unescape(_LINE_END.sub("\n", html))

"""Comments on cases, which Zoho CRM keeps as notes.

A note has no mark for whom it is, so its title says it. Of what the company's people write, the customer sees only
notes that are called `crm.zoho.public_title` of assistant.yml: "Public", or "Public: on its way". What we write is
called by who wrote it, for whom it is, and a reference: "Ada Lovett · Public [FD-…]".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from middleware.crm.zoho.notes import REFERENCE, Note, parts
from middleware.crm.zoho.records import storable
from middleware.records import AgentComment, CommentDraft, TicketComment

INTERNAL = "Internal"

_BETWEEN = " · "
_LONGEST_AUTHOR = 50


def titled(draft: CommentDraft, public_title: str, ref: str) -> list[tuple[str, str]]:
    """Titles and contents of the notes that a comment becomes: one, if it isn't too long."""
    pieces = parts(storable(draft.body))
    mark = public_title if draft.is_public else INTERNAL
    author = storable(draft.author, _LONGEST_AUTHOR)
    count = len(pieces)
    return [
        (f"{author}{_BETWEEN}{mark} [{ref}{f' {place}/{count}' if count > 1 else ''}]", piece)
        for place, piece in enumerate(pieces, 1)
    ]


def public(notes: Iterable[Note], public_title: str) -> Iterator[TicketComment]:
    """What a customer may see of the notes on a case, in their order; a comment in several notes is one."""
    seen = [note for note in notes if is_public(note, public_title)]
    for _, group in groupby(seen, key=lambda note: note.reference or note.id):
        yield comment(list(group))


def agents(notes: Iterable[Note], public_title: str, number: str) -> Iterator[AgentComment]:
    """What the company's people wrote for a customer to see, in its order."""
    for note in notes:
        if note.reference is None and is_public(note, public_title):
            yield AgentComment(id=note.id, ticket_number=number, comment=comment([note]))


def comment(notes: Sequence[Note]) -> TicketComment:
    """The notes of one comment."""
    first = notes[0]
    body = "".join(note.content or "" for note in notes)
    return TicketComment(body=body, written_at=first.written_at, author=author(first))


def is_public(note: Note, public_title: str) -> bool:
    """Whether the customer may see a note; whatever isn't marked so is internal."""
    title = (note.title or "").strip()
    if note.reference is not None:
        return REFERENCE.sub("", title).rstrip().endswith(_BETWEEN + public_title)
    return title.partition(":")[0].strip().casefold() == public_title.casefold()


def author(note: Note) -> str:
    """Who wrote a note: of ours it says so, of people's it is the user."""
    if note.reference is not None:
        return (note.title or "").rpartition(_BETWEEN)[0]
    return (note.by.name if note.by else None) or ""

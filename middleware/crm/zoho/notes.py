"""Notes on records of Zoho CRM: what carries a reference in its title was written by us."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec

from middleware.crm.zoho.api import Api
from middleware.crm.zoho.mapping import Link
from middleware.errors import NotFound

LONGEST_TITLE = 120
LONGEST_CONTENT = 32_000
REFERENCE = re.compile(r"\[(FD-[0-9a-f]{24})(?: ([0-9]+)/([0-9]+))?\]\Z", re.ASCII)

_FIELDS = {
    "id": "id",
    "title": "Note_Title",
    "content": "Note_Content",
    "written_at": "Created_Time",
    "by": "Created_By",
    "parent": "Parent_Id",
}


class Note(msgspec.Struct, kw_only=True):
    """One note. `parent`: the record that it is on."""

    id: str
    written_at: datetime
    title: str | None = None
    content: str | None = None
    by: Link | None = None
    parent: Link | None = None

    @property
    def reference(self) -> str | None:
        """The reference of the key that it was written with; None if people wrote it."""
        match = REFERENCE.search(self.title or "")
        return match[1] if match else None


class Notes:
    """The notes on the records of one module."""

    def __init__(self, api: Api, module: str) -> None:
        self._api = api
        self._module = module

    def on(self, id_: str, operation: str) -> list[Note]:
        """All notes on a record, the oldest first."""
        return self._read(f"{self._module}/{id_}/Notes", operation)

    def since(self, moment: datetime, operation: str) -> list[Note]:
        """All notes of the company that were written or changed after a moment, the oldest first."""
        return self._read("Notes", operation, {"If-Modified-Since": moment.replace(microsecond=0).isoformat()})

    def has(self, id_: str, ref: str, operation: str) -> bool:
        """Whether a note with a reference is on a record."""
        return bool(self._with(id_, ref, operation))

    def keep(self, id_: str, wanted: Sequence[tuple[str, str]], ref: str, operation: str) -> list[Note]:
        """Writes notes on a record that aren't there yet, each once.

        Nothing stops two who write at the same moment. So it is looked once more, and of what is there twice the
        older stays, whoever looks.

        Args:
            wanted: Titles, all with the reference, and contents.
        """
        there = {note.title for note in self._with(id_, ref, operation)}
        for title, content in wanted:
            if title not in there:
                record = {"Note_Title": title, "Note_Content": content[:LONGEST_CONTENT]}
                self._api.write("POST", f"{self._module}/{id_}/Notes", record, operation)
        kept: dict[str | None, Note] = {}
        for note in self._with(id_, ref, operation):
            if kept.setdefault(note.title, note) is not note:
                self._take_away(note, operation)
        return list(kept.values())

    def _with(self, id_: str, ref: str, operation: str) -> list[Note]:
        return [note for note in self.on(id_, operation) if note.reference == ref]

    def _take_away(self, note: Note, operation: str) -> None:
        with suppress(NotFound):  # the other one who looked was faster
            self._api.call("DELETE", f"Notes/{note.id}", operation)

    def _read(self, path: str, operation: str, headers: Mapping[str, str] | None = None) -> list[Note]:
        asked = {"fields": ",".join(_FIELDS.values())}
        notes = [
            self._api.typed(row, _FIELDS, Note, operation)
            for rows in self._api.pages(path, asked, operation, headers)
            for row in rows
        ]
        return sorted(notes, key=lambda note: (note.written_at, len(note.id), note.id))


def parts(text: str) -> Sequence[str]:
    """A text in as many pieces as notes are needed for it."""
    starts = range(0, max(len(text), 1), LONGEST_CONTENT)
    return [text[start : start + LONGEST_CONTENT] for start in starts]

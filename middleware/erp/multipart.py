"""Answers in several parts (RFC 2046 5.1), as OData's batches have them: each part is an HTTP message of its own.

The standard library's parser of e-mails reads them, too, but takes as long for it as for everything else of a call.
"""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_KIND = re.compile(rb"^content-type[ \t]*:[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(rb"(?:\A|\r?\n)\r?\n")


def messages(content_type: str, body: bytes) -> list[bytes]:
    """The HTTP messages in an answer, in order; those of a set of changes stand where the set stands.

    Raises:
        ValueError: It isn't in parts, or not all of it came.
    """
    found: list[bytes] = []
    for kind, content in _parts(content_type, body):
        if kind.lower().startswith("multipart/"):
            found += [one for inner, one in _parts(kind, content) if _is_message(inner)]
        elif _is_message(kind):
            found.append(content)
    return found


def _is_message(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() == "application/http"


def _parts(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """The parts, each with its type."""
    named = _BOUNDARY.search(content_type)
    if named is None or not content_type.lower().startswith("multipart/"):
        raise ValueError("no multipart")
    boundary = b"\n--" + (named[1] or named[2]).encode("latin-1", "replace")
    found: list[tuple[str, bytes]] = []
    for piece in (b"\n" + body).split(boundary)[1:]:  # the first is what stands before all parts
        if piece.startswith(b"--"):
            return found
        found.append(_part(piece))
    raise ValueError("the last part doesn't end")


def _part(piece: bytes) -> tuple[str, bytes]:
    """A part with the end of the boundary's line before it."""
    rest_of_line, _, part = piece.partition(b"\n")
    parted = _BLANK_LINE.search(part)
    if rest_of_line.strip() or parted is None:
        raise ValueError("a part has no content")
    kind = _KIND.search(part, 0, parted.start())
    return kind[1].decode("latin-1") if kind else "", part[parted.end() :].removesuffix(b"\r")

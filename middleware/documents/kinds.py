"""What a file is, by its content and not by its name, for files that people send."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from middleware.documents.store import PDF

LONGEST_NAME = 120
SAME = {".jpeg": ".jpg"}
HEAD, TAIL = 1024, 2048  # bytes within which a PDF begins and ends


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of file. `ending`: of its name."""

    media_type: str
    ending: str


PDF_FILE = Kind(media_type=PDF, ending=".pdf")
PICTURES = {
    "PNG": Kind(media_type="image/png", ending=".png"),
    "JPEG": Kind(media_type="image/jpeg", ending=".jpg"),
}
# Sounds and films as telephones make them: their first bytes, and where those stand.
RECORDINGS: Sequence[tuple[int, bytes, Kind]] = (
    (0, b"OggS", Kind(media_type="audio/ogg", ending=".ogg")),
    (0, b"#!AMR", Kind(media_type="audio/amr", ending=".amr")),
    (0, b"ID3", Kind(media_type="audio/mpeg", ending=".mp3")),
    (0, b"\xff\xfb", Kind(media_type="audio/mpeg", ending=".mp3")),
    (0, b"\xff\xf1", Kind(media_type="audio/aac", ending=".aac")),
    (4, b"ftypM4A", Kind(media_type="audio/mp4", ending=".m4a")),
    (4, b"ftyp3gp", Kind(media_type="video/3gpp", ending=".3gp")),
    (4, b"ftyp", Kind(media_type="video/mp4", ending=".mp4")),
)


def paper_or_picture(content: bytes) -> Kind | None:
    """A PDF, a PNG or a JPEG; None if it is nothing of that."""
    if b"%PDF-" in content[:HEAD] and b"%%EOF" in content[-TAIL:]:
        return PDF_FILE
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=tuple(PICTURES)) as picture:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            kind = PICTURES[picture.format or ""]
            picture.verify()
            return kind
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, Warning, Image.DecompressionBombError):
        return None


def recording(content: bytes) -> Kind | None:
    """A sound or a film, as it says of itself; None if it is neither."""
    return next((kind for at, mark, kind in RECORDINGS if content.startswith(mark, at)), None)


def name_for(given: str, kind: Kind) -> str:
    """A file's own name without its folders and what can't be seen, ending as its content demands."""
    own = re.split(r"[/\\]", given)[-1]
    seen = " ".join("".join(letter if letter.isprintable() else " " for letter in own).split())
    stem, dot, last = seen.rpartition(".")
    ending, ends = kind.ending, f".{last.lower()}"
    if dot and SAME.get(ends, ends) == ending:
        ending = f".{last}"
    else:
        stem = seen
    return (stem.strip(". ")[: LONGEST_NAME - len(ending)] or "document") + ending

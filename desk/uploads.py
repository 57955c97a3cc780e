"""What agents send to customers: a document that is what it seems to be, by its content and not by its name."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError
from starlette.datastructures import UploadFile

from middleware.documents.store import PDF
from middleware.errors import Rejected

LARGEST = 5 * 1024 * 1024
LONGEST_NAME = 120
PICTURES = {"PNG": ("image/png", ".png"), "JPEG": ("image/jpeg", ".jpg")}
SAME = {".jpeg": ".jpg"}
HEAD, TAIL = 1024, 2048  # bytes within which a PDF begins and ends


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A document to be sent. `name`: as the customer saves it."""

    name: str
    content: bytes
    media_type: str


async def read_upload(file: UploadFile) -> Upload:
    """Reads what an agent chose.

    Raises:
        Rejected: It is empty, too large, or nothing of what may be sent; the message is for the agent.
    """
    content = await file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Rejected(f"The file is larger than {LARGEST // 1024 // 1024} MB.", system="desk")
    media_type, ending = _kind(content)
    return Upload(name=_name(file.filename or "", ending), content=content, media_type=media_type)


def _kind(content: bytes) -> tuple[str, str]:
    """The media type of a content, and how names of such files end."""
    if b"%PDF-" in content[:HEAD] and b"%%EOF" in content[-TAIL:]:
        return PDF, ".pdf"
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=tuple(PICTURES)) as picture:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            kind = PICTURES[picture.format or ""]
            picture.verify()
            return kind
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, Warning, Image.DecompressionBombError):
        raise Rejected("Only PDF files, and PNG and JPEG pictures, can be sent.", system="desk") from None


def _name(given: str, ending: str) -> str:
    """A file's own name without its folders and what can't be seen, ending as its content demands."""
    own = re.split(r"[/\\]", given)[-1]
    seen = " ".join("".join(letter if letter.isprintable() else " " for letter in own).split())
    stem, dot, last = seen.rpartition(".")
    ends = f".{last.lower()}"
    if dot and SAME.get(ends, ends) == ending:
        ending = f".{last}"
    else:
        stem = seen
    return (stem.strip(". ")[: LONGEST_NAME - len(ending)] or "document") + ending

"""What agents send to customers: a document that is what it seems to be, by its content and not by its name."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import UploadFile

from middleware.documents.kinds import name_for, paper_or_picture
from middleware.errors import Rejected

LARGEST = 5 * 1024 * 1024


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
    kind = paper_or_picture(content)
    if kind is None:
        raise Rejected("Only PDF files, and PNG and JPEG pictures, can be sent.", system="desk")
    return Upload(name=name_for(file.filename or "", kind), content=content, media_type=kind.media_type)

"""What Zoho Desk answers, as far as we read it. Its numbers come as text, its lists without whatever is hidden."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

CLOSED = "Closed"  # a type of statuses, whatever they are called


class Listed(msgspec.Struct, Generic[T]):
    """A list; an empty one isn't answered at all."""

    data: list[T]


class DeskTicket(msgspec.Struct):
    """A ticket. `cf`: its custom fields, which lists don't have."""

    id: str
    ticketNumber: str
    statusType: str
    createdTime: datetime
    contactId: str | None = None
    subject: str | None = None
    cf: dict[str, Any] = {}
    isTrashed: bool = False
    commentCount: str | int | None = None
    threadCount: str | int | None = None

    @property
    def is_silent(self) -> bool:
        """Whether nothing was ever said on it."""
        return {str(self.commentCount), str(self.threadCount)} == {"0"}


class TicketFields(msgspec.Struct):
    """A ticket in a list that was asked for some of its fields alone."""

    id: str
    ticketNumber: str | None = None
    cf: dict[str, Any] = {}


class CrmLink(msgspec.Struct):
    """Whom of Zoho CRM a contact in Desk is, where the two are joined."""

    id: str | None = None
    type: str | None = None


class DeskContact(msgspec.Struct):
    """A contact in Desk, which isn't the CRM's."""

    id: str
    lastName: str | None = None
    email: str | None = None
    zohoCRMContact: CrmLink | None = None
    cf: dict[str, Any] = {}


class Author(msgspec.Struct):
    """Who wrote something."""

    name: str | None = None
    type: str | None = None


class Said(msgspec.Struct):
    """A comment or a thread, such as an e-mail, in a ticket's conversation."""

    id: str
    type: str
    # Of a comment.
    content: str | None = None
    contentType: str | None = None
    isPublic: bool = False
    commentedTime: datetime | None = None
    commenter: Author | None = None
    # Of a thread.
    direction: str | None = None
    visibility: str | None = None
    status: str | None = None
    isDescriptionThread: bool | None = None
    createdTime: datetime | None = None
    author: Author | None = None
    summary: str | None = None


class Comment(msgspec.Struct):
    """A comment that was written."""

    id: str
    content: str
    commentedTime: datetime


class Thread(msgspec.Struct):
    """A thread with everything in it."""

    id: str
    content: str | None = None
    plainText: str | None = None
    contentType: str | None = None


class Attachment(msgspec.Struct):
    """A file on a ticket."""

    id: str
    name: str | None = None


class Made(msgspec.Struct):
    """Something that was made."""

    id: str


class Wrong(msgspec.Struct):
    """One field that Desk doesn't take."""

    fieldName: str = ""
    errorType: str = ""


class Problem(msgspec.Struct):
    """Why Desk refused something. The message may quote what was sent."""

    errorCode: str = ""
    message: str = ""
    errors: list[Wrong] = []

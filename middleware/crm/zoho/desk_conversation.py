"""What is said on tickets of Zoho Desk: comments, ours among them, and mails from and to the customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from middleware.crm.zoho.desk_api import DeskApi
from middleware.crm.zoho.desk_records import Comment, Said, Thread
from middleware.crm.zoho.desk_words import Ours, ours, plain
from middleware.errors import Malformed
from middleware.records import AgentComment, TicketComment

PAGE = 200
AGENT = "AGENT"
UNKNOWN_AUTHOR = "Zoho Desk"


class Conversations:
    """The conversations of tickets, each read in one call."""

    def __init__(self, api: DeskApi) -> None:
        self._api = api

    def newest_public(self, id_: str, operation: str) -> TicketComment | None:
        """The newest that the customer may see.

        Args:
            id_: Desk's id of the ticket.
        """
        public = [one for one in self._said(id_, operation) if _is_public(one)]
        if not public:
            return None
        newest = public[-1]
        mine = _ours(newest)
        if mine is None or mine.parts == 1:
            return self._comment(id_, newest, operation)
        parts = [found for one in public if (found := _ours(one)) and found.reference == mine.reference]
        body = "".join(one.body for one in sorted(parts, key=lambda one: one.part))
        return TicketComment(body=body, written_at=_at(newest), author=mine.author)

    def of_agents(self, id_: str, number: str, since: datetime, operation: str) -> list[AgentComment]:
        """What the company's people wrote for the customer to see, comments and mails, but not what we wrote.

        Args:
            number: The ticket's.
        """
        since = since.replace(microsecond=since.microsecond // 1000 * 1000)  # Desk has no finer times
        return [
            AgentComment(id=one.id, ticket_number=number, comment=self._comment(id_, one, operation))
            for one in self._said(id_, operation)
            if _at(one) >= since and _is_public(one) and _is_of_agent(one) and _ours(one) is None
        ]

    def written(self, id_: str, parts: Sequence[str], is_public: bool, operation: str) -> TicketComment:
        """Writes those parts of a comment that aren't there yet.

        Raises:
            Rejected: Desk doesn't take it.
            Unknown: It may have been written.
        """
        wanted = [mine for part in parts if (mine := ours(part))]
        there = {(mine.reference, mine.part): _at(one) for one in self._said(id_, operation) if (mine := _ours(one))}
        for mine, part in zip(wanted, parts, strict=True):
            if (mine.reference, mine.part) not in there:
                comment = {"content": part, "contentType": "plainText", "isPublic": is_public}
                made = self._api.write(f"/tickets/{id_}/comments", Comment, operation, comment)
                there[mine.reference, mine.part] = made.commentedTime
        body = "".join(mine.body for mine in wanted)
        at = max(there[mine.reference, mine.part] for mine in wanted)
        return TicketComment(body=body, written_at=at, author=wanted[0].author)

    def _said(self, id_: str, operation: str) -> list[Said]:
        """All that was said, the oldest first."""
        said = self._api.pages(f"/tickets/{id_}/conversations", Said, operation, PAGE)
        return sorted(said, key=lambda one: (_at(one), len(one.id), one.id))

    def _comment(self, id_: str, one: Said, operation: str) -> TicketComment:
        mine = _ours(one)
        if mine:
            return TicketComment(body=mine.body, written_at=_at(one), author=mine.author)
        author = one.commenter if one.type == "comment" else one.author
        name = (author.name if author else None) or UNKNOWN_AUTHOR
        return TicketComment(body=self._words(id_, one, operation), written_at=_at(one), author=name)

    def _words(self, id_: str, one: Said, operation: str) -> str:
        """What was said as plain text; lists have the beginnings of mails alone."""
        if one.type == "comment":
            return plain(one.content or "", is_html=one.contentType != "plainText")
        path = f"/tickets/{id_}/threads/{one.id}"
        thread = self._api.read(path, Thread, operation, {"include": "plainText"})
        if thread is None:
            return one.summary or ""
        if thread.plainText is not None:
            return plain(thread.plainText, is_html=False)
        return plain(thread.content or "", is_html=thread.contentType != "text/plain")


def _ours(one: Said) -> Ours | None:
    """What we wrote; whom Desk's customers are can't say that they are us."""
    return ours(one.content or "") if one.type == "comment" and _is_of_agent(one) else None


def _is_public(one: Said) -> bool:
    """Whether the customer may see it. The ticket's own description isn't said on it."""
    if one.type == "comment":
        return one.isPublic
    is_sent = one.direction == "in" or one.status == "SUCCESS"
    return one.visibility == "public" and is_sent and not one.isDescriptionThread


def _is_of_agent(one: Said) -> bool:
    author = one.commenter if one.type == "comment" else one.author
    return author is not None and author.type == AGENT


def _at(one: Said) -> datetime:
    at = one.commentedTime if one.type == "comment" else one.createdTime
    if at is None:
        raise Malformed("something was said at no time", system="crm")
    return at

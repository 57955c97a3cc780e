"""What the people see in Zoho Desk's stand-in; people, leads and deals are the CRM's."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from middleware.crm.zoho.desk_words import ours
from middleware.crm.zoho.records import reference
from middleware.records import CommentDraft, Priority, TicketDraft
from tests.fakes.zoho_desk_records import CHANNEL, CONTACT, Record
from tests.fakes.zoho_inside import InsideZoho

if TYPE_CHECKING:
    from tests.fakes.zoho_desk import ZohoWithDesk

TRANSCRIPT = re.compile(r"frontdesk-transcript\.txt")
TAG = re.compile(r"<[^>]*>")


class InsideZohoDesk(InsideZoho):
    """The stand-in's records.

    Args:
        zoho: The stand-in.
    """

    def __init__(self, zoho: ZohoWithDesk) -> None:
        super().__init__(zoho)
        self._desk = zoho.desk

    def ticket(self, number: str) -> TicketDraft:
        """What is shown of a ticket; its description is markup."""
        one = self._desk.ticket(number)
        contact = self._desk.contacts[one["contactId"]]
        link = contact["zohoCRMContact"]
        who = link["id"] if link else contact["cf"].get(CONTACT)
        rest = [mine.body for mine in self._mine(one) if mine.author == "Description, continued"]
        return TicketDraft(
            subject=one["subject"],
            description="".join([_text(one["description"] or ""), *rest]),
            contact_id=who if who and who.isdigit() else None,
            channel=one["cf"][CHANNEL] or "",
            priority=Priority.HIGH if one["priority"] == "High" else Priority.NORMAL,
        )

    def comments(self, number: str) -> Sequence[CommentDraft]:
        """Comments as they are shown, ours as they were meant."""
        said = self._desk.said[self._desk.ticket(number)["id"]]
        return [_draft(one) for one in said if one["type"] == "comment"]

    def comment(self, key: str) -> tuple[str, CommentDraft] | None:
        """The one comment with a key's reference."""
        wanted = reference("comment_ticket", key)
        found = [
            (self._desk.tickets[id_]["ticketNumber"], _draft(one))
            for id_, said in self._desk.said.items()
            for one in said
            if one["type"] == "comment" and (mine := ours(one["content"])) and mine.reference == wanted
        ]
        assert len(found) <= 1, "one comment for a key"
        return found[0] if found else None

    def transcript(self, number: str) -> str | None:
        """The one file with it; nobody outside sees it."""
        files = self._desk.files[self._desk.ticket(number)["id"]].values()
        found = [(record, content) for record, content in files if TRANSCRIPT.fullmatch(record["name"])]
        assert len(found) <= 1, "one transcript for a ticket"
        assert not any(record["isPublic"] for record, _ in found)
        return found[0][1].decode() if found else None

    def agent_writes(self, number: str, author: str, body: str, is_public: bool = True) -> None:
        """In Desk's own editor."""
        self._desk.say(self._desk.ticket(number)["id"], body, {"name": author, "type": "AGENT"}, is_public)

    def number(self, laid: str) -> str:
        """Digits alone."""
        return self._desk.number_of(laid)

    def _mine(self, one: Record) -> list[CommentDraft]:
        said = self._desk.said[one["id"]]
        return [_draft(it) for it in said if it["type"] == "comment" and ours(it["content"])]


def _draft(one: Record) -> CommentDraft:
    mine = ours(one["content"])
    if mine:
        return CommentDraft(body=mine.body, author=mine.author, is_public=one["isPublic"])
    body = one["content"] if one["contentType"] == "plainText" else _text(one["content"])
    return CommentDraft(body=body, author=one["commenter"]["name"], is_public=one["isPublic"])


def _text(content: str) -> str:
    """What is seen of markup."""
    return html.unescape(TAG.sub("", content.replace("<br>", "\n")))

"""Salesforce's cases: read, opened, commented on and closed."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timezone
from typing import Any, TypeVar

from middleware.crm.salesforce import comments, mapping
from middleware.crm.salesforce.base import Part, demand_key, format_soql
from middleware.crm.salesforce.calls import BY_ASSIGNMENT_RULES, NO_ASSIGNMENT, demand_id, is_id
from middleware.crm.salesforce.rows import (
    CASE_FIELDS,
    COMMENT_FIELDS,
    CaseRow,
    CommentRow,
    EmailRow,
    FiledCaseRow,
    IdRow,
)
from middleware.crm.salesforce.texts import clean, external_id, line, reference, storable
from middleware.errors import Malformed, Misconfigured, NotFound, Rejected
from middleware.records import AgentComment, CommentDraft, Priority, Ticket, TicketComment, TicketDraft

TRANSCRIPT = "Frontdesk transcript"  # the file's title, by which the next one takes its place
NOTHING = b"\n"  # no file is empty there
MOST_NUMBERS = 200  # asked for at once: a longer query doesn't fit into an address
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,30}")
_LONGEST_SUBJECT, _LONGEST_DESCRIPTION, _LONGEST_ORIGIN = 255, 32_000, 40
_EMAIL_SENT = "3"

T = TypeVar("T")
log = logging.getLogger(__name__)


class Tickets(Part):
    """The tickets' part of the port."""

    _queue: str | None = None

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        return self._named("open_tickets", lambda: self._tickets_of(contact_id, "IsClosed = false"))

    def tickets_since(self, contact_id: str, since: datetime) -> Sequence[Ticket]:
        """Lists a person's tickets that were opened at or after a moment, closed ones too, newest first."""
        wanted = format_soql("CreatedDate >= {}", since)
        found = self._named("tickets_since", lambda: self._tickets_of(contact_id, wanted))
        return [ticket for ticket in found if ticket.opened_at >= since]

    def ticket(self, number: str) -> Ticket:
        """Reads one ticket.

        Raises:
            NotFound: There is none with this number.
        """
        return self._named("ticket", lambda: self._ticket(self._case(number)))

    def open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Opens a ticket, once for each key.

        Raises:
            NotFound: There is no such contact.
            Unknown: It may have been opened.
        """
        demand_key(key)
        return self._named("open_ticket", lambda: self._opened(draft, external_id(key)))

    def comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        """Writes a comment on a ticket, once for each key; of a closed one, too.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been written.
        """
        demand_key(key)
        return self._named("comment_ticket", lambda: self._commented(number, draft, key))

    def comments_since(self, numbers: Collection[str], since: datetime) -> Sequence[AgentComment]:
        """Lists what the company's people wrote on tickets for the customer to see, the oldest first."""
        asked = sorted({number for number in numbers if _NUMBER.fullmatch(number)})
        parts = [asked[place : place + MOST_NUMBERS] for place in range(0, len(asked), MOST_NUMBERS)]
        found = self._named("comments_since", lambda: [one for part in parts for one in self._written(part, since)])
        since_then = (one for one in found if one.comment.written_at >= since and one.ticket_number in asked)
        return sorted(since_then, key=lambda one: (one.comment.written_at, one.id))

    def close_ticket(self, number: str) -> Ticket:
        """Closes a ticket; one that is closed stays as it is.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been closed.
        """
        return self._named("close_ticket", lambda: self._closed(number))

    def keep_transcript(self, number: str, transcript: str) -> None:
        """Puts a conversation's transcript on a ticket as a file, as the next version of the one before.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been put there.
        """
        with self._in_turn.of(f"salesforce: transcript {external_id(number)}"):
            self._named("keep_transcript", lambda: self._filed(number, clean(transcript).encode() or NOTHING))

    # Reading

    def _tickets_of(self, contact_id: str, wanted: str) -> list[Ticket]:
        if not is_id(contact_id):
            return []
        soql = f"SELECT {CASE_FIELDS} FROM Case WHERE ContactId = '{contact_id}' AND {wanted}"
        rows = self._calls.query(f"{soql} ORDER BY CreatedDate DESC, CaseNumber DESC", CaseRow)
        return [self._ticket(row) for row in rows]

    def _case(self, number: str) -> CaseRow:
        if not _NUMBER.fullmatch(number):
            raise NotFound("no such case", system=self.system)
        rows = self._calls.query(f"SELECT {CASE_FIELDS} FROM Case WHERE CaseNumber = '{number}'", CaseRow)
        return _only(rows)

    def _ticket(self, row: CaseRow) -> Ticket:
        """A case as a ticket; if its newest comment is a very long one of ours, the rest of that is read."""
        me = self._calls.me
        if not mapping.lacks_parts(row, me):
            return mapping.ticket(row, me)
        soql = (
            f"SELECT {COMMENT_FIELDS} FROM CaseComment WHERE ParentId = '{demand_id(row.Id)}' AND IsPublished = true"
            f" AND CreatedById = '{demand_id(me)}'"
        )
        return mapping.ticket(row, me, self._calls.query(soql, CommentRow))

    # Opening

    def _opened(self, draft: TicketDraft, key: str) -> Ticket:
        field = self._rules.key_field
        by_key = format_soql(f"SELECT {CASE_FIELDS} FROM Case WHERE {field} = {{}}", key)
        there = self._calls.query(by_key, CaseRow)
        if not there:
            if draft.contact_id is not None:
                demand_id(draft.contact_id)
            self._upsert(draft, key)
            there = self._calls.query(by_key, CaseRow)
        return self._ticket(_only(there))

    def _upsert(self, draft: TicketDraft, key: str) -> None:
        """Makes the case; what Salesforce finds too long is as long as it counts letters: pairs as two."""
        values, headers = self._given(draft)
        try:
            self._calls.upsert("Case", self._rules.key_field, key, values, headers)
        except Rejected as error:
            if error.status != "STRING_TOO_LONG":
                raise
            shorter = {name: _by_units(text) for name, text in values.items()}
            self._calls.upsert("Case", self._rules.key_field, key, shorter, headers)

    def _given(self, draft: TicketDraft) -> tuple[dict[str, Any], dict[str, str]]:
        rules = self._rules
        values = {
            "Subject": line(draft.subject, _LONGEST_SUBJECT),
            "Description": storable(draft.description[:_LONGEST_DESCRIPTION]),
            "Origin": rules.case_origins.get(draft.channel, line(draft.channel, _LONGEST_ORIGIN)),
            "Priority": rules.priority_high if draft.priority is Priority.HIGH else rules.priority_normal,
        }
        if draft.contact_id is not None:
            values["ContactId"] = draft.contact_id
        if not rules.case_queue:
            return values, BY_ASSIGNMENT_RULES
        return {**values, "OwnerId": self._queue_id()}, NO_ASSIGNMENT

    def _queue_id(self) -> str:
        if self._queue is None:
            soql = format_soql(
                "SELECT Id FROM Group WHERE Type = 'Queue' AND DeveloperName = {}", self._rules.case_queue
            )
            found = self._calls.query(soql, IdRow)
            if not found:
                raise Misconfigured(
                    f"Salesforce has no queue {self._rules.case_queue}: create it for cases, or name another one as"
                    " crm.salesforce.case_queue in assistant.yml (its API name, not its label)",
                    system=self.system,
                )
            self._queue = found[0].Id
        return self._queue

    # Commenting

    def _commented(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        if not _NUMBER.fullmatch(number):
            raise NotFound("no such case", system=self.system)
        ours = (
            f"SELECT {COMMENT_FIELDS} FROM CaseComment WHERE Parent.CaseNumber = '{number}'"
            f" AND CreatedById = '{demand_id(self._calls.me)}' ORDER BY Id"
        )
        there = f"SELECT Id FROM Case WHERE CaseNumber = '{number}'"
        cases, rows = self._calls.queries([(there, IdRow), (ours, CommentRow)])
        case = _only(cases)
        if not self._parts(rows, key):
            parts = [
                {"ParentId": case.Id, "CommentBody": text, "IsPublished": draft.is_public}
                for text in comments.split(draft, key)
            ]
            self._calls.create_all("CaseComment", parts)
            rows = self._calls.query(ours, CommentRow)
        return self._once(self._parts(rows, key))

    def _parts(self, rows: Sequence[CommentRow], key: str) -> list[mapping.OwnPart]:
        """What was written with a key, by id."""
        mark = reference(key)
        parts = ((comments.part(row.CommentBody or ""), row) for row in rows)
        return [(part, row) for part, row in parts if part is not None and part.reference == mark]

    def _once(self, written: Sequence[mapping.OwnPart]) -> TicketComment:
        """One of ours; what is there twice, as several asked for it at once, is taken away but for the first."""
        first: dict[int, mapping.OwnPart] = {}
        for part, row in written:
            if part.place in first:
                self._take_away(row.Id)
            else:
                first[part.place] = (part, row)
        if not first:
            raise Malformed("a comment that was made isn't there", system=self.system)
        return mapping.own_comment(list(first.values()))

    def _take_away(self, id_: str) -> None:
        """Whoever reads it sees one in any case, so that it may as well stay."""
        try:
            self._calls.delete("CaseComment", id_)
        except (NotFound, Rejected, Misconfigured):
            log.warning("a comment that is there twice couldn't be taken away from a case")

    def _written(self, numbers: Sequence[str], since: datetime) -> list[AgentComment]:
        """What is there for the customer since the second of a moment."""
        on = ", ".join(f"'{number}'" for number in numbers)
        then = format_soql("{}", since.astimezone(timezone.utc))
        said = (
            f"SELECT {COMMENT_FIELDS}, Parent.CaseNumber FROM CaseComment WHERE Parent.CaseNumber IN ({on})"
            f" AND IsPublished = true AND CreatedDate >= {then}"
        )
        me = self._calls.me
        if not self._rules.email_replies:
            rows, emails = self._calls.query(said, CommentRow), []
        else:
            sent = (
                "SELECT Id, TextBody, FromName, MessageDate, Parent.CaseNumber FROM EmailMessage"
                f" WHERE Parent.CaseNumber IN ({on}) AND Incoming = false AND Status = '{_EMAIL_SENT}'"
                f" AND MessageDate >= {then}"
            )
            rows, emails = self._calls.queries([(said, CommentRow), (sent, EmailRow)])
        written = [mapping.agent_comment(row) for row in rows if mapping.is_of_the_companys(row, me)]
        return [*written, *(mapping.agent_email(row) for row in emails)]

    # Closing, and what is filed

    def _closed(self, number: str) -> Ticket:
        row = self._case(number)
        if row.IsClosed:
            return self._ticket(row)
        self._calls.update("Case", row.Id, {"Status": self._rules.closed_status})
        row = self._case(number)
        if not row.IsClosed:
            raise Misconfigured(
                f"the status {self._rules.closed_status} doesn't close a case in Salesforce: name one that does as"
                " crm.salesforce.closed_status in assistant.yml",
                system=self.system,
            )
        return self._ticket(row)

    def _filed(self, number: str, content: bytes) -> None:
        if not _NUMBER.fullmatch(number):
            raise NotFound("no such case", system=self.system)
        links = (
            "(SELECT ContentDocumentId, ContentDocument.Title, ContentDocument.LatestPublishedVersion.Checksum"
            f" FROM ContentDocumentLinks WHERE ContentDocument.Title = '{TRANSCRIPT}')"
        )
        case = _only(self._calls.query(f"SELECT Id, {links} FROM Case WHERE CaseNumber = '{number}'", FiledCaseRow))
        there = case.ContentDocumentLinks.records if case.ContentDocumentLinks else []
        ours = there[0] if there else None
        values = {
            "Title": TRANSCRIPT,
            "PathOnClient": "transcript.txt",
            "VersionData": base64.b64encode(content).decode(),
        }
        if ours is None:
            self._calls.create("ContentVersion", {**values, "FirstPublishLocationId": case.Id})
            return
        newest = ours.ContentDocument.LatestPublishedVersion if ours.ContentDocument else None
        if newest is None or newest.Checksum != hashlib.md5(content, usedforsecurity=False).hexdigest():
            self._calls.create("ContentVersion", {**values, "ContentDocumentId": ours.ContentDocumentId})


def _only(rows: Sequence[T]) -> T:
    """The one that there is.

    Raises:
        NotFound: There is none.
        Misconfigured: There are several: what should be unique isn't.
    """
    if not rows:
        raise NotFound("no such case", system="crm")
    if len(rows) > 1:
        raise Misconfigured(
            "Salesforce has several cases with one number or key: make crm.salesforce.key_field of assistant.yml unique"
            " there",
            system="crm",
        )
    return rows[0]


def _by_units(text: str) -> str:
    """As much of a description as fits where letters beyond the basic ones count as two."""
    units = text.encode("utf-16-le")[: 2 * (_LONGEST_DESCRIPTION if len(text) > _LONGEST_SUBJECT else _LONGEST_SUBJECT)]
    return units.decode("utf-16-le", "ignore")

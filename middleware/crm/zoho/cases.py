"""Zoho CRM's cases as tickets: read, opened, commented on with notes, closed, and with a transcript as a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec
from urllib3.filepost import encode_multipart_formdata

from middleware.crm.zoho import comments, coql, mapping
from middleware.crm.zoho.api import Api, Duplicate, batches
from middleware.crm.zoho.mapping import CaseRow
from middleware.crm.zoho.notes import Notes
from middleware.crm.zoho.records import Records, not_found, reference, rejected, storable
from middleware.records import AgentComment, CommentDraft, Priority, Ticket, TicketComment, TicketDraft

NO_SUBJECT = "(no subject)"
LONGEST_SUBJECT = 300
LONGEST_DESCRIPTION = 32_000

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{0,59}", re.ASCII)
_TRANSCRIPT = re.compile(r"Conversation-[0-9a-f]{16}\.txt", re.ASCII)
_NEWEST_FIRST = "Created_Time desc, id desc"
_AT_ONCE = 4


class _File(msgspec.Struct):
    """A file on a case."""

    id: str
    name: str


class Cases(Records):
    """The tickets' part of the port."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self._notes = Notes(api, "Cases")

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        rows = self._cases_of(contact_id, "", "open_tickets")
        still_open = [row for row in rows if row.status not in self._rules.case_closed_statuses]
        return self._tickets(still_open, "open_tickets")

    def tickets_since(self, contact_id: str, since: datetime) -> Sequence[Ticket]:
        """Lists a person's tickets that were opened at or after a moment, closed ones too, newest first."""
        lately = f"Created_Time >= {coql.quoted(_moment(since))}"
        return self._tickets(self._cases_of(contact_id, lately, "tickets_since"), "tickets_since")

    def ticket(self, number: str) -> Ticket:
        """Reads one ticket.

        Raises:
            NotFound: There is none with this number.
        """
        return self._ticket(self._case(number, "ticket"), "ticket")

    def open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Opens a ticket, once for each key.

        Raises:
            NotFound: There is no such contact.
            Unknown: It may have been opened.
        """
        operation = "open_ticket"
        ref = reference(operation, key)
        mine = coql.equals(self._rules.key_field, ref)
        made = self._cases(mine, operation)
        if not made:
            self._open(draft, ref, operation)
            made = self._cases(mine, operation)
        if not made:
            raise not_found(operation)
        return self._ticket(made[0], operation)

    def comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        """Writes a comment on a ticket, once for each key; of a closed one, too.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been written.
        """
        operation = "comment_ticket"
        ref = reference(operation, key)
        case = self._case(number, operation)
        if not storable(draft.body).strip():
            raise rejected(operation, "body", "a note must say something")
        notes = comments.titled(draft, self._rules.public_title, ref)
        return comments.comment(self._notes.keep(case.id, notes, ref, operation))

    def comments_since(self, numbers: Collection[str], since: datetime) -> Sequence[AgentComment]:
        """Lists what the company's people wrote on tickets for the customer to see, the oldest first.

        It takes one call for a hundred tickets, and one for all notes that were written anywhere in the meantime.
        """
        operation = "comments_since"
        wanted = [number for number in numbers if _NUMBER.fullmatch(number)]
        cases = [case for some in batches(wanted) for case in self._cases(coql.one_of("Case_Number", some), operation)]
        if not cases:
            return []
        by_id = {case.id: case.number for case in cases}
        found = [
            one
            for note in self._notes.since(since, operation)
            if note.written_at >= since.replace(microsecond=0) and note.parent and note.parent.id in by_id
            for one in comments.agents([note], self._rules.public_title, by_id[note.parent.id])
        ]
        return found

    def close_ticket(self, number: str) -> Ticket:
        """Closes a ticket; one that is closed stays as it is.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been closed.
        """
        case = self._case(number, "close_ticket")
        if case.status not in self._rules.case_closed_statuses:
            case.status = self._rules.case_closed_statuses[0]
            self._api.write("PUT", f"Cases/{case.id}", {"Status": case.status}, "close_ticket")
        return self._ticket(case, "close_ticket")

    def keep_transcript(self, number: str, transcript: str) -> None:
        """Puts a conversation's transcript on a ticket as a file, and takes the ones before away.

        Raises:
            NotFound: There is no such ticket.
            Unknown: It may have been put there.
        """
        operation = "keep_transcript"
        case = self._case(number, operation)
        content = (storable(transcript) or "\n").encode()
        name = f"Conversation-{sha256(content).hexdigest()[:16]}.txt"
        before = [file for file in self._files(case.id, operation) if _TRANSCRIPT.fullmatch(file.name)]
        kept = next((file for file in before if file.name == name), None)
        if kept is None:
            self._attach(case.id, name, content, operation)
        for file in before:
            if file is not kept:
                self._api.call("DELETE", f"Cases/{case.id}/Attachments/{file.id}", operation)

    def _open(self, draft: TicketDraft, ref: str, operation: str) -> None:
        rules = self._rules
        priority = rules.case_high_priority if draft.priority is Priority.HIGH else rules.case_normal_priority
        record: dict[str, Any] = {
            "Subject": storable(draft.subject, LONGEST_SUBJECT) or NO_SUBJECT,
            "Description": storable(draft.description, LONGEST_DESCRIPTION),
            "Case_Origin": rules.case_origins.get(draft.channel, storable(draft.channel, 100)),
            "Priority": priority,
            "Status": rules.case_open_status,
            rules.key_field: ref,
        }
        if draft.contact_id is not None:
            if not coql.is_id(draft.contact_id):
                raise not_found(operation)
            record[rules.case_contact_field] = {"id": draft.contact_id}
        with suppress(Duplicate):  # somebody else with the same key was faster
            self._api.write("POST", "Cases", record, operation)

    def _cases_of(self, contact_id: str, wanted: str, operation: str) -> list[CaseRow]:
        if not coql.is_id(contact_id):
            return []
        theirs = coql.equals(self._rules.case_contact_field, contact_id)
        return self._cases(coql.both(theirs, wanted), operation)

    def _case(self, number: str, operation: str) -> CaseRow:
        if not _NUMBER.fullmatch(number):
            raise not_found(operation)
        found = [row for row in self._cases(coql.equals("Case_Number", number), operation) if row.number == number]
        if not found:
            raise not_found(operation)
        return found[0]

    def _cases(self, where: str, operation: str) -> list[CaseRow]:
        fields = mapping.case_fields(self._rules)
        return self._api.rows("Cases", fields, where, operation, CaseRow, _NEWEST_FIRST)

    def _tickets(self, cases: Sequence[CaseRow], operation: str) -> list[Ticket]:
        """Cases with their comments, which takes a call for each; some are made at once."""
        return _at_once([partial(self._ticket, case, operation) for case in cases])

    def _ticket(self, case: CaseRow, operation: str) -> Ticket:
        seen = list(comments.public(self._notes.on(case.id, operation), self._rules.public_title))
        return mapping.ticket(case, self._rules.case_closed_statuses, seen[-1] if seen else None)

    def _files(self, id_: str, operation: str) -> list[_File]:
        fields = {"id": "id", "name": "File_Name"}
        pages = self._api.pages(f"Cases/{id_}/Attachments", {"fields": ",".join(fields.values())}, operation)
        return [self._api.typed(row, fields, _File, operation) for rows in pages for row in rows]

    def _attach(self, id_: str, name: str, content: bytes, operation: str) -> None:
        body, kind = encode_multipart_formdata({"file": (name, content, "text/plain")})
        headers = {"Content-Type": kind}
        answer = self._api.call("POST", f"Cases/{id_}/Attachments", operation, body=body, headers=headers)
        self._api.done(answer, operation)


def _at_once(reads: Sequence[Callable[[], Ticket]]) -> list[Ticket]:
    """Makes some reads at once, each within the deadline of the operation that is under way."""
    if len(reads) < 2:
        return [read() for read in reads]
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return [future.result() for future in [threads.submit(copy_context().run, read) for read in reads]]


def _moment(at: datetime) -> str:
    """A moment as Zoho writes it, to the second."""
    return at.astimezone(timezone.utc).replace(microsecond=0).isoformat()

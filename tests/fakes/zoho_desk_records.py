"""The records of Zoho Desk's stand-in: contacts, tickets, and what is said and attached on them."""

from __future__ import annotations

import html
import itertools
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from middleware.demo import Data
from tests.fakes.zoho_desk_search import Index, Record, wrong

DEPARTMENT = "7000000000011"
KEY, CHANNEL, CONTACT = "cf_frontdesk_key", "cf_frontdesk_channel", "cf_frontdesk_contact"
STATUSES = {"Open": "Open", "Waiting": "On Hold", "Escalated": "Open", "Done": "Closed"}  # a company's own names
CLOSED_STATUS = "Done"
CHANNELS = ("Phone", "Email", "Web", "Chat", "Twitter", "Facebook")
PRIORITIES = ("High", "Medium", "Low")
ASSISTANT = {"name": "Frontdesk Assistant", "type": "AGENT"}

UNLINKED = ("102",)  # of the laid contacts: Desk doesn't know whom of the CRM they are
ABSENT = ("103", "106")  # Desk doesn't have them


class DeskRecords:
    """All records of one organisation.

    Attributes:
        tickets: By id; `contacts` are the same. What is hidden in lists has a name with an underscore.
        said: Comments and threads, by ticket.
        files: Attachments with their content, by ticket.
        custom: Custom fields of tickets, and of contacts.
    """

    def __init__(self, lag: float) -> None:
        self.custom = {"tickets": {KEY, CHANNEL, "cf_region"}, "contacts": {CONTACT}}
        self.lag = lag
        self._ids = itertools.count(7_000_000_100_001)
        self.clear()

    def clear(self) -> None:
        """Nothing is there any more."""
        self.tickets: dict[str, Record] = {}
        self.contacts: dict[str, Record] = {}
        self.said: dict[str, list[Record]] = defaultdict(list)
        self.files: dict[str, dict[str, tuple[Record, bytes]]] = defaultdict(dict)
        self.of_contact: dict[str, list[str]] = defaultdict(list)
        self.found_tickets, self.found_contacts = Index(self.lag), Index(self.lag)
        self._number = 1000

    def lay(self, data: Data, crm_ids: Mapping[str, str]) -> None:
        """Puts the laid tickets, and the contacts in Desk, in the place of all that is there.

        Args:
            crm_ids: The CRM's ids of contacts, by those of the data.
        """
        self.clear()
        desk_ids = {row["id"]: self._lay_contact(row, crm_ids) for row in data.contacts if row["id"] not in ABSENT}
        ticket_ids = {
            row["number"]: self._lay_ticket(row, data, crm_ids, desk_ids)
            for row in sorted(data.tickets, key=lambda row: row["opened_at"])
        }
        names = {f"{row['first_name']} {row['last_name']}" for row in data.contacts}
        for row in sorted(data.ticket_comments, key=lambda row: row["written_at"]):
            author = {"name": row["author"], "type": "END_USER" if row["author"] in names else "AGENT"}
            self.say(ticket_ids[row["ticket_number"]], row["body"], author, row["is_public"], row["written_at"])
        self.found_tickets.settle(self.tickets.values())
        self.found_contacts.settle(self.contacts.values())

    def number_of(self, laid: str) -> str:
        """Numbers are digits alone."""
        return laid.removeprefix("T-")

    def ticket(self, number: str) -> Record:
        """A ticket by its number."""
        return next(one for one in self.tickets.values() if one["ticketNumber"] == number)

    def make_contact(self, given: Mapping[str, Any], link: str = "", kind: str = "contacts") -> Record:
        """A contact in Desk.

        Args:
            link: The CRM's id, if the two are joined.
        """
        record = {
            "id": next_id(self._ids),
            "firstName": given.get("firstName"),
            "lastName": given["lastName"],
            "email": given.get("email"),
            "phone": given.get("phone"),
            "createdTime": _now(),
            "zohoCRMContact": {"id": link, "type": kind} if link else None,
            "cf": {CONTACT: None, **(given.get("cf") or {})},
            "isSpam": False,
        }
        self.contacts[record["id"]] = record
        self.found_contacts.put(record)
        return record

    def make_ticket(self, given: Mapping[str, Any], number: str = "", at: datetime | None = None) -> Record:
        """A ticket, with its description as the first thread."""
        if not number:
            self._number += 1
        record = {
            "id": next_id(self._ids),
            "ticketNumber": number or str(self._number),
            "subject": given["subject"],
            "status": given.get("status", "Open"),
            "statusType": STATUSES[given.get("status", "Open")],
            "createdTime": _time(at) if at else _now(),
            "modifiedTime": _time(at) if at else _now(),
            "closedTime": None,
            "departmentId": given["departmentId"],
            "contactId": given["contactId"],
            "channel": given.get("channel"),
            "priority": given.get("priority"),
            "description": given.get("description"),
            "cf": {**dict.fromkeys(self.custom["tickets"]), **(given.get("cf") or {})},
            "isTrashed": False,
            "threadCount": "0",
            "commentCount": "0",
        }
        self.tickets[record["id"]] = record
        self.of_contact[record["contactId"]].append(record["id"])
        if given.get("description"):
            self.thread(
                record["id"], given["description"], "in", {"name": "Customer", "type": "END_USER"}, is_first=True
            )
        self.found_tickets.put(record)
        return record

    def close(self, id_: str) -> None:
        """Closes a ticket, by the company's own name for that."""
        ticket = self.tickets[id_]
        ticket.update(status=CLOSED_STATUS, statusType="Closed", closedTime=_now(), modifiedTime=_now())
        self.found_tickets.put(ticket)

    def say(
        self, ticket_id: str, body: str, author: Mapping[str, str], is_public: bool, at: datetime | None = None
    ) -> Record:
        """Somebody writes a comment in Desk itself, whose editor makes markup of it."""
        content = f"<div>{html.escape(body).replace(chr(10), '<br>')}<br></div>"
        return self.comment(ticket_id, content, "html", is_public, author, at)

    def comment(
        self,
        ticket_id: str,
        content: str,
        kind: str,
        is_public: bool,
        author: Mapping[str, str] = ASSISTANT,
        at: datetime | None = None,
    ) -> Record:
        """A comment as it is kept."""
        record = {
            "id": next_id(self._ids),
            "type": "comment",
            "content": content,
            "contentType": kind,
            "isPublic": is_public,
            "commentedTime": _time(at) if at else _now(),
            "commenterId": "7000000000021",
            "commenter": {"firstName": None, "lastName": author["name"], **author},
            "attachments": [],
            "modifiedTime": None,
        }
        self.said[ticket_id].append(record)
        self._counted(ticket_id)
        return record

    def thread(
        self,
        ticket_id: str,
        content: str,
        direction: str,
        author: Mapping[str, str],
        *,
        is_first: bool = False,
        visibility: str = "public",
        status: str = "SUCCESS",
    ) -> Record:
        """A mail from or to the customer; lists have its beginning alone."""
        record = {
            "id": next_id(self._ids),
            "type": "thread",
            "channel": "EMAIL",
            "direction": direction,
            "visibility": visibility,
            "status": status,
            "isDescriptionThread": is_first,
            "createdTime": _now(),
            "author": dict(author),
            "summary": content[:20],
            "_content": content,
        }
        self.said[ticket_id].append(record)
        self._counted(ticket_id)
        return record

    def attach(self, ticket_id: str, name: str, content: bytes, is_public: bool) -> Record:
        """A file on a ticket."""
        record = {
            "id": next_id(self._ids),
            "name": name,
            "size": str(len(content)),
            "createdTime": _now(),
            "isPublic": is_public,
            "creatorId": "7000000000021",
            "href": f"https://desk.example/api/v1/tickets/{ticket_id}/attachments/content",
        }
        self.files[ticket_id][record["id"]] = (record, content)
        return record

    def _counted(self, ticket_id: str) -> None:
        ticket, said = self.tickets[ticket_id], self.said[ticket_id]
        comments = sum(one["type"] == "comment" for one in said)
        ticket.update(commentCount=str(comments), threadCount=str(len(said) - comments))

    def _lay_contact(self, row: Mapping[str, Any], crm_ids: Mapping[str, str]) -> str:
        given = {"firstName": row["first_name"], "lastName": row["last_name"], "email": row["email"]}
        link = "" if row["id"] in UNLINKED else crm_ids[row["id"]]
        return str(self.make_contact({**given, "phone": row["phone"]}, link)["id"])

    def _lay_ticket(
        self, row: Mapping[str, Any], data: Data, crm_ids: Mapping[str, str], desk_ids: dict[str, str]
    ) -> str:
        owner = row["contact_id"] or ""
        if owner not in desk_ids:
            (person,) = [one for one in data.contacts if one["id"] == owner] or [
                {"id": "", "first_name": "", "last_name": "Nobody", "email": None, "phone": None}
            ]
            desk_ids[owner] = self._lay_contact(person, {"": "", **crm_ids})
        given = {
            "subject": row["subject"],
            "departmentId": DEPARTMENT,
            "contactId": desk_ids[owner],
            "description": html.escape(row.get("description") or ""),
            "priority": {"high": "High"}.get(row.get("priority", ""), "Medium"),
            "status": CLOSED_STATUS if row["closed_at"] else "Open",
            "cf": {CHANNEL: row.get("channel") or None},
        }
        number = self.number_of(row["number"])
        self._number = max(self._number, int(number))
        return str(self.make_ticket(given, number, row["opened_at"])["id"])


def demand_known(given: Mapping[str, Any], known: Mapping[str, int], custom: set[str]) -> None:
    """Refuses attributes that there aren't, and texts that are too long."""
    for name, value in given.items():
        if name not in known:
            wrong(f"Extra parameter '{name}' is present in the input.")
        if isinstance(value, str) and width(value) > known[name]:
            wrong("The data is invalid due to validation restrictions", (f"/{name}", "invalid"))
    for name, value in (given.get("cf") or {}).items():
        if name not in custom or not isinstance(value, str | None) or width(value or "") > 255:
            wrong("The data is invalid due to validation restrictions", (f"/cf/{name}", "invalid"))


def width(text: str) -> int:
    """How long a text is to Desk: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def next_id(ids: Any) -> str:
    """An id as Desk has them."""
    return str(next(ids))


def _now() -> str:
    now = datetime.now(timezone.utc)
    return _time(now.replace(microsecond=now.microsecond // 1000 * 1000))


def _time(at: datetime) -> str:
    """Milliseconds are all that Desk has; laid data may be finer, and is compared as it was laid."""
    spec = "milliseconds" if at.microsecond % 1000 == 0 else "microseconds"
    return at.astimezone(timezone.utc).isoformat(timespec=spec).replace("+00:00", "Z")

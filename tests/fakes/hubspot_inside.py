"""What the people see in a stand-in's HubSpot, read from its records by their own rules."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape
from typing import Any

from middleware.crm.hubspot import enquiry
from middleware.records import CommentDraft, Consent, LeadDraft, LeadKind, Priority, TicketDraft
from tests.fakes.hubspot import HubSpot, digits
from tests.fakes.hubspot_records import Record

_NOTE = re.compile(
    r"<p><strong>(.*?)</strong> · (to the customer|internal|transcript) · (fd-\w+) · (\d+)/\d+</p><p>(.*)</p>",
    re.DOTALL,
)


class InsideHubSpot:
    """HubSpot's records, conversations and files.

    Args:
        hubspot: The stand-in.
    """

    def __init__(self, hubspot: HubSpot) -> None:
        self._hubspot = hubspot
        self._records = hubspot.records

    def ticket(self, number: str) -> TicketDraft:
        """A ticket's properties, and the contact that it is associated with."""
        values = self._records.all["tickets"][number].properties
        contacts = list(self._links("tickets", number, "contacts"))
        return TicketDraft(
            subject=values["subject"],
            description=values["content"],
            contact_id=contacts[0] if contacts else None,
            channel=values["frontdesk_channel"],
            priority=Priority.HIGH if values["hs_ticket_priority"] == "HIGH" else Priority.NORMAL,
        )

    def comments(self, number: str) -> Sequence[CommentDraft]:
        """Our notes on a ticket, and what was written in its conversation."""
        found: list[tuple[str, int, CommentDraft]] = []
        for place, record in enumerate(self._notes(number)):
            note = _NOTE.search(record.properties["hs_note_body"])
            if note and note[2] != "transcript":
                written = CommentDraft(body=_text(note[5]), author=_text(note[1]), is_public=note[2] != "internal")
                found.append((record.properties["hs_createdate"], place, written))
        for thread in self._hubspot.threads.values():
            for message in thread["messages"] if thread["ticket"] == number else ():
                author = self._hubspot.actors.get(message["createdBy"])
                if author and message["type"] == "MESSAGE":
                    written = CommentDraft(body=message["text"], author=author, is_public=True)
                    found.append((message["createdAt"], len(found), written))
        return [written for *_, written in sorted(found, key=lambda one: one[:2])]

    def transcript(self, number: str) -> str | None:
        """The one note with a transcript, or the file on it."""
        bodies = [(record, _NOTE.search(record.properties["hs_note_body"])) for record in self._notes(number)]
        theirs = [(record, note) for record, note in bodies if note and note[2] == "transcript"]
        if not theirs:
            return None
        ((record, note),) = theirs
        file = record.properties.get("hs_attachment_ids")
        if not file:
            return _text(note[5])
        content: bytes = self._hubspot.files[file]["content"]
        return content.decode()

    def leads(self, email: str) -> Sequence[LeadDraft]:
        """Deals that are enquiries and aren't closed."""
        return [
            one
            for record in self._records.all["deals"].values()
            if not self._records.is_closed("deals", record)
            and (one := self._draft(record, LeadKind.LEAD)).email == email.lower()
            and not self._is_opportunity(record)
        ]

    def opportunities(self, contact_id: str) -> Sequence[LeadDraft]:
        """Deals of a contact that are no enquiries, the oldest first."""
        return [
            self._draft(record, LeadKind.OPPORTUNITY)
            for record in self._records.all["deals"].values()
            if contact_id in self._links("deals", record.id, "contacts") and self._is_opportunity(record)
        ]

    def close_lead(self, email: str) -> None:
        """Moves the deal to where lost ones are."""
        for record in self._records.all["deals"].values():
            if self._draft(record, LeadKind.LEAD).email == email.lower():
                self._records.update("deals", record, {"dealstage": "closedlost"})

    def lead(self, key: str) -> LeadDraft:
        """The deal that a key stands on, and the contact that it names."""
        for record in self._records.all["deals"].values():
            request = enquiry.read(record.properties["frontdesk_enquiry"]).request(_reference(key))
            if request is None:
                continue
            given = self._draft(record, request.kind)
            if request.kind is LeadKind.LEAD:
                return given
            (contact_id,) = self._links("deals", record.id, "contacts")
            person = self._records.all["contacts"][contact_id].properties
            return replace(
                given,
                first_name=person.get("firstname", ""),
                last_name=person.get("lastname", ""),
                email=person.get("email", ""),
                phone=person.get("phone") or None,
            )
        raise LookupError(key)

    def comment(self, key: str) -> tuple[str, CommentDraft] | None:
        """The notes that carry a key's reference."""
        for number in self._records.all["tickets"]:
            notes = [_NOTE.search(one.properties["hs_note_body"]) for one in self._notes(number)]
            parts = sorted((note for note in notes if note and note[3] == _reference(key)), key=lambda it: int(it[4]))
            if parts:
                body = "".join(_text(note[5]) for note in parts)
                is_public = parts[0][2] != "internal"
                return number, CommentDraft(body=body, author=_text(parts[0][1]), is_public=is_public)
        return None

    def agent_writes(self, number: str, author: str, body: str, is_public: bool = True) -> None:
        """In the ticket's conversation; what stays inside, in a note."""
        with self._hubspot.lock:
            self._hubspot.say(number, author, body, is_public=is_public)

    def number(self, laid: str) -> str:
        """Its digits."""
        return digits(laid)

    def person(self, contact_id: str) -> str:
        """What was laid; whoever came later is called as HubSpot calls them."""
        return self._hubspot.laid.get(contact_id, contact_id)

    def _notes(self, number: str) -> list[Record]:
        return [self._records.all["notes"][id_] for id_ in self._links("tickets", number, "notes")]

    def _links(self, kind: str, id_: str, other: str) -> dict[str, Any]:
        return self._records.associated.get((kind, other), {}).get(id_, {})

    def _is_opportunity(self, record: Record) -> bool:
        requests = enquiry.read(record.properties["frontdesk_enquiry"]).requests
        return any(one.kind is LeadKind.OPPORTUNITY for one in requests)

    def _draft(self, record: Record, kind: LeadKind) -> LeadDraft:
        said = enquiry.read(record.properties["frontdesk_enquiry"])
        facts = dict(said.facts)
        assert record.properties["frontdesk_company_size"] == enquiry.size_text(said.size)
        assert record.properties["frontdesk_budget"] == enquiry.budget_text(said.budget)
        owners = {one["id"]: one["email"] for one in self._hubspot.records.owners}
        return LeadDraft(
            kind=kind,
            phone=facts.pop("phone") or None,
            size=said.size,
            budget=said.budget,
            wish=said.wish,
            consent=said.consent or Consent(words="", at=None),  # type: ignore[arg-type]
            owner=owners.get(record.properties["hubspot_owner_id"], ""),
            contact_id=said.contact_id or None,
            **facts,
        )


def _text(html: str) -> str:
    return unescape(html.replace("<br>", "\n"))


def _reference(key: str) -> str:
    return f"fd-{hashlib.sha256(key.encode()).hexdigest()[:24]}"

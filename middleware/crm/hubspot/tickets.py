"""HubSpot's tickets: read, opened, commented on and closed.

What customers and agents write to each other is in conversations; what we write is in notes, of which the customer is
shown only those that say so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timezone

from middleware.crm.hubspot import answers, mapping, notes
from middleware.crm.hubspot.answers import Thing
from middleware.crm.hubspot.api import AlreadyThere, Api
from middleware.crm.hubspot.conversations import Conversations
from middleware.crm.hubspot.notes import INTERNAL, PUBLIC, TRANSCRIPT, Note, Written
from middleware.crm.hubspot.people import People
from middleware.crm.hubspot.settings import HubspotRules
from middleware.crm.hubspot.values import demand_key, is_id, not_found, reference, storable, unique
from middleware.errors import NotFound, Rejected
from middleware.in_turn import InTurn
from middleware.records import AgentComment, CommentDraft, Ticket, TicketComment, TicketDraft

IN_A_FILE = "It is longer than a note: see the file."


class Tickets(People):
    """The tickets' part of the port."""

    def __init__(self, api: Api, rules: HubspotRules, erp_field: str, country: str, in_turn: InTurn) -> None:
        super().__init__(api, rules, erp_field, country, in_turn)
        self._conversations = Conversations(api)

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        return self._listed(contact_id, [one for one in self._tickets_of(contact_id) if self._is_open(one)])

    def tickets_since(self, contact_id: str, since: datetime) -> Sequence[Ticket]:
        """Lists a person's tickets that were opened at or after a moment, closed ones too, newest first."""
        theirs = self._tickets_of(contact_id)
        return self._listed(contact_id, [one for one in theirs if one.moment("createdate") >= since])

    def ticket(self, number: str) -> Ticket:
        """Reads one ticket.

        Raises:
            NotFound: There is none with this number.
        """
        return self._told(self._ticket(number, "ticket"))

    def open_ticket(self, draft: TicketDraft, key: str) -> Ticket:
        """Opens a ticket, once for each key.

        Raises:
            NotFound: There is no such contact.
            Rejected: The key can't be kept, or HubSpot refuses it.
            Unavailable: None was opened.
            Unknown: It may have been opened.
        """
        demand_key("open_ticket", key)
        links = [("contacts", self._demand_contact(draft.contact_id, "open_ticket"))] if draft.contact_id else []
        if draft.contact_id == "":
            raise not_found("open_ticket")
        properties = {
            "subject": storable(draft.subject),
            "content": storable(draft.description),
            "hs_pipeline": self._rules.ticket_pipeline,
            "hs_pipeline_stage": self._rules.ticket_stage,
            "hs_ticket_priority": mapping.PRIORITIES[draft.priority],
            self._rules.channel_property: storable(draft.channel),
            self._rules.key_property: unique(key),
        }
        try:
            made = self._api.create("tickets", {name: it for name, it in properties.items() if name}, *links)
        except (AlreadyThere, Rejected) as refused:
            there = self._api.by("tickets", self._rules.key_property, unique(key), ())
            if there is None:
                raise refused
            return self.ticket(there.id)
        return mapping.ticket(made, draft.contact_id, True, None)

    def comment_ticket(self, number: str, draft: CommentDraft, key: str) -> TicketComment:
        """Writes a comment on a ticket, once for each key; of a closed one, too.

        Raises:
            NotFound: There is no such ticket.
            Rejected: The key can't be kept, or HubSpot refuses it.
            Unavailable: It wasn't written.
            Unknown: It, or a part of it, may have been written.
        """
        demand_key("comment_ticket", key)
        kind = PUBLIC if draft.is_public else INTERNAL
        bodies = notes.bodies(draft.author, kind, reference(key), draft.body)
        with self._alone(number):
            ours = [one for one in self._notes_on(number, "comment_ticket") if one.reference == reference(key)]
            there = {note.place for note in ours}
            missing = [body for place, body in enumerate(bodies, start=1) if place not in there]
            ours += [self._write(number, body) for body in missing]
        (written,) = notes.joined(ours)
        return mapping.comment(written)

    def comments_since(self, numbers: Collection[str], since: datetime) -> Sequence[AgentComment]:
        """Lists what the company's people wrote on tickets for the customer to see, the oldest first."""
        wanted = sorted({number for number in numbers if is_id(number)})
        found = [
            (one.id, message)
            for one in self._api.several("tickets", wanted, ())
            for message in self._conversations.of_agents(one.id, since)
        ]
        names = self._conversations.authors([message for _, message in found])
        in_time = sorted(found, key=lambda one: one[1].createdAt)
        return [mapping.agent_comment(message, number, names[message.id]) for number, message in in_time]

    def close_ticket(self, number: str) -> Ticket:
        """Closes a ticket; one that is closed stays as it is.

        Raises:
            NotFound: There is no such ticket.
            Rejected: Its pipeline has no stage that is closed.
            Unavailable: It wasn't closed.
            Unknown: It may have been closed.
        """
        there = self._ticket(number, "close_ticket")
        if self._is_open(there):
            stage = self._closed_stage(there.value("hs_pipeline"))
            if not stage:
                raise Rejected("No stage of its pipeline is closed", system="crm", operation="close_ticket")
            self._api.update("tickets", there.id, {"hs_pipeline_stage": stage})
            there.properties["hs_pipeline_stage"] = stage
        return self._told(there)

    def keep_transcript(self, number: str, transcript: str) -> None:
        """Puts a conversation's transcript on a ticket, in the place of the one before; a long one in a file.

        Raises:
            NotFound: There is no such ticket.
            Unavailable: It wasn't put there.
            Unknown: It may have been put there.
        """
        text, file = storable(transcript), ""
        with self._alone(number):
            there = [one for one in self._notes_on(number, "keep_transcript") if one.kind == TRANSCRIPT]
            if not notes.fits_one(text):
                file = self._api.upload(self._rules.folder, f"ticket-{number}.txt", text.encode())
                text = IN_A_FILE
            (body,) = notes.bodies("Frontdesk", TRANSCRIPT, reference(number), text)
            if there:
                self._api.update("notes", there[0].id, {"hs_note_body": body, "hs_attachment_ids": file})
            else:
                self._write(number, body, file)

    def _write(self, number: str, body: str, file: str = "") -> Note:
        """Writes a note on a ticket."""
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        properties = {"hs_note_body": body, "hs_timestamp": now, **({"hs_attachment_ids": file} if file else {})}
        made = self._api.create("notes", properties, ("tickets", number))
        return notes.written(made, body)

    def _ticket(self, number: str, operation: str) -> Thing:
        if not is_id(number):
            raise not_found(operation)
        return self._api.read("tickets", number, mapping.TICKET, ("contacts", "notes"))

    def _notes_on(self, number: str, operation: str) -> list[Note]:
        """Our notes on a ticket."""
        return self._notes_of([self._ticket(number, operation)])[number]

    def _notes_of(self, tickets: Sequence[Thing]) -> dict[str, list[Note]]:
        """Our notes on tickets that were read with the beginning of their lists."""
        whole = {one.id: [link.id for link in _notes(one).results] for one in tickets if not _notes(one).after}
        longer = [one.id for one in tickets if _notes(one).after]
        return self._read_notes(whole | (self._api.all_linked("tickets", longer, "notes") if longer else {}))

    def _read_notes(self, ids: dict[str, list[str]]) -> dict[str, list[Note]]:
        wanted = sorted({id_ for some in ids.values() for id_ in some})
        read = {one.id: notes.read(one) for one in self._api.several("notes", wanted, mapping.NOTE)}
        return {number: [note for id_ in some if (note := read.get(id_))] for number, some in ids.items()}

    def _tickets_of(self, contact_id: str) -> list[Thing]:
        """A person's tickets, newest first."""
        if not is_id(contact_id):
            return []
        try:
            ids = self._api.linked("contacts", contact_id, "tickets")
        except NotFound:
            return []
        theirs = self._api.several("tickets", ids, mapping.TICKET)
        return sorted(theirs, key=lambda one: (one.moment("createdate"), int(one.id)), reverse=True)

    def _listed(self, contact_id: str, tickets: Sequence[Thing]) -> list[Ticket]:
        ids = [one.id for one in tickets]
        ours = self._read_notes(self._api.all_linked("tickets", ids, "notes") if ids else {})
        return [self._with_comment(one, contact_id, ours[one.id]) for one in tickets]

    def _told(self, one: Thing) -> Ticket:
        """A ticket that was read by itself."""
        people = one.associations.get("contacts")
        contact_id = people.results[0].id if people and people.results else None
        return self._with_comment(one, contact_id, self._notes_of([one])[one.id])

    def _with_comment(self, one: Thing, contact_id: str | None, ours: Sequence[Note]) -> Ticket:
        public = [written for written in notes.joined(ours) if written.kind == PUBLIC]
        return mapping.ticket(one, contact_id, self._is_open(one), self._newest(one.id, public))

    def _newest(self, number: str, ours: Sequence[Written]) -> TicketComment | None:
        """The newest that the customer may see, of what we and others wrote."""
        newest = self._conversations.newest(number)
        if newest and (not ours or newest.createdAt > ours[-1].at):
            return mapping.said(newest, self._conversations.authors([newest])[newest.id])
        return mapping.comment(ours[-1]) if ours else None

    def _is_open(self, one: Thing) -> bool:
        return not self._is_closed("tickets", one.value("hs_pipeline_stage"))

    def _demand_contact(self, contact_id: str, operation: str) -> str:
        if not is_id(contact_id):
            raise not_found(operation)
        return self._api.read("contacts", contact_id, ()).id


def _notes(ticket: Thing) -> answers.Links:
    return ticket.associations.get("notes") or answers.Links()

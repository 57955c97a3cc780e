"""Turns HubSpot's records into ours, one function per record."""

from __future__ import annotations

from dataclasses import dataclass

from middleware.crm.hubspot.answers import Message, Owner, Thing
from middleware.crm.hubspot.notes import Written
from middleware.phones import e164
from middleware.records import AgentComment, Contact, Employee, Priority, Ticket, TicketComment

TICKET = ("subject", "hs_pipeline", "hs_pipeline_stage", "createdate")
NOTE = ("hs_note_body", "hs_createdate", "hs_attachment_ids")

PRIORITIES = {Priority.NORMAL: "MEDIUM", Priority.HIGH: "HIGH"}


@dataclass(frozen=True, kw_only=True)
class ContactFields:
    """The company's own properties of contacts; empty where it has none."""

    erp_number: str
    segment: str
    key: str
    country: str

    @property
    def of_contact(self) -> tuple[str, ...]:
        """All properties that a contact is read with."""
        own = ("firstname", "lastname", "email", "hs_additional_emails", "phone", "mobilephone")
        return (*own, "associatedcompanyid", "hubspot_owner_id", self.erp_number, self.segment, self.key)

    @property
    def of_company(self) -> tuple[str, ...]:
        """All that a company is read with."""
        return ("name", "hubspot_owner_id", self.erp_number, self.segment)


@dataclass(frozen=True, kw_only=True)
class KnownStage:
    """A stage of a pipeline, and whether what stands in it is done with."""

    pipeline: str
    is_closed: bool


def employee(owner: Owner) -> Employee:
    """One of HubSpot's owners."""
    email = (owner.email or "").lower()
    name = " ".join(filter(None, (owner.firstName, owner.lastName)))
    return Employee(email=email, name=name or email)


def contact(one: Thing, company: Thing | None, executive: Owner | None, fields: ContactFields) -> Contact:
    """A contact, with their primary company and whoever looks after them."""
    theirs = [one, *([company] if company else [])]
    phones = (e164(one.value(name), fields.country) for name in ("phone", "mobilephone"))
    return Contact(
        id=one.id,
        first_name=one.value("firstname"),
        last_name=one.value("lastname"),
        email=one.value("email").lower() or None,
        phone=next(filter(None, phones), None),
        company=company.value("name") or None if company else None,
        erp_number=_first(theirs, fields.erp_number) or None,
        executive=employee(executive) if executive else None,
        segment=_first(theirs, fields.segment),
    )


def phones(one: Thing, country: str) -> set[str]:
    """All numbers that a contact is reached under, E.164."""
    found = (e164(one.value(name), country) for name in ("phone", "mobilephone"))
    return {phone for phone in found if phone}


def emails(one: Thing) -> set[str]:
    """All addresses of a contact, in lower case."""
    return {one.value("email").lower(), *one.value("hs_additional_emails").lower().split(";")} - {""}


def ticket(one: Thing, contact_id: str | None, is_open: bool, last_comment: TicketComment | None) -> Ticket:
    """A ticket."""
    return Ticket(
        number=one.id,
        contact_id=contact_id,
        subject=one.value("subject"),
        is_open=is_open,
        opened_at=one.moment("createdate"),
        last_comment=last_comment,
    )


def comment(written: Written) -> TicketComment:
    """What we wrote on a ticket, in one note or several."""
    return TicketComment(body=written.body, written_at=written.at, author=written.author)


def said(message: Message, author: str) -> TicketComment:
    """What somebody wrote in a ticket's conversation."""
    return TicketComment(body=message.text or "", written_at=message.createdAt, author=author)


def agent_comment(message: Message, ticket_number: str, author: str) -> AgentComment:
    """What one of the company's people wrote in it."""
    return AgentComment(id=message.id, ticket_number=ticket_number, comment=said(message, author))


def _first(things: list[Thing], name: str) -> str:
    """The value of the first that has one."""
    return next((one.value(name) for one in things if one.value(name)), "")

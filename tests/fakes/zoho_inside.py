"""What the people see in Zoho CRM's stand-in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from middleware.crm.zoho.comments import INTERNAL
from middleware.crm.zoho.enquiries import NOT_SAID, budget, consent, size
from middleware.crm.zoho.records import reference
from middleware.records import CommentDraft, Consent, LeadDraft, LeadKind, Priority, TicketDraft
from tests.connectors.inside import Inside

if TYPE_CHECKING:
    from tests.fakes.zoho import Zoho
    from tests.fakes.zoho_crm import Record


class InsideZoho(Inside):
    """The stand-in's records.

    Args:
        zoho: The stand-in.
    """

    def __init__(self, zoho: Zoho) -> None:
        self._zoho = zoho

    @property
    def _records(self) -> dict[str, dict[str, Record]]:
        return self._zoho.crm.records

    def ticket(self, number: str) -> TicketDraft:
        """A case."""
        case = self._case(number)
        contact = case.get("Related_To")
        return TicketDraft(
            subject=case["Subject"],
            description=case.get("Description") or "",
            contact_id=contact["id"] if contact else None,
            channel=case["Case_Origin"],
            priority=Priority.HIGH if case.get("Priority") == "High" else Priority.NORMAL,
        )

    def comments(self, number: str) -> Sequence[CommentDraft]:
        """The notes on a case."""
        id_ = self._case(number)["id"]
        notes = [one for one in self._records["Notes"].values() if one["Parent_Id"]["id"] == id_]
        return [_comment(note) for note in sorted(notes, key=lambda one: (one["Created_Time"], one["id"]))]

    def transcript(self, number: str) -> str | None:
        """The one file on a case."""
        id_ = self._case(number)["id"]
        files = [file for file in self._zoho.crm.files.values() if file.parent == id_]
        assert len(files) <= 1, "earlier ones are taken away"
        return files[0].content.decode() if files else None

    def leads(self, email: str) -> Sequence[LeadDraft]:
        """The leads with an address that were neither won nor lost."""
        return [self._lead(one, LeadKind.LEAD) for one in self._open_leads(email)]

    def opportunities(self, contact_id: str) -> Sequence[LeadDraft]:
        """The deals of a contact."""
        deals = [
            one for one in self._records["Deals"].values() if (one.get("Contact_Name") or {}).get("id") == contact_id
        ]
        return [self._deal(one) for one in deals]

    def close_lead(self, email: str) -> None:
        """Somebody loses it."""
        for lead in self._open_leads(email):
            lead["Lead_Status"] = "Lost Lead"

    def lead(self, key: str) -> LeadDraft:
        """The contact, deal or lead with a key; else the lead that more was added to."""
        ref = reference("inside", key)
        leads = {one.get("Frontdesk_Key"): one for one in self._records["Leads"].values()}
        for one in self._records["Contacts"].values():
            if one.get("Frontdesk_Key") == ref:
                return self._lead({**leads[ref], "Owner": one["Owner"]}, LeadKind.CONTACT)
        for one in self._records["Deals"].values():
            if one.get("Frontdesk_Key") == ref:
                return self._deal(one)
        if ref in leads:
            return self._lead(leads[ref], LeadKind.LEAD)
        (note,) = [one for one in self._records["Notes"].values() if f"[{ref}]" in (one.get("Note_Title") or "")]
        return self._lead(self._records["Leads"][note["Parent_Id"]["id"]], LeadKind.LEAD)

    def comment(self, key: str) -> tuple[str, CommentDraft] | None:
        """The note with a key."""
        ref = reference("inside", key)
        notes = [one for one in self._records["Notes"].values() if f"[{ref}" in (one.get("Note_Title") or "")]
        assert len(notes) <= 1, "it was written once"
        if not notes:
            return None
        return self._records["Cases"][notes[0]["Parent_Id"]["id"]]["Case_Number"], _comment(notes[0])

    def agent_writes(self, number: str, author: str, body: str, is_public: bool = True) -> None:
        """Somebody writes a note; what is for the customer they call so."""
        title = "Public" if is_public else "Call back"
        with self._zoho.lock:
            self._zoho.crm.write_note(self._case(number)["id"], author, body, title)

    def number(self, laid: str) -> str:
        """Cases' numbers may look so."""
        return laid

    def person(self, contact_id: str) -> str:
        """By the id that was given to them."""
        return self._zoho.crm.laid[contact_id]

    def _case(self, number: str) -> Record:
        (case,) = [one for one in self._records["Cases"].values() if one["Case_Number"] == number]
        return case

    def _open_leads(self, email: str) -> list[Record]:
        return [
            one
            for one in self._records["Leads"].values()
            if (one.get("Email") or "") == email and one.get("Lead_Status") != "Lost Lead" and not one["Converted__s"]
        ]

    def _lead(self, record: Mapping[str, Any], kind: LeadKind) -> LeadDraft:
        said = {name: _said(record.get(name)) for name in ("First_Name", "Last_Name", "Company")}
        agreed = consent(record["Consent"])
        assert agreed
        return LeadDraft(
            kind=kind,
            first_name=said["First_Name"],
            last_name=said["Last_Name"],
            company=said["Company"],
            email=record.get("Email") or "",
            consent=agreed,
            owner=self._zoho.crm.users[record["Owner"]["id"]]["email"],
            phone=record.get("Phone"),
            size=size(record.get("Company_Size") or ""),
            budget=budget(record.get("Budget") or ""),
            wish=record.get("Description") or "",
            industry=record.get("Industry") or "",
            country=record.get("Country") or "",
            state=record.get("State") or "",
            postcode=record.get("Zip_Code") or "",
        )

    def _deal(self, record: Mapping[str, Any]) -> LeadDraft:
        """What stands in a deal's description, line by line; the last two, consent and wish, may have several."""
        given, _, wish = record["Description"].partition("\nWish: ")
        given, _, agreed_to = given.partition("\nAgreed to: ")
        lines = dict(line.split(": ", 1) for line in given.split("\n"))
        return LeadDraft(
            kind=LeadKind.OPPORTUNITY,
            first_name=lines.get("First name", ""),
            last_name=lines.get("Last name", ""),
            company=lines.get("Company", ""),
            email=lines.get("E-mail", ""),
            consent=Consent(words=agreed_to, at=datetime.fromisoformat(lines["Agreed at"])),
            owner=self._zoho.crm.users[record["Owner"]["id"]]["email"],
            phone=lines.get("Phone"),
            size=size(lines.get("People", "")),
            budget=budget(lines.get("Budget", "")),
            wish=wish,
            industry=lines.get("Industry", ""),
            country=lines.get("Country", ""),
            state=lines.get("State", ""),
            postcode=lines.get("Postcode", ""),
            contact_id=record["Contact_Name"]["id"],
        )


def _comment(note: Mapping[str, Any]) -> CommentDraft:
    title = note.get("Note_Title") or ""
    author, between, mark = title.partition(" [FD-")[0].rpartition(" · ")
    if between and mark in ("Public", INTERNAL):
        return CommentDraft(body=note["Note_Content"], author=author, is_public=mark == "Public")
    return CommentDraft(body=note["Note_Content"], author=note["Created_By"]["name"], is_public=title == "Public")


def _said(text: str | None) -> str:
    return "" if text in (None, NOT_SAID) else str(text)

"""What the people see in the stand-in's Salesforce, and do there."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from middleware.crm.salesforce.texts import external_id, reference
from middleware.records import Budget, CommentDraft, Consent, Headcount, LeadDraft, LeadKind, Priority, TicketDraft
from tests.fakes.salesforce_records import Record, read_moment
from tests.fakes.salesforce_schema import CONTACT_FIELD, KEY_FIELD

if TYPE_CHECKING:
    from tests.fakes.salesforce import Salesforce

_MARK = re.compile(r"\n\[#(\w{16}) (\d+)/(\d+)\]$")
_DETAILS = "\n\nAs it was given in the chat:\n"
_OPEN = ("Open - Not Contacted", "Working - Contacted")


class InsideSalesforce:
    """The records of a stand-in.

    Args:
        salesforce: The stand-in.
    """

    def __init__(self, salesforce: Salesforce) -> None:
        self._salesforce = salesforce

    def ticket(self, number: str) -> TicketDraft:
        """A case."""
        case = self._case(number)
        return TicketDraft(
            subject=case["Subject"] or "",
            description=case["Description"] or "",
            contact_id=case["ContactId"],
            channel=case["Origin"] or "",
            priority=Priority.HIGH if case["Priority"] == "High" else Priority.NORMAL,
        )

    def comments(self, number: str) -> Sequence[CommentDraft]:
        """The comments on a case; those that belong together are one."""
        return [draft for _, draft in self._comments(self._case(number)["Id"])]

    def transcript(self, number: str) -> str | None:
        """The file on a case, of which there is one."""
        links = [
            one for one in self._records("ContentDocumentLink") if one["LinkedEntityId"] == self._case(number)["Id"]
        ]
        if not links:
            return None
        (link,) = links
        (newest,) = [
            one
            for document in self._records("ContentDocument")
            for one in self._records("ContentVersion")
            if document["Id"] == link["ContentDocumentId"] and one["Id"] == document["LatestPublishedVersionId"]
        ]
        return base64.b64decode(newest["VersionData"]).decode()

    def leads(self, email: str) -> Sequence[LeadDraft]:
        """The open leads of an address."""
        there = [one for one in self._records("Lead") if (_email(one)) == email and one["Status"] in _OPEN]
        return [self._given(one, LeadKind.LEAD) for one in there]

    def opportunities(self, contact_id: str) -> Sequence[LeadDraft]:
        """A contact's opportunities."""
        theirs = [one for one in self._records("Opportunity") if one["ContactId"] == contact_id]
        return [self._given(one, LeadKind.OPPORTUNITY) for one in theirs]

    def close_lead(self, email: str) -> None:
        """Somebody sets the status."""
        for one in self._records("Lead"):
            if _email(one) == email:
                one["Status"] = "Closed - Not Converted"

    def lead(self, key: str) -> LeadDraft:
        """What has the key as its external id, or is of the contact that has."""
        id_ = external_id(key)
        for kind, object_ in ((LeadKind.OPPORTUNITY, "Opportunity"), (LeadKind.LEAD, "Lead")):
            for one in self._records(object_):
                if one.get(KEY_FIELD) == id_:
                    given = self._given(one, kind)
                    return self._by_person(given, one["ContactId"]) if kind is LeadKind.OPPORTUNITY else given
        (contact,) = [one for one in self._records("Contact") if one.get(KEY_FIELD) == id_]
        (lead,) = [one for one in self._records("Lead") if one.get(CONTACT_FIELD) == contact["Id"]]
        return self._by_person(self._given(lead, LeadKind.CONTACT), contact["Id"])

    def comment(self, key: str) -> tuple[str, CommentDraft] | None:
        """The comment that shows the key's reference."""
        mark = reference(key)
        for case in self._records("Case"):
            for found, draft in self._comments(case["Id"]):
                if found == mark:
                    return case["CaseNumber"], draft
        return None

    def agent_writes(self, number: str, author: str, body: str, is_public: bool = True) -> None:
        """A user writes a case comment."""
        with self._salesforce.lock:
            values = {"ParentId": self._case(number)["Id"], "CommentBody": body, "IsPublished": is_public}
            self._salesforce.records.put("CaseComment", values, by=self._salesforce.user_called(author))

    def number(self, laid: str) -> str:
        """The same: an org chooses the format of its numbers."""
        return laid

    def person(self, contact_id: str) -> str:
        """What the data called a contact."""
        return self._salesforce.people[contact_id]

    def _records(self, kind: str) -> list[Record]:
        with self._salesforce.lock:
            return self._salesforce.records.of(kind)

    def _case(self, number: str) -> Record:
        (case,) = [one for one in self._records("Case") if one["CaseNumber"] == number]
        return case

    def _comments(self, case_id: str) -> list[tuple[str, CommentDraft]]:
        """In the order in which they were written, with the reference that they show."""
        found: dict[str, tuple[str, Record]] = {}
        for one in self._records("CaseComment"):
            if one["ParentId"] != case_id:
                continue
            mark = _MARK.search(one["CommentBody"]) if one["CreatedById"] == self._salesforce.me else None
            shown = mark[1] if mark else one["Id"]
            text = one["CommentBody"][: mark.start()] if mark else one["CommentBody"]
            before = found[shown][0] if shown in found else ""
            found[shown] = (before + (text[1:] if mark and mark[2] != "1" else text), one)
        return [(shown, self._comment(shown, text, one)) for shown, (text, one) in found.items()]

    def _comment(self, shown: str, text: str, one: Record) -> CommentDraft:
        author = self._salesforce.records.get("User", one["CreatedById"])["Name"]  # type: ignore[index]
        if len(shown) == 16:
            author, _, text = text.partition(":\n")
        return CommentDraft(body=text, author=author, is_public=one["IsPublished"])

    def _by_person(self, given: LeadDraft, contact_id: str) -> LeadDraft:
        contact = self._salesforce.records.get("Contact", contact_id)
        assert contact is not None
        phone = next((contact[name] for name in ("MobilePhone", "Phone") if contact.get(name)), None)
        values: dict[str, Any] = {name: getattr(given, name) for name in given.__slots__}
        values |= {
            "first_name": contact["FirstName"] or "",
            "last_name": contact["LastName"],
            "email": contact["Email"] or "",
            "phone": phone,
        }
        return LeadDraft(**values)

    def _given(self, record: Record, kind: LeadKind) -> LeadDraft:
        wish, _, below = (record["Description"] or "").rpartition(_DETAILS)
        if _DETAILS not in (record["Description"] or ""):
            wish, below = below, ""
        details = dict(line.split(": ", 1) for line in below.split("\n") if line)
        owner = self._salesforce.records.get("User", record["OwnerId"])

        def text(field: str, label: str) -> str:
            value = record.get(field) or details.get(label) or ""
            return "" if value == "[not provided]" else value

        return LeadDraft(
            kind=kind,
            first_name=text("FirstName", "First name"),
            last_name=text("LastName", "Last name"),
            email=text("Email", "E-mail"),
            phone=text("Phone", "Phone") or None,
            company=text("Company", "Company"),
            industry=text("Industry", "Industry"),
            country=text("Country", "Country"),
            state=text("State", "State"),
            postcode=text("PostalCode", "Postcode"),
            size=_size(record),
            budget=_budget(record),
            wish=wish,
            owner=owner["Email"] if owner else "",
            consent=Consent(words=record["Consent__c"] or "", at=_moment(record["Consent_At__c"])),
            contact_id=record.get("ContactId") or record.get(CONTACT_FIELD),
        )


def _email(lead: Record) -> str:
    return lead.get("Email") or ""


def _moment(text: str) -> datetime:
    return read_moment(text)


def _size(record: Record) -> Headcount | None:
    low, high = record.get("Size_From__c"), record.get("Size_To__c")
    return None if low is None else Headcount(low=int(low), high=None if high is None else int(high))


def _budget(record: Record) -> Budget | None:
    low, high = record.get("Budget_From__c"), record.get("Budget_To__c")
    if low is None:
        return None
    amounts = (Decimal(str(low)), None if high is None else Decimal(str(high)))
    return Budget(low=amounts[0], high=amounts[1], currency=record["Budget_Currency__c"])

"""Turns records of Zoho CRM into ours, one function per record; with the names that Zoho has for fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from middleware.crm.zoho.settings import ZohoRules
from middleware.phones import e164
from middleware.records import Contact, Employee, Ticket, TicketComment


class Link(msgspec.Struct):
    """What a lookup field names."""

    id: str
    name: str | None = None


class User(msgspec.Struct):
    """One of the company's people who use Zoho."""

    id: str
    email: str
    full_name: str
    status: str

    @property
    def is_active(self) -> bool:
        """Whether they still work with it."""
        return self.status == "active"


class ContactRow(msgspec.Struct, kw_only=True):
    """A contact, with what is needed of its account. `phones`: of all the fields that hold one."""

    id: str
    last_name: str
    first_name: str | None = None
    email: str | None = None
    owner: Link | None = None
    company: str | None = None
    companys_owner: Link | None = None
    erp_number: str | None = None
    companys_erp_number: str | None = None
    segment: str | None = None
    companys_segment: str | None = None
    phones: list[str] = []


class LeadRow(msgspec.Struct, kw_only=True):
    """A lead, as far as more is added to it."""

    id: str
    last_name: str
    first_name: str | None = None
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    industry: str | None = None
    country: str | None = None
    state: str | None = None
    postcode: str | None = None
    wish: str | None = None
    status: str | None = None
    size: str | None = None
    budget: str | None = None
    consent: str | None = None
    key: str | None = None
    owner: Link | None = None


class CaseRow(msgspec.Struct, kw_only=True):
    """A case."""

    id: str
    number: str
    subject: str
    opened_at: datetime
    status: str | None = None
    contact: Link | None = None


def contact_fields(rules: ZohoRules, erp_number_field: str) -> dict[str, str]:
    """Zoho's names of a contact's fields by ours, but for its phones."""
    fields = {
        "id": "id",
        "first_name": "First_Name",
        "last_name": "Last_Name",
        "email": "Email",
        "owner": "Owner",
        "company": "Account_Name.Account_Name",
        "companys_owner": "Account_Name.Owner",
    }
    if erp_number_field:
        fields |= {"erp_number": erp_number_field, "companys_erp_number": f"Account_Name.{erp_number_field}"}
    if rules.segment_field:
        fields |= {"segment": rules.segment_field, "companys_segment": f"Account_Name.{rules.segment_field}"}
    return fields


def lead_fields(rules: ZohoRules) -> dict[str, str]:
    """Zoho's names of a lead's fields by ours."""
    return {
        "id": "id",
        "first_name": "First_Name",
        "last_name": "Last_Name",
        "email": "Email",
        "phone": "Phone",
        "company": "Company",
        "industry": "Industry",
        "country": "Country",
        "state": "State",
        "postcode": "Zip_Code",
        "wish": "Description",
        "status": "Lead_Status",
        "size": rules.size_field,
        "budget": rules.budget_field,
        "consent": rules.consent_field,
        "key": rules.key_field,
        "owner": "Owner",
    }


def case_fields(rules: ZohoRules) -> dict[str, str]:
    """Zoho's names of a case's fields by ours."""
    return {
        "id": "id",
        "number": "Case_Number",
        "subject": "Subject",
        "opened_at": "Created_Time",
        "status": "Status",
        "contact": rules.case_contact_field,
    }


def employee(user: User) -> Employee:
    """A user."""
    return Employee(email=user.email.lower(), name=user.full_name)


def contact(row: ContactRow, country: str, executives: Mapping[str, User]) -> Contact:
    """A contact.

    Args:
        country: Whose numbers are written without a country code.
        executives: Users who look after customers, by id.
    """
    own = executives.get(row.owner.id) if row.owner else None
    companys = executives.get(row.companys_owner.id) if row.companys_owner else None
    executive = own or companys
    numbers = (e164(text, country) for text in row.phones)
    return Contact(
        id=row.id,
        first_name=row.first_name or "",
        last_name=row.last_name,
        email=row.email.lower() if row.email else None,
        phone=next((number for number in numbers if number), None),
        company=row.company,
        erp_number=row.erp_number or row.companys_erp_number or None,
        executive=employee(executive) if executive else None,
        segment=row.segment or row.companys_segment or "",
    )


def ticket(row: CaseRow, closed: tuple[str, ...], last_comment: TicketComment | None) -> Ticket:
    """A case."""
    return Ticket(
        number=row.number,
        contact_id=row.contact.id if row.contact else None,
        subject=row.subject,
        is_open=row.status not in closed,
        opened_at=row.opened_at,
        last_comment=last_comment,
    )

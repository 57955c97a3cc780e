"""Salesforce's records as they are decoded, and the queries' lists of fields that belong to them.

A company names its custom fields itself: `Rows` makes kinds of records in which those have their names.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from middleware.crm.salesforce.calls import Page
from middleware.crm.salesforce.settings import SalesforceRules

T = TypeVar("T", bound=type[msgspec.Struct])

NEWEST_COMMENTS = 10  # that are read together with a case


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever or whatever has a name: the owner of a record may be a queue, which has no more than that."""

    Name: str = ""
    Email: str | None = None
    IsActive: bool | None = None
    UserType: str | None = None


class UserRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the company's own people."""

    Id: str
    Name: str
    Email: str


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """The account that a contact belongs to."""

    Name: str | None = None
    OwnerId: str | None = None
    Owner: Named | None = None
    erp_number: str | None = None
    segment: str | None = None


class ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person."""

    Id: str
    FirstName: str | None = None
    LastName: str | None = None
    Email: str | None = None
    Phone: str | None = None
    MobilePhone: str | None = None
    HomePhone: str | None = None
    OtherPhone: str | None = None
    AccountId: str | None = None
    OwnerId: str | None = None
    Owner: Named | None = None
    Account: AccountRow | None = None
    key: str | None = None
    erp_number: str | None = None
    segment: str | None = None


class LeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lead."""

    Id: str
    Owner: Named | None = None
    FirstName: str | None = None
    LastName: str | None = None
    Company: str | None = None
    Phone: str | None = None
    Industry: str | None = None
    Country: str | None = None
    State: str | None = None
    PostalCode: str | None = None
    Description: str | None = None
    key: str | None = None
    contact: str | None = None
    consent_at: str | None = None


class OpportunityRow(msgspec.Struct, frozen=True, kw_only=True):
    """An opportunity."""

    Id: str
    Owner: Named | None = None


class CommentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A comment on a case, or a part of one of ours."""

    Id: str
    CommentBody: str | None = None
    CreatedDate: str = ""
    CreatedById: str = ""
    CreatedBy: Named | None = None
    IsPublished: bool = False
    Parent: ParentRow | None = None


class EmailRow(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail of a case."""

    Id: str
    TextBody: str | None = None
    FromName: str | None = None
    MessageDate: str = ""
    Parent: ParentRow | None = None


class ParentRow(msgspec.Struct, frozen=True, kw_only=True):
    """The case that something is on."""

    CaseNumber: str


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case, with its newest public comments."""

    Id: str
    CaseNumber: str
    IsClosed: bool
    CreatedDate: str
    ContactId: str | None = None
    Subject: str | None = None
    CaseComments: Page[CommentRow] | None = None


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version of a file."""

    Checksum: str | None = None


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file."""

    Title: str | None = None
    LatestPublishedVersion: VersionRow | None = None


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """That a file is on a case."""

    ContentDocumentId: str
    ContentDocument: DocumentRow | None = None


class FiledCaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its files."""

    Id: str
    ContentDocumentLinks: Page[LinkRow] | None = None


class IdRow(msgspec.Struct, frozen=True, kw_only=True):
    """Any record."""

    Id: str


COMMENT_FIELDS = "Id, CommentBody, CreatedDate, CreatedById, CreatedBy.Name, CreatedBy.UserType, IsPublished"
CASE_FIELDS = (
    "Id, CaseNumber, IsClosed, CreatedDate, ContactId, Subject, "
    f"(SELECT {COMMENT_FIELDS} FROM CaseComments WHERE IsPublished = true"
    f" ORDER BY CreatedDate DESC, Id DESC LIMIT {NEWEST_COMMENTS})"
)
USER_FIELDS = "Id, Name, Email"
_OWNER = "Owner.Name, Owner.Email"


class Rows:
    """The kinds of records that have custom fields, and what is to be asked for of each.

    Args:
        erp_number_field: On Contact and Account; empty if there is none.
    """

    def __init__(self, rules: SalesforceRules, erp_number_field: str) -> None:
        persons = {"erp_number": erp_number_field, "segment": rules.segment_field}
        account = _named(AccountRow, persons)
        contact = _named(ContactRow, {**persons, "key": rules.key_field}, Account=account | None)
        self.contact: type[ContactRow] = contact
        leads = {"key": rules.key_field, "contact": rules.contact_field, "consent_at": rules.consent_at_field}
        self.lead: type[LeadRow] = _named(LeadRow, leads)
        custom = [name for name in persons.values() if name]
        parts = ["Name", "OwnerId", f"{_OWNER}, Owner.IsActive", *custom]
        own = "Id, FirstName, LastName, Email, Phone, MobilePhone, HomePhone, OtherPhone, AccountId, OwnerId"
        of_account = (f"Account.{name}" for part in parts for name in part.split(", "))
        self.contact_fields = ", ".join([own, _OWNER, "Owner.IsActive", rules.key_field, *custom, *of_account])
        given = "Id, FirstName, LastName, Company, Phone, Industry, Country, State, PostalCode, Description"
        self.lead_fields = ", ".join([given, _OWNER, *(name for name in leads.values() if name)])
        self.opportunity_fields = f"Id, {_OWNER}"


def _named(kind: T, custom: dict[str, str], **others: Any) -> T:
    """A kind of record whose custom fields have the company's names."""
    fields: list[Any] = [
        (field, str | None, msgspec.field(name=name, default=None)) for field, name in custom.items() if name
    ]
    fields += [(name, of, None) for name, of in others.items()]
    made: Any = msgspec.defstruct(kind.__name__, fields, bases=(kind,), frozen=True, kw_only=True)
    return made  # type: ignore[no-any-return]

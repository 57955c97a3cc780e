"""The objects of the stand-in's Salesforce: their fields, what each may hold, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

KEY_FIELD = "Frontdesk_Key__c"
ERP_NUMBER_FIELD = "ERP_Number__c"
SEGMENT_FIELD = "Segment__c"
CONTACT_FIELD = "Frontdesk_Contact__c"

DEFAULTED = object()  # it must have a value, and gets one by itself


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of an object.

    Attributes:
        kind: As the describe call names it.
        length: Of text, in characters; of numbers, digits before the point.
        scale: Digits after the point.
        required: Whether whoever makes a record must give it.
        external: Whether it is an external id that is unique.
        filters: Whether a query may ask by it.
        create: Whether whoever makes a record may give it; `update`: whether it may be changed.
        to: The object that a reference leads to; `relation` is how queries call that way.
        default: What it has where nothing is given.
    """

    kind: str = "string"
    length: int = 255
    scale: int = 0
    required: bool = False
    external: bool = False
    filters: bool = True
    create: bool = True
    update: bool = True
    to: tuple[str, ...] = ()
    relation: str = ""
    default: object = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One object.

    Attributes:
        prefix: Of its ids.
        children: By what a query calls them: which object's which reference leads here.
    """

    prefix: str
    fields: dict[str, Field] = field(default_factory=dict)
    children: dict[str, tuple[str, str]] = field(default_factory=dict)


def _read_only(kind: str, **more: object) -> Field:
    return Field(kind=kind, create=False, update=False, **more)  # type: ignore[arg-type]


def _reference(*to: str, relation: str, **more: object) -> Field:
    return Field(kind="reference", length=18, to=to, relation=relation, **more)  # type: ignore[arg-type]


def _text(*names: str, length: int = 255) -> dict[str, Field]:
    return {name: Field(length=length) for name in names}


def _phones(*names: str) -> dict[str, Field]:
    return {name: Field(kind="phone", length=40) for name in names}


_LONG = Field(kind="textarea", length=32_000, filters=False)
_EMAIL = Field(kind="email", length=80)
_OWNER = _reference("User", relation="Owner", default=DEFAULTED)
_ANY_OWNER = _reference("User", "Group", relation="Owner", default=DEFAULTED)
_KEY = {KEY_FIELD: Field(external=True)}
_SYSTEM = {
    "Id": _read_only("id", length=18),
    "CreatedDate": _read_only("datetime"),
    "CreatedById": _read_only("reference", length=18, to=("User",), relation="CreatedBy"),
    "LastModifiedDate": _read_only("datetime"),
    "SystemModstamp": _read_only("datetime"),
}
_ENQUIRY = {
    "Size_From__c": Field(kind="double", length=9),
    "Size_To__c": Field(kind="double", length=9),
    "Budget_From__c": Field(kind="double", length=14, scale=2),
    "Budget_To__c": Field(kind="double", length=14, scale=2),
    "Budget_Currency__c": Field(length=3),
    "Consent__c": _LONG,
    "Consent_At__c": Field(kind="datetime"),
}


def _kind(prefix: str, *fields: dict[str, Field], children: Iterable[tuple[str, str, str]] = ()) -> Kind:
    joined = {name: one for part in (_SYSTEM, *fields) for name, one in part.items()}
    return Kind(prefix=prefix, fields=joined, children={name: (of, by) for name, of, by in children})


KINDS: dict[str, Kind] = {
    "Organization": _kind("00D", {"Name": _read_only("string"), "IsSandbox": _read_only("boolean")}),
    "User": _kind(
        "005",
        {
            "Name": _read_only("string", length=121),
            "Email": Field(kind="email", length=128),
            "Username": Field(length=80),
            "IsActive": Field(kind="boolean", default=True),
            "UserType": _read_only("picklist", default="Standard"),
        },
    ),
    "Group": _kind("00G", {"Name": Field(length=40), "DeveloperName": Field(length=80), "Type": Field(length=40)}),
    "Account": _kind(
        "001",
        {"Name": Field(required=True), "OwnerId": _OWNER, **_text(ERP_NUMBER_FIELD, SEGMENT_FIELD)},
        children=[("Contacts", "Contact", "AccountId"), ("Cases", "Case", "AccountId")],
    ),
    "Contact": _kind(
        "003",
        {
            "FirstName": Field(length=40),
            "LastName": Field(length=80, required=True),
            "Name": _read_only("string", length=121),
            "Email": _EMAIL,
            "AccountId": _reference("Account", relation="Account"),
            "OwnerId": _OWNER,
            "Description": _LONG,
            "LeadSource": Field(kind="picklist"),
        },
        _phones("Phone", "MobilePhone", "HomePhone", "OtherPhone", "AssistantPhone", "Fax"),
        _text(ERP_NUMBER_FIELD, SEGMENT_FIELD),
        _KEY,
        children=[("Cases", "Case", "ContactId")],
    ),
    "Lead": _kind(
        "00Q",
        {
            "FirstName": Field(length=40),
            "LastName": Field(length=80, required=True),
            "Name": _read_only("string", length=121),
            "Company": Field(required=True),
            "Email": _EMAIL,
            "Status": Field(
                kind="picklist",
                default="Open - Not Contacted",
                values=("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"),
            ),
            "IsConverted": _read_only("boolean", default=False),
            "Industry": Field(kind="picklist"),
            "LeadSource": Field(kind="picklist"),
            "Country": Field(length=80),
            "State": Field(length=80),
            "PostalCode": Field(length=20),
            "NumberOfEmployees": Field(kind="int", length=8),
            "Description": _LONG,
            "OwnerId": _ANY_OWNER,
            CONTACT_FIELD: _reference("Contact", relation="Frontdesk_Contact__r"),
        },
        _phones("Phone", "MobilePhone"),
        _ENQUIRY,
        _KEY,
    ),
    "Opportunity": _kind(
        "006",
        {
            "Name": Field(length=120, required=True),
            "StageName": Field(kind="picklist", required=True, values=("Prospecting", "Closed Won", "Closed Lost")),
            "CloseDate": Field(kind="date", required=True),
            "AccountId": _reference("Account", relation="Account"),
            "ContactId": _reference("Contact", relation="Contact", update=False),
            "OwnerId": _OWNER,
            "Description": _LONG,
            "LeadSource": Field(kind="picklist"),
        },
        _ENQUIRY,
        _KEY,
    ),
    "Case": _kind(
        "500",
        {
            "CaseNumber": _read_only("string", length=30),
            "Subject": Field(),
            "Description": _LONG,
            "Status": Field(kind="picklist", default="New", values=("New", "Working", "Escalated", "Closed")),
            "IsClosed": _read_only("boolean", default=False),
            "Origin": Field(kind="picklist"),
            "Priority": Field(kind="picklist", default="Medium", values=("High", "Medium", "Low")),
            "ContactId": _reference("Contact", relation="Contact"),
            "AccountId": _reference("Account", relation="Account"),
            "OwnerId": _ANY_OWNER,
        },
        _KEY,
        children=[
            ("CaseComments", "CaseComment", "ParentId"),
            ("EmailMessages", "EmailMessage", "ParentId"),
            ("ContentDocumentLinks", "ContentDocumentLink", "LinkedEntityId"),
        ],
    ),
    "CaseComment": _kind(
        "00a",
        {
            "ParentId": _reference("Case", relation="Parent", required=True, update=False),
            "CommentBody": Field(kind="textarea", length=4000, filters=False),
            "IsPublished": Field(kind="boolean", default=False),
        },
    ),
    "EmailMessage": _kind(
        "02s",
        {
            "ParentId": _reference("Case", relation="Parent"),
            "TextBody": Field(kind="textarea", length=131_072, filters=False),
            "FromName": Field(),
            "Incoming": Field(kind="boolean", default=False),
            "Status": Field(kind="picklist", default="3", values=("0", "1", "2", "3", "4", "5")),
            "MessageDate": Field(kind="datetime"),
        },
    ),
    "ContentDocument": _kind(
        "069",
        {
            "Title": Field(update=False),
            "LatestPublishedVersionId": _read_only(
                "reference", to=("ContentVersion",), relation="LatestPublishedVersion"
            ),
        },
    ),
    "ContentVersion": _kind(
        "068",
        {
            "ContentDocumentId": _reference("ContentDocument", relation="ContentDocument", update=False),
            "Title": Field(),
            "PathOnClient": Field(length=500, required=True),
            "VersionData": Field(kind="base64", filters=False),
            "FirstPublishLocationId": _reference("Case", "User", relation="FirstPublishLocation", update=False),
            "Checksum": _read_only("string", length=50),
            "IsLatest": _read_only("boolean"),
        },
    ),
    "ContentDocumentLink": _kind(
        "06A",
        {
            "ContentDocumentId": _reference("ContentDocument", relation="ContentDocument", required=True),
            "LinkedEntityId": _reference("Case", "User", relation="LinkedEntity", required=True),
        },
    ),
}

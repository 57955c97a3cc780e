"""The modules of Zoho CRM's stand-in and their fields, with what Zoho demands of values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_EMAIL = re.compile(r"[^\s@<>()\\,;:\"\[\]]+@[^\s@<>()\\,;:\"\[\]]+")
_PHONE = re.compile(r"\+?[\w .()/-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field.

    Attributes:
        kind: As Zoho calls it.
        to: The module that a lookup is of.
        choices: What a picklist takes.
    """

    name: str
    kind: str = "text"
    length: int = 255
    to: str = ""
    choices: tuple[str, ...] = ()
    is_mandatory: bool = False
    is_unique: bool = False
    is_custom: bool = False
    is_read_only: bool = False

    @property
    def can_be_asked_for(self) -> bool:
        """Whether it may stand in criteria."""
        return self.kind != "textarea"

    def wrong(self, value: Any) -> dict[str, Any] | None:
        """What is wrong with a value; None if it can be kept."""
        told = {"api_name": self.name}
        if self.is_read_only:
            return told
        if self.kind in ("lookup", "ownerlookup"):
            is_good = isinstance(value, dict) and set(value) <= {"id", "name"} and isinstance(value.get("id"), str)
            return None if is_good else {**told, "expected_data_type": "jsonobject"}
        if self.kind == "integer":
            is_good = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9
            return None if is_good else {**told, "expected_data_type": "integer"}
        if self.kind == "boolean":
            return None if isinstance(value, bool) else {**told, "expected_data_type": "boolean"}
        if not isinstance(value, str):
            return {**told, "expected_data_type": self.kind}
        if len(value) > self.length:
            return {**told, "maximum_length": self.length}
        fits: Mapping[str, Any] = {"email": _EMAIL, "phone": _PHONE, "date": _DATE}
        if self.kind in fits and not fits[self.kind].fullmatch(value):
            return {**told, "expected_data_type": self.kind}
        if self.kind == "text" and "\n" in value:
            return {**told, "expected_data_type": "text"}
        if self.kind == "picklist" and value not in self.choices:
            return {**told, "expected_data_type": "picklist"}
        return None

    def described(self) -> dict[str, Any]:
        """What Zoho says of it."""
        return {
            "api_name": self.name,
            "field_label": self.name.replace("_", " "),
            "data_type": self.kind,
            "length": self.length,
            "custom_field": self.is_custom,
            "system_mandatory": self.is_mandatory,
            "read_only": self.is_read_only,
            "unique": {"casesensitive": False} if self.is_unique else {},
            "pick_list_values": [{"display_value": one, "actual_value": one} for one in self.choices],
            "lookup": {"module": {"api_name": self.to}} if self.to else {},
        }


def _every(of: str) -> list[Field]:
    """What records of every module have."""
    return [
        Field(name="id", kind="bigint", is_read_only=True),
        Field(name="Owner", kind="ownerlookup", to="users"),
        Field(name="Created_By", kind="ownerlookup", to="users", is_read_only=True),
        Field(name="Created_Time", kind="datetime", is_read_only=True),
        Field(name="Modified_Time", kind="datetime", is_read_only=True),
        Field(name="Description", kind="textarea", length=32_000),
    ]


def _key() -> Field:
    return Field(name="Frontdesk_Key", is_unique=True, is_custom=True)


def _phone(name: str = "Phone") -> Field:
    return Field(name=name, kind="phone", length=30)


def _choice(name: str, *choices: str, is_mandatory: bool = False) -> Field:
    return Field(name=name, kind="picklist", length=120, choices=choices, is_mandatory=is_mandatory)


INDUSTRIES = ("hospitality", "retail", "outdoor", "education", "construction", "Technology", "other")

MODULES: dict[str, dict[str, Field]] = {
    module: {field.name: field for field in (*_every(module), *fields)}
    for module, fields in {
        "Leads": [
            Field(name="First_Name", length=40),
            Field(name="Last_Name", length=80, is_mandatory=True),
            Field(name="Company", length=200, is_mandatory=True),
            Field(name="Email", kind="email", length=100),
            _phone(),
            _phone("Mobile"),
            Field(name="Country", length=100),
            Field(name="State", length=100),
            Field(name="Zip_Code", length=30),
            Field(name="No_of_Employees", kind="integer"),
            _choice("Industry", *INDUSTRIES),
            _choice("Lead_Status", "Attempted to Contact", "Contacted", "Lost Lead", "Junk Lead", "Not Qualified"),
            Field(name="Converted__s", kind="boolean", is_read_only=True),
            Field(name="Company_Size", length=100, is_custom=True),
            Field(name="Budget", length=100, is_custom=True),
            Field(name="Consent", kind="textarea", length=32_000, is_custom=True),
            _key(),
        ],
        "Contacts": [
            Field(name="First_Name", length=40),
            Field(name="Last_Name", length=80, is_mandatory=True),
            Field(name="Email", kind="email", length=100),
            _phone(),
            _phone("Mobile"),
            Field(name="Account_Name", kind="lookup", to="Accounts"),
            Field(name="Mailing_Country", length=100),
            Field(name="Mailing_State", length=100),
            Field(name="Mailing_Zip", length=30),
            Field(name="erp_number", is_custom=True),
            Field(name="Segment", is_custom=True),
            _key(),
        ],
        "Accounts": [
            Field(name="Account_Name", length=200, is_mandatory=True),
            Field(name="erp_number", is_custom=True),
            Field(name="Segment", is_custom=True),
        ],
        "Deals": [
            Field(name="Deal_Name", length=120, is_mandatory=True),
            _choice("Stage", "Qualification", "Closed Won", "Closed Lost", is_mandatory=True),
            Field(name="Closing_Date", kind="date", is_mandatory=True),
            Field(name="Contact_Name", kind="lookup", to="Contacts"),
            _key(),
        ],
        "Cases": [
            Field(name="Case_Number", kind="autonumber", is_read_only=True),
            Field(name="Subject", length=300, is_mandatory=True),
            _choice("Status", "New", "On Hold", "Escalated", "Closed", is_mandatory=True),
            _choice("Case_Origin", "Email", "Phone", "Web", "rest", "webchat", "whatsapp", is_mandatory=True),
            _choice("Priority", "High", "Medium", "Low"),
            Field(name="Related_To", kind="lookup", to="Contacts"),
            _key(),
        ],
        "Notes": [
            Field(name="Note_Title", length=120),
            Field(name="Note_Content", kind="textarea", length=32_000, is_mandatory=True),
            Field(name="Parent_Id", kind="lookup", is_read_only=True),
        ],
    }.items()
}

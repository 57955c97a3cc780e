"""What is called how in a company's Zoho CRM and Zoho Desk, and what opens them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from middleware.crm.zoho.desk_settings import DeskRules
from middleware.settings_base import Base, Count, address, given, required

FieldName = Annotated[str, msgspec.Meta(pattern="^[A-Za-z][A-Za-z0-9_]{0,99}$")]
FieldNameOrNone = Annotated[str, msgspec.Meta(pattern="^([A-Za-z][A-Za-z0-9_]{0,99})?$")]


class ZohoRules(Base, frozen=True):
    """Section `crm.zoho` of assistant.yml; fields are named by their API names.

    Attributes:
        key_field: Custom field of leads, contacts, deals and cases that our keys are written into: single line, no
            duplicates.
        phone_fields: Fields of contacts that a person is reached under.
        segment_field: Custom field of contacts and of accounts with the class of customer; empty if there is none.
        size_field: Custom field of leads for how many people a company has: single line, such as "50-100".
        budget_field: Custom field of leads for the budget: single line, such as "EUR 20000-50000".
        consent_field: Custom field of leads for the words that somebody agreed to, and when: multi-line.
        nobody: E-mails of users who look after nobody, though records are theirs, such as one for all that is new.
            The user of ZOHO_REFRESH_TOKEN is one of them.
        lead_assignment_rule: Id of the assignment rule that says whose a new lead is; empty: whom the assistant picked.
        industries: Values of a lead's Industry by the industries of assistant.yml, where they aren't called so there.
        closed_lead_statuses: Values of Lead_Status of leads that were won or lost.
        deal_stage: Stage of new deals; `deal_pipeline` where the company has pipelines; `deal_days` until they close.
        case_contact_field: Field of cases with the person.
        case_origins: Values of Case_Origin by the name of the channel, where they aren't called so there.
        case_open_status: Status of new cases; `case_closed_statuses`: of closed ones, the first for those closed here.
        case_normal_priority: Value of Priority; `case_high_priority` is that of what is urgent.
        desk: What is called how in Zoho Desk, where the tickets are there.
        public_title: Title of the notes on a case that the customer may see; what else is written there is internal.
    """

    key_field: FieldName = "Frontdesk_Key"
    phone_fields: Annotated[tuple[FieldName, ...], msgspec.Meta(min_length=1, max_length=8)] = ("Phone", "Mobile")
    segment_field: FieldNameOrNone = ""
    size_field: FieldName = "Company_Size"
    budget_field: FieldName = "Budget"
    consent_field: FieldName = "Consent"
    nobody: tuple[str, ...] = ()
    lead_assignment_rule: Annotated[str, msgspec.Meta(pattern="^[0-9]*$")] = ""
    industries: dict[str, str] = msgspec.field(default_factory=dict)
    closed_lead_statuses: tuple[str, ...] = ("Lost Lead", "Junk Lead", "Not Qualified")
    deal_stage: str = "Qualification"
    deal_pipeline: str = ""
    deal_days: Count = 30
    case_contact_field: FieldName = "Related_To"
    case_origins: dict[str, str] = msgspec.field(default_factory=dict)
    case_open_status: str = "New"
    case_closed_statuses: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("Closed",)
    case_normal_priority: str = "Medium"
    case_high_priority: str = "High"
    public_title: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] = "Public"
    desk: DeskRules = DeskRules()

    @property
    def picked(self) -> dict[str, str]:
        """What is to be said of a field that refuses a value which isn't among its choices."""
        words = {
            "Case_Origin": "crm.zoho.case_origins of assistant.yml",
            "Status": "crm.zoho.case_open_status and crm.zoho.case_closed_statuses of assistant.yml",
            "Priority": "crm.zoho.case_normal_priority and crm.zoho.case_high_priority of assistant.yml",
            "Stage": "crm.zoho.deal_stage of assistant.yml",
            "Pipeline": "crm.zoho.deal_pipeline of assistant.yml",
            "Industry": "crm.zoho.industries of assistant.yml",
        }
        mend = "{} must name choices that the field {} has in Zoho"
        return {field: mend.format(setting, field) for field, setting in words.items()}

    def missing(self, field: str, erp_number_field: str) -> str:
        """What is to be said of a field that isn't there."""
        name = field.rpartition(".")[2]
        settings = {
            getattr(self, setting): f"crm.zoho.{setting}"
            for setting in self.__struct_fields__
            if setting.endswith("_field")
        }
        settings |= dict.fromkeys(self.phone_fields, "crm.zoho.phone_fields")
        settings |= {erp_number_field: "identity.erp_number_field"} if erp_number_field else {}
        said_by = f"{settings[name]} of assistant.yml names it" if name in settings else "it is one of Zoho's own"
        return f"Zoho has no field {name}, or hides it: {said_by}; create it as docs/connectors/zoho.md says"


class ZohoAccess(Base, frozen=True, tag="zoho", tag_field="system"):
    """What opens a Zoho CRM, and its Desk.

    Attributes:
        accounts_url: Where tokens are had, by data centre: `https://accounts.zoho.eu`.
        desk_url: Zoho Desk of the same data centre; `desk_org_id` is the organisation's id there.
        webhook_token: What webhooks of Desk must bring along; empty if there are none.
    """

    accounts_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    desk_url: str = ""
    desk_org_id: str = ""
    webhook_token: str = ""


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens them from the environment.

    Raises:
        Misconfigured: Something is missing.
    """
    return {
        "accounts_url": address(environment, "ZOHO_ACCOUNTS_URL", "https://accounts.zoho.com", is_default=True),
        "client_id": required(environment, "ZOHO_CLIENT_ID"),
        "client_secret": required(environment, "ZOHO_CLIENT_SECRET"),
        "refresh_token": required(environment, "ZOHO_REFRESH_TOKEN"),
        "desk_url": address(environment, "ZOHO_DESK_URL", "https://desk.zoho.com", is_default=True),
        "desk_org_id": given(environment, "ZOHO_DESK_ORG_ID"),
        "webhook_token": given(environment, "ZOHO_WEBHOOK_TOKEN"),
    }

"""What is called how in a company's Salesforce, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from middleware.settings_base import Base, Count, address, given, required

FieldName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=80)]
OptionalFieldName = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z][A-Za-z0-9_]*)?$", max_length=80)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class SalesforceRules(Base, frozen=True):
    """Section `crm.salesforce` of assistant.yml. A field is named by its API name; an empty one isn't used.

    Attributes:
        version: Of the REST API.
        key_field: Custom field on Lead, Contact, Opportunity and Case that our keys are written into: text, unique,
            case-sensitive, external id.
        erp_number_field: On Contact and Account, the ERP's customer number; where it is empty, the one that
            `identity.erp_number_field` names.
        segment_field: On Contact and Account, the class of customer.
        contact_field: On Lead, a look-up to the Contact that asks.
        size_from_field: On Lead and Opportunity, as all that follow: how many people the company has, at least;
            `size_to_field`: at most, empty if that is open.
        budget_from_field: What they mean to spend, at least; `budget_to_field`: at most; `budget_currency_field`: in
            which currency.
        consent_field: The words to which somebody agreed that they are kept; `consent_at_field`: when.
        owner: Who gets a new lead: whom the `territories` of the leads' rules name, or whom the org's own active
            `assignment_rules` choose. Contacts and opportunities always go by the territories.
        no_owners: E-mails of users who own whatever nobody looks after, beside the one whom the app acts for.
        lead_source: Of new leads, contacts and opportunities; empty leaves it to Salesforce.
        closed_lead_statuses: A lead with one of these isn't open any more, and neither is a converted one.
        opportunity_stage: Of new opportunities, and `opportunity_days` until they are to be closed.
        case_queue: API name of the queue that gets new cases; empty leaves it to the org's case assignment rules.
        case_origins: The origin of cases by the channel's name; others have that name itself.
        priority_high: What is urgent; `priority_normal`: the rest.
        closed_status: The status that closes a case.
        email_replies: Whether e-mails that are sent to a customer from a case are told in the chat, too.
    """

    version: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2,3}\.0$")] = "66.0"
    key_field: FieldName = "Frontdesk_Key__c"
    erp_number_field: OptionalFieldName = ""
    segment_field: OptionalFieldName = ""
    contact_field: OptionalFieldName = "Frontdesk_Contact__c"
    size_from_field: FieldName = "Size_From__c"
    size_to_field: FieldName = "Size_To__c"
    budget_from_field: FieldName = "Budget_From__c"
    budget_to_field: FieldName = "Budget_To__c"
    budget_currency_field: FieldName = "Budget_Currency__c"
    consent_field: FieldName = "Consent__c"
    consent_at_field: FieldName = "Consent_At__c"
    owner: Literal["territories", "assignment_rules"] = "territories"
    no_owners: tuple[str, ...] = ()
    lead_source: str = ""
    closed_lead_statuses: tuple[Name, ...] = ("Closed - Converted", "Closed - Not Converted", "Unqualified")
    opportunity_stage: Name = "Prospecting"
    opportunity_days: Count = 30
    case_queue: str = ""
    case_origins: Mapping[str, Name] = msgspec.field(default_factory=dict)
    priority_high: Name = "High"
    priority_normal: Name = "Medium"
    closed_status: Name = "Closed"
    email_replies: bool = False


class SalesforceAccess(Base, frozen=True, tag="salesforce", tag_field="system"):
    """What opens a Salesforce.

    Attributes:
        url: The My Domain address, `https://acme.my.salesforce.com`.
        client_id: The connected app's; `client_secret` is for the client credentials flow.
        username: Whom the app acts for, in the JWT bearer flow; `private_key` (PEM) signs for it.
    """

    url: str
    client_id: str
    client_secret: str = ""
    username: str = ""
    private_key: str = ""


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens it from the environment.

    Raises:
        Misconfigured: Something is missing.
    """
    return {
        "url": address(environment, "SALESFORCE_URL", "https://acme.my.salesforce.com"),
        "client_id": required(environment, "SALESFORCE_CLIENT_ID"),
        "client_secret": given(environment, "SALESFORCE_CLIENT_SECRET"),
        "username": given(environment, "SALESFORCE_USERNAME"),
        "private_key": given(environment, "SALESFORCE_PRIVATE_KEY"),
    }

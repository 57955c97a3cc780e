"""What is called how in a company's Zoho Desk."""

from __future__ import annotations

from middleware.errors import Misconfigured
from middleware.settings_base import Base


class DeskRules(Base, frozen=True):
    """Section `crm.zoho.desk` of assistant.yml.

    Attributes:
        department: Id of the department whose tickets are opened and listed.
        key_field: API name of the custom field of tickets that our keys are written into: single line.
        channel_field: The same for the channel that the customer writes on.
        contact_field: API name of the custom field of Desk's contacts that holds whom of the CRM they are, where Desk
            doesn't know that by itself: single line.
        strangers: Id of the contact in Desk that tickets of people whom the CRM doesn't know go to; without it, one
            is made.
        high_priority: What an urgent ticket's priority is called; `normal_priority`: any other one's.
    """

    department: str = ""
    key_field: str = "cf_frontdesk_key"
    channel_field: str = "cf_frontdesk_channel"
    contact_field: str = "cf_frontdesk_contact"
    strangers: str = ""
    high_priority: str = "High"
    normal_priority: str = "Medium"


def demand_desk(rules: DeskRules, org_id: str) -> None:
    """Sees that there is what every call of Desk needs.

    Raises:
        Misconfigured: Something is missing, or can't be right.
    """
    if not org_id:
        raise Misconfigured(
            "ZOHO_DESK_ORG_ID is not set; Zoho Desk shows it under Setup, Developer Space, API", system="crm"
        )
    if not _is_id(rules.department):
        raise Misconfigured(
            "crm.zoho.desk.department of assistant.yml must be the id of a department of Zoho Desk, digits alone; "
            "`make check-crm` lists them",
            system="crm",
        )
    if rules.strangers and not _is_id(rules.strangers):
        raise Misconfigured(
            "crm.zoho.desk.strangers of assistant.yml must be the id of a contact in Zoho Desk, digits alone",
            system="crm",
        )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()

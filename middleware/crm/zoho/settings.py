"""What is called how in a company's Zoho CRM and Zoho Desk, and what opens them."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address, given, required


class ZohoRules(Base, frozen=True):
    """Section `crm.zoho` of assistant.yml.

    Attributes:
        key_field: API name of the custom field of leads, contacts, deals and cases that our keys are written into:
            single line, no duplicates.
    """

    key_field: str = "Frontdesk_Key"


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

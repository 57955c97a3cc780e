"""What is called how in a company's HubSpot, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address, given, required


class HubspotRules(Base, frozen=True):
    """Section `crm.hubspot` of assistant.yml.

    Attributes:
        key_property: Internal name of the custom property of contacts, tickets and deals that our keys are written
            into: single-line text, unique.
    """

    key_property: str = "frontdesk_key"


class HubspotAccess(Base, frozen=True, tag="hubspot", tag_field="system"):
    """What opens a HubSpot.

    Attributes:
        url: Of its API.
        token: A private app's.
        webhook_secret: The app's client secret, which webhooks are signed with; empty if there are none.
    """

    url: str
    token: str
    webhook_secret: str = ""


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens it from the environment.

    Raises:
        Misconfigured: Something is missing.
    """
    return {
        "url": address(environment, "HUBSPOT_URL", "https://api.hubapi.com", is_default=True),
        "token": required(environment, "HUBSPOT_TOKEN"),
        "webhook_secret": given(environment, "HUBSPOT_WEBHOOK_SECRET"),
    }

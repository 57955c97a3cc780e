"""What is called how in a company's Salesforce, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address, given, required


class SalesforceRules(Base, frozen=True):
    """Section `crm.salesforce` of assistant.yml.

    Attributes:
        version: Of the REST API.
        key_field: API name of the custom field on Lead, Contact, Opportunity and Case that our keys are written into:
            text, unique, external id.
    """

    version: str = "66.0"
    key_field: str = "Frontdesk_Key__c"


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

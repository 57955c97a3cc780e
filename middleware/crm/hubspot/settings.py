"""What is called how in a company's HubSpot, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address, given, required


class HubspotRules(Base, frozen=True):
    """Section `crm.hubspot` of assistant.yml.

    Attributes:
        key_property: Internal name of the custom property of contacts, tickets and deals that our keys are written
            into: single-line text, unique.
        open_property: The same of deals, for the address whose open enquiry one is: single-line text, unique.
        enquiry_property: Of deals, for all that somebody gave and wants: multi-line text.
        size_property: Of deals, for the size of the company: single-line text; empty if it isn't wanted by itself.
        budget_property: Of deals, for the budget: single-line text; empty if it isn't wanted by itself.
        channel_property: Of tickets, for where the customer writes: single-line text.
        segment_property: Of contacts and companies, with the class of customer; empty if there is none.
        ticket_pipeline, ticket_stage: Where new tickets begin, by their ids.
        closed_stage: The stage that closed tickets get; empty for the first that is closed in a ticket's pipeline.
        lead_pipeline, lead_stage: Where the deals of enquiries begin, by their ids.
        opportunity_pipeline, opportunity_stage: Where the deals of contacts begin.
        folder: In the file manager, for transcripts that are longer than a note.
    """

    key_property: str = "frontdesk_key"
    open_property: str = "frontdesk_open_email"
    enquiry_property: str = "frontdesk_enquiry"
    size_property: str = "frontdesk_company_size"
    budget_property: str = "frontdesk_budget"
    channel_property: str = "frontdesk_channel"
    segment_property: str = ""
    ticket_pipeline: str = "0"
    ticket_stage: str = "1"
    closed_stage: str = ""
    lead_pipeline: str = "default"
    lead_stage: str = "appointmentscheduled"
    opportunity_pipeline: str = "default"
    opportunity_stage: str = "appointmentscheduled"
    folder: str = "/frontdesk/transcripts"


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

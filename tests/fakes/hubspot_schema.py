"""What a HubSpot account has: its objects' properties, their associations and pipelines, and what the app may do."""

from __future__ import annotations

from typing import Any

OBJECT_TYPES = {"contacts": "CONTACT", "companies": "COMPANY", "deals": "DEAL", "tickets": "TICKET", "notes": "NOTE"}

SCOPES = [
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.owners.read",
    "tickets",
    "files",
    "conversations.read",
]

# By object: what HubSpot has itself, then what the company has made. True: no two records have the same value.
PROPERTIES: dict[str, dict[str, bool]] = {
    "contacts": {
        **dict.fromkeys(["firstname", "lastname", "phone", "mobilephone", "company", "country", "state", "zip"], False),
        **dict.fromkeys(["lifecyclestage", "hs_lead_status", "hubspot_owner_id", "industry", "numemployees"], False),
        **dict.fromkeys(["associatedcompanyid", "hs_additional_emails", "createdate", "lastmodifieddate"], False),
        **dict.fromkeys(["hs_searchable_calculated_phone_number", "hs_searchable_calculated_mobile_number"], False),
        **dict.fromkeys(["erp_number", "customer_segment"], False),
        "email": True,
        "frontdesk_key": True,
    },
    "companies": {
        **dict.fromkeys(["name", "domain", "phone", "numberofemployees", "industry", "hubspot_owner_id"], False),
        **dict.fromkeys(["erp_number", "customer_segment", "createdate"], False),
    },
    "deals": {
        **dict.fromkeys(["dealname", "pipeline", "dealstage", "amount", "closedate", "hubspot_owner_id"], False),
        **dict.fromkeys(["createdate", "hs_is_closed", "description"], False),
        **dict.fromkeys(["frontdesk_enquiry", "frontdesk_company_size", "frontdesk_budget"], False),
        "frontdesk_key": True,
        "frontdesk_open_email": True,
    },
    "tickets": {
        **dict.fromkeys(["subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority"], False),
        **dict.fromkeys(["createdate", "closed_date", "hubspot_owner_id", "source_type", "frontdesk_channel"], False),
        "frontdesk_key": True,
    },
    "notes": dict.fromkeys(
        ["hs_note_body", "hs_timestamp", "hs_createdate", "hs_attachment_ids", "hubspot_owner_id"], False
    ),
}

READ_ONLY = (
    "hs_is_closed",
    "associatedcompanyid",
    "hs_createdate",
    "hs_searchable_calculated_phone_number",
    "hs_searchable_calculated_mobile_number",
)

# From, to: the ids of the types that HubSpot defines.
ASSOCIATIONS: dict[tuple[str, str], set[int]] = {
    ("contacts", "tickets"): {15},
    ("tickets", "contacts"): {16},
    ("notes", "tickets"): {228},
    ("tickets", "notes"): {227},
    ("notes", "contacts"): {202},
    ("contacts", "notes"): {201},
    ("contacts", "companies"): {1, 279},
    ("companies", "contacts"): {2, 280},
    ("deals", "contacts"): {3},
    ("contacts", "deals"): {4},
    ("notes", "deals"): {214},
    ("deals", "notes"): {213},
}


def _stage(id_: str, label: str, **metadata: str) -> dict[str, Any]:
    return {"id": id_, "label": label, "displayOrder": 0, "archived": False, "metadata": metadata}


PIPELINES: dict[str, list[dict[str, Any]]] = {
    "tickets": [
        {
            "id": "0",
            "label": "Support Pipeline",
            "archived": False,
            "stages": [
                _stage("1", "New", ticketState="OPEN"),
                _stage("2", "Waiting on contact", ticketState="OPEN"),
                _stage("3", "Waiting on us", ticketState="OPEN"),
                _stage("4", "Closed", ticketState="CLOSED"),
            ],
        },
        {
            "id": "7710",
            "label": "Repairs",
            "archived": False,
            "stages": [
                _stage("77101", "In the workshop", ticketState="OPEN"),
                _stage("77102", "Mended", ticketState="CLOSED"),
            ],
        },
    ],
    "deals": [
        {
            "id": "default",
            "label": "Sales Pipeline",
            "archived": False,
            "stages": [
                _stage("appointmentscheduled", "Appointment Scheduled", isClosed="false", probability="0.2"),
                _stage("contractsent", "Contract Sent", isClosed="false", probability="0.9"),
                _stage("closedwon", "Closed Won", isClosed="true", probability="1.0"),
                _stage("closedlost", "Closed Lost", isClosed="true", probability="0.0"),
            ],
        }
    ],
}

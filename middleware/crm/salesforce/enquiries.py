"""What somebody wants, as the fields of a lead or an opportunity, and what is added to a lead that is there.

What no field holds stands in the description, below what they want, a line for each: all of a person who is on file
already, a name that is too long, an address that Salesforce takes for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timezone
from decimal import Decimal
from typing import Any

from middleware.crm.salesforce import mapping
from middleware.crm.salesforce.base import is_email
from middleware.crm.salesforce.rows import LeadRow
from middleware.crm.salesforce.settings import SalesforceRules
from middleware.crm.salesforce.texts import NOT_PROVIDED, line, storable
from middleware.records import LeadDraft

DETAILS = "As it was given in the chat:"
LONGEST_DESCRIPTION = 32_000
LENGTHS = {
    "FirstName": 40,
    "LastName": 80,
    "Company": 255,
    "Email": 80,
    "Phone": 40,
    "Industry": 255,
    "Country": 80,
    "State": 80,
    "PostalCode": 20,
}
LABELS = {
    "FirstName": "First name",
    "LastName": "Last name",
    "Company": "Company",
    "Email": "E-mail",
    "Phone": "Phone",
    "Industry": "Industry",
    "Country": "Country",
    "State": "State",
    "PostalCode": "Postcode",
}
_LONGEST_DETAIL = 400

# Of a lead that is there already; of a place with a country, the state isn't another one's.
_FILLED_IN = (
    ("FirstName",),
    ("LastName",),
    ("Company",),
    ("Phone",),
    ("Industry",),
    ("Country", "State", "PostalCode"),
)
_MUST_BE_THERE = ("LastName", "Company")


def new_lead(draft: LeadDraft, rules: SalesforceRules, *, has_email: bool = True) -> dict[str, Any]:
    """The fields of a new lead.

    Args:
        has_email: Whether Salesforce takes its address for one.
    """
    given = _given(draft)
    if not has_email or not is_email(given["Email"]):
        given["Email"] = ""
    kept = {name: line(text, LENGTHS[name]) for name, text in given.items()}
    details = {name: text for name, text in _given(draft).items() if text != kept[name]}
    for name in _MUST_BE_THERE:
        kept[name] = kept[name] or NOT_PROVIDED
    people = {"NumberOfEmployees": draft.size.low} if draft.size else {}
    description = _described(draft.wish, _lines(details))
    return {**_without_empty(kept), **people, "Description": description, **_source(rules), **_newest(draft, rules)}


def new_contact(draft: LeadDraft, rules: SalesforceRules, *, has_email: bool = True) -> dict[str, Any]:
    """The fields of a new contact, without a phone: that may be another's."""
    given = {name: text for name, text in _given(draft).items() if name in ("FirstName", "LastName", "Email")}
    if not has_email or not is_email(given["Email"]):
        given["Email"] = ""
    kept = {name: line(text, LENGTHS[name]) for name, text in given.items()}
    return {**_without_empty(kept), "LastName": kept["LastName"] or NOT_PROVIDED, **_source(rules)}


def new_opportunity(draft: LeadDraft, rules: SalesforceRules) -> dict[str, Any]:
    """The fields of a new opportunity: of whoever asks there are none, so all of that is described."""
    person = " ".join(filter(None, (draft.first_name, draft.last_name)))
    name = line(": ".join(filter(None, (draft.company or person, draft.wish))), 120)
    description = _described(draft.wish, _lines(_given(draft)))
    named = {"Name": name or NOT_PROVIDED, "StageName": rules.opportunity_stage}
    return {**named, "Description": description, **_source(rules), **_newest(draft, rules)}


def additions(there: LeadRow, draft: LeadDraft, rules: SalesforceRules) -> dict[str, Any]:
    """What becomes of the fields of a lead when more is known of it; empty if nothing does."""
    given = {name: line(text, LENGTHS[name]) for name, text in _given(draft).items()}
    changed: dict[str, Any] = {}
    for names in _FILLED_IN:
        if all(getattr(there, name) in (None, "", NOT_PROVIDED) for name in names):
            changed |= _without_empty({name: given[name] for name in names})
    wish, _, details = (there.Description or "").rpartition(f"\n\n{DETAILS}\n")
    if not wish and not (there.Description or "").startswith(f"\n\n{DETAILS}\n"):
        wish, details = (details, "")
    both = _both(wish, storable(draft.wish))
    if both != wish:
        changed["Description"] = _described(both, details)
    if there.consent_at is None or mapping.moment(there.consent_at) <= draft.consent.at:
        people = {"NumberOfEmployees": draft.size.low} if draft.size else {}
        changed |= {**people, **_newest(draft, rules)}
    return changed


def _given(draft: LeadDraft) -> dict[str, str]:
    """What was given of a person, each on a line, by the names of a lead's fields."""
    given = {
        "FirstName": draft.first_name,
        "LastName": draft.last_name,
        "Company": draft.company,
        "Email": draft.email.lower(),
        "Phone": draft.phone or "",
        "Industry": draft.industry,
        "Country": draft.country,
        "State": draft.state,
        "PostalCode": draft.postcode,
    }
    return {name: line(text or "", _LONGEST_DETAIL) for name, text in given.items()}


def _newest(draft: LeadDraft, rules: SalesforceRules) -> dict[str, Any]:
    """Of size, budget and consent the newest counts."""
    newest: dict[str, Any] = {
        rules.consent_field: storable(draft.consent.words)[:LONGEST_DESCRIPTION],
        rules.consent_at_field: draft.consent.at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    if draft.size:
        newest |= {rules.size_from_field: draft.size.low, rules.size_to_field: draft.size.high}
    if draft.budget:
        newest |= {
            rules.budget_from_field: _number(draft.budget.low),
            rules.budget_to_field: None if draft.budget.high is None else _number(draft.budget.high),
            rules.budget_currency_field: line(draft.budget.currency, 3),
        }
    return newest


def _number(amount: Decimal) -> int | float:
    """An amount as JSON has it: fifteen digits, so no cent is lost."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _both(wish: str, another: str) -> str:
    """Two wishes in lines of their own; what was wished before isn't said twice."""
    if f"\n{another}\n" in f"\n{wish}\n":
        return wish
    return "\n".join(filter(None, (wish, another)))


def _described(wish: str, details: str) -> str:
    below = f"\n\n{DETAILS}\n{details}" if details else ""
    return storable(wish)[: LONGEST_DESCRIPTION - len(below)] + below


def _lines(details: Mapping[str, str]) -> str:
    return "\n".join(f"{LABELS[name]}: {text}" for name, text in details.items() if text)


def _source(rules: SalesforceRules) -> dict[str, str]:
    return {"LeadSource": rules.lead_source} if rules.lead_source else {}


def _without_empty(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if text}

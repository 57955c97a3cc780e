"""What somebody gave of themselves and of what they want, as the fields of a lead, a contact or a deal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from middleware.crm.zoho.mapping import LeadRow
from middleware.crm.zoho.records import storable
from middleware.crm.zoho.settings import ZohoRules
from middleware.records import Budget, Consent, Headcount, LeadDraft

NOT_SAID = "(not said)"  # a lead must have a company, and everybody a last name
LONG_TEXT = 32_000
LINE = 255

_LENGTHS = {"first_name": 40, "last_name": 80, "company": 200, "email": 100, "phone": 30, "postcode": 30}
_LENGTHS |= {"country": 100, "state": 100, "industry": 120}

# Of a lead that is there already; of a place with a country, the state isn't another one's.
_FILLED_IN = (
    ("first_name",),
    ("last_name",),
    ("company",),
    ("phone",),
    ("industry",),
    ("country", "state", "postcode"),
)


def lead(draft: LeadDraft, rules: ZohoRules, fields: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a new lead; what wasn't given isn't among them."""
    names = (*(one for names in _FILLED_IN for one in names), "email")
    texts = {name: _text(draft, name, rules) for name in names}
    texts["last_name"] = texts["last_name"] or NOT_SAID
    texts["company"] = texts["company"] or NOT_SAID
    record: dict[str, Any] = {fields[name]: text for name, text in texts.items() if text}
    return {**record, **_newest(draft, rules), **_described(storable(draft.wish, LONG_TEXT))}


def additions(there: LeadRow, draft: LeadDraft, rules: ZohoRules, fields: Mapping[str, str]) -> dict[str, Any]:
    """What becomes of the fields of a lead when more is known of it; the same again changes nothing."""
    filled_in = [names for names in _FILLED_IN if not any(_said(getattr(there, name)) for name in names)]
    texts = {name: _text(draft, name, rules) for names in filled_in for name in names}
    record: dict[str, Any] = {fields[name]: text for name, text in texts.items() if text}
    if _is_newer(draft, there):
        record |= _newest(draft, rules)
    wish = _both(there.wish or "", storable(draft.wish, LONG_TEXT))
    return record | (_described(wish) if wish != (there.wish or "") else {})


def contact(draft: LeadDraft, phone: str | None, rules: ZohoRules) -> dict[str, Any]:
    """The fields of a new contact, by which its person is known."""
    record = {
        "First_Name": _text(draft, "first_name", rules),
        "Last_Name": _text(draft, "last_name", rules) or NOT_SAID,
        "Email": _text(draft, "email", rules),
        "Phone": phone,
        "Mailing_Country": _text(draft, "country", rules),
        "Mailing_State": _text(draft, "state", rules),
        "Mailing_Zip": _text(draft, "postcode", rules),
    }
    return {field: value for field, value in record.items() if value}


def words(draft: LeadDraft) -> str:
    """Everything that was given as lines to be read, for records that have no fields for it."""
    lines = {
        "First name": draft.first_name,
        "Last name": draft.last_name,
        "Company": draft.company,
        "E-mail": draft.email.lower(),
        "Phone": draft.phone or "",
        "Country": draft.country,
        "State": draft.state,
        "Postcode": draft.postcode,
        "Industry": draft.industry,
        "People": size_text(draft.size) if draft.size else "",
        "Budget": budget_text(draft.budget) if draft.budget else "",
        "Agreed at": draft.consent.at.isoformat(),
        "Agreed to": draft.consent.words,
        "Wish": draft.wish,
    }
    return storable("\n".join(f"{name}: {text}" for name, text in lines.items() if text), LONG_TEXT)


def size_text(size: Headcount) -> str:
    """How many people: "12", "50-100", "1000+"."""
    return str(size.low) + _to(size.low, size.high)


def budget_text(budget: Budget) -> str:
    """A budget: "EUR 20000", "EUR 20000-50000", "EUR 90000+"."""
    low, high = f"{budget.low:f}", None if budget.high is None else f"{budget.high:f}"
    return f"{budget.currency} {low}{_to(low, high)}"


def consent_text(consent: Consent) -> str:
    """When somebody agreed, and to which words."""
    return storable(f"{consent.at.isoformat()}\n{consent.words}", LONG_TEXT)


def size(text: str) -> Headcount | None:
    """What `size_text` wrote; people may have written something else."""
    match = re.fullmatch(r"([0-9]+)(?:(\+)|-([0-9]+))?", text.strip(), re.ASCII)
    if not match:
        return None
    low = int(match[1])
    return Headcount(low=low, high=None if match[2] else int(match[3] or low))


def budget(text: str) -> Budget | None:
    """What `budget_text` wrote; people may have written something else."""
    match = re.fullmatch(r"([A-Z]{3}) ([0-9.]+)(?:(\+)|-([0-9.]+))?", text.strip(), re.ASCII)
    if not match:
        return None
    low = Decimal(match[2])
    return Budget(low=low, high=None if match[3] else Decimal(match[4] or low), currency=match[1])


def consent(text: str) -> Consent | None:
    """What `consent_text` wrote; people may have written something else."""
    at, _, said = text.partition("\n")
    try:
        return Consent(words=said, at=datetime.fromisoformat(at))
    except ValueError:
        return None


def _newest(draft: LeadDraft, rules: ZohoRules) -> dict[str, Any]:
    """The fields of which the newest counts, as far as something is given."""
    record: dict[str, Any] = {rules.consent_field: consent_text(draft.consent)}
    if draft.size:
        record |= {rules.size_field: size_text(draft.size), "No_of_Employees": draft.size.low}
    if draft.budget:
        record[rules.budget_field] = budget_text(draft.budget)
    return record


def _is_newer(draft: LeadDraft, there: LeadRow) -> bool:
    before = consent(there.consent or "")
    return before is None or before.at.tzinfo is None or before.at <= draft.consent.at


def _both(wish: str, another: str) -> str:
    """Two wishes in lines of their own; what was wished before isn't said twice."""
    if f"\n{another}\n" in f"\n{wish}\n":
        return wish
    return "\n".join(filter(None, (wish, another)))[:LONG_TEXT]


def _described(wish: str) -> dict[str, Any]:
    return {"Description": wish} if wish else {}


def _text(draft: LeadDraft, name: str, rules: ZohoRules) -> str:
    text = storable(getattr(draft, name) or "", _LENGTHS[name])
    if name == "industry":
        return rules.industries.get(text, text)
    return text.lower() if name == "email" else text


def _said(text: str | None) -> bool:
    return bool(text) and text != NOT_SAID


def _to(low: object, high: object) -> str:
    if high is None:
        return "+"
    return "" if low == high else f"-{high}"

"""What somebody wants to buy, as it stands on a deal: text that people read, and that is read again here.

First name: Priya
Company: Blue Ridge Lodges
Company size: 40-60
Budget: 25000-50000 USD
Wish: jackets
  tents

Every fact begins a line with its label; a longer one goes on in lines that begin with two spaces. The last one names
the requests that it came by, so that none is added twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal

from middleware.crm.hubspot.values import storable
from middleware.records import Budget, Consent, Headcount, LeadDraft, LeadKind

_LABELS = {
    "First name": "first_name",
    "Last name": "last_name",
    "Company": "company",
    "E-mail": "email",
    "Telephone": "phone",
    "Country": "country",
    "State": "state",
    "Postcode": "postcode",
    "Industry": "industry",
}
_SIZE, _BUDGET, _WISH = "Company size", "Budget", "Wish"
_CONSENT, _CONSENT_AT = "Agreed to", "Agreed at"
_CONTACT, _REQUESTS = "Contact", "Requests"
_KNOWN = (*_LABELS, _SIZE, _BUDGET, _WISH, _CONSENT, _CONSENT_AT, _CONTACT, _REQUESTS)

_LINE = re.compile("(" + "|".join(_KNOWN) + "): ?(.*)", re.DOTALL)
_RANGE = re.compile(r"([0-9.]+)(?:-([0-9.]+)|(\+))?(?: ([A-Z]{3}))?")
_REQUEST = re.compile(r"(fd-[0-9a-f]{24}) (lead|contact|opportunity) ([0-9]+|-) (new|known) (\S+)")
# Of a place with a country, the state isn't another one's.
_FILLED_IN = (
    ("first_name",),
    ("last_name",),
    ("company",),
    ("phone",),
    ("industry",),
    ("country", "state", "postcode"),
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request that a deal came by, or was added to by, and what was answered.

    Attributes:
        reference: Of its key.
        record_id: The lead, contact or opportunity that it has become; empty if that is the deal itself.
        owner: E-mail of whoever had it then.
    """

    reference: str
    kind: LeadKind
    record_id: str
    is_new: bool
    owner: str


@dataclass(frozen=True, kw_only=True)
class Enquiry:
    """All that is known of what somebody wants.

    Attributes:
        contact_id: HubSpot's id of the person, where they are on file.
    """

    facts: Mapping[str, str]
    size: Headcount | None
    budget: Budget | None
    wish: str
    consent: Consent | None
    contact_id: str
    requests: tuple[Request, ...]

    def request(self, reference: str) -> Request | None:
        """What was answered to a key, if it was asked by it."""
        return next((one for one in self.requests if one.reference == reference), None)


def given(draft: LeadDraft, contact_id: str, request: Request) -> Enquiry:
    """What a draft says."""
    return Enquiry(
        facts={name: storable(getattr(draft, name) or "") for name in _LABELS.values()}
        | {"email": storable(draft.email).lower()},
        size=draft.size,
        budget=draft.budget,
        wish=storable(draft.wish),
        consent=Consent(words=storable(draft.consent.words), at=draft.consent.at),
        contact_id=contact_id,
        requests=(request,),
    )


def added(there: Enquiry, new: Enquiry) -> Enquiry:
    """What is known when more is said: what was lacking is filled in, and of the rest the newest counts."""
    lacking = {name for names in _FILLED_IN if not any(there.facts.get(one) for one in names) for name in names}
    return replace(
        there,
        facts={**there.facts, **{name: new.facts[name] for name in lacking}},
        size=new.size or there.size,
        budget=new.budget or there.budget,
        wish=_both(there.wish, new.wish),
        consent=new.consent,
        contact_id=there.contact_id or new.contact_id,
        requests=(*there.requests, *new.requests),
    )


def text(enquiry: Enquiry) -> str:
    """It as it is written."""
    consent = enquiry.consent
    lines = {
        **{label: enquiry.facts.get(name, "") for label, name in _LABELS.items()},
        _SIZE: size_text(enquiry.size),
        _BUDGET: budget_text(enquiry.budget),
        _WISH: enquiry.wish,
        _CONSENT: consent.words if consent else "",
        _CONSENT_AT: consent.at.astimezone(timezone.utc).isoformat() if consent else "",
        _CONTACT: enquiry.contact_id,
        _REQUESTS: "\n".join(map(_request_text, enquiry.requests)),
    }
    return "\n".join(f"{label}: {value}".replace("\n", "\n  ") for label, value in lines.items() if value)


def read(written: str) -> Enquiry:
    """It as it was written, whatever people have changed in it since.

    Raises:
        ValueError: A number or moment in it makes no sense.
    """
    lines = _lines(written)
    at = lines.get(_CONSENT_AT)
    found = (_REQUEST.fullmatch(line) for line in lines.get(_REQUESTS, "").split("\n"))
    return Enquiry(
        facts={name: lines.get(label, "") for label, name in _LABELS.items()},
        size=_size(lines.get(_SIZE, "")),
        budget=_budget(lines.get(_BUDGET, "")),
        wish=lines.get(_WISH, ""),
        consent=Consent(words=lines.get(_CONSENT, ""), at=datetime.fromisoformat(at)) if at else None,
        contact_id=lines.get(_CONTACT, ""),
        requests=tuple(_request(one) for one in found if one),
    )


def size_text(size: Headcount | None) -> str:
    """How many people, such as `12`, `40-60` or `1000+`; empty if nobody knows."""
    return "" if size is None else _range(str(size.low), None if size.high is None else str(size.high))


def budget_text(budget: Budget | None) -> str:
    """How much, such as `25000-50000 USD`; empty if nobody knows."""
    if budget is None:
        return ""
    high = None if budget.high is None else f"{budget.high:f}"
    return f"{_range(f'{budget.low:f}', high)} {budget.currency}"


def _lines(written: str) -> dict[str, str]:
    """The facts by their labels; a line that has none belongs to the one before."""
    lines: dict[str, str] = {}
    label = ""
    for line in written.replace("\r\n", "\n").split("\n"):
        found = _LINE.fullmatch(line)
        if found:
            label, lines[found[1]] = found[1], found[2]
        elif label:
            lines[label] += "\n" + line.removeprefix("  ")
    return lines


def _range(low: str, high: str | None) -> str:
    if high is None:
        return f"{low}+"
    return low if low == high else f"{low}-{high}"


def _size(written: str) -> Headcount | None:
    found = _RANGE.fullmatch(written.strip())
    if found is None:
        return None
    return Headcount(low=int(found[1]), high=None if found[3] else int(found[2] or found[1]))


def _budget(written: str) -> Budget | None:
    found = _RANGE.fullmatch(written.strip())
    if found is None or not found[4]:
        return None
    high = None if found[3] else Decimal(found[2] or found[1])
    return Budget(low=Decimal(found[1]), high=high, currency=found[4])


def _request_text(request: Request) -> str:
    age = "new" if request.is_new else "known"
    return f"{request.reference} {request.kind.value} {request.record_id or '-'} {age} {request.owner}"


def _request(found: re.Match[str]) -> Request:
    return Request(
        reference=found[1],
        kind=LeadKind(found[2]),
        record_id="" if found[3] == "-" else found[3],
        is_new=found[4] == "new",
        owner=found[5],
    )


def _both(wish: str, another: str) -> str:
    """Two wishes in lines of their own; what was wished before isn't said twice."""
    if f"\n{another}\n" in f"\n{wish}\n":
        return wish
    return "\n".join(filter(None, (wish, another)))

"""How a lead comes into the CRM: as somebody new, or as an opportunity of whom the CRM knows already."""

from __future__ import annotations

from dataclasses import dataclass, replace

from middleware.crm.base import Crm
from middleware.errors import Malformed, NotFound, Unavailable
from middleware.identity import Proof
from middleware.parties import contacts
from middleware.records import Contact, Employee, Lead, LeadDraft, LeadKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """A lead that the CRM has.

    Attributes:
        lead: As the CRM keeps it; whose it is there, only the company's people may learn.
        contact: The name that the customer may be told.
        is_own: Whether that is the proven customer's own account executive.
    """

    lead: Lead
    contact: str
    is_own: bool


def deliver(crm: Crm, draft: LeadDraft, key: str, proof: Proof, fallback: str) -> Delivered:
    """Has the CRM keep a lead, once for each key.

    Whoever isn't proven is told the same whether their e-mail is on file or not: whom the territory rules picked.

    Args:
        draft: With whom the territory rules picked.
        proof: Of who gave it, at the time.
        fallback: E-mail of the employee who gets it if the CRM doesn't know whom they picked.

    Raises:
        Unavailable, Malformed, Unknown: It is to be tried again.
        Rejected: The CRM won't keep it.
    """
    picked = _employee(crm, (draft.owner, fallback))
    own = _own(crm, proof)
    contact = own or _on_file(crm, draft)
    executive = contact.executive if contact else None
    if contact:
        draft = replace(draft, kind=LeadKind.OPPORTUNITY, contact_id=contact.id)
    lead = _kept(crm, draft, key, (executive, picked) if executive else (picked,))
    is_own = own is not None and executive is not None and lead.owner.email == executive.email
    return Delivered(lead=lead, contact=lead.owner.name if is_own else picked.name, is_own=is_own)


def _employee(crm: Crm, emails: tuple[str, ...]) -> Employee:
    """The first whom the CRM knows."""
    for email in emails:
        try:
            found = crm.employee(email)
        except NotFound:
            continue
        if not isinstance(found, Employee):
            raise Malformed("no employee", system="crm")
        return found
    raise Unavailable("the CRM knows neither whom the rules picked nor the fallback", system="crm")


def _own(crm: Crm, proof: Proof) -> Contact | None:
    """The one person who was proven; None if the CRM knows none, or several."""
    found = contacts(crm, proof).accounts
    return found[0] if len(found) == 1 else None


def _on_file(crm: Crm, draft: LeadDraft) -> Contact | None:
    """Who has the e-mail that was given; of several, who is called so, for a third record would help nobody."""
    found = crm.contacts_by_email(draft.email) if draft.email else ()
    name = draft.last_name.casefold()
    return min(found, key=lambda one: (one.last_name.casefold() != name, one.id), default=None)


def _kept(crm: Crm, draft: LeadDraft, key: str, owners: tuple[Employee, ...]) -> Lead:
    """The lead, with the first owner who can have it."""
    for owner in owners:
        try:
            lead = crm.keep_lead(replace(draft, owner=owner.email), key)
        except NotFound:  # somebody who has left, say
            continue
        if not isinstance(lead, Lead):
            raise Malformed("no lead", system="crm")
        return lead
    raise Unavailable("the CRM knows the owner or the contact no more", system="crm")

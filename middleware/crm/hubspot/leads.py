"""HubSpot's leads: an enquiry is a deal, each once, with all that was said on it.

HubSpot knows each e-mail address once, and whoever asks hasn't proven theirs. So a lead makes no contact: it is a deal
in the pipeline of enquiries, and of a contact only where somebody with that address is on file. Nothing that was said
is written onto a contact who was there already; whoever looks after them is the exception.

No two open enquiries have one address, because HubSpot takes it once in a property of deals that we give up when the
deal is closed. It is read, not searched for: search would miss what was written a moment ago.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from middleware.crm.drafts import demand_sense
from middleware.crm.hubspot import enquiry
from middleware.crm.hubspot.answers import Owner, Thing
from middleware.crm.hubspot.api import AlreadyThere, Api
from middleware.crm.hubspot.enquiry import Enquiry, Request
from middleware.crm.hubspot.settings import HubspotRules
from middleware.crm.hubspot.tickets import Tickets
from middleware.crm.hubspot.values import (
    LONGEST_EMAIL,
    demand_key,
    is_email,
    is_id,
    not_found,
    reference,
    storable,
    unique,
)
from middleware.errors import Rejected, Unavailable
from middleware.in_turn import InTurn
from middleware.records import Lead, LeadDraft, LeadKind

ATTEMPTS = 3  # when others write the same at the same moment

_MOST_PEOPLE = 2**31 - 1
_LONGEST_PHONE = 32


@dataclass(frozen=True)
class _Deal:
    """A deal of ours, and what stands on it."""

    id: str
    owner_id: str
    is_closed: bool
    enquiry: Enquiry


@dataclass(frozen=True)
class _Asked:
    """One request to keep a lead.

    Attributes:
        owner: Whom it is for.
    """

    draft: LeadDraft
    key: str
    owner: Owner

    @property
    def email(self) -> str:
        """The address, as it is compared."""
        return storable(self.draft.email).lower()

    def request(self, record_id: str = "", *, is_new: bool, owner: Owner | None = None) -> Request:
        """What is noted of it."""
        email = ((owner or self.owner).email or "").lower()
        kind = self.draft.kind
        return Request(reference=reference(self.key), kind=kind, record_id=record_id, is_new=is_new, owner=email)


class Leads(Tickets):
    """The leads' part of the port."""

    def __init__(self, api: Api, rules: HubspotRules, erp_field: str, country: str, in_turn: InTurn) -> None:
        super().__init__(api, rules, erp_field, country, in_turn)
        self._keep: dict[LeadKind, Callable[[_Asked], Lead]] = {
            LeadKind.LEAD: self._keep_lead,
            LeadKind.CONTACT: self._keep_contact,
            LeadKind.OPPORTUNITY: self._keep_opportunity,
        }

    def keep_lead(self, draft: LeadDraft, key: str) -> Lead:
        """Keeps a lead as what its `kind` says, once for each key.

        Raises:
            NotFound: There is no such owner, or no such contact.
            Rejected: The key, or a number or address of the draft, can't be kept.
            Unavailable: It wasn't kept.
            Unknown: It may have been kept.
        """
        demand_key("keep_lead", key)
        demand_sense(draft, most_people=_MOST_PEOPLE, longest_email=LONGEST_EMAIL, longest_phone=_LONGEST_PHONE)
        with self._alone(storable(draft.email).lower() or key):
            kept = self._kept(draft, key)
            if kept is not None:
                return kept
            owner = self._owner_with(draft.owner)
            if owner is None:
                raise not_found("keep_lead")
            return self._keep[draft.kind](_Asked(draft, key, owner))

    def _keep_lead(self, asked: _Asked) -> Lead:
        """An enquiry; where the person is on file, it goes to whoever looks after them."""
        person = self._thing_by_email(asked.email)
        if person is None:
            return self._enquire(asked, asked.owner, "")
        return self._enquire(asked, self._executive_of(person) or asked.owner, person.id)

    def _keep_contact(self, asked: _Asked) -> Lead:
        """A contact, and an enquiry with what they want."""
        person = self._thing_by_email(asked.email) or self._person_of_enquiry(asked.email) or self._new_contact(asked)
        executive = self._executive_of(person)
        if executive is None:
            self._api.update("contacts", person.id, {"hubspot_owner_id": asked.owner.id})
        owner = executive or asked.owner
        is_new = person.value(self._rules.key_property) == unique(asked.key)
        self._enquire(asked, owner, person.id, asked.request(person.id, is_new=is_new, owner=owner))
        return self._lead(asked.request(person.id, is_new=is_new, owner=owner), "")

    def _keep_opportunity(self, asked: _Asked) -> Lead:
        contact_id = self._demand_contact(asked.draft.contact_id or "", "keep_lead")
        request = asked.request(is_new=True)
        place = (self._rules.opportunity_pipeline, self._rules.opportunity_stage)
        said = enquiry.given(asked.draft, contact_id, request)
        try:
            made = self._api.create("deals", self._deal(asked, said, asked.owner, place), ("contacts", contact_id))
        except AlreadyThere:
            kept = self._kept(asked.draft, asked.key)
            if kept is None:
                raise
            return kept
        return self._lead(request, made.id)

    # Enquiries

    def _enquire(self, asked: _Asked, owner: Owner, contact_id: str, request: Request | None = None) -> Lead:
        """A new enquiry, or what is said now added to the open one of the same address."""
        for _ in range(ATTEMPTS):
            there = self._open_enquiry(asked.email)
            if there is not None and there.enquiry.request(reference(asked.key)):
                break
            if there is not None:
                return self._add(asked, there, contact_id, request)
            new = request or asked.request(is_new=True, owner=owner)
            said = enquiry.given(asked.draft, contact_id, new)
            properties = self._deal(asked, said, owner, (self._rules.lead_pipeline, self._rules.lead_stage))
            properties |= {self._rules.open_property: unique(asked.email)} if asked.email else {}
            links = [("contacts", contact_id)] if contact_id else []
            try:
                return self._lead(new, self._api.create("deals", properties, *links).id)
            except AlreadyThere:
                continue  # somebody wrote it at the same moment
        kept = self._kept(asked.draft, asked.key)
        if kept is None:
            raise Unavailable("others write the same at the same moment", system="crm", operation="keep_lead")
        return kept

    def _add(self, asked: _Asked, there: _Deal, contact_id: str, request: Request | None) -> Lead:
        """What is said now, added to an enquiry that keeps its owner."""
        owner = self._owner(there.owner_id)
        new = request or asked.request(is_new=False, owner=owner)
        said = enquiry.added(there.enquiry, enquiry.given(asked.draft, contact_id, new))
        properties = self._facts(said) | ({} if owner else {"hubspot_owner_id": asked.owner.id})
        if contact_id and not there.enquiry.contact_id:
            self._api.associate("deals", there.id, "contacts", contact_id)
        self._api.update("deals", there.id, properties)
        return self._lead(new, there.id)

    def _open_enquiry(self, email: str) -> _Deal | None:
        """The enquiry of an address that is neither won nor lost; a closed one gives the address up."""
        found = self._deal_by(self._rules.open_property, unique(email)) if email else None
        if found is None or not found.is_closed:
            return found
        self._api.update("deals", found.id, {self._rules.open_property: ""})
        return None

    def _kept(self, draft: LeadDraft, key: str) -> Lead | None:
        """What a key was answered before, if it was; whatever it is asked for now."""
        found = self._deal_by(self._rules.key_property, unique(key))
        if found is None and draft.email:
            found = self._deal_by(self._rules.open_property, unique(storable(draft.email).lower()))
        request = found.enquiry.request(reference(key)) if found else None
        return self._lead(request, found.id) if found and request else None

    def _lead(self, request: Request, deal_id: str) -> Lead:
        return Lead(
            id=request.record_id or deal_id,
            kind=request.kind,
            owner=self._employee_with(request.owner),
            is_new=request.is_new,
        )

    def _deal_by(self, name: str, value: str) -> _Deal | None:
        properties = ("dealstage", "hubspot_owner_id", self._rules.enquiry_property)
        found = self._api.by("deals", name, value, properties)
        if found is None:
            return None
        return _Deal(
            id=found.id,
            owner_id=found.value("hubspot_owner_id"),
            is_closed=self._is_closed("deals", found.value("dealstage")),
            enquiry=enquiry.read(found.value(self._rules.enquiry_property)),
        )

    def _deal(self, asked: _Asked, said: Enquiry, owner: Owner, place: tuple[str, str]) -> dict[str, str]:
        """The properties of a new deal."""
        name = " ".join(filter(None, (said.facts["first_name"], said.facts["last_name"])))
        return {
            "dealname": ": ".join(filter(None, (said.facts["company"], name)))[:255] or "Enquiry",
            "pipeline": place[0],
            "dealstage": place[1],
            "hubspot_owner_id": owner.id,
            self._rules.key_property: unique(asked.key),
            **self._facts(said),
        }

    def _facts(self, said: Enquiry) -> dict[str, str]:
        """The properties of a deal that say what is wanted."""
        properties = {
            self._rules.enquiry_property: enquiry.text(said),
            self._rules.size_property: enquiry.size_text(said.size),
            self._rules.budget_property: enquiry.budget_text(said.budget),
        }
        return {name: value for name, value in properties.items() if name}

    # Contacts

    def _person_of_enquiry(self, email: str) -> Thing | None:
        """The contact of an open enquiry, whose address HubSpot may not have taken."""
        there = self._deal_by(self._rules.open_property, unique(email)) if email else None
        contact_id = there.enquiry.contact_id if there and not there.is_closed else ""
        if not is_id(contact_id):
            return None
        found = self._api.several("contacts", [contact_id], self._fields.of_contact)
        return found[0] if found else None

    def _new_contact(self, asked: _Asked) -> Thing:
        """Puts a person on file, once for each key."""
        properties = self._contact_properties(asked)
        try:
            return self._created(properties)
        except AlreadyThere as there:
            found = self._there(asked, there)
            if found is None:
                raise
            return found
        except Rejected as refused:
            if refused.status != "INVALID_EMAIL":
                raise
        try:
            return self._created({name: value for name, value in properties.items() if name != "email"})
        except AlreadyThere as there:
            found = self._there(asked, there)
            if found is None:
                raise
            return found

    def _created(self, properties: dict[str, str]) -> Thing:
        made = self._api.create("contacts", properties)
        return Thing(id=made.id, properties=dict(properties))

    def _there(self, asked: _Asked, there: AlreadyThere) -> Thing | None:
        """Whoever was put there before, by this key or with this address."""
        if there.id:
            return self._api.read("contacts", there.id, self._fields.of_contact)
        by_key = self._api.by("contacts", self._rules.key_property, unique(asked.key), self._fields.of_contact)
        return by_key or self._thing_by_email(asked.email)

    def _contact_properties(self, asked: _Asked) -> dict[str, str]:
        """A new person; without a telephone that is another's: by that, neither would be known any more."""
        draft = asked.draft
        phone = draft.phone if draft.phone and not self._things_by_phone(draft.phone) else ""
        properties = {
            "firstname": storable(draft.first_name),
            "lastname": storable(draft.last_name),
            "email": asked.email if is_email(asked.email) else "",
            "phone": storable(phone or ""),
            "company": storable(draft.company),
            "country": storable(draft.country),
            "state": storable(draft.state),
            "zip": storable(draft.postcode),
            "lifecyclestage": "lead",
            "hubspot_owner_id": asked.owner.id,
            self._rules.key_property: unique(asked.key),
        }
        return {name: value for name, value in properties.items() if value}

    def _executive_of(self, person: Thing) -> Owner | None:
        companies: dict[str, Any] = self._companies_of([person])
        return self._executive(person, companies.get(person.value("associatedcompanyid")))

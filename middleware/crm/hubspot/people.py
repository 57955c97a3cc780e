"""HubSpot's people: customers found by phone or e-mail, and the company's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from middleware.crm.hubspot import mapping
from middleware.crm.hubspot.answers import Owner, Thing
from middleware.crm.hubspot.base import Connected
from middleware.crm.hubspot.values import is_email, is_id, not_found, typed_forms
from middleware.records import Contact, Employee


class People(Connected):
    """The people's part of the port."""

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number (E.164), by id."""
        return self._known(self._things_by_phone(phone))

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds the person with this e-mail address, whatever the letters' case; HubSpot has each address once."""
        found = self._thing_by_email(email)
        return self._known([found] if found else [])

    def employee(self, email: str) -> Employee:
        """Reads one of the company's own people, active ones only.

        Raises:
            NotFound: There is none with this address.
        """
        owner = self._owner_with(email)
        if owner is None:
            raise not_found("employee")
        return mapping.employee(owner)

    def _things_by_phone(self, phone: str) -> list[Thing]:
        national, forms = typed_forms(phone)
        if not forms:
            return []
        found = self._api.search("contacts", _groups(national, forms), self._fields.of_contact)
        theirs = [one for one in found if phone in mapping.phones(one, self._fields.country)]
        return sorted(theirs, key=lambda one: int(one.id))

    def _thing_by_email(self, email: str) -> Thing | None:
        """A contact by their address; read, not searched for, so that one that was just written is found."""
        if not is_email(email):
            return None
        found = self._api.by("contacts", "email", email.lower(), self._fields.of_contact)
        return found if found and email.lower() in mapping.emails(found) else None

    def _known(self, things: Sequence[Thing]) -> list[Contact]:
        """Contacts with what their companies have."""
        companies = self._companies_of(things)
        return [self._contact(one, companies.get(one.value("associatedcompanyid"))) for one in things]

    def _contact(self, thing: Thing, company: Thing | None) -> Contact:
        return mapping.contact(thing, company, self._executive(thing, company), self._fields)

    def _companies_of(self, things: Sequence[Thing]) -> dict[str, Thing]:
        ids = {one.value("associatedcompanyid") for one in things}
        theirs = sorted(id_ for id_ in ids if is_id(id_))
        return {one.id: one for one in self._api.several("companies", theirs, self._fields.of_company)}

    def _executive(self, thing: Thing, company: Thing | None) -> Owner | None:
        """Who looks after a person, or else after their company; nobody who has left."""
        theirs = self._owner(thing.value("hubspot_owner_id"))
        return theirs or (self._owner(company.value("hubspot_owner_id")) if company else None)


def _groups(national: str, forms: Sequence[str]) -> list[dict[str, Any]]:
    """Filters for a number in every form in which HubSpot may hold it; what is found is compared afterwards."""
    filters: list[dict[str, Any]] = [
        {"propertyName": "hs_searchable_calculated_phone_number", "operator": "EQ", "value": national},
        {"propertyName": "hs_searchable_calculated_mobile_number", "operator": "EQ", "value": national},
        {"propertyName": "phone", "operator": "IN", "values": forms},
        {"propertyName": "mobilephone", "operator": "IN", "values": forms},
        {"propertyName": "phone", "operator": "CONTAINS_TOKEN", "value": f"*{national}*"},
    ]
    return [{"filters": [one]} for one in filters]

"""Zoho CRM's leads: kept as leads, as contacts or as deals, each enquiry once.

Whoever asks hasn't proven who they are. So what they give never changes by what a contact is found, and isn't added
to it: it stands in a lead of the same address.

A key's reference stands in the unique field of the record that it made. Where it made none, because more was added to
a lead that was there, it stands in the title of a note on that lead, which is written before anything is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from middleware.crm.drafts import demand_sense
from middleware.crm.zoho import coql, enquiries, mapping
from middleware.crm.zoho.api import Api, Duplicate
from middleware.crm.zoho.mapping import LeadRow, Link, User
from middleware.crm.zoho.notes import Notes
from middleware.crm.zoho.people import People
from middleware.crm.zoho.records import LONGEST_EMAIL, is_email, not_found, reference, rejected, storable
from middleware.errors import Malformed
from middleware.records import Contact, Lead, LeadDraft, LeadKind

_MOST_PEOPLE = 10**9 - 1  # what the field holds
_LONGEST_PHONE = 30

_MODULES = {LeadKind.CONTACT: "Contacts", LeadKind.OPPORTUNITY: "Deals"}
_OPERATION = "keep_lead"


class _Owned(msgspec.Struct):
    """A record and whose it is."""

    id: str
    owner: Link


class _Conversion(msgspec.Struct):
    """Whether a lead was made a contact by the company's people."""

    converted: bool | None = None
    is_converted: bool | None = None


class Leads(People):
    """The leads' part of the port."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self._lead_notes = Notes(api, "Leads")

    def keep_lead(self, draft: LeadDraft, key: str) -> Lead:
        """Keeps a lead as what its `kind` says, once for each key.

        Raises:
            NotFound: There is no such owner, or no such contact.
            Rejected: The key, or a number or address of the draft, can't be kept.
            Unavailable: It wasn't kept.
            Unknown: It may have been kept.
        """
        ref = reference(_OPERATION, key)
        demand_sense(draft, most_people=_MOST_PEOPLE, longest_email=LONGEST_EMAIL, longest_phone=_LONGEST_PHONE)
        if draft.email and not is_email(draft.email):
            raise rejected(_OPERATION, "email", "no address that Zoho holds")
        with self._api.in_turn.of(f"zoho: lead {reference(_OPERATION, draft.email.lower()) if draft.email else ref}"):
            return self._kept_lead(draft, ref)

    def _kept_lead(self, draft: LeadDraft, ref: str) -> Lead:
        """The same, alone among those with one address."""
        for kind, module in _MODULES.items():
            made = self._owned(module, ref)
            if made:
                return self._made_before(kind, made, draft, ref)
        owner = self._user(draft.owner, _OPERATION)
        if draft.kind is LeadKind.LEAD:
            return self._keep_lead(draft, owner, ref)
        if draft.kind is LeadKind.CONTACT:
            return self._keep_contact(draft, owner, ref)
        return self._keep_opportunity(draft, owner, ref)

    def _made_before(self, kind: LeadKind, made: _Owned, draft: LeadDraft, ref: str) -> Lead:
        """The contact or deal that a key has made; a contact's lead may still be missing."""
        if kind is LeadKind.CONTACT:
            self._enquire(draft, made.owner.id, ref)
        return self._lead(kind, made, is_new=True)

    def _keep_lead(self, draft: LeadDraft, owner: User, ref: str) -> Lead:
        """A lead; where the person is on file, it goes to whoever looks after them."""
        executive = self._executive(self._on_file(draft))
        made, is_new = self._enquire(draft, executive or owner.id, ref)
        return self._lead(LeadKind.LEAD, made, is_new)

    def _keep_contact(self, draft: LeadDraft, owner: User, ref: str) -> Lead:
        """A contact, and a lead with what they want."""
        on_file = self._on_file(draft)
        if on_file is None:
            contact = self._new_contact(draft, owner.id, ref)
        else:
            executive = self._executive(on_file)
            contact = _Owned(on_file.id, Link(executive or owner.id))
            if executive is None:
                self._api.write("PUT", f"Contacts/{on_file.id}", {"Owner": {"id": owner.id}}, _OPERATION)
        self._enquire(draft, contact.owner.id, ref)
        return self._lead(LeadKind.CONTACT, contact, is_new=on_file is None)

    def _keep_opportunity(self, draft: LeadDraft, owner: User, ref: str) -> Lead:
        """A deal, unless the key has made a lead when the CRM didn't know its person yet."""
        asked = self._asked_before(self._leads(draft, ref), draft, ref)
        if asked:
            return self._keep_lead(draft, owner, ref)
        if not coql.is_id(draft.contact_id or ""):
            raise not_found(_OPERATION)
        closing = datetime.now(self._api.settings.zone).date() + timedelta(days=self._rules.deal_days)
        record = {
            "Deal_Name": storable(f"{draft.first_name} {draft.last_name}".strip(), 110) or enquiries.NOT_SAID,
            "Stage": self._rules.deal_stage,
            "Closing_Date": closing.isoformat(),
            "Contact_Name": {"id": draft.contact_id},
            "Description": enquiries.words(draft),
            "Owner": {"id": owner.id},
            **({"Pipeline": self._rules.deal_pipeline} if self._rules.deal_pipeline else {}),
        }
        return self._lead(LeadKind.OPPORTUNITY, self._kept("Deals", record, ref), is_new=True)

    def _enquire(self, draft: LeadDraft, owner_id: str, ref: str) -> tuple[_Owned, bool]:
        """A new lead, or what is given now added to the open one of the same address; and whether it is a new one."""
        rows = self._leads(draft, ref)
        there = self._asked_before(rows, draft, ref)
        if there and there.key == ref:
            return _owned(there), True
        if there is None:
            there = next((row for row in _theirs(rows, draft) if self._is_open(row)), None)
            if there is None:
                return self._new_lead(draft, owner_id, ref), True
            note = (f"Asked again [{ref}]", enquiries.words(draft))
            self._lead_notes.keep(there.id, [note], ref, _OPERATION)
        record = enquiries.additions(there, draft, self._rules, mapping.lead_fields(self._rules))
        if record:
            self._api.write("PUT", f"Leads/{there.id}", record, _OPERATION)
        return _owned(there), False

    def _asked_before(self, rows: Sequence[LeadRow], draft: LeadDraft, ref: str) -> LeadRow | None:
        """The lead that a key has made, or that more was added to with it."""
        made = next((row for row in rows if row.key == ref), None)
        if made:
            return made
        return next((row for row in _theirs(rows, draft) if self._lead_notes.has(row.id, ref, _OPERATION)), None)

    def _new_lead(self, draft: LeadDraft, owner_id: str, ref: str) -> _Owned:
        record = enquiries.lead(draft, self._rules, mapping.lead_fields(self._rules))
        rule = self._rules.lead_assignment_rule
        if rule:
            return self._kept("Leads", record, ref, lar_id=rule)
        return self._kept("Leads", {**record, "Owner": {"id": owner_id}}, ref)

    def _new_contact(self, draft: LeadDraft, owner_id: str, ref: str) -> _Owned:
        """Puts a person on file, without a telephone that is another's: by that, neither would be known any more."""
        is_taken = draft.phone and self.contacts_by_phone(draft.phone)
        record = enquiries.contact(draft, None if is_taken else draft.phone, self._rules)
        return self._kept("Contacts", {**record, "Owner": {"id": owner_id}}, ref)

    def _kept(self, module: str, record: dict[str, Any], ref: str, **more: Any) -> _Owned:
        """The record that has the key: written now, or by somebody else who has it, too."""
        field = self._rules.key_field
        try:
            done = self._api.write(
                "POST", f"{module}/upsert", {**record, field: ref}, _OPERATION, duplicate_check_fields=[field], **more
            )
        except Duplicate:
            done = None
        if done and "lar_id" not in more:
            return _Owned(done.id, Link(record["Owner"]["id"]))
        made = self._owned(module, ref)
        if made is None:
            raise Malformed("a record isn't there that was just written", system="crm", operation=_OPERATION)
        return made

    def _owned(self, module: str, ref: str) -> _Owned | None:
        """The record that a key has made."""
        where = coql.equals(self._rules.key_field, ref)
        found = self._api.rows(module, {"id": "id", "owner": "Owner"}, where, _OPERATION, _Owned)
        return found[0] if found else None

    def _leads(self, draft: LeadDraft, ref: str) -> list[LeadRow]:
        """The lead that the key made, and those with the same address, the oldest first."""
        wanted = [coql.equals(self._rules.key_field, ref)]
        if draft.email:
            wanted.append(coql.one_of("Email", dict.fromkeys((draft.email.lower(), draft.email))))
            found = self._searched("Leads", {"email": draft.email}, _OPERATION)
            wanted += [coql.one_of("id", found[:100])] if found else []
        fields = mapping.lead_fields(self._rules)
        return self._api.rows("Leads", fields, coql.either(*wanted), _OPERATION, LeadRow, "id asc")

    def _is_open(self, row: LeadRow) -> bool:
        """Whether a lead was neither won nor lost; a query doesn't say of all that it was won."""
        if row.status in self._rules.closed_lead_statuses:
            return False
        answer = self._api.call("GET", f"Leads/{row.id}", _OPERATION, query={"fields": "Converted__s"})
        fields = {"converted": "$converted", "is_converted": "Converted__s"}
        for one in self._api.page(answer, _OPERATION).data:
            lead = self._api.typed(one, fields, _Conversion, _OPERATION)
            return not (lead.converted or lead.is_converted)
        return False

    def _on_file(self, draft: LeadDraft) -> Contact | None:
        """The person with an address; the first on file, if several share it."""
        return next(iter(self._contacts_by_email(draft.email, _OPERATION)), None)

    def _executive(self, contact: Contact | None) -> str | None:
        """The id of the user who looks after somebody."""
        executive = contact.executive if contact else None
        return self._user(executive.email, _OPERATION).id if executive else None

    def _lead(self, kind: LeadKind, made: _Owned, is_new: bool) -> Lead:
        owner = mapping.employee(self._users.with_id(made.owner.id, _OPERATION))
        return Lead(id=made.id, kind=kind, owner=owner, is_new=is_new)


def _theirs(rows: Sequence[LeadRow], draft: LeadDraft) -> list[LeadRow]:
    """The leads with the same address."""
    return [row for row in rows if row.email and row.email.lower() == draft.email.lower()]


def _owned(row: LeadRow) -> _Owned:
    return _Owned(row.id, row.owner or Link(""))

"""Salesforce's leads: kept as leads, as contacts with a lead of what they want, or as opportunities, once for each key.

Our key is the external id of what it made. What is added to a lead that is there already leaves no key: added a second
time it changes nothing, because what was wished before isn't said twice, and an older consent doesn't count any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from middleware.crm.drafts import demand_sense
from middleware.crm.salesforce import enquiries, mapping
from middleware.crm.salesforce.base import demand_key, format_soql, is_email
from middleware.crm.salesforce.calls import BY_ASSIGNMENT_RULES, NO_ASSIGNMENT, demand_id
from middleware.crm.salesforce.people import People
from middleware.crm.salesforce.rows import ContactRow, LeadRow, OpportunityRow, UserRow
from middleware.crm.salesforce.texts import external_id, line, storable
from middleware.errors import Malformed, NotFound, Rejected
from middleware.records import Contact, Employee, Lead, LeadDraft, LeadKind

_MOST_PEOPLE = 10**8 - 1  # what the field holds
_LONGEST_EMAIL, _LONGEST_PHONE = 320, 40


@dataclass(frozen=True)
class _There:
    """What there is of a key, an address and an owner."""

    key: str
    leads: Sequence[LeadRow]
    contacts: Sequence[ContactRow]
    opportunities: Sequence[OpportunityRow]
    users: Sequence[UserRow]

    @property
    def own_lead(self) -> LeadRow | None:
        return next((row for row in self.leads if row.key == self.key), None)

    @property
    def own_enquiry(self) -> LeadRow | None:
        return next((row for row in self.leads if row.key == _enquirys(self.key)), None)

    @property
    def open_lead(self) -> LeadRow | None:
        return next((row for row in self.leads if row.key not in (self.key, _enquirys(self.key))), None)

    @property
    def own_contact(self) -> ContactRow | None:
        return next((row for row in self.contacts if row.key == self.key), None)


class Leads(People):
    """The leads' part of the port."""

    def keep_lead(self, draft: LeadDraft, key: str) -> Lead:
        """Keeps a lead as what its `kind` says, once for each key.

        Raises:
            NotFound: There is no such owner, or no such contact.
            Rejected: A number or address of the draft can't be kept.
            Unknown: It may have been kept.
        """
        demand_key(key)
        demand_sense(draft, most_people=_MOST_PEOPLE, longest_email=_LONGEST_EMAIL, longest_phone=_LONGEST_PHONE)
        who = storable(draft.email).lower() or key
        with self._in_turn.of(f"salesforce: lead {external_id(who)}"):
            return self._named("keep_lead", lambda: self._kept(draft, external_id(key)))

    def _kept(self, draft: LeadDraft, key: str) -> Lead:
        there = self._there(draft, key)
        return self._kept_before(draft, there) or self._keep(draft, there)

    def _there(self, draft: LeadDraft, key: str) -> _There:
        """All that is to be known before, in one round trip."""
        field, rows = self._rules.key_field, self._rows
        email = storable(draft.email).lower()
        is_known_by = [format_soql(f"{field} = {{}}", key)]
        leads = [format_soql(f"{field} IN {{}}", [key, _enquirys(key)])]
        if is_email(email):
            is_known_by.append(format_soql("Email = {}", email))
            closed = list(self._rules.closed_lead_statuses)
            still_open = format_soql("Email = {} AND IsConverted = false", email)
            leads.append(f"({still_open}{format_soql(' AND Status NOT IN {}', closed) if closed else ''})")
        if draft.kind is LeadKind.OPPORTUNITY and draft.contact_id:
            is_known_by.append(f"Id = '{demand_id(draft.contact_id)}'")
        oldest_first = "ORDER BY CreatedDate, Id"
        found = self._calls.queries(
            [
                (f"SELECT {rows.lead_fields} FROM Lead WHERE {' OR '.join(leads)} {oldest_first}", rows.lead),
                (
                    f"SELECT {rows.contact_fields} FROM Contact WHERE {' OR '.join(is_known_by)} {oldest_first}",
                    rows.contact,
                ),
                (
                    f"SELECT {rows.opportunity_fields} FROM Opportunity WHERE {is_known_by[0]}",
                    OpportunityRow,
                ),
                (self._user_query(draft.owner if is_email(draft.owner) else ""), UserRow),
            ]
        )
        return _There(key, *found)

    def _kept_before(self, draft: LeadDraft, there: _There) -> Lead | None:
        """What the key made; of a contact that it made, what they want may still have to be kept."""
        if there.opportunities:
            row = there.opportunities[0]
            return _lead(row.Id, LeadKind.OPPORTUNITY, mapping.owner(row.Owner), is_new=True)
        contact = there.own_contact
        if contact is not None:
            owner = self._contact(contact).executive or mapping.owner(contact.Owner)
            if there.own_enquiry is None and draft.kind is LeadKind.CONTACT:
                self._enquire(draft, there, _enquirys(there.key), self._owner_row(draft, there), contact.Id)
            return _lead(contact.Id, LeadKind.CONTACT, owner, is_new=True)
        lead = there.own_lead
        return None if lead is None else _lead(lead.Id, LeadKind.LEAD, mapping.owner(lead.Owner), is_new=True)

    def _keep(self, draft: LeadDraft, there: _There) -> Lead:
        keep: dict[LeadKind, Callable[[LeadDraft, _There], Lead]] = {
            LeadKind.LEAD: self._keep_lead,
            LeadKind.CONTACT: self._keep_contact,
            LeadKind.OPPORTUNITY: self._keep_opportunity,
        }
        return keep[draft.kind](draft, there)

    def _keep_lead(self, draft: LeadDraft, there: _There) -> Lead:
        """A lead; where the person is on file, it goes to whoever looks after them."""
        contact = self._on_file(draft, there)
        owner = self._owner_row(draft, there)
        if contact is not None and contact.executive is not None:
            owner = self._user(contact.executive)
        return self._enquire(draft, there, there.key, owner, contact.id if contact else None)

    def _keep_contact(self, draft: LeadDraft, there: _There) -> Lead:
        """A contact, and a lead with what they want."""
        owner = self._owner_row(draft, there)
        contact = self._on_file(draft, there)
        if contact is None:
            id_ = self._new_contact(draft, there.key, owner)
            self._enquire(draft, there, _enquirys(there.key), owner, id_)
            return _lead(id_, LeadKind.CONTACT, mapping.employee(owner), is_new=True)
        if contact.executive is not None:
            owner = self._user(contact.executive)
        self._enquire(draft, there, _enquirys(there.key), owner, contact.id)
        if contact.executive is None:
            self._calls.update("Contact", contact.id, {"OwnerId": owner.Id})
        return _lead(contact.id, LeadKind.CONTACT, mapping.employee(owner), is_new=False)

    def _keep_opportunity(self, draft: LeadDraft, there: _There) -> Lead:
        owner = self._owner_row(draft, there)
        wanted = demand_id(draft.contact_id)
        contact = next((row for row in there.contacts if mapping.same_id(row.Id, wanted)), None)
        if contact is None:
            raise NotFound("no such contact", system=self.system)
        today = self._clock().astimezone(ZoneInfo(self._settings.company.timezone)).date()
        values: dict[str, Any] = {
            **enquiries.new_opportunity(draft, self._rules),
            "CloseDate": (today + timedelta(days=self._rules.opportunity_days)).isoformat(),
            self._rules.key_field: there.key,
            "ContactId": contact.Id,
            "OwnerId": owner.Id,
        }
        if contact.AccountId:
            values["AccountId"] = contact.AccountId
        id_ = self._calls.create("Opportunity", values)  # no upsert: whose it is can't be changed
        return _lead(id_, LeadKind.OPPORTUNITY, mapping.employee(owner), is_new=True)

    def _enquire(self, draft: LeadDraft, there: _There, key: str, owner: UserRow, contact_id: str | None) -> Lead:
        """A new lead, or what is given now added to the open one of the same address."""
        row = there.open_lead
        named = {self._rules.contact_field: contact_id} if self._rules.contact_field and contact_id else {}
        if row is not None:
            changed = enquiries.additions(row, draft, self._rules)
            if named and row.contact is None:
                changed |= named
            if changed:
                self._calls.update("Lead", row.Id, changed)
            return _lead(row.Id, LeadKind.LEAD, mapping.owner(row.Owner), is_new=False)
        if self._rules.owner == "assignment_rules":
            return self._by_assignment_rules(draft, key, named)
        id_ = self._upsert_lead(draft, key, {**named, "OwnerId": owner.Id}, NO_ASSIGNMENT)
        return _lead(id_, LeadKind.LEAD, mapping.employee(owner), is_new=True)

    def _by_assignment_rules(self, draft: LeadDraft, key: str, named: dict[str, str]) -> Lead:
        """A new lead whose owner the org's own rules choose: a user, or a queue."""
        id_ = self._upsert_lead(draft, key, named, BY_ASSIGNMENT_RULES)
        soql = f"SELECT {self._rows.lead_fields} FROM Lead WHERE Id = '{id_}'"
        rows = self._calls.query(soql, self._rows.lead)
        if not rows:
            raise Malformed("a lead that was made isn't there", system=self.system)
        return _lead(id_, LeadKind.LEAD, mapping.owner(rows[0].Owner), is_new=True)

    def _upsert_lead(self, draft: LeadDraft, key: str, more: dict[str, Any], headers: dict[str, str]) -> str:
        def upsert(has_email: bool) -> str:
            values = {**enquiries.new_lead(draft, self._rules, has_email=has_email), **more}
            return self._calls.upsert("Lead", self._rules.key_field, key, values, headers)

        return _with_or_without_email(upsert)

    def _new_contact(self, draft: LeadDraft, key: str, owner: UserRow) -> str:
        """Puts a person on file, without a telephone that is another's: by that, neither would be known any more."""
        number = line(draft.phone or "", enquiries.LENGTHS["Phone"])
        phone = {"Phone": number} if number and not self._is_taken(number) else {}

        def upsert(has_email: bool) -> str:
            values = enquiries.new_contact(draft, self._rules, has_email=has_email)
            return self._calls.upsert("Contact", self._rules.key_field, key, {**values, **phone, "OwnerId": owner.Id})

        return _with_or_without_email(upsert)

    def _is_taken(self, phone: str) -> bool:
        """Whether a number is somebody's; what was written just now isn't in the search index yet."""
        if self.contacts_by_phone(phone):
            return True
        soql = format_soql(f"SELECT {self._rows.contact_fields} FROM Contact WHERE Phone = {{}} LIMIT 1", phone)
        return bool(self._calls.query(soql, self._rows.contact))

    def _on_file(self, draft: LeadDraft, there: _There) -> Contact | None:
        """The person with an address; the first on file, if several share it."""
        email = storable(draft.email).lower()
        same = (row for row in there.contacts if email and (row.Email or "").lower() == email)
        row = next(same, None)
        return None if row is None else self._contact(row)

    def _contact(self, row: ContactRow) -> Contact:
        return mapping.contact(row, self._settings.company.country, self._nobodys())

    def _owner_row(self, draft: LeadDraft, there: _There) -> UserRow:
        """The user who gets it.

        Raises:
            NotFound: There is none with that address.
        """
        return self._only_user(there.users, draft.owner)

    def _user(self, executive: Employee) -> UserRow:
        return self._only_user(self._calls.query(self._user_query(executive.email), UserRow), executive.email)


def _enquirys(key: str) -> str:
    """The key of what a contact wants, beside the contact's own."""
    return f"{key}-enquiry"


def _lead(id_: str, kind: LeadKind, owner: Employee, is_new: bool) -> Lead:
    return Lead(id=id_, kind=kind, owner=owner, is_new=is_new)


def _with_or_without_email(write: Callable[[bool], str]) -> str:
    """Writes a person; with an address that Salesforce takes for none, without it: it stands in the description."""
    try:
        return write(True)
    except Rejected as error:
        if error.status != "INVALID_EMAIL_ADDRESS":
            raise
        return write(False)

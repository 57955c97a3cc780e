"""The embedded CRM's leads: kept as leads, as contacts or as opportunities, each enquiry once.

Whoever asks hasn't proven who they are. So what they give never changes by what a contact is found, and isn't added
to it: it stands in a lead that names the contact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware.crm.drafts import demand_sense
from middleware.crm.embedded import mapping
from middleware.crm.embedded.people import contacts_where
from middleware.crm.embedded.tables import contacts, employees, lead_keys, leads, opportunities
from middleware.crm.embedded.transactions import (
    Transactions,
    demand_key,
    is_storable,
    next_number,
    not_found,
    storable,
)
from middleware.records import Contact, Lead, LeadDraft, LeadKind
from middleware.store import alone

FIRST_LEAD, FIRST_CONTACT, FIRST_OPPORTUNITY = 1001, 1001, 1001

_LONGEST_EMAIL, _LONGEST_PHONE = 320, 32
_MOST_PEOPLE = 2**31 - 1  # what the column holds

# Of a lead that is there already; of a place with a country, the state isn't another one's.
_FILLED_IN = (
    ("first_name",),
    ("last_name",),
    ("company",),
    ("phone",),
    ("industry",),
    ("country", "state", "postcode"),
)
_NEWEST_COUNTS = (
    ("size_low", "size_high"),
    ("budget_low", "budget_high", "budget_currency"),
    ("consent", "consent_at"),
)


class _Made(NamedTuple):
    """What a draft has become."""

    record_id: str
    owner: str
    is_new: bool


class Leads(Transactions):
    """The leads' part of the port."""

    def keep_lead(self, draft: LeadDraft, key: str) -> Lead:
        """Keeps a lead as what its `kind` says, once for each key.

        Raises:
            NotFound: There is no such owner, or no such contact.
            Rejected: The key, or a number or address of the draft, can't be kept.
            Unavailable: It wasn't kept.
            Unknown: It may have been kept.
        """
        demand_key("keep_lead", key)
        demand_sense(draft, most_people=_MOST_PEOPLE, longest_email=_LONGEST_EMAIL, longest_phone=_LONGEST_PHONE)
        with self._writing("keep_lead") as connection:
            alone(connection, "crm_leads")  # nobody else keeps one of the same address, or takes the same id
            if connection.execute(_kept(key)).first() is None:
                _demand_employee(connection, draft.owner)
                made = _KEEP[draft.kind](connection, draft)
                row = {"key": key, "kind": draft.kind.value, **made._asdict()}
                connection.execute(sa.insert(lead_keys).values(row))
            return mapping.lead(connection.execute(_kept(key)).one())


def _kept(key: str) -> sa.sql.Select:
    columns = sa.select(lead_keys, employees.c.email, employees.c.name)
    return columns.select_from(lead_keys.join(employees)).where(lead_keys.c.key == key)


def _keep_lead(connection: Connection, draft: LeadDraft) -> _Made:
    """A lead; where the person is on file, it goes to whoever looks after them."""
    contact = _contact_with(connection, _email(draft))
    if contact is None:
        return _enquire(connection, draft, draft.owner, None)
    owner = contact.executive.email if contact.executive else draft.owner
    return _enquire(connection, draft, owner, contact.id)


def _keep_contact(connection: Connection, draft: LeadDraft) -> _Made:
    """A contact, and a lead with what they want."""
    contact = _contact_with(connection, _email(draft))
    owner = contact.executive.email if contact and contact.executive else draft.owner
    contact_id = contact.id if contact else _new_contact(connection, draft)
    if contact is None or contact.executive is None:
        connection.execute(sa.update(contacts).where(contacts.c.id == contact_id).values(executive=owner))
    _enquire(connection, draft, owner, contact_id)
    return _Made(contact_id, owner, contact is None)


def _keep_opportunity(connection: Connection, draft: LeadDraft) -> _Made:
    there = sa.select(contacts.c.id).where(contacts.c.id == draft.contact_id)
    if not is_storable(draft.contact_id or "") or connection.execute(there).first() is None:
        raise not_found("keep_lead")
    id_ = next_number(connection, opportunities.c.id, "OP-", FIRST_OPPORTUNITY)
    row = {"id": id_, "contact_id": draft.contact_id, **_given(draft), "owner": draft.owner, "created_at": _now()}
    connection.execute(sa.insert(opportunities).values(row))
    return _Made(id_, draft.owner, True)


_KEEP: Mapping[LeadKind, Callable[[Connection, LeadDraft], _Made]] = {
    LeadKind.LEAD: _keep_lead,
    LeadKind.CONTACT: _keep_contact,
    LeadKind.OPPORTUNITY: _keep_opportunity,
}


def _enquire(connection: Connection, draft: LeadDraft, owner: str, contact_id: str | None) -> _Made:
    """A new lead, or what is given now added to the open one of the same address."""
    given = _given(draft)
    there = _open_lead(connection, given["email"])
    if there is None:
        id_ = next_number(connection, leads.c.id, "LD-", FIRST_LEAD)
        row = {"id": id_, "contact_id": contact_id, **given, "owner": owner, "created_at": _now()}
        connection.execute(sa.insert(leads).values(row))
        return _Made(id_, owner, True)
    row = {**_additions(there, given), "contact_id": there.contact_id or contact_id}
    connection.execute(sa.update(leads).where(leads.c.id == there.id).values(row))
    return _Made(there.id, there.owner, False)


def _additions(there: Row, given: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of the columns of a lead when more is known of it."""
    filled_in = [names for names in _FILLED_IN if not any(there[name] for name in names)]
    newest = [names for names in _NEWEST_COUNTS if given[names[0]] is not None]
    row = {name: given[name] for names in (*filled_in, *newest) for name in names}
    return {**row, "wish": _both(there.wish, given["wish"])}


def _both(wish: str, another: str) -> str:
    """Two wishes in lines of their own; what was wished before isn't said twice."""
    if f"\n{another}\n" in f"\n{wish}\n":
        return wish
    return "\n".join(filter(None, (wish, another)))


def _open_lead(connection: Connection, email: str) -> Row | None:
    if not email:
        return None
    query = sa.select(leads).where(leads.c.email == email, leads.c.closed_at.is_(None))
    row: Row | None = connection.execute(query).one_or_none()
    return row


def _contact_with(connection: Connection, email: str) -> Contact | None:
    """The person with an address; the first on file, if several share it."""
    if not email:
        return None
    row = connection.execute(contacts_where(contacts.c.email == email)).first()
    return None if row is None else mapping.contact(row)


def _new_contact(connection: Connection, draft: LeadDraft) -> str:
    """Puts a person on file, without a telephone that is another's: by that, neither would be known any more."""
    id_ = next_number(connection, contacts.c.id, "CT-", FIRST_CONTACT)
    given = _given(draft)
    taken = sa.select(contacts.c.id).where(contacts.c.phone == given["phone"])
    row = {
        "id": id_,
        "first_name": given["first_name"],
        "last_name": given["last_name"],
        "email": given["email"] or None,
        "phone": None if connection.execute(taken).first() else given["phone"],
    }
    connection.execute(sa.insert(contacts).values(row))
    return id_


def _given(draft: LeadDraft) -> dict[str, Any]:
    """The columns that leads and opportunities have in common, as far as they are given."""
    return {
        "first_name": storable(draft.first_name),
        "last_name": storable(draft.last_name),
        "email": _email(draft),
        "phone": storable(draft.phone or "") or None,
        "country": storable(draft.country),
        "state": storable(draft.state),
        "postcode": storable(draft.postcode),
        "company": storable(draft.company),
        "size_low": draft.size.low if draft.size else None,
        "size_high": draft.size.high if draft.size else None,
        "budget_low": draft.budget.low if draft.budget else None,
        "budget_high": draft.budget.high if draft.budget else None,
        "budget_currency": storable(draft.budget.currency) if draft.budget else None,
        "wish": storable(draft.wish),
        "industry": storable(draft.industry),
        "consent": storable(draft.consent.words),
        "consent_at": draft.consent.at,
    }


def _email(draft: LeadDraft) -> str:
    return storable(draft.email).lower()


def _demand_employee(connection: Connection, email: str) -> None:
    there = sa.select(employees.c.email).where(employees.c.email == email, employees.c.is_active)
    if not is_storable(email) or connection.execute(there).first() is None:
        raise not_found("keep_lead")


def _now() -> datetime:
    return datetime.now(timezone.utc)

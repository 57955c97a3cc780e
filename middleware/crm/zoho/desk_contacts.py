"""Who of Zoho CRM a contact in Zoho Desk is, and the other way round. Where it can't be told, it is nobody.

Desk has contacts of its own. Where the two are joined, it says itself whom of the CRM a contact is. Those that we make
say it in a custom field. Any other one is the CRM's with the same e-mail, if that is one alone on both sides.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from middleware.crm.zoho.desk_api import DeskApi
from middleware.crm.zoho.desk_records import DeskContact, Made
from middleware.crm.zoho.desk_words import one_line
from middleware.errors import NotFound, Rejected
from middleware.in_turn import InTurn
from middleware.records import Contact

STRANGERS = "strangers"  # in the place of a contact of the CRM
STRANGERS_NAME = "Unknown customer (Frontdesk)"
JOINED = "contacts"  # Desk knows leads and deals of the CRM, too
REMEMBERED_SECONDS = 120.0
REMEMBERED = 10_000
NEWEST = 50  # looked through for what the search doesn't find yet
LONGEST_FIRST_NAME, LONGEST_LAST_NAME, LONGEST_PHONE = 40, 200, 50


class Person(msgspec.Struct):
    """One of the CRM's people, as far as Desk needs to know them."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None


class DeskContacts:
    """Desk's contacts, as people of the CRM.

    Args:
        person: Reads one of the CRM's people, for an operation; it raises `NotFound`.
        with_email: Finds the CRM's people with an e-mail address.
    """

    def __init__(
        self,
        api: DeskApi,
        in_turn: InTurn,
        person: Callable[[str, str], Person],
        with_email: Callable[[str], Sequence[Contact]],
    ) -> None:
        self._api = api
        self._in_turn = in_turn
        self._person = person
        self._people = with_email
        self._field = api.rules.contact_field
        self._owners = Remembered()
        self._contacts = Remembered()

    def owner(self, desk_id: str | None) -> str | None:
        """The CRM's id of a contact in Desk; None for strangers, and where it can't be told."""
        if not desk_id or desk_id == self._api.rules.strangers:
            return None
        known = self._owners.get(desk_id)
        if known is not None:
            return known or None
        try:
            contact = self._api.read(f"/contacts/{desk_id}", DeskContact, "owner")
        except NotFound:
            return None
        owner = self._owner(contact) if contact else None
        self._owners.put(desk_id, owner or "")
        return owner

    def of(self, contact_id: str, operation: str) -> list[str]:
        """Desk's ids of one of the CRM's people.

        Raises:
            NotFound: The CRM has no such person.
        """
        known = self._contacts.get(contact_id)
        if known is not None:
            return list(known)
        found = self._found(self._person(contact_id, operation), operation)
        if found:
            self._remember(contact_id, found)
        return found

    def one_of(self, contact_id: str, operation: str) -> str:
        """Desk's id of one of the CRM's people, who is made there if need be.

        Raises:
            NotFound: The CRM has no such person.
            Unknown: They may have been made.
        """
        found = self.of(contact_id, operation)
        if found:
            return found[0]
        with self._in_turn.of(f"zoho desk: contact {contact_id}"):
            found = self.of(contact_id, operation)
            if not found:
                found = [self._made_for(self._person(contact_id, operation), operation)]
                self._remember(contact_id, found)
            return found[0]

    def strangers(self, operation: str) -> str:
        """Desk's id of the contact that tickets of people whom the CRM doesn't know go to.

        Raises:
            Unknown: It may have been made.
        """
        if self._api.rules.strangers:
            return self._api.rules.strangers
        known = self._contacts.get(STRANGERS)
        if known is not None:
            return str(known)
        with self._in_turn.of(f"zoho desk: contact {STRANGERS}"):
            found = [one.id for one in self._with_field(STRANGERS, operation)]
            there = min(found, key=int) if found else self._newest(STRANGERS_NAME, STRANGERS, operation)
            there = there or self._made({"lastName": STRANGERS_NAME}, STRANGERS, operation)
        self._contacts.put(STRANGERS, there)
        return there

    def _made_for(self, person: Person, operation: str) -> str:
        name = {
            "firstName": one_line(person.first_name or "", LONGEST_FIRST_NAME),
            "lastName": one_line(person.last_name or "", LONGEST_LAST_NAME) or "-",
        }
        there = self._newest(name["lastName"], person.id, operation)
        if there:
            return there
        phone = person.phone or ""
        reached = {"email": person.email, "phone": phone if len(phone) <= LONGEST_PHONE else ""}
        try:
            return self._made({**name, **reached}, person.id, operation)
        except Rejected:  # another contact has the address, where Desk lets only one have it
            return self._made(name, person.id, operation)

    def _owner(self, contact: DeskContact) -> str | None:
        if _is_free(contact, self._field):
            return self._by_email(contact)
        return _said(contact, self._field)

    def _by_email(self, contact: DeskContact) -> str | None:
        """Whose e-mail it is, if it is one person's alone, and of no other contact that could be theirs as well."""
        email = (contact.email or "").lower()
        if not email:
            return None
        free = {one.id for one in self._with_email(email, "owner") if _is_free(one, self._field)} | {contact.id}
        people = self._people(email) if len(free) == 1 else ()
        return people[0].id if len(people) == 1 else None

    def _found(self, contact: Person, operation: str) -> list[str]:
        same = self._with_email(contact.email, operation) if contact.email else []
        theirs = [one.id for one in same if _said(one, self._field) == contact.id]
        free = [one.id for one in same if _is_free(one, self._field)]
        if len(free) == 1 and contact.email and len(self._people(contact.email)) == 1:
            theirs += free
        if not theirs:
            theirs = [
                one.id for one in self._with_field(contact.id, operation) if _said(one, self._field) == contact.id
            ]
        return sorted(set(theirs), key=int)

    def _with_email(self, email: str, operation: str) -> list[DeskContact]:
        found = self._api.pages("/contacts/search", DeskContact, operation, 99, {"email": email})
        return [one for one in found if (one.email or "").lower() == email.lower()]

    def _with_field(self, value: str, operation: str) -> list[DeskContact]:
        query = {"customField1": f"{self._field}:{value}", "limit": 50}
        found = self._api.page("/contacts/search", DeskContact, operation, query)
        return [one for one in found if one.cf.get(self._field) == value]

    def _newest(self, last_name: str, value: str, operation: str) -> str | None:
        """What was made a moment ago, and the search doesn't find yet."""
        query = {"sortBy": "-createdTime", "limit": NEWEST}
        for one in self._api.page("/contacts", DeskContact, operation, query):
            if one.lastName == last_name:
                contact = self._api.read(f"/contacts/{one.id}", DeskContact, operation)
                if contact and contact.cf.get(self._field) == value:
                    return contact.id
        return None

    def _made(self, given: dict[str, Any], value: str, operation: str) -> str:
        wanted = {name: it for name, it in given.items() if it} | {"cf": {self._field: value}}
        return self._api.write("/contacts", Made, operation, wanted).id

    def _remember(self, contact_id: str, found: list[str]) -> None:
        self._contacts.put(contact_id, found)
        for one in found:
            self._owners.put(one, contact_id)


class Remembered:
    """What was read a moment ago.

    Args:
        seconds: How long it is good.
    """

    def __init__(self, seconds: float = REMEMBERED_SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def get(self, name: str) -> Any:
        """What is known; None if nothing is, or nothing any more."""
        with self._lock:
            until, value = self._known.get(name, (0.0, None))
            return value if time.monotonic() < until else None

    def put(self, name: str, value: Any) -> None:
        """Remembers something, and forgets the oldest if it gets too much."""
        with self._lock:
            self._known[name] = (time.monotonic() + self._seconds, value)
            self._known.move_to_end(name)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def drop(self, name: str) -> None:
        """Forgets something."""
        with self._lock:
            self._known.pop(name, None)


def _is_free(contact: DeskContact, field: str) -> bool:
    """Whether nothing says whom of the CRM a contact is."""
    link = contact.zohoCRMContact
    return not (link and link.id) and not contact.cf.get(field)


def _said(contact: DeskContact, field: str) -> str | None:
    """Whom of the CRM a contact is, as Desk says, or else as we wrote."""
    link = contact.zohoCRMContact
    if link and link.id:
        return link.id if link.type == JOINED else None
    value = contact.cf.get(field)
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else None

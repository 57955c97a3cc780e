"""Zoho CRM's people: contacts found by phone or e-mail, and the company's own, its users."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from middleware.crm.zoho import coql, mapping
from middleware.crm.zoho.api import MOST_VALUES, Api, batches
from middleware.crm.zoho.mapping import ContactRow, User
from middleware.crm.zoho.records import Records, is_email, not_found
from middleware.errors import Malformed
from middleware.phones import e164, national, typed_forms
from middleware.records import Contact, Employee

USERS_SECONDS = 600.0  # so long who uses Zoho is remembered
USERS_AT_LEAST_SECONDS = 20.0  # so long also if somebody isn't among them


class People(Records):
    """The people's part of the port."""

    def __init__(self, api: Api) -> None:
        super().__init__(api)
        self._users = _Users(api)

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number (E.164), ordered by id.

        Zoho's search finds numbers by their digits, but what has just been written only later; the query finds that,
        and the forms in which numbers are most often written.
        """
        number = national(phone)
        if number is None:
            return []
        found = self._searched("Contacts", {"phone": number}, "contacts_by_phone")
        written = coql.either(*(coql.one_of(field, typed_forms(phone)) for field in self._rules.phone_fields))
        country = self._api.settings.company.country
        rows = self._rows(found, written, "contacts_by_phone")
        mine = [row for row in rows if phone in {e164(text, country) for text in row.phones}]
        return self._contacts(mine, "contacts_by_phone")

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address, whatever the letters' case, ordered by id."""
        return self._contacts_by_email(email, "contacts_by_email")

    def employee(self, email: str) -> Employee:
        """Reads one of the company's own people, active ones only.

        Raises:
            NotFound: There is none with this address.
        """
        return mapping.employee(self._user(email, "employee"))

    def _user(self, email: str, operation: str) -> User:
        user = self._users.with_email(email, operation) if is_email(email) else None
        if user is None:
            raise not_found(operation)
        return user

    def _contacts_by_email(self, email: str, operation: str) -> Sequence[Contact]:
        if not is_email(email):
            return []
        found = self._searched("Contacts", {"email": email}, operation)
        rows = self._rows(found, coql.one_of("Email", dict.fromkeys((email, email.lower()))), operation)
        mine = [row for row in rows if (row.email or "").lower() == email.lower()]
        return self._contacts(mine, operation)

    def _searched(self, module: str, query: Mapping[str, str], operation: str) -> list[str]:
        """Ids of the records that Zoho's search finds."""
        asked = {**query, "fields": "id"}
        pages = self._api.pages(f"{module}/search", asked, operation)
        return [self._api.typed(row, {"id": "id"}, _Found, operation).id for rows in pages for row in rows]

    def _rows(self, found: Sequence[str], where: str, operation: str) -> list[ContactRow]:
        fields = mapping.contact_fields(self._rules, self._api.settings.identity.erp_number_field)
        phones = self._rules.phone_fields
        wanted = [coql.one_of("id", ids) for ids in batches(found[: 20 * MOST_VALUES])]
        asked = tuple(dict.fromkeys((*fields.values(), *phones)))
        query = coql.select("Contacts", asked, coql.either(where, *wanted), "id asc")
        return [
            self._api.typed(
                {**row, "phones": _texts(row, phones)}, {**fields, "phones": "phones"}, ContactRow, operation
            )
            for row in self._api.query(query, operation)
        ]

    def _contacts(self, rows: Sequence[ContactRow], operation: str) -> list[Contact]:
        executives = self._users.executives(operation) if rows else {}
        country = self._api.settings.company.country
        return [mapping.contact(row, country, executives) for row in rows]


class _Found(msgspec.Struct):
    id: str


def _texts(row: Mapping[str, Any], fields: Sequence[str]) -> list[str]:
    values = [row.get(field) for field in fields]
    return [value for value in values if value]


class _UserPage(msgspec.Struct):
    class More(msgspec.Struct):
        more_records: bool = False

    users: list[User]
    info: More = msgspec.field(default_factory=More)


class _Users:
    """The company's people who use Zoho, remembered for some minutes."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._active: dict[str, User] = {}
        self._me = ""
        self._read_at = float("-inf")

    def with_email(self, email: str, operation: str) -> User | None:
        """Who has an address; before nobody has it, Zoho is asked again."""
        for seconds in (USERS_SECONDS, USERS_AT_LEAST_SECONDS):
            active = self._known(seconds, operation)
            found = next((user for user in active.values() if user.email.lower() == email.lower()), None)
            if found:
                return found
        return None

    def with_id(self, id_: str, operation: str) -> User:
        """Who has an id, also if they have left."""
        active = self._known(USERS_SECONDS, operation).get(id_)
        if active:
            return active
        answer = self._api.call("GET", f"users/{id_}", operation) if coql.is_id(id_) else None
        users = [] if answer is None or answer.status == 204 else answer.decoded(_UserPage).users
        if not users:
            raise Malformed("a record is of a user who isn't there", system="crm", operation=operation)
        return users[0]

    def executives(self, operation: str) -> Mapping[str, User]:
        """Those who look after customers, by id: not the assistant's own user, and none that stand for nobody."""
        nobody = {email.lower() for email in self._api.rules.nobody}
        active = self._known(USERS_SECONDS, operation)
        return {id_: user for id_, user in active.items() if id_ != self._me and user.email.lower() not in nobody}

    def _known(self, seconds: float, operation: str) -> Mapping[str, User]:
        with self._lock:
            if time.monotonic() - self._read_at > seconds:
                self._me = self._me or next((user.id for user in self._of_type("CurrentUser", operation)), "")
                self._active = {user.id: user for user in self._of_type("ActiveUsers", operation) if user.is_active}
                self._read_at = time.monotonic()
            return self._active

    def _of_type(self, type_: str, operation: str) -> list[User]:
        users: list[User] = []
        for page in range(1, 26):
            answer = self._api.call("GET", "users", operation, query={"type": type_, "page": page, "per_page": 200})
            if answer.status == 204:
                return users
            got = answer.decoded(_UserPage)
            users += got.users
            if not got.info.more_records:
                return users
        raise Malformed("the list of users has no end", system="crm", operation=operation)

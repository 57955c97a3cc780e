"""Salesforce's people: contacts found by phone or e-mail, and the company's own users."""

from __future__ import annotations

import re
from collections.abc import Sequence

import phonenumbers

from middleware.crm.salesforce import mapping
from middleware.crm.salesforce.base import Part, format_soql, is_email
from middleware.crm.salesforce.rows import UserRow
from middleware.crm.salesforce.texts import in_search
from middleware.errors import NotFound
from middleware.records import Contact, Employee

MOST_FOUND = 200
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class People(Part):
    """The people's part of the port."""

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number (E.164), ordered by id.

        The search index knows numbers by their digits, however they were typed; a change reaches it within a minute.
        """
        if not _E164.fullmatch(phone):
            return []
        terms = " OR ".join(f"{in_search(digits)}*" for digits in forms(phone))
        sosl = f"FIND {{{terms}}} IN PHONE FIELDS RETURNING Contact({self._rows.contact_fields} LIMIT {MOST_FOUND})"
        return self._named("contacts_by_phone", lambda: self._with_phone(sosl, phone))

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address, whatever the letters' case, ordered by id."""
        if not is_email(email):
            return []
        soql = format_soql(f"SELECT {self._rows.contact_fields} FROM Contact WHERE Email = {{}} ORDER BY Id", email)
        return self._named("contacts_by_email", lambda: self._with_email(soql, email.lower()))

    def employee(self, email: str) -> Employee:
        """Reads one of the company's own people, active users only.

        Raises:
            NotFound: There is none with this address.
            Misconfigured: There are several.
        """
        if not is_email(email):
            raise NotFound("no such user", system=self.system, operation="employee")
        soql = self._user_query(email)
        return self._named(
            "employee", lambda: mapping.employee(self._only_user(self._calls.query(soql, UserRow), email))
        )

    def _with_phone(self, sosl: str, phone: str) -> list[Contact]:
        country = self._settings.company.country
        found = [
            row for row in self._calls.search(sosl, self._rows.contact) if phone in mapping.phones_of(row, country)
        ]
        nobodys = self._nobodys()
        return sorted((mapping.contact(row, country, nobodys) for row in found), key=lambda one: one.id)

    def _with_email(self, soql: str, email: str) -> list[Contact]:
        nobodys = self._nobodys()
        country = self._settings.company.country
        found = [mapping.contact(row, country, nobodys) for row in self._calls.query(soql, self._rows.contact)]
        return [one for one in found if one.email == email]

    def _nobodys(self) -> set[str]:
        """Who owns what nobody looks after: the user whom the app acts for, and whom the settings name."""
        return {self._calls.me[:15], *(email.lower() for email in self._rules.no_owners)}


def forms(phone: str) -> list[str]:
    """The digits that a number may be stored with: with its country code or without, with a leading zero or two.

    Args:
        phone: E.164.
    """
    number = phonenumbers.parse(phone)
    code, national = str(number.country_code), phonenumbers.national_significant_number(number)
    dialled = re.sub(r"\D", "", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    found = (code + national, national, dialled, code + dialled, f"00{code}{national}")
    return list(dict.fromkeys(found))

"""Customers of Oracle: companies are `accounts`, people are `contacts`, who may act for a company."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import phonenumbers

from middleware.erp.oracle.base import CRM, Base, is_id, not_found
from middleware.erp.oracle.rest import Wanted, key, one_of, text
from middleware.phones import e164
from middleware.records import Address, Customer

_ADDRESS = ("AddressLine1", "AddressLine2", "City", "State", "Country", "PostalCode")
_MOST_NUMBERS = 100  # of accounts in one condition
_LONGEST_EMAIL = 254
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)

_Row = Mapping[str, Any]


class Customers(Base):
    """The customers' part of the port."""

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number, or with a contact person who has it; each account once."""
        if not _E164.fullmatch(phone) or e164(phone, self._country) != phone:
            return []
        digits = phonenumbers.national_significant_number(phonenumbers.parse(phone, None))
        pattern = text(f"%{'%'.join(digits)}%")  # however it was typed

        def condition(names: Sequence[str]) -> str:
            return " or ".join(f"{name} LIKE {pattern}" for name in names)

        def has(row: _Row, names: Sequence[str]) -> bool:
            return any(self._dialled(row.get(name)) == phone for name in names)

        rules = self._rules
        with self._doing("customers_by_phone"):
            return self._found(
                condition(rules.account_phone_fields),
                condition(rules.contact_phone_fields),
                lambda row: has(row, rules.account_phone_fields),
                lambda row: has(row, rules.contact_phone_fields),
            )

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or with a contact person who has it; each account once."""
        wanted, name = email.lower(), self._rules.email_field
        if not is_id(email) or len(email) > _LONGEST_EMAIL or "@" not in email or " " in email:
            return []
        condition = f"upper({name}) = {text(email.upper())}" if self._rules.ignore_case else f"{name} = {text(wanted)}"

        def has(row: _Row) -> bool:
            return str(row.get(name) or "").strip().lower() == wanted

        with self._doing("customers_by_email"):
            return self._found(condition, condition, has, has)

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        if not is_id(number):
            raise not_found("customer")
        with self._doing("customer"):
            return self._party(number)[1]

    def _party(self, number: str) -> tuple[str, Customer]:
        """A customer, and the path of it: an account's, or a person's."""
        condition = one_of("PartyNumber", [number])
        accounts, people = self._rest.collections(CRM, self._accounts(condition), self._contacts(condition))
        found = [("accounts", self._account(one)) for one in accounts]
        found += [("contacts", self._person(one)) for one in people if self._is_customer(one)]
        if not found:
            raise not_found("customer")
        return f"{found[0][0]}/{key(number)}", found[0][1]

    def _found(
        self,
        of_accounts: str,
        of_contacts: str,
        has: Callable[[_Row], bool],
        person_has: Callable[[_Row], bool],
    ) -> list[Customer]:
        """An account's own phone or e-mail comes before its contact persons': then nobody is named."""
        accounts, people = self._rest.collections(CRM, self._accounts(of_accounts), self._contacts(of_contacts))
        found = {one.number: one for one in map(self._account, filter(has, accounts))}
        people = [one for one in people if person_has(one)]
        for one in map(self._person, filter(self._is_customer, people)):
            found.setdefault(one.number, one)
        acting = {str(one[self._rules.contact_account_field]): one for one in people if not self._is_customer(one)}
        for account in self._accounts_of([number for number in acting if number not in found]):
            name = _text(acting[account.number], self._rules.contact_name_field)
            found[account.number] = replace(account, contact_name=name or None)
        return sorted(found.values(), key=lambda one: (len(one.number), one.number))

    def _accounts_of(self, numbers: Sequence[str]) -> Iterable[Customer]:
        for first in range(0, len(numbers), _MOST_NUMBERS):
            condition = one_of("PartyNumber", numbers[first : first + _MOST_NUMBERS])
            yield from map(self._account, self._rest.rows(CRM, self._accounts(condition)))

    def _accounts(self, condition: str) -> Wanted[dict[str, Any]]:
        names = (self._rules.account_name_field, *self._rules.account_phone_fields)
        return self._parties("accounts", condition, names)

    def _contacts(self, condition: str) -> Wanted[dict[str, Any]]:
        rules = self._rules
        names = (rules.contact_name_field, *rules.contact_phone_fields, rules.contact_account_field)
        return self._parties("contacts", condition, names)

    def _parties(self, path: str, condition: str, names: Sequence[str]) -> Wanted[dict[str, Any]]:
        fields = ",".join(dict.fromkeys(("PartyNumber", self._rules.email_field, *names, *_ADDRESS)))
        return Wanted(path=path, kind=dict[str, Any], query={"q": condition, "fields": fields})

    def _is_customer(self, person: _Row) -> bool:
        """Whether a person buys for themselves, and not for an account."""
        return not person.get(self._rules.contact_account_field)

    def _account(self, row: _Row) -> Customer:
        return self._customer(row, self._rules.account_name_field, self._rules.account_phone_fields)

    def _person(self, row: _Row) -> Customer:
        return self._customer(row, self._rules.contact_name_field, self._rules.contact_phone_fields)

    def _customer(self, row: _Row, name: str, phones: Sequence[str]) -> Customer:
        return Customer(
            number=str(row["PartyNumber"]),
            name=_text(row, name),
            email=_text(row, self._rules.email_field).lower() or None,
            phone=next(filter(None, (self._dialled(row.get(one)) for one in phones)), None),
            address=_address(row),
        )

    def _dialled(self, typed: Any) -> str | None:
        """A number that people typed, as E.164; None if it can't be one."""
        return e164(typed, self._country) if isinstance(typed, str) else None


def _address(row: _Row) -> Address:
    address1, address2, city, state, country, postcode = (_text(row, name) for name in _ADDRESS)
    return Address(address1=address1, address2=address2, city=city, state=state, country=country, postcode=postcode)


def _text(row: _Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()

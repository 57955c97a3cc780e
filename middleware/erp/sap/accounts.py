"""Accounts: found through the addresses that hold a phone number or an e-mail, the account's or a contact person's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy.engine import Engine

from middleware.clock import Clock
from middleware.decoding import converted
from middleware.erp.sap import mapping, values
from middleware.erp.sap.api import PARTNERS, Api
from middleware.erp.sap.base import Base, not_found
from middleware.erp.sap.rows import AddressRow, EmailRow, PartnerRow, PhoneRow
from middleware.errors import Malformed, NotFound
from middleware.phones import typed_forms
from middleware.records import Customer
from middleware.settings import Settings

_MOST_REMEMBERED = 10_000
_LONGEST_EMAIL = 241
_LONGEST_PHONE = 30
_SEARCHED = 20  # characters of an e-mail address that SAP can be asked for
_WAYS = ("to_EmailAddress", "to_PhoneNumber", "to_MobilePhoneNumber")

T = TypeVar("T")
ContactRow = TypeVar("ContactRow", PhoneRow, EmailRow)
# The address that a number or an e-mail belongs to, and the person at it.
Points = frozenset[tuple[str, str]]


class Accounts(Base):
    """The accounts' part of the port."""

    def __init__(self, api: Api, settings: Settings, engine: Engine, clock: Clock) -> None:
        super().__init__(api, settings, engine, clock)
        self._points: dict[str, Points] = {}

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number, or with a contact person who has it; each account once."""
        forms = [one for one in typed_forms(phone) if len(one) <= _LONGEST_PHONE]
        if not forms:
            return []
        begins = f"startswith(InternationalPhoneNumber,{values.quoted(phone)})"
        wanted = f"{begins} or {values.either('PhoneNumber', forms)}"
        return self._accounts("A_AddressPhoneNumber", wanted, PhoneRow, lambda row: self._phone(row) == phone)

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or with a contact person who has it; each account once."""
        if "@" not in email or len(email) > _LONGEST_EMAIL or not email.isprintable():
            return []
        wanted = f"SearchEmailAddress eq {values.quoted(email.upper()[:_SEARCHED])}"
        sought = email.casefold()
        return self._accounts(
            "A_AddressEmailAddress", wanted, EmailRow, lambda row: row.EmailAddress.casefold() == sought
        )

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        if not values.is_id(number):
            raise not_found("customer")
        ways = ",".join(f"to_BusinessPartnerAddress/{way}" for way in _WAYS)
        query = values.query(filter=f"Customer eq {values.quoted(values.padded(number))}", expand=ways)
        found = self._api.read(PARTNERS, f"A_BusinessPartner?{query}", "customer", PartnerRow)
        for partner in found:
            for address in partner.to_BusinessPartnerAddress.results[:1]:
                return mapping.customer(values.plain(partner.Customer), address, None, self._country)
        raise not_found("customer")

    def _customer_or_none(self, number: str) -> Customer | None:
        try:
            return self.customer(number)
        except NotFound:
            return None

    def _phone(self, row: PhoneRow) -> str | None:
        return mapping.phone(row, self._country)

    def _accounts(
        self, contacts: str, wanted: str, kind: type[ContactRow], fits: Callable[[ContactRow], bool]
    ) -> Sequence[Customer]:
        """Finds accounts; whose address it was the last time is asked for in the same request.

        Args:
            contacts: The set of numbers or e-mails.
            wanted: A filter of it, which may find too much.
        """
        remembered: Points = self._points.get(wanted, frozenset())
        asked = [f"{contacts}?{values.query(filter=wanted)}", *_owners(remembered)]
        found, *owners = self._api.each(PARTNERS, asked, "customers")
        rows = [row for row in _typed(found, kind) if fits(row)]
        points = frozenset((values.plain(row.AddressID), values.plain(row.Person)) for row in rows)
        if points != remembered:
            owners = self._api.each(PARTNERS, _owners(points), "customers") if points else []
            self._remember(wanted, points)
        return self._customers(points, *owners) if points else []

    def _remember(self, wanted: str, points: Points) -> None:
        if len(self._points) >= _MOST_REMEMBERED:
            self._points.clear()
        self._points[wanted] = points

    def _customers(self, points: Points, addresses: list[Any], people: Iterable[Any] = ()) -> Sequence[Customer]:
        names = {values.plain(one.PersonNumber): one.BusinessPartnerFullName for one in _typed(people, PartnerRow)}
        found: dict[str, Customer] = {}
        rows = _typed(addresses, AddressRow)
        numbers = self._numbers({row.BusinessPartner for row in rows})
        for row in rows:
            number = numbers.get(row.BusinessPartner, "")
            persons = sorted(person for address, person in points if address == values.plain(row.AddressID))
            if number and number not in found and persons:
                is_own = values.plain(row.Person) in persons
                contact = None if is_own else next((names[one] for one in persons if one in names), None)
                found[number] = mapping.customer(number, row, contact, self._country)
        return list(found.values())

    def _numbers(self, partners: Iterable[str]) -> Mapping[str, str]:
        """The customer's number of each business partner; what is no customer is left out."""
        if self._rules.partners_are_customers:
            return {partner: values.plain(partner) for partner in partners}
        query = values.query(filter=values.either("BusinessPartner", sorted(partners)))
        found = self._api.read(PARTNERS, f"A_BusinessPartner?{query}", "customers", PartnerRow)
        return {one.BusinessPartner: values.plain(one.Customer) for one in found}


def _owners(points: Points) -> list[str]:
    """What tells whose addresses these are, and who the people at them are."""
    if not points:
        return []
    addresses = sorted({values.padded(address) for address, _ in points})
    people = sorted({values.padded(person) for _, person in points if person})
    asked = [
        f"A_BusinessPartnerAddress?{values.query(filter=values.either('AddressID', addresses), expand=','.join(_WAYS))}"
    ]
    if people:
        asked.append(f"A_BusinessPartner?{values.query(filter=values.either('PersonNumber', people))}")
    return asked


def _typed(rows: Iterable[Any], kind: type[T]) -> list[T]:
    try:
        return [converted(row, kind) for row in rows]
    except msgspec.ValidationError as error:
        raise Malformed(
            f"an account makes no sense: {type(error).__name__}", system="erp", operation="customers"
        ) from error

"""How the tests' customers lie in the stand-in's SAP: business partners, addresses, telephones, e-mail addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

import phonenumbers
from phonenumbers import PhoneNumberFormat

from middleware.demo.data import Row as Laid
from tests.fakes.sap_laid import Lays, by
from tests.fakes.sap_records import new_uuid

# How people type a number, in turn: what is dialled, the extension, and whether SAP knows the international form.
_TYPED: tuple[Callable[[phonenumbers.PhoneNumber], tuple[str, str, bool]], ...] = (
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), "", True),
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL), "", False),
    lambda number: (str(number.national_number), "4", True),
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL), "", False),
    lambda number: (phonenumbers.format_number(number, PhoneNumberFormat.E164), "", True),
)


class LaysPartners(Lays):
    """Lays accounts, and who acts for them: people with a number of their own, reached at the company's address."""

    def _partners(self) -> None:
        contacts = by(self._data.customer_contacts, "customer_number")
        people: dict[tuple[str, str], str] = {}
        for row in self._data.customers:
            is_company = bool(contacts[row["number"]])
            person = "" if is_company else f"{30_000 + next(self._numbers)}"
            address = self._account(row, is_company, person)
            self._reached(address, person, row)
            for one in contacts[row["number"]]:
                who = one["name"], one["email"] or one["id"]
                if who not in people:
                    people[who] = self._person(one["name"])
                self._reached(address, people[who], one)

    def _account(self, row: Laid, is_company: bool, person: str) -> str:
        number, address = row["number"], f"{20_000 + next(self._numbers)}"
        first, _, last = row["name"].rpartition(" ")
        named = {"OrganizationBPName1": row["name"][:40]} if is_company else {"FirstName": first, "LastName": last}
        self._records.put(
            "A_BusinessPartner",
            BusinessPartner=number,
            Customer=number,
            BusinessPartnerCategory="2" if is_company else "1",
            BusinessPartnerFullName=row["name"],
            BusinessPartnerName=row["name"],
            BusinessPartnerUUID=new_uuid(),
            PersonNumber=person,
            **named,
        )
        self._records.put("A_Customer", Customer=number, CustomerName=row["name"], CustomerFullName=row["name"])
        self._records.put(
            "A_BusinessPartnerAddress",
            BusinessPartner=number,
            AddressID=address,
            Person=person,
            AddressUUID=new_uuid(),
            FullName=row["name"],
            ValidityStartDate=datetime(2020, 1, 1, tzinfo=timezone.utc),
            ValidityEndDate=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc),
            StreetName=row.get("address1") or "",
            StreetSuffixName=row.get("address2") or "",
            CityName=row.get("city") or "",
            Region=row.get("state") or "",
            Country=row.get("country") or "",
            PostalCode=row.get("postcode") or "",
        )
        return address

    def _person(self, name: str) -> str:
        person = f"{30_000 + next(self._numbers)}"
        first, _, last = name.rpartition(" ")
        self._records.put(
            "A_BusinessPartner",
            BusinessPartner=f"9{person}",
            BusinessPartnerCategory="1",
            BusinessPartnerFullName=name,
            BusinessPartnerName=name,
            BusinessPartnerUUID=new_uuid(),
            FirstName=first,
            LastName=last,
            PersonNumber=person,
        )
        return person

    def _reached(self, address: str, person: str, row: Laid) -> None:
        key = {"AddressID": address, "Person": person, "OrdinalNumber": "1"}
        if row.get("email"):
            text = row["email"]
            searched = {"SearchEmailAddress": text.upper()[:20], "IsDefaultEmailAddress": True}
            self._records.put("A_AddressEmailAddress", **key, EmailAddress=text, **searched)
        if row.get("phone"):
            number = phonenumbers.parse(row["phone"])
            typed, extension, is_known = _TYPED[next(self._numbers) % len(_TYPED)](number)
            self._records.put(
                "A_AddressPhoneNumber",
                **key,
                IsDefaultPhoneNumber=True,
                PhoneNumberType="1",
                DestinationLocationCountry=phonenumbers.region_code_for_number(number) or "",
                PhoneNumber=typed,
                PhoneNumberExtension=extension,
                InternationalPhoneNumber=row["phone"] + extension if is_known else "",
            )

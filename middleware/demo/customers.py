"""The demo company's customers, from customers.yml, as the CRM and the ERP hold them."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import Literal, NamedTuple

from middleware.demo.data import Row
from middleware.demo.files import Entry, read
from middleware.records import Address


class Person(NamedTuple):
    """Someone who can be played in the demo."""

    name: str
    phone: str
    email: str


class Account(Entry, frozen=True, kw_only=True):
    """What a private customer and a company have in common: an account in the ERP."""

    number: str
    name: str
    phone: str
    email: str
    address: Address
    orders: Literal["told", "any", "delivered"]
    payment_days: int = 0
    pays_late: bool = False


class PrivateCustomer(Account, frozen=True, kw_only=True):
    """A person with an account of their own.

    Attributes:
        contact: The CRM's id of the person.
        linked: Whether the CRM holds the account's number.
    """

    contact: str
    linked: bool = True


class CompanyContact(Entry, frozen=True, kw_only=True):
    """A person who acts for a company, or for several of them.

    Attributes:
        contact: The CRM's id of the person.
        linked: Whether the CRM holds the company's number.
    """

    contact: str
    linked: bool = True
    name: str
    phone: str
    email: str


class Company(Account, frozen=True, kw_only=True):
    """A company with an account.

    Attributes:
        account: The CRM's id of the company.
        executive: E-mail of the employee who looks after it.
        segment: The class of customer that it is counted in.
    """

    account: str
    executive: str | None = None
    segment: str = ""
    contacts: tuple[CompanyContact, ...]


class CustomersFile(Entry, frozen=True, kw_only=True):
    """customers.yml."""

    people: tuple[PrivateCustomer, ...]
    companies: tuple[Company, ...]


@lru_cache(maxsize=1)
def _file() -> CustomersFile:
    return read("customers.yml", CustomersFile)


def accounts() -> dict[str, Account]:
    """All accounts by customer number."""
    found: list[Account] = [*_file().people, *_file().companies]
    return {account.number: account for account in sorted(found, key=lambda account: account.number)}


def is_company(account: Account) -> bool:
    """Whether an account is a company's."""
    return isinstance(account, Company)


def demo_people() -> dict[str, Person]:
    """Everyone who can be played, by their first name in lower case. Needs no database."""
    contacts: list[PrivateCustomer | CompanyContact] = [*_file().people]
    for company in _file().companies:
        contacts.extend(company.contacts)
    return {contact.name.split()[0].lower(): Person(contact.name, contact.phone, contact.email) for contact in contacts}


def account_rows() -> list[Row]:
    """Rows of `crm_accounts`."""
    return [
        {
            "id": company.account,
            "name": company.name,
            "executive": company.executive,
            "segment": company.segment,
        }
        for company in _file().companies
    ]


def contact_rows() -> list[Row]:
    """Rows of `crm_contacts`: whoever acts for several companies is the first one's there."""
    rows = {person.contact: _contact_row(person, None, person.number) for person in _file().people}
    for company in _file().companies:
        for contact in company.contacts:
            rows.setdefault(contact.contact, _contact_row(contact, company.account, company.number))
    return list(rows.values())


def _contact_row(person: PrivateCustomer | CompanyContact, account_id: str | None, number: str) -> Row:
    first_name, last_name = person.name.split(maxsplit=1)
    return {
        "id": person.contact,
        "first_name": first_name,
        "last_name": last_name,
        "email": person.email,
        "phone": person.phone,
        "account_id": account_id,
        "erp_number": number if person.linked else None,
    }


def customer_rows() -> list[Row]:
    """Rows of `erp_customers`."""
    return [
        {
            "number": account.number,
            "name": account.name,
            "email": account.email,
            "phone": account.phone,
            **asdict(account.address),
        }
        for account in accounts().values()
    ]


def customer_contact_rows() -> list[Row]:
    """Rows of `erp_customer_contacts`."""
    return [
        {
            "id": f"{company.number}-{position}",
            "customer_number": company.number,
            "name": contact.name,
            "email": contact.email,
            "phone": contact.phone,
        }
        for company in _file().companies
        for position, contact in enumerate(company.contacts, start=1)
    ]

"""Who is in the demo and what it sells, the same at any time; and how its files speak of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from middleware.demo import Data, demo_data, demo_people
from middleware.demo.calendar import Calendar
from tests.fakes.building import OMAR, RUTH, project_settings

ZONE = ZoneInfo("America/New_York")
COMPANIES = COMPANY, SECOND_COMPANY = "20007", "20015"


def local(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def data() -> Data:
    return demo_data(local(2026, 11, 22, 12, 0), ZONE)


def test_everyone_can_be_called_by_their_first_name(data: Data) -> None:
    people = demo_people()

    assert len(people) == len(data.contacts) == 16
    for name, person in people.items():
        (contact,) = (row for row in data.contacts if row["email"] == person.email)
        assert name == contact["first_name"].lower()
        assert (person.name, person.phone) == (
            f"{contact['first_name']} {contact['last_name']}",
            contact["phone"],
        )


def test_whoever_gets_leads_works_there(data: Data) -> None:
    rules = project_settings().leads
    named = {rules.fallback, *(rule.owner for rule in rules.territories if rule.owner)}
    named |= {member for team in rules.teams.values() for member in team}

    assert named <= {row["email"] for row in data.employees}
    assert all(row["is_active"] for row in data.employees)


def test_whoever_writes_on_tickets_is_a_customer_or_works_there(data: Data) -> None:
    known = {f"{row['first_name']} {row['last_name']}" for row in data.contacts}
    known |= {row["name"] for row in data.employees}

    assert {row["author"] for row in data.ticket_comments} <= known


def test_companies_have_somebody_who_looks_after_them_and_one_is_a_key_account(data: Data) -> None:
    assert [row["executive"] for row in data.accounts] == [RUTH.email, OMAR.email]
    assert [row["segment"] for row in data.accounts] == ["key account", ""]


def _phones_and_emails(data: Data) -> Iterator[tuple[str, str]]:
    for row in (*data.contacts, *data.customers, *data.customer_contacts):
        yield row["phone"], row["email"]


def test_phones_are_valid_and_emails_belong_to_nobody(data: Data) -> None:
    for phone, email in _phones_and_emails(data):
        parsed = phonenumbers.parse(phone)
        assert phonenumbers.is_valid_number(parsed), phone
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == phone
        assert email == email.lower()
        assert email.split("@")[1] in ("example.com", "example.org", "example.net")


def test_only_two_unrelated_customers_share_a_phone_and_none_an_email(data: Data) -> None:
    shared = [phone for phone, count in Counter(row["phone"] for row in data.customers).items() if count > 1]
    names = {row["name"] for row in data.customers if row["phone"] in shared}

    assert names == {"Tom Becker", "Linda Castillo"}
    assert len({row["email"] for row in data.customers}) == len(data.customers) == 15
    assert len({row["email"] for row in data.contacts}) == len(data.contacts)


def test_a_company_has_three_people_in_both_systems(data: Data) -> None:
    account = data.accounts[0]
    in_crm = {row["email"] for row in data.contacts if row["account_id"] == account["id"]}
    in_erp = {row["email"] for row in data.customer_contacts if row["customer_number"] == COMPANY}

    assert len(in_crm) == 3
    assert in_crm == in_erp


def test_one_of_them_acts_for_a_second_company_too(data: Data) -> None:
    companies = {row["customer_number"] for row in data.customer_contacts if row["email"] == "elena.vargas@example.net"}

    assert companies == {COMPANY, SECOND_COMPANY}


def test_the_crm_holds_the_number_in_the_erp_of_all_but_a_few(data: Data) -> None:
    numbers = {row["number"] for row in data.customers}
    unlinked = {row["first_name"] for row in data.contacts if row["erp_number"] is None}

    assert {row["erp_number"] for row in data.contacts} <= numbers | {None}
    assert unlinked == {"Naomi", "Elena"}


def test_every_private_customer_is_the_same_person_in_both_systems(data: Data) -> None:
    in_crm = {(f"{row['first_name']} {row['last_name']}", row["phone"], row["email"]) for row in data.contacts}
    in_erp = {(row["name"], row["phone"], row["email"]) for row in data.customers if row["number"] not in COMPANIES}

    assert in_erp <= in_crm


def test_forty_products_come_in_more_than_a_hundred_variants(data: Data) -> None:
    products = {row["sku"]: row for row in data.products}

    assert len({row["product_id"] for row in data.products}) == 40
    assert len(products) == len(data.products) > 100
    assert {f"BLU-JKT-{size}" for size in ("S", "M", "L", "XL")} <= set(products)
    assert products["TRV-BTL-750"]["name"] == "750 ml travel bottle"
    assert "Wi-Fi router" in {row["name"] for row in data.products}
    assert "clearance" in {row["category"] for row in data.products}
    assert min(row["price"] for row in data.products) > 0


def test_every_variant_has_stock_in_each_warehouse_and_some_none(data: Data) -> None:
    bottles = {row["warehouse"]: row["available"] for row in data.stock if row["sku"] == "TRV-BTL-750"}
    pairs = {(row["sku"], row["warehouse"]) for row in data.stock}

    assert bottles["EWR"] == 820 and sum(bottles.values()) == 1340
    assert len(pairs) == len(data.products) * 3 == len(data.stock)
    assert 10 < sum(row["available"] == 0 for row in data.stock) < 100


# The calendar of the demo's files


def test_phrases_of_days_are_understood() -> None:
    monday = Calendar(local(2026, 11, 23, 8, 0), ZONE)

    assert monday.day("today + 2 days") == date(2026, 11, 25)
    assert monday.day("last monday") == date(2026, 11, 16)
    assert monday.day("last sunday - 1 day") == date(2026, 11, 21)
    assert monday.day("tuesday of last week") == date(2026, 11, 17)
    assert monday.day("day 14 of last month") == date(2026, 10, 14)
    assert monday.moment("last thursday 15:30") == local(2026, 11, 19, 15, 30)


@pytest.mark.parametrize("phrase", ["", "yesterday", "last moonday", "today + 2", "today 9:00", "Today"])
def test_a_phrase_that_means_no_day_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="calendar"):
        Calendar(local(2026, 11, 23, 8, 0), ZONE).day(phrase)

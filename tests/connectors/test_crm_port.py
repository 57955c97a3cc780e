"""What every CRM connector must do, whatever system is behind it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from middleware.crm.base import Crm
from middleware.errors import NotFound
from middleware.records import Employee, TicketComment
from tests.data.backoffice import ACME, ADA, GONE, KIM, LEA, NOBODY, SHARED


def _id_of(crm: Crm, email: str) -> str:
    (contact,) = crm.contacts_by_email(email)
    return contact.id


def test_a_person_is_found_by_phone_with_everything_that_is_on_file(crm: Crm) -> None:
    (contact,) = crm.contacts_by_phone(ADA)

    assert (contact.first_name, contact.last_name) == ("Ada", "Lovett")
    assert (contact.email, contact.phone, contact.company) == ("ada@example.com", ADA, None)


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM"])
def test_a_person_is_found_by_email_in_any_case(crm: Crm, email: str) -> None:
    (contact,) = crm.contacts_by_email(email)

    assert contact.first_name == "Ada"
    assert contact.email == "ada@example.com"


def test_phone_and_email_lead_to_the_same_person(crm: Crm) -> None:
    assert crm.contacts_by_phone(ADA) == crm.contacts_by_email("ada@example.com")


def test_two_people_with_one_phone_are_both_returned(crm: Crm) -> None:
    contacts = crm.contacts_by_phone(SHARED)

    assert {contact.first_name for contact in contacts} == {"Ben", "Cora"}
    assert len(contacts) == 2


def test_a_person_of_a_company_comes_with_its_name(crm: Crm) -> None:
    (contact,) = crm.contacts_by_phone(ACME)

    assert (contact.last_name, contact.company) == ("Novák", "Acme Rentals")


@pytest.mark.parametrize(
    ("email", "number"), [("ada@example.com", "1001"), ("emil@example.com", "1004"), ("cora@example.com", None)]
)
def test_a_person_comes_with_their_number_in_the_erp_where_it_is_on_file(
    crm: Crm, email: str, number: str | None
) -> None:
    (contact,) = crm.contacts_by_email(email)

    assert contact.erp_number == number


@pytest.mark.parametrize(
    ("email", "executive"),
    [("dora@example.com", KIM), ("emil@example.com", LEA), ("ada@example.com", None), ("cora@example.com", None)],
    ids=["the company's", "their own", "none", "one who has left"],
)
def test_a_person_comes_with_whoever_looks_after_them(crm: Crm, email: str, executive: Employee | None) -> None:
    (contact,) = crm.contacts_by_email(email)

    assert contact.executive == executive


@pytest.mark.parametrize(
    ("email", "segment"),
    [("dora@example.com", "key account"), ("emil@example.com", "reseller"), ("ada@example.com", "")],
    ids=["the company's", "their own", "none"],
)
def test_a_person_comes_with_their_class_of_customer(crm: Crm, email: str, segment: str) -> None:
    (contact,) = crm.contacts_by_email(email)

    assert contact.segment == segment


def test_one_of_the_companys_own_people_is_found_by_email(crm: Crm) -> None:
    assert crm.employee(KIM.email) == KIM


@pytest.mark.parametrize("email", [GONE.email, "ada@example.com", "nobody@desk.example", "kim"])
def test_whoever_has_left_or_never_worked_there_isnt_found_among_them(crm: Crm, email: str) -> None:
    with pytest.raises(NotFound):
        crm.employee(email)


def test_nobody_is_found_by_a_phone_or_email_that_isnt_on_file(crm: Crm) -> None:
    assert list(crm.contacts_by_phone(NOBODY)) == []
    assert list(crm.contacts_by_email("nobody@example.com")) == []


@pytest.mark.parametrize("part", [ADA[:-1], ADA[1:], ADA + "0", ADA[-7:]])
def test_part_of_a_phone_number_finds_nobody(crm: Crm, part: str) -> None:
    assert list(crm.contacts_by_phone(part)) == []


@pytest.mark.parametrize("part", ["example.com", "da@example.com", "ada@example.co", "ada@example.com.org"])
def test_part_of_an_email_finds_nobody(crm: Crm, part: str) -> None:
    assert list(crm.contacts_by_email(part)) == []


def test_open_tickets_come_newest_first_without_the_closed_ones(crm: Crm) -> None:
    tickets = crm.open_tickets(_id_of(crm, "ada@example.com"))

    assert [ticket.subject for ticket in tickets] == ["Wrong colour", "Only spoken of inside", "Wi-Fi router"]
    assert all(ticket.is_open for ticket in tickets)


def test_a_ticket_says_whose_it_is_and_when_it_was_opened(crm: Crm, now: datetime) -> None:
    ada = _id_of(crm, "ada@example.com")
    ticket = crm.open_tickets(ada)[-1]

    assert ticket.number == "901"
    assert ticket.owner == ada
    assert ticket.opened_at == now - timedelta(days=9)
    assert ticket.opened_at.utcoffset() is not None


def test_a_ticket_has_its_newest_public_comment_alone(crm: Crm, now: datetime) -> None:
    router = crm.open_tickets(_id_of(crm, "ada@example.com"))[-1]

    assert router.last_comment == TicketComment(
        body="A new one is on its way.", written_at=now - timedelta(days=6), author="Marco"
    )
    assert router.last_comment.written_at.utcoffset() is not None


def test_a_ticket_without_public_comments_has_none(crm: Crm) -> None:
    wrong_colour, spoken_of_inside, _ = crm.open_tickets(_id_of(crm, "ada@example.com"))

    assert wrong_colour.last_comment is None
    assert spoken_of_inside.last_comment is None


def test_internal_comments_never_leave_the_crm(crm: Crm) -> None:
    assert "Secret" not in str(crm.open_tickets(_id_of(crm, "ada@example.com")))


def test_a_person_gets_only_their_own_tickets(crm: Crm) -> None:
    (ticket,) = crm.open_tickets(_id_of(crm, "ben@example.com"))

    assert ticket.subject == "Late parcel"


def test_a_person_without_tickets_gets_none(crm: Crm) -> None:
    assert list(crm.open_tickets(_id_of(crm, "cora@example.com"))) == []


def test_hostile_input_finds_nobody_and_no_ticket(crm: Crm, hostile: str) -> None:
    assert list(crm.contacts_by_phone(hostile)) == []
    assert list(crm.contacts_by_email(hostile)) == []
    assert list(crm.open_tickets(hostile)) == []
    with pytest.raises(NotFound):
        crm.employee(hostile)
    assert crm.contacts_by_phone(ADA), "it still answers"

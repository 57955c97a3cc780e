"""Whoever comes at the same moment, the embedded CRM keeps each lead and ticket once and loses none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from sqlalchemy.engine import Engine

from middleware.crm.embedded.client import EmbeddedCrm
from middleware.errors import Unavailable, Unknown
from middleware.records import CommentDraft, LeadDraft, LeadKind
from tests.connectors.inside import InsideEmbedded
from tests.data.backoffice import KIM, LEA, MAX
from tests.fakes.building import lead_draft, ticket_draft

T = TypeVar("T")
MANY = 30


def _at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Makes all calls at the same moment, each again while the database is busy."""

    def attempt(call: Callable[[], T]) -> T:
        for _ in range(20):
            try:
                return call()
            except (Unavailable, Unknown):
                continue
        raise AssertionError("the database is busy for ever")

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(attempt, calls))


@pytest.fixture
def crm(database: Engine) -> EmbeddedCrm:
    """The CRM of each database in turn."""
    return EmbeddedCrm(database)


@pytest.fixture
def inside(database: Engine) -> InsideEmbedded:
    """What its people see."""
    return InsideEmbedded(database)


def _draft(**fields: Any) -> LeadDraft:
    return lead_draft(**({"owner": MAX.email, "phone": None} | fields))


def test_tickets_that_are_opened_at_once_have_numbers_that_follow_each_other(crm: EmbeddedCrm) -> None:
    made = _at_once(
        [lambda place=place: crm.open_ticket(ticket_draft(), f"t-{place}") for place in range(MANY)],
    )

    assert sorted(int(one.number.removeprefix("T-")) for one in made) == list(range(1077, 1077 + MANY))


def test_one_key_that_comes_many_times_at_once_is_one_ticket(crm: EmbeddedCrm) -> None:
    before = len(crm.open_tickets("101"))

    made = _at_once([lambda: crm.open_ticket(ticket_draft(), "same")] * MANY)

    assert all(one == made[0] for one in made)
    assert len(crm.open_tickets("101")) == before + 1


def test_one_key_that_comes_many_times_at_once_is_one_comment(crm: EmbeddedCrm, inside: InsideEmbedded) -> None:
    draft = CommentDraft(body="Hello?", author="Ada", is_public=True)

    written = _at_once([lambda: crm.comment_ticket("903", draft, "same")] * MANY)

    assert all(one == written[0] for one in written)
    assert inside.comments("903") == [draft]


def test_comments_that_are_written_at_once_are_all_there(crm: EmbeddedCrm, inside: InsideEmbedded) -> None:
    def write(place: int) -> Any:
        return crm.comment_ticket("903", CommentDraft(body=f"{place}", author="Ada", is_public=True), f"c-{place}")

    _at_once([lambda place=place: write(place) for place in range(MANY)])

    assert sorted(int(one.body) for one in inside.comments("903")) == list(range(MANY))


def test_a_ticket_that_is_closed_many_times_at_once_is_closed_once(crm: EmbeddedCrm) -> None:
    closed = _at_once([lambda: crm.close_ticket("903")] * MANY)

    assert all(one == closed[0] for one in closed) and not closed[0].is_open


@pytest.mark.parametrize("kind", list(LeadKind))
def test_one_key_that_comes_many_times_at_once_is_one_lead(
    crm: EmbeddedCrm, inside: InsideEmbedded, kind: LeadKind
) -> None:
    draft = _draft(kind=kind, contact_id="101")

    kept = _at_once([lambda: crm.keep_lead(draft, "same")] * MANY)

    assert all(one == kept[0] for one in kept)
    there = inside.opportunities("101") if kind is LeadKind.OPPORTUNITY else inside.leads(draft.email)
    assert [one.wish for one in there] == [draft.wish]
    assert len(crm.contacts_by_email(draft.email)) == (kind is LeadKind.CONTACT)


@pytest.mark.parametrize("kind", [LeadKind.LEAD, LeadKind.CONTACT])
def test_one_address_that_comes_many_times_at_once_is_one_lead(
    crm: EmbeddedCrm, inside: InsideEmbedded, kind: LeadKind
) -> None:
    owners = [MAX.email, KIM.email, LEA.email]
    draft = _draft(kind=kind)

    def keep(place: int) -> Any:
        spelled = draft.email.upper() if place % 2 else draft.email
        mine = replace(draft, email=spelled, owner=owners[place % 3], wish=f"wish {place}")
        return crm.keep_lead(mine, f"l-{place}")

    kept = _at_once([lambda place=place: keep(place) for place in range(MANY)])

    assert len({one.id for one in kept}) == len({one.owner for one in kept}) == 1
    assert [one.is_new for one in kept].count(True) == 1
    (lead,) = inside.leads(draft.email)
    assert sorted(lead.wish.split("\n")) == sorted(f"wish {place}" for place in range(MANY))
    assert len(crm.contacts_by_email(draft.email)) == (kind is LeadKind.CONTACT)


def test_leads_of_all_kinds_at_once_have_ids_of_their_own(crm: EmbeddedCrm) -> None:
    def keep(place: int) -> Any:
        kind = list(LeadKind)[place % 3]
        return crm.keep_lead(_draft(kind=kind, email=f"{place}@leads.example", contact_id="101"), f"l-{place}")

    kept = _at_once([lambda place=place: keep(place) for place in range(MANY)])

    assert len({one.id for one in kept}) == MANY

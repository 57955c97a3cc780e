"""Whoever comes at the same moment, each CRM keeps each lead, comment and ticket once and loses none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest

from middleware.crm.base import Crm
from middleware.errors import Conflict, Unavailable, Unknown
from middleware.records import CommentDraft, LeadDraft, LeadKind
from tests.connectors.conftest import CRMS, NOW, OpenCrm
from tests.connectors.inside import Inside
from tests.data.backoffice import MAX, backoffice
from tests.fakes.building import lead_draft, ticket_draft

T = TypeVar("T")
MANY = 8
TICKET = "904"


@pytest.fixture(scope="module", params=[name for name in CRMS if name != "fake"])
def open_crm(request: pytest.FixtureRequest) -> OpenCrm:
    """Each CRM in turn; the tests' fake is called by one at a time."""
    return CRMS[request.param](backoffice(NOW), request)


@pytest.fixture(scope="module")
def ada(crm: Crm) -> str:
    """Her id there."""
    return crm.contacts_by_email("ada@example.com")[0].id


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Makes all calls at the same moment, each again where it can't be told what became of it."""
    begin = Barrier(len(calls))

    def attempt(call: Callable[[], T]) -> T:
        begin.wait()
        for _ in range(20):
            try:
                return call()
            except (Unavailable, Unknown, Conflict):
                continue
        raise AssertionError("it is busy for ever")

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(attempt, calls))


def draft_of(name: str, kind: LeadKind, ada: str) -> LeadDraft:
    contact = ada if kind is LeadKind.OPPORTUNITY else None
    email = f"{name.replace(' ', '-')}-{kind.value}@races.example"
    return lead_draft(kind=kind, email=email, owner=MAX.email, phone=None, contact_id=contact, wish=f"{name} {kind}")


def test_one_key_that_comes_many_times_at_once_is_one_ticket(crm: Crm, ada: str) -> None:
    draft = ticket_draft(contact_id=ada, subject="raced for")

    made = at_once([lambda: crm.open_ticket(draft, "race: ticket")] * MANY)

    assert len({one.number for one in made}) == 1
    listed = crm.tickets_since(ada, NOW - timedelta(days=1))
    assert [one.number for one in listed if one.subject == draft.subject] == [made[0].number]


def test_tickets_that_are_opened_at_once_have_numbers_of_their_own(crm: Crm, ada: str) -> None:
    made = at_once(
        [lambda place=place: crm.open_ticket(ticket_draft(contact_id=ada), f"race: {place}") for place in range(MANY)]
    )

    assert len({one.number for one in made}) == MANY


def test_one_key_that_comes_many_times_at_once_is_one_comment(crm: Crm, inside: Inside, number: str) -> None:
    draft = CommentDraft(body="Hello? (raced for)", author="Ada", is_public=True)

    written = at_once([lambda: crm.comment_ticket(number, draft, "race: comment")] * MANY)

    assert {one.body for one in written} == {draft.body}
    assert [one.body for one in inside.comments(number)].count(draft.body) == 1


def test_comments_that_are_written_at_once_are_all_there(crm: Crm, inside: Inside, number: str) -> None:
    def write(place: int) -> object:
        draft = CommentDraft(body=f"raced {place}", author="Ada", is_public=True)
        return crm.comment_ticket(number, draft, f"race: comment {place}")

    at_once([lambda place=place: write(place) for place in range(MANY)])

    bodies = [one.body for one in inside.comments(number) if one.body.startswith("raced")]
    assert sorted(bodies) == [f"raced {place}" for place in range(MANY)]


def test_a_ticket_that_is_closed_many_times_at_once_is_closed(crm: Crm, number: str) -> None:
    closed = at_once([lambda: crm.close_ticket(number)] * MANY)

    assert {(one.number, one.is_open) for one in closed} == {(number, False)}


@pytest.mark.parametrize("kind", list(LeadKind))
def test_one_key_that_comes_many_times_at_once_is_one_lead(crm: Crm, inside: Inside, ada: str, kind: LeadKind) -> None:
    draft = draft_of("one key", kind, ada)

    kept = at_once([lambda: crm.keep_lead(draft, f"race: {kind}")] * MANY)

    assert len({one.id for one in kept}) == 1
    there = inside.opportunities(ada) if kind is LeadKind.OPPORTUNITY else inside.leads(draft.email)
    assert [one.wish for one in there].count(draft.wish) == 1
    assert len(crm.contacts_by_email(draft.email)) == (kind is LeadKind.CONTACT)


@pytest.fixture(scope="module")
def number(open_crm: OpenCrm) -> str:
    """A ticket that is raced for."""
    return open_crm.inside.number(TICKET) if hasattr(open_crm.inside, "number") else TICKET

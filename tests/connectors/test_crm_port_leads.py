"""What every CRM connector must do with leads, whatever system is behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from middleware.crm.base import Crm
from middleware.errors import FrontdeskError, NotFound, Rejected
from middleware.records import Budget, Consent, Headcount, Lead, LeadDraft, LeadKind
from tests.connectors.inside import Inside
from tests.data.backoffice import ADA, DORA, GONE, KIM, LEA, MAX, NOBODY
from tests.fakes.building import NOW, lead_draft

ODD_NAMES = (
    "=cmd()",
    "<script>alert('you')</script>",
    "'; DROP TABLE crm_leads; --",
    "O'Brien-Ó Súilleabháin",
    "山田 太郎",
    "مريم الأنصاري",
    "🧥",
)
NEW_PEOPLE = (LeadKind.LEAD, LeadKind.CONTACT)
TEXTS = ("first_name", "last_name", "company", "wish")

as_new_people = pytest.mark.parametrize("kind", NEW_PEOPLE)
as_everything = pytest.mark.parametrize("kind", list(LeadKind))


def _draft(name: str, kind: LeadKind = LeadKind.LEAD, **fields: Any) -> LeadDraft:
    """A lead for Max, with an address of its own."""
    email = f"{name.replace(' ', '-')}.{kind.value}@leads.example"
    given = {"kind": kind, "email": email, "owner": MAX.email, "phone": None}
    return lead_draft(**(given | fields))


def _one_lead(inside: Inside, draft: LeadDraft) -> LeadDraft:
    (lead,) = inside.leads(draft.email)
    return lead


def _facts(draft: LeadDraft) -> dict[str, Any]:
    """Everything that was given, whatever it has become."""
    names = ("first_name", "last_name", "company", "email", "phone", "size", "budget", "wish", "industry")
    place = ("country", "state", "postcode", "consent", "owner")
    return {name: getattr(draft, name) for name in (*names, *place)}


@pytest.fixture
def ada(crm: Crm) -> str:
    """The id of a person on file whom nobody looks after at first."""
    (contact,) = crm.contacts_by_email("ada@example.com")
    return contact.id


# New ones


def test_a_lead_is_kept_with_everything_that_was_given(crm: Crm, inside: Inside) -> None:
    draft = _draft("everything", phone="+12015550171")

    lead = crm.keep_lead(draft, "everything")

    assert lead.id and (lead.kind, lead.owner, lead.is_new) == (LeadKind.LEAD, MAX, True)
    assert _facts(_one_lead(inside, draft)) == _facts(draft)
    assert list(crm.contacts_by_email(draft.email)) == [], "a lead is nobody who is on file"


def test_a_contact_is_kept_with_everything_that_was_given(crm: Crm, inside: Inside) -> None:
    draft = _draft("everything", LeadKind.CONTACT, phone="+12015550172")

    lead = crm.keep_lead(draft, "everything as a contact")

    assert (lead.kind, lead.owner, lead.is_new) == (LeadKind.CONTACT, MAX, True)
    (contact,) = crm.contacts_by_email(draft.email)
    assert (contact.id, contact.first_name, contact.last_name) == (lead.id, "Priya", "Shah")
    assert (contact.phone, contact.executive, contact.erp_number) == (draft.phone, MAX, None)
    assert _facts(_one_lead(inside, draft)) == _facts(draft)


def test_an_opportunity_of_a_person_is_kept_with_everything_that_was_given(crm: Crm, inside: Inside, ada: str) -> None:
    draft = _draft("everything", LeadKind.OPPORTUNITY, contact_id=ada, phone="+12015550175")

    lead = crm.keep_lead(draft, "opportunity")

    assert (lead.kind, lead.owner, lead.is_new) == (LeadKind.OPPORTUNITY, MAX, True)
    assert _facts(inside.opportunities(ada)[-1]) == _facts(draft)
    assert list(inside.leads(draft.email)) == [] == list(crm.contacts_by_email(draft.email))


def test_opportunities_are_always_new(crm: Crm, inside: Inside, ada: str) -> None:
    before = len(inside.opportunities(ada))
    draft = _draft("always new", LeadKind.OPPORTUNITY, contact_id=ada)

    made = [crm.keep_lead(draft, f"always new {place}") for place in range(2)]

    assert made[0].id != made[1].id and made[1].is_new
    assert len(inside.opportunities(ada)) == before + 2


@as_new_people
def test_little_is_enough(crm: Crm, inside: Inside, kind: LeadKind) -> None:
    nothing: dict[str, Any] = {"phone": None, "size": None, "budget": None, "wish": "", "industry": ""}
    draft = _draft("little", kind, first_name="", country="", state="", postcode="", **nothing)

    assert crm.keep_lead(draft, f"little {kind}").is_new

    assert _facts(_one_lead(inside, draft)) == _facts(draft)


@pytest.mark.parametrize(
    ("size", "budget"),
    [
        (Headcount(low=12, high=12), Budget(low=Decimal("19999.99"), high=Decimal("19999.99"), currency="USD")),
        (Headcount(low=1000, high=None), Budget(low=Decimal(0), high=Decimal(5000), currency="JPY")),
        (Headcount(low=0, high=5), Budget(low=Decimal(250_000_000), high=None, currency="EUR")),
    ],
    ids=["exact", "open", "range"],
)
def test_sizes_and_budgets_are_kept_as_they_are(
    crm: Crm, inside: Inside, size: Headcount, budget: Budget, request: pytest.FixtureRequest
) -> None:
    draft = _draft(f"size-{size.low}", size=size, budget=budget)

    crm.keep_lead(draft, request.node.name)

    lead = _one_lead(inside, draft)
    assert (lead.size, lead.budget) == (size, budget)


@as_new_people
@pytest.mark.parametrize("email", ["a.b+c@leads.example", "o'brien@leads.example", "x@localhost"])
def test_odd_addresses_are_addresses(crm: Crm, inside: Inside, kind: LeadKind, email: str) -> None:
    draft = _draft("", kind, email=kind.value + email)

    for place in range(2):
        crm.keep_lead(draft, f"{kind} {email} {place}")

    assert len(inside.leads(draft.email)) == 1


# Once for each key


@as_everything
def test_the_same_key_keeps_one(crm: Crm, inside: Inside, ada: str, kind: LeadKind) -> None:
    draft = _draft("same", kind, contact_id=ada, email="")
    before = _count(inside, ada)

    kept = [crm.keep_lead(draft, f"same {kind}") for _ in range(3)]

    assert kept[0] == kept[1] == kept[2]
    assert kept[0].is_new
    assert _count(inside, ada) == before + 1


@as_new_people
def test_the_same_key_adds_nothing_a_second_time(crm: Crm, inside: Inside, kind: LeadKind) -> None:
    draft = _draft("added once", kind, wish="jackets")
    crm.keep_lead(draft, f"added once {kind} 1")

    added = [crm.keep_lead(replace(draft, wish="tents"), f"added once {kind} 2") for _ in range(2)]

    assert added[0] == added[1] and not added[0].is_new
    assert _one_lead(inside, draft).wish.split("\n") == ["jackets", "tents"]


@as_new_people
def test_a_key_that_comes_again_answers_what_it_made_whatever_came_after(crm: Crm, kind: LeadKind) -> None:
    draft = _draft("answered again", kind)
    first = crm.keep_lead(draft, f"answered again {kind} 1")
    crm.keep_lead(draft, f"answered again {kind} 2")

    assert crm.keep_lead(draft, f"answered again {kind} 1") == first


@as_new_people
def test_a_key_that_comes_again_as_another_kind_answers_what_it_made(
    crm: Crm, inside: Inside, ada: str, kind: LeadKind
) -> None:
    """Whoever lost the answer may find the new contact on file when they ask again."""
    draft = _draft("another kind", kind)
    first = crm.keep_lead(draft, f"another kind {kind}")
    before = len(inside.opportunities(ada))

    again = crm.keep_lead(replace(draft, kind=LeadKind.OPPORTUNITY, contact_id=ada), f"another kind {kind}")

    assert again == first
    assert len(inside.opportunities(ada)) == before


def _count(inside: Inside, ada: str) -> int:
    return len(inside.opportunities(ada)) + len(inside.leads(""))


# Those who come again


@as_new_people
@pytest.mark.parametrize("change", [str.upper, str.title], ids=["upper", "title"])
def test_an_address_is_the_same_in_any_case(crm: Crm, inside: Inside, kind: LeadKind, change: Any) -> None:
    draft = _draft(f"any-case-{change.__name__}", kind)
    first = crm.keep_lead(draft, f"any case {kind} {change.__name__} 1")

    again = crm.keep_lead(replace(draft, email=change(draft.email)), f"any case {kind} {change.__name__} 2")

    assert again == replace(first, is_new=False)
    assert len(inside.leads(draft.email)) == 1


@as_new_people
def test_whoever_comes_again_keeps_their_owner(crm: Crm, inside: Inside, kind: LeadKind) -> None:
    draft = _draft("owner", kind)
    crm.keep_lead(draft, f"owner {kind} 1")

    again = crm.keep_lead(replace(draft, owner=KIM.email), f"owner {kind} 2")

    assert (again.owner, again.is_new) == (MAX, False)
    assert _one_lead(inside, draft).owner == MAX.email


@as_new_people
def test_what_somebody_wants_next_is_added(crm: Crm, inside: Inside, kind: LeadKind) -> None:
    draft = _draft("wishes", kind, wish="jackets", size=Headcount(low=10, high=20))
    larger = Budget(low=Decimal(90000), high=None, currency="EUR")
    later = Consent(words="May we keep them, too?", at=NOW + timedelta(days=3))
    crm.keep_lead(draft, f"wishes {kind} 1")

    crm.keep_lead(replace(draft, wish="tents", size=None, budget=larger, consent=later), f"wishes {kind} 2")

    lead = _one_lead(inside, draft)
    assert lead.wish.split("\n") == ["jackets", "tents"]
    assert (lead.size, lead.budget, lead.consent) == (draft.size, larger, later)


@as_new_people
def test_what_somebody_wants_again_isnt_said_twice(crm: Crm, inside: Inside, kind: LeadKind) -> None:
    draft = _draft("again", kind)
    for place, wish in enumerate(("tents please", "tents", "", "tents")):
        crm.keep_lead(replace(draft, wish=wish), f"again {kind} {place}")

    assert _one_lead(inside, draft).wish.split("\n") == ["tents please", "tents"]


def test_what_was_lacking_is_filled_in_and_the_rest_stays(crm: Crm, inside: Inside) -> None:
    little = _draft("lacking", first_name="", company="", country="", state="", postcode="", industry="")
    crm.keep_lead(little, "lacking 1")

    crm.keep_lead(_draft("lacking", last_name="Somebody Else", phone="+12015550173"), "lacking 2")

    lead = _one_lead(inside, little)
    assert (lead.first_name, lead.last_name, lead.company) == ("Priya", "Shah", "Blue Ridge Lodges")
    assert (lead.phone, lead.industry) == ("+12015550173", "hospitality")
    assert (lead.country, lead.state, lead.postcode) == ("US", "NJ", "07302")


def test_two_places_arent_mixed(crm: Crm, inside: Inside) -> None:
    crm.keep_lead(_draft("places", country="CA", state="", postcode=""), "places 1")

    crm.keep_lead(_draft("places"), "places 2")

    lead = _one_lead(inside, _draft("places"))
    assert (lead.country, lead.state, lead.postcode) == ("CA", "", "")


def test_after_a_lead_is_won_or_lost_the_next_is_a_new_one(crm: Crm, inside: Inside) -> None:
    draft = _draft("closed")
    first = crm.keep_lead(draft, "closed 1")
    inside.close_lead(draft.email)

    second = crm.keep_lead(replace(draft, owner=KIM.email), "closed 2")

    assert second.id != first.id and second.is_new
    assert second.owner == KIM


def test_people_without_an_address_are_never_the_same(crm: Crm) -> None:
    draft = _draft("", email="", phone="+12015550174")

    assert crm.keep_lead(draft, "no address 1").id != crm.keep_lead(draft, "no address 2").id


# Those who are on file


def test_a_person_on_file_isnt_a_second_contact(crm: Crm, inside: Inside) -> None:
    (before,) = crm.contacts_by_email("emil@example.com")
    draft = _draft("", LeadKind.CONTACT, email="Emil@Example.com", wish="boots")

    lead = crm.keep_lead(draft, "emil")

    assert (lead.id, lead.owner, lead.is_new) == (before.id, LEA, False)
    assert list(crm.contacts_by_email("emil@example.com")) == [before]
    assert [one.wish for one in inside.leads("emil@example.com")] == ["boots"], "what they want is kept"


@pytest.mark.parametrize("email", ["ada@example.com", "cora@example.com"], ids=["nobody yet", "somebody who has left"])
def test_a_person_on_file_whom_nobody_looks_after_gets_somebody(crm: Crm, email: str) -> None:
    (before,) = crm.contacts_by_email(email)

    lead = crm.keep_lead(_draft("", LeadKind.CONTACT, email=email), f"nobody {email}")

    assert (lead.id, lead.owner, lead.is_new) == (before.id, MAX, False)
    assert list(crm.contacts_by_email(email)) == [replace(before, executive=MAX)]


def test_a_lead_of_a_person_on_file_goes_to_whoever_looks_after_them(crm: Crm, inside: Inside) -> None:
    lead = crm.keep_lead(_draft("", email="dora@example.com"), "dora")

    assert (lead.owner, lead.is_new) == (KIM, True)
    assert [one.owner for one in inside.leads("dora@example.com")] == [KIM.email]


@as_new_people
def test_whoever_gives_anothers_address_doesnt_change_how_they_are_found(crm: Crm, kind: LeadKind) -> None:
    """A telephone on a customer's file would make whoever has it that customer."""
    (before,) = crm.contacts_by_email("dora@example.com")

    crm.keep_lead(_draft("", kind, email="dora@example.com", first_name="Eve", phone=NOBODY), f"eve {kind}")

    assert list(crm.contacts_by_email("dora@example.com")) == [before]
    assert list(crm.contacts_by_phone(DORA)) == [before]
    assert list(crm.contacts_by_phone(NOBODY)) == []


def test_whoever_gives_anothers_telephone_doesnt_make_them_unknown(crm: Crm, inside: Inside) -> None:
    draft = _draft("eve", LeadKind.CONTACT, phone=ADA)

    crm.keep_lead(draft, "anothers telephone")

    assert [one.first_name for one in crm.contacts_by_phone(ADA)] == ["Ada"]
    assert _one_lead(inside, draft).phone == ADA, "the people see it"


# Refused


@as_everything
@pytest.mark.parametrize("owner", ["nobody@desk.example", GONE.email, "ada@example.com"])
def test_a_lead_for_somebody_who_isnt_there_isnt_kept(
    crm: Crm, inside: Inside, ada: str, kind: LeadKind, owner: str
) -> None:
    draft = _draft("no owner", kind, owner=owner, contact_id=ada)
    before = len(inside.opportunities(ada))

    with pytest.raises(NotFound):
        crm.keep_lead(draft, f"no owner {kind} {owner}")

    assert list(inside.leads(draft.email)) == [] == list(crm.contacts_by_email(draft.email))
    assert len(inside.opportunities(ada)) == before


@as_everything
def test_a_key_whose_lead_was_refused_is_good_for_another(crm: Crm, ada: str, kind: LeadKind) -> None:
    key = f"better {kind}"
    with pytest.raises(NotFound):
        crm.keep_lead(_draft("better", kind, owner="nobody@desk.example", contact_id=ada), key)

    assert crm.keep_lead(_draft("better", kind, contact_id=ada), key).owner == MAX


@pytest.mark.parametrize("contact_id", [None, "", "999"])
def test_an_opportunity_of_nobody_isnt_kept(crm: Crm, contact_id: str | None) -> None:
    with pytest.raises(NotFound):
        crm.keep_lead(_draft("nobody", LeadKind.OPPORTUNITY, contact_id=contact_id), f"nobody {contact_id}")


# Whatever is written


@as_everything
@pytest.mark.parametrize("name", ODD_NAMES)
def test_text_is_kept_as_it_is_in_every_field(crm: Crm, inside: Inside, ada: str, kind: LeadKind, name: str) -> None:
    texts = {**dict.fromkeys(TEXTS, name), "consent": Consent(words=name, at=NOW)}
    draft = _draft(f"odd{ODD_NAMES.index(name)}", kind, contact_id=ada, **texts)

    crm.keep_lead(draft, f"odd {kind} {name}")

    [*_, kept] = inside.opportunities(ada) if kind is LeadKind.OPPORTUNITY else inside.leads(draft.email)
    assert _facts(kept) == _facts(draft)
    if kind is LeadKind.CONTACT:
        (contact,) = crm.contacts_by_email(draft.email)
        assert (contact.first_name, contact.last_name) == (name, name)


@as_new_people
def test_of_names_of_two_hundred_characters_at_least_the_beginning_is_kept(
    crm: Crm, inside: Inside, kind: LeadKind
) -> None:
    """Some systems hold forty characters of a first name."""
    name = "Åsa Wilhelmina " * 13 + "Lindq"
    draft = _draft("long name", kind, first_name=name, last_name=name, company=name)

    crm.keep_lead(draft, f"long name {kind}")

    lead = _one_lead(inside, draft)
    assert len(name) == 200
    for kept in (lead.first_name, lead.last_name, lead.company):
        assert len(kept) >= 40 and name.startswith(kept)


@as_everything
@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"], ids=ascii)
def test_what_no_system_can_store_is_left_out_or_refused(crm: Crm, ada: str, kind: LeadKind, text: str) -> None:
    texts = dict.fromkeys((*TEXTS, "email", "phone", "industry", "country", "state", "postcode"), text)
    consent = Consent(words=text, at=NOW)

    outcome = _kept_or_refused(crm, _draft("", kind, contact_id=ada, consent=consent, **texts), f"odd {kind} {text!a}")

    assert isinstance(outcome, Lead | Rejected)


@as_everything
def test_a_hostile_address_or_key_breaks_nothing(crm: Crm, ada: str, kind: LeadKind, hostile: str) -> None:
    _kept_or_refused(crm, _draft("", kind, contact_id=ada, email=hostile, phone=hostile), f"{kind} {hostile[:50]!a}")
    _kept_or_refused(crm, _draft("hostile key", kind, contact_id=ada), hostile)

    assert crm.contacts_by_phone(ADA), "it still answers"


@as_everything
def test_hostile_owners_and_people_are_nobody(crm: Crm, ada: str, kind: LeadKind, hostile: str) -> None:
    with pytest.raises(NotFound):
        crm.keep_lead(_draft("hostile", kind, contact_id=ada, owner=hostile), "hostile owner")
    if kind is LeadKind.OPPORTUNITY:
        with pytest.raises(NotFound):
            crm.keep_lead(_draft("hostile", kind, contact_id=hostile), "hostile person")


@pytest.mark.parametrize("number", [-1, 10**12, 10**30])
def test_numbers_that_cant_be_true_break_nothing(crm: Crm, number: int) -> None:
    size = Headcount(low=number, high=number)
    budget = Budget(low=Decimal(number), high=None, currency="USD")

    for place, draft in enumerate((_draft("numbers", size=size), _draft("numbers", budget=budget))):
        _kept_or_refused(crm, draft, f"numbers {number} {place}")

    assert crm.keep_lead(_draft("numbers"), f"numbers {number}"), "it still answers"


def _kept_or_refused(crm: Crm, draft: LeadDraft, key: str) -> Lead | FrontdeskError:
    try:
        return crm.keep_lead(draft, key)
    except FrontdeskError as error:
        return error

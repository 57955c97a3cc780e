"""Leads: kept once with whose they are, delivered once, and nothing is told of whom the CRM knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from middleware import jobs, store
from middleware.backend import Circuit
from middleware.errors import Malformed, NotFound, Rejected, Unavailable, Unknown
from middleware.identity import Proof
from middleware.jobs import Job
from middleware.leads import Enquiry, Kept
from middleware.records import Address, Budget, Consent, Contact, Employee, Headcount, LeadDraft, LeadKind
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, KNOWN, NOW, Bench

MakeBench = Callable[..., Bench]

DANA = Employee(email="dana.whitfield@fernhill.example", name="Dana Whitfield")
OMAR = Employee(email="omar.haddad@fernhill.example", name="Omar Haddad")
RUTH = Employee(email="ruth.okafor@fernhill.example", name="Ruth Okafor")
LUC = Employee(email="luc.tremblay@fernhill.example", name="Luc Tremblay")
SALES = Employee(email="sales@fernhill.example", name="the sales team")
STAFF = (DANA, OMAR, RUTH, LUC, SALES)

CONSENT = Consent(words="May I store what you have told me, so that our sales people can write?", at=NOW)
PRIYA = Enquiry(
    first_name="Priya",
    last_name="Raman",
    company="Raman Lodge Ltd",
    email="priya@raman.example",
    phone="+16175550123",
    size=Headcount(low=50, high=100),
    budget=Budget(low=Decimal("20000"), high=Decimal("20000"), currency="EUR"),
    wish="the corporate programme",
    country="US",
    state="MA",
    postcode="02110",
)
SOMEBODY = Enquiry(first_name="Sam", email="sam@example.com")


def crm(*contacts: Contact, staff: tuple[Employee, ...] = STAFF) -> FakeCrm:
    return FakeCrm(contacts, employees=staff)


async def keep(
    desk: Bench,
    enquiry: Enquiry = SOMEBODY,
    proof: Proof = Proof(),  # noqa: B008 - frozen
    key: str = "key-1",
    conversation: str = "rest:one",
) -> Kept:
    """Keeps a lead while a worker does the jobs."""
    who = await desk.who(proof, conversation)
    working = asyncio.create_task(desk.middleware.jobs.run())
    try:
        return await desk.middleware.leads.keep(who, enquiry, CONSENT, key)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def later(desk: Bench, hours: float = 0.2) -> None:
    """Lets some time go by, and what is due be done."""
    desk.clock.advance(timedelta(hours=hours))
    await desk.middleware.jobs.run_due()


def row(desk: Bench) -> dict[str, Any]:
    """The one lead of the table."""
    [only] = desk.rows(store.leads)
    return only


# Keeping


async def test_a_lead_is_kept_with_whose_it_is_and_delivered(bench: MakeBench) -> None:
    desk = bench(crm())

    kept = await keep(desk, PRIYA)

    assert kept == Kept(
        reference="L-3001", contact="Dana Whitfield", is_own=False, region="the North-East", is_delivered=True
    )
    assert list(desk.crm.leads.values()) == [
        LeadDraft(
            kind=LeadKind.LEAD,
            first_name="Priya",
            last_name="Raman",
            company="Raman Lodge Ltd",
            email="priya@raman.example",
            consent=CONSENT,
            owner=DANA.email,
            phone="+16175550123",
            size=Headcount(low=50, high=100),
            budget=Budget(low=Decimal("20000"), high=Decimal("20000"), currency="EUR"),
            wish="the corporate programme",
            industry="hospitality",
            country="US",
            state="MA",
            postcode="02110",
        )
    ]
    assert (row(desk)["team"], row(desk)["pick"], row(desk)["state"]) == ("north-east", DANA.email, "delivered")
    assert row(desk)["draft"]["consent"] == {"words": CONSENT.words, "at": "2026-03-11T17:30:00Z"}
    assert desk.audit() == ["crm lead ok"]


async def test_leads_can_be_kept_as_contacts(bench: MakeBench) -> None:
    desk = bench(crm())
    leads = desk.middleware.leads
    leads._rules = msgspec.structs.replace(leads._rules, record="contact")

    await keep(desk)

    assert [one.email for one in desk.crm.contacts] == ["sam@example.com"]
    assert row(desk)["record"]["lead"]["kind"] == "contact"


async def test_the_same_key_again_is_the_same_lead(bench: MakeBench) -> None:
    desk = bench(crm())

    first = await keep(desk, PRIYA)
    again = await keep(desk, replace(PRIYA, size=Headcount(low=5000, high=5000)))

    assert again == first
    assert len(desk.rows(store.leads)) == len(desk.crm.leads) == desk.crm.calls["keep_lead"] == 1
    assert [one["turns"] for one in desk.rows(store.rotations)] == [1]


async def test_another_conversations_key_is_no_key(bench: MakeBench) -> None:
    desk = bench(crm())
    await keep(desk, PRIYA)

    with pytest.raises(NotFound):
        await keep(desk, PRIYA, conversation="rest:two")

    assert len(desk.rows(store.leads)) == 1


async def test_several_leads_have_references_and_owners_of_their_own(bench: MakeBench) -> None:
    desk = bench(crm())

    kept = [await keep(desk, replace(PRIYA, email=f"{key}@raman.example"), key=key) for key in "abc"]

    assert [one.reference for one in kept] == ["L-3001", "L-3002", "L-3003"]
    assert [one.contact for one in kept] == ["Dana Whitfield", "Omar Haddad", "Dana Whitfield"]


async def test_an_address_that_comes_twice_is_one_lead_in_the_crm(bench: MakeBench) -> None:
    desk = bench(crm())

    first = await keep(desk, PRIYA, key="a")
    again = await keep(desk, replace(PRIYA, wish="tents, too", size=Headcount(low=5000, high=5000)), key="b")

    assert again == replace(first, reference="L-3002")  # and whose it is, they are told once more
    [lead] = desk.crm.leads.values()
    assert (lead.wish, lead.owner) == ("the corporate programme\ntents, too", DANA.email)
    assert [one["turns"] for one in desk.rows(store.rotations)] == [1]


async def test_a_store_that_cannot_be_reached_keeps_nothing(bench: MakeBench) -> None:
    desk = bench(crm())
    who = await desk.who()
    desk.lose(store.jobs)

    with pytest.raises(Unavailable):
        await desk.middleware.leads.keep(who, PRIYA, CONSENT, "key-1")

    assert desk.rows(store.leads) == desk.rows(store.rotations) == []


# Where they are


@pytest.mark.parametrize(
    ("enquiry", "proof", "pick"),
    [
        # named; on file; the phone's
        (Enquiry(country="CA"), KNOWN, LUC),
        (Enquiry(), KNOWN, DANA),
        (Enquiry(phone="+14165550123"), Proof(), LUC),
        (Enquiry(phone="+16175550123"), Proof(), DANA),
        (Enquiry(phone="+14155550123"), Proof(), SALES),
        (Enquiry(), Proof(phone="+14165550123"), LUC),
        (Enquiry(country="US", state="TX", phone="+14165550123"), Proof(), SALES),
        (Enquiry(country="US", postcode="10013"), Proof(), DANA),
        (Enquiry(), Proof(), SALES),
    ],
)
async def test_the_place_is_what_they_named_or_what_is_on_file_or_the_phones(
    bench: MakeBench, enquiry: Enquiry, proof: Proof, pick: Employee
) -> None:
    address = Address(city="Jersey City", state="NJ", country="US", postcode="07302")
    desk = bench(crm(), FakeErp([replace(ADAS_ACCOUNT, address=address)]))

    kept = await keep(desk, enquiry, proof)

    assert (kept.contact, row(desk)["pick"]) == (pick.name, pick.email)


async def test_a_place_that_only_the_phone_tells_is_not_said_to_the_crm(bench: MakeBench) -> None:
    desk = bench(crm())

    await keep(desk, Enquiry(), Proof(phone="+14165550123"))

    [draft] = desk.crm.leads.values()
    assert (draft.phone, draft.country, draft.owner) == ("+14165550123", "", LUC.email)


async def test_an_erp_that_is_down_does_not_hold_a_lead_up(bench: MakeBench) -> None:
    desk = bench(crm())
    desk.erp.fail(Unavailable("down"))

    kept = await keep(desk, Enquiry(), KNOWN)

    assert (kept.contact, kept.is_delivered) == (DANA.name, True)  # by Ada's number, of New Jersey


# The CRM knows them


ADAS_EXECUTIVE = replace(ADA, executive=RUTH)


@pytest.mark.parametrize("proof", [KNOWN, Proof(email=ADA_EMAIL), Proof(phone="+442071838750", email=ADA_EMAIL)])
async def test_a_customers_lead_goes_to_their_own_executive(bench: MakeBench, proof: Proof) -> None:
    desk = bench(crm(ADAS_EXECUTIVE))

    kept = await keep(desk, replace(SOMEBODY, email="ada@work.example", country="CA"), proof)

    assert (kept.contact, kept.is_own, kept.is_delivered) == ("Ruth Okafor", True, True)
    [opportunity] = desk.crm.opportunities.values()
    assert (opportunity.kind, opportunity.contact_id, opportunity.owner) == (LeadKind.OPPORTUNITY, ADA.id, RUTH.email)
    assert desk.crm.contacts == [ADAS_EXECUTIVE]
    assert desk.crm.leads == {}


async def test_a_customer_without_an_executive_is_the_territorys(bench: MakeBench) -> None:
    desk = bench(crm(ADA))

    kept = await keep(desk, Enquiry(country="CA"), KNOWN)

    assert (kept.contact, kept.is_own) == ("Luc Tremblay", False)
    [opportunity] = desk.crm.opportunities.values()
    assert (opportunity.contact_id, opportunity.owner) == (ADA.id, LUC.email)


async def test_an_executive_who_has_left_leaves_the_lead_to_the_territory(bench: MakeBench) -> None:
    gone = replace(ADA, executive=Employee(email="gone@fernhill.example", name="Gus Gone"))
    desk = bench(crm(gone))

    kept = await keep(desk, Enquiry(country="CA"), KNOWN)

    assert (kept.contact, kept.is_own) == ("Luc Tremblay", False)
    assert [one.owner for one in desk.crm.opportunities.values()] == [LUC.email]


async def test_a_strangers_words_do_not_depend_on_whether_their_address_is_on_file(bench: MakeBench) -> None:
    # given a CRM that knows the address, and one that doesn't
    there, elsewhere = bench(crm(ADAS_EXECUTIVE)), bench(crm())
    enquiry = replace(PRIYA, email=ADA_EMAIL)

    # when somebody unproven gives it, or somebody proven whom the CRM doesn't know
    for proof, key in ((Proof(), "a"), (Proof(phone="+16175550199"), "b")):
        told = [await keep(desk, enquiry, proof, key) for desk in (there, elsewhere)]

        # then both are told the same, though the lead is Ada's executive's
        assert told[0] == told[1]
        assert not told[0].is_own
    assert [one.owner for one in there.crm.opportunities.values()] == [RUTH.email, RUTH.email]
    assert [one.owner for one in elsewhere.crm.leads.values()] == [DANA.email]


async def test_a_telephone_of_two_people_proves_neither(bench: MakeBench) -> None:
    bob = replace(ADA, id="102", first_name="Bob", email="bob@example.com", executive=LUC)
    desk = bench(crm(ADAS_EXECUTIVE, bob))

    kept = await keep(desk, replace(PRIYA, email=ADA_EMAIL), KNOWN)

    assert (kept.contact, kept.is_own) == ("Dana Whitfield", False)
    assert [one.owner for one in desk.crm.opportunities.values()] == [RUTH.email]


async def test_of_several_with_one_address_it_is_whose_name_was_given(bench: MakeBench) -> None:
    office = [replace(ADA, id=str(number), last_name=name, phone=None) for number, name in ((1, "Kim"), (2, "Raman"))]
    desk = bench(crm(*office))

    await keep(desk, replace(PRIYA, email=ADA_EMAIL, last_name="RAMAN"), key="a")
    await keep(desk, replace(PRIYA, email=ADA_EMAIL, last_name="Diaz"), key="b")

    assert [one.contact_id for one in desk.crm.opportunities.values()] == ["2", "1"]


async def test_another_persons_address_makes_it_no_lead_of_theirs(bench: MakeBench) -> None:
    bob = Contact(id="102", first_name="Bob", last_name="Diaz", email="bob@example.com", executive=LUC)
    desk = bench(crm(ADAS_EXECUTIVE, bob))

    kept = await keep(desk, replace(PRIYA, email="bob@example.com"), KNOWN)

    assert (kept.contact, kept.is_own) == ("Ruth Okafor", True)
    assert [one.contact_id for one in desk.crm.opportunities.values()] == [ADA.id]


async def test_without_an_address_nobody_is_looked_for(bench: MakeBench) -> None:
    desk = bench(crm(replace(ADA, email="")))

    await keep(desk, replace(PRIYA, email=""))

    assert desk.crm.calls["contacts_by_email"] == 0
    assert len(desk.crm.leads) == 1


# Whom the rules picked, the CRM doesn't know


async def test_an_owner_whom_the_crm_does_not_know_leaves_the_lead_to_the_fallback(bench: MakeBench) -> None:
    desk = bench(crm(staff=(SALES,)))

    kept = await keep(desk, PRIYA)

    assert (kept.contact, kept.is_delivered) == ("the sales team", True)
    assert (row(desk)["pick"], row(desk)["record"]["lead"]["owner"]["email"]) == (DANA.email, SALES.email)


async def test_a_lead_waits_for_an_owner_whom_the_crm_knows(bench: MakeBench) -> None:
    desk = bench(crm(staff=()))

    kept = await keep(desk, PRIYA)
    assert (kept.contact, kept.is_delivered) == ("", False)

    await later(desk, hours=30)
    desk.crm.employees.append(SALES)
    await later(desk)
    assert [one.owner for one in desk.crm.leads.values()] == [SALES.email]


# The CRM in trouble


@pytest.mark.parametrize("error", [Unavailable("down"), Unknown("lost"), Malformed("?"), KeyError("a bug")])
async def test_a_crm_in_trouble_gets_the_lead_later_and_once(bench: MakeBench, error: Exception) -> None:
    # given a CRM that is called however often it fails
    desk = bench(crm(ADAS_EXECUTIVE))
    desk.middleware.gateway.crm._back_end.circuit = Circuit("crm", failures=1000, seconds=1)
    desk.crm.fail(error)

    # when
    kept = await keep(desk, PRIYA)

    # then it is kept, and nobody is named
    assert kept == Kept(reference="L-3001", contact="", is_own=False, region="the North-East", is_delivered=False)
    assert row(desk)["state"] == "kept"

    # and it is delivered when the trouble is over, also after hours
    for _ in range(20):
        await later(desk)
    assert [one["state"] for one in desk.rows(store.jobs)] == ["waiting"]
    desk.crm.recover()
    await later(desk)
    await later(desk)
    assert [one.owner for one in desk.crm.leads.values()] == [DANA.email]
    assert row(desk)["state"] == "delivered"
    assert await keep(desk, PRIYA) == replace(kept, contact="Dana Whitfield", is_delivered=True)
    assert [one["state"] for one in desk.rows(store.jobs)] == ["done"]


@pytest.mark.parametrize("error", [Unknown("lost"), KeyError("a bug")])
async def test_a_lead_whose_answer_was_lost_is_there_once(bench: MakeBench, error: Exception) -> None:
    desk = bench(crm())
    desk.crm.fail(error, late=True, only="keep_lead")

    assert not (await keep(desk, PRIYA)).is_delivered
    await later(desk)
    desk.crm.recover()
    await later(desk)

    assert len(desk.crm.leads) == 1
    assert row(desk)["state"] == "delivered"


@pytest.mark.parametrize("nonsense", [None, "a text", [None]])
@pytest.mark.parametrize("method", ["employee", "contacts_by_email", "contacts_by_phone", "keep_lead"])
async def test_a_crm_that_talks_nonsense_gets_the_lead_later(bench: MakeBench, method: str, nonsense: Any) -> None:
    desk = bench(crm())
    desk.crm.talk_nonsense(nonsense, only=method)

    assert not (await keep(desk, PRIYA, KNOWN)).is_delivered
    desk.crm.recover()
    await later(desk)

    assert row(desk)["state"] == "delivered"


async def test_a_slow_crm_is_waited_for_a_while_only(bench: MakeBench) -> None:
    desk = bench(crm(), lead=2)
    desk.crm.hang(60)

    begun = asyncio.get_running_loop().time()
    kept = await keep(desk, PRIYA)

    assert 1 <= asyncio.get_running_loop().time() - begun < 30
    assert not kept.is_delivered
    desk.crm.recover()


async def test_a_conversations_leads_arrive_in_their_order_and_hold_up_nothing_else(bench: MakeBench) -> None:
    desk, done = bench(crm()), list[str]()

    async def note(job: Job) -> None:
        done.append(job.id)

    desk.middleware.jobs.does("other", note)
    desk.crm.fail(Unavailable("down"))
    for key in "abc":
        await keep(desk, replace(PRIYA, email=f"{key}@raman.example"), key=key)
    await desk.middleware.store.write(
        lambda connection: jobs.add(connection, "other", {}, line="rest:one", now=desk.clock(), job_id="other")
    )
    await desk.middleware.jobs.run_due()
    assert done == ["other"]

    desk.crm.recover()
    await later(desk)
    assert [draft.email[0] for draft in desk.crm.leads.values()] == ["a", "b", "c"]


async def test_what_the_crm_refuses_is_for_people_and_can_be_tried_again(bench: MakeBench) -> None:
    desk = bench(crm())
    desk.crm.fail(Rejected("no"))

    kept = await keep(desk, PRIYA)

    assert not kept.is_delivered
    assert (row(desk)["state"], desk.rows(store.jobs)[0]["state"]) == ("refused", "dead")
    desk.crm.recover()
    desk.edit(store.jobs, state="waiting", attempts=0)
    await later(desk)
    assert row(desk)["state"] == "delivered"


async def test_what_was_proven_counts_as_it_was_when_the_lead_was_given(bench: MakeBench) -> None:
    desk = bench(crm(ADAS_EXECUTIVE))
    desk.crm.fail(Unavailable("down"))
    await keep(desk, PRIYA, KNOWN)

    await desk.who(Proof())  # the number changed hands, or the log-in ended
    desk.crm.recover()
    await later(desk)

    assert row(desk)["record"]["is_own"]


async def test_no_customer_data_is_logged(bench: MakeBench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    desk = bench(crm())
    desk.crm.fail(KeyError("priya@raman.example"))

    await keep(desk, PRIYA)

    ours = [one.getMessage() for one in caplog.records if one.name == "middleware.jobs"]
    assert ours
    assert not any("raman" in one.casefold() or "6175550123" in one for one in ours)


# What is known already


ADDRESS = Address(address1="48 Mercer Street", city="Jersey City", state="NJ", country="US", postcode="07302")


async def known(desk: Bench, proof: Proof) -> Enquiry:
    return await desk.middleware.leads.known(await desk.who(proof))


async def test_of_a_proven_person_everything_on_file_is_known(bench: MakeBench) -> None:
    erp = FakeErp([replace(ADAS_ACCOUNT, address=ADDRESS)])
    desk = bench(crm(replace(ADA, company="Pinecrest Rentals")), erp)

    assert await known(desk, KNOWN) == Enquiry(
        first_name="Ada",
        last_name="Lovett",
        company="Pinecrest Rentals",
        email=ADA_EMAIL,
        phone=ADA_PHONE,
        country="US",
        state="NJ",
        postcode="07302",
    )


async def test_a_company_that_the_erp_alone_knows_is_known_to_whom_acts_for_it(bench: MakeBench) -> None:
    company = replace(ADAS_ACCOUNT, name="Pinecrest Rentals", contact_name="Ada Lovett")
    desk = bench(crm(ADA), FakeErp([company]))

    assert (await known(desk, KNOWN)).company == "Pinecrest Rentals"
    assert (await known(bench(crm(ADA), FakeErp([ADAS_ACCOUNT])), KNOWN)).company == ""


async def test_what_was_proven_is_known_though_no_system_is_up(bench: MakeBench) -> None:
    desk = bench(crm(ADA), FakeErp([ADAS_ACCOUNT]))
    desk.crm.fail(Unavailable("down"))
    desk.erp.fail(Malformed("?"))

    assert await known(desk, KNOWN) == Enquiry(phone=ADA_PHONE)
    assert await known(desk, Proof(email=ADA_EMAIL)) == Enquiry(email=ADA_EMAIL)


async def test_of_a_stranger_nothing_is_known_and_nobody_is_asked(bench: MakeBench) -> None:
    desk = bench(crm(ADA), FakeErp([ADAS_ACCOUNT]))

    assert await known(desk, Proof()) == Enquiry()
    assert desk.audit() == []

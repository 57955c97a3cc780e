"""Who somebody is in the CRM and in the ERP, by what was proven, and what holds when the two disagree."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from middleware import parties
from middleware.backend import BackEnd
from middleware.deadline import Deadline
from middleware.errors import FrontdeskError, NotAllowed, Reason, Rejected, Unavailable
from middleware.identity import Proof, Who
from middleware.parties import Parties, contacts, customers
from middleware.records import Contact, Customer
from middleware.settings import IdentityRules
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, KNOWN
from tests.fakes.times import Times

BEN = Contact(id="102", first_name="Ben", last_name="Ortiz", phone="+12015550120", email="ben@example.com")
BENS_ACCOUNT = Customer(number="1002", name="Ben Ortiz", phone=BEN.phone, email=BEN.email)

LINKED_ADA = replace(ADA, erp_number=ADAS_ACCOUNT.number)
NAMESAKE = replace(BENS_ACCOUNT, number="1003", phone=ADA_PHONE)
ACME = Customer(number="1004", name="Acme Rentals", phone=ADA_PHONE, contact_name="Ada Lovett")
BOREALIS = replace(ACME, number="1005", name="Borealis Tools")

DOWN = Unavailable("down", system="crm")
SHORT = 0.05  # how long a CRM is waited for that hangs


@dataclass
class Office:
    """Two systems, and the parties in them.

    Attributes:
        seconds: How long a question may take.
    """

    crm: FakeCrm
    erp: FakeErp
    parties: Parties
    back_ends: tuple[BackEnd[Any], BackEnd[Any]]
    seconds: float = 60

    async def customer(self, proof: Proof = KNOWN, chosen: str | None = None) -> str:
        """The number of the account that somebody speaks for."""
        who = Who(conversation_id="rest:one", channel="rest", correlation_id="1", proof=proof, chosen_account=chosen)
        return (await self.parties.customer(who, Deadline(self.seconds))).number

    async def contact(self, proof: Proof = KNOWN) -> str:
        """The CRM's id of somebody."""
        who = Who(conversation_id="rest:one", channel="rest", correlation_id="1", proof=proof)
        return (await self.parties.contact(who, Deadline(self.seconds))).id

    async def refusal(self, proof: Proof = KNOWN, chosen: str | None = None) -> NotAllowed:
        """How somebody is refused by the ERP."""
        with pytest.raises(NotAllowed) as caught:
            await self.customer(proof, chosen)
        assert caught.value.system == "erp"
        return caught.value


Open = Callable[..., Office]


async def until(true: Callable[[], bool]) -> None:
    """Waits for what happens beside the test."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it didn't happen"
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets how long the CRM is waited for; for very long, so that no test goes on without it by chance."""

    def be(seconds: float) -> None:
        monkeypatch.setattr(parties, "PATIENCE", seconds)

    be(60)
    return be


@pytest.fixture
def office() -> Iterator[Open]:
    """Makes offices with people in the CRM and accounts in the ERP."""
    made: list[Office] = []

    def make(people: Sequence[Contact], accounts: Sequence[Customer], field: str = "erp_number") -> Office:
        crm, erp = FakeCrm(people), FakeErp(accounts)
        back_ends = BackEnd("crm", crm, 4), BackEnd("erp", erp, 4)
        rules = IdentityRules(verified_minutes=30, known_hours=12, erp_number_field=field)
        made.append(Office(crm, erp, Parties(*back_ends, rules), back_ends))
        return made[-1]

    yield make
    for one in made:
        one.crm.recover()
        one.erp.recover()
        for back_end in one.back_ends:
            back_end.close()


# One account


async def test_the_only_account_by_what_was_proven_is_theirs(office: Open) -> None:
    assert await office([ADA, BEN], [ADAS_ACCOUNT, BENS_ACCOUNT]).customer() == "1001"


async def test_the_only_account_is_theirs_though_the_crm_knows_nobody(office: Open) -> None:
    assert await office([], [ADAS_ACCOUNT]).customer() == "1001"


async def test_the_only_account_is_theirs_if_the_crm_holds_its_number(office: Open) -> None:
    assert await office([LINKED_ADA], [ADAS_ACCOUNT]).customer() == "1001"


async def test_a_crm_that_names_another_account_contradicts_the_erp(office: Open) -> None:
    desk = office([replace(ADA, erp_number="1002")], [ADAS_ACCOUNT, BENS_ACCOUNT])

    assert (await desk.refusal()).reason is Reason.NO_PARTY


async def test_whoever_the_systems_disagree_on_is_still_known_to_the_crm(office: Open) -> None:
    desk = office([replace(ADA, erp_number="1002")], [ADAS_ACCOUNT, BENS_ACCOUNT])

    assert await desk.contact() == ADA.id
    assert not desk.erp.calls


async def test_the_only_account_is_theirs_though_the_crm_knows_several_people(office: Open) -> None:
    desk = office([LINKED_ADA, replace(BEN, phone=ADA_PHONE, erp_number="1002")], [ADAS_ACCOUNT])

    assert await desk.customer() == "1001"


@pytest.mark.parametrize("error", [DOWN, Rejected("no", system="crm")])
async def test_the_only_account_is_theirs_though_the_crm_fails(office: Open, error: FrontdeskError) -> None:
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])
    desk.crm.fail(error)

    assert await desk.customer() == "1001"


async def test_the_only_account_doesnt_wait_for_a_crm_that_hangs(
    office: Open, patience: Callable[[float], None]
) -> None:
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])
    patience(SHORT)
    desk.crm.hang(60)

    assert await asyncio.wait_for(desk.customer(), 30) == "1001"


async def test_while_one_waits_for_a_crm_that_hangs_nobody_else_does(
    office: Open, patience: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a call that has hung for longer than anybody would wait
    times = Times()
    monkeypatch.setattr("middleware.backend.time", times)
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])
    desk.crm.hang(60)
    patience(SHORT)
    assert await desk.customer() == "1001"
    patience(60)
    times.now += 61

    # then
    assert await asyncio.wait_for(desk.customer(), 30) == "1001"


async def test_a_crm_that_answers_again_is_heard_again(office: Open, patience: Callable[[float], None]) -> None:
    # given one that hung, and says otherwise than the ERP
    desk = office([replace(LINKED_ADA, erp_number="1002")], [ADAS_ACCOUNT, BENS_ACCOUNT])
    desk.crm.hang(60)
    patience(SHORT)
    assert await desk.customer() == "1001"

    # when
    patience(60)
    desk.crm.recover()
    assert await desk.contact() == LINKED_ADA.id

    # then
    assert (await desk.refusal()).reason is Reason.NO_PARTY


async def test_nobody_in_either_system_is_nobody(office: Open) -> None:
    assert (await office([BEN], [BENS_ACCOUNT]).refusal()).reason is Reason.NO_PARTY


# The number that the CRM holds


async def test_an_account_that_only_the_crm_knows_of_is_found_by_its_number(office: Open) -> None:
    desk = office([LINKED_ADA], [replace(ADAS_ACCOUNT, phone=None)])

    assert await desk.customer() == "1001"


async def test_a_number_of_the_crm_that_the_erp_doesnt_know_leads_nowhere(office: Open) -> None:
    desk = office([replace(ADA, erp_number="4711")], [BENS_ACCOUNT])

    assert (await desk.refusal()).reason is Reason.NO_PARTY


async def test_several_people_in_the_crm_give_no_number(office: Open) -> None:
    desk = office([LINKED_ADA, replace(BEN, phone=ADA_PHONE)], [replace(ADAS_ACCOUNT, phone=None)])

    assert (await desk.refusal()).reason is Reason.NO_PARTY


async def test_without_the_field_the_crm_isnt_asked(office: Open) -> None:
    desk = office([replace(ADA, erp_number="1002")], [ADAS_ACCOUNT], field="")

    assert await desk.customer() == "1001"
    assert not desk.crm.calls


async def test_without_the_field_a_number_leads_nowhere(office: Open) -> None:
    desk = office([LINKED_ADA], [replace(ADAS_ACCOUNT, phone=None)], field="")

    assert (await desk.refusal()).reason is Reason.NO_PARTY


@pytest.mark.parametrize("accounts", [[ADAS_ACCOUNT, NAMESAKE], []], ids=["several", "none"])
async def test_what_only_the_crm_could_tell_cannot_be_told_while_it_is_down(
    office: Open, accounts: Sequence[Customer]
) -> None:
    desk = office([LINKED_ADA], accounts)
    desk.crm.fail(DOWN)

    with pytest.raises(Unavailable) as caught:
        await desk.customer()

    assert caught.value.system == "crm"


async def test_a_crm_that_hangs_is_waited_for_until_the_deadline_where_it_is_needed(office: Open) -> None:
    desk = office([LINKED_ADA], [ADAS_ACCOUNT, NAMESAKE])
    desk.seconds = 0.2
    desk.crm.hang(60)

    with pytest.raises(Unavailable):
        await asyncio.wait_for(desk.customer(), 30)


async def test_an_erp_that_is_down_is_unavailable_whatever_the_crm_says(office: Open) -> None:
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])
    desk.erp.fail(Unavailable("down", system="erp"))

    with pytest.raises(Unavailable) as caught:
        await desk.customer()

    assert caught.value.system == "erp"


# Several accounts


async def test_several_accounts_under_one_number_are_told_apart_by_nothing(office: Open) -> None:
    desk = office([ADA], [ADAS_ACCOUNT, NAMESAKE])

    assert (await desk.refusal()).reason is Reason.AMBIGUOUS


async def test_the_crms_number_tells_which_of_several_accounts_it_is(office: Open) -> None:
    assert await office([LINKED_ADA], [ADAS_ACCOUNT, NAMESAKE]).customer() == "1001"


async def test_a_number_of_the_crm_that_is_none_of_several_contradicts_the_erp(office: Open) -> None:
    desk = office([replace(ADA, erp_number="1002")], [ACME, BOREALIS, BENS_ACCOUNT])

    assert (await desk.refusal()).reason is Reason.NO_PARTY


async def test_whoever_acts_for_several_companies_is_asked_for_which(office: Open) -> None:
    refusal = await office([ADA], [BOREALIS, ACME]).refusal()

    assert refusal.reason is Reason.WHICH_ACCOUNT
    assert refusal.accounts == (("1004", "Acme Rentals"), ("1005", "Borealis Tools"))


async def test_the_chosen_company_is_the_one(office: Open) -> None:
    assert await office([ADA], [ACME, BOREALIS]).customer(chosen="1005") == "1005"


async def test_a_choice_that_isnt_offered_any_more_is_none(office: Open) -> None:
    desk = office([ADA], [ACME, BOREALIS, BENS_ACCOUNT])

    assert (await desk.refusal(chosen="1002")).reason is Reason.WHICH_ACCOUNT


async def test_a_choice_means_nothing_where_there_is_nothing_to_choose(office: Open) -> None:
    desk = office([ADA], [ADAS_ACCOUNT, BENS_ACCOUNT])

    assert await desk.customer(chosen="1002") == "1001"


async def test_ones_own_account_that_the_crm_confirms_is_offered_beside_the_company(office: Open) -> None:
    refusal = await office([LINKED_ADA], [ADAS_ACCOUNT, ACME]).refusal()

    assert [number for number, _ in refusal.accounts] == ["1001", "1004"]


async def test_an_account_that_nothing_ties_to_the_person_is_not_offered_beside_the_company(office: Open) -> None:
    desk = office([ADA], [ADAS_ACCOUNT, ACME])

    assert (await desk.refusal(chosen="1004")).reason is Reason.AMBIGUOUS


async def test_a_company_is_not_offered_where_a_stranger_has_the_same_telephone(office: Open) -> None:
    assert await office([LINKED_ADA], [ADAS_ACCOUNT, NAMESAKE, ACME]).customer(chosen="1004") == "1001"


async def test_companies_of_a_telephone_that_several_people_share_are_not_offered(office: Open) -> None:
    desk = office([ADA, replace(BEN, phone=ADA_PHONE)], [ACME, BOREALIS])

    assert (await desk.refusal(chosen="1004")).reason is Reason.AMBIGUOUS


async def test_companies_whose_contacts_are_two_people_are_not_offered(office: Open) -> None:
    desk = office([], [ACME, replace(BOREALIS, contact_name="Ben Ortiz")])

    assert (await desk.refusal(chosen="1004")).reason is Reason.AMBIGUOUS


async def test_one_person_whom_two_companies_call_differently_is_one_if_the_crm_says_so(office: Open) -> None:
    desk = office([ADA], [ACME, replace(BOREALIS, contact_name="A. Lovett")])

    assert await desk.customer(chosen="1005") == "1005"


async def test_companies_of_a_person_whom_the_crm_doesnt_know_are_offered(office: Open) -> None:
    assert await office([], [ACME, BOREALIS]).customer(chosen="1004") == "1004"


# What was proven


async def test_the_host_sites_customer_number_decides(office: Open) -> None:
    desk = office([ADA], [ADAS_ACCOUNT, NAMESAKE])

    assert await desk.customer(Proof(phone=ADA_PHONE, customer_id="1003"), chosen="1001") == "1003"


async def test_the_crm_may_not_contradict_the_host_sites_customer_number(office: Open) -> None:
    desk = office([replace(ADA, erp_number="1002")], [ADAS_ACCOUNT, BENS_ACCOUNT])

    assert (await desk.refusal(Proof(phone=ADA_PHONE, customer_id="1001"))).reason is Reason.NO_PARTY


async def test_a_customer_number_alone_asks_nothing_of_the_crm(office: Open) -> None:
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])

    assert await desk.customer(Proof(customer_id="1001")) == "1001"
    assert not desk.crm.calls


async def test_a_customer_number_that_isnt_there_is_not_mended_by_the_crm(office: Open) -> None:
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])

    assert (await desk.refusal(Proof(phone=ADA_PHONE, customer_id="4711"))).reason is Reason.NO_PARTY


async def test_a_phone_and_an_email_of_two_accounts_are_not_mended_by_the_crm(office: Open) -> None:
    # given a phone that is Ben's in the ERP, and Ada's in the CRM
    desk = office([LINKED_ADA], [replace(ADAS_ACCOUNT, phone=None), replace(BENS_ACCOUNT, phone=ADA_PHONE)])

    # when, then
    assert (await desk.refusal(Proof(phone=ADA_PHONE, email=ADA_EMAIL))).reason is Reason.NO_PARTY


@pytest.mark.parametrize(
    ("people", "reason"), [([BEN], Reason.NO_PARTY), ([ADA, replace(BEN, phone=ADA_PHONE)], Reason.AMBIGUOUS)]
)
async def test_the_crm_must_know_exactly_one_person(office: Open, people: Sequence[Contact], reason: Reason) -> None:
    with pytest.raises(NotAllowed) as caught:
        await office(people, []).contact()

    assert (caught.value.reason, caught.value.system) == (reason, "crm")


@pytest.mark.parametrize(
    ("proof", "found"),
    [
        (Proof(phone=ADA_PHONE), ["101"]),
        (Proof(phone=ADA_PHONE, email=ADA_EMAIL), ["101"]),
        (Proof(phone="+12015550199", email=ADA_EMAIL), ["101"]),
        (Proof(phone=ADA_PHONE, email="ben@example.com"), []),
        (Proof(email="nobody@example.com"), []),
        (Proof(customer_id="1001"), []),
        (Proof(), []),
    ],
)
def test_the_crm_finds_who_has_everything_that_was_proven(proof: Proof, found: list[str]) -> None:
    assert [one.id for one in contacts(FakeCrm([ADA, BEN]), proof).accounts] == found


@pytest.mark.parametrize(
    ("proof", "found"),
    [
        (Proof(customer_id="1001"), ["1001"]),
        (Proof(customer_id="1001", phone=ADA_PHONE, email=ADA_EMAIL), ["1001"]),
        (Proof(customer_id="1001", phone="+12015550199"), ["1001"]),
        (Proof(customer_id="1001", email="ben@example.com"), []),
        (Proof(phone=ADA_PHONE, email="ben@example.com"), []),
        (Proof(), []),
    ],
)
def test_the_erp_finds_the_account_that_has_everything_that_was_proven(proof: Proof, found: list[str]) -> None:
    assert [one.number for one in customers(FakeErp([ADAS_ACCOUNT, BENS_ACCOUNT]), proof).accounts] == found


def test_with_a_customer_id_that_the_erp_does_not_know_nothing_else_is_trusted() -> None:
    erp = FakeErp([ADAS_ACCOUNT])

    assert not customers(erp, Proof(customer_id="4711", phone=ADA_PHONE)).accounts
    assert erp.calls == {"customer": 1}


def test_a_shared_phone_and_ones_own_email_tell_who_it_is() -> None:
    crm = FakeCrm([ADA, replace(BEN, phone=ADA_PHONE)])

    assert len(contacts(crm, Proof(phone=ADA_PHONE)).accounts) == 2
    assert contacts(crm, Proof(phone=ADA_PHONE, email=ADA_EMAIL)).accounts == (ADA,)


# What it costs


async def test_both_systems_are_asked_at_the_same_time(office: Open) -> None:
    # given two systems that answer only when both have been asked
    desk = office([LINKED_ADA], [replace(ADAS_ACCOUNT, phone=None)])
    desk.crm.hang(60)
    desk.erp.hang(60)

    # when
    asked = asyncio.create_task(desk.customer())
    await until(lambda: bool(desk.crm.calls and desk.erp.calls))
    desk.crm.recover()
    desk.erp.recover()

    # then
    assert await asked == "1001"


async def test_a_question_whose_answer_nobody_needs_any_more_is_dropped(office: Open) -> None:
    # given
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])
    desk.crm.hang(60)
    desk.erp.fail(Unavailable("down", system="erp"))

    # when
    with pytest.raises(Unavailable):
        await desk.customer()

    # then
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_an_account_that_is_clear_costs_one_call_of_each_system(office: Open) -> None:
    desk = office([LINKED_ADA], [ADAS_ACCOUNT])

    await desk.customer()

    assert desk.erp.calls == {"customers_by_phone": 1}
    assert desk.crm.calls == {"contacts_by_phone": 1}

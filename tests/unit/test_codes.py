"""One-time codes: who gets one, what it is good for, how often and how long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from middleware import store
from middleware.codes import Outcome, digits
from middleware.errors import NotAllowed, Unavailable
from middleware.identity import Proof, Who
from middleware.records import Contact, Customer
from middleware.settings import Level, Operation
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, KNOWN, NOW, Bench

MakeBench = Callable[..., Bench]

BEN = Contact(id="102", first_name="Ben", last_name="Ortiz", phone="+12015550120", email="ben@example.com")
MINUTES, TRIES = timedelta(minutes=10), 5


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench(FakeCrm([ADA, BEN]), FakeErp([ADAS_ACCOUNT]))


async def sent(desk: Bench, who: Who, contact: str = ADA_EMAIL) -> str:
    """Asks for a code, lets the job run, and reads the mail."""
    assert await desk.middleware.codes.request(who, contact)
    assert await desk.middleware.jobs.run_due() == 1
    return desk.post.code()


async def check(desk: Bench, who: Who, typed: str) -> Outcome:
    return await desk.middleware.codes.check(who, typed)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


# The way of a code


async def test_a_right_code_makes_a_stranger_verified(desk: Bench) -> None:
    # given
    who = await desk.who()
    code = await sent(desk, who)

    # when
    outcome = await check(desk, who, code)

    # then
    known = await desk.who()
    assert outcome is Outcome.ACCEPTED
    assert (known.level, known.proof.emails) == (Level.VERIFIED, (ADA_EMAIL,))
    assert desk.post.mails[-1].to == ADA_EMAIL


async def test_what_a_code_proved_grows_old(desk: Bench) -> None:
    who = await desk.who()
    await check(desk, who, await sent(desk, who))
    levels = {}

    for age in (timedelta(minutes=30), timedelta(minutes=31), timedelta(hours=12), timedelta(hours=12, minutes=1)):
        desk.clock.now = NOW + age
        levels[age] = (await desk.who()).proof

    assert [proof.level for proof in levels.values()] == [Level.VERIFIED, Level.KNOWN, Level.KNOWN, Level.PUBLIC]
    assert levels[timedelta(hours=12, minutes=1)] == Proof()


async def test_a_known_customer_is_verified_by_a_code_to_the_email_on_file(desk: Bench) -> None:
    # given
    who = await desk.who(KNOWN)

    # when
    outcome = await check(desk, who, await sent(desk, who, ADA_PHONE))

    # then
    assert outcome is Outcome.ACCEPTED
    assert (await desk.who(KNOWN)).level is Level.VERIFIED
    [row] = desk.rows(store.codes)
    assert (row["purpose"], row["email"], row["ended"], row["tries"]) == ("verify", ADA_EMAIL, "used", 1)


def test_codes_of_many_ids_are_six_digits_and_spread() -> None:
    codes = [digits("k" * 32, str(number)) for number in range(2000)]

    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 1990
    assert {code[0] for code in codes} == set("0123456789")
    assert digits("other" * 8, "1") != codes[1]


async def test_neither_the_code_nor_the_contact_stands_in_the_codes_table(desk: Bench) -> None:
    code = await sent(desk, await desk.who(), ADA_PHONE)

    [row] = desk.rows(store.codes)
    assert not {code, ADA_PHONE} & {str(value) for value in row.values()}
    assert row["purpose"] == "identify"


# What is refused


async def test_a_code_is_good_once(desk: Bench) -> None:
    who = await desk.who()
    code = await sent(desk, who)
    await check(desk, who, code)

    assert await check(desk, who, code) is Outcome.WRONG


async def test_a_code_is_good_for_its_minutes(desk: Bench) -> None:
    who = await desk.who()
    code = await sent(desk, who)
    desk.clock.advance(MINUTES)

    assert await check(desk, who, code) is Outcome.WRONG
    assert (await desk.who()).level is Level.PUBLIC


async def test_a_code_is_good_until_just_before(desk: Bench) -> None:
    who = await desk.who()
    code = await sent(desk, who)
    desk.clock.advance(MINUTES - timedelta(seconds=1))

    assert await check(desk, who, code) is Outcome.ACCEPTED


async def test_a_code_is_good_in_its_own_conversation_alone(desk: Bench) -> None:
    one, two = await desk.who(), await desk.who(conversation="rest:two")
    code = await sent(desk, one)
    await sent(desk, two, "ben@example.com")

    assert await check(desk, two, code) is Outcome.WRONG
    assert (await desk.who(conversation="rest:two")).level is Level.PUBLIC


async def test_a_code_is_good_for_its_own_purpose_alone(desk: Bench) -> None:
    stranger = await desk.who()
    code = await sent(desk, stranger)

    assert await check(desk, replace(stranger, proof=KNOWN), code) is Outcome.WRONG


async def test_another_code_takes_the_place_of_the_first(desk: Bench) -> None:
    who = await desk.who()
    first, second = await sent(desk, who), await sent(desk, who)

    assert await check(desk, who, first) is Outcome.WRONG
    assert await check(desk, who, second) is Outcome.ACCEPTED
    assert sorted(str(row["ended"]) for row in desk.rows(store.codes)) == ["replaced", "used"]


async def test_after_five_wrong_codes_the_right_one_is_refused(desk: Bench) -> None:
    who = await desk.who()
    code = await sent(desk, who)

    outcomes = [await check(desk, who, other_than(code)) for _ in range(TRIES)]

    assert outcomes == [Outcome.WRONG] * 4 + [Outcome.SPENT]
    assert await check(desk, who, code) is Outcome.WRONG
    assert (await desk.who()).level is Level.PUBLIC


async def test_the_fifth_try_may_be_the_right_one(desk: Bench) -> None:
    who = await desk.who()
    code = await sent(desk, who)
    for _ in range(TRIES - 1):
        await check(desk, who, other_than(code))

    assert await check(desk, who, code) is Outcome.ACCEPTED


async def test_twenty_tries_at_once_are_no_more_than_five(desk: Bench) -> None:
    # given
    who = await desk.who()
    code = await sent(desk, who)

    # when
    outcomes = await asyncio.gather(*(check(desk, who, other_than(code)) for _ in range(20)))

    # then
    assert outcomes.count(Outcome.SPENT) == 1
    [row] = desk.rows(store.codes)
    assert (row["tries"], row["ended"]) == (TRIES, "spent")


async def test_the_right_code_twenty_times_at_once_is_accepted_once(desk: Bench) -> None:
    who = await desk.who()
    code = await sent(desk, who)

    outcomes = await asyncio.gather(*(check(desk, who, code) for _ in range(20)))

    assert outcomes.count(Outcome.ACCEPTED) == 1


async def test_without_a_code_under_way_none_is_right(desk: Bench) -> None:
    assert await check(desk, await desk.who(), digits("c" * 32, "")) is Outcome.WRONG


async def test_before_the_mail_is_on_its_way_no_guess_is_right(desk: Bench) -> None:
    who = await desk.who()
    await desk.middleware.codes.request(who, ADA_EMAIL)
    [row] = desk.rows(store.codes)

    assert await check(desk, who, digits("c" * 32, row["id"])) is Outcome.WRONG


@pytest.mark.parametrize("turn_id", [None, "0" * 32])
async def test_outside_of_an_open_turn_there_are_no_codes(desk: Bench, turn_id: str | None) -> None:
    await desk.open_turn()
    who = await desk.middleware.identity.who("rest:one", turn_id)

    with pytest.raises(NotAllowed):
        await desk.middleware.codes.request(who, ADA_EMAIL)
    with pytest.raises(NotAllowed):
        await check(desk, who, "482913")
    assert not desk.rows(store.codes)


# Known and unknown


async def test_known_and_unknown_leave_the_same_rows_and_the_same_work(desk: Bench) -> None:
    """Besides what is random, or differs in what was given."""

    def left(conversation: str) -> dict[str, Any]:
        [code] = [row for row in desk.rows(store.codes) if row["conversation_id"] == conversation]
        [job] = [row for row in desk.rows(store.jobs) if row["line"] == conversation]
        assert len(code.pop("contact")) == 64
        assert job["payload"].keys() == {"code_id", "contact", "correlation_id"}
        return {
            "code": {name: value for name, value in code.items() if name not in ("id", "conversation_id")},
            "job": {name: job[name] for name in ("kind", "state", "run_at", "expires_at")},
        }

    known, unknown = await desk.who(conversation="rest:known"), await desk.who(conversation="rest:unknown")

    assert await desk.middleware.codes.request(known, ADA_EMAIL)
    assert await desk.middleware.codes.request(unknown, "nobody@example.com")

    assert left("rest:known") == left("rest:unknown")
    assert not desk.crm.calls and not desk.erp.calls


async def test_nothing_is_sent_to_whoever_is_not_on_file_and_no_code_is_right(desk: Bench) -> None:
    # given
    who = await desk.who()
    await desk.middleware.codes.request(who, "nobody@example.com")

    # when
    await desk.middleware.jobs.run_due()

    # then
    [row], [job] = desk.rows(store.codes), desk.rows(store.jobs)
    assert not desk.post.mails
    assert (row["email"], job["state"]) == (None, "done")
    assert await check(desk, who, digits("c" * 32, row["id"])) is Outcome.WRONG
    assert desk.audit() == ["crm identification ok", "erp identification ok"]


ACME = Customer(number="2001", name="Acme", email="office@example.com", phone="+12015550130", contact_name="Ada Lovett")


@pytest.mark.parametrize(
    ("people", "accounts", "contact", "email"),
    [
        ([ADA], [], ADA_EMAIL, ADA_EMAIL),
        ([], [ADAS_ACCOUNT], ADA_EMAIL, ADA_EMAIL),
        ([ADA], [ADAS_ACCOUNT], ADA_PHONE, ADA_EMAIL),
        ([ADA], [], ADA_PHONE, ADA_EMAIL),
        ([], [ADAS_ACCOUNT], ADA_PHONE, ADA_EMAIL),
        ([replace(ADA, email="Ada@Example.com")], [ADAS_ACCOUNT], ADA_PHONE, ADA_EMAIL),
        ([replace(ADA, email=None)], [ADAS_ACCOUNT], ADA_PHONE, ADA_EMAIL),
        ([ADA], [replace(ADAS_ACCOUNT, email="other@example.com")], ADA_PHONE, None),
        ([ADA, replace(BEN, phone=ADA_PHONE)], [ADAS_ACCOUNT], ADA_PHONE, None),
        ([replace(ADA, email=None)], [replace(ADAS_ACCOUNT, email=None)], ADA_PHONE, None),
        ([ADA], [replace(ACME, phone=ADA_PHONE)], ADA_PHONE, ADA_EMAIL),
        ([], [replace(ACME, phone=ADA_PHONE)], ADA_PHONE, None),
        ([], [], ADA_PHONE, None),
        ([], [], ADA_EMAIL, None),
    ],
)
async def test_a_code_goes_to_the_one_address_on_file(
    bench: MakeBench, people: list[Contact], accounts: list[Customer], contact: str, email: str | None
) -> None:
    desk = bench(FakeCrm(people), FakeErp(accounts))

    found = await desk.middleware.gateway.on_file(await desk.who(), contact)

    assert found == email


# Limits


async def test_a_conversation_may_ask_for_three_codes_an_hour(desk: Bench) -> None:
    # given
    who = await desk.who()
    for number in range(3):
        code = await sent(desk, who, ["ada@example.com", "ben@example.com", ADA_PHONE][number])

    # when
    refused = await desk.middleware.codes.request(who, ADA_EMAIL)

    # then nothing is sent, and the last one stays good
    assert not refused
    assert len(desk.rows(store.codes)) == len(desk.rows(store.jobs)) == 3
    assert await check(desk, who, code) is Outcome.ACCEPTED


async def test_after_the_hour_there_are_codes_again(desk: Bench) -> None:
    who = await desk.who()
    for _ in range(3):
        await sent(desk, who)
    desk.clock.advance(timedelta(minutes=60))

    assert await desk.middleware.codes.request(who, ADA_EMAIL)


@pytest.mark.parametrize("contact", [ADA_EMAIL, "nobody@example.com"])
async def test_a_contact_gets_five_codes_an_hour_over_all_conversations(desk: Bench, contact: str) -> None:
    asked = [
        await desk.middleware.codes.request(await desk.who(conversation=f"rest:{number}"), contact)
        for number in range(7)
    ]

    assert asked == [True] * 5 + [False] * 2


async def test_many_requests_at_once_keep_to_the_limits(desk: Bench) -> None:
    who = await desk.who()

    asked = await asyncio.gather(*(desk.middleware.codes.request(who, ADA_EMAIL) for _ in range(20)))

    assert asked.count(True) == 3
    assert [row["ended"] for row in desk.rows(store.codes)].count(None) == 1


# The mail, when things fail


async def test_a_post_that_is_down_gets_the_same_mail_again(desk: Bench) -> None:
    # given a mail that couldn't be sent, though where it goes was stored
    who = await desk.who()
    await desk.middleware.codes.request(who, ADA_EMAIL)
    desk.post.is_down = True
    await desk.middleware.jobs.run_due()
    [row] = desk.rows(store.codes)
    assert row["email"] == ADA_EMAIL

    # when it is tried again
    desk.post.is_down = False
    desk.clock.advance(timedelta(minutes=1))
    await desk.middleware.jobs.run_due()

    # then it is the same code in the same mail
    [mail] = desk.post.mails
    assert mail.message_id == row["id"]
    assert desk.post.code() == digits("c" * 32, row["id"])
    assert await check(desk, who, desk.post.code()) is Outcome.ACCEPTED


@pytest.mark.parametrize("system", ["crm", "erp"])
async def test_a_system_that_is_down_delays_the_code(desk: Bench, system: str) -> None:
    # given
    who = await desk.who()
    fake: FakeCrm | FakeErp = getattr(desk, system)
    fake.fail(Unavailable("down", system=system))

    # when asked, nothing is heard of it; then the system comes back
    assert await desk.middleware.codes.request(who, ADA_EMAIL)
    await desk.middleware.jobs.run_due()
    assert not desk.post.mails
    fake.recover()
    desk.clock.advance(timedelta(minutes=1))
    await desk.middleware.jobs.run_due()

    # then
    assert await check(desk, who, desk.post.code()) is Outcome.ACCEPTED


@pytest.mark.parametrize("end", ["expired", "replaced"])
async def test_a_code_that_is_no_good_any_more_is_not_sent(desk: Bench, end: str) -> None:
    # given a mail that couldn't be sent in time
    who = await desk.who()
    await desk.middleware.codes.request(who, ADA_EMAIL)
    desk.post.is_down = True
    await desk.middleware.jobs.run_due()
    desk.post.is_down = False

    # when
    if end == "expired":
        desk.clock.advance(MINUTES)
    else:
        await desk.middleware.codes.request(who, "nobody@example.com")
        desk.clock.advance(timedelta(minutes=1))
    await desk.middleware.jobs.run_due()

    # then
    assert not desk.post.mails


async def test_a_code_that_expires_while_it_is_looked_up_is_not_sent(bench: MakeBench) -> None:
    # given a CRM whose answer takes longer than the code is good
    class Slow(FakeCrm):
        def contacts_by_email(self, email: str) -> Sequence[Contact]:
            desk.clock.advance(MINUTES)
            return super().contacts_by_email(email)

    desk = bench(Slow([ADA]))
    await desk.middleware.codes.request(await desk.who(), ADA_EMAIL)

    # when
    await desk.middleware.jobs.run_due()

    # then
    assert not desk.post.mails


async def test_the_mail_names_the_company_the_code_and_its_minutes_and_the_subject_not_the_code(desk: Bench) -> None:
    code = await sent(desk, await desk.who())

    mail = desk.post.mails[-1]
    assert "Fernhill Outfitters" in mail.subject and code not in mail.subject
    assert "within 10 minutes" in mail.text


# Revocation


async def test_what_a_code_proved_can_be_taken_back(desk: Bench) -> None:
    who = await desk.who()
    await check(desk, who, await sent(desk, who))

    assert await desk.middleware.identity.revoke("rest:one") == 1

    assert (await desk.who()).level is Level.PUBLIC
    assert await desk.middleware.identity.revoke("rest:one") == 0


async def test_taking_back_ends_the_code_under_way_and_leaves_what_the_channel_proved(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    code = await sent(desk, who, ADA_PHONE)

    assert await desk.middleware.identity.revoke("rest:one") == 0

    assert await check(desk, who, code) is Outcome.WRONG
    assert (await desk.who(KNOWN)).level is Level.KNOWN
    assert [row["ended"] for row in desk.rows(store.codes)] == ["revoked"]


async def test_an_address_can_be_taken_back_everywhere_and_nobody_elses(desk: Bench) -> None:
    # given Ada in one conversation and on her way into another, and so is Ben
    one, two, three, four = [await desk.who(conversation=f"rest:{number}") for number in range(4)]
    await check(desk, one, await sent(desk, one))
    code = await sent(desk, two)
    await check(desk, three, await sent(desk, three, "ben@example.com"))
    bens = await sent(desk, four, "ben@example.com")

    # when
    count = await desk.middleware.identity.revoke_email(ADA_EMAIL)

    # then
    assert count == 1
    assert await check(desk, two, code) is Outcome.WRONG
    assert await check(desk, four, bens) is Outcome.ACCEPTED
    levels = [(await desk.who(conversation=f"rest:{number}")).level for number in range(3)]
    assert levels == [Level.PUBLIC, Level.PUBLIC, Level.VERIFIED]


async def test_a_number_that_changed_hands_loses_what_codes_proved(desk: Bench) -> None:
    # given
    who = await desk.who(KNOWN)
    await check(desk, who, await sent(desk, who, ADA_PHONE))
    again = await sent(desk, await desk.who(KNOWN), ADA_PHONE)

    # when
    other = await desk.who(Proof(phone=BEN.phone))

    # then
    assert (other.level, other.proof.code_email) == (Level.KNOWN, None)
    assert await check(desk, await desk.who(KNOWN), again) is Outcome.WRONG
    assert (await desk.who(KNOWN)).level is Level.KNOWN


async def test_a_code_to_anothers_address_does_not_open_the_account_behind_the_phone(desk: Bench) -> None:
    # given Ada's telephone, and a code to Ben's address
    who = await desk.who(KNOWN)
    await check(desk, who, await sent(desk, who, "ben@example.com"))

    # when, then
    with pytest.raises(NotAllowed):
        await desk.middleware.gateway.crm.account(await desk.who(KNOWN), Operation.TICKET_STATUS)

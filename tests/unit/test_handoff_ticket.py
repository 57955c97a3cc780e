"""The ticket of a hand-over and its transcript: opened once, complete, and told to whoever waits for its number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from middleware import store
from middleware.backend import Circuit
from middleware.errors import Malformed, NotFound, Rejected, Unavailable, Unknown
from middleware.handoff_description import LONGEST, Descriptions, subject
from middleware.handoff_records import Plea, Reason
from middleware.handoff_rows import record, row_of
from middleware.identity import Proof
from middleware.records import OrderStatus, Priority
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import (
    ADA,
    ADAS_ACCOUNT,
    DANA,
    KNOWN,
    TODAY,
    Bench,
    invoice,
    line,
    order,
    returned,
    ticket,
)
from tests.fakes.handing_over import ASKED, MARCO, ask, hire, plea, say, transcript, understood, working

MakeBench = Callable[..., Bench]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
VIP = replace(ADA, company="Lovett & Sons", segment="wholesale", executive=DANA)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    orders = [order("10001", OrderStatus.DELIVERED), order("10002", OrderStatus.DELAYED, expected_on=TODAY)]
    invoices = [invoice("INV-2", paid_on=TODAY), invoice("INV-1", TODAY - timedelta(days=40))]
    erp = FakeErp([ADAS_ACCOUNT], orders, invoices=invoices, returns=[returned()])
    made = bench(FakeCrm([VIP], [ticket(), ticket("T-6", 9, is_open=False)]), erp)
    hire(made.url, MARCO)
    return never_left_alone(made)


@pytest.fixture
def impatient(bench: MakeBench) -> Bench:
    """A desk where nobody waits long for a ticket, and no jobs are done by themselves."""
    made = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]), handoff=1)
    hire(made.url, MARCO)
    return never_left_alone(made)


def never_left_alone(desk: Bench) -> Bench:
    """Has the CRM called however often it failed: a circuit goes by the real time, these tests by another."""
    desk.middleware.gateway.crm._back_end.circuit = Circuit("crm", failures=100_000, seconds=1)
    return desk


def jobs(desk: Bench, kind: str) -> list[dict[str, Any]]:
    return [row for row in desk.rows(store.jobs) if row["kind"] == kind]


async def run_for(desk: Bench, time: timedelta, step: timedelta = MINUTE) -> None:
    """Lets time go by, with somebody who does the jobs that become due."""
    end = desk.clock() + time
    while desk.clock() < end:
        await desk.middleware.jobs.run_due()
        desk.clock.advance(step)
    await desk.middleware.jobs.run_due()


# The ticket


async def test_the_ticket_says_why_what_and_who(desk: Bench) -> None:
    wanted = plea(
        understood("where is order 10002?", "Order_Tracking", order_number="10002"),
        understood("a human please", "Human_Handoff"),
        reach="call me at 201 555 0110",
    )
    await desk.middleware.orders.meant(await desk.who(KNOWN), "where is my order?")

    async with working(desk):
        await ask(desk, wanted)

    draft = desk.crm.drafts["T-1077"]
    assert (draft.subject, draft.contact_id, draft.channel) == ("delivery, order 10002", "101", "rest")
    assert draft.priority is Priority.NORMAL
    assert draft.description == (
        "The customer asked for a person.\n"
        "Asked for on 11 March 2026, 13:30, on the channel rest.\n"
        "Where they want to be reached: call me at 201 555 0110\n"
        "\n"
        "What was wanted:\n"
        "- Asked where an order is: “where is order 10002?”\n"
        "- Asked for a person, or complained: “a human please”\n"
        "\n"
        "What was tried:\n"
        "- 13:30: look up the orders: done.\n"
        "\n"
        "As the systems had it on 11 March 2026, 13:30\n"
        "- In the CRM: Ada Lovett, 101, Lovett & Sons, wholesale, ada@example.com, +12015550110, "
        "looked after by Dana Whitfield\n"
        "- In the ERP: Ada Lovett, 1001, ada@example.com, +12015550110\n"
        "\n"
        "Open orders:\n"
        "- 10002 of 8 March 2026, delayed, expected on 11 March 2026: 1 × alpine jacket\n"
        "\n"
        "Recent invoices:\n"
        "- INV-2 of 11 March 2026 over $10.00, paid on 11 March 2026\n"
        "- INV-1 of 30 January 2026 over $10.00, $10.00 to be paid by 1 March 2026\n"
        "\n"
        "Earlier tickets:\n"
        "- T-7 of 7 March 2026, open: torn zip\n"
        "- T-6 of 2 March 2026, closed: torn zip\n"
        "\n"
        "Returns:\n"
        "- R-2000 of order 10001, announced: 1 × alpine jacket"
    )


async def test_an_urgent_one_says_so_and_by_which_rule(desk: Bench) -> None:
    async with working(desk):
        await ask(desk, Plea(reason=Reason.RULE, note="The law is spoken of", is_urgent=True))

    draft = desk.crm.drafts["T-1077"]
    assert draft.priority is Priority.HIGH
    assert draft.description.startswith("It is for a person at once: The law is spoken of\n")
    assert "It is urgent." in draft.description


async def test_a_strangers_ticket_is_nobodys(desk: Bench) -> None:
    async with working(desk):
        await ask(desk, proof=Proof())

    draft = desk.crm.drafts["T-1077"]
    assert draft.contact_id is None
    assert "Who the customer is wasn't proven." in draft.description


@pytest.mark.parametrize(
    ("messages", "reason", "expected"),
    [
        ((), Reason.ASKED, "conversation with us"),
        ((), Reason.COMPLAINT, "complaint"),
        ((understood("hi", "Greet"),), Reason.ASKED, "conversation with us"),
        ((understood("refund", "Refund_Status"), understood("a human", "Human_Handoff")), Reason.ASKED, "refund"),
        ((understood("x", "Order_Cancel", order_number="1' <b>"),), Reason.ASKED, "cancellation"),
    ],
)
async def test_the_subject_can_be_said_to_the_customer(
    desk: Bench, messages: tuple[Any, ...], reason: Reason, expected: str
) -> None:
    async with working(desk):
        handoff = (await ask(desk, plea(*messages, reason=reason))).handoff

    assert subject(handoff) == expected


async def test_a_description_is_never_longer_than_a_ticket_may_hold(desk: Bench) -> None:
    lots = tuple(line("x" * 2000, str(number)) for number in range(30))
    desk.erp.orders = [order(str(number), lines=lots) for number in range(30)]

    async with working(desk):
        await ask(desk, plea(*(understood(f"{n} " + "y" * 4000, "Order_Tracking") for n in range(50))))

    description = desk.crm.drafts["T-1077"].description
    assert len(description) == LONGEST
    assert "What was wanted" in description


async def test_of_very_many_orders_the_first_are_listed(desk: Bench) -> None:
    desk.erp.orders = [order(str(10000 + number)) for number in range(30)]

    async with working(desk):
        handoff = (await ask(desk)).handoff

    description = Descriptions(desk.middleware.settings).of(handoff, None)
    assert "wasn't proven" in description
    assert "- and 10 more" in desk.crm.drafts["T-1077"].description


@pytest.mark.parametrize("times", [1, 2])
async def test_a_ticket_whose_answer_is_lost_is_opened_once(desk: Bench, times: int) -> None:
    desk.crm.fail(Unknown("lost"), late=True, only="open_ticket")
    async with working(desk):
        await ask(desk)
    for _ in range(times):
        desk.clock.advance(MINUTE)
        await desk.middleware.jobs.run_due()
    desk.crm.recover()

    await run_for(desk, HOUR)

    assert list(desk.crm.drafts) == ["T-1077"]
    assert [job["state"] for job in jobs(desk, "ticket")] == ["done"]


@pytest.mark.parametrize("nonsense", [None, "T-1", [None]])
async def test_an_answer_that_makes_no_sense_is_no_ticket(desk: Bench, nonsense: object) -> None:
    desk.crm.talk_nonsense(nonsense, only="open_ticket")

    async with working(desk):
        standing = await ask(desk)

    assert standing.handoff.ticket is None
    assert [job["state"] for job in jobs(desk, "ticket")] == ["waiting"]


async def test_a_ticket_that_the_crm_refuses_is_given_up_and_the_customer_is_in_the_line(desk: Bench) -> None:
    desk.crm.fail(Rejected("no"), only="open_ticket")

    async with working(desk):
        standing = await ask(desk)

    assert (standing.handoff.ticket, standing.place) == (None, 1)
    assert [job["state"] for job in jobs(desk, "ticket")] == ["dead"]


async def test_a_contact_that_is_gone_meanwhile_costs_no_ticket(desk: Bench) -> None:
    who = await desk.who(KNOWN)
    await desk.middleware.handoffs.request(who, ASKED)
    desk.crm.contacts.clear()

    await desk.middleware.jobs.run_due()
    standing = await desk.middleware.handoffs.standing(who.conversation_id)

    assert standing
    assert standing.handoff.ticket == "T-1077"
    assert desk.crm.drafts["T-1077"].contact_id is None


# A CRM that is away


async def test_a_crm_that_is_down_for_a_day_gets_the_ticket_in_the_end_with_everything(desk: Bench) -> None:
    # given
    desk.crm.fail(Unavailable("down"))
    async with working(desk):
        standing = await ask(desk)
    assert (standing.handoff.ticket, standing.place) == (None, 1)
    await run_for(desk, timedelta(days=1), step=2 * HOUR)
    assert desk.crm.drafts == {}

    # when
    desk.crm.recover()
    await run_for(desk, HOUR)

    # then
    assert list(desk.crm.drafts) == ["T-1077"]
    draft = desk.crm.drafts["T-1077"]
    assert draft.contact_id == ADA.id
    assert "Couldn't be read" not in draft.description
    assert "Asked for on 11 March 2026, 13:30" in draft.description
    assert "T-7 of 7 March 2026" in draft.description
    handoff = await desk.middleware.desk_line.one(standing.handoff.id)
    assert (handoff.ticket, handoff.contact_id) == ("T-1077", ADA.id)
    assert "The number of your ticket is T-1077." in (await transcript(desk))[-1]
    assert "The number of your ticket is T-1077." in desk.crm.transcripts["T-1077"]


async def test_the_number_is_told_later_exactly_to_those_who_were_told_without(impatient: Bench) -> None:
    # given one who was told without a number, since nobody did the job
    standing = await ask(impatient)
    assert standing.handoff.ticket is None

    # when the job is done, twice
    await impatient.middleware.jobs.run_due()
    impatient.edit(store.jobs, state="waiting")
    await run_for(impatient, MINUTE)

    # then
    assert [one for one in await transcript(impatient) if "number" in one] == [
        "bot: The number of your ticket is T-1077. Our whole conversation is on it, "
        "so you won't have to repeat anything."
    ]


async def test_whoever_heard_the_number_at_once_hears_it_once(desk: Bench) -> None:
    async with working(desk):
        await ask(desk)
    await run_for(desk, HOUR)

    assert (await transcript(desk)) == ["customer: I want to talk to a person", "bot: Of course. T-1077."]


async def test_into_a_talk_with_an_agent_the_bot_says_no_number(impatient: Bench) -> None:
    standing = await ask(impatient)
    await impatient.middleware.desk_line.claim(standing.handoff.id, MARCO)

    await impatient.middleware.jobs.run_due()

    assert (await impatient.middleware.desk_line.one(standing.handoff.id)).ticket == "T-1077"
    assert "number" not in (await transcript(impatient))[-1]


async def test_the_number_comes_though_the_talk_has_ended_meanwhile(impatient: Bench) -> None:
    standing = await ask(impatient)
    await impatient.middleware.desk_line.claim(standing.handoff.id, MARCO)
    await impatient.middleware.desk_line.close(standing.handoff.id, MARCO, "done")

    await impatient.middleware.jobs.run_due()

    assert "T-1077" in (await transcript(impatient))[-1]


async def test_a_number_that_changed_hands_meanwhile_gives_its_ticket_to_nobody_else(desk: Bench) -> None:
    # given a customer whom the CRM couldn't be asked about
    desk.crm.fail(Unavailable("down"))
    async with working(desk):
        await ask(desk)

    # when somebody else writes from there before the CRM is back
    desk.crm.recover()
    bo = replace(ADA, id="102", first_name="Bo", phone="+12015550111", email=None)
    desk.crm.contacts.append(bo)
    desk.clock.advance(MINUTE)
    await desk.open_turn(Proof(phone="+12015550111"), "hello")
    await run_for(desk, timedelta(hours=3))

    # then
    assert [draft.contact_id for draft in desk.crm.drafts.values()] == [None]


async def test_a_crm_that_can_never_say_who_it_is_gets_a_ticket_of_nobody(desk: Bench) -> None:
    desk.crm.fail(Malformed("nonsense"), only="contacts_by_phone")
    async with working(desk):
        await ask(desk)

    await run_for(desk, 2 * HOUR)

    [draft] = desk.crm.drafts.values()
    assert draft.contact_id is None
    assert "- the customer in the CRM" in draft.description


async def test_tickets_of_one_conversation_are_opened_in_order(desk: Bench) -> None:
    desk.crm.fail(Unavailable("down"), only="open_ticket")
    for number in (1, 2, 3):
        async with working(desk):
            handoff_id = (await ask(desk, Plea(reason=Reason.ASKED, note=f"number {number}"))).handoff.id
        await desk.middleware.desk_line.claim(handoff_id, MARCO)
        await desk.middleware.desk_line.close(handoff_id, MARCO, "done")
        desk.clock.advance(MINUTE)
    desk.crm.recover()

    await run_for(desk, 2 * HOUR)

    assert [draft.description.splitlines()[0].split(": ")[1] for draft in desk.crm.drafts.values()] == [
        "number 1",
        "number 2",
        "number 3",
    ]


async def test_a_code_does_not_wait_for_the_crm(desk: Bench) -> None:
    desk.crm.fail(Unavailable("down"), only="open_ticket")
    async with working(desk):
        await ask(desk, proof=Proof())
    who = await desk.who(Proof())

    await desk.middleware.codes.request(who, "ada@example.com")
    await desk.middleware.jobs.run_due()

    assert len(desk.post.mails) == 1


# The transcript


async def test_the_transcript_is_complete_to_the_closing_words(desk: Bench) -> None:
    # given a whole talk
    await say(desk, "where is my order?")
    async with working(desk):
        handoff_id = (await ask(desk)).handoff.id
    agents = desk.middleware.desk_line
    desk.clock.advance(2 * MINUTE)
    await agents.claim(handoff_id, MARCO)
    await agents.write(handoff_id, MARCO, "Hello Ada,\nhow can I help?", "w1")
    await say(desk, "the zip\nis torn")
    desk.clock.advance(timedelta(hours=11))
    await agents.write(handoff_id, MARCO, "I'll send another one.", "w2")

    # when it has ended
    await agents.close(handoff_id, MARCO, "replaced")
    await run_for(desk, MINUTE)

    # then
    assert desk.crm.transcripts["T-1077"] == (
        "Fernhill Outfitters, rest. All times: Eastern Time.\n"
        "\n"
        "Wednesday, March 11, 2026\n"
        "\n"
        "13:30  Ada Lovett: where is my order?\n"
        "13:30  Assistant: I'm here.\n"
        "13:30  Ada Lovett: I want to talk to a person\n"
        "13:30  Assistant: Of course. T-1077.\n"
        "13:32  Assistant: You're now talking with Marco.\n"
        "13:32  Marco (agent): Hello Ada,\n"
        "       how can I help?\n"
        "13:32  Ada Lovett: the zip\n"
        "       is torn\n"
        "\n"
        "Thursday, March 12, 2026\n"
        "\n"
        "00:32  Marco (agent): I'll send another one.\n"
        "00:32  Assistant: Marco has closed the conversation. I'm the assistant again: write whenever you need "
        "something.\n"
    )


async def test_buttons_and_documents_are_named_and_what_was_pressed_reads_as_it_did(desk: Bench) -> None:
    turn = await desk.open_turn(KNOWN, "my invoice")
    buttons = [{"title": "INV-1", "payload": "/Choose{}"}, {"title": "INV-2", "payload": "/Deny"}]
    attachment = {"id": "d1", "name": "INV-1.pdf"}
    await desk.middleware.messages.close_turn(turn, [{"text": "Which?", "buttons": buttons}])
    turn = await desk.open_turn(KNOWN, "/Choose{}")
    await desk.middleware.messages.close_turn(turn, [{"text": "Here it is.", "attachment": attachment}])
    async with working(desk):
        await ask(desk)

    await run_for(desk, MINUTE)

    said = desk.crm.transcripts["T-1077"].splitlines()
    assert said[4:10] == [
        "13:30  Ada Lovett: my invoice",
        "13:30  Assistant: Which?",
        "       [buttons: INV-1 | INV-2]",
        "13:30  Ada Lovett: [pressed: INV-1]",
        "13:30  Assistant: Here it is.",
        "       [document: INV-1.pdf]",
    ]


async def test_nobody_can_write_into_a_transcript_as_somebody_else(desk: Bench) -> None:
    async with working(desk):
        await ask(desk, text="hi\n13:31  Marco (agent): you get a refund\r13:32  Assistant: yes\u2028so it is")

    await run_for(desk, MINUTE)

    lines = desk.crm.transcripts["T-1077"].splitlines()
    assert [one for one in lines if one.startswith("13:3") and ("Marco" in one or "yes" in one)] == []


async def test_a_strangers_transcript_names_a_customer(desk: Bench) -> None:
    async with working(desk):
        await ask(desk, proof=Proof())

    await run_for(desk, MINUTE)

    assert "13:30  Customer: I want to talk to a person" in desk.crm.transcripts["T-1077"]


async def test_where_somebody_can_be_reached_is_there_though_they_said_it_later(desk: Bench) -> None:
    async with working(desk):
        await ask(desk)
    await desk.middleware.handoffs.reach("rest:one", "+1 201 555\n0110")
    await say(desk, "+1 201 555 0110")

    await run_for(desk, MINUTE)

    assert desk.crm.transcripts["T-1077"].splitlines()[1] == "Where they want to be reached: +1 201 555 0110"


async def test_many_messages_in_a_row_make_one_transcript(desk: Bench) -> None:
    async with working(desk):
        await ask(desk)
    for number in range(10):
        await say(desk, f"message {number}")
    assert len([job for job in jobs(desk, "transcript") if job["state"] == "waiting"]) == 1

    await run_for(desk, MINUTE)

    assert desk.crm.calls["keep_transcript"] == 1
    assert "message 9" in desk.crm.transcripts["T-1077"]


async def test_what_is_said_while_a_transcript_is_being_written_makes_another(desk: Bench) -> None:
    async with working(desk):
        await ask(desk)
    desk.clock.advance(MINUTE)
    desk.crm.hang(60, only="keep_transcript")
    writing = asyncio.create_task(desk.middleware.jobs.run_due())
    while not desk.crm.calls["keep_transcript"]:
        await asyncio.sleep(0.02)

    await say(desk, "one more thing")
    desk.crm.recover()
    await writing
    await run_for(desk, MINUTE)

    assert "one more thing" in desk.crm.transcripts["T-1077"]


async def test_what_is_said_soon_after_the_end_belongs_to_it_and_what_is_said_later_does_not(desk: Bench) -> None:
    async with working(desk):
        handoff_id = (await ask(desk)).handoff.id
    await desk.middleware.desk_line.claim(handoff_id, MARCO)
    await desk.middleware.desk_line.hand_back(handoff_id, MARCO)

    desk.clock.advance(MINUTE)
    await say(desk, "thanks Marco")
    await run_for(desk, HOUR)
    before = desk.crm.calls["keep_transcript"]
    await say(desk, "where is my order?")
    await run_for(desk, MINUTE)

    assert "thanks Marco" in desk.crm.transcripts["T-1077"]
    assert desk.crm.calls["keep_transcript"] == before


async def test_conversations_without_a_hand_over_have_no_transcript(desk: Bench) -> None:
    await say(desk, "hello")

    assert jobs(desk, "transcript") == []


async def test_a_transcript_without_a_ticket_waits_for_it_without_holding_anything_up(impatient: Bench) -> None:
    impatient.crm.fail(Unavailable("down"), only="open_ticket")
    await ask(impatient)
    await run_for(impatient, MINUTE)
    assert {job["state"] for job in jobs(impatient, "transcript")} == {"done"}

    impatient.crm.recover()
    await run_for(impatient, HOUR)

    assert "I want to talk to a person" in impatient.crm.transcripts["T-1077"]


async def test_a_crm_that_is_down_when_the_last_word_is_said_gets_it_in_the_end(desk: Bench) -> None:
    async with working(desk):
        handoff_id = (await ask(desk)).handoff.id
    await desk.middleware.desk_line.claim(handoff_id, MARCO)
    desk.crm.fail(Unavailable("down"), only="keep_transcript")
    await desk.middleware.desk_line.close(handoff_id, MARCO, "done")
    await run_for(desk, timedelta(hours=12), step=HOUR)

    desk.crm.recover()
    await run_for(desk, HOUR)

    assert desk.crm.transcripts["T-1077"].splitlines()[-1].startswith("13:30  Assistant: Marco has closed")


async def test_a_ticket_that_is_gone_is_no_reason_to_try_for_ever(desk: Bench) -> None:
    async with working(desk):
        await ask(desk)
    desk.crm.fail(NotFound("gone"), only="keep_transcript")

    await run_for(desk, MINUTE)

    assert [job["state"] for job in jobs(desk, "transcript")] == ["dead"]


async def test_every_hand_over_has_its_own_ticket_with_everything_that_was_said_until_then(desk: Bench) -> None:
    for number in (1, 2):
        async with working(desk):
            handoff_id = (await ask(desk, text=f"a person, time {number}")).handoff.id
        await desk.middleware.desk_line.claim(handoff_id, MARCO)
        await desk.middleware.desk_line.close(handoff_id, MARCO, "done")
        await run_for(desk, HOUR)

    assert "time 2" not in desk.crm.transcripts["T-1077"]
    assert "time 1" in desk.crm.transcripts["T-1078"]
    assert "time 2" in desk.crm.transcripts["T-1078"]
    assert await desk.middleware.store.read(
        lambda connection: [record(row_of(connection, row["id"])).ticket for row in desk.rows(store.handoffs)]
    )

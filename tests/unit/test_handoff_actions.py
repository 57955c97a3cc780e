"""The hand-over to a person, action by action: why it is, what is said of it, and what waits meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from actions.cancelling import CancelOrder
from actions.greeting import Greet
from actions.handoff import HandedBack, HandOver, LeaveContact
from actions.handoff_plea import asks_where
from actions.orders import TrackOrder
from actions.smalltalk import NotUnderstood, SmallTalk
from actions.turn import LISTEN
from middleware import store
from middleware.errors import Unavailable, Unknown
from middleware.handoff_demands import Demands
from middleware.handoff_records import Plea, Reason
from middleware.handoff_rules import HandoffRule
from middleware.identity import Proof
from middleware.leads import Enquiry
from middleware.records import Consent, OrderStatus
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, Bench, order
from tests.unit.test_actions import MakeBench, Said, ask

STRANGER = Proof()
VERIFIED = Proof(phone=ADA.phone, email=ADA.email)
SUNDAY = timedelta(days=4)  # from a Wednesday afternoon

PLEA = Plea(reason=Reason.ASKED)


def desk_with(bench: MakeBench, *orders: Any) -> Bench:
    """Ada in both systems; nobody waits long for a ticket's number."""
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], orders), handoff=0.1)


@contextlib.asynccontextmanager
async def working(desk: Bench) -> AsyncIterator[None]:
    """Has the jobs done meanwhile, as the action server does."""
    desk.middleware.handoffs._patience = 20.0
    work = asyncio.create_task(desk.middleware.jobs.run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait({work})


def user(text: str, intent: str = "Thanks", **entities: str) -> dict[str, Any]:
    """A message of the customer's, as Rasa keeps it."""
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    parsed = {"intent": {"name": intent, "confidence": 0.75}, "entities": found}
    return {"event": "user", "text": text, "parse_data": parsed}


def ran(action: str) -> list[dict[str, Any]]:
    return [{"event": "action", "name": action}, {"event": "action", "name": LISTEN}]


def bot(response: str, text: str = "…", buttons: Sequence[Mapping[str, Any]] = (), **fills: str) -> dict[str, Any]:
    """What the assistant said, as Rasa keeps it."""
    sources = dict.fromkeys(fills, "Order.number")
    metadata = {"utter_action": response, "sources": sources, **fills}
    return {"event": "bot", "text": text, "metadata": metadata, "data": {"buttons": list(buttons)}}


async def hand_over(
    desk: Bench,
    text: str = "a person please",
    intent: str = "Human_Handoff",
    before: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> Said:
    """Asks for a person, after what was said before."""
    return await ask(desk, HandOver, text, intent=intent, events=[*before, user(text, intent)], **more)


def handoff(desk: Bench) -> dict[str, Any]:
    [row] = desk.rows(store.handoffs)
    return row


# Why


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I want to talk to a person", "asked"),
        ("agent", "asked"),
        ("could you connect me to a colleague?", "asked"),
        ("you charged me twice!!", "complaint"),
        ("I want to make a complaint", "complaint"),
        ("this is unacceptable, get me your manager", "complaint"),
        ("you useless machine", "complaint"),
        ("wtf", "complaint"),
        ("😡", "complaint"),
        ("your driver was rude to my mother", "complaint"),
        ("there's a wrong amount on my card", "complaint"),
    ],
)
async def test_a_complaint_is_told_from_a_wish_by_its_words(bench: MakeBench, text: str, reason: str) -> None:
    desk = desk_with(bench)

    await hand_over(desk, text)

    assert handoff(desk)["reason"] == reason


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("utter_not_understood_twice", "not_understood"),
        ("utter_out_of_scope_twice", "not_understood"),
        ("utter_task_way_out", "not_understood"),
        ("utter_in_doubt", "failed"),
        ("utter_cannot_now", "failed"),
        ("utter_broken_off", "failed"),
        ("utter_where_people_are", "asked"),
        ("utter_thanks", "asked"),
    ],
)
async def test_what_went_wrong_just_before_is_why_the_offer_is_taken_up(
    bench: MakeBench, response: str, reason: str
) -> None:
    desk = desk_with(bench)
    before = [user("hm"), *ran("action_x"), bot(response)]

    await hand_over(desk, "yes", "Affirm", before)

    assert handoff(desk)["reason"] == reason


async def test_what_the_dialogue_left_without_an_answer_has_failed(bench: MakeBench) -> None:
    desk = desk_with(bench)

    await hand_over(desk, before=[user("yes", "Affirm"), *ran("action_cancel_order")])

    assert handoff(desk)["reason"] == "failed"


async def test_a_failure_that_something_came_after_is_forgotten(bench: MakeBench) -> None:
    desk = desk_with(bench)
    before = [user("yes"), bot("utter_in_doubt"), user("thanks"), bot("utter_thanks")]

    await hand_over(desk, before=before)

    assert handoff(desk)["reason"] == "asked"


async def test_the_people_get_what_was_understood_of_the_last_messages(bench: MakeBench) -> None:
    desk = desk_with(bench)
    press = {"title": "Order 5001", "payload": '/Choose{"order_number": "5001"}', "source": "Order.number"}
    before = [
        user("where is 5001", "Order_Tracking", order_number="5001"),
        *ran("action_track_order"),
        bot("utter_which_order", buttons=[press]),
        user(press["payload"], "Choose"),
        *ran("action_track_order"),
        bot("utter_order_placed"),
    ]

    await hand_over(desk, before=before)

    told = handoff(desk)["understood"]
    assert [(one["text"], one["intent"], one["action"]) for one in told] == [
        ("where is 5001", "Order_Tracking", "action_track_order"),
        ("Order 5001", "Choose", "action_track_order"),
        ("a person please", "Human_Handoff", ""),
    ]
    assert told[0]["entities"] == {"order_number": "5001"}
    assert told[0]["confidence"] == 0.75


async def proposed(desk: Bench) -> dict[str, Any]:
    """The slots after a cancellation was proposed."""
    said = await ask(desk, CancelOrder, "cancel my order", intent="Order_Cancel", proof=VERIFIED)
    return said.slots


async def test_the_people_read_what_was_just_asked(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)

    await hand_over(desk, slots=slots, proof=VERIFIED)

    wanted = handoff(desk)["summary"]["wanted"][0]
    assert wanted.startswith("About orders, the assistant had asked “Your order 5001 (alpine jacket)")


async def test_the_people_read_what_waits_for_a_proof(bench: MakeBench) -> None:
    desk = desk_with(bench)
    waits = {"action": "action_track_order", "text": "where is my order", "intent": "x", "entities": {}, "slots": {}}

    await hand_over(desk, slots={"wanted": waits}, proof=STRANGER)

    wanted = handoff(desk)["summary"]["wanted"][0]
    assert wanted == "“where is my order”, which waits until it is clear who asks"


# What is said


async def test_a_ticket_and_a_place_in_the_line_are_told(bench: MakeBench) -> None:
    desk = desk_with(bench)

    async with working(desk):
        said = await hand_over(desk)

    [number] = desk.crm.drafts
    assert said.text == (
        f"Of course. I've opened ticket {number} with our whole conversation, so you won't have to repeat anything. "
        "You're first in line, about 4 minutes."
    )


async def test_places_are_told_in_words_and_later_ones_by_number(bench: MakeBench) -> None:
    desk = desk_with(bench)
    for place in range(10):
        who = await desk.who(conversation=f"rest:other-{place}")
        await desk.middleware.handoffs.request(who, PLEA)
        desk.clock.advance(timedelta(seconds=1))

    said = await hand_over(desk)

    assert "You're number 11 in line, about 44 minutes." in said.text


async def test_one_minute_is_one(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.middleware.handoffs._rules = msgspec.structs.replace(desk.middleware.settings.handoff, minutes_each=1)

    assert "You're first in line, about 1 minute." in (await hand_over(desk)).text


async def test_without_the_crm_the_number_is_promised_for_later(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.crm.fail(Unavailable("down", system="crm"))

    said = await hand_over(desk, "this is ridiculous")

    assert said.responses == ["utter_in_line_now_no_ticket"]
    assert said.text.startswith("I'm sorry about that; somebody should look at it with you. Our team has our whole")


async def test_asked_again_the_place_is_told_and_nothing_is_opened(bench: MakeBench) -> None:
    desk = desk_with(bench)
    await hand_over(desk)

    again = await hand_over(desk)

    assert again.responses == ["utter_in_line_no_ticket"]
    assert len(desk.rows(store.handoffs)) == 1


async def test_a_hello_in_the_line_tells_the_place(bench: MakeBench) -> None:
    desk = desk_with(bench)
    await hand_over(desk)

    said = await ask(desk, Greet, "hello??")

    assert said.then == "action_hand_over"


async def test_a_hello_is_answered_without_the_store_of_hand_overs_too(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.lose(store.handoffs)

    assert (await ask(desk, Greet, turn_id="none", proof=STRANGER)).responses == ["utter_greet"]


async def test_a_broken_store_leaves_the_number_and_the_address(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.lose(store.jobs)

    said = await hand_over(desk)

    assert said.responses == ["utter_person"]
    assert "+1 973 555 0142" in said.text


async def test_a_conversation_on_no_channel_of_ours_gets_the_number_and_the_address(bench: MakeBench) -> None:
    said = await hand_over(desk_with(bench), turn_id="none")

    assert said.responses == ["utter_person"]


async def test_whoever_just_asks_for_the_number_is_told_it(bench: MakeBench) -> None:
    desk = desk_with(bench)

    said = await hand_over(desk, "what is your phone number?")

    assert said.responses == ["utter_where_people_are"]
    assert said.slots["question"] == "person"
    assert desk.rows(store.handoffs) == []


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("customer service number?", True),
        ("phone number where i can call you", True),
        ("what's your support email", True),
        ("what is the hotline", True),
        ("how can i reach you guys by email", True),
        ("can i call somebody", True),
        ("I want to talk to somebody on the phone", False),
        ("can someone call me about my problem", False),
        ("ring me back: 07700 900555", False),
        ("three emails and no answer, this is a disgrace", False),
        ("human please", False),
    ],
)
def test_a_wish_for_a_number_is_told_from_one_for_a_person(text: str, asks: bool) -> None:
    assert asks_where(text) is asks


# Out of hours


async def test_out_of_hours_it_is_said_when_people_are_back(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.clock.advance(SUNDAY)

    said = await hand_over(desk)

    assert said.responses == ["utter_left_now_no_ticket"]
    assert "they'll get back to you after 09:00 on Monday, 16 March." in said.text
    assert "Monday to Friday, 9 am to 6 pm Eastern Time" in said.text
    assert said.then == LISTEN


async def test_a_stranger_is_asked_where_they_can_be_reached(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.clock.advance(SUNDAY)

    left = await hand_over(desk, proof=STRANGER)
    asked = await ask(desk, LeaveContact, intent="Human_Handoff", proof=STRANGER, after="action_hand_over")

    assert left.then == "action_leave_contact"
    assert asked.responses == ["utter_ask_reach"]
    assert asked.buttons == [("No, thanks", "/Deny")]


async def test_whoever_says_where_they_can_be_reached_is_not_asked(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.clock.advance(SUNDAY)

    said = await hand_over(desk, "please ring me, 201 555 0177", proof=STRANGER)

    assert said.then == LISTEN
    assert handoff(desk)["reach"] == "please ring me, 201 555 0177"


async def test_whoever_left_their_details_before_is_not_asked_again(bench: MakeBench) -> None:
    desk = desk_with(bench)
    desk.clock.advance(SUNDAY)
    who = await desk.who(STRANGER)
    enquiry = Enquiry(first_name="Priya", email="priya@northgate.example")
    await desk.middleware.leads.keep(who, enquiry, Consent(words="May we?", at=desk.clock()), "a key")

    await hand_over(desk, proof=STRANGER)
    said = await ask(desk, LeaveContact, intent="Human_Handoff", proof=STRANGER, after="action_hand_over")

    assert said.responses == ["utter_reach_known"]
    assert "priya@northgate.example" in said.text
    assert handoff(desk)["reach"] == "priya@northgate.example"


async def reaching(desk: Bench, *messages: tuple[str, str]) -> Said:
    """Answers where one can be reached."""
    desk.clock.advance(SUNDAY)
    await hand_over(desk, proof=STRANGER)
    said = await ask(desk, LeaveContact, intent="Human_Handoff", proof=STRANGER, after="action_hand_over")
    slots: dict[str, Any] = {}
    for text, intent in messages:
        slots = {**slots, **said.slots}
        said = await ask(desk, LeaveContact, text, intent=intent, proof=STRANGER, slots=slots)
    return said


async def test_what_they_answer_is_kept_in_their_words(bench: MakeBench) -> None:
    desk = desk_with(bench)

    said = await reaching(desk, ("jo.winter@example.com, after six", "Identify"))

    assert said.responses == ["utter_reach_noted"]
    assert said.slots["task"] is None
    assert handoff(desk)["reach"] == "jo.winter@example.com, after six"


@pytest.mark.parametrize("messages", [[("no", "Deny")], [("/Deny", "Deny")], [("gnarf", "x"), ("gnarf", "x")]])
async def test_whoever_does_not_want_to_say_it_need_not(bench: MakeBench, messages: list[tuple[str, str]]) -> None:
    desk = desk_with(bench)

    said = await reaching(desk, *messages)

    assert said.responses == ["utter_reach_left_out"]
    assert handoff(desk)["reach"] is None


@pytest.mark.parametrize("action", [SmallTalk, TrackOrder])
async def test_the_answer_counts_whatever_it_was_taken_for(bench: MakeBench, action: Any) -> None:
    desk = desk_with(bench)
    asked = await reaching(desk)

    said = await ask(desk, action, "201 555 0177", intent="Thanks", proof=STRANGER, slots=asked.slots)

    assert said.then == "action_leave_contact"


# What was in the middle


async def test_a_task_waits_and_is_not_asked_in_the_same_breath(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)

    said = await hand_over(desk, slots=slots, proof=VERIFIED)
    later = await ask(desk, SmallTalk, "thanks", intent="Thanks", proof=VERIFIED, slots={**slots, **said.slots})

    assert said.responses == ["utter_in_line_now_no_ticket"]
    assert (said.slots["question"], "task" in said.slots) == (None, False)
    assert later.responses == ["utter_thanks", "utter_back_to_it", "utter_confirm_cancel"]


async def test_after_the_person_a_task_is_asked_again(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    slots = await proposed(desk)
    handed = await hand_over(desk, slots=slots, proof=VERIFIED)

    back = await ask(
        desk, HandedBack, "/Handed_Back", intent="Handed_Back", slots={**slots, **handed.slots}, turn_id="resume:1"
    )

    assert back.responses == ["utter_handed_back", "utter_back_to_it", "utter_confirm_cancel"]
    assert back.slots["question"] == "confirm"


OFFERED = {"title": "5001: alpine jacket", "payload": '/Choose{"order_number": "5001"}', "source": "Order.number"}
MENU = {"title": "Where is my order?", "payload": "/Order_Tracking"}


async def test_after_the_person_a_list_is_asked_again_with_its_buttons(bench: MakeBench) -> None:
    desk = desk_with(bench)
    before = [user("where is it"), *ran("action_track_order"), bot("utter_which_order", buttons=[OFFERED, MENU])]

    handed = await hand_over(desk, before=before, slots={"question": "which_order"})
    back = await ask(desk, HandedBack, "/Handed_Back", intent="Handed_Back", slots=handed.slots, turn_id="resume:1")

    assert handed.slots["question"] == "which_order"
    assert back.responses == ["utter_handed_back", "utter_back_to_it", "utter_which_order"]
    assert back.buttons == [(OFFERED["title"], OFFERED["payload"])]
    assert (back.slots["question"], back.slots["interrupted"]) == ("which_order", None)


async def test_what_was_answered_while_waiting_is_not_asked_again(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    before = [user("where is it"), bot("utter_which_order", buttons=[OFFERED])]
    handed = await hand_over(desk, before=before, slots={"question": "which_order"})

    told = await ask(desk, TrackOrder, "the first", intent="Choose", slots=handed.slots)
    back = await ask(desk, HandedBack, "/Handed_Back", intent="Handed_Back", slots=told.slots, turn_id="resume:1")

    assert back.responses == ["utter_handed_back_free"]


async def test_asked_for_twice_the_list_is_still_asked_again_afterwards(bench: MakeBench) -> None:
    desk = desk_with(bench)
    before = [user("where is it"), bot("utter_which_order", buttons=[OFFERED])]
    first = await hand_over(desk, before=before, slots={"question": "which_order"})

    again = await hand_over(desk, slots={**first.slots, "question": None})

    assert again.slots["interrupted"] == first.slots["interrupted"]


async def test_with_nothing_open_the_assistant_is_just_back(bench: MakeBench) -> None:
    said = await ask(desk_with(bench), HandedBack, "/Handed_Back", intent="Handed_Back", turn_id="resume:1")

    assert said.responses == ["utter_handed_back_free"]
    assert said.slots["question"] is None


# After an answer on a ticket


async def after_answer(desk: Bench, slots: dict[str, Any], number: str = "T-7") -> Said:
    told = {"metadata": {"turn": "resume:1", "answered": number}}
    return await ask(desk, HandedBack, "/Handed_Back", intent="Handed_Back", slots=slots, message=told, turn_id="x")


async def test_after_an_answer_it_is_told_how_to_write_back(bench: MakeBench) -> None:
    said = await after_answer(desk_with(bench), {"question": "person"})

    assert said.responses == ["utter_ticket_answered"]
    assert (said.slots["question"], said.slots["topic"], said.slots["ticket_number"]) == (None, "tickets", "T-7")


async def test_nobody_writes_on_a_strangers_ticket_so_they_are_told_of_a_person(bench: MakeBench) -> None:
    said = await after_answer(desk_with(bench), {"topic": "orders"}, number="")

    assert said.responses == ["utter_ticket_answered_person"]
    assert "topic" not in said.slots


async def test_after_an_answer_a_task_is_asked_again(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))

    said = await after_answer(desk, await proposed(desk))

    assert said.responses == ["utter_ticket_answered", "utter_back_to_it", "utter_confirm_cancel"]
    assert said.slots["question"] == "confirm"


async def test_after_an_answer_one_may_still_choose_of_a_list(bench: MakeBench) -> None:
    slots = {"question": "which_ticket", "offered_tickets": ["T-1", "T-2"]}

    said = await after_answer(desk_with(bench), slots)

    assert (said.slots["question"], "offered_tickets" in said.slots) == ("which_ticket", False)


async def test_while_a_person_is_waited_for_what_was_open_before_still_is(bench: MakeBench) -> None:
    before = [user("where is it"), bot("utter_which_order", buttons=[OFFERED])]
    desk = desk_with(bench)
    handed = await hand_over(desk, before=before, slots={"question": "which_order"})

    said = await after_answer(desk, {**handed.slots, "question": None})

    assert said.slots["interrupted"] == handed.slots["interrupted"]


# Rules


def ruled(desk: Bench, *rules: HandoffRule) -> None:
    """Gives a desk other rules."""
    known = desk.middleware.settings
    settings = msgspec.structs.replace(known, handoff=msgspec.structs.replace(known.handoff, rules=rules))
    object.__setattr__(desk.middleware, "demands", Demands(desk.middleware.gateway, settings))


LAW = HandoffRule(name="The law is spoken of", words=("lawyer",), urgent=True)


async def test_what_a_rule_says_is_for_people_goes_to_them_before_it_is_answered(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    ruled(desk, LAW)
    text = "where is my order, or my lawyer calls"

    asked = await ask(desk, TrackOrder, text, intent="Order_Tracking")
    said = await hand_over(desk, text, "Order_Tracking", after="action_track_order")

    assert (asked.responses, asked.then) == ([], "action_hand_over")
    assert said.text.startswith("This is something for our people, not for a bot. Our team has")
    row = handoff(desk)
    assert (row["reason"], row["note"], row["is_urgent"]) == ("rule", "The law is spoken of", True)
    assert desk.erp.calls["orders_since"] <= 1  # the account alone


async def test_whoever_is_in_the_line_as_urgently_is_answered_by_the_assistant(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    ruled(desk, LAW)
    await hand_over(desk, "my lawyer calls")

    said = await ask(desk, TrackOrder, "where is my order, says my lawyer", intent="Order_Tracking")

    assert said.responses == ["utter_order_placed"]


async def test_whoever_waits_already_becomes_urgent(bench: MakeBench) -> None:
    desk = desk_with(bench)
    await hand_over(desk)
    ruled(desk, LAW)

    said = await ask(desk, SmallTalk, "thanks, says my lawyer", intent="Thanks")
    await hand_over(desk, "thanks, says my lawyer", "Thanks")

    assert said.then == "action_hand_over"
    assert handoff(desk)["is_urgent"] is True


async def test_without_a_rule_nothing_is_asked_of_the_systems(bench: MakeBench) -> None:
    desk = desk_with(bench)

    await ask(desk, SmallTalk, "thanks", intent="Thanks")

    assert not desk.crm.calls and not desk.erp.calls
    assert desk.audit() == []


async def test_an_order_over_the_limit_that_was_just_spoken_of_is_for_people(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001"))
    over = msgspec.convert({"name": "Much", "over": {"amount": 5, "currency": "USD"}}, HandoffRule, strict=False)
    ruled(desk, over)

    wish = await ask(desk, TrackOrder, "and where is it", intent="Order_Tracking", slots={"order_number": "5001"})
    thanks = await ask(desk, SmallTalk, "thanks", intent="Thanks", slots={"order_number": "5001"})

    assert over.over and over.over.amount == Decimal(5)
    assert wish.then == "action_hand_over"
    assert thanks.responses == ["utter_thanks"]


async def test_a_rule_that_can_not_be_asked_holds_nothing_up(bench: MakeBench) -> None:
    desk = desk_with(bench)
    ruled(desk, LAW)
    desk.lose(store.handoffs)

    said = await ask(desk, SmallTalk, "thanks, says my lawyer", intent="Thanks", turn_id="none")

    assert said.responses == ["utter_thanks"]


# Offers


async def test_out_of_scope_twice_offers_a_person(bench: MakeBench) -> None:
    events = [user("a poem", "Out_Of_Scope"), *ran("action_small_talk"), bot("utter_out_of_scope"), user("another")]

    said = await ask(desk_with(bench), SmallTalk, "another", intent="Out_Of_Scope", events=events)

    assert said.responses == ["utter_out_of_scope_twice"]
    assert said.slots["question"] == "person"
    assert said.buttons == [("Talk to a person", "/Human_Handoff")]


async def test_out_of_scope_and_then_not_understood_offers_a_person(bench: MakeBench) -> None:
    events = [user("a poem", "Out_Of_Scope"), *ran("action_small_talk"), bot("utter_out_of_scope"), user("gnarf")]

    said = await ask(desk_with(bench), NotUnderstood, "gnarf", events=events)

    assert said.responses == ["utter_not_understood_twice"]
    assert said.slots["question"] == "person"


@pytest.mark.parametrize("error", [Unknown("lost"), Unavailable("down")])
async def test_a_yes_that_came_to_nothing_can_be_said_again_or_given_to_a_person(
    bench: MakeBench, error: Exception
) -> None:
    desk = desk_with(bench, order("5001", OrderStatus.PLACED))
    slots = await proposed(desk)
    desk.erp.fail(error)

    said = await ask(desk, CancelOrder, "yes", intent="Affirm", proof=VERIFIED, slots=slots)

    assert said.responses in (["utter_in_doubt"], ["utter_cannot_now"])
    assert "person" in said.text
    assert said.slots["question"] == "confirm"

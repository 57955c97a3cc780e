"""What isn't words: the assistant says what it can't do with it, and what helps instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from actions.base import Action
from actions.cancelling import CancelOrder
from actions.handoff import HandOver
from actions.sent_things import SentSomething
from actions.smalltalk import SmallTalk
from middleware.identity import Proof
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, Bench, order
from tests.unit.test_actions import Said, ask
from tests.unit.test_handoff_actions import OFFERED, VERIFIED, bot, handoff, ran, user

MakeBench = Callable[..., Bench]

PERSON = ("Talk to a person", "/Human_Handoff")
STRANGER = Proof()


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [order("5001")]), handoff=0.1)


async def send(
    desk: Bench,
    kind: str,
    text: str = "/Sent_Something",
    *,
    action: type[Action] = SentSomething,
    intent: str = "Sent_Something",
    before: Sequence[Mapping[str, Any]] = (),
    proof: Proof = KNOWN,
    slots: Mapping[str, Any] | None = None,
    **more: Any,
) -> Said:
    """The customer sends something that isn't words, or has words beside it."""
    turn = await desk.open_turn(proof, text)
    about = {"turn": turn.id, "kind": kind}
    now = user(text, intent) | {"metadata": about}
    return await ask(
        desk,
        action,
        text,
        intent=intent,
        proof=proof,
        slots=slots,
        message={"metadata": about},
        events=[*before, now],
        turn_id=turn.id,
        **more,
    )


def sent_before(response: str) -> list[dict[str, Any]]:
    return [user("/Sent_Something", "Sent_Something"), *ran("action_sent_something"), bot(response)]


# With nothing open


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("image", "I can't look at pictures, but a person can."),
        ("document", "I can't read documents, but a person can."),
        ("video", "I can't watch videos, but a person can."),
    ],
)
async def test_what_may_show_a_fault_is_for_a_person_or_for_words(desk: Bench, kind: str, words: str) -> None:
    said = await send(desk, kind)

    assert said.text.startswith(words)
    assert said.buttons == [PERSON]
    assert said.slots["question"] == "person"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("voice", "I can't listen to recordings, I'm afraid. Could you write what it's about?"),
        ("audio", "I can't listen to recordings, I'm afraid. Could you write what it's about?"),
        ("unsupported", "I can't open what you've sent, I'm afraid. Could you write what it's about?"),
        ("something new", "I can't open what you've sent, I'm afraid. Could you write what it's about?"),
        ("", "I can't open what you've sent, I'm afraid. Could you write what it's about?"),
        ("sticker", "Nice one! I only understand words, though."),
        ("location", "I can't read places off a map, I'm afraid. Could you write the town, or the ZIP or postal code?"),
        ("contacts", "I can't find a phone number on that card, I'm afraid. Could you type it?"),
    ],
)
async def test_what_else_there_is_gets_what_helps(desk: Bench, kind: str, words: str) -> None:
    said = await send(desk, kind)

    assert said.text == words
    assert (said.buttons, said.slots["question"]) == ([], None)


async def test_an_order_from_a_catalogue_leads_to_the_stock_or_to_sales(desk: Bench) -> None:
    said = await send(desk, "order")

    assert said.text.startswith("I can't take orders here, I'm afraid.")
    assert [payload for _, payload in said.buttons] == ["/Inventory_Check", "/Lead_Capture"]


@pytest.mark.parametrize("topic", ["inventory", "leads", "identity"])
async def test_where_a_picture_is_no_complaint_it_is_asked_for_words(desk: Bench, topic: str) -> None:
    said = await send(desk, "image", slots={"topic": topic})

    assert said.responses == ["utter_sent"]
    assert said.buttons == []


# Again and again


@pytest.mark.parametrize("kind", ["image", "voice", "unsupported"])
async def test_sent_again_a_person_is_offered(desk: Bench, kind: str) -> None:
    said = await send(desk, kind, before=sent_before("utter_sent"))

    assert said.responses == ["utter_sent_again"]
    assert (said.buttons, said.slots["question"]) == ([PERSON], "person")


async def test_a_picture_in_answer_to_the_offer_of_a_person_is_offered_one_again(desk: Bench) -> None:
    said = await send(desk, "image", slots={"question": "person"})

    assert said.responses == ["utter_sent_again"]


async def test_a_sticker_is_no_reason_for_a_person(desk: Bench) -> None:
    said = await send(desk, "sticker", before=sent_before("utter_sent_sticker"))

    assert said.responses == ["utter_sent_sticker"]


async def test_a_yes_to_the_second_offer_says_why(desk: Bench) -> None:
    await ask(desk, HandOver, "yes", intent="Affirm", events=[*sent_before("utter_sent_again"), user("yes", "Affirm")])

    assert handoff(desk)["reason"] == "not_understood"


async def test_the_people_read_that_it_was_no_words(desk: Bench) -> None:
    picture = user("/Sent_Something", "Sent_Something") | {"metadata": {"kind": "image"}}
    before = [picture, *ran("action_sent_something"), bot("utter_sent_for_person")]

    await ask(desk, HandOver, "yes", intent="Affirm", events=[*before, user("yes", "Affirm")])

    assert [one["text"] for one in handoff(desk)["understood"]] == ["(image)", "yes"]


# With something open


async def test_a_task_asks_again_and_its_yes_stays_a_yes_to_it(desk: Bench) -> None:
    asked = await ask(desk, CancelOrder, "cancel my order", intent="Order_Cancel", proof=VERIFIED)

    said = await send(desk, "voice", proof=VERIFIED, slots=asked.slots)

    assert said.responses == ["utter_sent_aside", "utter_back_to_it", "utter_confirm_cancel"]
    assert said.slots["question"] == "confirm"


async def test_a_picture_in_a_task_may_be_for_a_person(desk: Bench) -> None:
    asked = await ask(desk, CancelOrder, "cancel my order", intent="Order_Cancel", proof=VERIFIED)

    first = await send(desk, "image", proof=VERIFIED, slots=asked.slots)
    before = sent_before("utter_confirm_cancel")
    second = await send(desk, "image", proof=VERIFIED, slots={**asked.slots, **first.slots}, before=before)

    assert first.responses == ["utter_sent_aside_for_person", "utter_back_to_it", "utter_confirm_cancel"]
    assert PERSON in first.buttons
    assert second.responses == ["utter_sent_again", "utter_back_to_it", "utter_confirm_cancel"]
    assert second.slots["question"] == "confirm"


async def test_a_list_is_asked_again_with_its_buttons(desk: Bench) -> None:
    before = [user("where is it"), *ran("action_track_order"), bot("utter_which_order", buttons=[OFFERED])]

    said = await send(desk, "location", before=before, slots={"question": "which_order", "topic": "orders"})

    assert said.responses == ["utter_sent_location", "utter_back_to_it", "utter_which_order"]
    assert said.buttons == [(OFFERED["title"], OFFERED["payload"])]
    assert said.slots["question"] == "which_order"


async def test_a_picture_of_the_code_doesnt_sound_as_if_another_one_were_sent(desk: Bench) -> None:
    before = [user("ada@example.com", "Identify"), *ran("action_identify"), bot("utter_code_sent")]

    said = await send(desk, "image", before=before, slots={"question": "code", "topic": "identity"}, proof=STRANGER)

    assert said.responses == ["utter_sent_aside", "utter_back_to_it", "utter_ask_code_again"]
    assert said.slots["question"] == "code"
    assert [title for title, _ in said.buttons] == ["Send another code"]


# With a person


@pytest.mark.parametrize("kind", ["image", "voice"])
async def test_while_a_person_is_waited_for_it_is_with_the_conversation(desk: Bench, kind: str) -> None:
    await ask(desk, HandOver, "a person please", intent="Human_Handoff", events=[user("a person please")])

    said = await send(desk, kind, before=sent_before("utter_sent_waiting"))

    assert said.responses == ["utter_sent_waiting"]
    assert said.slots["question"] is None


async def test_what_nobody_can_open_isnt_promised_to_the_people(desk: Bench) -> None:
    await ask(desk, HandOver, "a person please", intent="Human_Handoff", events=[user("a person please")])

    said = await send(desk, "unsupported", before=sent_before("utter_sent"))

    assert said.responses == ["utter_sent"]


# With words beside it


@pytest.mark.parametrize("kind", ["image", "document", "video"])
async def test_words_beside_a_picture_are_answered_and_it_is_said_that_they_are_gone_by(desk: Bench, kind: str) -> None:
    said = await send(desk, kind, "this doesn't fit", action=SmallTalk, intent="Thanks")

    assert said.responses == [f"utter_beside_{kind}", "utter_thanks"]


@pytest.mark.parametrize("kind", ["", "contacts", "location"])
async def test_what_is_words_altogether_is_answered_as_that(desk: Bench, kind: str) -> None:
    said = await send(desk, kind, "thanks", action=SmallTalk, intent="Thanks")

    assert said.responses == ["utter_thanks"]


async def test_it_is_said_once_in_a_turn(desk: Bench) -> None:
    said = await send(desk, "image", "thanks", action=SmallTalk, intent="Thanks", after="action_identify")

    assert said.responses == ["utter_thanks"]


async def test_to_a_person_the_picture_goes_with_the_conversation(desk: Bench) -> None:
    said = await send(desk, "image", "a person please", action=HandOver, intent="Human_Handoff")

    assert said.responses == ["utter_in_line_now_no_ticket"]


async def test_of_two_wants_the_second_isnt_beside_a_picture_any_more(desk: Bench) -> None:
    wants = [
        {"text": "thanks", "intent": {"name": "Thanks"}, "entities": []},
        {"text": "bye", "intent": {"name": "Goodbye"}, "entities": []},
    ]
    turn = await desk.open_turn(KNOWN, "thanks, bye")
    message = {"metadata": {"turn": turn.id, "kind": "image"}, "wants": wants}

    said = await ask(desk, SmallTalk, "thanks, bye", intent="Thanks", message=message, turn_id=turn.id)

    assert said.responses == ["utter_beside_image", "utter_thanks"]
    assert said.second is not None and not said.second["metadata"]["kind"]

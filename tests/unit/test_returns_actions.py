"""What is said of returns, turn by turn: asked for once, done once, and told as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from actions.base import Action
from actions.handoff import HandOver
from actions.leads import CaptureLead
from actions.orders import TrackOrder
from actions.returns import RefundStatus, ReturnItem
from actions.smalltalk import NotUnderstood, Stop
from actions.tasks import Continue, Keep
from middleware.errors import Rejected, Unavailable, Unknown
from middleware.identity import Proof
from middleware.records import Money, Order, OrderStatus, Return, ReturnReason, ReturnStatus
from middleware.settings import Operation
from middleware.store import documents
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, NOW, Bench, ago, line, order, returned
from tests.unit.test_actions import Said, ask

MakeBench = Callable[..., Bench]

BLUE = line("alpine jacket", options={"colour": "blue", "size": "M"})
RED = line("alpine jacket", "2", options={"colour": "red", "size": "L"})
JACKET = order("5001", OrderStatus.DELIVERED, placed=9, lines=(BLUE,))
JACKETS = order("5004", OrderStatus.DELIVERED, placed=9, lines=(BLUE, RED))
LAMPS = order("5002", OrderStatus.DELIVERED, placed=4, lines=(line("head lamp", quantity=Decimal(3)),))
COMING = order("5003", OrderStatus.SHIPPED, placed=2, lines=(line("two-person tent"),))
TODAY = NOW.date()

OFFER = (
    "The blue alpine jacket (M) from order 5001 arrived on Wednesday, 4 March, so you can return it until "
    "Friday, 3 April. Shall I make the label?"
)


@dataclass
class Talk:
    """A conversation with the actions, which keeps the slots between its turns."""

    desk: Bench
    proof: Proof = KNOWN
    slots: dict[str, Any] = field(default_factory=dict)

    async def say(
        self,
        text: str,
        intent: str = "Return_Request",
        action: type[Action] = ReturnItem,
        entities: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Said:
        """Says something that the rules have this action answer, and follows where it leads."""
        said = await ask(
            self.desk, action, text, intent=intent, entities=entities, slots=self.slots, proof=self.proof, **more
        )
        self.slots |= said.slots
        if said.then == "action_return_item":
            after = action().name()
            return await self.say(text, intent, ReturnItem, entities, after=after)
        return said

    async def yes(self, text: str = "yes") -> Said:
        """Says yes to what was asked."""
        return await self.say(text, "Affirm", Continue)

    async def press(self, said: Said, title: str) -> Said:
        """Presses a button."""
        [payload] = [payload for one, payload in said.buttons if one == title]
        intent, _, entities = payload[1:].partition("{")
        known = json.loads("{" + entities) if entities else {}
        action = {"Affirm": Continue, "Deny": Keep}.get(intent, Continue)
        return await self.say(payload, intent, action, known)


def talk(bench: MakeBench, *orders: Order, returns: tuple[Return, ...] = (), **more: Any) -> Talk:
    return Talk(bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], orders, returns=returns), **more))


def papers(talking: Talk) -> list[str]:
    """The names of the documents that were kept."""
    return sorted(row["name"] for row in talking.desk.rows(documents))


# At its best


async def test_the_window_is_told_and_the_yes_with_a_reason_brings_the_label(bench: MakeBench) -> None:
    # given
    talking = talk(bench, JACKET)

    # when
    offered = await talking.say("Can I still return the blue jacket I bought on Monday?", "Return_Window")
    done = await talking.yes("yes please, it's too small")

    # then
    assert offered.text == f"Yes. {OFFER}"
    assert [title for title, _ in offered.buttons] == ["Yes, make the label", "No, thanks"]
    assert done.text == "Done: your return number is R-2081. Here is the label; print it and put it on the parcel."
    assert papers(talking) == ["return-label-R-2081.pdf"]
    [made] = talking.desk.erp.returns
    assert (made.reason, made.return_by) == (ReturnReason.TOO_SMALL, ago(7).date() + timedelta(days=30))
    assert done.slots["task"] is None
    assert done.slots["order_number"] == "5001"


async def test_the_reason_is_asked_for_once_and_a_press_gives_it(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    offered = await talking.say("send the jacket back")

    asked = await talking.press(offered, "Yes, make the label")
    done = await talking.press(asked, "Not as described")

    assert offered.text == f"Of course. {OFFER}"
    assert asked.responses == ["utter_return_reason"]
    assert len(asked.buttons) == len(ReturnReason)
    assert done.responses == ["utter_return_done"]
    assert [one.reason for one in talking.desk.erp.returns] == [ReturnReason.NOT_AS_DESCRIBED]


async def test_a_reason_that_was_given_first_is_not_asked_for(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("the jacket is torn, I want my money back")

    assert (await talking.yes()).responses == ["utter_return_done"]
    assert [one.reason for one in talking.desk.erp.returns] == [ReturnReason.DAMAGED]


@pytest.mark.parametrize(
    ("text", "intent", "action", "reason"),
    [
        ("wrong item", "Order_Modification", HandOver, ReturnReason.WRONG_ITEM),
        ("I changed my mind", "Stop", Stop, ReturnReason.CHANGED_MIND),
        ("i'd rather not say", "Deny", Keep, ReturnReason.OTHER),
        ("my dog ate the other one", "nlu_fallback", Continue, ReturnReason.OTHER),
        ("the cloth feels cheap", "Inventory_Check", HandOver, ReturnReason.OTHER),
        ("😀", "Deny", Keep, ReturnReason.OTHER),
        ("yes", "Affirm", Continue, ReturnReason.OTHER),
    ],
)
async def test_whatever_is_answered_to_why_is_taken(
    bench: MakeBench, text: str, intent: str, action: type[Action], reason: ReturnReason
) -> None:
    talking = talk(bench, JACKET)
    await talking.say("send the jacket back")
    await talking.yes()
    message = {"intent": {"name": intent, "confidence": 0.9 if intent != "Inventory_Check" else 0.4}}

    done = await talking.say(text, intent, action, message=message)

    assert done.responses == ["utter_return_done"]
    assert [one.reason for one in talking.desk.erp.returns] == [reason]


@pytest.mark.parametrize(
    ("text", "intent", "action"),
    [("where is my order?", "Order_Tracking", TrackOrder), ("a person please", "Human_Handoff", HandOver)],
)
async def test_another_wish_is_no_reason(bench: MakeBench, text: str, intent: str, action: type[Action]) -> None:
    talking = talk(bench, JACKET, COMING, handoff=0.1)
    await talking.say("send the jacket back")
    await talking.yes()

    said = await talking.say(text, intent, action)

    assert not talking.desk.erp.returns
    if intent == "Order_Tracking":
        assert said.responses == ["utter_order_shipped_no_details", "utter_back_to_it", "utter_return_reason"]
    else:
        assert said.responses == ["utter_in_line_now_no_ticket"]
        assert "task" not in said.slots


async def test_a_mere_no_to_why_leaves_everything_as_it_is(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("send the jacket back")
    await talking.yes()

    assert (await talking.say("no", "Deny", Keep)).responses == ["utter_kept"]
    assert not talking.desk.erp.returns


# Which one, and how many


async def test_several_items_are_listed_and_a_press_chooses(bench: MakeBench) -> None:
    talking = talk(bench, JACKETS, LAMPS)

    asked = await talking.say("I want to return something")
    chosen = await talking.press(asked, "red alpine jacket (L), order 5004 (arrived on Wednesday, 4 March)")

    assert asked.responses == ["utter_return_which"]
    assert [title for title, _ in asked.buttons] == [
        "head lamp, order 5002 (arrived on Monday)",
        "blue alpine jacket (M), order 5004 (arrived on Wednesday, 4 March)",
        "red alpine jacket (L), order 5004 (arrived on Wednesday, 4 March)",
    ]
    assert chosen.text.startswith("All right. The red alpine jacket (L) from order 5004 arrived")


@pytest.mark.parametrize("answer", ["the second one", "blue", "the M", "5004, the blue one"])
async def test_one_is_chosen_by_words_whatever_they_were_taken_for(bench: MakeBench, answer: str) -> None:
    talking = talk(bench, JACKETS, LAMPS)
    await talking.say("I want to return something")

    assert "The blue alpine jacket (M)" in (await talking.say(answer, "Lead_Capture", CaptureLead)).text


async def test_a_correction_leads_to_a_new_offer_with_a_key_of_its_own(bench: MakeBench) -> None:
    # given
    talking = talk(bench, JACKETS)
    await talking.say("return the blue jacket, it's too small")
    first = talking.slots["task"]["proposal"]["key"]

    # when
    offered = await talking.say("no, the red one", "Deny", Keep)
    done = await talking.yes()

    # then the reason is remembered
    assert "All right. The red alpine jacket (L)" in offered.text
    assert talking.desk.erp.made.keys().isdisjoint({first})
    assert done.responses == ["utter_return_done"]
    assert [(one.lines[0].id, one.reason) for one in talking.desk.erp.returns] == [("2", ReturnReason.TOO_SMALL)]


async def test_another_wish_for_a_return_begins_anew(bench: MakeBench) -> None:
    talking = talk(bench, JACKET, LAMPS)
    await talking.say("return the blue jacket, it's too small")

    asked = await talking.say("actually I want to send back the lamps")

    assert asked.responses == ["utter_return_how_many"]
    assert talking.slots["task"]["reason"] is None


async def test_the_other_one_of_two_is_the_other_one(bench: MakeBench) -> None:
    talking = talk(bench, JACKETS)
    await talking.say("send the jacket back")
    await talking.say("the red one", "Choose", Continue)

    assert "The blue alpine jacket (M)" in (await talking.say("the other one", "Choose")).text


async def test_another_item_that_is_named_instead_of_a_reason_is_offered(bench: MakeBench) -> None:
    talking = talk(bench, JACKETS)
    await talking.say("send the blue jacket back")
    await talking.yes()

    offered = await talking.say("the red one, it's torn", "Return_Request", entities={"colour": "red"})

    assert "The red alpine jacket (L)" in offered.text
    assert not talking.desk.erp.returns
    assert (await talking.yes()).responses == ["utter_return_done"]


async def test_a_reason_that_names_a_day_is_a_reason(bench: MakeBench) -> None:
    talking = talk(bench, JACKETS, LAMPS)
    await talking.say("send the blue jacket back")
    await talking.yes()

    assert (await talking.say("it came torn on Monday")).responses == ["utter_return_done"]


async def test_how_many_is_asked_for_where_there_are_several(bench: MakeBench) -> None:
    talking = talk(bench, LAMPS)

    asked = await talking.say("until when can I return the lamps?", "Return_Window")
    offered = await talking.press(asked, "All 3")

    assert asked.text == (
        "Yes. Your 3 × head lamp from order 5002 arrived on Monday, so you can return them until "
        "Wednesday, 8 April. How many would you like to send back?"
    )
    assert offered.text.endswith("Shall I make the label for 3 of them?")


@pytest.mark.parametrize(
    ("said", "number"),
    [("send back all the lamps", "3"), ("send back both lamps", "2"), ("return one of my lamps", "1")],
)
async def test_how_many_may_be_said_at_once_and_corrected(bench: MakeBench, said: str, number: str) -> None:
    talking = talk(bench, LAMPS)

    offered = await talking.say(said)
    again = await talking.say("no, make it 3", "Order_Modification", HandOver)
    less = await talking.say("yes, but only 2 of them", "Affirm", Continue)
    asked = await talking.say("yes, both", "Affirm", Continue)

    assert offered.text.endswith(f"Shall I make the label for {number} of them?")
    assert again.text.endswith("Shall I make the label for 3 of them?")
    assert less.text.endswith("Shall I make the label for 2 of them?")
    assert asked.responses == ["utter_return_reason"]
    assert (await talking.say("they flicker")).responses == ["utter_return_done"]
    assert [one.lines[0].quantity for one in talking.desk.erp.returns] == [2]


async def test_how_many_is_remembered_while_it_is_asked_which(bench: MakeBench) -> None:
    talking = talk(bench, LAMPS, replace(LAMPS, number="5009"))
    await talking.say("return 2 lamps", entities={"quantity": "2"})

    assert (await talking.say("5009", "Choose", Continue)).text.endswith("Shall I make the label for 2 of them?")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0", "utter_return_quantity_zero"),
        ("-5", "utter_return_quantity_negative"),
        ("1.5", "utter_return_quantity_fraction"),
        ("a few", "utter_return_quantity_vague"),
        ("4", "utter_return_quantity_too_many"),
        ("10^9", "utter_return_quantity_too_many"),
    ],
)
async def test_a_number_that_cannot_be_meant_is_named_and_asked_for_again(
    bench: MakeBench, text: str, why: str
) -> None:
    talking = talk(bench, LAMPS)
    await talking.say("send back the lamps")

    first = await talking.say(text, "Choose", Continue)
    second = await talking.say(text, "Choose", Continue)

    assert first.responses == [why, "utter_return_how_many_again"]
    assert second.responses == [why, "utter_task_ways_out", "utter_return_how_many_again"]
    assert not talking.desk.erp.returns


async def test_of_a_single_thing_too_many_is_said_and_the_one_is_offered(bench: MakeBench) -> None:
    said = await talk(bench, JACKET).say("return 3 jackets", entities={"quantity": "3"})

    assert said.responses == ["utter_return_quantity_too_many", "utter_return_offer"]


async def test_what_is_on_a_return_already_is_said_before_the_rest_is_offered(bench: MakeBench) -> None:
    talking = talk(bench, LAMPS, returns=(returned("R-2000", of=LAMPS),))

    asked = await talking.say("send back the lamps")

    assert asked.responses == ["utter_return_rest", "utter_return_how_many"]
    assert "You've announced return R-2000 of the same head lamp already" in asked.text
    assert (await talking.say("both", "Choose", Continue)).responses == ["utter_return_offer_several"]


async def test_a_thing_that_was_never_bought_is_not_taken_for_another(bench: MakeBench) -> None:
    said = await talk(bench, JACKET).say("return the toaster", entities={"product": "toaster"})

    assert said.responses == ["utter_return_not_among", "utter_return_which"]


async def test_an_exchange_is_said_to_be_none(bench: MakeBench) -> None:
    said = await talk(bench, JACKET).say("swap the jacket for a bigger one")

    assert said.responses == ["utter_return_no_exchange", "utter_return_offer"]


async def test_a_yes_to_the_order_that_was_told_offers_its_item(bench: MakeBench) -> None:
    talking = talk(bench, JACKET, LAMPS)
    await talking.say("where is 5001", "Order_Tracking", TrackOrder, {"order_number": "5001"})

    assert (await talking.say("yes", "Affirm")).text == f"All right. {OFFER}"


async def test_how_returns_go_is_told_to_anybody(bench: MakeBench) -> None:
    talking = replace(talk(bench), proof=Proof())

    said = await talking.say("how do returns work")

    assert said.responses == ["utter_return_how"]
    assert "within 30 days of delivery" in said.text
    assert "within 7 days" in said.text
    assert said.slots["question"] == "return_offer"


async def test_a_yes_to_another_question_is_none_to_the_label(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("the jacket is torn, send it back")
    await talking.say("where is my refund", "Refund_Status", RefundStatus)

    assert (await talking.say("yes", "Affirm")).responses == ["utter_return_offer"]
    assert not talking.desk.erp.returns


async def test_signs_alone_are_neither_yes_nor_no(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("the jacket is torn, send it back")

    again = await talking.say("😀😀", "Deny", Keep)

    assert again.responses == ["utter_task_again", "utter_return_offer"]
    assert (await talking.say("👎", "Deny", Keep)).responses == ["utter_kept"]


async def test_it_does_not_matter_whether_a_return_or_its_window_was_meant(bench: MakeBench) -> None:
    ranking = [("nlu_fallback", 0.35), ("Return_Window", 0.43), ("Return_Request", 0.39), ("Help", 0.02)]
    message = {"intent_ranking": [{"name": name, "confidence": sure} for name, sure in ranking]}

    said = await talk(bench, JACKET).say("jacket return please", "nlu_fallback", NotUnderstood, message=message)

    assert said.text == f"Of course. {OFFER}"


# What can't go back


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (
            order("5001", OrderStatus.DELIVERED, placed=50, lines=(BLUE,)),
            "that's over: the blue alpine jacket (M) from order 5001 arrived on Thursday, 22 January and could be "
            "returned until Saturday, 21 February. If something is wrong",
        ),
        (
            order("5001", OrderStatus.DELIVERED, lines=(replace(BLUE, category="clearance"),)),
            "was sold for good, as final sale, and can't be returned",
        ),
        (
            order("5001", OrderStatus.DELIVERED, lines=(BLUE,), delivered_at=None),
            "I can't see on which day the blue alpine jacket (M) from order 5001 arrived",
        ),
        (
            order("5001", OrderStatus.SHIPPED, lines=(replace(BLUE, category="electronics"),)),
            "hasn't arrived yet, so it can't go back yet. Once it's with you, you have 14 days",
        ),
        (order("5001", OrderStatus.RETURNED, lines=(BLUE,)), "came back to us already"),
        (order("5001", OrderStatus.CANCELLED, lines=(BLUE,)), "was cancelled"),
    ],
)
async def test_why_something_cannot_go_back_is_said(bench: MakeBench, one: Order, told: str) -> None:
    talking = talk(bench, one)

    said = await talking.say("return the jacket of 5001", entities={"order_number": "5001"})

    assert told in said.text
    assert said.slots["task"] is None
    assert said.slots["question"] is None


async def test_whoever_waits_for_everything_has_nothing_to_send_back_yet(bench: MakeBench) -> None:
    talking = talk(bench, COMING, replace(COMING, number="5009", lines=(BLUE,)))

    assert (await talking.say("I want to return something")).responses == ["utter_return_nothing_arrived"]


async def test_whoever_never_ordered_has_nothing_to_send_back(bench: MakeBench) -> None:
    assert (await talk(bench).say("I want to return my jacket")).responses == ["utter_no_order"]


async def test_where_nothing_can_go_back_each_item_says_why(bench: MakeBench) -> None:
    old = order("4001", OrderStatus.DELIVERED, placed=50, lines=(BLUE, RED))
    talking = talk(bench, old)

    asked = await talking.say("what can I send back")

    assert asked.responses == ["utter_return_none", "utter_return_which"]
    assert (await talking.say("the red one", "Choose", Continue)).responses == ["utter_return_not_over"]


@pytest.mark.parametrize("number", ["6001", "9999"])
async def test_anothers_order_and_none_are_told_alike(bench: MakeBench, number: str) -> None:
    bens = replace(order("6001", OrderStatus.DELIVERED), customer_number="1002")

    said = await talk(bench, JACKET, bens).say(f"return {number}", entities={"order_number": number})

    assert said.responses == ["utter_not_found"]
    assert number not in said.text


async def test_the_same_return_gives_the_same_number_and_label(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("the jacket is torn, send it back")
    await talking.yes()

    again = await talking.say("send the jacket back")

    assert again.text.startswith("That's announced already: the return number for the blue alpine jacket (M)")
    assert "R-2081" in again.text
    assert len(talking.desk.erp.returns) == 1
    assert papers(talking) == ["return-label-R-2081.pdf"] * 2


async def test_what_was_paid_back_is_told_as_such(bench: MakeBench) -> None:
    paid = returned("R-2000", of=JACKET, status=ReturnStatus.REFUNDED, refunded_on=ago(1).date())

    said = await talk(bench, JACKET, returns=(paid,)).say("send the jacket back")

    assert said.responses == ["utter_return_used_up", "utter_refund_refunded"]


async def test_a_stranger_is_asked_for_proof_first(bench: MakeBench) -> None:
    talking = replace(talk(bench, JACKET), proof=Proof())

    said = await ask(talking.desk, ReturnItem, "return my jacket", intent="Return_Request", proof=Proof())

    assert said.then == "action_ask_for_proof"
    assert said.slots["wanted"]["action"] == "action_return_item"


async def test_an_operation_that_needs_more_proof_asks_for_it_before_the_offer(bench: MakeBench) -> None:
    talking = talk(bench, JACKET, levels={Operation.RETURN_CREATE: "verified"})

    said = await ask(talking.desk, ReturnItem, "return my jacket", intent="Return_Request")

    assert said.then == "action_ask_for_proof"


# What goes wrong


async def test_the_erp_refuses_for_a_reason_of_its_own(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("the jacket is torn, send it back")
    talking.desk.erp.fail(Rejected("no"), only="create_return")

    said = await talking.yes()

    assert said.responses == ["utter_return_not_returnable"]
    assert said.slots["task"] is None


@pytest.mark.parametrize("begin", ["the jacket is torn, send it back", "send the jacket back"])
async def test_the_erp_is_down_and_the_same_yes_is_said_again(bench: MakeBench, begin: str) -> None:
    talking = talk(bench, JACKET)
    await talking.say(begin)
    talking.desk.erp.fail(Unavailable("down"), only="create_return")

    down = await talking.yes("yes, it's torn")
    talking.desk.erp.recover()
    done = await talking.yes("yes, it's torn")

    assert down.responses == ["utter_cannot_now"]
    assert "your returns" in down.text
    assert done.responses == ["utter_return_done"]
    assert len(talking.desk.erp.returns) == 1


async def test_an_answer_that_was_lost_is_looked_up_on_the_next_yes_without_asking_why_again(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("send the jacket back")
    talking.desk.erp.fail(Unknown("lost"), late=True, only="create_return")

    doubt = await talking.yes("yes, it's torn")
    talking.desk.erp.recover()
    done = await talking.yes()

    assert doubt.responses == ["utter_in_doubt"]
    assert done.responses == ["utter_return_done"]
    assert [one.reason for one in talking.desk.erp.returns] == [ReturnReason.DAMAGED]


async def test_without_a_label_the_number_is_told_and_the_label_comes_when_asked_for(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("the jacket is torn, send it back")
    talking.desk.lose(documents)

    said = await talking.yes()

    assert said.responses == ["utter_return_done_without_label"]
    assert "with the number R-2081" in said.text
    assert len(talking.desk.erp.returns) == 1


async def test_a_label_that_was_lost_comes_again(bench: MakeBench) -> None:
    waiting, paid = returned("R-2001", of=JACKET), returned("R-2000", of=LAMPS, status=ReturnStatus.REFUNDED)
    talking = talk(bench, JACKET, LAMPS, returns=(waiting, paid))

    said = await talking.say("I lost my label")

    assert said.text == (
        "Here is the label for your return R-2001 (alpine jacket, blue, M); print it and put it on the parcel."
    )
    assert papers(talking) == ["return-label-R-2001.pdf"]
    assert (await talk(bench, JACKET).say("I lost my label")).responses == ["utter_no_return"]


async def test_a_yes_after_the_last_day_says_that_it_is_over(bench: MakeBench) -> None:
    talking = talk(bench, JACKET)
    await talking.say("the jacket is torn, send it back")
    talking.desk.clock.advance(timedelta(days=40))

    assert (await Talk(talking.desk, slots=talking.slots).yes()).responses == ["utter_return_not_over"]
    assert not talking.desk.erp.returns


# Where the money is

DAYS_AGO = {days: ago(days).date() for days in range(40)}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"return_by": TODAY},
            "isn't here yet. Please send it by Wednesday, 11 March; within 7 days of its arrival you get $10.00 back.",
        ),
        ({"return_by": DAYS_AGO[1]}, "isn't here yet; it was to be sent by Tuesday, 10 March. If it's on its way"),
        ({"return_by": None}, "isn't here yet. Within 7 days of its arrival you get $10.00 back."),
        (
            {"status": ReturnStatus.RECEIVED, "received_on": DAYS_AGO[7]},
            "came in on Wednesday, 4 March. You get $10.00 back by Wednesday, 11 March.",
        ),
        (
            {"status": ReturnStatus.RECEIVED, "received_on": DAYS_AGO[8]},
            "you should have had $10.00 back by Tuesday, 10 March. I'm sorry that it isn't so; our team will see to it",
        ),
        ({"status": ReturnStatus.RECEIVED, "refund": None}, "is here. Within 7 days of its arrival you get the money"),
        (
            {"status": ReturnStatus.REFUNDED, "refunded_on": DAYS_AGO[2]},
            "For your return R-2000 (alpine jacket, blue, M), $10.00 went out to you on Monday.",
        ),
        (
            {"status": ReturnStatus.REFUNDED, "refund": Money(amount=Decimal("1234.5"), currency="EUR")},
            "€1,234.50 went out to you. Your bank",
        ),
        ({"status": ReturnStatus.REJECTED}, "wasn't accepted. Our team can tell you why"),
    ],
)
async def test_a_return_is_told_by_how_it_stands(bench: MakeBench, fields: dict[str, Any], told: str) -> None:
    one = returned("R-2000", of=JACKET, **fields)

    said = await talk(bench, JACKET, returns=(one,)).say("where is my refund", "Refund_Status", RefundStatus)

    assert told in said.text
    assert "R-2000 (alpine jacket, blue, M)" in said.text
    assert said.slots["order_number"] == "5001"


@pytest.mark.parametrize("status", list(ReturnStatus))
@pytest.mark.parametrize("bare", [True, False])
async def test_several_returns_are_listed_the_newest_first(bench: MakeBench, status: ReturnStatus, bare: bool) -> None:
    days = {} if bare else {"received_on": DAYS_AGO[9], "refunded_on": DAYS_AGO[9]}
    returns = tuple(returned(f"R-200{at}", of=LAMPS, announced=9 - at, status=status, **days) for at in range(5))

    said = await talk(bench, LAMPS, returns=returns).say("where is my refund", "Refund_Status", RefundStatus)

    lines = said.text.splitlines()
    assert lines[0] == "Here is how your returns stand:"
    assert [one[2:8] for one in lines[1:]] == ["R-2004", "R-2003", "R-2002"]


async def test_a_return_is_told_by_its_number_whoever_answers(bench: MakeBench) -> None:
    returns = (returned("R-2000", of=JACKET), returned("R-2001", of=LAMPS))
    talking = talk(bench, JACKET, LAMPS, returns=returns)

    asked = await talking.say("r-2000?", "Refund_Status", RefundStatus)
    chosen = await talking.say("what about R-2001", "Choose")

    assert asked.responses == chosen.responses == ["utter_refund_announced"]
    assert "R-2001 (head lamp)" in chosen.text


async def test_without_a_return_one_is_offered_and_a_person(bench: MakeBench) -> None:
    said = await talk(bench, JACKET).say("where is my refund", "Refund_Status", RefundStatus)

    assert said.responses == ["utter_no_return"]
    assert [title for title, _ in said.buttons] == ["Send something back", "Talk to a person"]
    assert said.slots["question"] == "return_offer"


async def test_money_for_a_cancelled_order_is_for_a_person(bench: MakeBench) -> None:
    talking = talk(bench, JACKET, returns=(returned(of=JACKET),))

    said = await talking.say("the refund of the order I cancelled?", "Refund_Status", RefundStatus)

    assert said.responses == ["utter_refund_of_cancelled"]

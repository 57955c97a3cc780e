"""Changing an order as the customer hears it: what is asked, what is said back, and what came of the yes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from actions.base import ASK_FOR_PROOF
from actions.cancelling import CancelOrder
from actions.changing import ChangeOrder
from actions.orders import TrackOrder
from actions.smalltalk import SmallTalk
from middleware.errors import Unavailable, Unknown
from middleware.identity import Proof
from middleware.records import Address, Money, Order, OrderStatus, StockLevel
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADAS_ACCOUNT, KNOWN, Bench, level, line, order, shipment, variant
from tests.unit.test_actions import MakeBench, Said, ask

VERIFIED = Proof(email=ADA_EMAIL)
GREEN_L = {"colour": "green", "size": "L"}
JACKET = line("alpine jacket", sku="GRE-L", options=GREEN_L)
SOCKS = line("hiking socks", "2", sku="SCK", quantity=Decimal(2))
LAMP = line("head lamp", sku="LMP", price=Money(amount=Decimal("39"), currency="USD"))
HOME = Address(address1="27 Grove Street", city="Stamford", state="CT", country="US", postcode="06901")
VARIANTS = [
    *(
        variant(f"{colour[:3].upper()}-{size}", price=price, options={"colour": colour, "size": size})
        for colour, price in (("green", "10"), ("blue", "10"), ("black", "12"), ("red", "8"))
        for size in ("L", "M", "S", "XL")
    ),
    variant("SCK", "P-2", name="hiking socks"),
    variant("LMP", "P-3", name="head lamp", price="39"),
]
FREE = {one.sku: 9 for one in VARIANTS} | {"GRE-XL": 0, "BLU-M": 1}
CHANGED = "utter_confirm_change"


def jacket(number: str = "5001", **fields: Any) -> Order:
    """An order of Ada's of a single jacket."""
    return order(number, **({"lines": (JACKET,), "address": HOME} | fields))


def desk_with(bench: MakeBench, *orders: Order, levels: Sequence[StockLevel] | None = None) -> Bench:
    """Ada in both systems, with these orders."""
    stock = [level(sku, units) for sku, units in FREE.items()] if levels is None else levels
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], orders or [jacket()], variants=VARIANTS, levels=stock))


class Talk:
    """A conversation with the action alone."""

    def __init__(self, desk: Bench, **slots: Any) -> None:
        self.desk = desk
        self.slots: dict[str, Any] = slots

    async def say(self, text: str, intent: str = "Order_Modification", **entities: str) -> Said:
        """Says something that reaches the action."""
        said = await ask(
            self.desk, ChangeOrder, text, intent=intent, proof=VERIFIED, slots=self.slots, entities=entities
        )
        self.slots |= said.slots
        return said

    async def press(self, said: Said, title: str) -> Said:
        """Presses a button of a reply."""
        payload = next(payload for name, payload in said.buttons if name == title)
        intent, _, rest = payload.removeprefix("/").partition("{")
        return await self.say(payload, intent, **json.loads("{" + rest if rest else "{}"))

    async def is_answer(self, text: str, intent: str) -> bool:
        """Whether another action would hand this over."""
        said = await ask(self.desk, SmallTalk, text, intent=intent, proof=VERIFIED, slots=self.slots)
        return said.then == "action_change_order"


# What it becomes


async def test_the_wrong_size_alone_asks_which_of_those_that_there_are(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))

    asked = await talk.say("I ordered the wrong size")

    assert asked.text == (
        "We have the alpine jacket (green) in S, M, L, and XL; sold out right now: XL. Which would you like?"
    )
    assert [title for title, _ in asked.buttons] == ["S", "M"]
    proposed = await talk.press(asked, "M")
    assert proposed.text == (
        "Your order 5001: alpine jacket (green, L) becomes alpine jacket (green, M), at the same price. "
        "Shall I change it?"
    )
    done = await talk.say("yes", "Affirm")
    assert done.text == "Done: your order 5001 now includes alpine jacket (green, M)."
    assert talk.desk.erp.order("5001").lines[0].sku == "GRE-M"
    assert (done.slots["task"], done.slots["question"]) == (None, None)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("change order 5001 to medium", "alpine jacket (green, M), at the same price"),
        ("the jacket in black, M please", "alpine jacket (black, M), for $2.00 more"),
        ("i picked green and meant red", "alpine jacket (red, L), for $2.00 less"),
        ("one size down", "alpine jacket (green, M), at the same price"),
        ("two of them, in red", "2 × alpine jacket (red, L), for $6.00 more"),
    ],
)
async def test_who_says_it_all_at_once_is_asked_for_the_yes(bench: MakeBench, text: str, becomes: str) -> None:
    quantity = {"quantity": "two"} if "two" in text else {}

    said = await Talk(desk_with(bench)).say(text, **quantity)

    assert said.text == f"Your order 5001: alpine jacket (green, L) becomes {becomes}. Shall I change it?"
    assert said.slots["question"] == "confirm"


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("make it XXL", "utter_change_no_such"),
        ("in purple please", "utter_change_no_such"),
        ("XL please", "utter_change_none_left"),
        ("the jacket should be L", "utter_change_same"),
    ],
)
async def test_what_cannot_be_had_is_said_with_what_there_is(bench: MakeBench, text: str, response: str) -> None:
    said = await Talk(desk_with(bench)).say(text)

    assert said.responses == [response, "utter_ask_variant"]


async def test_of_an_article_with_too_few_it_is_said_how_many_there_are(bench: MakeBench) -> None:
    three = jacket(lines=(replace(JACKET, quantity=Decimal(3)),))

    said = await Talk(desk_with(bench, three)).say("blue M please")

    assert said.text.startswith("I'm sorry, of the alpine jacket (blue, M) only 1 can be had right now.")
    assert "not enough for 3 of them: M" in said.text or "not enough for 3 of them: blue" in said.text


async def test_what_comes_in_one_version_only_cannot_be_another(bench: MakeBench) -> None:
    said = await Talk(desk_with(bench, jacket(lines=(LAMP,)))).say("i ordered the wrong colour")

    assert said.responses == ["utter_change_no_other", "utter_ask_change"]


async def test_where_all_others_are_sold_out_something_else_is_offered(bench: MakeBench) -> None:
    said = await Talk(desk_with(bench, levels=[level("GRE-L", 3)])).say("wrong size")

    assert said.responses == ["utter_change_nothing_else", "utter_ask_change"]


async def test_a_price_that_the_erp_does_not_say_is_not_invented(bench: MakeBench) -> None:
    said = await Talk(desk_with(bench, jacket(lines=(replace(JACKET, price=None),)))).say("in M please")

    assert "at a price that I can't see from here" in said.text


# How many


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("-5", "utter_change_negative"),
        ("1.5", "utter_change_fraction"),
        ("a few", "utter_change_vague"),
        ("10^9", "utter_change_too_many"),
        ("2", "utter_change_so_many"),
    ],
)
async def test_a_quantity_that_cannot_be_is_told_why_and_asked_again(
    bench: MakeBench, text: str, response: str
) -> None:
    talk = Talk(desk_with(bench, jacket(lines=(SOCKS,))))
    asked = await talk.say("change the quantity")
    assert asked.text == "How many should it be? Now it's 2 × hiking socks."

    said = await talk.say(text, "nlu_fallback")

    assert said.responses == [response, "utter_ask_quantity"]
    assert not talk.desk.erp.changes


async def test_more_than_are_free_are_told_with_how_many_there_can_be(bench: MakeBench) -> None:
    said = await Talk(desk_with(bench, jacket(lines=(SOCKS,)))).say("make it 20", quantity="20")

    assert said.text.startswith("I'm sorry, only 9 more are free right now, so it can be 11 at most.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("make it 3", "3 × hiking socks instead of 2, for $10.00 more"),
        ("one less", "1 × hiking socks instead of 2, for $10.00 less"),
        ("add one more", "3 × hiking socks instead of 2, for $10.00 more"),
    ],
)
async def test_a_quantity_is_said_back_with_what_it_costs(bench: MakeBench, text: str, told: str) -> None:
    talk = Talk(desk_with(bench, jacket(lines=(SOCKS,))))

    said = await talk.say(text)

    assert said.text == f"Your order 5001: {told}. Shall I change it?"
    done = await talk.say("yes", "Affirm")
    assert done.responses == ["utter_order_changed"]


# Less


async def test_a_line_is_taken_off_on_a_yes(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench, jacket(lines=(JACKET, SOCKS))))

    said = await talk.say("take the socks off my order")

    assert said.text == (
        "I'd take 2 × hiking socks off your order 5001, for $20.00 less; alpine jacket (green, L) would stay on it. "
        "Shall I?"
    )
    assert [title for title, _ in said.buttons] == ["Yes, take it off", "No, leave it"]
    done = await talk.say("yes", "Affirm")
    assert (
        done.text
        == "Done: I've taken the hiking socks off your order 5001. It still includes alpine jacket (green, L)."
    )


async def test_which_item_comes_off_can_be_told_by_its_colour(bench: MakeBench) -> None:
    blue = replace(JACKET, id="2", sku="BLU-L", options={"colour": "blue", "size": "L"})
    talk = Talk(desk_with(bench, jacket(lines=(JACKET, blue))))

    assert "1 × alpine jacket (blue, L) off" in (await talk.say("take the blue jacket off my order")).text
    assert await talk.is_answer("no, the green one", "Deny")
    assert "1 × alpine jacket (green, L) off" in (await talk.say("no, the green one", "Deny")).text


@pytest.mark.parametrize("text", ["make it 0", "remove the jacket", "take it off please"])
async def test_nothing_left_of_an_order_is_a_cancelled_one_and_asked_as_that(bench: MakeBench, text: str) -> None:
    talk = Talk(desk_with(bench))

    said = await talk.say(text)

    assert said.responses == ["utter_change_all_there_is", "utter_confirm_cancel"]
    assert said.slots["task"]["action"] == "action_cancel_order"


async def test_cancelling_one_of_two_items_is_a_change(bench: MakeBench) -> None:
    desk = desk_with(bench, jacket(lines=(JACKET, SOCKS)))

    part = await ask(desk, CancelOrder, "cancel the socks", intent="Order_Cancel", proof=VERIFIED)
    whole = await ask(desk, CancelOrder, "cancel the order with the socks", intent="Order_Cancel", proof=VERIFIED)

    assert part.then == "action_change_order"
    assert whole.responses == ["utter_confirm_cancel"]


# Where to


async def test_an_address_is_taken_piece_by_piece(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))

    said = [await talk.say(text) for text in ("wrong address", "12 Main Street Apt 3", "02110")]

    assert [one.responses for one in said] == [["utter_ask_address"], ["utter_address_postcode"], [CHANGED]]
    assert "it will go to 12 Main Street, Apt 3, Boston, MA 02110 instead of 27 Grove Street" in said[-1].text
    done = await talk.say("yes", "Affirm")
    assert done.text == "Done: your order 5001 now goes to 12 Main Street, Apt 3, Boston, MA 02110."


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("new address: Main Street, Boston MA 02110", "utter_address_street"),
        ("ship it to 12 Main Street, Boston MA", "utter_address_postcode"),
        ("ship it to 12 Main Street, Boston MA 99999", "utter_address_no_such_postcode"),
        ("ship it to 12 Main Street, Boston MA 10001", "utter_address_mismatch"),
        ("change the address to 27 Grove Street, Stamford CT 06901", "utter_ask_address_other"),
        ("change the address to Calle Robles 14, Madrid, Spain", "utter_address_abroad"),
    ],
)
async def test_an_address_that_cannot_be_is_told_why(bench: MakeBench, text: str, response: str) -> None:
    talk = Talk(desk_with(bench))

    said = await talk.say(text)

    assert said.responses == [response]
    assert not talk.desk.erp.changes


async def test_size_and_address_go_with_one_yes(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))

    said = await talk.say("make it M and ship it to 12 Main Street, Boston MA 02110")
    done = await talk.say("yes", "Affirm")

    assert said.responses == [CHANGED]
    assert done.responses == ["utter_order_changed", "utter_order_readdressed"]
    assert len(talk.desk.erp.changes) == 1


# Which one, and what


async def test_if_nothing_is_said_it_is_asked_what_shall_be_different(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))

    asked = await talk.say("change my order")

    assert [title for title, _ in asked.buttons] == [
        "Another colour",
        "Another size",
        "How many",
        "The address",
        "Take something off",
    ]
    assert (await talk.press(asked, "Another colour")).responses == ["utter_ask_variant"]


@pytest.mark.parametrize(
    ("title", "response"),
    [
        ("How many", "utter_ask_quantity"),
        ("The address", "utter_ask_address"),
        ("Take something off", "utter_change_all_there_is"),
    ],
)
async def test_each_part_can_be_pressed(bench: MakeBench, title: str, response: str) -> None:
    talk = Talk(desk_with(bench))

    said = await talk.press(await talk.say("change my order"), title)

    assert said.responses[0] == response


async def test_of_several_lines_one_is_chosen(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench, jacket(lines=(JACKET, SOCKS)), jacket("5002", lines=(LAMP,))))

    asked = await talk.say("take something off")

    assert asked.responses == ["utter_which_line"]
    assert [title for title, _ in asked.buttons] == [
        "alpine jacket (green, L) (order 5001)",
        "2 × hiking socks (order 5001)",
        "head lamp (order 5002)",
    ]
    assert "2 × hiking socks off" in (await talk.press(asked, "2 × hiking socks (order 5001)")).text


@pytest.mark.parametrize(
    ("text", "choice", "told"),
    [
        ("i need it in M", "the jacket", "alpine jacket (green, L) becomes alpine jacket (green, M)"),
        ("make it 3", "the socks", "3 × hiking socks instead of 2"),
        ("wrong one, take it off", "the second one", "2 × hiking socks off"),
        ("make it two please", "the jacket, in black", "becomes 2 × alpine jacket (black, L)"),
    ],
)
async def test_what_was_said_before_the_line_was_clear_is_not_asked_again(
    bench: MakeBench, text: str, choice: str, told: str
) -> None:
    gloves = line("gloves", "3", sku="GLV", options={"colour": "grey", "size": "S"})
    talk = Talk(desk_with(bench, jacket(lines=(JACKET, SOCKS, gloves))))

    assert (await talk.say(text)).responses == ["utter_which_line"]
    said = await talk.say(choice, "Choose")

    assert told in said.text


async def test_an_address_is_not_asked_again_after_the_order_is_chosen(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench, jacket("5001"), jacket("5002", placed=5)))

    assert (await talk.say("ship it to 12 Main Street, Boston MA 02110")).responses == ["utter_which_order"]
    said = await talk.say("5002", "Choose", order_number="5002")

    assert said.text.startswith("Your order 5002: it will go to 12 Main Street, Boston, MA 02110 instead of")


async def test_an_address_means_no_line_of_the_order(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench, jacket(lines=(JACKET, replace(JACKET, id="2", sku="BLU-L")))))
    await talk.say("ship it to 12 Main Street, Boston MA 02110")

    said = await talk.say("and change it to M")

    assert said.responses == ["utter_which_line"]


async def test_what_is_not_in_the_order_cannot_be_taken_off(bench: MakeBench) -> None:
    said = await Talk(desk_with(bench)).say("take the tent off my order", product="tent")

    assert said.responses == ["utter_change_not_in_it", "utter_which_line"]


async def test_of_several_orders_one_is_chosen_before_it_is_asked_what(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench, jacket("5001", placed=2), jacket("5002", placed=4, lines=(LAMP,))))

    asked = await talk.say("change my order")
    assert asked.responses == ["utter_which_order"]
    said = await talk.say("the second one", "Choose")

    assert said.text == "What should be different about your order 5002?"


# Corrections and what comes in between


@pytest.mark.parametrize(
    ("text", "intent", "becomes"),
    [
        ("no, the small one", "Deny", "alpine jacket (green, S)"),
        ("actually blue, L", "Choose", "alpine jacket (blue, L)"),
        ("yes but in red", "Affirm", "alpine jacket (red, M)"),
        ("make it 2 instead", "Inventory_Hold", "2 × alpine jacket (green, M)"),
    ],
)
async def test_a_correction_is_taken_whatever_it_was_understood_as(
    bench: MakeBench, text: str, intent: str, becomes: str
) -> None:
    talk = Talk(desk_with(bench))
    first = await talk.say("change it to M")

    assert await talk.is_answer(text, intent)
    said = await talk.say(text, intent)

    assert becomes in said.text
    assert said.slots["task"]["proposal"]["key"] != first.slots["task"]["proposal"]["key"]
    await talk.say("yes", "Affirm")
    assert len(talk.desk.erp.changes) == 1


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("yes", "Affirm"),
        ("yes please, medium", "Affirm"),
        ("no", "Deny"),
        ("where is my order", "Order_Tracking"),
        ("cancel it", "Order_Cancel"),
        ("i want to talk to a person", "Human_Handoff"),
        ("never mind", "Stop"),
        ("thanks", "Thanks"),
        ("what does shipping to 48 states cost", "faq"),
    ],
)
async def test_another_wish_or_a_mere_yes_is_no_correction(bench: MakeBench, text: str, intent: str) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")

    said = await ask(talk.desk, TrackOrder, text, intent=intent, proof=VERIFIED, slots=talk.slots)

    assert said.then != "action_change_order"


async def test_whoever_wants_it_as_it_is_keeps_it(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")

    said = await talk.say("oh, leave it L", "Choose")

    assert said.responses == ["utter_kept"]


async def test_what_colours_there_are_is_answered_by_the_task(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")

    assert await talk.is_answer("what colours do you have?", "Inventory_Check")
    said = await talk.say("what colours do you have?", "Inventory_Check")

    assert said.text.startswith("We have the alpine jacket (M) in green, blue, black, and red. Which")
    assert "alpine jacket (blue, S)" not in said.text
    assert "alpine jacket (black, M)" in (await talk.say("black", "Choose")).text


async def test_another_order_in_the_middle_begins_anew(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench, jacket("5001"), jacket("5002")))
    await talk.say("change order 5001 to M", order_number="5001")

    said = await talk.say("no, order 5002 to S", order_number="5002")

    assert said.text.startswith("Your order 5002: alpine jacket (green, L) becomes alpine jacket (green, S)")


# What came of the yes


@pytest.mark.parametrize("status", [OrderStatus.PACKED, OrderStatus.SHIPPED])
async def test_an_order_packed_before_the_yes_is_too_late_and_not_said_to_be_changed(
    bench: MakeBench, status: OrderStatus
) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")
    talk.desk.erp.orders[0] = jacket(status=status)

    said = await talk.say("yes", "Affirm")

    assert said.responses == ["utter_change_too_late"]
    assert "I'll make the return label for you" in said.text
    assert not talk.desk.erp.changes


@pytest.mark.parametrize(
    ("changes", "response", "question"),
    [
        ({"status": OrderStatus.DELIVERED}, "utter_change_too_late_delivered", "return_offer"),
        ({"status": OrderStatus.CANCELLED}, "utter_order_cancelled", None),
        ({"status": OrderStatus.RETURNED}, "utter_order_returned", None),
        ({"shipments": (shipment({"1": 1}),)}, "utter_change_too_late", None),
        ({"lines": (replace(JACKET, status=OrderStatus.PACKED),)}, "utter_change_too_late", None),
    ],
)
async def test_an_order_past_changing_is_told_as_it_stands(
    bench: MakeBench, changes: Mapping[str, Any], response: str, question: str | None
) -> None:
    said = await Talk(desk_with(bench, jacket(**changes))).say("change 5001 to M", order_number="5001")

    assert (said.responses, said.slots["question"]) == ([response], question)
    assert "received already" not in said.text


async def test_what_is_sold_out_meanwhile_goes_on_with_what_there_is(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")
    talk.desk.erp.levels = [level("GRE-S", 4)]

    said = await talk.say("yes", "Affirm")

    assert said.responses == ["utter_change_just_gone", "utter_ask_variant"]
    assert [title for title, _ in said.buttons] == ["S"]
    assert (await talk.say("S", "Choose")).responses == [CHANGED]


async def test_too_few_meanwhile_ask_for_the_quantity_again(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("make it 3")
    talk.desk.erp.levels = []

    assert (await talk.say("yes", "Affirm")).responses == ["utter_change_just_gone", "utter_ask_quantity"]


async def test_a_refused_address_asks_what_shall_be_different(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench, jacket(lines=(JACKET, SOCKS))))
    await talk.say("make the jacket M and ship it to 12 Main Street, Boston MA 02110")
    talk.desk.erp.levels = []

    assert (await talk.say("yes", "Affirm")).responses == ["utter_change_just_gone", "utter_ask_change"]


async def test_what_others_changed_meanwhile_is_left_as_it_is(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")
    talk.desk.erp.orders[0] = jacket(version="2")

    said = await talk.say("yes", "Affirm")

    assert said.responses == ["utter_changed_meanwhile"]
    assert said.slots["task"] is None


@pytest.mark.parametrize(
    ("error", "response"), [(Unavailable("x"), "utter_cannot_now"), (Unknown("x"), "utter_in_doubt")]
)
async def test_a_yes_that_failed_may_be_said_again(bench: MakeBench, error: Exception, response: str) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")
    talk.desk.erp.fail(error, only="change_order")

    assert (await talk.say("yes", "Affirm")).responses == [response]
    talk.desk.erp.recover()
    assert (await talk.say("yes", "Affirm")).responses == ["utter_order_changed"]


# Who, whose, and what not


async def test_a_telephone_alone_asks_for_proof_and_remembers_what_was_said(bench: MakeBench) -> None:
    said = await ask(desk_with(bench), ChangeOrder, "change it to M", intent="Order_Modification", proof=KNOWN)

    assert said.then == ASK_FOR_PROOF
    assert said.slots["wanted"]["text"] == "change it to M"


async def test_anothers_order_is_told_as_one_that_is_not_there(bench: MakeBench) -> None:
    bens = jacket("6001", customer_number="1002")

    said = await Talk(desk_with(bench, jacket(), bens)).say("change 6001 to M", order_number="6001")

    assert said.responses == ["utter_not_found"]


async def test_without_any_order_there_is_nothing_to_change(bench: MakeBench) -> None:
    bens = jacket("6001", customer_number="1002")

    assert (await Talk(desk_with(bench, bens)).say("change my order")).responses == ["utter_nothing_to_change"]


@pytest.mark.parametrize(
    "text", ["make it express please", "add a pair of gloves to my order", "change the name on it", "gift wrap please"]
)
async def test_what_only_people_can_change_names_them(bench: MakeBench, text: str) -> None:
    assert (await Talk(desk_with(bench)).say(text)).responses == ["utter_person_for_Order_Modification"]


async def test_what_only_people_can_change_leaves_the_question_open(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")

    said = await talk.say("and make it express")

    assert said.responses == ["utter_person_for_Order_Modification", "utter_back_to_it", CHANGED]
    assert ("Talk to a person", "/Human_Handoff") in said.buttons


async def test_another_task_that_has_nothing_to_ask_leaves_the_change_where_it_was(bench: MakeBench) -> None:
    talk = Talk(desk_with(bench))
    await talk.say("change it to M")
    talk.desk.erp.orders[0] = jacket(status=OrderStatus.PACKED)

    said = await ask(
        talk.desk, CancelOrder, "can it be cancelled", intent="Order_Cancel", proof=VERIFIED, slots=talk.slots
    )

    assert said.responses == ["utter_cancel_too_late", "utter_back_to_it", CHANGED]
    assert (await Talk(talk.desk, **talk.slots).say("yes", "Affirm")).responses == ["utter_change_too_late"]

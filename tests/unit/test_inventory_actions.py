"""Talking about stock: what is told, what is offered, what is held, and what a correction or a no does to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from actions.base import ASK_FOR_PROOF, Action
from actions.handoff import HandOver
from actions.holds import ChangeHold
from actions.inventory import CheckStock, HoldStock
from actions.leads import CaptureLead
from actions.proactive import Proactive
from actions.smalltalk import NotUnderstood
from actions.tasks import Continue, Keep
from actions.tickets import TicketStatus
from actions.turn import LISTEN
from middleware import store
from middleware.erp.base import Capabilities
from middleware.errors import NotFound, Unavailable, Unknown
from middleware.identity import Proof
from middleware.proactive import WORDS
from middleware.records import Address, Contact, Customer, Variant, Warehouse
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, NEWARK, NOW, RENO, Bench, level, order, variant
from tests.unit.test_actions import Said, ask

MakeBench = Callable[..., Bench]

SECOND = timedelta(seconds=1)
STRANGER = Proof()
HOME = Address(address1="48 Mercer Street", city="Jersey City", state="NJ", country="US", postcode="07302")
AT_HOME = Customer(number="1001", name="Ada Lovett", phone=ADAS_ACCOUNT.phone, email=ADAS_ACCOUNT.email, address=HOME)
BEN = Contact(id="102", first_name="Ben", last_name="Ray", phone="+12015550199")
BENS = Customer(number="1002", name="Ben Ray", phone="+12015550199")


def article(sku: str, name: str, product: str | None = None, **options: str) -> Variant:
    return variant(sku, product or sku, name=name, options=options)


ARTICLES = [
    article("TRV-BTL-750", "750 ml travel bottle"),
    article("TRV-BTL-500", "500 ml travel bottle"),
    article("TNT-2P", "two-person tent"),
    article("ICE-AXE-5", "ice axe"),
    article("CRM-PON-1", "crampons"),
    article("BLU-CPE-M", "rain cape", "CPE", colour="blue", size="M"),
    article("BLU-CPE-L", "rain cape", "CPE", colour="blue", size="L"),
    article("RED-CPE-M", "rain cape", "CPE", colour="red", size="M"),
]
SOON = (NOW + timedelta(days=3)).date()
LEVELS = [
    level("TRV-BTL-750", 820, NEWARK),
    level("TRV-BTL-750", 520, RENO),
    level("TRV-BTL-500", 40, NEWARK),
    level("TNT-2P", 1, NEWARK),
    level("TNT-2P", 60, RENO),
    level("ICE-AXE-5", 0, NEWARK, {SOON: 25}),
    level("CRM-PON-1", 0, NEWARK),
    level("BLU-CPE-M", 14, NEWARK),
    level("BLU-CPE-L", 0, NEWARK),
    level("RED-CPE-M", 9, NEWARK),
]
ACTIONS: dict[str, type[Action]] = {
    one().name(): one
    for one in (CheckStock, HoldStock, ChangeHold, Continue, Keep, HandOver, NotUnderstood, TicketStatus)
}


class Talk:
    """A conversation: the slots go from turn to turn, and an action that another one names runs after it."""

    def __init__(self, desk: Bench, proof: Proof = KNOWN) -> None:
        self.desk = desk
        self.proof = proof
        self.slots: dict[str, Any] = {}

    async def check(self, text: str, **more: Any) -> Said:
        return await self.says(text, CheckStock, "Inventory_Check", **more)

    async def hold(self, text: str, **more: Any) -> Said:
        return await self.says(text, HoldStock, "Inventory_Hold", **more)

    async def yes(self, text: str = "yes") -> Said:
        return await self.says(text, Continue, "Affirm")

    async def answers(self, text: str, **more: Any) -> Said:
        """Something that a task must recognise as its own, whatever it was taken for."""
        return await self.says(text, TicketStatus, "Ticket_Status", **more)

    async def says(self, text: str, action: type[Action], intent: str, **more: Any) -> Said:
        said, after = None, LISTEN
        while said is None or said.then in ACTIONS:
            chosen = ACTIONS[said.then] if said else action
            said = await ask(
                self.desk, chosen, text, intent=intent, proof=self.proof, slots=self.slots, after=after, **more
            )
            self.slots |= said.slots
            after = chosen().name()
        return said


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench(FakeCrm([ADA, BEN]), FakeErp([AT_HOME, BENS], variants=ARTICLES, levels=LEVELS))


@pytest.fixture
def ada(desk: Bench) -> Talk:
    return Talk(desk)


@pytest.fixture
def stranger(desk: Bench) -> Talk:
    return Talk(desk, STRANGER)


def free(desk: Bench, sku: str) -> int:
    return int(sum(one.free for one in desk.erp.levels if one.sku == sku))


def untouched(desk: Bench) -> bool:
    return not desk.erp.reservations and not desk.rows(store.holds)


# Whether it is there


async def test_what_is_asked_for_by_its_sku_is_offered_from_the_nearest_warehouse(ada: Talk) -> None:
    said = await ada.check("Do you have 500 units of SKU TRV-BTL-750?", entities={"sku": "TRV-BTL-750"})

    assert said.text == (
        "Yes: 820 are free in Newark, the warehouse nearest to you, and 1,340 in all. "
        "Shall I hold 500 for you for two hours?"
    )
    assert [title for title, _ in said.buttons] == ["Yes, hold them", "No, thanks"]
    assert untouched(ada.desk)


@pytest.mark.parametrize(
    "sku", ["trv-btl-750", "TRVBTL750", "trv btl 750", "Trv_Btl-750", "TRV–BTL–750"], ids=lambda one: one
)
async def test_a_sku_is_known_however_it_is_written(ada: Talk, sku: str) -> None:
    said = await ada.check(f"have you got 500 of {sku}")

    assert said.text.startswith("Yes: 820 are free in Newark")


@pytest.mark.parametrize(
    "words",
    ["of the 750 ml travel bottle", "750ml travel bottles", "travle botles, 750 ml", "of your bottle, the 750 ml one"],
)
async def test_an_article_is_known_by_its_words(ada: Talk, words: str) -> None:
    said = await ada.check(f"do you have 500 {words}")

    assert said.text.startswith("Yes: 820 of the 750 ml travel bottle are free in Newark")


async def test_a_stranger_hears_where_most_are(stranger: Talk) -> None:
    said = await stranger.check("how many TRV-BTL-750 are there")

    assert said.text.startswith("Yes: 1,340 are free in all, most of them in Newark (820).")
    assert said.slots["question"] is None


async def test_near_a_place_that_is_named_its_warehouse_is_nearest(stranger: Talk) -> None:
    said = await stranger.check("500 of TRV-BTL-750, near San Francisco")

    assert said.text.startswith("Yes: 520 are free in Reno, the warehouse nearest to San Francisco, and 1,340 in all.")


async def test_a_postcode_is_a_place_and_no_number_of_pieces(stranger: Talk) -> None:
    said = await stranger.check("do you have 30 of TRV-BTL-750 near 02110?")

    assert said.text.startswith("Yes: 820 are free in Newark, the warehouse nearest to Boston")
    assert said.slots["task"]["quantity"] == "30"


async def test_a_warehouse_that_is_named_is_the_one(ada: Talk) -> None:
    said = await ada.check("are there 500 of TRV-BTL-750 in Reno")

    assert said.text.startswith("Yes: 520 are free in Reno, and 1,340 in all.")


async def test_the_address_that_cannot_be_read_leaves_the_answer(ada: Talk) -> None:
    ada.desk.erp.fail(Unavailable("down"), only="customers_by_phone")

    said = await ada.check("how many TRV-BTL-750 do you have")

    assert said.text.startswith("Yes: 1,340 are free in all")


async def test_where_the_nearest_has_too_few_another_one_is_offered(ada: Talk) -> None:
    said = await ada.check("do you have 40 of TNT-2P")

    assert said.text.startswith(
        "Yes, though not from Newark, the warehouse nearest to you (1 free there): 60 are free in Reno, and 61 in all."
    )


async def test_where_no_warehouse_has_enough_several_are_offered_together(ada: Talk) -> None:
    said = await ada.check("do you have 1,000 of TRV-BTL-750")

    assert said.text.startswith(
        "Yes, from several warehouses together: 820 in Newark and 180 in Reno, and 1,340 in all. Shall I hold 1,000"
    )


async def test_too_few_are_told_with_how_many_there_are(ada: Talk) -> None:
    said = await ada.check("I'd need 5000 TRV-BTL-750")

    assert said.text.startswith("Not that many, I'm afraid: 1,340 are free in all, most of them in Newark (820).")
    assert said.slots["question"] is None


async def test_what_is_sold_out_is_told_with_the_day_on_which_more_come(stranger: Talk) -> None:
    said = await stranger.check("is the ice axe in stock?")

    assert said.text == (
        "Sold out, I'm afraid: none of the ice axe is free at the moment. "
        "25 more are due in Newark on Saturday, 14 March."
    )


async def test_what_is_sold_out_for_who_knows_how_long_is_told_with_whom_to_ask(stranger: Talk) -> None:
    said = await stranger.check("any crampons left?")

    assert said.text.startswith("Sold out, I'm afraid: none of the crampons is free at the moment. I have no date")
    assert "help@fernhill.example" in said.text


async def test_more_than_one_hold_may_have_are_there_but_for_sales(ada: Talk) -> None:
    said = await ada.check("do you have 1200 of TRV-BTL-750")

    assert said.responses == ["utter_stock_answer", "utter_too_many_units"]
    assert "at most 1,000 at a time" in said.text


async def test_an_erp_that_is_down_is_said_to_be_so(stranger: Talk) -> None:
    stranger.desk.erp.fail(Unavailable("down"))

    said = await stranger.check("do you have TRV-BTL-750")

    assert said.text.startswith("I can't look up our stock right now")


# Which article


async def test_several_articles_that_fit_are_offered(ada: Talk) -> None:
    said = await ada.check("do you have 20 travel bottles")

    assert said.responses == ["utter_which_article"]
    assert sorted(title for title, _ in said.buttons) == ["500 ml travel bottle", "750 ml travel bottle"]
    assert said.slots["question"] == "detail"


@pytest.mark.parametrize("text", ["the 500 ml one", "500 ml travel bottle", "TRV-BTL-500"])
async def test_one_of_them_is_picked_by_words(ada: Talk, text: str) -> None:
    await ada.check("do you have 20 travel bottles")

    said = await ada.answers(text)

    assert said.text.startswith("Yes: 40 ")


async def test_one_of_them_is_picked_by_a_press(ada: Talk) -> None:
    await ada.check("do you have 20 travel bottles")

    said = await ada.says("/Choose", Continue, "Choose", entities={"sku": "TRV-BTL-500"})

    assert said.text.startswith("Yes: 40 of the 500 ml travel bottle are free in Newark, the warehouse nearest to you.")


async def test_what_is_no_answer_gets_the_list_once_more_and_then_the_ways_out(ada: Talk) -> None:
    first = await ada.check("do you have 20 travel bottles")

    again = await ada.says("hmm well", Continue, "nlu_fallback")
    third = await ada.says("hmm well", Continue, "nlu_fallback")

    assert again.responses == ["utter_task_again", "utter_which_article"]
    assert third.responses == ["utter_task_way_out", "utter_which_article"]
    assert again.buttons == first.buttons


async def test_a_sku_that_there_is_not_is_said_to_be_none(ada: Talk) -> None:
    said = await ada.check("do you have 20 of XYZ-QQQ-1", entities={"sku": "XYZ-QQQ-1"})

    assert said.responses == ["utter_no_such_sku", "utter_ask_article"]
    assert (await ada.answers("TRV-BTL-750", entities={"sku": "TRV-BTL-750"})).text.endswith("two hours?")


async def test_a_sku_with_a_slip_in_it_is_answered_with_those_like_it(ada: Talk) -> None:
    said = await ada.check("do you have 20 of TRV-BTL-75", entities={"sku": "TRV-BTL-75"})

    assert said.responses == ["utter_which_alike"]
    assert said.buttons[0][0] == "750 ml travel bottle: TRV-BTL-750"
    assert (await ada.answers("the first")).text.startswith("Yes: 820")


@pytest.mark.parametrize("text", ["do you have unicorns?", "do you sell any cheese"])
async def test_what_the_company_does_not_have_is_said_so(ada: Talk, text: str) -> None:
    await ada.check("how many TRV-BTL-750 do you have")

    said = await ada.check(text, entities={"product": text.split()[-1].strip("?")})

    assert said.responses == ["utter_no_such_article_hint"]
    assert (await ada.hold(text, entities={"product": "unicorns"})).responses[0] == "utter_no_such_article"


async def test_without_any_article_it_is_asked_which(ada: Talk) -> None:
    said = await ada.check("is it in stock?")

    assert said.responses == ["utter_ask_article"]
    assert (await ada.answers("TNT-2P", entities={"sku": "TNT-2P"})).text.startswith("Yes: 1 is free in Newark")


async def test_the_article_last_spoken_of_is_meant_where_none_is_named(ada: Talk) -> None:
    await ada.check("how many TRV-BTL-750 do you have")

    said = await ada.hold("hold 20 for me")

    assert said.text.startswith("Shall I hold 20 × 750 ml travel bottle (TRV-BTL-750)")


# Variants


async def test_the_variants_of_a_product_are_told_with_those_in_stock(stranger: Talk) -> None:
    said = await stranger.check("what colours does the rain cape come in?")

    assert said.text == ("This is what there is of the rain cape:\n• blue: M in stock; L sold out\n• red: M in stock")
    assert said.slots["question"] is None


async def test_a_colour_that_a_product_lacks_is_said_to_be_none(ada: Talk) -> None:
    said = await ada.check("20 rain capes in green", entities={"colour": "green"})

    assert said.responses == ["utter_not_like_that", "utter_which_variant"]
    assert [title for title, _ in said.buttons] == ["blue, M", "red, M"]


async def test_after_its_variants_one_of_them_may_be_named_alone(ada: Talk) -> None:
    await ada.check("what colours does the rain cape come in?")

    said = await ada.check("and the red one in M", entities={"colour": "red", "size": "M"})

    assert said.text.startswith("Yes: 9 of the rain cape (red, M) are free in Newark")


async def test_in_the_middle_of_a_task_its_article_is_meant_and_the_task_goes_on(ada: Talk) -> None:
    asked = {"response": "utter_confirm_cancel", "buttons": []}
    asked["fills"] = {name: ["x", "Order.number"] for name in ("order", "with_items", "placed_day")}
    task = {"action": "action_cancel_order", "question": "confirm", "asks": "", "asked": asked, "sku": "BLU-CPE-M"}
    ada.slots |= {"task": task, "question": "confirm"}

    said = await ada.check("what colours do you have?")

    assert said.responses == ["utter_variants", "utter_back_to_it", "utter_confirm_cancel"]
    assert ada.slots["question"] == "confirm"
    assert ada.slots["task"] == task


async def test_of_an_order_with_one_line_its_article_is_meant(bench: MakeBench) -> None:
    desk = bench(
        FakeCrm([ADA]), FakeErp([AT_HOME], [order("5001")], variants=[variant("SKU-1")], levels=[level("SKU-1", 3)])
    )
    talk = Talk(desk)
    talk.slots |= {"topic": "orders", "order_number": "5001"}

    said = await talk.check("is it in stock?")

    assert said.text.startswith("Yes: 3 of the alpine jacket are free in Newark")


async def test_a_yes_to_a_list_of_articles_picks_none(ada: Talk) -> None:
    await ada.check("how many TNT-2P do you have")
    await ada.check("do you have 20 travel bottles")

    assert (await ada.yes()).responses == ["utter_task_again", "utter_which_article"]


async def test_a_yes_to_a_list_of_variants_picks_none(ada: Talk) -> None:
    asked = await ada.hold("hold 2 rain capes")
    assert asked.responses == ["utter_which_variant"]

    assert (await ada.yes()).responses == ["utter_task_again", "utter_which_variant"]
    assert (await ada.answers("red")).text.startswith("Shall I hold 2 × rain cape, red, M")


async def test_another_article_by_its_sku_in_words_is_no_answer_to_the_list_but_taken(ada: Talk) -> None:
    await ada.check("do you have 20 travel bottles")

    assert (await ada.check("I need 4 of crm pon 1")).text.startswith("Sold out, I'm afraid")


async def test_whoever_seems_to_want_to_buy_may_just_ask_for_colours(ada: Talk) -> None:
    said = await ada.says("what colours does the rain cape come in?", CaptureLead, "Lead_Capture")

    assert said.responses == ["utter_variants"]


# Numbers that can't be meant


@pytest.mark.parametrize(
    ("number", "trouble"), [("0", "zero"), ("-5", "negative"), ("1.5", "fraction"), ("a few", "vague")]
)
async def test_a_number_that_cannot_be_meant_is_named_and_asked_for_again(ada: Talk, number: str, trouble: str) -> None:
    said = await ada.hold(f"hold {number} of TRV-BTL-750")

    assert said.responses == [f"utter_stock_quantity_{trouble}", "utter_ask_units"]
    assert untouched(ada.desk)
    assert (await ada.answers("make it 12")).text.startswith("Shall I hold 12 ×")


async def test_a_thousand_million_is_answered_with_what_there_is(ada: Talk) -> None:
    said = await ada.hold("hold 10^9 of TRV-BTL-750")

    assert said.responses == ["utter_stock_answer", "utter_ask_units"]
    assert said.text.startswith("Not that many, I'm afraid: 1,340 are free in all")
    assert untouched(ada.desk)


async def test_more_than_one_hold_may_have_is_refused_with_the_limit(ada: Talk) -> None:
    said = await ada.hold("hold 1,100 of TRV-BTL-750")

    assert said.responses == ["utter_too_many_units", "utter_ask_units"]
    assert untouched(ada.desk)


# Holding


async def test_a_yes_holds_and_tells_until_when(ada: Talk) -> None:
    await ada.check("Do you have 500 units of SKU TRV-BTL-750?")

    said = await ada.yes()

    assert said.text == "Held: 500 × TRV-BTL-750 in Newark until 15:30 today, reference H-5531."
    assert free(ada.desk, "TRV-BTL-750") == 840
    assert (said.slots["task"], said.slots["question"]) == (None, None)


async def test_everything_may_be_said_at_once(ada: Talk) -> None:
    said = await ada.hold("hold 500 of TRV-BTL-750, ship to Boston")

    assert said.text == (
        "Shall I hold 500 × 750 ml travel bottle (TRV-BTL-750) for you for two hours, "
        "in Newark, the warehouse nearest to Boston?"
    )


async def test_a_place_that_was_taken_for_another_want_is_taken_up(ada: Talk) -> None:
    first = {"text": "hold 500 of TRV-BTL-750,", "intent": {"name": "Inventory_Hold"}, "entities": []}
    second = {"text": "ship to Sacramento", "intent": {"name": "faq"}, "entities": []}

    said = await ada.hold("hold 500 of TRV-BTL-750, ship to Sacramento", message={"wants": [first, second]})

    assert said.text.endswith("in Reno, the warehouse nearest to Sacramento?")
    assert said.slots["later"] is None


async def test_a_piece_at_a_time_is_fine_too(ada: Talk) -> None:
    assert (await ada.hold("can you put something aside for me?")).responses == ["utter_ask_article"]
    assert (await ada.answers("TNT-2P", entities={"sku": "TNT-2P"})).responses == ["utter_how_many"]
    assert (await ada.answers("forty")).text == (
        "Shall I hold 40 × two-person tent (TNT-2P) for you for two hours, in Reno?"
    )
    assert (await ada.yes()).text.startswith("Held: 40 × TNT-2P in Reno until")


@pytest.mark.parametrize(
    ("correction", "told"),
    [
        ("make it 300", "300 × 750 ml travel bottle (TRV-BTL-750) for you for two hours, in Newark"),
        ("no, 300 please", "300 × 750 ml travel bottle (TRV-BTL-750) for you for two hours, in Newark"),
        ("in Reno instead", "500 × 750 ml travel bottle (TRV-BTL-750) for you for two hours, in Reno?"),
        ("actually, ship to Sacramento", "in Reno, the warehouse nearest to Sacramento?"),
        ("30 of them", "30 × 750 ml travel bottle"),
    ],
)
async def test_a_correction_leads_to_another_proposal(ada: Talk, correction: str, told: str) -> None:
    await ada.hold("hold 500 of TRV-BTL-750")
    before = ada.slots["task"]["proposal"]["key"]

    said = await ada.answers(correction)

    assert told in said.text
    assert ada.slots["task"]["proposal"]["key"] != before
    assert untouched(ada.desk)


async def test_another_variant_is_a_correction(ada: Talk) -> None:
    await ada.hold("hold 5 of BLU-CPE-M", entities={"sku": "BLU-CPE-M"})

    said = await ada.answers("no, the red one", entities={"colour": "red"})

    assert said.text.startswith("Shall I hold 5 × rain cape, red, M (RED-CPE-M)")


async def test_a_question_about_something_else_is_answered_and_the_proposal_comes_again(ada: Talk) -> None:
    await ada.hold("hold 500 of TRV-BTL-750")

    said = await ada.check("is the ice axe in stock?")

    assert said.responses == ["utter_stock_answer", "utter_back_to_it", "utter_confirm_hold"]
    assert (await ada.yes()).text.startswith("Held: 500 × TRV-BTL-750")


async def test_a_ticket_in_between_leaves_the_proposal(ada: Talk) -> None:
    await ada.hold("hold 500 of TRV-BTL-750")

    said = await ada.says("how is my ticket?", TicketStatus, "Ticket_Status")

    assert said.responses == ["utter_no_open_ticket", "utter_back_to_it", "utter_confirm_hold"]
    assert (await ada.yes()).responses == ["utter_held"]


async def test_a_no_holds_nothing(ada: Talk) -> None:
    await ada.check("Do you have 500 units of SKU TRV-BTL-750?")

    said = await ada.says("no", Keep, "Deny")

    assert said.responses == ["utter_kept"]
    assert untouched(ada.desk)


async def test_a_stranger_is_asked_who_they_are_and_then_it_goes_on(stranger: Talk) -> None:
    said = await stranger.hold("hold 20 of TRV-BTL-750")
    assert said.then == ASK_FOR_PROOF
    stranger.proof = KNOWN

    resumed = await ask(
        stranger.desk,
        HoldStock,
        "482913",
        intent="Identify",
        proof=KNOWN,
        slots=stranger.slots,
        after="action_identify",
    )

    assert resumed.text.endswith("for you for two hours, in Newark, the warehouse nearest to you?")


async def test_a_strangers_yes_to_an_offer_leads_to_who_they_are_and_to_another_yes(stranger: Talk) -> None:
    offer = await stranger.check("do you have 20 of TRV-BTL-750")
    assert offer.responses == ["utter_offer_hold"]
    said = await stranger.yes()
    assert said.then == ASK_FOR_PROOF

    resumed = await ask(
        stranger.desk,
        HoldStock,
        "482913",
        intent="Identify",
        proof=KNOWN,
        slots=stranger.slots,
        after="action_identify",
    )

    assert resumed.responses == ["utter_confirm_hold"]
    assert untouched(stranger.desk)


async def test_what_was_taken_meanwhile_is_told_with_what_there_is_now(ada: Talk) -> None:
    await ada.hold("hold 500 of TRV-BTL-750")
    ada.desk.erp.levels[:2] = [level("TRV-BTL-750", 100, NEWARK), level("TRV-BTL-750", 520, RENO)]

    said = await ada.yes()

    assert said.responses == ["utter_hold_gone", "utter_confirm_hold"]
    assert said.text.endswith("in Reno?")
    assert (await ada.yes()).text.startswith("Held: 500 × TRV-BTL-750 in Reno")


async def test_a_lost_answer_is_looked_up_at_the_next_yes(ada: Talk) -> None:
    await ada.hold("hold 500 of TRV-BTL-750")
    ada.desk.erp.fail(Unknown("lost"), late=True, only="reserve")

    assert (await ada.yes()).responses == ["utter_in_doubt"]
    ada.desk.erp.recover()
    assert (await ada.yes()).responses == ["utter_held"]
    assert len(ada.desk.erp.reservations) == 1


async def test_whoever_has_all_the_holds_that_they_may_hears_so(ada: Talk) -> None:
    for _ in range(3):
        await held(ada, 2)

    assert (await ada.hold("hold 2 of TRV-BTL-750")).responses == ["utter_too_many_holds"]
    assert (await ada.check("do you have 2 of TRV-BTL-750")).responses == ["utter_stock_answer", "utter_too_many_holds"]


# What is held


async def held(talk: Talk, units: int, sku: str = "TRV-BTL-750") -> str:
    """Has some units held; gives the reference."""
    await talk.hold(f"hold {units} of {sku}", entities={"sku": sku})
    said = await talk.yes()
    assert said.responses == ["utter_held"]
    return said.text.rpartition(" ")[2].rstrip(".")


async def test_what_is_on_hold_is_listed(ada: Talk) -> None:
    await held(ada, 500)
    await held(ada, 5, "BLU-CPE-M")

    said = await ada.hold("What do I have on hold?")

    assert said.text == (
        "This is on hold for you:\n"
        "• H-5531: 500 × 750 ml travel bottle (TRV-BTL-750) in Newark, until 15:30 today\n"
        "• H-5532: 5 × rain cape, blue, M (BLU-CPE-M) in Newark, until 15:30 today"
    )


async def test_with_nothing_on_hold_it_is_said_so(ada: Talk) -> None:
    assert (await ada.check("what do I have on hold?")).responses == ["utter_no_holds"]
    assert (await ada.hold("release my hold")).responses == ["utter_no_holds"]


@pytest.mark.parametrize(
    "text", ["release my hold", "I don't need them any more", "let go of the bottles", "free them up"]
)
async def test_a_hold_is_released_after_a_yes(ada: Talk, text: str) -> None:
    await held(ada, 500)

    said = await ada.hold(text)
    assert said.text.startswith("Shall I release hold H-5531, 500 × 750 ml travel bottle in Newark?")
    assert free(ada.desk, "TRV-BTL-750") == 840

    assert (await ada.yes()).text.startswith("Done: hold H-5531 is released, and the 500 × TRV-BTL-750 are free")
    assert free(ada.desk, "TRV-BTL-750") == 1340
    assert (await ada.hold("release my hold")).responses == ["utter_hold_over"]


@pytest.mark.parametrize("text", ["can you keep it longer?", "extend my hold", "I need more time on the reservation"])
async def test_a_hold_is_made_longer_once_after_a_yes(ada: Talk, text: str) -> None:
    await held(ada, 500)

    said = await ada.hold(text)
    assert said.text.endswith("ends at 15:30 today. Shall I keep it until 17:30 today?")
    assert (await ada.yes()).text == "Done: hold H-5531, 500 × TRV-BTL-750, now lasts until 17:30 today."

    again = await ada.hold(text)
    assert again.text.startswith("Hold H-5531 ends at 17:30 today, and I can't keep it any longer than that.")


async def test_of_several_holds_one_is_chosen(ada: Talk) -> None:
    await held(ada, 500)
    await held(ada, 5, "BLU-CPE-M")

    said = await ada.hold("release my hold")
    assert said.responses == ["utter_which_hold"]
    assert said.buttons[1][0] == "H-5532: 5 × rain cape, blue, M, until 15:30 today"

    assert (await ada.answers("the rain cape")).text.startswith("Shall I release hold H-5532")
    assert (await ada.yes()).responses == ["utter_hold_released"]
    assert free(ada.desk, "BLU-CPE-M") == 14


async def test_a_hold_is_chosen_by_its_reference(ada: Talk) -> None:
    await held(ada, 500)
    reference = await held(ada, 5, "BLU-CPE-M")

    assert (await ada.hold(f"please release {reference}")).text.startswith(f"Shall I release hold {reference}")
    pressed = await ada.says("/Choose", Continue, "Choose", entities={"hold_reference": "H-5531"})
    assert pressed.text.startswith("Shall I release hold H-5531")


async def test_after_its_end_a_hold_is_said_to_have_ended(ada: Talk) -> None:
    reference = await held(ada, 500)
    ada.desk.clock.advance(timedelta(hours=3))
    await ada.desk.middleware.jobs.run_due()

    for text in (f"release {reference}", "keep it longer please", f"extend {reference}"):
        said = await ada.hold(text)
        assert said.text.startswith("That hold ended at 15:30 today")


async def test_another_customers_hold_is_not_found(ada: Talk, desk: Bench) -> None:
    reference = await held(ada, 500)
    ben = Talk(desk, Proof(phone=BEN.phone))

    assert (await ben.hold(f"release {reference}")).responses == ["utter_no_such_hold"]
    assert (await ben.hold("release my hold")).responses == ["utter_no_holds"]


async def test_to_cancel_it_means_the_hold_unless_an_order_is_spoken_of(ada: Talk) -> None:
    await held(ada, 500)

    assert (await ada.says("cancel it", ChangeHold, "Order_Cancel")).responses == ["utter_confirm_release"]
    assert (await ada.says("cancel my order", ChangeHold, "Order_Cancel")).then == "action_cancel_order"


async def test_what_was_not_understood_may_be_about_a_hold_or_a_number(ada: Talk) -> None:
    await held(ada, 500)

    assert (await ada.says("dont need it", CheckStock, "nlu_fallback")).responses == ["utter_confirm_release"]
    await ada.says("no", Keep, "Deny")
    assert (await ada.says("and twelve?", CheckStock, "nlu_fallback")).responses == ["utter_offer_hold"]
    await ada.says("no", Keep, "Deny")
    assert (await ada.says("and near Sacramento?", CheckStock, "Out_Of_Scope")).responses == ["utter_stock_told"]
    assert (await ada.says("what is 5 times 5", CheckStock, "Out_Of_Scope")).then == "action_small_talk"
    assert (await ada.says("asdf qwer", CheckStock, "nlu_fallback")).responses[0] == "utter_not_understood"


# Where the ERP can less


TOTAL = Warehouse(id="all", name="", latitude=None, longitude=None, country="", postcode="")


@pytest.fixture
def total(bench: MakeBench) -> Talk:
    """An ERP that tells one total of all warehouses, and can't keep anything for anybody."""
    erp = FakeErp([ADAS_ACCOUNT], variants=ARTICLES, levels=[level("TRV-BTL-750", 1340, TOTAL)])
    erp.capabilities = Capabilities(holds="ledger", warehouse_stock=False)
    return Talk(bench(FakeCrm([ADA]), erp))


async def test_a_total_is_told_as_one(total: Talk) -> None:
    said = await total.check("Do you have 500 of TRV-BTL-750 near Boston?", entities={"sku": "TRV-BTL-750"})

    assert said.text == (
        "Yes: 1,340 are free in all our warehouses together. I can't see which of them lie where. "
        "I can set 500 aside for you for two hours. "
        "That isn't locked in our stock system, so somebody who orders there could still be faster. Shall I?"
    )


async def test_that_a_total_is_too_little_is_told_without_a_place(total: Talk) -> None:
    said = await total.check("2000 of TRV-BTL-750?", entities={"sku": "TRV-BTL-750"})

    assert said.text.startswith("Not that many, I'm afraid: 1,340 are free in all, counting every warehouse.")


async def test_what_the_erp_cannot_lock_is_not_said_to_be_held(total: Talk) -> None:
    asked = await total.hold("hold 500 of TRV-BTL-750", entities={"sku": "TRV-BTL-750"})
    said = await total.yes()

    assert asked.text == (
        "I can set 500 × 750 ml travel bottle (TRV-BTL-750) aside for you for two hours, in our warehouses. "
        "That isn't locked in our stock system, so somebody who orders there could still be faster. Shall I?"
    )
    assert [title for title, _ in asked.buttons] == ["Yes, set them aside", "No, thanks"]
    assert re.fullmatch(
        r"Noted: 500 × TRV-BTL-750 in our warehouses, set aside for you until .+, reference H-\d+\. "
        r"As I said, that isn't locked, so somebody else can still be faster\.",
        said.text,
    )


@pytest.mark.parametrize("says", ["hold TRV-BTL-750", "hold 1,100 of TRV-BTL-750"])
async def test_what_the_erp_cannot_lock_is_not_promised_before_a_number_is_known_either(total: Talk, says: str) -> None:
    said = await total.hold(says, entities={"sku": "TRV-BTL-750"})

    assert "set" in said.text
    assert "hold" not in said.text


async def test_what_the_erp_cannot_lock_is_listed_and_released_as_no_more_than_set_aside(total: Talk) -> None:
    await total.hold("hold 500 of TRV-BTL-750", entities={"sku": "TRV-BTL-750"})
    await total.yes()

    listed = await total.hold("what do I have on hold?")
    asked = await total.hold("release my hold")
    released = await total.yes()

    assert listed.text.startswith("This is set aside for you, though not locked:\n• H-")
    assert asked.text.endswith("in our warehouses? Nothing of it would be set aside for you any more.")
    assert released.text.endswith("the 500 × TRV-BTL-750 aren't set aside for you any more.")


async def test_what_the_erp_cannot_lock_is_not_said_to_come_free_when_its_time_is_over(total: Talk) -> None:
    await total.hold("hold 500 of TRV-BTL-750", entities={"sku": "TRV-BTL-750"})
    await total.yes()
    middleware = total.desk.middleware
    middleware.jobs.does(WORDS, Proactive(middleware).say)
    total.desk.clock.advance(timedelta(hours=2) + SECOND)

    await middleware.jobs.run_due()
    await middleware.jobs.run_due()

    [message] = await middleware.history.to_customer("rest:one", 0, 10)
    assert "has ended, and the units aren't set aside for you any more." in message.reply["text"]


async def test_of_a_total_no_warehouse_can_be_chosen_and_that_is_said(total: Talk) -> None:
    await total.hold("hold 500 of TRV-BTL-750", entities={"sku": "TRV-BTL-750"})

    said = await total.hold("in Columbus instead")

    assert said.responses == ["utter_no_choice_of_warehouse", "utter_confirm_hold_softly"]


# Words that no turn asks for


async def test_the_customer_is_told_when_a_hold_has_ended_by_itself(ada: Talk) -> None:
    await held(ada, 500)
    middleware = ada.desk.middleware
    ada.desk.clock.advance(timedelta(hours=2) + SECOND)
    await middleware.jobs.run_due()
    [job] = [row for row in ada.desk.rows(store.jobs) if row["kind"] == WORDS]
    assert job["state"] == "waiting"  # for the process that knows the words

    middleware.jobs.does(WORDS, Proactive(middleware).say)
    await middleware.jobs.run_due()

    [message] = await middleware.history.to_customer("rest:one", 0, 10)
    assert message.reply["text"] == (
        "Your hold H-5531, 500 × 750 ml travel bottle in Newark, has ended, and the units are free for others again. "
        "If you still need them, tell me and I'll look at what is free now."
    )
    assert message.reply["response"] == "utter_hold_ended_by_itself"
    assert message.reply["sources"]["reference"] == "Hold.reference"
    assert message.author == "bot"


async def test_it_is_told_once_however_often_the_job_is_run(ada: Talk) -> None:
    await held(ada, 500)
    middleware = ada.desk.middleware
    middleware.jobs.does(WORDS, Proactive(middleware).say)
    ada.desk.clock.advance(timedelta(hours=2) + SECOND)
    await middleware.jobs.run_due()

    ada.desk.edit(store.jobs, state="waiting")
    await middleware.jobs.run_due()

    assert len(await middleware.history.to_customer("rest:one", 0, 10)) == 1


async def test_words_for_a_conversation_that_there_is_not_are_given_up(desk: Bench) -> None:
    with pytest.raises(NotFound):
        await desk.middleware.history.channel_of("rest:nobody")

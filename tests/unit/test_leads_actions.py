"""Taking down who wants to buy, as the customer hears it: what is asked, what is said back, what came of the yes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest

from actions.changing import ChangeOrder
from actions.handoff import HandOver
from actions.holds import ChangeHold
from actions.leads import CaptureLead
from actions.orders import TrackOrder
from actions.smalltalk import SmallTalk
from actions.tasks import Continue, Keep
from middleware.errors import Unavailable
from middleware.identity import Proof
from middleware.leads import Enquiry, Kept
from middleware.records import Budget, Headcount
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, KNOWN, NOW, Bench, level, variant
from tests.fakes.leads import FakeLeads
from tests.unit.test_actions import MakeBench, Said, ask
from tests.unit.test_inventory_actions import Talk as StockTalk

STRANGER = Proof()
OPENING = "We're looking at your corporate programme, who can I talk to?"
PRIYA = Enquiry(
    first_name="Priya",
    last_name="Raman",
    company="Northgate Logistics",
    email="priya@northgate.example",
    size=Headcount(low=250, high=250),
    budget=Budget(low=Decimal(20_000), high=Decimal(20_000), currency="EUR"),
    wish=OPENING,
)
OF_ADA = Enquiry(first_name="Ada", last_name="Lovett", email=ADA_EMAIL, phone=ADA_PHONE, country="US", state="NJ")


@dataclass
class Talk:
    """A conversation with the actions, which keeps the slots between its turns."""

    desk: Bench
    leads: FakeLeads = field(default_factory=FakeLeads)
    proof: Proof = STRANGER
    slots: dict[str, Any] = field(default_factory=dict)

    async def say(
        self,
        text: str,
        intent: str = "Identify",
        action: type[Any] = CaptureLead,
        entities: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Said:
        """Says something that reaches an action, and whatever goes on from there."""
        self.desk.middleware = replace(self.desk.middleware, leads=self.leads)
        said = await ask(
            self.desk, action, text, intent=intent, proof=self.proof, slots=self.slots, entities=entities, **more
        )
        self.slots |= said.slots
        goes_on = {
            "action_capture_lead": CaptureLead,
            "action_continue": Continue,
            "action_change_hold": ChangeHold,
        }.get(said.then)
        if goes_on:
            return await self.say(text, intent, goes_on, entities, after=action(self.desk.middleware).name())
        return said

    async def yes(self, text: str = "yes") -> Said:
        """Says yes, as the rules bring it to the task."""
        return await self.say(text, "Affirm", Continue)

    async def no(self, text: str = "no") -> Said:
        """Says no, as the rules bring it to the task."""
        return await self.say(text, "Deny", Keep)

    async def press(self, said: Said, title: str) -> Said:
        """Presses a button of a reply."""
        payload = next(payload for name, payload in said.buttons if name == title)
        intent, _, rest = payload.removeprefix("/").partition("{")
        entities = json.loads("{" + rest) if rest else {}
        return await self.say(payload, intent, Keep if intent == "Deny" else Continue, entities)

    async def through(self, *answers: str) -> Said:
        """Opens with the wish and gives answers, one after the other."""
        said = await self.say(OPENING, "Lead_Capture")
        for text in answers:
            said = await self.say(text)
        return said

    @property
    def kept(self) -> list[Enquiry]:
        """What was kept."""
        return [enquiry for enquiry, _ in self.leads.kept.values()]


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    """Ada in both systems."""
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT]))


@pytest.fixture
def talk(desk: Bench) -> Talk:
    """A stranger's conversation."""
    return Talk(desk)


ANSWERS = ("Priya Raman", "Northgate Logistics", "about 250", "priya@northgate.example", "20k euros")


# From the wish to the reference


async def test_it_is_asked_a_piece_at_a_time_and_kept_after_a_yes(talk: Talk) -> None:
    heard = [(await talk.say(OPENING, "Lead_Capture")).text]
    heard += [(await talk.say(text)).text for text in ANSWERS]

    assert heard == [
        "Gladly. What's your name?",
        "What's your company? If it's just for you, say so.",
        "How many people work there? A rough figure will do.",
        "What's your work e-mail? If you'd like a call, add your phone number.",
        "And roughly what budget do you have in mind? You can leave that open.",
        "I'd pass this on to our sales team:\n"
        f"• Your words: “{OPENING}”\n"
        "• Name: Priya Raman\n"
        "• Company: Northgate Logistics\n"
        "• People there: 250\n"
        "• E-mail: priya@northgate.example\n"
        "• Budget: €20,000\n"
        "May we store it and write to you?",
    ]
    done = await talk.yes()
    assert done.text == (
        "Thank you, Priya. Dana Whitfield looks after companies like yours in the North-East; our sales team has your "
        "details and will write within one working day. (Reference L-3007)"
    )
    assert (done.slots["task"], done.slots["question"], done.slots["topic"]) == (None, None, "leads")
    [(enquiry, consent)] = talk.leads.kept.values()
    assert enquiry == PRIYA
    assert (consent.words, consent.at) == (heard[-1], NOW)


async def test_it_may_be_said_in_one_sentence(talk: Talk) -> None:
    said = await talk.say(
        "I'm Priya Raman from Northgate Logistics, 250 employees, priya@northgate.example, we need a quote, budget 20k "
        "euros",
        "Lead_Capture",
        entities={"person": "Priya Raman", "company": "Northgate Logistics", "company_size": "250 employees"},
    )

    assert said.responses == ["utter_lead_confirm"]
    await talk.press(said, "Yes, please")
    assert [replace(one, wish=OPENING) for one in talk.kept] == [PRIYA]


async def test_nothing_is_kept_before_the_yes(talk: Talk) -> None:
    await talk.through(*ANSWERS)

    assert talk.kept == []


async def test_a_yes_that_is_said_again_is_kept_once(talk: Talk) -> None:
    await talk.through(*ANSWERS)
    before = dict(talk.slots)
    await talk.yes()
    talk.slots = before

    await talk.yes()

    assert talk.kept == [PRIYA]


async def test_every_proposal_has_a_key_of_its_own(talk: Talk) -> None:
    await talk.through(*ANSWERS)
    first = talk.slots["task"]["proposal"]

    await talk.say("no, 60 people")

    second = talk.slots["task"]["proposal"]
    assert first["key"] != second["key"]
    assert "People there: 60" in second["words"]


@pytest.mark.parametrize(
    ("correction", "line"),
    [
        ("no, the e-mail is p.raman@northgate.example", "E-mail: p.raman@northgate.example"),
        ("the company is Northgate Freight", "Company: Northgate Freight"),
        ("we're 300 people", "People there: 300"),
        ("between 5 and 10 thousand dollars is our budget", "Budget: $5,000 to $10,000"),
        ("my name is Prya Raman", "Name: Prya Raman"),
        ("we're in Toronto", "Place: Toronto"),
        ("my number is +1 617 555 0142", "Phone: +16175550142"),
    ],
)
@pytest.mark.parametrize(("intent", "action"), [("Deny", Keep), ("Affirm", Continue), ("Order_Tracking", TrackOrder)])
async def test_a_correction_at_the_yes_is_said_back(
    talk: Talk, correction: str, line: str, intent: str, action: type[Any]
) -> None:
    await talk.through(*ANSWERS)

    said = await talk.say(correction, intent, action)

    assert said.responses == ["utter_lead_confirm"]
    assert line in said.text
    assert talk.kept == []


async def test_what_is_wrong_is_asked_for_where_it_was_not_said(talk: Talk) -> None:
    await talk.through(*ANSWERS)

    asked = await talk.no("no, that's wrong")
    assert asked.text == "What should be different? Just say how it is right."
    assert "Company: Larkin Tools" in (await talk.say("the company is Larkin Tools")).text
    assert (await talk.no("no, the e-mail is wrong")).responses == ["utter_lead_ask_email_or_phone"]
    assert "E-mail: a@b.example" in (await talk.say("a@b.example")).text


async def test_a_no_stores_nothing_and_says_so(talk: Talk) -> None:
    proposed = await talk.through(*ANSWERS)

    said = await talk.press(proposed, "No, don't store it")

    assert said.responses == ["utter_lead_not_stored"]
    assert said.slots["task"] is None
    assert talk.kept == []


async def test_a_no_to_what_is_wrong_stores_nothing(talk: Talk) -> None:
    await talk.through(*ANSWERS)
    await talk.no("no, that's wrong")

    assert (await talk.no("nope")).responses == ["utter_lead_not_stored"]


async def test_what_is_not_understood_at_the_yes_gets_it_once_more(talk: Talk) -> None:
    await talk.through(*ANSWERS)

    said = await talk.say("gnarf", "nlu_fallback", Continue)

    assert said.responses == ["utter_task_again", "utter_lead_confirm"]


# Answers and what isn't


@pytest.mark.parametrize("action", [HandOver, SmallTalk, TrackOrder, Keep])
async def test_an_answer_is_taken_whatever_it_looks_like(talk: Talk, action: type[Any]) -> None:
    await talk.through("Priya Raman", "Northgate Logistics")

    said = await talk.say("fewer than 20", "Inventory_Check", action)

    assert said.responses == ["utter_lead_ask_email_or_phone"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("where is my order?", "Order_Tracking"),
        ("please reserve 3 of them for me until friday", "Inventory_Hold"),
        ("I want to talk to a person", "Human_Handoff"),
        ("thanks", "Thanks"),
        ("hello there", "Greet"),
        ("do you deliver to Mexico", "faq"),
    ],
)
@pytest.mark.parametrize("answers", [(), ANSWERS[:1], ANSWERS[:2], ANSWERS[:3], ANSWERS[:4], ANSWERS])
async def test_another_wish_is_no_answer(talk: Talk, text: str, intent: str, answers: tuple[str, ...]) -> None:
    await talk.through(*answers)
    talk.desk.middleware = replace(talk.desk.middleware, leads=talk.leads)

    said = await ask(talk.desk, HandOver, text, intent=intent, proof=STRANGER, slots=talk.slots)

    assert said.then != "action_capture_lead"


async def test_after_something_else_it_is_asked_again(talk: Talk) -> None:
    await talk.through("Priya Raman")

    said = await talk.say("thanks", "Thanks", SmallTalk)

    assert said.responses[1:] == ["utter_back_to_it", "utter_lead_ask_company"]


async def test_while_a_person_is_waited_for_it_waits_too(talk: Talk) -> None:
    await talk.through("Priya Raman")

    said = await talk.say("I want to talk to a person", "Human_Handoff", HandOver)

    assert "utter_lead_ask_company" not in said.responses
    assert talk.slots["task"]["name"] == "Priya Raman"


async def test_a_yes_to_a_question_gets_it_once_more_and_then_the_ways_out(talk: Talk) -> None:
    await talk.through()

    heard = [(await talk.yes()).responses for _ in range(2)]

    assert heard == [["utter_task_again", "utter_lead_ask_name"], ["utter_task_way_out", "utter_lead_ask_name"]]


async def test_another_wish_to_buy_is_added(talk: Talk) -> None:
    await talk.through("Priya Raman")

    await talk.say("and a quote for fifty backpacks please", "Lead_Capture", entities={"product": "backpacks"})

    assert talk.slots["task"]["wish"] == f"{OPENING} / and a quote for fifty backpacks please"


async def test_a_button_alone_says_no_wish(talk: Talk) -> None:
    asked = await talk.say("/Lead_Capture", "Lead_Capture")
    assert asked.text == "Gladly. What are you looking for?"

    named = await talk.say("tents for a camp of 20 people", "Inventory_Check")

    assert named.text == "What's your name?"
    assert talk.slots["task"]["wish"] == "tents for a camp of 20 people"


async def test_a_question_about_a_thing_may_be_passed_on(talk: Talk) -> None:
    said = await talk.say("how much is the trail tent?", "Lead_Capture", entities={"product": "trail tent"})

    assert said.responses == ["utter_lead_begin_advice"]
    assert said.text.endswith("What's your name?")
    assert "+1 973 555 0142" in said.text


async def test_whoever_asks_for_colours_is_told_what_there_is(talk: Talk) -> None:
    said = await talk.say("what colours does the cape come in?", "Lead_Capture")

    assert said.then == "action_check_stock"


async def test_a_place_that_is_named_is_kept(talk: Talk) -> None:
    await talk.through("Priya Raman", "Northgate Logistics, Boston", *ANSWERS[2:])

    assert "Place: Boston" in (await talk.say("gnarf", "nlu_fallback", Continue)).text
    await talk.yes()
    assert [(one.country, one.state, one.postcode) for one in talk.kept] == [("US", "MA", "")]


# What can't be meant


@pytest.mark.parametrize(
    ("answers", "text", "trouble"),
    [
        (2, "0", "size_zero"),
        (2, "-5", "size_negative"),
        (2, "1.5 people", "size_fraction"),
        (2, "99999999999", "size_absurd"),
        (3, "priya@northgate", "email_without_dot"),
        (3, "a@@b.example", "email_malformed"),
        (3, "12345678", "phone_malformed"),
        (4, "0", "budget_zero"),
        (4, "-5", "budget_negative"),
        (4, "99999999999999", "budget_absurd"),
        (4, "25 euro per head", "budget_each"),
        (0, "n" * 201, "name_too_long"),
        (1, "n" * 201, "company_too_long"),
    ],
)
async def test_the_trouble_is_named_and_the_question_asked_again(
    talk: Talk, answers: int, text: str, trouble: str
) -> None:
    asked = await talk.through(*ANSWERS[:answers])

    said = await talk.say(text)

    assert said.responses[0] == f"utter_lead_trouble_{trouble}"
    assert said.text.endswith(asked.text.removeprefix("Gladly. "))


# Rather not


async def test_a_detail_that_is_kept_to_oneself_is_left_out(talk: Talk) -> None:
    await talk.through()

    heard = [(await talk.no("I'd rather not say")).text, (await talk.say("it's just me", "Affirm", Continue)).text]
    heard.append((await talk.say("priya@northgate.example")).text)
    heard.append((await talk.say("none of your business", "Human_Handoff", HandOver)).text)

    assert heard == [
        "No problem, I'll leave that out. What's your company? If it's just for you, say so.",
        "No problem, I'll leave that out. What's your work e-mail? If you'd like a call, add your phone number.",
        "And roughly what budget do you have in mind? You can leave that open.",
        "I'd pass this on to our sales team:\n"
        f"• Your words: “{OPENING}”\n"
        "• E-mail: priya@northgate.example\n"
        "May we store it and write to you?",
    ]
    assert (await talk.yes()).text.startswith(
        "Thank you. Dana Whitfield looks after customers like you in the North-East"
    )
    assert talk.kept == [Enquiry(email="priya@northgate.example", wish=OPENING)]


async def test_a_phone_number_is_asked_for_where_the_email_is_kept_to_oneself(talk: Talk) -> None:
    await talk.through(*ANSWERS[:3])

    assert (await talk.no()).text.endswith("Then what phone number can our team reach you at?")
    await talk.say("617 555 0142")
    await talk.no("no idea yet")
    await talk.yes()
    assert [(one.email, one.phone) for one in talk.kept] == [("", "+16175550142")]


async def test_a_phone_number_alone_will_do(talk: Talk) -> None:
    await talk.through(*ANSWERS[:3])

    assert (await talk.say("617 555 0142")).responses == ["utter_lead_ask_budget"]


async def test_everything_refused_keeps_nothing_and_offers_a_person(talk: Talk) -> None:
    await talk.through()

    for _ in range(4):
        await talk.no("none of your business")
    said = await talk.no("none of your business")

    assert said.responses == ["utter_lead_none"]
    assert said.buttons == [("Talk to a person", "/Human_Handoff")]
    assert (said.slots["task"], talk.kept) == (None, [])


async def test_all_of_it_may_be_refused_at_once(talk: Talk) -> None:
    await talk.through()

    assert (await talk.no("I won't tell you anything")).responses == ["utter_lead_none"]


async def test_whoever_refuses_the_rest_but_can_be_reached_is_asked_for_the_yes(talk: Talk) -> None:
    await talk.through("Priya Raman, priya@northgate.example")

    assert (await talk.no("I won't tell you anything else")).responses == ["utter_lead_confirm"]


async def test_why_it_is_asked_is_told(talk: Talk) -> None:
    await talk.through("Priya Raman", "Northgate Logistics")

    said = await talk.say("why do you need to know that?", "nlu_fallback", Continue)

    assert said.responses == ["utter_lead_why"]
    assert said.text.endswith("How many people work there? A rough figure will do.")


# Who is known


async def test_who_is_known_is_not_asked_what_is_known(desk: Bench) -> None:
    talk = Talk(desk, FakeLeads(of_proven=OF_ADA), KNOWN)

    heard = [(await talk.say(OPENING, "Lead_Capture")).text]
    heard += [(await talk.say(text)).text for text in ("Northgate", "12", "skip")]

    assert heard[0].startswith("Gladly. What's your company?")
    assert heard[3] == (
        "I'd pass this on to our sales team:\n"
        f"• Your words: “{OPENING}”\n"
        "• Name: Ada Lovett\n"
        "• Company: Northgate\n"
        "• People there: 12\n"
        "• How to reach you: as we know it already\n"
        "May we store it and write to you?"
    )
    await talk.yes()
    assert talk.kept == [replace(OF_ADA, company="Northgate", size=Headcount(low=12, high=12), wish=OPENING)]
    assert talk.leads.asked == 1


async def test_a_channel_that_proves_a_phone_number_spares_the_question(desk: Bench) -> None:
    talk = Talk(desk, proof=Proof(phone="+12015550199"))

    asked = await talk.through(*ANSWERS[:3])

    assert asked.text == "What's your work e-mail?"
    assert (await talk.no()).responses == ["utter_lead_left_out"]  # there is a way to reach them
    await talk.no("no budget")
    await talk.yes()
    assert [one.phone for one in talk.kept] == ["+12015550199"]


async def test_whoever_proves_who_they_are_meanwhile_is_known_from_then_on(desk: Bench) -> None:
    talk = Talk(desk, FakeLeads(of_proven=OF_ADA))
    await talk.through()
    talk.proof = KNOWN

    said = await talk.say("Northgate", entities={"company": "Northgate"})

    assert said.responses != ["utter_lead_ask_email_or_phone"]
    assert talk.slots["task"]["known"]["email"] == ADA_EMAIL


async def test_another_email_than_the_known_one_counts(desk: Bench) -> None:
    talk = Talk(desk, FakeLeads(of_proven=OF_ADA), KNOWN)

    said = await talk.through("Northgate", "12", "5k", "the e-mail is work@northgate.example")

    assert "E-mail: work@northgate.example\n" in said.text
    await talk.yes()
    assert [one.email for one in talk.kept] == ["work@northgate.example"]


# What becomes of it


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (
            Kept(reference="L-3008", contact="Ben Castellano", is_own=True, region="", is_delivered=True),
            "Thank you, Priya. Ben Castellano, who looks after your account, has it now and will write within one "
            "working day. (Reference L-3008)",
        ),
        (
            Kept(reference="L-3008", contact="the sales team", is_own=False, region="", is_delivered=True),
            "Thank you, Priya. Our sales team has your details and will write within one working day. "
            "(Reference L-3008)",
        ),
        (
            Kept(reference="L-3008", contact="", is_own=False, region="", is_delivered=True),
            "Thank you, Priya. Our sales team has your details and will write within one working day. "
            "(Reference L-3008)",
        ),
        (
            Kept(reference="L-3008", contact="Ruth Okafor", is_own=False, region="", is_delivered=True),
            "Thank you, Priya. Ruth Okafor looks after companies like yours; our sales team has your details and will "
            "write within one working day. (Reference L-3008)",
        ),
        (
            Kept(reference="L-3008", contact="", is_own=False, region="", is_delivered=False),
            "Thank you, Priya. I've kept your details here. The system of our sales team doesn't answer right now; as "
            "soon as it does, they are delivered, and our team writes within one working day of that. "
            "(Reference L-3008)",
        ),
    ],
)
async def test_it_is_said_who_has_it_and_when_they_write(desk: Bench, answer: Kept, text: str) -> None:
    talk = Talk(desk, FakeLeads(answer=answer))
    await talk.through(*ANSWERS)

    assert (await talk.yes()).text == text


async def test_what_could_not_be_kept_is_said_and_another_yes_tries_again(desk: Bench) -> None:
    talk = Talk(desk, FakeLeads(error=Unavailable("the store is away", system="store")))
    await talk.through(*ANSWERS)

    assert (await talk.yes()).responses == ["utter_lead_not_kept"]
    talk.leads.error = None
    assert (await talk.yes()).text.startswith("Thank you, Priya.")
    assert talk.kept == [PRIYA]


# Orders of what is held


@pytest.fixture
def stock(bench: MakeBench) -> StockTalk:
    """Ada, who may have five tarps held."""
    levels = [level("TARP", 90)]
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], variants=[variant("TARP", name="tarp")], levels=levels))
    desk.middleware = replace(desk.middleware, leads=FakeLeads(of_proven=OF_ADA))
    return StockTalk(desk)


async def test_what_is_held_becomes_an_order_request(stock: StockTalk) -> None:
    await stock.hold("hold 5 of TARP")
    await stock.yes()

    said = await stock.hold("turn my hold into an order please")

    assert said.text == (
        "I'd pass this on to our sales team:\n"
        "• Your words: “I want to order what you hold for me: 5 × tarp (TARP), H-5531.”\n"
        "• Name: Ada Lovett\n"
        "• How to reach you: as we know it already\n"
        "May we store it and write to you?"
    )
    assert stock.slots["task"]["action"] == "action_capture_lead"


async def test_which_hold_is_asked_once(stock: StockTalk) -> None:
    for _ in range(2):
        await stock.hold("hold 5 of TARP")
        await stock.yes()
    asked = await stock.hold("order what you hold for me")

    said = await stock.hold("H-5532")

    assert asked.responses == ["utter_which_hold"]
    assert said.responses == ["utter_lead_confirm"]
    assert "suspended" not in stock.slots["task"]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("turn it into an order", ChangeOrder),
        ("turn H-5531 into an order", ChangeOrder),
        ("I'd like to order what you hold for me", CaptureLead),
        ("ok I'll take them", CaptureLead),
    ],
)
async def test_an_order_of_what_is_held_is_one_whatever_it_looks_like(
    stock: StockTalk, text: str, action: type[Any]
) -> None:
    await stock.hold("hold 5 of TARP")
    await stock.yes()

    said = await ask(stock.desk, action, text, intent="Lead_Capture", slots=stock.slots)

    assert said.then == "action_change_hold"


async def test_whoever_has_nothing_held_may_still_take_them(stock: StockTalk) -> None:
    await stock.check("do you have TARP?")

    said = await ask(stock.desk, CaptureLead, "I'd buy them", intent="Lead_Capture", slots=stock.slots)

    assert said.responses[0].startswith("utter_lead_begin")

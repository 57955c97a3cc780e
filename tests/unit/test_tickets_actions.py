"""What is said of tickets, turn by turn: told, written on and closed, each on a yes and once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from actions.base import Action
from actions.greeting import Greet
from actions.handoff import HandOver
from actions.orders import TrackOrder
from actions.returns import ReturnItem
from actions.smalltalk import NotUnderstood, SmallTalk, Stop
from actions.tasks import Continue, Keep
from actions.tickets import CloseTicket, CommentTicket, TicketStatus
from middleware.errors import Malformed, Unavailable, Unknown
from middleware.identity import Proof
from middleware.records import Contact, OrderStatus, Ticket
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADAS_ACCOUNT, KNOWN, Bench, order, ticket
from tests.unit.test_actions import STRANGER, Said, ask

MakeBench = Callable[..., Bench]

ROUTER = ticket("T-1042", opened=4, subject="Wi-Fi router", comment="Please install the new firmware.")
TENT = ticket("T-1051", opened=2, subject="Torn tent fly")
KETTLE = ticket("T-1060", opened=1, subject="Kettle leaks")
OLD = ticket("T-1028", opened=22, subject="Headlamp flickers", is_open=False, comment="That was it, thank you.")
BENS = ticket("T-1099", contact_id="102", subject="Secret thing")

# What the rules have each intent answered by, where nothing is asked.
ANSWERED_BY: dict[str, type[Action]] = {
    "Ticket_Status": TicketStatus,
    "Choose": TicketStatus,
    "Greet": Greet,
    "nlu_fallback": NotUnderstood,
    "Human_Handoff": HandOver,
    "Order_Tracking": TrackOrder,
    "Return_Request": ReturnItem,
    "Stop": Stop,
}
FOLLOWED: dict[str, type[Action]] = {one().name(): one for one in (CommentTicket, CloseTicket, TicketStatus)}


@dataclass
class Talk:
    """A conversation with the actions, which keeps the slots between its turns."""

    desk: Bench
    proof: Proof = KNOWN
    slots: dict[str, Any] = field(default_factory=dict)

    async def say(
        self, text: str, intent: str = "Ticket_Status", entities: Mapping[str, str] | None = None, **more: Any
    ) -> Said:
        """Says something that was taken for an intent, and follows where it leads."""
        action = self._answering(intent)
        said = await ask(
            self.desk, action, text, intent=intent, entities=entities, slots=self.slots, proof=self.proof, **more
        )
        self.slots |= said.slots
        before = action().name()
        while said.then in FOLLOWED:
            action = FOLLOWED[said.then]
            said = await ask(
                self.desk,
                action,
                text,
                intent=intent,
                entities=entities,
                slots=self.slots,
                proof=self.proof,
                after=before,
                **more,
            )
            self.slots |= said.slots
            before = action().name()
        return said

    async def press(self, said: Said, title: str) -> Said:
        """Presses a button."""
        [payload] = [payload for one, payload in said.buttons if one.startswith(title)]
        intent, _, entities = payload[1:].partition("{")
        return await self.say(payload, intent, json.loads("{" + entities) if entities else {})

    def _answering(self, intent: str) -> type[Action]:
        question = self.slots.get("question")
        if question in ("detail", "confirm"):
            if intent in ("Affirm", "nlu_fallback", "Out_Of_Scope") or (intent, question) == ("Choose", "detail"):
                return Continue
            if intent == "Deny":
                return Keep
        if (intent, question) == ("Affirm", "about_ticket"):
            return TicketStatus
        return ANSWERED_BY.get(intent, SmallTalk)


def talk(bench: MakeBench, *tickets: Ticket, **more: Any) -> Talk:
    orders = [order("5001", OrderStatus.SHIPPED)]
    return Talk(bench(FakeCrm([ADA], tickets), FakeErp([ADAS_ACCOUNT], orders), **more))


def written(talking: Talk) -> dict[str, list[tuple[str, str, bool]]]:
    """All comments as author, words, and whether the customer may see them, by the ticket's number."""
    comments = talking.desk.crm.comments
    return {number: [(one.author, one.body, one.is_public) for one in all_] for number, all_ in comments.items()}


def still_open(talking: Talk) -> list[str]:
    return sorted(one.number for one in talking.desk.crm.tickets if one.is_open)


# Which ticket


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("what about my router ticket", {"product": "router"}),
        ("what about my wifi thing", {}),
        ("ticket T-1042", {"ticket_number": "T-1042"}),
        ("how is t1042 doing", {}),
        ("case no. 1042?", {}),
        ("1042", {}),
        ("any news on #1042", {"order_number": "#1042"}),
        ("ticket one zero four two", {"ticket_number": "one zero four two"}),
    ],
)
async def test_the_ticket_that_is_named_is_told_alone(bench: MakeBench, text: str, entities: Mapping[str, str]) -> None:
    talking = talk(bench, ROUTER, TENT)

    said = await talking.say(text, entities=entities)

    assert said.responses == ["utter_ticket_open_with_comment"]
    assert "T-1042" in said.text
    assert talking.slots["ticket_number"] == "T-1042"


async def test_a_few_are_told_and_more_are_listed(bench: MakeBench) -> None:
    few, many = talk(bench, ROUTER, TENT), talk(bench, ROUTER, TENT, KETTLE, ticket("T-1061", opened=9))

    told, listed = await few.say("my tickets"), await many.say("my tickets")

    assert len(told.texts) == 2
    assert listed.texts == ["You have several open tickets. Which one do you mean?"]
    assert [title for title, _ in listed.buttons] == [
        "T-1060: Kettle leaks (opened on Tuesday)",
        "T-1051: Torn tent fly (opened on Monday)",
        "T-1042: Wi-Fi router (opened on Saturday)",
        "T-1061: torn zip (opened on Monday, 2 March)",
    ]
    assert "T-1051" in (await many.say("the second one", "Choose")).text


@pytest.mark.parametrize(
    ("text", "intent"), [("the router one", "Choose"), ("1042", "Identify"), ("the second", "Thanks")]
)
async def test_one_of_those_that_were_told_is_picked_by_any_words(bench: MakeBench, text: str, intent: str) -> None:
    talking = talk(bench, ROUTER, TENT)
    await talking.say("my tickets")

    said = await talking.say(text, intent)

    assert said.responses == ["utter_ticket_open_with_comment"]


async def test_a_closed_one_is_told_by_its_number_or_its_thing(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER, OLD)

    by_number = await talking.say("and T-1028", entities={"ticket_number": "T-1028"})
    by_thing = await talking.say("is my headlamp ticket closed?", entities={"product": "headlamp"})

    assert by_number.texts == [
        "Your ticket T-1028 (Headlamp flickers) from Tuesday, 17 February is closed. "
        "The last word on it, on Monday: “That was it, thank you.”"
    ]
    assert by_thing == by_number


@pytest.mark.parametrize("typed", ["1028", "T-1028", "#1028", "{number}"])
@pytest.mark.parametrize("number", ["1028", "00001028", "T-1028"])
async def test_a_closed_one_is_found_however_the_crm_writes_its_number(
    bench: MakeBench, number: str, typed: str
) -> None:
    talking, typed = talk(bench, ROUTER, replace(OLD, number=number)), typed.format(number=number)

    said = await talking.say(f"and ticket {typed}", entities={"ticket_number": typed})

    assert number in said.text
    assert said.responses == ["utter_ticket_closed_with_comment"]


@pytest.mark.parametrize("text", ["what about {}", "add to {} that it smells", "close {}"])
async def test_anothers_ticket_and_one_that_does_not_exist_are_the_same(bench: MakeBench, text: str) -> None:
    anothers, missing = talk(bench, ROUTER, BENS), talk(bench, ROUTER, BENS)

    one = await anothers.say(text.format("T-1099"), entities={"ticket_number": "T-1099"})
    other = await missing.say(text.format("T-7777"), entities={"ticket_number": "T-7777"})

    assert one.texts == other.texts
    assert one.responses == ["utter_not_found_tickets"]
    assert "1099" not in one.text
    assert still_open(anothers) == ["T-1042", "T-1099"]


# Writing


async def test_words_are_said_back_and_written_on_the_yes_under_the_customers_name(bench: MakeBench) -> None:
    # given
    talking = talk(bench, ROUTER)

    # when
    asked = await talking.say("can you add to my ticket that it also crashes at night")
    done = await talking.say("yes please", "Affirm")
    again = await talking.say("yes", "Affirm")

    # then
    assert asked.texts == ["Shall I write this on your ticket T-1042 (Wi-Fi router)? “it also crashes at night”"]
    assert [title for title, _ in asked.buttons] == ["Yes, write it", "No, thanks"]
    assert done.responses == ["utter_ticket_commented"]
    assert again.responses == ["utter_yes_to_what"]
    assert written(talking) == {"T-1042": [("Ada Lovett", "it also crashes at night", True)]}
    assert talking.slots["task"] is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("It crashes at night too", "Return_Request"),
        ("where is my order of a new one", "Order_Tracking"),
        ("my number is +1 201 555 0110", "Identify"),
        ("I would like an answer before Friday, yes", "Affirm"),
        ("<script>alert(1)</script>", "nlu_fallback"),
        ("x" * 3000, "Out_Of_Scope"),
    ],
)
async def test_whatever_is_said_when_the_words_are_asked_for_is_written(
    bench: MakeBench, text: str, intent: str
) -> None:
    talking = talk(bench, ROUTER)

    asked = await talking.say("add a comment to my ticket")
    back = await talking.say(text, intent)
    await talking.say("yes", "Affirm")

    assert asked.texts == ["What shall I write on your ticket T-1042 (Wi-Fi router)?"]
    assert back.responses == ["utter_confirm_comment"]
    assert len(back.text) < 500
    assert written(talking) == {"T-1042": [("Ada Lovett", text, True)]}


async def test_two_wants_in_the_words_are_written_as_they_stand(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("add a comment to my ticket")
    wants = [
        {"text": "where is the spare part ", "intent": {"name": "Order_Tracking", "confidence": 0.9}},
        {"text": "and send me the invoice", "intent": {"name": "Invoice_Request", "confidence": 0.9}},
    ]

    back = await talking.say("", "Order_Tracking", message={"text": "…", "wants": wants})
    await talking.say("yes", "Affirm")

    assert back.second is None
    assert talking.slots["later"] is None
    assert written(talking)["T-1042"][0][1] == "where is the spare part and send me the invoice"


@pytest.mark.parametrize(
    ("text", "intent", "response"),
    [
        ("stop", "Stop", "utter_stopped"),
        ("no", "Deny", "utter_kept"),
        ("I want to talk to a person", "Human_Handoff", "utter_in_line"),
    ],
)
async def test_who_stops_or_wants_a_person_writes_nothing(
    bench: MakeBench, text: str, intent: str, response: str
) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("add a comment to my ticket")

    said = await talking.say(text, intent)

    assert said.responses[0].startswith(response)
    assert talking.slots["question"] is None
    assert written(talking) == {}


@pytest.mark.parametrize(("text", "intent"), [("yes", "Affirm"), ("🦊🎈", "nlu_fallback"), ("?!", "Out_Of_Scope")])
async def test_what_says_nothing_is_asked_again(bench: MakeBench, text: str, intent: str) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("add a comment to my ticket")

    first, second = await talking.say(text, intent), await talking.say(text, intent)

    assert first.responses == ["utter_task_again", "utter_ask_comment"]
    assert second.responses == ["utter_task_way_out", "utter_ask_comment"]


async def test_of_several_tickets_the_one_is_chosen_and_the_words_are_kept(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER, TENT)

    listed = await talking.say("add to my ticket that I'm away until Monday")
    back = await talking.press(listed, "T-1051")
    other = await talking.say("no, the router one", "Choose")
    await talking.say("yes", "Affirm")

    assert listed.responses == ["utter_which_ticket"]
    assert back.texts == ["Shall I write this on your ticket T-1051 (Torn tent fly)? “I'm away until Monday”"]
    assert "T-1042" in other.text
    assert list(written(talking)) == ["T-1042"]


async def test_other_words_take_the_place_of_those_that_were_said_back(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("add to my ticket that it crashes")

    back = await talking.say("no, write that it only crashes at night", "Deny")
    await talking.say("yes", "Affirm")

    assert "“it only crashes at night”" in back.text
    assert [body for _, body, _ in written(talking)["T-1042"]] == ["it only crashes at night"]


@pytest.mark.parametrize(
    ("text", "intent", "words"),
    [
        ("tell Marco that it still drops", "Out_Of_Scope", "it still drops"),
        ("it still doesn't work", "Return_Request", "it still doesn't work"),
        ("please add that I'm home on Friday", "Order_Modification", "I'm home on Friday"),
    ],
)
async def test_after_a_ticket_was_told_words_that_name_none_are_for_that_one(
    bench: MakeBench, text: str, intent: str, words: str
) -> None:
    talking = talk(bench, ROUTER, TENT)
    await talking.say("ticket T-1042", entities={"ticket_number": "T-1042"})

    said = await talking.say(text, intent)

    assert said.texts == [f"Shall I write this on your ticket T-1042 (Wi-Fi router)? “{words}”"]


async def test_where_tickets_are_not_spoken_of_the_same_words_are_for_others(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)

    assert (await talking.say("it still doesn't work", "nlu_fallback")).responses == ["utter_not_understood"]


async def test_nothing_is_written_on_a_closed_ticket_and_a_person_is_offered(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER, OLD)

    said = await talking.say("add to T-1028 that it flickers again", entities={"ticket_number": "T-1028"})

    assert said.responses == ["utter_ticket_closed_for_comments_person"]
    assert said.buttons == [("Talk to a person", "/Human_Handoff")]
    assert "T-1028" in said.text


async def test_who_has_no_ticket_is_told_so(bench: MakeBench) -> None:
    talking = talk(bench)

    assert (await talking.say("add to my ticket that it smells")).responses == ["utter_no_open_ticket_person"]
    assert (await talking.say("close my ticket")).responses == ["utter_no_open_ticket_person"]


@pytest.mark.parametrize("text", ["how is my ticket", "add to T-1028 that it smells", "close my ticket"])
async def test_what_can_not_be_done_with_tickets_leaves_another_question_open(bench: MakeBench, text: str) -> None:
    talking = Talk(bench(FakeCrm([ADA], [OLD]), FakeErp([ADAS_ACCOUNT], [order("5002", OrderStatus.DELIVERED)])))
    offer = await talking.say("I want to send the jacket back", "Return_Request")

    said = await talking.say(text)

    assert said.responses[1:] == ["utter_back_to_it", *offer.responses]
    assert talking.slots["question"] == "confirm"


async def test_after_something_else_the_question_comes_back(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    asked = await talking.say("add to my ticket that it crashes")

    said = await talking.say("where is my order?", "Order_Tracking")
    await talking.say("yes", "Affirm")

    assert said.texts[-2:] == ["And back to what I asked:", *asked.texts]
    assert list(written(talking)) == ["T-1042"]


async def test_a_stranger_must_say_first_who_they_are(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    talking.proof = STRANGER

    said = await talking.say("add to my ticket that it crashes")

    assert said.then == "action_ask_for_proof"
    assert said.slots["wanted"]["action"] == "action_comment_ticket"
    assert said.slots["wanted"]["text"] == "add to my ticket that it crashes"


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        (Contact(id="101", first_name="", last_name="", phone=ADA.phone, company="Larkin LLC"), "Larkin LLC"),
        (Contact(id="101", first_name="", last_name="", phone=ADA.phone), "101"),
    ],
)
async def test_who_has_no_name_on_file_writes_under_what_there_is(
    bench: MakeBench, contact: Contact, name: str
) -> None:
    talking = Talk(bench(FakeCrm([contact], [ROUTER])))
    await talking.say("add to my ticket that it crashes")

    await talking.say("yes", "Affirm")

    assert written(talking)["T-1042"][0][0] == name


# Closing


async def test_it_works_now_offers_to_close_the_only_ticket(bench: MakeBench) -> None:
    # given
    talking = talk(bench, ROUTER)

    # when
    offered = await talking.say("It works now, thanks", "Thanks")
    done = await talking.say("yes", "Affirm")
    after = await talking.say("close my ticket T-1042", entities={"ticket_number": "T-1042"})

    # then
    assert offered.texts == ["Good to hear! Shall I close your ticket T-1042 (Wi-Fi router)?"]
    assert [title for title, _ in offered.buttons] == ["Yes, close it", "No, leave it open"]
    assert done.texts == ["Done: your ticket T-1042 (Wi-Fi router) is closed."]
    assert after.texts == ["Your ticket T-1042 (Wi-Fi router) is closed already."]
    assert still_open(talking) == []


@pytest.mark.parametrize(
    "slots",
    [{"topic": "orders"}, {"topic": "returns"}, {"topic": "orders", "question": "last_order"}],
)
async def test_it_works_now_is_about_something_else_where_something_else_is_spoken_of(
    bench: MakeBench, slots: dict[str, Any]
) -> None:
    talking = talk(bench, ROUTER)
    talking.slots = slots

    assert (await talking.say("It works now, thanks", "Thanks")).responses == ["utter_thanks"]


@pytest.mark.parametrize("tickets", [(), (ROUTER, TENT), (OLD,)])
async def test_it_works_now_is_thanks_where_no_one_ticket_can_be_meant(
    bench: MakeBench, tickets: tuple[Ticket, ...]
) -> None:
    talking = talk(bench, *tickets)

    assert (await talking.say("It works now, thanks", "Thanks")).responses == ["utter_thanks"]


async def test_a_stranger_for_whom_it_works_now_is_not_asked_who_they_are(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    talking.proof = STRANGER

    assert (await talking.say("It works now, thanks", "Thanks")).responses == ["utter_thanks"]


async def test_what_works_now_picks_the_ticket(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER, TENT)

    said = await talking.say("my router works again, thank you!", "Thanks")

    assert "T-1042" in said.text


async def test_several_are_listed_to_close_one_and_any_of_them_can_be_taken_instead(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER, TENT)

    listed = await talking.say("please close my ticket")
    asked = await talking.say("the tent one", "Choose")
    other = await talking.say("no, 1042", "Identify")
    await talking.say("yes", "Affirm")

    assert listed.responses == ["utter_which_ticket"]
    assert asked.texts == ["Shall I close your ticket T-1051 (Torn tent fly, opened on Monday)?"]
    assert "T-1042" in other.text
    assert still_open(talking) == ["T-1051"]


async def test_a_no_leaves_it_open_and_what_is_still_wrong_may_be_written(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("close my ticket")

    kept = await talking.say("no", "Deny")
    await talking.say("close my ticket")
    instead = await talking.say("no, it still crashes", "Deny")
    done = await talking.say("yes", "Affirm")

    assert kept.responses == ["utter_kept"]
    assert "“it still crashes”" in instead.text
    assert done.responses == ["utter_ticket_commented"]
    assert still_open(talking) == ["T-1042"]
    assert talking.slots["task"] is None


async def test_the_greetings_ticket_is_told_on_the_yes_and_closed_when_it_works_again(bench: MakeBench) -> None:
    told, closed = talk(bench, ROUTER, ticket("T-9", opened=90)), talk(bench, ROUTER, ticket("T-9", opened=90))
    for one in (told, closed):
        await one.say("hello", "Greet")

    yes = await told.say("yes", "Affirm")
    works = await closed.say("no, it works again", "Deny")

    assert len(yes.texts) == 1
    assert "T-1042" in yes.text
    assert works.texts == ["Good to hear! Shall I close your ticket T-1042 (Wi-Fi router)?"]


async def test_thanks_after_a_ticket_was_closed_are_just_thanks(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("close my ticket")
    await talking.say("yes", "Affirm")

    assert (await talking.say("great, it works now, thanks", "Thanks")).responses == ["utter_thanks"]


async def test_what_was_interrupted_goes_on_after_a_ticket(bench: MakeBench) -> None:
    # given a return that waits for its yes
    orders = [order("5002", OrderStatus.DELIVERED)]
    talking = Talk(bench(FakeCrm([ADA], [ROUTER]), FakeErp([ADAS_ACCOUNT], orders)))
    offer = await talking.say("I want to send the jacket back", "Return_Request")
    assert talking.slots["question"] == "confirm"

    # when
    await talking.say("close my ticket")
    await talking.say("no, write on my ticket that it still crashes", "Deny")
    done = await talking.say("yes", "Affirm")

    # then the return is asked for again, and the closing isn't
    assert done.responses == ["utter_ticket_commented", "utter_back_to_it", *offer.responses]
    assert still_open(talking) == ["T-1042"]


async def test_what_was_interrupted_goes_on_after_a_ticket_that_had_to_be_chosen(bench: MakeBench) -> None:
    orders = [order("5002", OrderStatus.DELIVERED)]
    talking = Talk(bench(FakeCrm([ADA], [ROUTER, TENT]), FakeErp([ADAS_ACCOUNT], orders)))
    offer = await talking.say("I want to send the jacket back", "Return_Request")
    listed = await talking.say("close my ticket")

    await talking.press(listed, "T-1051")
    done = await talking.say("yes", "Affirm")

    assert done.responses == ["utter_ticket_closed_now", "utter_back_to_it", *offer.responses]


# Trouble


@pytest.mark.parametrize("method", ["comment_ticket", "close_ticket"])
@pytest.mark.parametrize("error", [Unknown("x"), Malformed("x"), KeyError("x")])
async def test_what_was_done_without_an_answer_is_not_denied_and_not_done_twice(
    bench: MakeBench, method: str, error: Exception
) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("add to my ticket that it crashes" if method == "comment_ticket" else "close my ticket")
    talking.desk.crm.fail(error, late=True, only=method)

    doubt = await talking.say("yes", "Affirm")
    talking.desk.crm.recover()
    done = await talking.say("yes", "Affirm")

    assert doubt.responses == ["utter_in_doubt"]
    assert done.text.startswith("Done: ")
    assert sum(map(len, talking.desk.crm.comments.values())) == (method == "comment_ticket")


async def test_a_crm_that_is_away_is_said_and_the_same_yes_may_be_said_again(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("close my ticket")
    talking.desk.crm.fail(Unavailable("x"))

    away = await talking.say("yes", "Affirm")
    talking.desk.crm.recover()

    assert away.responses == ["utter_cannot_now"]
    assert (await talking.say("yes", "Affirm")).text == "Done: your ticket T-1042 (Wi-Fi router) is closed."


async def test_a_crm_that_leaves_a_closed_ticket_open_is_not_believed(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER)
    await talking.say("close my ticket")
    talking.desk.crm.talk_nonsense(ROUTER, only="close_ticket")

    assert (await talking.say("yes", "Affirm")).responses == ["utter_in_doubt"]


async def test_a_ticket_that_was_closed_meanwhile_is_said_to_be(bench: MakeBench) -> None:
    talking = talk(bench, ROUTER, TENT)
    listed = await talking.say("add to my ticket that it crashes")
    talking.desk.crm.close_ticket("T-1042")

    assert (await talking.press(listed, "T-1042")).responses == ["utter_ticket_closed_for_comments_person"]

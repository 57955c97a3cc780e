"""What is said differently where a channel can do more, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.trackers import DialogueStateTracker

from actions.base import Action
from actions.cancelling import CancelOrder
from actions.identity import AskForProof, Identify
from actions.orders import TrackOrder
from channels.arrivals import Arrivals
from channels.turns import Collector, Turns
from middleware.identity import Proof
from middleware.messages import Received
from middleware.sentences import domain, rendered
from middleware.settings import Level
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADA_PHONE, ADAS_ACCOUNT, KNOWN, Bench, order
from tests.fakes.rasa import FakeAgent
from tests.unit.test_actions import Said, ask

MakeBench = Callable[..., Bench]

CHANNELS = {"rest", "webchat", "whatsapp"}
REPLY_BUTTON, LIST_ROW = 20, 24  # characters that WhatsApp shows of a title
ADAS = "whatsapp:US.1"
NOBODYS = Proof()
NOBODY = DialogueStateTracker.from_events("", [])


def variants() -> Iterator[tuple[str, dict[str, Any]]]:
    """The variants of responses that are one channel's."""
    for name, said in domain()["responses"].items():
        for variant in said:
            if "channel" in variant:
                yield name, variant


@pytest.mark.parametrize(("name", "variant"), list(variants()))
def test_a_channels_variant_stands_behind_one_for_all_and_says_the_same(name: str, variant: dict[str, Any]) -> None:
    first = domain()["responses"][name][0]

    assert "channel" not in first  # where a response stands inside another one, the first is taken
    assert variant["channel"] in CHANNELS
    assert variant["text"].count("{") == first["text"].count("{")


@pytest.mark.parametrize("response", ["utter_ask_contact", "utter_ask_contact_again"])
async def test_on_whatsapp_the_number_can_be_shared_by_a_button(response: str) -> None:
    rasa = TemplatedNaturalLanguageGenerator(domain()["responses"])
    fills = {"team_phone": "1", "team_email": "2", "opening_hours": "3"}
    collector = Collector("whatsapp")

    said = await rasa.generate(response, NOBODY, "whatsapp", **fills)
    assert said is not None
    await collector.send_response("whatsapp:US.1", {**said, "utter_action": response})
    elsewhere = await rasa.generate(response, NOBODY, "webchat", **fills)

    [kept] = collector.replies
    assert kept["custom"] == {"ask": "contact"}
    assert "share your number" in kept["text"]
    assert elsewhere is not None and "custom" not in elsewhere


def test_what_goes_with_a_response_is_kept_where_rasa_isnt() -> None:
    assert rendered("utter_ask_contact", "whatsapp", {})["custom"] == {"ask": "contact"}
    assert "custom" not in rendered("utter_ask_contact", "rest", {})
    assert rendered("utter_help", "rest", {})["buttons"][0]["payload"] == "/Order_Tracking"


async def test_what_goes_with_a_response_is_kept_where_the_channel_speaks(bench: MakeBench) -> None:
    class Agent(FakeAgent):
        async def generate(self, response: str, tracker: Any, channel: str, **fills: str) -> dict[str, Any]:
            return {"text": "hello", "custom": {"ask": "contact"}, "buttons": []}

    desk = bench()
    agent: Any = Agent()

    said = await Turns(desk.middleware, Arrivals(desk.middleware.history)).spoken("utter_x", "whatsapp", agent)

    assert said["custom"] == {"ask": "contact"} and "buttons" not in said


def test_what_came_in_too_late_is_asked_for_again_and_nothing_is_promised() -> None:
    [said] = domain()["responses"]["utter_late"]

    assert "long after you wrote" in said["text"] and "send it again" in said["text"]


@pytest.mark.parametrize(
    "name", [one for one in domain()["responses"] if one.startswith(("utter_button_", "utter_suggest_"))]
)
def test_a_title_that_is_the_same_for_all_can_be_read_whole_on_whatsapp(name: str) -> None:
    for variant in domain()["responses"][name]:
        assert "{" in variant["text"] or len(variant["text"]) <= REPLY_BUTTON


def test_buttons_of_responses_can_be_read_whole_on_whatsapp() -> None:
    for said in domain()["responses"].values():
        for variant in said:
            buttons = variant.get("buttons", ())
            longest = REPLY_BUTTON if len(buttons) <= 3 else LIST_ROW
            assert all(len(button["title"]) <= longest for button in buttons)


# Who writes on WhatsApp


async def write(desk: Bench, action: type[Action], text: str, proof: Proof, **more: Any) -> Said:
    """The customer writes on WhatsApp, and an action answers."""
    kind = more.pop("kind", "")
    reply = {"text": text} | ({"kind": kind} if kind else {})
    message = Received(conversation_id=ADAS, channel="whatsapp", external_id=text, reply=reply, proof=proof)
    await desk.middleware.inbox.take([message])
    waiting = await desk.middleware.messages.waiting(ADAS)
    assert waiting is not None
    turn = await desk.middleware.messages.take_up(waiting, text, text)
    metadata = {"turn": turn.id, "kind": kind}
    said = await ask(
        desk, action, text, message={"metadata": metadata}, turn_id=turn.id, conversation=ADAS, proof=proof, **more
    )
    await desk.middleware.messages.close_turn(turn, [{"text": one} for one in said.texts])
    return said


async def level(desk: Bench) -> Level:
    return (await desk.middleware.identity.standing(ADAS, "test")).level


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [order("5001")]))


async def sent_code(desk: Bench) -> str:
    """The code that came by e-mail."""
    await desk.middleware.jobs.run_due()
    return desk.post.code()


async def test_whose_number_is_known_gets_the_code_by_email_and_goes_on(desk: Bench) -> None:
    # given
    asked = await write(desk, CancelOrder, "cancel my order", KNOWN, intent="Order_Cancel")
    assert (asked.responses, asked.then) == ([], "action_ask_for_proof")

    # when
    sure = await write(desk, AskForProof, "cancel it please", KNOWN, intent="Order_Cancel", slots=asked.slots)
    typed = await sent_code(desk)
    good = await write(desk, Identify, typed, KNOWN, intent="Identify", slots={**asked.slots, **sure.slots})

    # then
    assert sure.text.startswith("For that I need to be sure that it's you. If we have an e-mail of yours on file")
    assert sure.slots["question"] == "code"
    assert desk.post.mails[-1].to == ADA_EMAIL
    assert good.then == "action_cancel_order"
    assert await level(desk) is Level.VERIFIED


async def test_whose_number_nobody_knows_is_asked_for_it(desk: Bench) -> None:
    asked = await write(desk, TrackOrder, "where is it", NOBODYS, intent="Order_Tracking")
    said = await write(desk, AskForProof, "where's my order", NOBODYS, intent="Order_Tracking", slots=asked.slots)

    assert asked.then == "action_ask_for_proof"
    assert (said.responses, said.slots["question"]) == (["utter_ask_contact"], "contact")


async def test_a_contact_card_is_only_a_claim(desk: Bench) -> None:
    # given
    about = {"question": "contact", "wanted": {"action": "action_track_order", "text": "where is it"}}

    # when
    shared = await write(desk, Identify, ADA_PHONE, NOBODYS, intent="Identify", kind="contacts", slots=about)
    before = await level(desk)
    typed = await sent_code(desk)
    good = await write(desk, Identify, typed, NOBODYS, intent="Identify", slots={**about, **shared.slots})

    # then
    assert shared.responses == ["utter_code_sent"]
    assert before is Level.PUBLIC
    assert (good.then, await level(desk)) == ("action_track_order", Level.VERIFIED)


async def test_somebody_elses_card_gets_the_same_words_and_no_code_comes_here(desk: Bench) -> None:
    said = await write(
        desk, Identify, "+1 201 555 0199", NOBODYS, intent="Identify", kind="contacts", slots={"question": "contact"}
    )
    await desk.middleware.jobs.run_due()

    assert said.responses == ["utter_code_sent"]
    assert desk.post.mails == []
    assert await level(desk) is Level.PUBLIC

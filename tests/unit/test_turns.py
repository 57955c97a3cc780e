"""A turn on any channel: in order, once, and never without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage

from channels.arrivals import Arrivals
from channels.turns import Collector, Incoming, Turns
from middleware import store
from middleware.errors import Unavailable
from middleware.identity import Proof
from middleware.settings import Operation
from tests.fakes.building import KNOWN, Bench
from tests.fakes.rasa import FakeAgent, FakeRasa, Say, by_the_channel, echo, fail, silent

MakeBench = Callable[..., Bench]

INTRODUCTION = by_the_channel("utter_introduction")
UNAVAILABLE = by_the_channel("utter_unavailable")
MOMENT = by_the_channel("utter_moment")


def incoming(
    text: str, conversation: str = "rest:one", message_id: str | None = None, proof: Proof = KNOWN
) -> Incoming:
    return Incoming(conversation_id=conversation, channel="rest", text=text, message_id=message_id, proof=proof)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


@pytest.fixture
def turns(desk: Bench) -> Turns:
    return Turns(desk.middleware, Arrivals(desk.middleware.history))


async def take(turns: Turns, rasa: FakeRasa, message: Incoming) -> list[dict[str, Any]]:
    agent: Any = FakeAgent()
    return list(await turns.take(message, agent, rasa))


async def introduced(turns: Turns, conversation: str = "rest:one") -> None:
    """Lets the assistant have spoken already."""
    await take(turns, FakeRasa(), incoming("hello", conversation))


# Order


async def test_twenty_messages_at_once_are_handled_in_their_order(turns: Turns) -> None:
    rasa = FakeRasa()

    answers = await asyncio.gather(*(take(turns, rasa, incoming(str(one))) for one in range(20)))

    assert rasa.texts == [str(one) for one in range(20)]
    assert [one[-1]["text"] for one in answers] == [f"you said {one}" for one in range(20)]
    assert rasa.most_at_once == 1


async def test_a_hundred_conversations_go_on_at_once(turns: Turns) -> None:
    # given conversations that all wait for each other
    everyone = asyncio.Event()

    async def wait_for_everyone(message: UserMessage) -> list[dict[str, Any]]:
        if len(rasa.under_way) == 100:
            everyone.set()
        await everyone.wait()
        return await echo(message)

    rasa = FakeRasa(wait_for_everyone)

    # when
    answers = await asyncio.wait_for(
        asyncio.gather(*(take(turns, rasa, incoming(str(one), f"rest:{one}")) for one in range(100))), 60
    )

    # then
    assert [one[-1]["text"] for one in answers] == [f"you said {one}" for one in range(100)]
    assert rasa.most_at_once == 100


async def test_a_failed_message_does_not_hold_up_the_next(turns: Turns) -> None:
    await asyncio.gather(*(take(turns, FakeRasa(fail), incoming(str(one))) for one in range(3)))

    assert (await take(turns, FakeRasa(), incoming("still there?")))[-1]["text"] == "you said still there?"


async def test_lines_of_conversations_that_ended_are_not_kept(turns: Turns) -> None:
    await asyncio.gather(*(take(turns, FakeRasa(), incoming("hi", f"rest:{one}")) for one in range(5)))

    assert not list(turns._lines)


# Once


async def test_the_same_message_again_gets_the_same_replies_and_rasa_never_sees_it(turns: Turns) -> None:
    rasa = FakeRasa()

    first = await take(turns, rasa, incoming("hi", message_id="m1"))
    again = await take(turns, rasa, incoming("hi", message_id="m1"))

    assert again == first
    assert rasa.texts == ["hi"]


async def test_one_message_brought_ten_times_at_once_is_answered_once(turns: Turns, desk: Bench) -> None:
    rasa = FakeRasa()

    answers = await asyncio.gather(*(take(turns, rasa, incoming("hi", message_id="m1")) for _ in range(10)))

    assert rasa.texts == ["hi"]
    assert all(one == answers[0] for one in answers)
    assert [row["author"] for row in desk.rows(store.messages)].count("customer") == 1


async def test_messages_without_an_id_are_each_answered(turns: Turns) -> None:
    rasa = FakeRasa()

    await take(turns, rasa, incoming("hi"))
    await take(turns, rasa, incoming("hi"))

    assert rasa.texts == ["hi", "hi"]


async def test_what_is_answered_is_stored_before_it_is_given_back(turns: Turns, desk: Bench) -> None:
    replies = await take(turns, FakeRasa(), incoming("hi"))

    rows = sorted(desk.rows(store.messages), key=lambda row: row["sequence"])
    assert [row["payload"] for row in rows] == [{"text": "hi"}, *replies]
    assert rows[0]["state"] == "answered"


# Never without an answer


@pytest.mark.parametrize("say", [fail, silent])
async def test_without_a_reply_the_channel_itself_says_that_something_is_wrong(turns: Turns, say: Say) -> None:
    await introduced(turns)

    assert await take(turns, FakeRasa(say), incoming("hi")) == [UNAVAILABLE]


async def test_what_was_said_before_a_fault_is_kept(turns: Turns) -> None:
    await introduced(turns)

    async def speak_and_fail(message: UserMessage) -> list[dict[str, Any]]:
        assert message.output_channel is not None
        await message.output_channel.send_response(message.sender_id, {"text": "One moment."})
        raise RuntimeError

    assert await take(turns, FakeRasa(speak_and_fail), incoming("hi")) == [{"text": "One moment."}]


async def test_an_error_of_the_store_is_the_channels_to_tell_and_the_message_may_come_again(turns: Turns) -> None:
    async def lose_the_store(message: UserMessage) -> list[dict[str, Any]]:
        raise Unavailable("down", system="store")

    with pytest.raises(Unavailable):
        await take(turns, FakeRasa(lose_the_store), incoming("hi", message_id="m1"))

    answer = await take(turns, FakeRasa(), incoming("hi", message_id="m1"))
    assert answer[-1]["text"] == "you said hi"


async def test_a_store_that_is_lost_answers_nothing_and_asks_rasa_nothing(turns: Turns, desk: Bench) -> None:
    desk.lose(store.messages)
    rasa = FakeRasa()

    with pytest.raises(Unavailable):
        await take(turns, rasa, incoming("hi"))

    assert rasa.heard == []


# What a message may hold


async def offer(turns: Turns, payload: str, conversation: str = "rest:one") -> None:
    """Lets the assistant offer a button."""

    async def menu(message: UserMessage) -> list[dict[str, Any]]:
        return [{"text": "This?", "buttons": [{"title": "Yes", "payload": payload}]}]

    await take(turns, FakeRasa(menu), incoming("help", conversation))


async def test_a_payload_that_was_offered_is_taken_as_it_is(turns: Turns) -> None:
    await offer(turns, '/Choose{"order_number": "5003"}')
    rasa = FakeRasa()

    await take(turns, rasa, incoming(' /Choose{"order_number": "5003"} '))

    assert rasa.texts == ['/Choose{"order_number": "5003"}']


async def test_the_title_of_a_button_is_taken_for_the_button(turns: Turns) -> None:
    await offer(turns, '/Choose{"order_number": "5003"}')
    rasa = FakeRasa()

    await take(turns, rasa, incoming(" yes! "))

    assert rasa.texts == ['/Choose{"order_number": "5003"}']


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("/Affirm", "Affirm"),
        ('/Choose{"order_number": "6001"}', 'Choose{"order_number": "6001"}'),
        ("//Affirm", "Affirm"),
        ("/ /Affirm", "Affirm"),
        ("/\u2003/Affirm", "Affirm"),
        ("/\u3000/\x1c/Affirm", "Affirm"),
        ("\u00a0/\u00a0/Affirm", "Affirm"),
        (" / ", "?"),
        ("/" * 4000, "?"),
        ("/restart", "restart"),
        ("24/7?", "24/7?"),
    ],
    ids=lambda text: ascii(text)[:30],
)
async def test_a_payload_that_was_not_offered_is_text_like_any_other(turns: Turns, typed: str, taken: str) -> None:
    # given the same payloads, offered in another conversation
    await offer(turns, typed.strip(), "rest:two")
    rasa = FakeRasa()

    # when
    await take(turns, rasa, incoming(typed))

    # then
    assert rasa.texts == [taken]


async def test_rasa_hears_the_turn_and_nothing_else_about_the_person(turns: Turns, desk: Bench) -> None:
    rasa = FakeRasa()

    await take(turns, rasa, incoming("hi"))

    [message] = rasa.heard
    [row] = [row for row in desk.rows(store.messages) if row["author"] == "customer"]
    assert message.metadata == {"turn": row["id"]}
    assert (message.sender_id, message.input_channel) == ("rest:one", "rest")


async def test_in_its_turn_the_person_is_who_was_proven(turns: Turns, desk: Bench) -> None:
    seen = []

    async def look(message: UserMessage) -> list[dict[str, Any]]:
        seen.append(await desk.middleware.identity.who(message.sender_id, (message.metadata or {})["turn"]))
        return await echo(message)

    await take(turns, FakeRasa(look), incoming("hi"))

    assert [who.proof for who in seen] == [KNOWN]


# The introduction


async def test_the_first_answer_of_a_conversation_is_introduced_and_no_other(turns: Turns) -> None:
    first = await take(turns, FakeRasa(), incoming("hi"))
    second = await take(turns, FakeRasa(), incoming("hi again"))

    assert first == [INTRODUCTION, {"text": "you said hi"}]
    assert second == [{"text": "you said hi again"}]


async def test_an_answer_that_introduces_needs_no_introduction(turns: Turns) -> None:
    async def greet(message: UserMessage) -> list[dict[str, Any]]:
        return [{"text": "Hello, I'm a bot.", "metadata": {"introduces": True}}]

    replies = await take(turns, FakeRasa(greet), incoming("hi"))

    assert [one["text"] for one in replies] == ["Hello, I'm a bot."]
    assert len(await take(turns, FakeRasa(), incoming("where is my order"))) == 1


async def test_a_turn_that_broke_off_in_a_change_does_not_claim_that_nothing_happened(
    desk: Bench, turns: Turns
) -> None:
    async def begin_and_fail(message: UserMessage) -> list[dict[str, Any]]:
        who = await desk.middleware.identity.who(message.sender_id, message.metadata["turn"])
        effects = desk.middleware.effects
        key = await effects.propose(who, Operation.ORDER_CANCEL, "erp", "1001", {})
        await effects.begin(who, key, Operation.ORDER_CANCEL, "1001", {}, seconds=8)
        raise RuntimeError("killed")

    replies = await take(turns, FakeRasa(begin_and_fail), incoming("yes"))

    assert replies[-1] == by_the_channel("utter_broken_off")


async def test_an_apology_is_introduced_as_well(turns: Turns) -> None:
    assert await take(turns, FakeRasa(fail), incoming("hi")) == [INTRODUCTION, UNAVAILABLE]


# An answer that takes its time


class Slow:
    """An answer that waits until the moment was asked for in front of it, or until it is let go."""

    def __init__(self, desk: Bench, stored: int) -> None:
        self._desk = desk
        self._stored = stored

    async def __call__(self, message: UserMessage) -> list[dict[str, Any]]:
        """Says what was said, once so many messages of the bot's are stored."""
        while [row["author"] for row in self._desk.rows(store.messages)].count("bot") < self._stored:
            await asyncio.sleep(0.01)
        return await echo(message)


@pytest.fixture
def impatient(desk: Bench) -> Turns:
    return Turns(desk.middleware, Arrivals(desk.middleware.history), moment=0)


async def test_an_answer_that_takes_long_is_preceded_by_a_word_that_is_stored_at_once(
    turns: Turns, impatient: Turns, desk: Bench
) -> None:
    # given a conversation that has begun
    await introduced(turns)

    # when the answer comes only after the customer could read that it takes a moment
    replies = await take(impatient, FakeRasa(Slow(desk, stored=3)), incoming("hi", message_id="m1"))

    # then both are the answer, now and when the message is brought again
    assert replies == [MOMENT, {"text": "you said hi"}]
    assert await take(turns, FakeRasa(), incoming("hi", message_id="m1")) == replies
    stored = sorted(desk.rows(store.messages), key=lambda row: row["sequence"])
    assert [row["sequence"] for row in stored] == list(range(1, 7))
    assert [row["payload"] for row in stored[-2:]] == replies


async def test_an_answer_in_time_needs_no_moment(desk: Bench) -> None:
    patient = Turns(desk.middleware, Arrivals(desk.middleware.history), moment=60)

    assert MOMENT not in await take(patient, FakeRasa(), incoming("hi"))


async def test_who_asks_for_a_moment_introduces_itself_before_it_and_only_once(impatient: Turns, desk: Bench) -> None:
    replies = await take(impatient, FakeRasa(Slow(desk, stored=2)), incoming("hi"))

    assert replies == [INTRODUCTION, MOMENT, {"text": "you said hi"}]


async def test_a_moment_that_ends_in_a_fault_is_followed_by_the_apology(
    turns: Turns, impatient: Turns, desk: Bench
) -> None:
    await introduced(turns)

    async def fail_late(message: UserMessage) -> list[dict[str, Any]]:
        await Slow(desk, stored=3)(message)
        return await fail(message)

    assert await take(impatient, FakeRasa(fail_late), incoming("hi")) == [MOMENT, UNAVAILABLE]


async def test_a_turn_that_is_run_again_asks_for_no_second_moment(impatient: Turns, desk: Bench) -> None:
    # given a turn that asked for a moment, and whose process then died
    async def die(message: UserMessage) -> list[dict[str, Any]]:
        await Slow(desk, stored=2)(message)
        raise Unavailable("gone", system="store")

    with pytest.raises(Unavailable):
        await take(impatient, FakeRasa(die), incoming("hi", message_id="m1"))

    # when the message is brought again, and takes long again
    async def wait_a_little(message: UserMessage) -> list[dict[str, Any]]:
        await desk.middleware.history.title_of("rest:one", "/")
        return await echo(message)

    replies = await take(impatient, FakeRasa(wait_a_little), incoming("hi", message_id="m1"))

    # then the customer has heard everything once
    assert replies == [INTRODUCTION, MOMENT, {"text": "you said hi"}]
    assert [row["payload"] for row in desk.rows(store.messages) if row["author"] == "bot"].count(MOMENT) == 1


async def test_a_moment_that_cannot_be_stored_keeps_nobody_from_the_answer(
    turns: Turns, impatient: Turns, desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await introduced(turns)
    refused = asyncio.Event()

    async def refuse(*_: Any) -> None:
        refused.set()
        raise Unavailable("locked", system="store")

    async def answer_after_that(message: UserMessage) -> list[dict[str, Any]]:
        await refused.wait()
        return await echo(message)

    monkeypatch.setattr(desk.middleware.messages, "say_meanwhile", refuse)

    assert await take(impatient, FakeRasa(answer_after_that), incoming("hi")) == [{"text": "you said hi"}]


# Those who hang up, and the end


class Held:
    """An answer that waits until it is let go.

    Attributes:
        begun: Set once somebody waits for it.
    """

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def __call__(self, message: UserMessage) -> list[dict[str, Any]]:
        """Says what was said, once it is let go."""
        self.begun.set()
        await self.let_go.wait()
        return await echo(message)


async def test_a_sender_who_hangs_up_does_not_stop_the_turn(turns: Turns, desk: Bench) -> None:
    # given a turn under way
    held = Held()
    sending = asyncio.ensure_future(take(turns, FakeRasa(held), incoming("hi", message_id="m1")))
    await held.begun.wait()

    # when its sender hangs up
    sending.cancel()
    await asyncio.wait({sending})
    held.let_go.set()
    await turns.finish(60)

    # then it was answered all the same
    [row] = [row for row in desk.rows(store.messages) if row["author"] == "customer"]
    assert row["state"] == "answered"


async def test_at_the_end_turns_under_way_are_answered_and_those_that_wait_may_come_again(turns: Turns) -> None:
    # given a turn under way, and a message that waits behind it
    held, rasa = Held(), FakeRasa()
    first = asyncio.ensure_future(take(turns, FakeRasa(held), incoming("hi")))
    await held.begun.wait()
    second = asyncio.ensure_future(take(turns, rasa, incoming("and then?")))
    await asyncio.sleep(0)

    # when the server is to stop
    finishing = asyncio.ensure_future(turns.finish(60))
    await asyncio.sleep(0)
    held.let_go.set()
    await finishing

    # then
    assert (await first)[-1] == {"text": "you said hi"}
    with pytest.raises(Unavailable):
        await second
    assert rasa.heard == []


async def test_the_end_waits_for_no_turn_for_ever(turns: Turns) -> None:
    held = Held()
    hanging = asyncio.ensure_future(take(turns, FakeRasa(held), incoming("hi")))
    await held.begun.wait()

    await turns.finish(0.01)

    assert not hanging.done()
    held.let_go.set()
    await hanging


# What is kept of a reply


async def test_a_reply_is_kept_with_what_it_was_made_from() -> None:
    collector = Collector("rest")

    await collector.send_response(
        "rest:one",
        {
            "text": "Your order 5003 is packed.",
            "buttons": [],
            "utter_action": "utter_order_packed",
            "sources": {"order": "Order.number"},
            "order": "5003",
            "metadata": {},
            "custom": None,
        },
    )

    assert collector.replies == [
        {
            "text": "Your order 5003 is packed.",
            "response": "utter_order_packed",
            "sources": {"order": "Order.number"},
        }
    ]
    assert collector.name() == "rest"

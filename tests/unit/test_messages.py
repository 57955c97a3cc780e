"""The table of messages: every message once, in order, with its replies."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from middleware import store
from middleware.errors import Unavailable
from middleware.identity import Proof
from tests.fakes.building import KNOWN, NOW, Bench

MakeBench = Callable[..., Bench]

MENU = {"text": "Is it one of these?", "buttons": [{"title": "My order", "payload": "/Order_Tracking"}]}


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


async def answered(desk: Bench, text: str, replies: list[dict[str, Any]], conversation: str = "rest:one") -> None:
    turn = await desk.open_turn(text=text, conversation=conversation)
    await desk.middleware.messages.close_turn(turn, replies)


async def test_a_turn_is_the_customers_message_and_the_replies_in_order(desk: Bench) -> None:
    # when
    turn = await desk.open_turn(text="hi", message_id="m1")
    await desk.middleware.messages.close_turn(turn, [{"text": "Hello!"}, {"text": "How can I help?"}])

    # then
    rows = sorted(desk.rows(store.messages), key=lambda row: row["sequence"])
    assert [(row["sequence"], row["author"], row["state"], row["payload"]) for row in rows] == [
        (1, "customer", "answered", {"text": "hi"}),
        (2, "bot", "sent", {"text": "Hello!"}),
        (3, "bot", "sent", {"text": "How can I help?"}),
    ]
    assert {row["turn_id"] for row in rows} == {turn.id}
    assert {row["created_at"] for row in rows} == {NOW}


async def test_concurrent_turns_leave_no_hole_in_the_sequence(desk: Bench) -> None:
    await asyncio.gather(*(answered(desk, f"message {one}", [{"text": "a"}, {"text": "b"}]) for one in range(20)))

    assert sorted(row["sequence"] for row in desk.rows(store.messages)) == list(range(1, 61))


async def test_each_conversation_counts_for_itself(desk: Bench) -> None:
    await asyncio.gather(*(answered(desk, "hi", [{"text": "a"}], f"rest:{one}") for one in range(10)))

    assert sorted(row["sequence"] for row in desk.rows(store.messages)) == [1] * 10 + [2] * 10


async def test_a_message_that_could_not_be_stored_takes_no_number(desk: Bench) -> None:
    # given
    await answered(desk, "hi", [{"text": "a"}])

    # when the second message breaks in the middle of its transaction
    with pytest.raises(sa.exc.StatementError):
        await desk.middleware.messages.open_turn("rest:one", "rest", {1, 2}, None, Proof())  # type: ignore[arg-type]
    await answered(desk, "hi again", [])

    # then
    assert sorted(row["sequence"] for row in desk.rows(store.messages)) == [1, 2, 3]


async def test_the_same_message_again_has_the_same_replies(desk: Bench) -> None:
    # given
    turn = await desk.open_turn(message_id="m1")
    assert turn.replies is None
    await desk.middleware.messages.close_turn(turn, [{"text": "one"}, MENU])

    # when
    again = await desk.open_turn(message_id="m1")

    # then
    assert again.replies == ({"text": "one"}, MENU)
    assert again.id == turn.id
    assert len(desk.rows(store.messages)) == 3


async def test_an_unfinished_message_brought_again_is_run_again(desk: Bench) -> None:
    turn = await desk.open_turn(KNOWN, message_id="m1")

    again = await desk.open_turn(KNOWN, message_id="m1")

    assert again == dataclasses.replace(turn, is_again=True)
    assert again.replies is None
    assert (await desk.middleware.identity.who("rest:one", again.id)).proof == KNOWN


async def test_of_two_who_answer_a_message_the_first_counts(desk: Bench) -> None:
    turn = await desk.open_turn(KNOWN, message_id="m1")
    await desk.middleware.messages.say_meanwhile(turn, [{"text": "a moment"}])
    again = await desk.open_turn(KNOWN, message_id="m1")

    first = await desk.middleware.messages.close_turn(again, [{"text": "one"}])
    second = await desk.middleware.messages.close_turn(again, [{"text": "two"}])

    assert list(first) == list(second) == [{"text": "one"}]
    said = sorted(
        (row["sequence"], row["payload"]["text"]) for row in desk.rows(store.messages) if row["author"] == "bot"
    )
    assert [text for _, text in said] == ["a moment", "one"]


async def test_what_is_said_meanwhile_is_part_of_the_turn_and_leaves_it_open(desk: Bench) -> None:
    # given
    turn = await desk.open_turn(KNOWN, message_id="m1")

    # when
    await desk.middleware.messages.say_meanwhile(turn, [{"text": "a moment"}])

    # then it was said, and the turn is still under way
    again = await desk.open_turn(KNOWN, message_id="m1")
    assert (again.id, again.replies, again.said, again.is_first) == (turn.id, None, ({"text": "a moment"},), False)
    assert (await desk.middleware.identity.who("rest:one", turn.id)).proof == KNOWN

    # and it stands in front of the replies
    await desk.middleware.messages.close_turn(turn, [{"text": "done"}])
    assert (await desk.open_turn(message_id="m1")).replies == ({"text": "a moment"}, {"text": "done"})


async def test_the_same_id_in_another_conversation_is_another_message(desk: Bench) -> None:
    first = await desk.open_turn(message_id="m1")
    second = await desk.open_turn(message_id="m1", conversation="rest:two")

    assert first.id != second.id


async def test_messages_without_an_id_are_never_the_same(desk: Bench) -> None:
    first, second = await desk.open_turn(text="hi"), await desk.open_turn(text="hi")

    assert first.id != second.id


async def test_one_message_brought_many_times_at_once_is_stored_once(desk: Bench) -> None:
    turns = await asyncio.gather(*(desk.open_turn(message_id="m1") for _ in range(10)))

    assert len({turn.id for turn in turns}) == 1
    assert len(desk.rows(store.messages)) == 1


async def test_a_turn_is_the_first_until_the_assistant_has_spoken(desk: Bench) -> None:
    # given two messages before any answer
    first, second = await desk.open_turn(message_id="m1"), await desk.open_turn()
    assert (first.is_first, second.is_first) == (True, True)

    # when
    await desk.middleware.messages.close_turn(first, [{"text": "hello"}])

    # then
    assert not (await desk.open_turn()).is_first
    assert (await desk.open_turn(conversation="rest:two")).is_first


async def test_an_unfinished_first_message_is_still_the_first(desk: Bench) -> None:
    await desk.open_turn(message_id="m1")

    assert (await desk.open_turn(message_id="m1")).is_first


@pytest.mark.parametrize(
    ("conversation", "payload", "title"),
    [
        ("rest:one", "/Order_Tracking", MENU["buttons"][0]["title"]),
        ("rest:two", "/Order_Tracking", None),
        ("rest:one", "/order_tracking", None),
        ("rest:one", "/Order_Tracking ", None),
        ("rest:one", '/Order_Tracking{"order_number": "1"}', None),
        ("rest:one", "/Order", None),
        ("rest:one", "", None),
    ],
)
async def test_only_exactly_what_was_offered_in_this_conversation_was_offered(
    desk: Bench, conversation: str, payload: str, title: str | None
) -> None:
    await answered(desk, "help", [{"text": "Hm."}, MENU])
    await answered(desk, "help", [{"text": "Hm."}], "rest:two")

    assert await desk.middleware.history.title_of(conversation, payload) == title


async def test_what_the_customer_wrote_was_not_offered(desk: Bench) -> None:
    await answered(desk, "/Order_Tracking", [{"text": "Hm."}])

    assert not await desk.middleware.history.title_of("rest:one", "/Order_Tracking")


@pytest.mark.parametrize(
    ("typed", "payload"),
    [
        ("Where is my order?", "/Order_Tracking"),
        ("where is my ORDER", "/Order_Tracking"),
        ("where is my order now", None),
        ("?", None),
    ],
)
async def test_a_button_is_meant_by_its_title(desk: Bench, typed: str, payload: str | None) -> None:
    buttons = [{"title": "…", "payload": "/Help"}, {"title": "Where is my order?", "payload": "/Order_Tracking"}]
    await answered(desk, "help", [{"text": "This?", "buttons": buttons}, {"text": "Or that?"}])

    assert await desk.middleware.history.payload_of("rest:one", typed) == payload
    assert await desk.middleware.history.payload_of("rest:two", typed) is None


async def test_a_title_means_a_button_only_until_something_else_was_said(desk: Bench) -> None:
    buttons = [{"title": "Yes, cancel it", "payload": "/Affirm"}]
    await answered(desk, "cancel it", [{"text": "All of it?", "buttons": buttons}])
    await answered(desk, "hm", [{"text": "Hm."}])

    assert await desk.middleware.history.payload_of("rest:one", "Yes, cancel it") is None


async def test_a_button_is_remembered_for_many_replies_but_not_for_ever(desk: Bench) -> None:
    await answered(desk, "help", [MENU])
    await answered(desk, "more", [{"text": "Hm."}] * 199)
    assert await desk.middleware.history.title_of("rest:one", "/Order_Tracking")

    await answered(desk, "more", [{"text": "Hm."}])

    assert not await desk.middleware.history.title_of("rest:one", "/Order_Tracking")


async def test_a_broken_store_stores_nothing_and_says_so(desk: Bench) -> None:
    desk.lose(store.messages)

    with pytest.raises(Unavailable) as caught:
        await desk.open_turn(KNOWN)

    assert caught.value.system == "store"
    assert desk.rows(store.conversations) == []
    assert desk.rows(store.identities) == []

"""The long poll: whatever is written to a customer reaches the clients that wait for it, and no others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.channels.channel import UserMessage
from sqlalchemy.engine import Engine

from channels.rest import LONGEST_WAIT_SECONDS
from middleware import store
from middleware.database import open_engine
from tests.data.shop import PEOPLE
from tests.fakes.building import NOW
from tests.fakes.channel import Answer, Channel
from tests.fakes.rasa import by_the_channel
from tests.servers import Frontdesk, conversation_of, subject

Serve = Callable[..., AbstractAsyncContextManager[Channel]]
NORA = PEOPLE["nora"][4]
QUESTION = "where is my order?"
TIMEOUT_SECONDS = LONGEST_WAIT_SECONDS / 2  # a poll that isn't woken takes longer


def write(engine: Engine, conversation: str, payload: dict[str, Any], author: str = "agent") -> None:
    """Writes to a customer, as another process does."""
    mine = store.conversations.c.id == conversation
    with engine.begin() as connection:
        connection.execute(
            store.conversations.update().where(mine).values(last_sequence=store.conversations.c.last_sequence + 1)
        )
        connection.execute(
            store.messages.insert().values(
                id=f"{conversation}{payload}",
                conversation_id=conversation,
                sequence=sa.select(store.conversations.c.last_sequence).where(mine).scalar_subquery(),
                turn_id="",
                author=author,
                payload=payload,
                state="sent",
                created_at=NOW,
            )
        )


async def polling(channel: Channel, conversation: str, after: int) -> asyncio.Task[Answer]:
    """A client's poll that has reached the server, and waits."""
    reads: list[str] = []
    to_customer = channel.desk.middleware.history.to_customer

    async def seen(conversation_id: str, *place: int) -> Any:
        found = await to_customer(conversation_id, *place)
        reads.append(conversation_id)
        return found

    channel.desk.middleware.history.to_customer = seen  # type: ignore[method-assign, assignment]
    poll = asyncio.ensure_future(channel.messages(conversation, after=after, wait=LONGEST_WAIT_SECONDS))
    while f"rest:{conversation}" not in reads:
        await asyncio.sleep(0.001)
    return poll


async def within(poll: asyncio.Task[Answer]) -> Answer:
    """The answer to a poll, which comes before the poll's own end."""
    return await asyncio.wait_for(poll, TIMEOUT_SECONDS)


class Held:
    """Rasa, as long as it is held."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def __call__(self, message: UserMessage) -> list[dict[str, Any]]:
        """Answers once it is let go."""
        await self.let_go.wait()
        return [{"text": "here it is"}]


# The channel by itself


async def test_a_message_has_its_place_its_author_its_time_and_its_parts(serve: Serve) -> None:
    async with serve() as channel:
        await channel.post("nora")
        engine = open_engine(channel.desk.url)
        button = {"title": "Yes", "payload": "/Affirm"}
        payload = {"text": "Kim here.", "buttons": [button], "response": "utter_x", "sources": {"a": "b"}}
        write(engine, "rest:nora", payload)
        engine.dispose()

        answer = await channel.messages("nora", after=3)

    assert answer.status == 200
    [message] = answer.body
    assert datetime.fromisoformat(message.pop("at")) == NOW
    assert message == {"sequence": 4, "author": "agent", "text": "Kim here.", "buttons": [button]}


async def test_without_parameters_all_is_given_at_once(serve: Serve) -> None:
    async with serve() as channel:
        await channel.post("nora")

        assert [one["sequence"] for one in (await channel.messages("nora")).body] == [2, 3]
        assert (await channel.messages("nora", after=3)).body == []
        assert (await channel.messages("nobody")).body == []


async def test_a_reply_reaches_the_clients_that_wait(serve: Serve) -> None:
    async with serve() as channel:
        # given two tabs that wait
        await channel.post("nora")
        tabs = [await polling(channel, "nora", after=3) for _ in range(2)]

        # when the customer writes in one of them
        await channel.post("nora", "and now?")

        # then both show the answer
        assert [(await within(tab)).texts for tab in tabs] == [["you said and now?"]] * 2


async def test_a_third_tab_is_refused_until_one_is_closed(serve: Serve) -> None:
    async with serve() as channel:
        # given two tabs that wait
        await channel.post("nora")
        tabs = [await polling(channel, "nora", after=3) for _ in range(2)]
        third = await channel.messages("nora", after=3, wait=1)
        assert (third.status, third.body.keys(), third.headers["Retry-After"]) == (429, {"error"}, "1")

        # when one hangs up
        tabs[0].cancel()

        # then there is a place for another
        while (await channel.messages("nora", after=3)).status == 429:
            await asyncio.sleep(0.01)
        await channel.post("nora", "and now?")
        assert (await within(tabs[1])).texts == ["you said and now?"]


async def test_that_it_takes_a_moment_is_shown_while_the_answer_is_awaited(serve: Serve) -> None:
    held = Held()
    async with serve(say=held) as channel:
        # given a question that takes its time
        posting = asyncio.ensure_future(channel.post("nora", message_id="m1"))

        # when a client waits beside it
        moment = await channel.messages("nora", wait=LONGEST_WAIT_SECONDS)

        # then it hears so before the answer is there, and the answer begins with it
        said = [by_the_channel(response)["text"] for response in ("utter_introduction", "utter_moment")]
        assert moment.texts == said
        assert not posting.done()
        held.let_go.set()
        assert (await posting).texts == [*said, "here it is"]
        assert (await channel.messages("nora", after=moment.body[-1]["sequence"])).texts == ["here it is"]
        assert (await channel.post("nora", message_id="m1")).texts == [*said, "here it is"]


async def test_a_stopping_server_ends_polls_at_once_and_lets_turns_be_answered(serve: Serve) -> None:
    held = Held()
    async with serve(say=held) as channel:
        # given a client that waits, and a message under way
        poll = await polling(channel, "omar", after=0)
        posting = asyncio.ensure_future(channel.post("nora"))
        while not channel.rasa.heard:
            await asyncio.sleep(0.001)

        # when the server is to stop
        stopping = asyncio.ensure_future(channel.server.before_stop())

        # then nobody waits in vain, what is under way is answered, and what comes now may come again
        assert (await within(poll)).body == []
        refused = await channel.post("omar")
        assert (refused.status, refused.body.keys()) == (503, {"error"})
        held.let_go.set()
        await stopping
        assert (await posting).texts[-1] == "here it is"


@pytest.mark.parametrize(
    "parameters",
    [
        {"after": "-1"},
        {"after": "x"},
        {"after": "1.5"},
        {"after": "٣"},
        {"after": "2147483648"},
        {"after": "9" * 5000},
        {"wait": "31"},
        {"wait": "-1"},
        {"wait": "nan"},
    ],
    ids=lambda parameters: ascii(parameters)[:30],
)
async def test_a_bad_parameter_is_refused_with_a_sentence_that_names_it(
    serve: Serve, parameters: dict[str, str]
) -> None:
    async with serve() as channel:
        answer = await channel.messages("nora", **parameters)

    assert answer.status == 400
    assert f"`{next(iter(parameters))}`" in answer.body["error"]


# The whole system


def test_a_poll_needs_a_token(frontdesk: Frontdesk) -> None:
    answer = frontdesk.messages(None)

    assert answer.status_code == 401
    assert answer.json().keys() == {"error"}


def test_what_was_said_is_read_by_who_has_the_conversations_token_and_by_nobody_else(frontdesk: Frontdesk) -> None:
    # given a conversation
    nora = frontdesk.token(phone=NORA)
    replies = frontdesk.say(nora, QUESTION)

    # then its token shows it, and other tokens, even of the same person, show their own
    found = frontdesk.messages(nora).json()
    assert [one["text"] for one in found] == [reply["text"] for reply in replies]
    assert {one["author"] for one in found} == {"bot"}
    assert frontdesk.messages(frontdesk.token(phone=NORA)).json() == []
    assert frontdesk.messages(frontdesk.token(phone=NORA), sender=subject(nora)).json() == []
    assert frontdesk.messages(nora, after=2**31 - 1).json() == []


def test_what_another_process_writes_reaches_a_client_that_waits(frontdesk: Frontdesk) -> None:
    # given a client that waits for what comes next
    token = frontdesk.token(phone=NORA)
    frontdesk.say(token, QUESTION)
    last = frontdesk.messages(token).json()[-1]["sequence"]
    with ThreadPoolExecutor(1) as client:
        waiting = client.submit(frontdesk.messages, token, after=last, wait=LONGEST_WAIT_SECONDS)
        time.sleep(0.5)  # so that it most likely waits already; what is asserted holds in any case
        begin = time.monotonic()

        # when another process writes
        write(frontdesk.engine, conversation_of(token), {"text": "Kim here."})

        # then it is told, long before its time is over
        [message] = waiting.result().json()
    assert (message["sequence"], message["author"], message["text"]) == (last + 1, "agent", "Kim here.")
    assert time.monotonic() - begin < TIMEOUT_SECONDS

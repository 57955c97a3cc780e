"""Waiting for what is written to a customer: it rings at once, others' words are noticed, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from channels import arrivals
from channels.arrivals import MOST_MESSAGES, AlreadyWaiting, Arrivals
from middleware import store
from middleware.database import open_engine
from middleware.errors import Unavailable
from middleware.history import Message
from tests.fakes.building import NOW, Bench

MakeBench = Callable[..., Bench]
LONG = 60.0  # seconds that no test takes: whoever waits so long is woken


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


@pytest.fixture
def waiting(desk: Bench) -> Arrivals:
    return Arrivals(desk.middleware.history)


async def answered(desk: Bench, *texts: str, conversation: str = "rest:one") -> None:
    """Stores a turn with these replies."""
    turn = await desk.open_turn(conversation=conversation)
    await desk.middleware.messages.close_turn(turn, [{"text": text} for text in texts])


def write_from_elsewhere(desk: Bench, text: str, author: str = "agent", conversation: str = "rest:one") -> None:
    """Stores a message over a connection of another process's own."""
    engine = open_engine(desk.url)
    sequence = store.conversations.c.last_sequence + 1
    mine = store.conversations.c.id == conversation
    with engine.begin() as connection:
        connection.execute(store.conversations.update().where(mine).values(last_sequence=sequence))
        row: dict[str, Any] = {"id": uuid.uuid4().hex, "turn_id": "", "state": "sent", "created_at": NOW}
        last = store.sa.select(store.conversations.c.last_sequence).where(mine).scalar_subquery()
        connection.execute(
            store.messages.insert().values(
                conversation_id=conversation, sequence=last, author=author, payload={"text": text}, **row
            )
        )
    engine.dispose()


def texts(found: Any) -> list[str]:
    return [message.reply["text"] for message in found]


async def begun(waiting: Arrivals, clients: int = 1, conversation: str = "rest:one") -> None:
    """Returns once so many clients wait for a conversation."""
    while conversation not in waiting._waited or len(waiting._waited[conversation].bells) < clients:
        await asyncio.sleep(0.001)


def watched(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[Any]]:
    """Notes each look at how far conversations have come, and each reading of messages; looks are frequent."""
    looks: list[Any] = []
    reads: list[Any] = []
    history = desk.middleware.history
    last_sequences, to_customer = history.last_sequences, history.to_customer

    async def look(conversations: Any) -> Any:
        looks.append(conversations)
        return await last_sequences(conversations)

    async def read(*place: Any) -> Any:
        reads.append(place)
        return await to_customer(*place)

    monkeypatch.setattr(history, "last_sequences", look)
    monkeypatch.setattr(history, "to_customer", read)
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", 0.01)
    return looks, reads


async def test_what_is_there_is_given_at_once_and_in_order_without_the_customers_own_words(
    waiting: Arrivals, desk: Bench
) -> None:
    await answered(desk, "a", "b")
    await answered(desk, "c")

    found = await waiting.after("rest:one", 0, LONG)

    assert [(one.sequence, one.author, one.at) for one in found] == [(2, "bot", NOW), (3, "bot", NOW), (5, "bot", NOW)]
    assert texts(found) == ["a", "b", "c"]
    assert texts(await waiting.after("rest:one", 2, LONG)) == ["b", "c"]
    assert texts(await waiting.after("rest:one", 3, LONG)) == ["c"]


async def test_a_long_list_comes_in_parts(waiting: Arrivals, desk: Bench) -> None:
    await answered(desk, *(str(one) for one in range(MOST_MESSAGES + 20)))

    first = await waiting.after("rest:one", 0, 0)
    rest = await waiting.after("rest:one", first[-1].sequence, 0)

    assert texts([*first, *rest]) == [str(one) for one in range(MOST_MESSAGES + 20)]
    assert len(first) == MOST_MESSAGES


@pytest.mark.parametrize("conversation", ["rest:one", "rest:never-heard-of"])
async def test_who_does_not_wait_gets_nothing_where_nothing_is(
    waiting: Arrivals, desk: Bench, conversation: str
) -> None:
    await answered(desk, "a")

    assert list(await waiting.after(conversation, 2, 0)) == []
    assert list(await waiting.after(conversation, 2, 0.01)) == []


async def test_what_this_process_stores_rings_at_once(
    waiting: Arrivals, desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a client that waits, and a process that never looks by itself
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", LONG)
    await answered(desk, "a")
    client = asyncio.ensure_future(waiting.after("rest:one", 2, LONG))
    await begun(waiting)

    # when
    await answered(desk, "b")
    waiting.stored("rest:one")

    # then
    assert texts(await asyncio.wait_for(client, LONG / 2)) == ["b"]


async def test_what_another_process_stores_is_noticed(waiting: Arrivals, desk: Bench) -> None:
    await answered(desk, "a")
    client = asyncio.ensure_future(waiting.after("rest:one", 2, LONG))
    await begun(waiting)

    write_from_elsewhere(desk, "Kim here, how can I help?")

    [message] = await asyncio.wait_for(client, LONG / 2)
    assert (message.sequence, message.author) == (3, "agent")


async def test_the_customers_own_words_end_no_wait(waiting: Arrivals, desk: Bench) -> None:
    await answered(desk, "a")
    client = asyncio.ensure_future(waiting.after("rest:one", 2, LONG))
    await begun(waiting)

    turn = await desk.open_turn()
    waiting.stored("rest:one")
    await desk.middleware.messages.close_turn(turn, [{"text": "b"}])
    waiting.stored("rest:one")

    assert texts(await asyncio.wait_for(client, LONG / 2)) == ["b"]


async def test_each_hears_of_their_own_conversation(waiting: Arrivals, desk: Bench) -> None:
    await answered(desk, "a", conversation="rest:one")
    await answered(desk, "b", conversation="rest:two")
    clients = [asyncio.ensure_future(waiting.after(f"rest:{one}", 2, LONG)) for one in ("one", "two")]
    await begun(waiting)
    await begun(waiting, conversation="rest:two")

    write_from_elsewhere(desk, "for two", conversation="rest:two")

    assert texts(await asyncio.wait_for(clients[1], LONG / 2)) == ["for two"]
    assert not clients[0].done()
    clients[0].cancel()


async def test_two_may_wait_for_a_conversation_and_a_third_may_not(waiting: Arrivals, desk: Bench) -> None:
    # given two tabs
    await answered(desk, "a")
    tabs = [asyncio.ensure_future(waiting.after("rest:one", 2, LONG)) for _ in range(2)]
    await begun(waiting, clients=2)

    # then there is no place for a third
    with pytest.raises(AlreadyWaiting):
        await waiting.after("rest:one", 2, LONG)

    # when one is closed, there is; and all that wait hear the same
    tabs[0].cancel()
    await asyncio.wait({tabs[0]})
    tabs[0] = asyncio.ensure_future(waiting.after("rest:one", 2, LONG))
    await begun(waiting, clients=2)
    await answered(desk, "b")
    waiting.stored("rest:one")
    assert [texts(found) for found in await asyncio.gather(*tabs)] == [["b"], ["b"]]


async def test_nobody_is_remembered_who_does_not_wait_any_longer(waiting: Arrivals, desk: Bench) -> None:
    await answered(desk, "a")
    await waiting.after("rest:one", 0, LONG)
    client = asyncio.ensure_future(waiting.after("rest:one", 2, LONG))
    await begun(waiting)

    client.cancel()
    await asyncio.wait({client})

    assert waiting._waited == {}
    while waiting._looking:
        await asyncio.sleep(0.01)


async def test_five_hundred_waiting_clients_hold_up_nobody_and_cost_one_look(
    waiting: Arrivals, desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given five hundred conversations that are waited for
    looks, _ = watched(desk, monkeypatch)
    clients = [asyncio.ensure_future(waiting.after(f"rest:{one}", 0, LONG)) for one in range(500)]

    # when the conversations go on, one of them from elsewhere
    await begun(waiting, conversation="rest:499")
    await asyncio.wait_for(answered(desk, "a", conversation="rest:7"), LONG / 2)
    write_from_elsewhere(desk, "b", conversation="rest:7")

    # then the one is woken, by looks that ask for all of them at once
    assert texts(await asyncio.wait_for(clients[7], LONG / 2))[0] == "a"
    assert {len(asked) for asked in looks} <= {499, 500}
    assert sum(client.done() for client in clients) == 1
    waiting.end()
    await asyncio.gather(*clients)


async def test_a_quiet_conversation_is_read_no_more_than_twice_however_long_it_is_waited_for(
    waiting: Arrivals, desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a client that waits for a conversation in which the customer spoke last
    looks, reads = watched(desk, monkeypatch)
    await answered(desk, "a")
    await desk.open_turn()
    client = asyncio.ensure_future(waiting.after("rest:one", 2, LONG))

    # when time goes by
    while len(looks) < 20:
        await asyncio.sleep(0.001)

    # then the messages were read when it came and at the first look
    assert len(reads) == 2
    client.cancel()


async def test_the_end_lets_nobody_wait(waiting: Arrivals, desk: Bench) -> None:
    client = asyncio.ensure_future(waiting.after("rest:one", 0, LONG))
    await begun(waiting)

    waiting.end()

    assert list(await asyncio.wait_for(client, LONG / 2)) == []
    assert list(await asyncio.wait_for(waiting.after("rest:one", 0, LONG), LONG / 2)) == []


async def test_a_store_that_is_lost_is_told_to_who_asks(waiting: Arrivals, desk: Bench) -> None:
    desk.lose(store.messages)

    with pytest.raises(Unavailable):
        await waiting.after("rest:one", 0, LONG)

    assert waiting._waited == {}


async def test_a_look_that_fails_is_followed_by_the_next(
    waiting: Arrivals, desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a store that fails at the first look
    await answered(desk, "a")
    last_sequences, failures = desk.middleware.history.last_sequences, [Unavailable("locked", system="store")]

    async def fail_once(conversations: Any) -> Any:
        if failures:
            raise failures.pop()
        return await last_sequences(conversations)

    monkeypatch.setattr(desk.middleware.history, "last_sequences", fail_once)
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", 0.05)
    client = asyncio.ensure_future(waiting.after("rest:one", 2, LONG))
    await begun(waiting)

    # when
    write_from_elsewhere(desk, "b")

    # then
    found: list[Message] = list(await asyncio.wait_for(client, LONG / 2))
    assert texts(found) == ["b"]

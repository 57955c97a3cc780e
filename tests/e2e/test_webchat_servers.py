"""Several Rasa servers on one database: every browser sees everything, with Redis at once, else a moment later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from rasa.core.channels.channel import UserMessage
from redis.asyncio import Redis

from channels import arrivals, neighbours
from channels.neighbours import Neighbours
from middleware import store
from middleware.errors import Misconfigured
from middleware.settings import Settings
from scripts.serve import HOST, free_port
from tests.fakes.building import Bench, build, project_settings
from tests.fakes.webchat import SECONDS, Webchat, beside, serving_webchat, webchat_token
from tests.redis_server import RedisServer

LONG = 60.0  # seconds that no test takes: whoever waits so long is told


@pytest.fixture
def desk(migrated: Path, tmp_path: Path) -> Bench:
    return build(migrated, tmp_path)


@asynccontextmanager
async def two_servers(desk: Bench, say: Any = None, redis_url: str = "") -> AsyncIterator[tuple[Webchat, Webchat]]:
    """Serves the channel twice; both answer messages, whoever took them."""
    async with (
        serving_webchat(desk, say, redis_url=redis_url) as one,
        serving_webchat(beside(desk), say, redis_url=redis_url) as other,
    ):
        yield one, other


def nobody_listens() -> str:
    """The address of a Redis that is away."""
    return f"redis://{HOST}:{free_port()}/0"


async def converses(one: Webchat, other: Webchat, *said: str, session_id: str | None = None) -> str:
    """Has a customer with a tab at each server say something; both must see all of it, in the same order."""
    left = await one.opened(session_id)
    right = await other.opened(left.told("session_confirm")[0])
    for text in said:
        assert await left.say(f"{text}, left") == {"ok": True}
        assert await right.say(f"{text}, right") == {"ok": True}
    for tab in (left, right):
        await tab.until(lambda tab=tab: all(f"you said {text}, right" in tab.texts for text in said))
        await tab.until(lambda tab=tab: all(f"you said {text}, left" in tab.texts for text in said))
    assert left.messages == right.messages
    sequences = [one["sequence"] for one in left.messages]
    assert sequences == list(range(1, len(sequences) + 1))
    return str(left.told("session_confirm")[0])


async def subscribed(server: RedisServer, count: int) -> None:
    """Waits until so many servers hear what others tell."""
    end = time.monotonic() + SECONDS
    async with Redis.from_url(server.url) as client:
        while (await client.pubsub_numsub(neighbours.TOPIC))[0][1] != count:
            assert time.monotonic() < end, "they don't subscribe"
            await asyncio.sleep(0.01)


async def test_without_redis_every_server_looks_by_itself(desk: Bench) -> None:
    async with two_servers(desk) as servers:
        await converses(*servers, "hello")


async def test_with_redis_nobody_waits_for_a_look(
    desk: Bench, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "LOOK_SECONDS", LONG)
    goes_on = asyncio.Event()

    async def slow(message: UserMessage) -> list[dict[str, Any]]:
        await goes_on.wait()
        return [{"text": f"you said {message.text}"}]

    async with two_servers(desk, slow, redis_server.url) as (one, other):
        await subscribed(redis_server, 2)
        left = await one.opened()
        right = await other.opened(left.told("session_confirm")[0])

        # when the bot of one server thinks, and answers
        await left.say("hello")
        for tab in (left, right):
            await tab.until(lambda tab=tab: tab.told("bot_typing") == [{"on": True}])
        goes_on.set()

        # then it is seen at both
        for tab in (left, right):
            await tab.until(lambda tab=tab: tab.told("bot_typing")[-1] == {"on": False})
            assert tab.texts[-1] == "you said hello"


async def test_a_redis_that_is_away_keeps_nobody_from_starting_or_talking(desk: Bench) -> None:
    async with two_servers(desk, redis_url=nobody_listens()) as servers:
        await converses(*servers, "hello")


async def test_a_redis_that_goes_away_takes_nothing_with_it_and_is_used_again_when_it_is_back(
    desk: Bench, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "PAUSE_SECONDS", 0.05)
    async with two_servers(desk, redis_url=redis_server.url) as (one, other):
        session_id = await converses(one, other, "before")
        redis_server.stop()
        await converses(one, other, "meanwhile", session_id=session_id)

        # when it is back, and the servers don't look any more
        redis_server.start()
        await subscribed(redis_server, 2)
        monkeypatch.setattr(arrivals, "LOOK_SECONDS", LONG)
        await asyncio.sleep(1.1)  # until the last look that was begun is over

        await converses(one, other, "after", session_id=session_id)


async def test_nothing_personal_goes_through_redis(desk: Bench, redis_server: RedisServer) -> None:
    client: Redis[bytes] = Redis.from_url(redis_server.url)
    async with client.pubsub(ignore_subscribe_messages=True) as heard:
        await heard.psubscribe("*")
        await heard.get_message(timeout=1)
        async with serving_webchat(desk, redis_url=redis_server.url) as webchat:
            browser = await webchat.opened(token=webchat_token("ada@example.com"))
            await browser.say("my secret")
            await browser.until(lambda: "you said my secret" in browser.texts)
            told = b""
            while message := await heard.get_message(timeout=0.3 if told else SECONDS):
                told += message["data"]
    await client.close()

    assert told
    assert not any(one in told for one in (b"ada@", b"secret", b"webchat:"))
    assert webchat.desk.rows(store.conversations)[0]["id"] == "webchat:u:ada@example.com"


def test_an_address_that_makes_no_sense_stops_the_start() -> None:
    known: Settings = replace(project_settings(), redis_url="redis://host:port")

    with pytest.raises(Misconfigured, match="REDIS_URL"):
        Neighbours(known.redis_url, known.webchat_key)


async def test_nonsense_from_others_is_not_heard() -> None:
    heard: list[Any] = []
    mine = Neighbours("redis://127.0.0.1", "k" * 32)

    for data in (b"", b"a b", b"a b c d", b"\xff\xfe", b"someone stored mark"):
        mine._take(data, lambda *what: heard.append(what))

    assert heard == [("stored", "mark")]

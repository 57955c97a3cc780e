"""Pages that are open: what happens reaches them at once, from where they were, and for as long as the log-in lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from desk.application import create
from desk.live import LOOK_SECONDS, MOST_STREAMS
from middleware import store
from middleware.agents import Agents
from middleware.database import open_engine
from middleware.handoff_records import Agent
from tests.fakes.building import Bench
from tests.fakes.desk import LENA, MARCO, PASSWORD, QUICK, AtDesk, served
from tests.fakes.fixtures import MakeBench

WITHIN = 30.0  # seconds, on a busy machine


@dataclass
class Event:
    """An event of a stream."""

    name: str
    data: str
    id: str = ""


@dataclass
class Running:
    """The desk behind a real server, with what it is asked from outside."""

    url: str
    desk: AtDesk

    @property
    def bench(self) -> Bench:
        return self.desk.bench

    async def cookie(self, agent: Agent = MARCO) -> str:
        """The cookie of somebody who has logged in."""
        cookie, _ = await self.desk.agents.log_in(agent.id, PASSWORD)
        return cookie

    @asynccontextmanager
    async def follows(self, path: str, cookie: str, **headers: str) -> AsyncIterator[AsyncIterator[Event]]:
        """The events of a page."""
        async with (
            httpx.AsyncClient(timeout=30) as client,
            client.stream("GET", self.url + path, headers={"Cookie": f"__Host-desk={cookie}"} | headers) as answer,
        ):
            assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/event-stream")
            yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    fields: dict[str, list[str]] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
        elif "event" in fields:
            yield Event(fields["event"][0], "\n".join(fields.get("data", [])), fields.get("id", [""])[0])
            fields = {}
        else:
            fields = {}


async def next_with(events: AsyncIterator[Event], text: str, name: str = "") -> Event:
    """The next event that holds a text."""

    async def find() -> Event:
        async for event in events:
            if text in unescape(event.data) and name in ("", event.name):
                return event
        raise AssertionError(f"the stream ended without {text!r}")

    return await asyncio.wait_for(find(), WITHIN)


@pytest.fixture
async def running(bench: MakeBench) -> AsyncIterator[Running]:
    one = bench(handoff=0.1)
    agents = Agents(one.middleware.store, one.middleware.settings.desk, one.clock, QUICK)
    for agent in (MARCO, LENA):
        await agents.save(agent.id, agent.name, PASSWORD)
    app = create(one.middleware.settings, lambda _: one.middleware, hasher=QUICK)
    with _served(app) as url:
        yield Running(url, AtDesk(one, app, agents))


def _served(app: Any) -> Any:
    return served(app)


async def test_what_the_customer_writes_reaches_the_page_within_a_second(running: Running) -> None:
    handoff = await running.desk.asked()
    await running.bench.middleware.desk_line.claim(handoff, MARCO)
    async with running.follows(f"/handoffs/{handoff}/live?after=2", await running.cookie()) as events:
        await next_with(events, "The line")
        seconds = []
        for number in range(5):
            begun = time.monotonic()
            await running.desk.writes(f"word {number} <b>")
            event = await next_with(events, f"word {number} <b>", "message")
            seconds.append(time.monotonic() - begun)
            assert event.id == str(3 + number) and "&lt;b&gt;" in event.data

    assert min(seconds) < 1.0


async def test_a_page_goes_on_where_it_was(running: Running) -> None:
    handoff = await running.desk.asked(text="the first")
    for word in ("the second", "the third"):
        await running.desk.writes(word)
    cookie, path = await running.cookie(), f"/handoffs/{handoff}/live?after=1"

    async with running.follows(path, cookie) as events:
        assert [(await anext(events)).id for _ in range(2)] == ["2", "3"]
    async with running.follows(path, cookie, **{"Last-Event-ID": "2"}) as events:
        assert (await anext(events)).id == "3"
        assert (await anext(events)).name == "fragment"


async def test_the_line_follows_what_happens(running: Running) -> None:
    async with running.follows("/live", await running.cookie()) as events:
        await next_with(events, "Nobody is waiting.")
        handoff = await running.desk.asked(text="a person!")
        await next_with(events, "a person!")
        await running.bench.middleware.desk_line.claim(handoff, LENA)
        await next_with(events, "Lena Fischer")


async def test_a_page_sees_that_a_colleague_has_taken_the_conversation_and_notes(running: Running) -> None:
    handoff = await running.desk.asked()
    async with running.follows(f"/handoffs/{handoff}/live?after=1", await running.cookie()) as events:
        await next_with(events, 'data-mine="no"')
        await running.bench.middleware.desk_line.claim(handoff, LENA)
        await next_with(events, "With Lena Fischer")
        await running.bench.middleware.desk_line.add_note(handoff, LENA, "a word to Marco")
        await next_with(events, "a word to Marco")
        await running.bench.middleware.desk_line.close(handoff, LENA, "Solved")
        await next_with(events, "Solved")


async def test_a_page_ends_with_the_log_in(running: Running) -> None:
    async with running.follows("/live", await running.cookie()) as events:
        await next_with(events, "Nobody is waiting.")
        await running.desk.agents.switch_off("marco")
        await running.desk.asked(text="not for Marco")
        rest = await asyncio.wait_for(_all(events), WITHIN)
    assert [event.name for event in rest] == ["ended"]


async def _all(events: AsyncIterator[Event]) -> list[Event]:
    return [event async for event in events]


async def test_of_too_many_pages_of_one_log_in_the_oldest_waits(running: Running) -> None:
    cookie, others = await running.cookie(), await running.cookie(LENA)
    async with running.follows("/live", cookie) as first, running.follows("/live", others) as lenas:
        await next_with(first, "Nobody")
        await next_with(lenas, "Nobody")
        more = [running.follows("/live", cookie) for _ in range(MOST_STREAMS)]
        streams = [await one.__aenter__() for one in more]
        for stream in streams:
            await next_with(stream, "Nobody")
        assert [event.name for event in await asyncio.wait_for(_all(first), WITHIN)] == ["paused"]
        await running.desk.asked(text="still here")
        await next_with(lenas, "still here")
        for one in more:
            await one.__aexit__(None, None, None)


async def test_an_open_page_says_that_the_agent_is_there_for_all_that_they_have(running: Running) -> None:
    handoffs = [await running.desk.asked(f"rest:{number}") for number in range(2)]
    for handoff in handoffs:
        await running.bench.middleware.desk_line.claim(handoff, MARCO)
    running.bench.clock.advance(timedelta(minutes=4))

    async with running.follows("/live", await running.cookie()) as events:
        await next_with(events, "With you")

    seen = {row["id"]: row["seen_at"] for row in running.bench.rows(store.handoffs)}
    assert seen == dict.fromkeys(handoffs, running.bench.clock.now)


async def test_thirty_pages_cost_one_look_at_a_time(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    # given thirty agents with a conversation each
    handoffs = [await running.desk.asked(f"rest:{number}") for number in range(6)]
    agents = [Agent(id=f"agent{number}", name=f"Agent {number}") for number in range(30)]
    for agent in agents:
        await running.desk.agents.save(agent.id, agent.name, PASSWORD)
    watching = running.desk.app.state.desk.live._watching
    looks: list[int] = []
    pulse = watching.pulse
    monkeypatch.setattr(watching, "pulse", lambda ids: looks.append(len(ids)) or pulse(ids))

    # when all have a page open, and the customers say nothing
    pages = [
        running.follows(f"/handoffs/{handoffs[number % 6]}/live?after=1", await running.cookie(agent))
        for number, agent in enumerate(agents)
    ]
    streams = [await page.__aenter__() for page in pages]
    for stream in streams:
        await next_with(stream, "The line")
    looks.clear()
    begun = time.monotonic()
    while len(looks) < 4:
        await asyncio.sleep(0.01)

    # then there is one look for all of them
    assert len(looks) <= 1 + (time.monotonic() - begun) / LOOK_SECONDS and set(looks) == {6}
    for page in pages:
        await page.__aexit__(None, None, None)


async def test_a_page_outlives_a_store_that_is_away_for_a_moment(running: Running) -> None:
    handoff = await running.desk.asked()
    async with running.follows(f"/handoffs/{handoff}/live?after=1", await running.cookie()) as events:
        await next_with(events, "The line")
        engine = open_engine(running.bench.url)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE notes RENAME TO notes_away")
        await asyncio.sleep(3 * LOOK_SECONDS)
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE notes_away RENAME TO notes")
        engine.dispose()
        await running.desk.writes("are you still there?")
        await next_with(events, "are you still there?", "message")


def test_a_server_that_is_told_to_stop_stops_though_pages_are_open(bench: MakeBench) -> None:
    one = bench(handoff=0.1)
    agents = Agents(one.middleware.store, one.middleware.settings.desk, one.clock, QUICK)
    asyncio.run(agents.save(MARCO.id, MARCO.name, PASSWORD))
    app = create(one.middleware.settings, lambda _: one.middleware, hasher=QUICK)
    stopped = _stopped_with_a_page_open(app, asyncio.run(agents.log_in(MARCO.id, PASSWORD))[0])
    assert next(stopped) < WITHIN


def _stopped_with_a_page_open(app: Any, cookie: str) -> Iterator[float]:
    """How long it took to stop."""
    with httpx.Client(timeout=30) as client:
        with (
            served(app) as url,
            client.stream("GET", f"{url}/live", headers={"Cookie": f"__Host-desk={cookie}"}) as answer,
        ):
            next(answer.iter_lines())
            begun = time.monotonic()
            # the server is stopped by the end of the block, while the page still reads
        yield time.monotonic() - begun

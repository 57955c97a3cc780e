"""The place in the line and the time that it takes: as the last talks went, shared by the agents who are there."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest

from middleware import store
from middleware.handoff_records import Agent
from middleware.waiting_line import wait_minutes
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import NOW, Bench
from tests.fakes.handing_over import MARCO, NINA, ask, hire, working

MakeBench = Callable[..., Bench]

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def desk(bench: MakeBench) -> Bench:
    made = bench(FakeCrm(), FakeErp())
    hire(made.url, MARCO, NINA)
    await made.open_turn()
    return made


async def minutes(desk: Bench, place: int = 1) -> int:
    rules = desk.middleware.settings.handoff
    return await desk.middleware.store.read(lambda connection: wait_minutes(connection, place, rules, desk.clock()))


async def talked(desk: Bench, *lengths: float, state: str = "closed") -> None:
    """Talks that have ended, one after the other, each so many minutes long."""
    rows = [
        {
            "id": uuid.uuid4().hex,
            "conversation_id": "rest:one",
            "state": state,
            "reason": "asked",
            "is_urgent": False,
            "requested_at": NOW,
            "claimed_at": NOW + timedelta(hours=place),
            "ended_at": NOW + timedelta(hours=place) + length * MINUTE,
            "agent_id": MARCO.id,
            "summary": {},
            "understood": [],
        }
        for place, length in enumerate(lengths)
    ]
    await desk.middleware.store.write(lambda connection: connection.execute(store.handoffs.insert(), rows))


async def test_until_enough_talks_were_measured_the_setting_counts(desk: Bench) -> None:
    await talked(desk, 30, 30, 30, 30)

    assert [await minutes(desk, place) for place in (1, 2, 3)] == [4, 8, 12]


@pytest.mark.parametrize("state", ["closed", "returned"])
async def test_then_the_talk_in_the_middle_counts(desk: Bench, state: str) -> None:
    await talked(desk, 1, 2, 10, 11, 200, state=state)

    assert [await minutes(desk, place) for place in (1, 2)] == [10, 20]


async def test_only_the_last_talks_count(desk: Bench) -> None:
    await talked(desk, *[50] * 30, *[6] * 20)

    assert await minutes(desk) == 6


@pytest.mark.parametrize(("length", "told"), [(0.01, 1), (5000, 60)])
async def test_what_was_measured_has_bounds(desk: Bench, length: float, told: int) -> None:
    await talked(desk, *[length] * 5)

    assert await minutes(desk) == told


async def test_nobody_is_told_a_time_that_makes_no_sense(desk: Bench) -> None:
    assert await minutes(desk, 5000) == 480


async def test_agents_who_are_there_share_the_line(desk: Bench) -> None:
    await desk.middleware.desk_line.here(MARCO)
    assert await minutes(desk, 4) == 16
    await desk.middleware.desk_line.here(NINA)
    assert await minutes(desk, 4) == 8
    await desk.middleware.desk_line.here(NINA)
    assert await minutes(desk, 4) == 8


async def test_agents_who_were_there_a_while_ago_do_not(desk: Bench) -> None:
    for agent in (MARCO, NINA):
        await desk.middleware.desk_line.here(agent)
    desk.clock.advance(2 * MINUTE)
    await desk.middleware.desk_line.here(MARCO)
    desk.clock.advance(2 * MINUTE)

    assert await minutes(desk, 4) == 16


async def test_an_agent_in_a_talk_is_there_and_counts_once(desk: Bench) -> None:
    async with working(desk):
        handoff_id = (await ask(desk)).handoff.id
    await desk.middleware.desk_line.claim(handoff_id, MARCO)
    await desk.middleware.desk_line.here(NINA)
    await desk.middleware.desk_line.seen(handoff_id, MARCO)

    assert await minutes(desk, 4) == 8


async def test_an_agent_without_an_account_any_more_is_not_there(desk: Bench) -> None:
    for agent in (MARCO, NINA):
        await desk.middleware.desk_line.here(agent)
    desk.edit(store.agents, is_active=False)

    assert await minutes(desk, 4) == 16


async def test_whoever_nobody_hired_changes_nothing(desk: Bench) -> None:
    await desk.middleware.desk_line.here(Agent(id="nobody", name="Nobody"))

    assert await minutes(desk, 4) == 16


async def test_the_places_are_those_of_the_line(desk: Bench) -> None:
    places = []
    for name in "abc":
        async with working(desk):
            places.append((await ask(desk, conversation=f"rest:{name}")).place)
        desk.clock.advance(MINUTE)
    assert places == [1, 2, 3]

    first = (await desk.middleware.desk_line.line())[0]
    await desk.middleware.desk_line.claim(first.id, MARCO)

    standing = await desk.middleware.handoffs.standing("rest:c")
    assert standing is not None and standing.place == 2

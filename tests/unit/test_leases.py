"""Leases: one holder at a time, and none for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from middleware import store
from middleware.errors import Unavailable
from middleware.leases import Lease
from tests.fakes.building import Bench

MakeBench = Callable[..., Bench]


def lease(desk: Bench, holder: str, name: str = "sweeping") -> Lease:
    return Lease(desk.middleware.store, desk.clock, name, holder, seconds=10)


@pytest.fixture
def desk(bench: MakeBench) -> Bench:
    return bench()


async def test_one_alone_holds_a_lease(desk: Bench) -> None:
    assert await lease(desk, "ada").take()

    assert not await lease(desk, "bob").take()


async def test_of_many_who_take_it_at_once_one_gets_it(desk: Bench) -> None:
    taken = await asyncio.gather(*(lease(desk, f"process {number}").take() for number in range(20)))

    assert sum(taken) == 1


async def test_a_lease_ends_by_itself(desk: Bench) -> None:
    await lease(desk, "ada").take()

    desk.clock.advance(timedelta(seconds=9))
    assert not await lease(desk, "bob").take()
    desk.clock.advance(timedelta(seconds=1))
    assert await lease(desk, "bob").take()
    assert not await lease(desk, "ada").take()


async def test_who_takes_it_again_has_it_for_longer(desk: Bench) -> None:
    await lease(desk, "ada").take()
    desk.clock.advance(timedelta(seconds=9))
    assert await lease(desk, "ada").take()
    desk.clock.advance(timedelta(seconds=9))

    assert not await lease(desk, "bob").take()


async def test_what_is_given_back_is_free_at_once(desk: Bench) -> None:
    await lease(desk, "ada").take()

    await lease(desk, "ada").give_back()

    assert await lease(desk, "bob").take()


async def test_nobody_gives_back_what_another_holds(desk: Bench) -> None:
    await lease(desk, "ada").take()

    await lease(desk, "bob").give_back()

    assert not await lease(desk, "bob").take()


async def test_leases_of_other_names_are_other_leases(desk: Bench) -> None:
    await lease(desk, "ada").take()

    assert await lease(desk, "bob", name="cooking").take()


async def test_without_a_store_nobody_has_a_lease(desk: Bench) -> None:
    desk.lose(store.leases)

    with pytest.raises(Unavailable):
        await lease(desk, "ada").take()

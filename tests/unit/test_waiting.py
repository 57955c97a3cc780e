"""Waiting with a bound: what is cancelled meanwhile is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from middleware.waiting import within


async def test_what_comes_in_time_is_given() -> None:
    assert await within(asyncio.sleep(0, "here"), 60) == "here"


async def test_what_takes_too_long_is_cancelled() -> None:
    ended = asyncio.Event()

    async def takes_long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(asyncio.TimeoutError):
        await within(takes_long(), 0.01)
    await asyncio.wait_for(ended.wait(), 30)


@pytest.mark.parametrize("steps", range(5))
async def test_a_loop_is_cancelled_also_at_the_moment_at_which_what_it_waits_for_comes(steps: int) -> None:
    bell = asyncio.Event()

    async def loop() -> None:
        while True:
            await within(bell.wait(), 1)

    looping = asyncio.ensure_future(loop())
    await asyncio.sleep(0.01)
    bell.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    looping.cancel()
    await asyncio.wait({looping}, timeout=30)

    assert looping.cancelled()


async def test_what_was_there_already_hinders_no_cancelling() -> None:
    bell = asyncio.Event()
    bell.set()

    async def loop() -> None:
        while True:
            await within(bell.wait(), -1 if bell.is_set() else 1)

    looping = asyncio.ensure_future(loop())
    await asyncio.sleep(0)
    looping.cancel()
    await asyncio.wait({looping}, timeout=30)

    assert looping.done()


async def test_a_fault_comes_through() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await within(fails(), 60)

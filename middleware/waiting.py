"""Waiting with a bound, in loops that somebody cancels in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def within(doing: Awaitable[T], seconds: float) -> T:
    """Does something, for so long at most.

    `asyncio.wait_for` forgets that it was cancelled if what it waits for is done by then (mended in Python 3.12): a
    loop around it would go on for ever.

    Raises:
        asyncio.TimeoutError: It took longer, and was cancelled.
    """
    task = asyncio.ensure_future(doing)
    try:
        await asyncio.wait({task}, timeout=max(0.0, seconds))
        if not task.done():
            raise asyncio.TimeoutError
        return task.result()
    finally:
        task.cancel()

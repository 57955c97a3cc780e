"""Lets what must be quick go before what takes its time: while messages come in, nobody begins to answer any.

Rasa thinks in the event loop that takes the messages, too. An answer that is under way can't be interrupted; but of a
hundred messages that come in at once, the first would be answered before the last are acknowledged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from middleware.waiting import within

LONGEST_SECONDS = 1.0  # a burst; whoever is written to without a pause must answer all the same


class Quiet:
    """Whether messages are coming in."""

    def __init__(self) -> None:
        self._coming_in = 0
        self._since = 0.0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()

    @contextmanager
    def broken(self) -> Iterator[None]:
        """Messages are coming in for as long as the block lasts."""
        if not self._coming_in:
            self._since = time.monotonic()
            self._is_quiet.clear()
        self._coming_in += 1
        try:
            yield
        finally:
            self._coming_in -= 1
            if not self._coming_in:
                self._is_quiet.set()

    async def wait(self) -> None:
        """Waits until none are, or they have been for long."""
        with suppress(asyncio.TimeoutError):
            await within(self._is_quiet.wait(), self._since + LONGEST_SECONDS - time.monotonic())

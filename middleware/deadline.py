"""By when a call to a system of record must have ended, known to whatever the call goes through."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Deadline:
    """A moment by which an operation must have ended, however many calls it takes.

    Args:
        seconds: From now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, never below zero."""
        return max(0.0, self._end - time.monotonic())


# Of the call that is under way; a connector's HTTP waits no longer.
current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Lets what is done meanwhile take no longer than this, nor than the operation that it belongs to."""
    around = current.get()
    token = current.set(Deadline(seconds if around is None else min(seconds, around.left)))
    try:
        yield
    finally:
        current.reset(token)

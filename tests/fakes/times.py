"""Time that goes by only when it is told to, for what asks the module `time` itself; and deadlines that are met so."""

from __future__ import annotations

import time
from collections.abc import Callable

from middleware.deadline import Deadline

PATIENCE_SECONDS = 60.0


class Times:
    """Stands in a module for `time`."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        """The moment."""
        return self.now

    monotonic = time


class Once(Deadline):
    """A deadline that is over as soon as something has happened; until then, whoever asks for the time left waits.

    Args:
        happened: Tells whether it has.
    """

    def __init__(self, happened: Callable[[], object]) -> None:
        super().__init__(PATIENCE_SECONDS)
        self._happened = happened

    @property
    def left(self) -> float:
        """Nothing, at last."""
        wait_until(self._happened)
        return 0.0


def wait_until(happened: Callable[[], object]) -> None:
    """Waits in this thread for what happens in another."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.001)

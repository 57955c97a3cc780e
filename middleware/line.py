"""Writers of one process that wait in line for a database that lets one write at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from middleware.errors import Unavailable


class Line:
    """Lets one thread of this process write at a time, in the order in which they came.

    A plain lock goes to whoever happens to run, so that on a busy machine one waits until its time is over while
    others write again and again.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()  # whose turn it is first; each is released when it comes
        self._is_taken = False

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Surrounds what one thread does in its turn, for which it waits no longer than this.

        Raises:
            Unavailable: Its turn didn't come in time.
        """
        if not self._comes(seconds):
            raise Unavailable("others write for too long", system="store")
        try:
            yield
        finally:
            self._next()

    def _comes(self, seconds: float) -> bool:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=seconds):
            return True
        with self._guard:
            if mine not in self._waiting:  # it came just now
                return True
            self._waiting.remove(mine)
            return False

    def _next(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False

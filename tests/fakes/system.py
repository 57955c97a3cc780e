"""What the fakes of all systems of record share: they can hang, fail and talk nonsense, and they count."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class FakeSystem:
    """What the fakes of all systems can be told, and what they count.

    Attributes:
        calls: How often each method of the port was called.
        ended: How many calls have come to their end, answered or not.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.ended = 0
        self._seconds = 0.0
        self._hanging = ""
        self._error: Exception | None = None
        self._error_is_late = False
        self._failing = ""
        self._nonsense: tuple[Any, ...] = ()
        self._babbling = ""
        self._woken = threading.Event()
        self._counting = threading.Lock()

    def hang(self, seconds: float, only: str = "") -> None:
        """Lets every call from now on, or the calls of one method, take this long before they are answered."""
        self._seconds, self._hanging = seconds, only
        self._woken = threading.Event()

    def fail(self, error: Exception, late: bool = False, only: str = "") -> None:
        """Lets every call from now on raise this.

        Args:
            late: After it did what it was asked, as if the answer was lost.
            only: The one method that fails.
        """
        self._error, self._error_is_late, self._failing = error, late, only

    def talk_nonsense(self, answer: Any, only: str = "") -> None:
        """Lets every call from now on, or the calls of one method, answer this, whatever was asked."""
        self._nonsense, self._babbling = (answer,), only

    def recover(self) -> None:
        """Answers normally again, the calls that hang included."""
        self._seconds, self._error, self._nonsense = 0.0, None, ()
        self._woken.set()

    def _answer(self, method: str, honestly: Callable[[], T]) -> T:
        with self._counting:
            self.calls[method] += 1
        try:
            if self._seconds and self._hanging in ("", method):
                self._woken.wait(self._seconds)
            error = self._error if self._failing in ("", method) else None
            if error is not None and not self._error_is_late:
                raise error
            if self._nonsense and self._babbling in ("", method):
                nonsense: T = self._nonsense[0]
                return nonsense
            answer = honestly()
            if error is not None:
                raise error
            return answer
        finally:
            self.ended += 1

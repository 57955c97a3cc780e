"""What changes only by an import, kept for a while in the process that has read it: most questions are about the same.

Only words may come from here, such as an article's name or a warehouse's: never what somebody has ordered or what is
free of something.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, Generic, TypeVar

from cachetools import TTLCache

SECONDS = 60.0
MOST = 5000  # of one kind

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

_UNKNOWN: Any = object()


class Remembered(Generic[Key, Value]):
    """Things by their keys, and that there are none; any thread may ask.

    Args:
        read: Reads those with these keys; what it leaves out isn't there.
        timer: Seconds that only go forward.
    """

    def __init__(
        self, read: Callable[[Collection[Key]], Mapping[Key, Value]], timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known: TTLCache[Key, Value | None] = TTLCache(MOST, SECONDS, timer)

    def of(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Those with these keys, as they were at most so many seconds ago; those that aren't there are left out."""
        with self._lock:
            kept = {key: self._known.get(key, _UNKNOWN) for key in set(keys)}
        found = {key: value for key, value in kept.items() if value is not _UNKNOWN}
        missing = kept.keys() - found.keys()
        if missing:
            read = self._read(missing)
            fresh = {key: read.get(key) for key in missing}
            with self._lock:
                self._known.update(fresh)
            found |= fresh
        return {key: value for key, value in found.items() if value is not None}

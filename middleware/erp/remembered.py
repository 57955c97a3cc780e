"""What changes only by an import, kept for a while in the process that has read it: most questions are about the same.

Only words may come from here, such as an article's name or a warehouse's: never what somebody has ordered or what is
free of something.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

SECONDS = 60.0
MOST = 5000  # of one kind

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """Things by their keys, and that there are none; any thread may ask.

    Args:
        read: Reads those with these keys; what it leaves out isn't there.
    """

    def __init__(self, read: Callable[[Collection[Key]], Mapping[Key, Value]]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known: dict[Key, tuple[float, Value | None]] = {}

    def of(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Those with these keys, as they were at most so many seconds ago; those that aren't there are left out."""
        now = time.monotonic()
        kept = [(key, self._known.get(key)) for key in set(keys)]
        found = {key: one[1] for key, one in kept if one is not None and now < one[0] + SECONDS}
        missing = [key for key, _ in kept if key not in found]
        if missing:
            read = self._read(missing)
            found |= {key: read.get(key) for key in missing}
            self._keep({key: (now, found[key]) for key in missing})
        return {key: value for key, value in found.items() if value is not None}

    def _keep(self, fresh: Mapping[Key, tuple[float, Value | None]]) -> None:
        with self._lock:
            if len(self._known) + len(fresh) > MOST:
                self._known.clear()
            self._known.update(list(fresh.items())[:MOST])

"""Keeps what is sent on WhatsApp within Meta's rates, so that it isn't refused.

Each process counts for itself and from its start: of several Rasa servers, each lets the whole rate through. What Meta
refuses for it all the same is sent again later.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from middleware.clock import Clock

NUMBER_RATE = 80  # messages a second, of the company's number
PAIR_SECONDS = 6.0  # for each message to one recipient ...
PAIR_BURST = 45  # ... of which so many may come at once


class Bucket:
    """Lets so many things happen at once, by key, and then one in each interval; forgets keys that may have all again.

    (What `limits` has are windows: they let as many happen in each, and nothing in between.)

    Args:
        burst: So many at once.
        seconds: The interval.
    """

    def __init__(self, burst: int, seconds: float, clock: Clock) -> None:
        self._interval = timedelta(seconds=seconds)
        self._room = self._interval * burst
        self._clock = clock
        self._full_at: OrderedDict[str, datetime] = OrderedDict()  # when a key may have all again

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._full_at)

    def wait(self, key: str) -> timedelta:
        """How long until one more of a key may happen; zero if it may now."""
        now = self._clock()
        return max(self._full_at.get(key, now) + self._interval - self._room - now, timedelta(0))

    def take(self, key: str) -> None:
        """Counts one."""
        now = self._clock()
        self._full_at[key] = max(self._full_at.get(key, now), now) + self._interval
        self._full_at.move_to_end(key)
        while self._full_at and next(iter(self._full_at.values())) <= now:
            self._full_at.popitem(last=False)


class Pace:
    """The rates of Meta's."""

    def __init__(self, clock: Clock) -> None:
        self._number = Bucket(NUMBER_RATE, 1 / NUMBER_RATE, clock)
        self._pairs = Bucket(PAIR_BURST, PAIR_SECONDS, clock)

    def take(self, recipient: str) -> timedelta:
        """Counts one message to a recipient, if it may be sent now.

        Returns:
            Zero, or how long to wait; then it isn't counted.
        """
        wait = max(self._number.wait(""), self._pairs.wait(recipient))
        if not wait:
            self._number.take("")
            self._pairs.take(recipient)
        return wait

"""Numbers of orders by account, for a while: whoever looks an account up may ask for its orders next.

Tracking numbers and what is in a parcel are found by an order's number alone. Where it is known beforehand, they come
together with the orders.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

from middleware.clock import Clock, system_clock

SECONDS = 120.0
MOST = 2000  # accounts


class KnownOrders:
    """What is known in this process."""

    def __init__(self, clock: Clock = system_clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, set[str]]] = {}

    def note(self, orders: Iterable[tuple[str, str]]) -> None:
        """Notes pairs of an account's number and an order's."""
        now = self._clock().timestamp()
        with self._lock:
            for account, number in orders:
                _, numbers = self._known.pop(account, (now, set()))
                self._known[account] = (now, numbers | {number})
            while len(self._known) > MOST:
                self._known.pop(next(iter(self._known)))

    def of(self, account: str) -> Collection[str]:
        """The numbers that are known of an account; not all of them, perhaps."""
        with self._lock:
            since, numbers = self._known.get(account, (0.0, set()))
        return sorted(numbers) if since + SECONDS > self._clock().timestamp() else []

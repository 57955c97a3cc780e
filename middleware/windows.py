"""Counts within moving windows of time, and tells which network address a request counts for."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from middleware.clock import Clock
from middleware.settings import Network

IPV6_PREFIX = 64  # bits: one customer's line has at least so many addresses

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Window:
    """Counts within a moving window of time, by key; forgets every key whose window has passed.

    (What `limits` would count in keeps each key for ever.)

    Args:
        most: So many fit into the window.
        seconds: Its length.
    """

    def __init__(self, most: int, seconds: int, clock: Clock) -> None:
        self._most = most
        self._length = timedelta(seconds=seconds)
        self._clock = clock
        self._taken: OrderedDict[str, deque[datetime]] = OrderedDict()  # the key taken last stands last

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._taken)

    def take(self, key: str) -> int:
        """Takes a place in the key's window.

        Returns:
            0, or the seconds until there is a place, if all are taken.
        """
        now = self._clock()
        self._forget(now - self._length)
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now - self._length:
            taken.popleft()
        if len(taken) >= self._most:
            return math.ceil((taken[0] + self._length - now).total_seconds())
        taken.append(now)
        self._taken.move_to_end(key)
        return 0

    def _forget(self, before: datetime) -> None:
        while self._taken:
            key, taken = next(iter(self._taken.items()))
            if taken[-1] > before:
                return
            del self._taken[key]


def counted(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """Tells which address a request counts for: its peer, or whom trusted proxies say that they speak for.

    Only what trusted proxies added to `X-Forwarded-For`, at its right end, is looked at: anyone could have written
    the rest. IPv6 counts by the network.
    """
    address = _address(peer)
    if address is None:
        return peer
    origin = _origin(address, ",".join(forwarded).split(","), proxies)
    if origin.version == 4:
        return str(origin)
    return str(ipaddress.IPv6Network((int(origin), IPV6_PREFIX), strict=False))


def _origin(peer: Address, hops: Sequence[str], proxies: Sequence[Network]) -> Address:
    origin = peer
    for text in reversed(hops):
        if not any(origin in network for network in proxies):
            return origin
        hop = _address(text)
        if hop is None:
            return peer
        origin = hop
    return origin


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address

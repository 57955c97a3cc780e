"""How much one sender and one network address may send, counted before anything else is done with it.

Each process counts for itself: of several Rasa servers, each lets the whole limit through.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict, deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from limits import RateLimitItem, parse_many

from middleware.clock import Clock
from middleware.errors import FrontdeskError, Misconfigured
from middleware.settings import Network, Settings

IPV6_PREFIX = 64  # bits: one customer's line has at least so many addresses

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TooMany(FrontdeskError):
    """More came in than is allowed; the message is for whoever integrates the channel.

    Args:
        seconds: After so long there is room again, at least 1.
    """

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class TooFast(TooMany):
    """The first refused message of a flood: its sender is to be told so, in words."""


class Limits:
    """Counts what comes in, whatever channel it comes by.

    Args:
        settings: The limits, and the proxies whose `X-Forwarded-For` is believed.
        clock: What time it is.

    Raises:
        Misconfigured: A limit can't be understood; the message names it and the mend.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        sender = _limit("sender", settings.limits.sender)
        self._senders = Window(sender.amount, sender.get_expiry(), clock)
        self._told = Window(1, sender.get_expiry(), clock)
        address = _limit("address", settings.limits.address)
        self._addresses = Window(address.amount, address.get_expiry(), clock)
        self._proxies = settings.proxies

    def take_request(self, peer: str, forwarded: Sequence[str]) -> None:
        """Counts a request for the address that it came from.

        Args:
            peer: The socket's other end.
            forwarded: The request's `X-Forwarded-For` headers.

        Raises:
            TooMany: No more may come from there now.
        """
        seconds = self._addresses.take(counted(peer, forwarded, self._proxies))
        if seconds:
            raise TooMany("too many requests from this address; try again later", seconds)

    def take_message(self, conversation_id: str) -> None:
        """Counts a message for its sender.

        Raises:
            TooFast: No more may come now, and the sender hasn't been told within this window.
            TooMany: No more may come now.
        """
        seconds = self._senders.take(conversation_id)
        if seconds:
            refusal = TooMany if self._told.take(conversation_id) else TooFast
            raise refusal("too many messages in this conversation; send it again later", seconds)


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


def _limit(name: str, text: str) -> RateLimitItem:
    try:
        [limit] = parse_many(text)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise Misconfigured(f"assistant.yml: limits.{name} {text!r} is not a limit; write one such as 20/minute")
    return limit

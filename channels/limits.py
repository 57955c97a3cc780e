"""How much one sender and one network address may send, counted before anything else is done with it.

Each process counts for itself: of several Rasa servers, each lets the whole limit through.
"""

from __future__ import annotations

from collections.abc import Sequence

from limits import RateLimitItem, parse_many

from middleware.clock import Clock
from middleware.errors import FrontdeskError, Misconfigured
from middleware.settings import Settings
from middleware.windows import Window, counted


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
        self.take_from(self.address(peer, forwarded))

    def address(self, peer: str, forwarded: Sequence[str]) -> str:
        """The address that a request counts for; see `take_request`."""
        return counted(peer, forwarded, self._proxies)

    def take_from(self, address: str) -> None:
        """Counts what comes from an address over a connection that stays.

        Args:
            address: As `address` gives it.

        Raises:
            TooMany: No more may come from there now.
        """
        seconds = self._addresses.take(address)
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


def _limit(name: str, text: str) -> RateLimitItem:
    try:
        [limit] = parse_many(text)
    except ValueError:
        limit = None
    if limit is None or limit.amount < 1:
        raise Misconfigured(f"assistant.yml: limits.{name} {text!r} is not a limit; write one such as 20/minute")
    return limit

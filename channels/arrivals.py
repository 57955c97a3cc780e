"""Waits for what is written to customers, for clients that ask for it: a waiting one holds no thread and no connection.

What this process stores rings at once. What others store is noticed by one look a second, whatever the number of
clients that wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from middleware.errors import FrontdeskError
from middleware.messages import Message, Messages

log = logging.getLogger(__name__)

MOST_WAITING = 2  # of one conversation: two tabs
MOST_MESSAGES = 100
LOOK_SECONDS = 1.0


class AlreadyWaiting(FrontdeskError):
    """As many clients as may wait for a conversation are waiting for it."""


@dataclass(kw_only=True, slots=True)
class _Waited:
    """A conversation that clients wait for.

    Attributes:
        last: How far it had come at the last look.
    """

    bells: set[asyncio.Event] = field(default_factory=set)
    last: int | None = None

    def ring(self) -> None:
        """Wakes the clients; each looks for itself what there is."""
        for bell in self.bells:
            bell.set()


class Arrivals:
    """What arrives for customers.

    Args:
        messages: Where it is stored.
    """

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._waited: dict[str, _Waited] = {}
        self._looking: asyncio.Task[None] | None = None
        self._ended = False

    async def after(self, conversation_id: str, sequence: int, seconds: float) -> Sequence[Message]:
        """Gives what was written to the customer after a message, or waits until something is.

        Args:
            sequence: That message's.
            seconds: How long to wait, at most.

        Returns:
            The first of them in order, at most `MOST_MESSAGES`; none if none came in time.

        Raises:
            AlreadyWaiting: Others wait for this conversation.
            Unavailable: The store can't be reached.
        """
        end = asyncio.get_running_loop().time() + seconds
        with self._bell(conversation_id) as bell:
            while True:
                bell.clear()  # before the look, so that what comes during it isn't missed
                found = await self._messages.to_customer(conversation_id, sequence, MOST_MESSAGES)
                if found or self._ended or not await _rings(bell, end):
                    return found

    def stored(self, conversation_id: str) -> None:
        """Says that this process has stored something for a conversation."""
        if conversation_id in self._waited:
            self._waited[conversation_id].ring()

    def end(self) -> None:
        """Lets nobody wait any longer, now and later."""
        self._ended = True
        if self._looking:
            self._looking.cancel()
        for waited in self._waited.values():
            waited.ring()

    @contextlib.contextmanager
    def _bell(self, conversation_id: str) -> Iterator[asyncio.Event]:
        waited = self._waited.setdefault(conversation_id, _Waited())
        if len(waited.bells) >= MOST_WAITING:
            raise AlreadyWaiting("this conversation is being waited for already")
        bell = asyncio.Event()
        waited.bells.add(bell)
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())
        try:
            yield bell
        finally:
            waited.bells.discard(bell)
            if not waited.bells:
                del self._waited[conversation_id]

    async def _look(self) -> None:
        """Rings where a conversation has gone on, for as long as anyone waits."""
        try:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                if not self._waited:
                    return
                await self._look_once()
        finally:
            self._looking = None

    async def _look_once(self) -> None:
        try:
            reached = await self._messages.last_sequences(list(self._waited))
        except FrontdeskError as error:
            log.warning("what was written to customers could not be looked up: %s %r", error.system, error)
            return
        for conversation_id, last in reached.items():
            waited = self._waited.get(conversation_id)
            if waited and waited.last != last:
                waited.last = last
                waited.ring()


async def _rings(bell: asyncio.Event, end: float) -> bool:
    """Waits for the bell until a moment of the loop's clock; tells whether it rang."""
    remaining = end - asyncio.get_running_loop().time()
    if remaining <= 0:
        return False
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(bell.wait(), remaining)
    return bell.is_set()

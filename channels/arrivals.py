"""Lets clients know what is written in their conversations: a waiting one holds no thread and no connection.

What this process stores rings at once, and what its neighbours tell. What others store is noticed by one look a second,
whatever the number of clients that wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from channels.neighbours import Neighbours
from middleware.errors import FrontdeskError
from middleware.history import History, Message
from middleware.waiting import within

log = logging.getLogger(__name__)

MOST_WAITING = 2  # polls for one conversation: two tabs
MOST_MESSAGES = 100
LOOK_SECONDS = 1.0
LONGEST_THOUGHT_SECONDS = 60.0  # should nobody say that it has ended

STORED, BEGINS, ENDS = "stored", "begins", "ends"


class AlreadyWaiting(FrontdeskError):
    """As many clients as may wait for a conversation are waiting for it."""


@dataclass(eq=False, kw_only=True, slots=True)
class Followed:
    """A conversation that clients follow.

    Attributes:
        polls: How many of them ask for it by long polls.
        last: How far it had come at the last look.
        thinks_until: Until when the bot is taken to think of an answer, by the loop's clock.
    """

    bells: set[asyncio.Event] = field(default_factory=set)
    polls: int = 0
    last: int | None = None
    thinks_until: float = 0.0

    @property
    def thinks_for(self) -> float:
        """Seconds for which the bot is taken to think of an answer; 0 if it doesn't."""
        return max(0.0, self.thinks_until - asyncio.get_running_loop().time())

    def ring(self) -> None:
        """Wakes the clients; each looks for itself what there is."""
        for bell in self.bells:
            bell.set()


class Arrivals:
    """What arrives in conversations.

    Args:
        history: Where it is stored.
        neighbours: Other Rasa servers, if there are any.
    """

    def __init__(self, history: History, neighbours: Neighbours | None = None) -> None:
        self._history = history
        self._neighbours = neighbours
        self._waited: dict[str, Followed] = {}
        self._marked: dict[str, str] = {}  # conversations by what neighbours call them
        self._looking: asyncio.Task[None] | None = None
        self.has_ended = False

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
        with self._poll(conversation_id) as bell:
            while True:
                bell.clear()  # before the look, so that what comes during it isn't missed
                found = await self._history.to_customer(conversation_id, sequence, MOST_MESSAGES)
                remaining = end - asyncio.get_running_loop().time()
                if found or self.has_ended or not await rings(bell, remaining):
                    return found

    @contextlib.contextmanager
    def follow(self, conversation_id: str) -> Iterator[tuple[Followed, asyncio.Event]]:
        """Rings whenever a conversation goes on, for as long as the block lasts.

        Yields:
            The conversation, and the bell of this client's own, which rings at the end of everything, too.
        """
        followed = self._waited.setdefault(conversation_id, Followed())
        bell = asyncio.Event()
        followed.bells.add(bell)
        if self._neighbours:
            self._marked[self._neighbours.mark(conversation_id)] = conversation_id
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look())
        try:
            yield followed, bell
        finally:
            followed.bells.discard(bell)
            if not followed.bells:
                del self._waited[conversation_id]
                if self._neighbours:
                    del self._marked[self._neighbours.mark(conversation_id)]

    def stored(self, conversation_id: str) -> None:
        """Says that this process has stored something in a conversation."""
        self._says(STORED, conversation_id)

    def begins(self, conversation_id: str) -> None:
        """Says that the bot begins to think of an answer."""
        self._says(BEGINS, conversation_id)

    def ends(self, conversation_id: str) -> None:
        """Says that it has answered."""
        self._says(ENDS, conversation_id)

    def heard(self, what: str, mark: str) -> None:
        """Hears what a neighbour says."""
        if mark in self._marked:
            self._happens(what, self._marked[mark])

    def end(self) -> None:
        """Lets nobody wait any longer, now and later."""
        self.has_ended = True
        if self._looking:
            self._looking.cancel()
        for followed in self._waited.values():
            followed.ring()

    def _says(self, what: str, conversation_id: str) -> None:
        self._happens(what, conversation_id)
        if self._neighbours:
            self._neighbours.tell(what, conversation_id)

    def _happens(self, what: str, conversation_id: str) -> None:
        followed = self._waited.get(conversation_id)
        if followed is None:
            return
        if what == BEGINS:
            followed.thinks_until = asyncio.get_running_loop().time() + LONGEST_THOUGHT_SECONDS
        elif what == ENDS:
            followed.thinks_until = 0.0
        followed.ring()

    @contextlib.contextmanager
    def _poll(self, conversation_id: str) -> Iterator[asyncio.Event]:
        with self.follow(conversation_id) as (followed, bell):
            if followed.polls >= MOST_WAITING:
                raise AlreadyWaiting("this conversation is being waited for already")
            followed.polls += 1
            try:
                yield bell
            finally:
                followed.polls -= 1

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
            reached = await self._history.last_sequences(list(self._waited))
        except FrontdeskError as error:
            log.warning("what was written to customers could not be looked up: %s %r", error.system, error)
            return
        for conversation_id, last in reached.items():
            followed = self._waited.get(conversation_id)
            if followed and followed.last != last:
                followed.last = last
                followed.ring()


async def rings(bell: asyncio.Event, seconds: float) -> bool:
    """Waits for a bell, for so long at most; tells whether it rang."""
    if seconds <= 0:
        return False
    with contextlib.suppress(asyncio.TimeoutError):
        await within(bell.wait(), seconds)
    return bell.is_set()

"""Lets open pages know when what they show has moved: one look for all of them, a few times a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from middleware.bootstrap import Middleware
from middleware.errors import FrontdeskError
from middleware.handoff_records import Handoff
from middleware.history import Message
from middleware.waiting import within
from middleware.watching import Mark, Pulse, Watching

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.3
MOST_STREAMS = 4  # of one log-in: over HTTP/1.1 a browser opens six connections in all


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An open hand-over as the line shows it.

    Attributes:
        last: What was written last, by anybody.
        unreached: `failed` or `held`, if the last words haven't reached the customer; else empty.
    """

    handoff: Handoff
    last: Message | None
    unreached: str = ""


@dataclass(eq=False, kw_only=True, slots=True)
class Follower:
    """A page that is open.

    Attributes:
        has_moved: Whether its conversation has gone on since the page looked last.
        is_paused: Whether it gave its place up to a newer page of the same agent.
    """

    conversation_id: str | None
    log_in: str
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    has_moved: bool = True
    is_paused: bool = False
    mark: Mark | None = None

    def ring(self) -> None:
        """Wakes the page."""
        self.bell.set()

    async def rings(self, seconds: float) -> None:
        """Waits until the page is woken, or for so long."""
        with contextlib.suppress(asyncio.TimeoutError):
            await within(self.bell.wait(), seconds)
        self.bell.clear()


class Live:
    """What all open pages follow."""

    def __init__(self, middleware: Middleware) -> None:
        self._handoffs = middleware.desk_line
        self._history = middleware.history
        self._outbox = middleware.outbox
        self._watching = Watching(middleware.store, middleware.clock)
        self._followers: list[Follower] = []
        self._line: Sequence[Entry] = ()
        self._mark: Mark | None = None
        self._looking: asyncio.Task[None] | None = None
        self._nudge = asyncio.Event()
        self.has_ended = False

    async def line(self) -> Sequence[Entry]:
        """The line, as it is now.

        Raises:
            Unavailable: The store can't be reached.
        """
        handoffs = await self._handoffs.line()
        conversation_ids = {one.conversation_id for one in handoffs}
        last = await self._history.newest(conversation_ids)
        unreached = await self._outbox.unreached(conversation_ids)
        return [
            Entry(handoff=one, last=last.get(one.conversation_id), unreached=unreached.get(one.conversation_id, ""))
            for one in handoffs
        ]

    @property
    def seen_line(self) -> Sequence[Entry]:
        """The line, as it was at the last look."""
        return self._line

    @contextlib.asynccontextmanager
    async def follow(self, log_in: str, conversation_id: str | None = None) -> AsyncIterator[Follower]:
        """Wakes a page whenever the line, or its conversation, moves, for as long as the block lasts.

        Args:
            log_in: Whose page it is; of too many, the oldest is paused.

        Raises:
            Unavailable: The store can't be reached.
        """
        follower = Follower(conversation_id=conversation_id, log_in=log_in)
        self._followers.append(follower)
        theirs = [one for one in self._followers if one.log_in == log_in and not one.is_paused]
        for one in theirs[:-MOST_STREAMS]:
            one.is_paused = True
            one.ring()
        try:
            if self._looking is None:
                await self._look_once()
                self._looking = asyncio.ensure_future(self._look())
            yield follower
        finally:
            self._followers.remove(follower)

    def nudge(self) -> None:
        """Says that this process has changed something, so that it doesn't wait for the next look."""
        self._nudge.set()

    def end(self) -> None:
        """Lets all pages go."""
        self.has_ended = True
        if self._looking:
            self._looking.cancel()
        for follower in self._followers:
            follower.ring()

    async def _look(self) -> None:
        """Looks again and again, for as long as a page is open."""
        try:
            while self._followers:
                with contextlib.suppress(asyncio.TimeoutError):
                    await within(self._nudge.wait(), LOOK_SECONDS)
                self._nudge.clear()
                try:
                    await self._look_once()
                except FrontdeskError as error:
                    log.warning("what has moved could not be looked up: %s %r", error.system, error)
                    await asyncio.sleep(1)
        finally:
            self._looking = None

    async def _look_once(self) -> None:
        followed = {one.conversation_id for one in self._followers if one.conversation_id}
        pulse = await self._watching.pulse(followed)
        line_moved = pulse.line != self._mark
        if line_moved:
            self._line = await self.line()
            self._mark = pulse.line
        for follower in self._followers:
            self._tell(follower, pulse, line_moved)

    def _tell(self, follower: Follower, pulse: Pulse, line_moved: bool) -> None:
        if follower.conversation_id is not None:
            mark = pulse.conversations.get(follower.conversation_id)
            if mark is not None and mark != follower.mark:
                follower.mark = mark
                follower.has_moved = True
                follower.ring()
        if line_moved:
            follower.ring()

"""The stream of events that an open page follows: it ends with the session, and says that the agent is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator

from markupsafe import Markup
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from desk.desk import Desk, desk_of
from desk.guard import COOKIE
from desk.live import Follower
from desk.showing import is_mine
from middleware.agents import Session
from middleware.errors import FrontdeskError

log = logging.getLogger(__name__)

HERE_SECONDS = 20.0
PAUSE_SECONDS = 1.0
SEND_SECONDS = 30.0  # a page that takes nothing for so long is gone

News = Callable[[Follower], AsyncIterator[ServerSentEvent]]


class Parts:
    """The parts of a page that were sent; a part is sent again only if it was drawn differently since."""

    def __init__(self) -> None:
        self._sent: dict[str, str] = {}

    def changed(self, **parts: Markup) -> Iterator[ServerSentEvent]:
        """Those of these parts that are to be sent."""
        for name, part in parts.items():
            if self._sent.get(name) != part:
                self._sent[name] = str(part)
                yield ServerSentEvent(event="fragment", data=str(part))


def streamed(request: Request, session: Session, news: News, conversation_id: str | None = None) -> Response:
    """Answers with a stream.

    Args:
        news: Tells what is new since it was asked last.
        conversation_id: The conversation that the page shows, if it shows one.
    """
    events = _events(desk_of(request), request.cookies[COOKIE], session, news, conversation_id)
    return EventSourceResponse(events, send_timeout=SEND_SECONDS)


async def _events(
    desk: Desk, cookie: str, session: Session, news: News, conversation_id: str | None
) -> AsyncIterator[ServerSentEvent]:
    loop = asyncio.get_running_loop()
    here_at = loop.time() - HERE_SECONDS
    async with desk.live.follow(session.log_in, conversation_id) as follower:
        while not desk.live.has_ended:
            try:
                if await desk.agents.session(cookie) is None:
                    yield ServerSentEvent(event="ended", data="")
                    return
                if follower.is_paused:
                    yield ServerSentEvent(event="paused", data="")
                    return
                if loop.time() - here_at >= HERE_SECONDS:
                    here_at = loop.time()
                    await _here(desk, session)
                async for event in news(follower):
                    yield event
            except FrontdeskError as error:
                log.warning("a page could not be kept up to date: %s %r", error.system, error)
                follower.has_moved = True
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            await follower.rings(max(0.0, here_at + HERE_SECONDS - loop.time()))


async def _here(desk: Desk, session: Session) -> None:
    """Notes that the agent is there, for every conversation that they have: one page is enough."""
    line, agent = desk.middleware.desk_line, session.agent
    theirs = [entry.handoff.id for entry in desk.live.seen_line if is_mine(entry.handoff, agent)]
    for handoff_id in theirs:
        await line.seen(handoff_id, agent)
    if not theirs:
        await line.here(agent)

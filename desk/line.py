"""The line: who waits for a person, and who is with one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from markupsafe import Markup
from sse_starlette import ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from desk.desk import Desk, desk_of
from desk.live import Entry, Follower
from desk.showing import line_for
from desk.streams import Parts, streamed
from middleware.agents import Session


async def show(request: Request, session: Session) -> Response:
    """The page."""
    desk = desk_of(request)
    line = _drawn(desk, session, await desk.live.line())
    return desk.pages.page("line.html", {"session": session, "line": line})


async def follow(request: Request, session: Session) -> Response:
    """What is new in the line."""
    desk, parts = desk_of(request), Parts()

    async def news(_follower: Follower) -> AsyncIterator[ServerSentEvent]:
        for event in parts.changed(line=_drawn(desk, session, desk.live.seen_line)):
            yield event

    return streamed(request, session, news)


def _drawn(desk: Desk, session: Session, entries: Sequence[Entry]) -> Markup:
    return desk.pages.fragment("line", {"line": line_for(entries, session.agent), "session": session})

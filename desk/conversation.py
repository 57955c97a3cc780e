"""One conversation: what was said, who the customer is, what the assistant has tried, and what colleagues noted."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from markupsafe import Markup
from sse_starlette import ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from desk.desk import Desk, desk_of, handoff_of, path_id
from desk.live import Entry, Follower
from desk.showing import REASONS, account_of, channel_of, customer_of, is_mine, line_for, state_of
from desk.streams import Parts, streamed
from desk.talk import Talk, said_in
from desk.writing_time import WritingTime, writing_time
from middleware.agents import Session
from middleware.handoff_account import Account
from middleware.handoff_records import Handoff
from middleware.ownership import LEFT, WAITING

LAST_SEQUENCE = 2**31 - 1
CLOSE_REASONS = ("Solved", "The customer left", "Passed on to another team", "Spam")


async def show(request: Request, session: Session) -> Response:
    """The page."""
    desk = desk_of(request)
    handoff = await handoff_of(request)
    async with desk.noted("view", session, conversation_id=handoff.conversation_id, object_id=handoff.id):
        return await drawn(desk, session, handoff)


async def drawn(
    desk: Desk,
    session: Session,
    handoff: Handoff,
    problem: str = "",
    status: int = 200,
    account: Account | None = None,
) -> Response:
    """The page.

    Args:
        problem: A sentence about what went wrong; empty if nothing did.
        account: What was read anew of the customer's account.
    """
    said = await said_in(desk, handoff)
    line = await desk.live.line()
    time = await writing_time(desk, handoff)
    return desk.pages.page(
        "conversation.html",
        {
            "session": session,
            "handoff": handoff,
            "customer": customer_of(handoff),
            "is_mine": is_mine(handoff, session.agent),
            "problem": problem,
            "write_id": uuid.uuid4().hex,
            "last": said[-1].sequence if said else 0,
            "messages": [desk.pages.message(one, handoff.id) for one in said],
            "side": _side(desk, session, line, handoff.id),
            "standing": _standing(desk, session, handoff),
            "about": _about(desk, handoff),
            "account": account_part(desk, session, handoff, account or account_of(handoff)),
            "understood": desk.pages.fragment("understood", {"handoff": handoff}),
            "notes": await _notes(desk, handoff),
            "time": time,
            "window": _window(desk, time),
            "longest": desk.middleware.settings.rest.longest_message,
        },
        status=status,
    )


async def follow(request: Request, session: Session) -> Response:
    """What is new in the conversation, from a place in it on, and in the line beside it."""
    desk = desk_of(request)
    parts = Parts()
    first = await handoff_of(request)
    reached = _sequence(request.headers.get("Last-Event-ID") or request.query_params.get("after", ""))
    talk = Talk(desk, reached)

    async def news(follower: Follower) -> AsyncIterator[ServerSentEvent]:
        if follower.has_moved:
            follower.has_moved = False
            handoff = await desk.middleware.desk_line.one(first.id)
            async for event in talk.news(handoff):
                yield event
            drawn_anew = parts.changed(
                standing=_standing(desk, session, handoff),
                about=_about(desk, handoff),
                notes=await _notes(desk, handoff),
            )
            for event in drawn_anew:
                yield event
        drawn_anew = parts.changed(
            side=_side(desk, session, desk.live.seen_line, first.id),
            window=_window(desk, await writing_time(desk, first)),  # it closes by itself
        )
        for event in drawn_anew:
            yield event

    return streamed(request, session, news, first.conversation_id)


async def document(request: Request, session: Session) -> Response:
    """A document of the conversation, for agents."""
    desk = desk_of(request)
    handoff = await handoff_of(request)
    document_id = path_id(request, "document_id")
    async with desk.noted(
        "document_open", session, conversation_id=handoff.conversation_id, object_id=f"{handoff.id}/{document_id}"
    ):
        found, content = await desk.middleware.documents.of_conversation(document_id, handoff.conversation_id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"}
    return Response(content, media_type=found.media_type, headers=headers)


def _side(desk: Desk, session: Session, entries: Sequence[Entry], handoff_id: str) -> Markup:
    return desk.pages.fragment("side", {"line": line_for(entries, session.agent), "here": handoff_id})


def _standing(desk: Desk, session: Session, handoff: Handoff) -> Markup:
    return desk.pages.fragment(
        "standing",
        {
            "handoff": handoff,
            "session": session,
            "state": state_of(handoff, session.agent),
            "is_mine": is_mine(handoff, session.agent),
            "is_free": handoff.state in (WAITING, LEFT),
            "close_reasons": CLOSE_REASONS,
        },
    )


def _window(desk: Desk, time: WritingTime) -> Markup:
    return desk.pages.fragment("window", {"time": time})


def _about(desk: Desk, handoff: Handoff) -> Markup:
    fills = {"handoff": handoff, "reason": REASONS[handoff.reason], "channel": channel_of(handoff)}
    return desk.pages.fragment("about", fills)


def account_part(desk: Desk, session: Session, handoff: Handoff, account: Account | None) -> Markup:
    """The part of the page about the customer's account."""
    return desk.pages.fragment("account", {"handoff": handoff, "session": session, "account": account})


async def _notes(desk: Desk, handoff: Handoff) -> Markup:
    notes = await desk.middleware.desk_line.notes(handoff.conversation_id)
    return desk.pages.fragment("notes", {"notes": notes})


def _sequence(text: str) -> int:
    return min(int(text), LAST_SEQUENCE) if text.isascii() and text.isdecimal() and len(text) < 12 else 0

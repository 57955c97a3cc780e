"""What agents do with a conversation, and what they are told when it can't be done."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from desk import conversation
from desk.desk import desk_of, handoff_of
from desk.guard import session_of
from desk.uploads import read_upload
from desk.writing_time import writing_time
from middleware.agents import Session
from middleware.documents.store import Document
from middleware.errors import Conflict, FrontdeskError, NotFound, Rejected
from middleware.handoff_account import from_json
from middleware.handoff_records import Handoff
from middleware.identity import Who
from middleware.ownership import WITH_AGENT

log = logging.getLogger(__name__)

WRITE_ID = re.compile(r"[0-9a-zA-Z-]{16,64}")
LONGEST_REASON = 200
LONGEST_NOTE = 4000

SENTENCES = {
    401: "You are logged out. Please log in again.",
    403: "This page was open for too long, or the form came from elsewhere. Please load it again.",
    404: "There is no such page.",
    405: "There is no such page.",
    409: "That can't be done any more.",
    413: "This is too large to be sent.",
    503: "This can't be done at the moment. Please try again shortly.",
}
UNEXPECTED = "Something went wrong. Please try again."

Work = Callable[[Handoff], Awaitable[object]]


async def claim(request: Request, session: Session, _fields: FormData) -> Response:
    """Takes a conversation that waits."""
    handoffs = desk_of(request).middleware.desk_line
    return await _do(request, session, "claim", lambda one: handoffs.claim(one.id, session.agent))


async def write(request: Request, session: Session, fields: FormData) -> Response:
    """Writes to the customer, or sends a document, or both."""
    desk = desk_of(request)
    text = _text(fields, "text", desk.middleware.settings.rest.longest_message)
    write_id = str(fields.get("write_id", ""))
    file = fields.get("document")
    upload = await read_upload(file) if isinstance(file, UploadFile) and file.filename else None
    if not WRITE_ID.fullmatch(write_id):
        raise HTTPException(400)
    if not text and upload is None:
        raise Rejected("There is nothing to send yet.", system="desk")

    async def work(handoff: Handoff) -> None:
        _demand(handoff, session)  # nothing is kept for somebody who may not send it
        time = await writing_time(desk, handoff)
        if time.is_closed:
            raise Rejected(time.words, system="desk")
        document: Document | None = None
        if upload is not None:
            who = Who(conversation_id=handoff.conversation_id, channel="", correlation_id=write_id)
            keep = desk.middleware.documents.keep
            document = await keep(who, "attachment", handoff.id, upload.name, upload.content, upload.media_type)
        said = text or (upload.name if upload else "")
        await desk.middleware.desk_line.write(handoff.id, session.agent, said, write_id, document)

    return await _do(request, session, "document_send" if upload else "write", work)


async def note(request: Request, session: Session, fields: FormData) -> Response:
    """Notes something for colleagues."""
    body = _text(fields, "body", LONGEST_NOTE)
    if not body:
        raise Rejected("There is nothing to note yet.", system="desk")
    handoffs = desk_of(request).middleware.desk_line
    return await _do(request, session, "note", lambda one: handoffs.add_note(one.id, session.agent, body))


async def hand_back(request: Request, session: Session, _fields: FormData) -> Response:
    """Gives a conversation back to the assistant."""
    handoffs = desk_of(request).middleware.desk_line
    return await _do(request, session, "hand_back", lambda one: handoffs.hand_back(one.id, session.agent), "/")


async def put_back(request: Request, session: Session, _fields: FormData) -> Response:
    """Puts a conversation back into the line."""
    handoffs = desk_of(request).middleware.desk_line
    return await _do(request, session, "put_back", lambda one: handoffs.put_back(one.id, session.agent), "/")


async def close(request: Request, session: Session, fields: FormData) -> Response:
    """Closes a conversation, for a reason."""
    reason = " ".join(_text(fields, "reason", LONGEST_REASON).split())
    if not reason:
        raise Rejected("Please say why it is closed.", system="desk")
    handoffs = desk_of(request).middleware.desk_line
    return await _do(request, session, "close", lambda one: handoffs.close(one.id, session.agent, reason), "/")


async def account(request: Request, session: Session, _fields: FormData) -> Response:
    """Reads anew what the systems know of the customer."""
    desk = desk_of(request)
    line = desk.middleware.desk_line
    handoff = await handoff_of(request)
    async with desk.noted("account", session, conversation_id=handoff.conversation_id, object_id=handoff.id):
        read = await line.account(handoff.id, session.agent)
    known = from_json(read) if read else None
    if _wants_json(request):
        return JSONResponse({"part": str(conversation.account_part(desk, session, handoff, known))})
    return await conversation.drawn(desk, session, handoff, account=known)


async def _do(request: Request, session: Session, operation: str, work: Work, then: str = "") -> Response:
    """Does something with the hand-over that the address names, writes it down, and goes on to a page.

    Args:
        then: That page; empty for the conversation's own.
    """
    desk = desk_of(request)
    handoff = await handoff_of(request)
    async with desk.noted(operation, session, conversation_id=handoff.conversation_id, object_id=handoff.id):
        await work(handoff)
    desk.live.nudge()
    if _wants_json(request):
        return Response(status_code=204)
    return RedirectResponse(then or f"/handoffs/{handoff.id}", 303)


def _demand(handoff: Handoff, session: Session) -> None:
    if handoff.state != WITH_AGENT or handoff.agent is None or handoff.agent.id != session.agent.id:
        raise Conflict("you haven't got this conversation", system="desk")


def _text(fields: FormData, name: str, longest: int) -> str:
    """A field's text, without what a database can't keep.

    Raises:
        Rejected: It is too long.
    """
    value = fields.get(name, "")
    text = value.replace("\0", "").replace("\r\n", "\n").strip() if isinstance(value, str) else ""
    if len(text) > longest:
        raise Rejected(f"This is longer than {longest:,} characters.", system="desk")
    return text


async def told(request: Request, error: Exception) -> Response:
    """Says what went wrong, on the page on which it did: the one table of errors, statuses and sentences."""
    status, sentence = _judged(error)
    if status >= 500:
        log.error("%s could not be answered: %r", request.url.path, error)
    if _wants_json(request):
        return JSONResponse({"error": sentence}, status)
    session = None
    with contextlib.suppress(FrontdeskError):
        session = await session_of(request)
    if session and "handoff_id" in request.path_params and status in (400, 409, 422):
        desk = desk_of(request)
        with contextlib.suppress(FrontdeskError):
            handoff = await handoff_of(request)
            if isinstance(error, Conflict):
                sentence = _who_has_it(handoff, session)
            return await conversation.drawn(desk, session, handoff, sentence, status)
    return desk_of(request).pages.page("problem.html", {"problem": sentence, "session": session}, status=status)


def _judged(error: Exception) -> tuple[int, str]:
    if isinstance(error, HTTPException):
        return error.status_code, SENTENCES.get(error.status_code, UNEXPECTED)
    if isinstance(error, Rejected):
        return 422, str(error)
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Conflict) else 503
    return status, SENTENCES[status]


def _who_has_it(handoff: Handoff, session: Session) -> str:
    """Why an agent can't do something with a conversation: the colleague who has it, or that nobody has."""
    if handoff.state == WITH_AGENT and handoff.agent:
        if handoff.agent.id == session.agent.id:
            return "You have this conversation already."
        return f"{handoff.agent.name} has this conversation."
    return "You don't have this conversation any more."


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")

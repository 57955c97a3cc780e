"""Logging in, by a password or by the company's own log-in, and logging out."""

from __future__ import annotations

import secrets

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.desk import desk_of
from desk.guard import COOKIE, demand_own_page, session_of, shows
from middleware.agents import Refused, Session
from middleware.errors import Malformed, Unavailable
from middleware.windows import counted

TOKEN, NEXT = "token", "next"  # what the cookie of a log-in under way holds

WRONG = "That didn't work. Check the name and the password; after several wrong tries, wait a while."
NOT_YOURS = "The company's log-in knows you, but not as an agent here. Ask whoever runs the desk."
TOO_OLD = "This page was open for too long. Please try again."
TOO_MANY = "Too many log-ins were tried from here. Please try again later."
UNREACHABLE = "The company's log-in can't be reached at the moment. Please try again later."


async def show(request: Request) -> Response:
    """The log-in page."""
    if await session_of(request) is not None:
        return RedirectResponse("/", 303)
    request.session[NEXT] = _own_path(request.query_params.get("next", ""))
    return _page(request)


async def log_in(request: Request) -> Response:
    """Opens a session for whoever knows a name and its password."""
    demand_own_page(request)
    desk = desk_of(request)
    async with request.form(max_files=0, max_fields=5) as fields:
        name, password = str(fields.get("name", "")), str(fields.get("password", ""))
        token = request.session.get(TOKEN)
        if not token or not shows(fields, token):
            return _page(request, TOO_OLD, status=403, name=name)
    proxies = desk.middleware.settings.proxies
    peer = request.client.host if request.client else ""
    seconds = desk.addresses.take(counted(peer, request.headers.getlist("X-Forwarded-For"), proxies))
    if seconds:
        return _page(request, TOO_MANY, status=429, name=name, headers={"Retry-After": str(seconds)})
    try:
        async with desk.noted("log_in") as note:
            cookie, session = await desk.agents.log_in(name, password)
            note.done_by(session)
    except Refused:
        return _page(request, WRONG, status=401, name=name)
    return _opened(request, cookie)


async def to_company(request: Request) -> Response:
    """Sends somebody to the company's own log-in."""
    desk = desk_of(request)
    if desk.company is None:
        raise HTTPException(404)
    try:
        return await desk.company.send(request, f"{desk.middleware.settings.desk_url}/log-in/back")
    except (Unavailable, Malformed):
        return _page(request, UNREACHABLE, status=503)


async def from_company(request: Request) -> Response:
    """Opens a session for the agent whom the company's log-in sends back."""
    desk = desk_of(request)
    if desk.company is None:
        raise HTTPException(404)
    try:
        async with desk.noted("log_in") as note:
            cookie, session = await desk.agents.log_in_elsewhere(await desk.company.who_is_back(request))
            note.done_by(session)
    except Refused:
        return _page(request, NOT_YOURS, status=401)
    except Unavailable as error:
        if error.system != "oidc":
            raise
        return _page(request, UNREACHABLE, status=503)
    return _opened(request, cookie)


async def log_out(request: Request, session: Session, _fields: FormData) -> Response:
    """Ends the session."""
    desk = desk_of(request)
    async with desk.noted("log_out", session):
        await desk.agents.log_out(request.cookies[COOKIE])
    answer = RedirectResponse("/log-in", 303)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _page(
    request: Request, problem: str = "", *, status: int = 200, name: str = "", headers: dict[str, str] | None = None
) -> Response:
    """The log-in page, with a token that its form must show, since there is no session yet to hold one."""
    desk = desk_of(request)
    token = request.session.setdefault(TOKEN, secrets.token_urlsafe(32))
    return desk.pages.page(
        "log_in.html",
        {"csrf": token, "problem": problem, "name": name, "has_company": desk.company is not None},
        status=status,
        headers=headers,
    )


def _opened(request: Request, cookie: str) -> Response:
    """Goes on to the page that was asked for; what the log-in kept under way is of no use any more."""
    answer = RedirectResponse(_own_path(request.session.get(NEXT, "")), 303)
    request.session.clear()
    answer.set_cookie(COOKIE, cookie, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _own_path(path: str) -> str:
    """A page of the desk; whatever could lead elsewhere becomes the first one."""
    is_own = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if is_own else "/"

"""What stands before every page: who may see it, where its forms may come from, how much they may bring."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from starlette.datastructures import FormData, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.desk import desk_of
from desk.uploads import LARGEST
from middleware.agents import Session

COOKIE = "__Host-desk"

# Documents come with a form, a little of which is not the document.
MOST_BYTES = {"/write": LARGEST + 64 * 1024}
MOST_BYTES_ELSEWHERE = 64 * 1024

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # With no-referrer, browsers would send `Origin: null` along with the desk's own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Page = Callable[[Request, Session], Awaitable[Response]]
Form = Callable[[Request, Session, FormData], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def page(show: Page) -> Endpoint:
    """A page for agents; others are sent to the log-in, and come back."""

    async def guarded(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            return RedirectResponse(f"/log-in?next={quote(request.url.path, safe='')}", 303)
        return await show(request, session)

    return guarded


def stream(follow: Page) -> Endpoint:
    """What a page follows; others get nothing, and their browser doesn't ask again by itself."""

    async def guarded(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            raise HTTPException(401)
        return await follow(request, session)

    return guarded


def form(do: Form) -> Endpoint:
    """What a form of the desk has done, sent by the very agent whose page it stood on."""

    async def guarded(request: Request) -> Response:
        demand_own_page(request)
        session = await session_of(request)
        if session is None:
            raise HTTPException(401)
        async with request.form(max_files=1, max_fields=20) as fields:
            if not shows(fields, session.csrf):
                raise HTTPException(403)
            return await do(request, session, fields)

    return guarded


async def session_of(request: Request) -> Session | None:
    """The session that a request's cookie opens; None if it opens none."""
    cookie = request.cookies.get(COOKIE)
    return await desk_of(request).agents.session(cookie) if cookie else None


def shows(fields: FormData, token: str) -> bool:
    """Whether a form holds the token that stood on its page."""
    shown = fields.get("csrf")
    return isinstance(shown, str) and hmac.compare_digest(shown.encode(), token.encode())


def demand_own_page(request: Request) -> None:
    """Refuses a form that stood on a page of somebody else's, as the browser tells.

    Raises:
        HTTPException: It did, or the browser says nothing about it.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    from_elsewhere = origin is not None and urlsplit(origin).netloc != request.headers.get("Host")
    if from_elsewhere or site not in (None, "same-origin") or (site is None and origin is None):
        raise HTTPException(403)


class Headers:
    """Says to browsers what they may do with an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the headers to an answer; style and script may be kept if they are asked for again each time."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = HEADERS | ({"Cache-Control": "no-cache"} if scope["path"].startswith("/static/") else {})

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in told.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, sent)


class Bounds:
    """Reads no more of a request's body than it may have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses a body that is too large, whether it says so or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        largest = next((most for end, most in MOST_BYTES.items() if scope["path"].endswith(end)), MOST_BYTES_ELSEWHERE)
        read = 0

        async def received() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > largest:
                raise HTTPException(413)
            return message

        await self._app(scope, received, send)

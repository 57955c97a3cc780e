"""Puts the desk together: its pages, what guards them, and what they need."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware as Layer
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from desk import answering, conversation, line, log_in
from desk.company import Company
from desk.desk import Desk, desk_of
from desk.guard import Bounds, Headers, form, page, stream
from desk.live import Live
from desk.pages import Pages
from middleware import bootstrap
from middleware.agents import Agents
from middleware.bootstrap import Middleware
from middleware.errors import FrontdeskError
from middleware.settings import Settings
from middleware.windows import Window

STATIC = Path(__file__).with_name("static")
LOG_IN_COOKIE = "__Host-desk-log-in"
LOG_IN_SECONDS = 3600  # for how long the log-in page may stand open


def create(
    known: Settings,
    build: Callable[[Settings], Middleware] = bootstrap.build,
    company: Company | None = None,
    hasher: PasswordHasher | None = None,
) -> Starlette:
    """Makes the application; the middleware is opened when it starts, and closed when it ends.

    Args:
        build: Opens the middleware.
        company: The company's own log-in, to use instead of the settings' one; for tests.
        hasher: Hashes passwords; for tests, which have no time to spare for it.
    """
    if company is None and known.oidc is not None:
        company = Company(known.oidc)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        middleware = build(known)
        live = Live(middleware)
        app.state.desk = Desk(
            middleware=middleware,
            agents=Agents(middleware.store, known.desk, middleware.clock, hasher),
            live=live,
            pages=Pages(known, middleware.clock),
            addresses=Window(known.desk.address_tries, known.desk.lock_minutes * 60, middleware.clock),
            company=company,
        )
        try:
            yield
        finally:
            live.end()
            middleware.close()

    one = "/handoffs/{handoff_id}"
    return Starlette(
        lifespan=lifespan,
        routes=[
            Route("/health", _health),
            Route("/log-in", log_in.show),
            Route("/log-in", log_in.log_in, methods=["POST"]),
            Route("/log-in/company", log_in.to_company),
            Route("/log-in/back", log_in.from_company),
            Route("/log-out", form(log_in.log_out), methods=["POST"]),
            Route("/", page(line.show)),
            Route("/live", stream(line.follow)),
            Route(one, page(conversation.show)),
            Route(f"{one}/live", stream(conversation.follow)),
            Route(f"{one}/claim", form(answering.claim), methods=["POST"]),
            Route(f"{one}/write", form(answering.write), methods=["POST"]),
            Route(f"{one}/note", form(answering.note), methods=["POST"]),
            Route(f"{one}/account", form(answering.account), methods=["POST"]),
            Route(f"{one}/hand-back", form(answering.hand_back), methods=["POST"]),
            Route(f"{one}/put-back", form(answering.put_back), methods=["POST"]),
            Route(f"{one}/close", form(answering.close), methods=["POST"]),
            Route(f"{one}/documents/{{document_id}}", page(conversation.document)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Layer(Headers),
            Layer(Bounds),
            Layer(
                SessionMiddleware,
                secret_key=known.desk_key,
                session_cookie=LOG_IN_COOKIE,
                max_age=LOG_IN_SECONDS,
                https_only=True,
            ),
        ],
        exception_handlers={FrontdeskError: _failed, HTTPException: _refused},
    )


async def _health(request: Request) -> Response:
    status, body = await desk_of(request).middleware.health.report()
    return JSONResponse(body, status)


async def _failed(request: Request, error: Exception) -> Response:
    return await answering.told(request, error)


async def _refused(request: Request, error: Exception) -> Response:
    return await answering.told(request, error)

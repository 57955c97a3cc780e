"""The action server's guard, where rasa-sdk looks for it: loopback, a token for all but health, no echoes; and
what its operators see: health, metrics, masked logs.

rasa-sdk swallows an import error in this module and would then run open, so any error here ends the process.
"""

from __future__ import annotations

import os
import sys
import traceback

try:
    import hmac
    import logging
    from functools import partial
    from typing import Any

    import pluggy
    from sanic import Sanic
    from sanic.exceptions import SanicException
    from sanic.request import Request
    from sanic.response import HTTPResponse, json, raw

    from actions.base import running_middleware
    from actions.proactive import Proactive
    from middleware import logs, metrics, settings
    from middleware.background import Background
    from middleware.correlation import correlation
    from middleware.errors import FrontdeskError
    from middleware.proactive import WORDS

    log = logging.getLogger(__name__)
    hook = pluggy.HookimplMarker("rasa_sdk")

    HEALTH = "/health"
    LOGGERS = ("", "sanic.root", "sanic.error", "sanic.access")  # the root's, and those that keep to themselves

    class Guard:
        """Attaches itself to the action server when it is made.

        Args:
            token: What a caller must show.
        """

        def __init__(self, token: str) -> None:
            self._expected = f"Bearer {token}".encode()

        @hook
        def attach_sanic_app_extensions(self, app: Sanic) -> None:
            """Adds the guard to the server: rasa-sdk calls it before the server starts."""
            app.config.ACCESS_LOG = False
            app.add_signal(partial(self._refuse_unread), "http.routing.before")  # sanic marks what it is given
            app.register_middleware(self._admit, "request")
            app.add_route(_metrics, "/metrics")
            app.error_handler.add(Exception, _silent_fault)
            app.register_listener(_open_middleware, "before_server_start")
            app.register_listener(_close_middleware, "after_server_stop")

        async def _refuse_unread(self, request: Request) -> None:
            """Ends a request without the token before its body is read; `_admit` gives the answer."""
            if request.path != HEALTH and not self._shows_token(request):
                raise SanicException("no token", status_code=401)

        async def _admit(self, request: Request) -> HTTPResponse | None:
            """Answers whoever doesn't show the token, and whoever asks for the health, which needs none."""
            correlation.set("")  # one connection brings many requests
            if request.path == HEALTH:
                status, body = await running_middleware().health.report()
                return json(body, status=status)
            if self._shows_token(request):
                return None
            return json({"error": "show the token: `Authorization: Bearer <ACTION_TOKEN>`"}, status=401)

        def _shows_token(self, request: Request) -> bool:
            shown: str = request.headers.get("Authorization", "")
            return hmac.compare_digest(shown.encode(errors="surrogateescape"), self._expected)

    async def _metrics(_request: Request) -> HTTPResponse:
        return raw(await metrics.exposition(running_middleware().store), content_type=metrics.CONTENT_TYPE)

    async def _silent_fault(request: Request, fault: Exception) -> HTTPResponse:
        """Answers a fault without its text and without the request, which holds a customer's conversation."""
        status = fault.status_code if isinstance(fault, SanicException) else 500
        if status >= 500:
            log.error("%s failed: %s", request.path, type(fault).__name__, exc_info=fault)
        return json({"error": "the action server failed"}, status=status)

    async def _open_middleware(app: Sanic, _loop: Any) -> None:
        """Builds the middleware in the worker that will use it: threads don't survive a fork."""
        try:
            middleware = running_middleware()
        except FrontdeskError as error:
            _end(str(error))
        middleware.jobs.does(WORDS, Proactive(middleware).say)
        app.ctx.background = Background(middleware.jobs, middleware.sealer)
        app.ctx.background.start()

    async def _close_middleware(app: Sanic, _loop: Any) -> None:
        await app.ctx.background.stop()
        running_middleware().close()

    def init_hooks(manager: pluggy.PluginManager) -> None:
        """Registers the guard; called by rasa-sdk before it starts the server."""
        try:
            logs.configure(*LOGGERS)
            logging.captureWarnings(True)
            os.environ.setdefault("SANIC_HOST", "127.0.0.1")
            manager.register(Guard(settings.load().action_token))
        except FrontdeskError as error:
            _end(str(error))
        except BaseException:
            _end(traceback.format_exc())

    def _end(reason: str) -> None:
        print(f"The action server does not start: {reason}", file=sys.stderr, flush=True)
        os._exit(1)

except BaseException:
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)

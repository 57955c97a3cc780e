"""The action server's guard, where rasa-sdk looks for it: loopback, a token for all but health, no echoes.

rasa-sdk swallows an import error in this module and would then run open, so any error here ends the process.
"""

from __future__ import annotations

import os
import sys
import traceback

try:
    import asyncio
    import hmac
    import logging
    from typing import Any

    import pluggy
    from sanic import Sanic
    from sanic.exceptions import SanicException
    from sanic.request import Request
    from sanic.response import HTTPResponse, json

    from actions.base import running_middleware
    from middleware import settings
    from middleware.errors import FrontdeskError

    log = logging.getLogger(__name__)
    hook = pluggy.HookimplMarker("rasa_sdk")

    OPEN_PATHS = frozenset({"/health"})

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
            app.register_middleware(self._demand_token, "request")
            app.error_handler.add(Exception, _silent_fault)
            app.register_listener(_open_middleware, "before_server_start")
            app.register_listener(_close_middleware, "after_server_stop")

        async def _demand_token(self, request: Request) -> HTTPResponse | None:
            if request.path in OPEN_PATHS:
                return None
            shown = request.headers.get("Authorization", "").encode()
            if hmac.compare_digest(shown, self._expected):
                return None
            return json({"error": "show the token: `Authorization: Bearer <ACTION_TOKEN>`"}, status=401)

    async def _silent_fault(request: Request, fault: Exception) -> HTTPResponse:
        """Answers a fault without its text and without the request, which holds a customer's conversation."""
        status = fault.status_code if isinstance(fault, SanicException) else 500
        if status >= 500:
            log.error("%s failed: %s", request.path, type(fault).__name__, exc_info=fault)
        return json({"error": "the action server failed"}, status=status)

    async def _open_middleware(app: Sanic, _loop: Any) -> None:
        """Builds the middleware in the worker that will use it: threads don't survive a fork."""
        app.ctx.jobs = asyncio.create_task(running_middleware().jobs.run())

    async def _close_middleware(app: Sanic, _loop: Any) -> None:
        app.ctx.jobs.cancel()
        running_middleware().close()

    def init_hooks(manager: pluggy.PluginManager) -> None:
        """Registers the guard; called by rasa-sdk before it starts the server."""
        try:
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

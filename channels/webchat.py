"""The web chat: Rasa's socket protocol for our own page and for others', with sessions that are issued here.

Its parts: `webchat_sockets` (who may open one, how much may come), `webchat_events` (what is said over them),
`webchat_following` (what they are given), `webchat_sessions` (the ids), `webchat_pages` (page, script, demo).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from channels.answers import judged
from channels.origins import Origins
from channels.serving import NotReady, Serving, agent_of, is_ready, shared
from channels.showing import Showing
from channels.turns import Run
from channels.webchat_events import CHANNEL, Events
from channels.webchat_pages import Pages
from channels.webchat_sockets import Sockets


class WebchatInput(InputChannel):
    """The channel of the web chat; its rules stand in assistant.yml and the environment, none in credentials.yml."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._app: Sanic | None = None
        origins = Origins(serving.settings)
        self._showing = Showing(serving, self.name(), "inline")
        self._pages = Pages(serving, origins)
        self._sockets = Sockets(serving, origins)
        Events(serving, self._showing, self._sockets, self._agent)
        serving.turns.on_begin(CHANNEL, lambda conversation_id, _message_id: serving.arrivals.begins(conversation_id))
        serving.turns.on_end(CHANNEL, serving.arrivals.ends)

    @classmethod
    def name(cls) -> str:
        """The channel's name, in its address and in `domain.yml`'s channel variants."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebchatInput:
        """Opens the channel."""
        return cls(shared())

    def blueprint(self, on_new_message: Run) -> Blueprint:
        """The routes under `/webhooks/webchat`."""
        routes = _Routes("frontdesk_webchat", __name__)
        routes.ctx.set_up = self._set_up

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            lacking = {} if is_ready(request.app) else {"model": "not loaded"}
            status, body = await self._serving.middleware.health.report(**lacking)
            return json(body, status=status)

        @routes.route("/socket.io", methods=["GET", "POST", "OPTIONS"], stream=True)  # type: ignore[untyped-decorator] # sanic's own
        async def socket(request: Request) -> HTTPResponse:
            return await judged(self._sockets.answer(request))

        @routes.listener("before_server_stop")  # type: ignore[untyped-decorator] # sanic's own
        async def close(_app: Sanic, _loop: Any) -> None:
            await self._sockets.close()

        self._pages.add(routes)
        self._showing.add_documents(routes)
        self._serving.attach(routes, on_new_message)
        return routes

    def _set_up(self, app: Sanic) -> None:
        self._app = app
        self._sockets.set_up(app)

    def _agent(self) -> Agent:
        if self._app is None:
            raise NotReady("the server hasn't started")
        return agent_of(self._app)


class _Routes(Blueprint):
    """Routes of a server that must be told, before it starts, that it speaks over websockets."""

    def register(self, app: Sanic, options: dict[str, Any]) -> None:
        set_up: Callable[[Sanic], None] = self.ctx.set_up
        set_up(app)
        super().register(app, options)  # type: ignore[no-untyped-call] # sanic's own

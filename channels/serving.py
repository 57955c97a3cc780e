"""What all channels of a Rasa server share: one middleware, one order of turns, one count of what comes in, one worker.

Whichever channels credentials.yml opens, the first of them begins what they share, and ends it with the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

from rasa.core.agent import Agent
from sanic import Blueprint, Sanic

from channels.arrivals import Arrivals
from channels.intake import Intake
from channels.limits import Limits
from channels.neighbours import Neighbours
from channels.quiet import Quiet
from channels.turns import Run, Turns
from middleware import bootstrap, logs, settings
from middleware.bootstrap import Middleware
from middleware.desk_line import RESUME
from middleware.errors import FrontdeskError
from middleware.inbox import ANSWER
from middleware.jobs import Handler, Job
from middleware.settings import Settings

AT_ONCE = 16  # jobs: turns, and sends that wait for a channel's service
LEASE_SECONDS = 10.0  # of jobs: customers wait for what a server that died had under way
FINISH_SECONDS = 5.0
READY_LOOK_SECONDS = 0.5


class NotReady(FrontdeskError):
    """Rasa can't answer yet; the message names the mend."""


class Serving:
    """The channels' common ground.

    Args:
        middleware: Of this process.

    Attributes:
        limits: How much may come in.
        arrivals: Hears of what is stored.
        turns: Answers messages.
        intake: Takes messages that are stored first and answered by a job.
        quiet: Whether messages are coming in, before which nothing is begun to be answered.
    """

    def __init__(self, middleware: Middleware) -> None:
        self.middleware = middleware
        self.settings = middleware.settings
        self.limits = Limits(self.settings, middleware.clock)
        self._neighbours = _neighbours(self.settings)
        self.arrivals = Arrivals(middleware.history, self._neighbours)
        self.turns = Turns(middleware, self.arrivals)
        self.intake = Intake(middleware, self.limits)
        self.quiet = Quiet()
        self._handlers: dict[str, Handler] = {}
        self._patient = {ANSWER}
        self._working: asyncio.Future[None] | None = None
        self._is_attached = False

    def does(self, kind: str, handler: Handler, *, patient: bool = False) -> None:
        """Says that a channel does a kind of job, and how; before the server starts.

        Args:
            patient: It isn't given up while a service is down for hours.
        """
        self._handlers[kind] = handler
        if patient:
            self._patient.add(kind)

    def attach(self, routes: Blueprint, run: Run) -> None:
        """Begins and ends what the channels share with the server; the first channel's routes bring it.

        Args:
            run: Rasa's handler of messages.
        """
        if self._is_attached:
            return
        self._is_attached = True

        @routes.listener("after_server_start")  # type: ignore[untyped-decorator] # sanic's own
        async def begin(app: Sanic, _loop: Any) -> None:
            self._working = asyncio.ensure_future(self._work(app, run))
            if self._neighbours:
                self._neighbours.start(self.arrivals.heard)

        @routes.listener("before_server_stop")  # type: ignore[untyped-decorator] # sanic's own
        async def finish(_app: Sanic, _loop: Any) -> None:
            self.arrivals.end()
            if self._working:
                self._working.cancel()
                await asyncio.wait({self._working})
            await self.turns.finish(FINISH_SECONDS)
            if self._neighbours:
                await self._neighbours.close()

        @routes.listener("after_server_stop")  # type: ignore[untyped-decorator] # sanic's own
        async def close(_app: Sanic, _loop: Any) -> None:
            self.middleware.close()

    async def _work(self, app: Sanic, run: Run) -> None:
        """Does the jobs that need Rasa, or are the channels', once it has a model."""
        while not is_ready(app):
            await asyncio.sleep(READY_LOOK_SECONDS)

        def with_rasa(do: Callable[[Job, Agent, Run], Awaitable[None]]) -> Handler:
            return lambda job: do(job, agent_of(app), run)

        handlers = {ANSWER: with_rasa(self.turns.answer), RESUME: with_rasa(self.turns.resume), **self._handlers}
        self.middleware.jobs.does_only(
            handlers, patient=self._patient, at_once=AT_ONCE, lease_seconds=LEASE_SECONDS, after=self.quiet.wait
        )
        await self.middleware.jobs.run()


@lru_cache(maxsize=1)
def shared() -> Serving:
    """What the channels of this process share."""
    logs.configure("channels", "middleware")
    return Serving(bootstrap.build(settings.load()))


def _neighbours(known: Settings) -> Neighbours | None:
    return Neighbours(known.redis_url, known.webchat_key) if known.redis_url else None


def is_ready(app: Sanic) -> bool:
    """Whether Rasa has a model to answer with."""
    agent = app.ctx.agent
    return agent is not None and agent.is_ready()


def agent_of(app: Sanic) -> Agent:
    """Rasa's agent.

    Raises:
        NotReady: It has no model.
    """
    if not is_ready(app):
        raise NotReady("no model is loaded: run `make train`")
    agent: Agent = app.ctx.agent
    return agent

"""An action server that kills itself, as `kill -9` would, at the boundary of a change that DIE_AT names."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from rasa_sdk.__main__ import main

import actions
from middleware import bootstrap, connectors
from middleware.crm.embedded.client import EmbeddedCrm
from middleware.effects import Begun, Effects
from middleware.erp.embedded.client import EmbeddedErp

BOUNDARIES = (
    "before it is taken in hand",
    "before the back end is called",
    "before the back end commits",
    "before the back end's answer comes back",
    "before the result is stored",
    "before the customer is answered",
)


def pass_by(boundary: str) -> None:
    """Dies if it is the boundary to die at."""
    assert boundary in BOUNDARIES
    if os.environ["DIE_AT"] == boundary:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingEffects(Effects):
    """Dies around the notes of a change."""

    async def begin(self, *args: Any, **named: Any) -> Begun:
        """Dies before and after."""
        pass_by("before it is taken in hand")
        begun = await super().begin(*args, **named)
        pass_by("before the back end is called")
        return begun

    async def done(self, begun: Begun, result: Any) -> None:
        """Dies before and after."""
        pass_by("before the result is stored")
        await super().done(begun, result)
        pass_by("before the customer is answered")


def dying(method: Callable[..., Any]) -> Callable[..., Any]:
    """A write of a back end that dies before its commit and after it."""

    def write(port: EmbeddedCrm | EmbeddedErp, *args: Any, **named: Any) -> Any:
        sa.event.listen(port._changing, "commit", lambda _connection: pass_by("before the back end commits"), once=True)
        done = method(port, *args, **named)
        pass_by("before the back end's answer comes back")
        return done

    return write


class DyingCrm(EmbeddedCrm):
    """Dies around what a customer changes there."""

    comment_ticket = dying(EmbeddedCrm.comment_ticket)
    close_ticket = dying(EmbeddedCrm.close_ticket)


class DyingErp(EmbeddedErp):
    """Dies around the change itself, whichever it is."""

    cancel_order = dying(EmbeddedErp.cancel_order)
    change_order = dying(EmbeddedErp.change_order)
    create_return = dying(EmbeddedErp.create_return)
    reserve = dying(EmbeddedErp.reserve)
    release = dying(EmbeddedErp.release)


def serve(port: int) -> None:
    """Serves until it dies."""
    bootstrap.Effects = DyingEffects  # type: ignore[misc]
    connectors.crm = lambda _, engine: DyingCrm(engine)
    connectors.erp = lambda _, engine: DyingErp(engine)
    sys.argv = ["rasa_sdk", "--actions", actions.__name__, "--port", str(port)]
    main()

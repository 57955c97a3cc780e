"""What all pages of the desk share."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request

from desk.company import Company
from desk.live import Live
from desk.pages import Pages
from middleware.agents import Agents, Refused, Session
from middleware.audit import Entry
from middleware.bootstrap import Middleware
from middleware.errors import FrontdeskError, NotFound
from middleware.handoff_records import Handoff
from middleware.windows import Window

SYSTEM, LEVEL = "desk", "agent"
ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The parts of the desk.

    Attributes:
        addresses: Log-ins by network address.
        company: The company's own log-in; None if it has none.
    """

    middleware: Middleware
    agents: Agents
    live: Live
    pages: Pages
    addresses: Window
    company: Company | None

    @contextlib.asynccontextmanager
    async def noted(
        self, operation: str, session: Session | None = None, *, conversation_id: str = "", object_id: str = ""
    ) -> AsyncIterator[Note]:
        """Writes what is done in the block into the audit log: who did it, in which of their log-ins, and its outcome.

        The entry's correlation id is the agent's id and the log-in's, such as `marco/5d41402abc4b`; of a log-in that
        was refused, it is the account's alone, and nothing if there is no such account: people mistype passwords into
        the field for names.

        Args:
            operation: What it is; the log calls it `desk_…`.
            object_id: Of a hand-over, or of what was opened.

        Raises:
            Unavailable: It couldn't be written down.
        """
        begun, outcome = time.monotonic(), "ok"
        note = Note(session)
        try:
            yield note
        except FrontdeskError as error:
            outcome = error.kind
            if isinstance(error, Refused):
                note.who = error.agent_id
            raise
        except BaseException:
            outcome = "fault"
            raise
        finally:
            await self.middleware.audit.record(
                Entry(
                    at=self.middleware.clock(),
                    correlation_id=note.who,
                    conversation_id=conversation_id,
                    operation=f"desk_{operation}",
                    system=SYSTEM,
                    object=object_id,
                    level=LEVEL,
                    outcome=outcome,
                    milliseconds=round((time.monotonic() - begun) * 1000),
                )
            )


class Note:
    """Who did something, for its entry in the audit log; a log-in tells it at its end."""

    def __init__(self, session: Session | None) -> None:
        self.who = ""
        if session:
            self.done_by(session)

    def done_by(self, session: Session) -> None:
        """Says in which session it was done."""
        self.who = f"{session.agent.id}/{session.log_in}"


async def handoff_of(request: Request) -> Handoff:
    """The hand-over that a request's address names.

    Raises:
        NotFound: There is none; what couldn't be an id goes into no query.
    """
    handoff_id = path_id(request, "handoff_id")
    return await desk_of(request).middleware.desk_line.one(handoff_id)


def path_id(request: Request, name: str) -> str:
    """An id in a request's address.

    Raises:
        NotFound: It can't be one.
    """
    found: str = request.path_params[name]
    if not ID.fullmatch(found):
        raise NotFound("no such page", system="desk")
    return found


def desk_of(request: Request) -> Desk:
    """The desk that a request came to."""
    desk: Desk = request.app.state.desk
    return desk

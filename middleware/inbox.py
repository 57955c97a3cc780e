"""Takes what customers write: stored and only then acknowledged; answered by a job, in order, also after a restart."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from middleware import jobs
from middleware.clock import Clock
from middleware.jobs import Jobs
from middleware.messages import Messages, Received
from middleware.store import Store

ANSWER = "answer"


class Inbox:
    """The messages that channels take and jobs answer.

    Args:
        jobs: Woken when something came in.
    """

    def __init__(self, store: Store, messages: Messages, jobs: Jobs, clock: Clock) -> None:
        self._store = store
        self._messages = messages
        self._jobs = jobs
        self._clock = clock

    async def take(self, received: Sequence[Received]) -> Sequence[Received]:
        """Stores messages, all or none, each with the job that answers it.

        Returns:
            Those that are new.

        Raises:
            Unavailable: Nothing was stored; they must not be acknowledged.
        """

        def work(connection: Connection) -> list[Received]:
            return [one for one in received if self.keep(connection, one)]

        new = await self._store.write(work) if received else []
        if new:
            self._jobs.wake()
        return new

    def keep(self, connection: Connection, received: Received) -> bool:
        """Stores one message in the caller's transaction; tells whether it is new."""
        if not self._messages.receive(connection, received):
            return False
        if received.needs_answer:
            conversation_id = received.conversation_id
            jobs.add(
                connection,
                ANSWER,
                {"conversation": conversation_id},
                line=f"{ANSWER}:{conversation_id}",
                now=self._clock(),
            )
        return True

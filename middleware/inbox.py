"""Takes what customers write: stored and only then acknowledged; answered by a job, in order, also after a restart."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from middleware import jobs
from middleware.clock import Clock
from middleware.identity import Withdrawal, withdraw
from middleware.jobs import Jobs
from middleware.messages import Messages, Received
from middleware.store import Store

ANSWER = "answer"
FETCH = "fetch"  # what came with a message, from the channel's service


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

    async def take(self, received: Sequence[Received], withdrawn: Sequence[Withdrawal] = ()) -> Sequence[Received]:
        """Stores messages, all or none, each with the job that answers it.

        Args:
            withdrawn: What the same request says isn't proven any more.

        Returns:
            Those that are new.

        Raises:
            Unavailable: Nothing was stored; they must not be acknowledged.
        """

        def work(connection: Connection) -> list[Received]:
            for one in withdrawn:  # first: who has a given-up number now may be among those who write
                withdraw(connection, one)
            return [one for one in received if self.keep(connection, one)]

        new = await self._store.write(work) if received or withdrawn else []
        if new:
            self._jobs.wake()
        return new

    def keep(self, connection: Connection, received: Received) -> bool:
        """Stores one message in the caller's transaction; tells whether it is new."""
        if not self._messages.receive(connection, received):
            return False
        conversation, now = {"conversation": received.conversation_id}, self._clock()
        if received.needs_answer:
            jobs.add(connection, ANSWER, conversation, line=f"{ANSWER}:{received.conversation_id}", now=now)
        if "media" in received.reply:
            message = conversation | {"message": received.external_id}
            jobs.add(connection, FETCH, message, line=f"{FETCH}:{received.external_id}", now=now)
        return True

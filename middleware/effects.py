"""Lets a change happen once: its key is minted when it is proposed, and what became of it is kept under that key.

A change goes proposed → started → done or refused. One whose answer was lost is unknown, and so is one that was
started by a process that is gone: whoever comes next asks the back end for the key before trying again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from middleware import errors
from middleware.clock import Clock
from middleware.errors import Conflict, FrontdeskError, NotFound, Rejected, Unknown
from middleware.identity import Who
from middleware.settings import Operation
from middleware.store import Store, messages, operations

PROPOSED, STARTED, UNKNOWN, DONE, REFUSED = "proposed", "started", "unknown", "done", "refused"

# What a back end says that is final: the change was not made, and never will be under this key.
REFUSALS = (Rejected, Conflict, NotFound)


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """The right to make a change now.

    Attributes:
        attempt: Counted from 1; from the second on, the back end must be asked for the key first.
        result: What the change gave, if it was made already.
    """

    key: str
    attempt: int
    result: Any = None

    @property
    def is_repeat(self) -> bool:
        """Whether it may have been made by an attempt before."""
        return self.attempt > 1


class Effects:
    """The changes that were proposed, and what became of them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def propose(
        self, who: Who, operation: Operation, system: str, account: str, parameters: dict[str, Any]
    ) -> str:
        """Keeps what the customer is about to be asked a yes for, and gives its key."""
        key = uuid.uuid4().hex
        row = {
            "key": key,
            "conversation_id": who.conversation_id,
            "operation": operation.value,
            "system": system,
            "account": account,
            "parameters": parameters,
            "state": PROPOSED,
            "proposed_at": self._clock(),
        }
        await self._store.write(lambda connection: connection.execute(operations.insert().values(row)))
        return key

    async def begin(
        self, who: Who, key: str, operation: Operation, account: str, parameters: dict[str, Any], seconds: float
    ) -> Begun:
        """Takes a change in hand, for so many seconds; gives the result instead if it was made already.

        Raises:
            NotFound: Nothing was proposed under this key in this conversation.
            Conflict: Something else was proposed under it.
            Unknown: It is under way in another process.
            Rejected, Conflict, NotFound: As the back end refused it before.
        """
        asked = (who.conversation_id, operation.value, account, parameters)

        def work(connection: Connection) -> Begun:
            row = _locked(connection, key)
            if row is None:
                raise NotFound("nothing was proposed under this key", system="store")
            if (row.conversation_id, row.operation, row.account, row.parameters) != asked:
                raise Conflict("something else was proposed under this key", system="store")
            if row.state == DONE:
                return Begun(key=key, attempt=row.attempts, result=row.result)
            if row.state == REFUSED:
                raise _refusal(row)
            now = self._clock()
            if row.state == STARTED and row.until > now:
                raise Unknown("it is under way", system=row.system)
            # What never began to be sent leaves `proposed`, and needs no look-up.
            attempt = row.attempts + 1
            connection.execute(
                operations.update()
                .where(operations.c.key == key)
                .values(state=STARTED, attempts=attempt, started_at=now, until=now + timedelta(seconds=seconds))
            )
            return Begun(key=key, attempt=attempt)

        return await self._store.write(work)

    async def done(self, begun: Begun, result: Any) -> None:
        """Keeps what the change gave."""
        await self._end(begun, state=DONE, result=result, ended_at=self._clock())

    async def refused(self, begun: Begun, error: FrontdeskError) -> None:
        """Keeps that the back end refused it, and as what."""
        await self._end(
            begun, state=REFUSED, result={"refusal": error.kind, "status": error.status}, ended_at=self._clock()
        )

    async def not_sent(self, begun: Begun) -> None:
        """Keeps that nothing was sent: the change is as proposed."""
        if begun.is_repeat:  # an earlier attempt was sent: what became of that one nobody knows yet
            await self.lost(begun)
        else:
            await self._end(begun, state=PROPOSED, attempts=0)

    async def lost(self, begun: Begun) -> None:
        """Keeps that the answer was lost."""
        await self._end(begun, state=UNKNOWN)

    async def is_open(self, key: str) -> bool:
        """Tells whether a change was attempted of which nobody knows yet what became."""
        query = sa.select(operations.c.key).where(operations.c.key == key, operations.c.state.in_((STARTED, UNKNOWN)))
        return await self._store.read(lambda connection: connection.execute(query).first() is not None)

    async def was_begun(self, key: str) -> bool:
        """Tells whether a change was ever attempted, or made."""
        query = sa.select(operations.c.key).where(operations.c.key == key, operations.c.state != PROPOSED)
        return await self._store.read(lambda connection: connection.execute(query).first() is not None)

    async def touched(self, turn_id: str) -> bool:
        """Tells whether a change of the turn's conversation was begun or ended since the turn's message came."""
        turn = sa.select(messages.c.conversation_id, messages.c.created_at).where(messages.c.id == turn_id).subquery()
        query = (
            sa.select(operations.c.key)
            .join(turn, turn.c.conversation_id == operations.c.conversation_id)
            .where(operations.c.started_at >= turn.c.created_at)
            .limit(1)
        )
        return await self._store.read(lambda connection: connection.execute(query).first() is not None)

    async def _end(self, begun: Begun, **values: Any) -> None:
        """Writes how an attempt ended, unless a later one has the change in hand."""
        mine = sa.and_(operations.c.key == begun.key, operations.c.attempts == begun.attempt)
        await self._store.write(lambda connection: connection.execute(operations.update().where(mine).values(**values)))


def _locked(connection: Connection, key: str) -> Row | None:
    """The row, which nobody else takes in hand before the transaction ends."""
    return connection.execute(sa.select(operations).where(operations.c.key == key).with_for_update()).one_or_none()


def _refusal(row: Row) -> FrontdeskError:
    kind: type[FrontdeskError] = getattr(errors, row.result["refusal"])
    status = row.result.get("status", "")
    return kind("refused before", system=row.system, operation=row.operation, status=status)

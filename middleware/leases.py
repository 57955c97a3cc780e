"""Makes sure that of all processes only one at a time does a certain thing."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.clock import Clock
from middleware.store import Store, insert_once
from middleware.store import leases as table


class Lease:
    """The right to do something, until it is given back or its time is over.

    A process that was suspended may still believe that it holds a lease that another has taken meanwhile: what is
    done under it must bear that.

    Args:
        name: What may be done by one alone.
        holder: Who wants it; different in each process.
        seconds: How long it lasts after each `take`.
    """

    def __init__(self, store: Store, clock: Clock, name: str, holder: str, seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._name = name
        self._holder = holder
        self._seconds = seconds

    async def take(self) -> bool:
        """Takes the lease or renews it.

        Returns:
            Whether it is the holder's now.

        Raises:
            Unavailable: The store can't be reached.
        """

        def work(connection: Connection) -> bool:
            now = self._clock()
            mine = {"name": self._name, "holder": self._holder, "until": now + timedelta(seconds=self._seconds)}
            insert_once(connection, table, mine)
            free = (table.c.holder == self._holder) | (table.c.until <= now)
            taken = connection.execute(table.update().where(table.c.name == self._name, free).values(mine))
            return bool(taken.rowcount)

        return await self._store.write(work)

    async def give_back(self) -> None:
        """Lets others have it at once, if it is the holder's.

        Raises:
            Unavailable: The store can't be reached.
        """
        own = sa.and_(table.c.name == self._name, table.c.holder == self._holder)
        await self._store.write(lambda connection: connection.execute(table.delete().where(own)))

"""Lets writes that must not meet happen one after another, in whichever process they are.

Where a vendor has nothing that is unique, looking for a key and writing it are two calls. Between them another process
may do the same, such as one that takes over a job whose worker was slow.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.database import for_writing
from middleware.errors import Unavailable
from middleware.http_sockets import left
from middleware.store import insert_once
from middleware.store import leases as table

POLL_SECONDS = 0.05
SECONDS_BEYOND = 1.0  # the deadline: until then all calls have ended


class InTurn:
    """Turns, by the names of what must not meet.

    Args:
        engine: Of the store's database.
        system: `crm` or `erp`: what is written to.
    """

    def __init__(self, engine: Engine, clock: Clock = system_clock, system: str = "crm") -> None:
        self.system = system
        self._engine = for_writing(engine)
        self._clock = clock
        self._here = threading.Condition()
        self._taken: set[str] = set()

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Waits until nobody else is at it.

        Raises:
            Unavailable: Somebody is at it for longer than there is time.
        """
        with self._in_this_process(name):
            holder = uuid.uuid4().hex
            while not self._took(name, holder):
                if not left():
                    raise Unavailable("another process is at the same for too long", system=self.system)
                time.sleep(POLL_SECONDS)
            try:
                yield
            finally:
                self._give_back(name, holder)

    @contextmanager
    def _in_this_process(self, name: str) -> Iterator[None]:
        with self._here:
            if not self._here.wait_for(lambda: name not in self._taken, timeout=left()):
                raise Unavailable("another thread is at the same for too long", system=self.system)
            self._taken.add(name)
        try:
            yield
        finally:
            with self._here:
                self._taken.discard(name)
                self._here.notify_all()

    def _took(self, name: str, holder: str) -> bool:
        now = self._clock()
        mine = {"name": name, "holder": holder, "until": now + timedelta(seconds=left() + SECONDS_BEYOND)}
        is_free = sa.or_(table.c.holder == holder, table.c.until <= now)
        take = table.update().where(table.c.name == name, is_free).values(mine)
        try:
            with self._engine.begin() as connection:
                insert_once(connection, table, mine)
                return bool(connection.execute(take).rowcount)
        except sa.exc.DBAPIError as error:
            raise Unavailable(f"the store can't be reached: {type(error).__name__}", system=self.system) from error

    def _give_back(self, name: str, holder: str) -> None:
        """If the store can't be reached, it ends by itself."""
        try:
            with self._engine.begin() as connection:
                connection.execute(table.delete().where(table.c.name == name, table.c.holder == holder))
        except sa.exc.DBAPIError:
            return

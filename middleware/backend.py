"""A system of record as the gateway calls it: in a bounded pool of threads of its own, by a deadline."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from middleware import metrics
from middleware.crm.base import Crm
from middleware.erp.base import Erp
from middleware.errors import FrontdeskError, Malformed, Unavailable

log = logging.getLogger(__name__)

Port = TypeVar("Port", Crm, Erp)
T = TypeVar("T")


class Deadline:
    """A moment by which an operation must have ended, however many calls it takes.

    Args:
        seconds: From now.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, never below zero."""
        return max(0.0, self._end - time.monotonic())


class BackEnd(Generic[Port]):
    """A connector with its own bounded pool of threads, so that one slow system can't stall another.

    Args:
        system: `crm` or `erp`.
        threads: How many calls may be under way at once.
    """

    def __init__(self, system: str, port: Port, threads: int) -> None:
        self.system = system
        self._port: Port = port
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=system)

    async def call(self, work: Callable[[Port], T], deadline: Deadline) -> T:
        """Runs a call in the pool. A call that overran its deadline runs on, but nobody waits for it.

        Raises:
            Unavailable: It didn't end in time.
            FrontdeskError: As the connector raised it; anything else that it raised is `Malformed`.
        """
        with metrics.call(self.system):
            return await self._call(work, deadline)

    async def _call(self, work: Callable[[Port], T], deadline: Deadline) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._pool, work, self._port)
        try:
            return await asyncio.wait_for(future, deadline.left)
        except asyncio.TimeoutError as error:
            raise Unavailable("no answer within the deadline", system=self.system) from error
        except FrontdeskError:
            raise
        except Exception as error:
            log.exception("the connector of the %s failed", self.system)
            raise Malformed(f"the connector failed: {type(error).__name__}", system=self.system) from error

    def close(self) -> None:
        """Ends the threads that are idle."""
        self._pool.shutdown(wait=False, cancel_futures=True)

"""A system of record as the gateway calls it: in threads of its own, by a deadline, and let alone while it is down."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from purgatory.domain.model import HALF_OPENED, Context, OpenedState
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from middleware import metrics
from middleware.crm.base import Crm
from middleware.deadline import Deadline, current
from middleware.erp.base import Erp
from middleware.errors import FrontdeskError, Malformed, ShutOut, Unavailable, Unknown
from middleware.waiting import within

log = logging.getLogger(__name__)

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.1  # a pause is anything from zero to this, doubled each time: full jitter
LONGEST_PAUSE_SECONDS = 1.0

Port = TypeVar("Port", Crm, Erp)
T = TypeVar("T")


class LeftAlone(ShutOut):
    """The system failed too often just now, so it wasn't called at all."""


class Circuit:
    """Counts a system's failures in a row; after too many it lets nobody through for a while, then one to try.

    Args:
        system: Its name.
        failures: How many in a row open the circuit.
        seconds: For how long.
    """

    def __init__(self, system: str, failures: int, seconds: float) -> None:
        self._system = system
        self._context = Context(system, failures, seconds)
        self._is_tried = False
        metrics.circuit(system, self.state)

    @property
    def state(self) -> str:
        """`closed` (all is well), `opened` or `half-opened`."""
        return self._context.state

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Surrounds one call.

        Raises:
            LeftAlone: The circuit is open, or another call is trying whether the system is back.
        """
        try:
            self._context.handle_new_request()
        except OpenedState as error:
            raise LeftAlone("it failed too often just now", system=self._system) from error
        tries = self._context.state == HALF_OPENED
        if tries and self._is_tried:
            raise LeftAlone("whether it is back is being tried", system=self._system)
        self._is_tried = self._is_tried or tries
        try:
            yield
        except ShutOut:  # the next one would be, too
            self._context.set_state(OpenedState(self._system))
            raise
        except (Unavailable, Unknown) as error:
            self._context.handle_exception(error)
            raise
        except FrontdeskError:  # whatever it said, it answered
            self._context.handle_end_request()
            raise
        else:
            self._context.handle_end_request()
        finally:
            self._is_tried = self._is_tried and not tries
            metrics.circuit(self._system, self.state)


class BackEnd(Generic[Port]):
    """A connector with its own bounded pool of threads, so that one slow system can't stall another.

    Args:
        system: `crm` or `erp`.
        threads: How many calls may be under way at once.
        circuit: Of this system; by default one that opens after five failures in a row, for 15 seconds.
    """

    def __init__(self, system: str, port: Port, threads: int, circuit: Circuit | None = None) -> None:
        self.system = system
        self.circuit = circuit or Circuit(system, failures=5, seconds=15)
        self._port: Port = port
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=system)
        self._under_way: dict[Future[Any], float] = {}  # and since when
        self._newest = (0.0, 0.0)  # of the calls that ended, the one that began last: when, and how long it took
        self._judging = threading.Lock()

    async def read(self, work: Callable[[Port], T], deadline: Deadline) -> T:
        """Runs a call that changes nothing; where the system can't be reached, it is tried again while time is left.

        Raises:
            Unavailable: It didn't end in time, or the system can't be reached.
            FrontdeskError: As the connector raised it; anything else that it raised is `Malformed`.
        """
        try:
            return await self._once(work, deadline)
        except ShutOut:
            raise
        except Unavailable as error:  # what tries again is made only now: it costs as much as a look-up here
            return await self._again(work, deadline, error)

    async def _again(self, work: Callable[[Port], T], deadline: Deadline, first: Unavailable) -> T:
        """Tries a call again whose first attempt has failed."""
        failed = [first]

        async def attempt() -> T:
            if failed:
                raise failed.pop()
            return await self._once(work, deadline)

        def in_vain(state: RetryCallState) -> bool:
            return state.attempt_number >= ATTEMPTS or state.upcoming_sleep >= deadline.left

        attempts = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, Unavailable) and not isinstance(error, ShutOut)),
            wait=wait_random_exponential(multiplier=FIRST_PAUSE_SECONDS, max=LONGEST_PAUSE_SECONDS),
            stop=in_vain,
            before_sleep=lambda _: metrics.retried(self.system),
            reraise=True,
        )
        return await attempts(attempt)

    async def write(self, work: Callable[[Port], T], deadline: Deadline) -> T:
        """Runs a call that changes something, once.

        A call that overran its deadline runs on, but nobody waits for it.

        Raises:
            Unavailable: Nothing was changed: the system can't be reached.
            Unknown: It may have been changed: the answer was lost, came too late or made no sense.
            FrontdeskError: Nothing was changed, as the connector says.
        """
        try:
            return await self._once(work, deadline)
        except _Late as error:
            if error.never_ran:
                raise
            raise Unknown(str(error), system=self.system) from error
        except Malformed as error:
            raise Unknown(str(error), system=self.system) from error

    async def _once(self, work: Callable[[Port], T], deadline: Deadline) -> T:
        with self.circuit.passing(), metrics.call(self.system):
            context = contextvars.copy_context()  # the turn's correlation id goes along
            context.run(current.set, deadline)
            call = self._pool.submit(context.run, work, self._port)
            self._under_way[call] = time.monotonic()
            call.add_done_callback(self._ended)
            try:
                return await within(asyncio.wrap_future(call), deadline.left)
            except asyncio.TimeoutError as error:
                raise _Late(self.system, never_ran=call.cancel()) from error
            except FrontdeskError:
                raise
            except Exception as error:
                log.exception("the connector of the %s failed", self.system)
                raise Malformed(f"the connector failed: {type(error).__name__}", system=self.system) from error

    def is_slow(self, seconds: float) -> bool:
        """Whether the newest call that ended took longer, or one since then does; waiting for a thread counts.

        An older call that still hangs says nothing of how the system answers now.
        """
        began, took = self._newest
        since = min((at for at in list(self._under_way.values()) if at > began), default=math.inf)
        return took > seconds or since < time.monotonic() - seconds

    def _ended(self, call: Future[Any]) -> None:
        began = self._under_way.pop(call)
        if not call.cancelled():
            with self._judging:
                self._newest = max(self._newest, (began, time.monotonic() - began))

    def close(self) -> None:
        """Ends the threads that are idle."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Late(Unavailable):
    """The deadline was over before the answer came; `never_ran`: it was still waiting for a thread."""

    def __init__(self, system: str, never_ran: bool) -> None:
        super().__init__("no answer within the deadline", system=system)
        self.never_ran = never_ran

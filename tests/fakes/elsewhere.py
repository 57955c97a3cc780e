"""A stand-in in a process of its own, so that what it costs isn't counted as ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from middleware.demo import Data
from tests.fakes.stand_in import Request, StandIn
from tests.fakes.stand_ins import ERP_STAND_INS, STAND_INS

T = TypeVar("T")


class Elsewhere:
    """The near end of it.

    Attributes:
        environment: What reaches it; `rules` and `system` as the stand-in has them.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.system: str
        self.environment: Mapping[str, str]
        self.rules: Mapping[str, Any]
        self.system, self.environment, self.rules = pipe.recv()

    def ask(self, question: Callable[[StandIn], T]) -> T:
        """Asks the stand-in something; the function must have a name in its module."""
        self._pipe.send(question)
        answer: T = self._pipe.recv()
        return answer

    @property
    def connections(self) -> int:
        """How many were opened so far."""
        return self.ask(_connections)

    def requests(self) -> list[Request]:
        """What came since this was asked last."""
        return self.ask(_taken_requests)

    def slow_down(self) -> None:
        """From now on each answer takes two seconds."""
        self.ask(_slow)

    def recover(self) -> None:
        """All is well again."""
        self.ask(_well)


@contextmanager
def elsewhere(name: str, data: Data) -> Iterator[Elsewhere]:
    """Runs a stand-in with data in a process of its own."""
    context = get_context("spawn")
    near, far = context.Pipe()
    process = context.Process(target=_serve, args=(name, data, far), daemon=True)
    process.start()
    far.close()  # or nobody would hear it if the process died
    try:
        yield Elsewhere(near)
    finally:
        near.send(None)
        process.join()


def _serve(name: str, data: Data, pipe: Connection) -> None:
    with (STAND_INS | ERP_STAND_INS)[name]() as stand_in:
        stand_in.lay(data)
        pipe.send((stand_in.system, stand_in.environment, stand_in.rules))
        while question := pipe.recv():
            pipe.send(question(stand_in))


def _connections(stand_in: StandIn) -> int:
    return stand_in.connections


def _taken_requests(stand_in: StandIn) -> list[Request]:
    with stand_in.lock:
        taken = list(stand_in.requests)
        stand_in.requests.clear()
    return taken


def _slow(stand_in: StandIn) -> None:
    stand_in.faults.always("slow", seconds=2)


def _well(stand_in: StandIn) -> None:
    stand_in.faults.none()

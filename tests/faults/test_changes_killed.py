"""One of two action servers is killed in the middle of a change: it is made once or never, and the words are true."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from middleware import reset, store
from middleware.clock import system_clock
from middleware.crm.embedded import tables as crm
from middleware.erp.embedded import tables as erp
from scripts.serve import HOST, answers, free_port
from tests.counts import FULL
from tests.data.shop import PEOPLE, shop
from tests.faults import dying_actions
from tests.faults.copies import killed, started
from tests.faults.dying_actions import BOUNDARIES
from tests.servers import Frontdesk, serve


@dataclass(frozen=True, kw_only=True)
class Write:
    """A write, and the conversation that leads to it.

    Attributes:
        who: The token's claims.
        before: What is said and done first, with no server dying.
        says: What the customer says until a yes is asked for.
        asks: What the assistant then asks.
        done: How it says that it is done.
        effects: The table in which each effect is a row.
        where: Which rows of it are this write's.
    """

    who: dict[str, str]
    says: tuple[str, ...]
    asks: str
    done: str
    effects: sa.Table
    where: sa.sql.ColumnElement[Any]
    before: tuple[str, ...] = ()


WRITES: dict[str, Write] = {
    "an order is cancelled": Write(
        who={"phone": PEOPLE["wes"][4], "email": "wes@example.com"},
        says=("please cancel my order 20019",),
        asks="Shall I cancel",
        done="Done: your order 20019",
        effects=erp.changes,
        where=erp.changes.c.order_number == "20019",
    ),
    "an order is changed": Write(
        who={"phone": "+12025550130", "email": "customer2330@example.com"},
        says=("please change the size of order 23030 to M",),
        asks="Shall I change",
        done="Done",
        effects=erp.changes,
        where=erp.changes.c.order_number == "23030",
    ),
    "something is sent back": Write(
        who={"phone": "+13055550100"},
        says=("I want to send back the parka from order 24000, it's too small",),
        asks="Shall I make the label",
        done="Done: your return number",
        effects=erp.returns,
        where=erp.returns.c.order_number == "24000",
    ),
    "stock is held": Write(
        who={"phone": "+14045550100"},
        says=("please hold 50 of PCK-TWL-90",),
        asks="Shall I hold",
        done="Held: 50",
        effects=erp.reservations,
        where=erp.reservations.c.sku == "PCK-TWL-90",
    ),
    "a hold is released": Write(
        who={"phone": "+14045550101"},
        before=("please hold 20 of BUG-NET-2", "yes"),
        says=("please release my hold",),
        asks="Shall I release",
        done="Done: hold",
        effects=erp.reservations,
        where=erp.reservations.c.released_at.is_not(None),
    ),
    "a comment is written on a ticket": Write(
        who={"phone": "+17185550104"},
        says=("add to my ticket that it crashes at night",),
        asks="Shall I write this",
        done="Done: ",
        effects=crm.ticket_comments,
        where=crm.ticket_comments.c.ticket_number == "T-605",
    ),
    "a ticket is closed": Write(
        who={"phone": "+17185550104"},
        says=("please close my ticket",),
        asks="Shall I close",
        done="Done: your ticket T-605",
        effects=crm.tickets,
        where=sa.and_(crm.tickets.c.number == "T-605", crm.tickets.c.closed_at.is_not(None)),
    ),
}

NOTHING_CHANGED, BROKEN_OFF, IN_DOUBT = "Nothing was changed", "Something broke while", "answer got lost"
TIMES = 20 if FULL else 1
START_SECONDS = 60


class Relay(socketserver.ThreadingTCPServer):
    """Passes connections on to the first of some ports that somebody listens at."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Passing)
        self.ports: list[int] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Passing(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        for port in self.server.ports:
            try:
                onward = socket.create_connection((HOST, port), timeout=30)
            except OSError:
                continue
            with onward:
                back = threading.Thread(target=_pump, args=(onward, self.request), daemon=True)
                back.start()
                _pump(self.request, onward)
                back.join()
            return


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def relay() -> Iterator[Relay]:
    """What Rasa takes for its action server."""
    with Relay() as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        yield relay
        relay.shutdown()


@pytest.fixture(scope="module")
def two(relay: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frontdesk]:
    """Frontdesk, whose action server is the second one behind the relay."""
    folder = tmp_path_factory.mktemp("two")
    with serve(folder, ACTION_ENDPOINT=f"http://{HOST}:{relay.port}/webhook") as frontdesk:
        yield frontdesk


@contextmanager
def dying(two: Frontdesk, boundary: str, folder: Path) -> Iterator[int]:
    """The first action server, which dies at a boundary; gives its port."""
    port = free_port()
    environment = two.environment | {"DIE_AT": boundary}
    process = started(dying_actions.serve, port, environment=environment, log=folder / "dying.log")
    try:
        until(lambda: answers(port, "/health"))
        yield port
        process.join(30)
        assert process.exitcode == -9
    finally:
        killed(process)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + START_SECONDS
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def made(two: Frontdesk, write: Write) -> int:
    """How often it was done."""
    query = sa.select(sa.func.count()).select_from(write.effects).where(write.where)
    with two.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def forget_holds(two: Frontdesk) -> None:
    """Lets nobody have as many as they may."""
    with two.engine.begin() as connection:
        connection.execute(store.holds.delete())


def attempt_is_over(two: Frontdesk) -> None:
    """Lets the time pass in which the dead server might still have been at work."""
    with two.engine.begin() as connection:
        connection.execute(store.operations.update().values(until=system_clock() - timedelta(seconds=1)))


@pytest.mark.parametrize("run", range(TIMES))
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("name", WRITES)
def test_a_change_whose_server_is_killed_happens_once_or_not_at_all(
    two: Frontdesk, relay: Relay, name: str, boundary: str, run: int, tmp_path: Path
) -> None:
    # given a customer who is asked for a yes, with two action servers
    write = WRITES[name]
    reset.lay(two.engine, shop(two.now))
    forget_holds(two)
    token = two.token(**write.who)
    with dying(two, boundary, tmp_path) as first:
        relay.ports = [two.servers.port("actions")]
        for text in write.before:
            two.say(token, text)
        relay.ports = [first, two.servers.port("actions")]
        for text in write.says:
            asked = two.say(token, text)[-1]["text"]
        assert write.asks in asked

        # when the one that does it is killed
        words = two.say(token, "yes")[-1]["text"]

    # then what the customer hears is true
    begun = boundary != BOUNDARIES[0]
    assert (BROKEN_OFF if begun else NOTHING_CHANGED) in words
    if not begun:
        assert made(two, write) == 0

    # and another yes, to the other one, doesn't do it twice
    if begun and boundary != BOUNDARIES[-1]:
        assert IN_DOUBT in two.say(token, "yes")[-1]["text"]
        attempt_is_over(two)
    assert two.say(token, "yes")[-1]["text"].startswith(write.done)
    assert made(two, write) == 1

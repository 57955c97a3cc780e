"""Access tokens of systems of record: one for all, renewed by one at a time, readable by nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware import store
from middleware.deadline import within
from middleware.errors import FrontdeskError, Malformed, ShutOut, Unavailable, Unknown
from middleware.http import Dialect, Http
from middleware.tokens import AFTER_A_REFUSAL, LEASE, MARGIN, SharedToken, Token
from tests.fakes.building import SetClock
from tests.fakes.peer import Heard, Peer, Script, said

SECRET = "the system's own secret"
HOUR = timedelta(hours=1)


class Vendor:
    """Gives tokens, one after the other.

    Attributes:
        given: How many.
        fails: What it does instead.
    """

    def __init__(self, clock: SetClock, seconds: float = 0.0) -> None:
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self.given = 0
        self.fails: FrontdeskError | None = None

    def __call__(self) -> Token:
        with self._lock:
            self.given += 1
            number = self.given
        time.sleep(self._seconds)
        if self.fails:
            raise self.fails
        return Token(value=f"token-{number}", expires_at=self._clock() + HOUR, address="https://eu.crm.example")


@pytest.fixture
def clock() -> SetClock:
    """Stands still."""
    return SetClock()


@pytest.fixture
def vendor(clock: SetClock) -> Vendor:
    """One that takes its time."""
    return Vendor(clock, seconds=0.02)


Open = Callable[..., SharedToken]


@pytest.fixture
def process(database: Engine, vendor: Vendor, clock: SetClock) -> Open:
    """Opens the token as a process of its own would."""
    return lambda secret=SECRET: SharedToken(database, "crm", secret, vendor, clock)


def row(database: Engine) -> dict[str, object]:
    with database.connect() as connection:
        return dict(connection.execute(sa.select(store.tokens)).one()._mapping)


def test_a_token_is_asked_for_once_for_all_processes(process: Open, vendor: Vendor) -> None:
    first = process().get()

    assert [process().get() for _ in range(3)] == [first] * 3
    assert (first.value, first.address, vendor.given) == ("token-1", "https://eu.crm.example", 1)


def test_it_is_renewed_before_it_ends(process: Open, vendor: Vendor, clock: SetClock) -> None:
    mine = process()
    assert mine.get().value == "token-1"

    clock.advance(HOUR - MARGIN - timedelta(seconds=1))
    assert mine.get().value == "token-1"
    clock.advance(timedelta(seconds=2))
    assert mine.get().value == "token-2"


def test_many_threads_of_many_processes_renew_it_once(process: Open, vendor: Vendor, clock: SetClock) -> None:
    # given a token that has ended
    processes = [process() for _ in range(4)]
    for one in processes:
        one.get()
    clock.advance(HOUR)

    # when
    with ThreadPoolExecutor(20) as threads:
        got = list(threads.map(lambda place: processes[place % 4].get().value, range(20)))

    # then
    assert got == ["token-2"] * 20
    assert vendor.given == 2


def test_one_that_comes_just_after_another_has_got_it_asks_for_none(
    process: Open, vendor: Vendor, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given one that has looked, and found none, when another gets it
    mine, other = process(), process()
    take_lease = mine._may_fetch
    monkeypatch.setattr(mine, "_may_fetch", lambda: bool(other.get()) and take_lease())

    # then
    assert mine.get().value == "token-1"
    assert (vendor.given, row(database)["leased_until"]) == (1, None)


def test_many_that_were_refused_at_once_renew_it_once(process: Open, vendor: Vendor) -> None:
    processes = [process() for _ in range(4)]
    assert {one.get().value for one in processes} == {"token-1"}

    with ThreadPoolExecutor(20) as threads:
        got = list(threads.map(lambda place: processes[place % 4].renew("token-1").value, range(20)))

    assert got == ["token-2"] * 20
    assert vendor.given == 2


def test_nobody_shows_the_token_of_before_once_there_is_another(process: Open, clock: SetClock) -> None:
    # given a system that takes the newest token alone
    shared = process()
    credentials = _Bearer(shared)
    peer = _Strict()
    with peer as listening:
        http = Http("crm", (listening.url,), credentials, Dialect())
        http.call("GET", listening.url)
        peer.good = "Bearer token-2"

        # when twenty call at once
        with ThreadPoolExecutor(20) as threads:
            answers = list(threads.map(lambda _: http.call("GET", listening.url).status, range(20)))

        # then
        assert answers == [200] * 20
        shown = listening.shown("Authorization")
        newest = shown.index("Bearer token-2")
        http.call("GET", listening.url)
    assert set(shown[newest + 20 :]) <= {"Bearer token-2"}
    assert listening.last.headers["authorization"] == "Bearer token-2"


class _Bearer:
    def __init__(self, shared: SharedToken) -> None:
        self._shared = shared

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._shared.get().value}"}

    def renew(self, refused: Mapping[str, str]) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._shared.renew(refused['Authorization'].removeprefix('Bearer ')).value}"}


class _Strict(Peer):
    good = "Bearer token-1"

    def script(self, heard: Heard) -> Script:
        """Refuses what isn't the newest."""
        return said() if heard.headers["authorization"] == self.good else said(401)


def test_another_process_that_died_while_asking_is_waited_for_no_longer_than_its_lease(
    process: Open, vendor: Vendor, clock: SetClock, database: Engine
) -> None:
    # given one that took the lease, and was heard of no more
    assert process()._may_fetch()
    begun = time.monotonic()
    with within(0.2), pytest.raises(Unavailable, match="another process"):
        process().get()
    assert time.monotonic() - begun < 15
    assert vendor.given == 0

    # then
    clock.advance(LEASE)
    assert process().get().value == "token-1"


def test_what_was_refused_is_not_asked_for_again_for_a_while_by_any_process(
    process: Open, vendor: Vendor, clock: SetClock
) -> None:
    # given a secret that is good no more
    vendor.fails = ShutOut("CRM_SECRET is good no more: write the new one into the environment")
    mine, other = process(), process()
    for _ in range(3):
        with pytest.raises(ShutOut, match="CRM_SECRET"):
            mine.get()
        begun = time.monotonic()
        with pytest.raises(ShutOut, match="another process"):
            other.get()
        assert time.monotonic() - begun < 15
    assert vendor.given == 1

    # when the time is over
    clock.advance(AFTER_A_REFUSAL)
    vendor.fails = None

    # then
    assert other.get() == mine.get()
    assert vendor.given == 2


@pytest.mark.parametrize("error", [Unknown("lost", request_id="r-1"), Malformed("no sense", request_id="r-1")])
def test_where_no_token_came_nothing_has_happened(process: Open, vendor: Vendor, error: FrontdeskError) -> None:
    vendor.fails = error
    with pytest.raises(Unavailable) as caught:
        process().get()
    assert (caught.value.kind, caught.value.request_id) == ("Unavailable", "r-1")

    vendor.fails = None
    assert process().get().value == "token-2"


def test_a_fault_leaves_the_next_one_free_to_ask(process: Open, vendor: Vendor) -> None:
    vendor.fails = Unavailable("away")
    with pytest.raises(Unavailable):
        process().get()

    vendor.fails = None
    assert process().get().value == "token-2"


def test_the_token_lies_sealed_and_only_the_secret_opens_it(process: Open, vendor: Vendor, database: Engine) -> None:
    process().get()

    lying = str(row(database))
    assert "token-1" not in lying and SECRET not in lying and "eu.crm" not in lying
    assert process("another secret")._stored() is None
    assert process("another secret").get().value == "token-2"


def test_a_token_that_was_tampered_with_is_none(process: Open, database: Engine) -> None:
    process().get()
    with database.begin() as connection:
        connection.execute(store.tokens.update().values(sealed="gAAAAA-nonsense"))

    assert process().get().value == "token-2"


def test_without_the_store_there_is_no_token(process: Open, database: Engine) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tokens")

    with pytest.raises(Unavailable, match="store of tokens"):
        process().get()

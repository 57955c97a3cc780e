"""A system of record as it is called: tried again where that is safe, left alone while it is down."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from middleware.backend import ATTEMPTS, BackEnd, Circuit, LeftAlone
from middleware.deadline import Deadline
from middleware.erp.base import Erp
from middleware.errors import Malformed, NotFound, Rejected, ShutOut, Unavailable, Unknown
from tests.fakes.back_office import FakeErp
from tests.fakes.building import ADAS_ACCOUNT
from tests.fakes.times import Once, Times

WHILE = 15  # seconds that a circuit stays open here
MakeBackEnd = Callable[..., tuple[BackEnd[Erp], FakeErp]]


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    """The circuits' clock."""
    times = Times()
    monkeypatch.setattr("purgatory.domain.model.time", times)
    return times


@pytest.fixture
def make(times: Times) -> Iterator[MakeBackEnd]:
    """Makes back ends around a fake ERP that knows Ada."""
    made: list[tuple[BackEnd[Erp], FakeErp]] = []

    def back_end(failures: int = 100, threads: int = 4) -> tuple[BackEnd[Erp], FakeErp]:
        erp = FakeErp([ADAS_ACCOUNT])
        made.append((BackEnd("erp", erp, threads, Circuit("erp", failures, WHILE)), erp))
        return made[-1]

    yield back_end
    for one, erp in made:
        erp.recover()
        one.close()


def ada(erp: Erp) -> Any:
    return erp.customer(ADAS_ACCOUNT.number)


async def fails(back_end: BackEnd[Erp], error: type[Exception] = Unavailable, deadline: Deadline | None = None) -> None:
    with pytest.raises(error):
        await back_end.read(ada, deadline or Deadline(60))


async def test_a_look_up_is_tried_again_until_the_system_is_there(make: MakeBackEnd) -> None:
    back_end, erp = make()
    failures = iter([Unavailable("gone"), Unavailable("still gone")])

    def at_last(port: Erp) -> Any:
        for error in failures:
            raise error
        return ada(port)

    assert await back_end.read(at_last, Deadline(60)) == ADAS_ACCOUNT
    assert erp.calls["customer"] == 1


async def test_a_look_up_is_tried_only_so_often(make: MakeBackEnd) -> None:
    back_end, erp = make()
    erp.fail(Unavailable("gone"))

    await fails(back_end)

    assert erp.calls["customer"] == ATTEMPTS


async def test_no_pause_goes_beyond_the_deadline(make: MakeBackEnd) -> None:
    back_end, erp = make()
    erp.fail(Unavailable("gone"))

    await fails(back_end, deadline=Deadline(0.0001))

    assert erp.calls["customer"] <= 1


@pytest.mark.parametrize("error", [NotFound("x"), Rejected("x"), Malformed("x"), Unknown("x")])
async def test_what_the_system_said_is_not_asked_again(make: MakeBackEnd, error: Exception) -> None:
    back_end, erp = make()
    erp.fail(error)

    await fails(back_end, type(error))

    assert erp.calls["customer"] == 1


async def test_a_write_is_tried_once(make: MakeBackEnd) -> None:
    back_end, erp = make()
    erp.fail(Unavailable("gone"))

    with pytest.raises(Unavailable):
        await back_end.write(ada, Deadline(60))

    assert erp.calls["customer"] == 1


async def test_a_write_that_is_too_slow_may_have_happened(make: MakeBackEnd) -> None:
    back_end, erp = make()
    erp.hang(60)

    with pytest.raises(Unknown):
        await back_end.write(ada, Once(lambda: erp.calls["customer"]))


async def test_a_write_that_never_got_a_thread_has_not_happened(make: MakeBackEnd) -> None:
    # given a pool whose only thread hangs
    back_end, erp = make(threads=1)
    erp.hang(60)
    await fails(back_end, deadline=Once(lambda: erp.calls["customer"]))

    # when
    with pytest.raises(Unavailable):
        await back_end.write(ada, Deadline(0.05))

    # then it isn't done later either
    erp.recover()
    assert await back_end.read(ada, Deadline(60)) == ADAS_ACCOUNT
    assert erp.calls["customer"] == 2


@pytest.mark.parametrize("error", [Malformed("x"), ValueError("x"), KeyError("x")])
async def test_a_write_that_was_answered_with_nonsense_may_have_happened(make: MakeBackEnd, error: Exception) -> None:
    back_end, erp = make()
    erp.fail(error)

    with pytest.raises(Unknown):
        await back_end.write(ada, Deadline(60))


async def test_a_system_that_failed_too_often_is_left_alone(make: MakeBackEnd) -> None:
    back_end, erp = make(failures=ATTEMPTS)
    erp.fail(Unavailable("gone"))
    await fails(back_end)
    calls = erp.calls["customer"]

    await fails(back_end, LeftAlone)

    assert (back_end.circuit.state, erp.calls["customer"]) == ("opened", calls)


async def test_a_system_that_shuts_us_out_is_left_alone_at_once_and_tried_after_a_while(
    make: MakeBackEnd, times: Times
) -> None:
    # given a circuit that stays closed for very many failures
    back_end, erp = make(failures=10**9)
    erp.fail(ShutOut("the day's calls are used up"))
    await fails(back_end, ShutOut)
    assert (back_end.circuit.state, erp.calls["customer"]) == ("opened", 1)

    # when
    await fails(back_end, LeftAlone)
    assert erp.calls["customer"] == 1
    times.now += WHILE + 1
    await fails(back_end, ShutOut)
    assert (back_end.circuit.state, erp.calls["customer"]) == ("opened", 2)

    # then
    times.now += WHILE + 1
    erp.recover()
    assert await back_end.read(ada, Deadline(60)) == ADAS_ACCOUNT
    assert back_end.circuit.state == "closed"


async def test_answers_of_any_kind_keep_the_circuit_closed(make: MakeBackEnd) -> None:
    back_end, erp = make(failures=2)
    for error in (Unavailable("x"), NotFound("x"), Unavailable("x"), Rejected("x")):
        erp.fail(error)
        with pytest.raises(type(error)):
            await back_end.write(ada, Deadline(60))

    assert back_end.circuit.state == "closed"


async def test_one_call_tries_whether_the_system_is_back_and_the_others_wait_for_nothing(
    make: MakeBackEnd, times: Times
) -> None:
    # given a circuit that was opened, long enough ago
    back_end, erp = make(failures=1)
    erp.fail(Unavailable("gone"))
    with pytest.raises(Unavailable):
        await back_end.write(ada, Deadline(60))
    erp.recover()
    times.now += WHILE + 1

    # when one call is under way, and a second one comes
    with back_end.circuit.passing():
        await fails(back_end, LeftAlone)
        assert back_end.circuit.state == "half-opened"

    # then the first one's success has closed it
    assert back_end.circuit.state == "closed"
    assert await back_end.read(ada, Deadline(60)) == ADAS_ACCOUNT


async def test_a_system_that_is_not_back_is_left_alone_again(make: MakeBackEnd, times: Times) -> None:
    back_end, erp = make(failures=1)
    erp.fail(Unavailable("gone"))
    for calls in (1, 2, 3):
        with pytest.raises(Unavailable):
            await back_end.write(ada, Deadline(60))

        assert (back_end.circuit.state, erp.calls["customer"]) == ("opened", calls)
        times.now += WHILE + 1


async def test_the_turns_context_goes_along_into_the_thread(make: MakeBackEnd) -> None:
    back_end, _ = make()
    turn = contextvars.ContextVar("turn", default="none")
    turn.set("abc")

    assert await back_end.read(lambda _: turn.get(), Deadline(60)) == "abc"


async def test_a_call_that_still_hangs_does_not_make_slow_what_answers_by_now(
    make: MakeBackEnd, times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    back_end, erp = make()
    monkeypatch.setattr("middleware.backend.time", times)
    erp.hang(60)
    await fails(back_end, deadline=Once(lambda: erp.calls["customer"]))
    times.now += 1
    assert back_end.is_slow(0.9)

    # when another is answered while the first still hangs
    await back_end.read(lambda _: None, Deadline(60))

    # then
    assert erp.ended == 0
    assert not back_end.is_slow(0.9)


@pytest.mark.parametrize("steps", range(6))
async def test_a_loop_of_calls_is_cancelled_also_at_the_moment_at_which_an_answer_comes(
    make: MakeBackEnd, steps: int
) -> None:
    back_end, _ = make()
    bell = threading.Event()

    async def loop() -> None:
        while True:
            await back_end.read(lambda _: bell.wait(5), Deadline(5))

    # given an answer of which the event loop hears while it goes so many steps
    looping = asyncio.ensure_future(loop())
    await asyncio.sleep(0.01)
    bell.set()
    time.sleep(0.05)
    for _ in range(steps):
        await asyncio.sleep(0)

    # when
    looping.cancel()
    await asyncio.wait({looping}, timeout=1)

    # then
    is_done = looping.done()
    looping.cancel()
    assert is_done

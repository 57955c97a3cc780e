"""Whoever comes at the same moment, and whenever an order is packed: an ERP does a thing once, and tells the truth."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random

import pytest

from middleware.deadline import within
from middleware.errors import Conflict, FrontdeskError, Rejected, Unavailable, Unknown
from tests.connectors.conftest import ERPS, NOW, OpenErp
from tests.connectors.erp_effects import BOTTLE, EFFECTS, Effect
from tests.connectors.erp_told import free, units
from tests.counts import FULL, SEED
from tests.data.backoffice import backoffice
from tests.fakes.stand_in import Reply, Request

MANY = 8 if FULL else 4
DEADLINE_SECONDS = 20.0
RED = "RED-JKT-M"  # of which few are left
LAST = 30  # no effect takes so many requests


@pytest.fixture(scope="module", params=list(ERPS))
def running(request: pytest.FixtureRequest) -> OpenErp:
    """Each ERP in turn."""
    return ERPS[request.param](backoffice(NOW), request)


@pytest.fixture
def one(running: OpenErp) -> OpenErp:
    """The same, as it was at first."""
    running.lay_anew(backoffice(NOW))
    return running


@dataclass(frozen=True)
class Outcome:
    """What came of a call: what it gave, or the error."""

    given: object = None
    error: FrontdeskError | None = None


def tried(call: Callable[[], object], seconds: float | None = None) -> Outcome:
    """Makes a call that may fail in one of our ways, or take too long."""
    try:
        with within(seconds or DEADLINE_SECONDS):
            return Outcome(given=call())
    except FrontdeskError as error:
        return Outcome(error=error)


def at_once(calls: Sequence[Callable[[], object]]) -> list[Outcome]:
    """Makes all calls at the same moment, each again where it can't be told what became of it."""
    begin = threading.Barrier(len(calls))

    def attempt(call: Callable[[], object]) -> Outcome:
        begin.wait()
        for _ in range(20):
            outcome = tried(call)
            if not isinstance(outcome.error, (Unavailable, Unknown)):
                return outcome
        raise AssertionError("it is busy for ever")

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(attempt, calls))


@pytest.mark.parametrize("name", EFFECTS)
def test_one_key_that_comes_many_times_at_once_is_one_effect(one: OpenErp, name: str) -> None:
    effect = EFFECTS[name](one.port, one.inside, 0)

    outcomes = at_once([lambda: effect.ask("race")] * MANY)

    assert [outcome.error for outcome in outcomes] == [None] * MANY
    assert all(outcome.given == outcomes[0].given for outcome in outcomes)
    assert effect.made() == 1
    assert effect.found("race")


@pytest.mark.parametrize("name", [name for name, effect in EFFECTS.items() if effect.packs])
def test_of_many_who_change_an_order_at_once_one_does(one: OpenErp, name: str) -> None:
    effect = EFFECTS[name](one.port, one.inside, 1)

    outcomes = at_once([lambda place=place: effect.ask(f"race-{place}") for place in range(MANY)])

    assert sum(outcome.error is None for outcome in outcomes) == 1
    assert {type(outcome.error) for outcome in outcomes if outcome.error} <= {Conflict, Rejected}
    assert effect.made() == 1
    found = [one.port.order_changed_by(effect.number, f"race-{place}") for place in range(MANY)]  # type: ignore[attr-defined]
    assert [order is not None for order in found] == [outcome.error is None for outcome in outcomes]


def test_of_different_changes_of_one_order_one_is_made(one: OpenErp) -> None:
    effects = [EFFECTS[name](one.port, one.inside, 2) for name in ("cancel", "change", "redirect")]

    outcomes = at_once([lambda effect=effect: effect.ask(f"race-{id(effect)}") for effect in effects])

    done = [outcome.error is None for outcome in outcomes]
    assert done.count(True) == 1
    assert [effect.found(f"race-{id(effect)}") for effect in effects] == done
    is_cancelled = effects[0].made() == 1
    assert is_cancelled == done[0]
    assert is_cancelled or [effect.made() for effect in effects[1:]] == done[1:]


def test_units_that_are_left_are_kept_for_as_many_as_there_are(one: OpenErp) -> None:
    before = free(one.port, RED)
    place = max(before, key=lambda warehouse: before[warehouse])
    parts = units(one.port, RED, **{place: 1})

    def reserve(number: int) -> object:
        return one.port.reserve(RED, parts, customer_number="1001", key=f"last-{number}")

    outcomes = at_once([lambda number=number: reserve(number) for number in range(before[place] + 4)])

    refused = [outcome.error for outcome in outcomes if outcome.error]
    assert [getattr(error, "status", error) for error in refused] == ["stock"] * 4
    assert free(one.port, RED) == before | {place: 0}
    assert one.inside.reserved(RED) == (before[place] if one.port.capabilities.holds == "native" else 0)


def test_what_is_kept_and_given_back_by_many_is_all_there_in_the_end(one: OpenErp) -> None:
    before, reserved = free(one.port, BOTTLE), one.inside.reserved(BOTTLE)
    parts = units(one.port, BOTTLE, EWR=2, CMH=1)

    def come_and_go(number: int) -> object:
        made = one.port.reserve(BOTTLE, parts, customer_number="1001", key=f"go-{number}")
        return one.port.release(made.id)

    at_once([lambda number=number: come_and_go(number % (MANY // 2)) for number in range(MANY)])

    assert free(one.port, BOTTLE) == before
    assert one.inside.reserved(BOTTLE) == reserved


def test_of_many_who_send_the_same_back_at_once_one_may(one: OpenErp) -> None:
    effect = EFFECTS["return"](one.port, one.inside, 0)

    outcomes = at_once([lambda place=place: effect.ask(f"back-{place}") for place in range(MANY)])

    assert sum(outcome.error is None for outcome in outcomes) == 1
    assert {getattr(outcome.error, "status", None) for outcome in outcomes if outcome.error} == {"quantity"}
    assert effect.made() == 1


# Packing


def moments(name: str, erp: str) -> Sequence[int]:
    """Before which of an effect's requests something happens: all, or a seeded one in a short run."""
    return range(1, LAST) if FULL else [Random(f"{SEED} {name} {erp}").randrange(1, 7)]


@pytest.mark.parametrize("name", [name for name, effect in EFFECTS.items() if effect.packs])
def test_an_order_that_is_packed_while_it_is_changed_is_left_as_it_was_packed(
    one: OpenErp, name: str, request: pytest.FixtureRequest
) -> None:
    for place, moment in enumerate(moments(name, request.node.callspec.params["running"])):
        effect = EFFECTS[name](one.port, one.inside, place)
        packing = Packing(one, effect)
        packing.begin(moment)

        outcome = tried(lambda effect=effect, place=place: effect.ask(f"late-{place}"))  # type: ignore[misc]

        was_packed = packing.end()
        assert outcome.error is None or isinstance(outcome.error, (Conflict, Rejected)), outcome
        assert effect.made() == (outcome.error is None)
        assert effect.found(f"late-{place}") == (outcome.error is None)
        if was_packed and name != "redirect":
            assert dict(one.inside.lines(packing.number)) == packing.lines, "it was changed once it was packed"
        if not was_packed:
            return


class Packing:
    """Packs an order just before one of the requests that its effect takes; the embedded ERP's after a moment."""

    def __init__(self, erp: OpenErp, effect: Effect) -> None:
        self._erp = erp
        self.number: str = effect.number  # type: ignore[attr-defined]
        self.lines: dict[str, object] | None = None
        self._ending: Callable[[], None] = lambda: None

    def begin(self, moment: int) -> None:
        """Waits for it."""
        if self._erp.stand_in is None:
            thread = threading.Thread(target=lambda: (time.sleep(moment * 0.0005), self._pack()))
            thread.start()
            self._ending = thread.join
            return
        stand_in, served, count = self._erp.stand_in, self._erp.stand_in.served, Counter[str]()

        def watched(request: Request) -> Reply:
            count["requests"] += 1
            if count["requests"] == moment:
                self._pack()
            return served(request)

        stand_in.served = watched  # type: ignore[method-assign]
        self._ending = lambda: setattr(stand_in, "served", served)

    def end(self) -> bool:
        """Whether it was packed."""
        self._ending()
        return self.lines is not None

    def _pack(self) -> None:
        self._erp.inside.pack(self.number)
        self.lines = dict(self._erp.inside.lines(self.number))

"""Whatever goes wrong at whichever request: an ERP does a thing once or not at all, and its port tells the truth.

The long run tries every kind of fault at every request of every effect; the short one a seeded few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from middleware.errors import FrontdeskError, Malformed, Misconfigured, Unavailable, Unknown
from tests.connectors.conftest import ERPS, NOW, OpenErp
from tests.connectors.erp_effects import EFFECTS
from tests.connectors.test_erp_port_races import tried
from tests.counts import FULL, SEED
from tests.data.backoffice import backoffice
from tests.fakes.stand_in import Fault, Faults, Request
from tests.fakes.stand_ins import ERP_STAND_INS

# What can happen to a request: the answer is lost, a gateway has none, nobody is there, half of the answer comes, it
# comes too late, it isn't the system's, or it can't be read.
KINDS = ("lost", "gateway", "refused", "truncated", "slow", "html", "no_json")
SHORT = 1  # kinds that a short run tries with each effect
PLACES = 30  # no effect takes so many requests
SLOW_SECONDS, PATIENCE_SECONDS = 0.7, 0.4
NOBODY_KNOWS = (Unknown, Malformed)


class OneOf(Faults):
    """Something goes wrong with one request only.

    Attributes:
        happened: Whether it has.
    """

    def __init__(self, kind: str, place: int) -> None:
        super().__init__()
        self._fault = Fault(kind=kind, seconds=SLOW_SECONDS)
        self._left = place
        self.happened = False

    def of(self, request: Request) -> Fault | None:
        """What goes wrong with a request."""
        self._left -= 1
        if self._left:
            return None
        self.happened = True
        return self._fault


def trials() -> Iterator[Any]:
    """Each vendor's ERP with each effect and each kind of fault; some of them in a short run."""
    for erp in ERP_STAND_INS:
        for name in EFFECTS:
            kinds = KINDS if FULL else Random(f"{SEED} {erp} {name}").sample(KINDS, SHORT)
            for kind in kinds:
                yield pytest.param(erp, name, kind, id=f"{erp}: {name}: {kind}")


def places(*of: str) -> Sequence[int]:
    """At which of an effect's requests it happens: at each, one after another, or at one in a short run."""
    return range(1, PLACES) if FULL else [Random(f"{SEED} {of}").randrange(1, 6)]


@pytest.fixture(scope="module", params=list(ERP_STAND_INS))
def running(request: pytest.FixtureRequest) -> OpenErp:
    """Each vendor's ERP in turn."""
    return ERPS[request.param](backoffice(NOW), request)


@pytest.mark.parametrize(("running", "name", "kind"), trials(), indirect=["running"])
def test_whatever_goes_wrong_it_is_done_once_or_not_at_all(
    running: OpenErp, name: str, kind: str, request: pytest.FixtureRequest
) -> None:
    running.lay_anew(backoffice(NOW))
    stand_in = running.stand_in
    assert stand_in is not None
    usual = stand_in.faults
    for place in places(request.node.name):
        # given something that is asked for
        effect, key = EFFECTS[name](running.port, running.inside, place), f"fault-{place}"
        stand_in.faults = faults = OneOf(kind, place)

        # when one of its requests goes wrong
        outcome = tried(lambda: effect.ask(key), PATIENCE_SECONDS if kind == "slow" else None)  # noqa: B023
        stand_in.faults = usual

        # then what is said is true
        assert_true(outcome.error, effect.made())

        # and asked for again, it is done once
        again = tried(lambda: effect.ask(key))  # noqa: B023
        assert again.error is None, again
        assert effect.made() == 1
        assert effect.found(key)
        if not faults.happened:
            return


def assert_true(error: FrontdeskError | None, made: int | Fraction) -> None:
    """Asserts that a call came to such an end as fits what was done; of several parts, a lost answer may leave some."""
    if error is None:
        assert made == 1, "it was told to be done"
    elif isinstance(error, (Unavailable, Misconfigured)):
        assert made == 0, f"it was told that nothing was done: {error!r}"
    else:
        assert isinstance(error, NOBODY_KNOWS), repr(error)
        assert 0 <= made <= 1

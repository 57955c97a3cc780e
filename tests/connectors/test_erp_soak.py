"""A thousand things asked of each vendor's ERP, while answers are lost, orders packed and writers killed.

What was told to be done is done, once; what was refused isn't. The port finds the one by its key, and not the other.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from middleware import connectors, reset, store
from middleware.database import open_engine
from middleware.demo import Data
from middleware.erp.base import Erp
from tests.connectors.conftest import NOW
from tests.connectors.erp_inside import ErpInside
from tests.connectors.erp_soak_worker import (
    DONE,
    HELD_ARTICLES,
    KINDS,
    REFUSED,
    Task,
    key_of,
    kind_of,
    order_of,
    outcomes,
    run,
)
from tests.connectors.erp_told import free
from tests.connectors.soaking import SECONDS_TO_WAIT, Moody, Workers, until_all_are_done
from tests.counts import FULL, seeded
from tests.data.backoffice import TO_BE_CHANGED, TO_BE_RETURNED, backoffice
from tests.fakes.building import environment
from tests.fakes.sap import Sap
from tests.fakes.stand_in import StandIn
from tests.fakes.stand_ins import ERP_STAND_INS, settings_for

WRITES, KILLS = (1000, 100) if FULL else (20, 3)  # a twentieth is more than a test run has time for
PACKED = 4  # of a hundred orders that are to be changed, so many are packed meanwhile
HELD = 3
PAGE = 100  # rows: of a list that is read in many pages, one would always go wrong

# What goes wrong with a request, and how often in a hundred.
MOODS = {"lost": 6, "gateway": 4, "refused": 4, "truncated": 2, "no_json": 1, "throttled": 1}


def soaked(now: datetime) -> Data:
    """The tests' back office, with an order for each number that needs one, and units enough for all who hold some."""
    laid = backoffice(now)
    like = {"change": TO_BE_CHANGED[0], "cancel": TO_BE_CHANGED[0], "return": TO_BE_RETURNED[0]}
    more: dict[str, list[Any]] = {name: [] for name in ("orders", "order_lines", "shipments", "shipment_lines")}
    for number in range(WRITES):
        if kind_of(number) in like:
            _copy(laid, like[kind_of(number)], order_of(number), more)
    wanted = (*HELD_ARTICLES, "BLU-JKT-L")
    others = [row for row in laid.stock if row["sku"] not in wanted]
    full = [
        {"sku": sku, "warehouse": warehouse, "available": 10 * WRITES} for sku in wanted for warehouse in ("EWR", "RNO")
    ]
    rows = {name: [*getattr(laid, name), *added] for name, added in more.items()}
    return replace(laid, **rows, stock=[*others, *full])


def _copy(laid: Data, number: str, as_number: str, more: dict[str, list[Any]]) -> None:
    """An order like another one."""
    more["orders"] += [{**row, "number": as_number} for row in laid.orders if row["number"] == number]
    more["order_lines"] += [
        {**row, "order_number": as_number} for row in laid.order_lines if row["order_number"] == number
    ]
    for parcel in laid.shipments:
        if parcel["order_number"] == number:
            id_ = f"7{as_number}"
            more["shipments"].append({**parcel, "id": id_, "order_number": as_number})
            contents = [row for row in laid.shipment_lines if row["shipment_id"] == parcel["id"]]
            more["shipment_lines"] += [{**row, "shipment_id": id_} for row in contents]


@pytest.fixture(params=list(ERP_STAND_INS))
def stand_in(request: pytest.FixtureRequest) -> Iterator[StandIn]:
    """Each vendor's in turn, holding an order for each number that needs one."""
    with ERP_STAND_INS[request.param]() as one:
        one.lay(soaked(NOW))
        if isinstance(one, Sap):
            one.odata.page = PAGE
        yield one


@pytest.mark.timeout(SECONDS_TO_WAIT + 60)
def test_each_thing_is_done_once_whatever_is_lost_and_whoever_is_killed(stand_in: StandIn, tmp_path: Path) -> None:
    # given an ERP in which anything goes wrong now and then
    chance = seeded()
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store.migrate(url)
    engine = open_engine(url)
    reset.lay(engine, Data(products=backoffice(NOW).products, warehouses=backoffice(NOW).warehouses))
    erp, inside = connectors.erp(settings_for(stand_in), engine), stand_in.inside
    changed = [order_of(number) for number in range(WRITES) if kind_of(number) in ("change", "cancel")]
    seen = {one.number: one.version for one in erp.orders_since("1008", NOW - timedelta(days=30))}
    before = all_free(erp)
    moods = stand_in.faults = Moody(chance, MOODS)

    # when workers have things done, and are killed, and orders are packed
    begun = time.monotonic()
    task = Task(
        environment={**environment(url), **stand_in.environment},
        rules=stand_in.rules,
        writes=WRITES,
        versions={number: seen[number] for number in changed},
    )
    to_be_packed = chance.sample(changed, max(1, len(changed) * PACKED // 100))
    workers = Workers(run, task, tmp_path)

    def pack(done: int) -> None:
        if to_be_packed and done >= WRITES * (1 - len(to_be_packed) / (len(changed) * PACKED / 100 + 1)):
            inside.pack(to_be_packed.pop())

    try:
        kills = until_all_are_done(workers, WRITES, KILLS, chance, pack)
    finally:
        workers.stop()
    took = time.monotonic() - begun

    # then all is as it was told
    moods.is_well = True
    told = outcomes(*tmp_path.glob("done-*"))
    print(
        f"\n{type(stand_in).__name__}: {WRITES} asked for, {Counter(told.values())}, {kills} kills, "
        f"{dict(moods.happened)}, {len(stand_in.requests)} requests, {took:.0f} s"
    )
    assert sorted(told) == list(range(WRITES))
    wrong = {number: outcome for number, outcome in told.items() if not is_so(erp, inside, number, outcome)}
    assert wrong == {}
    assert_kept(erp, inside, told, before)
    engine.dispose()


def is_so(erp: Erp, inside: ErpInside, number: int, outcome: str) -> bool:
    """Whether what was told of a number is what is there."""
    kind, key, order = kind_of(number), key_of(number), order_of(number)
    is_done = outcome == DONE
    if kind in ("reserve", "release"):
        kept = erp.reservation_made_by(key)
        return is_done and kept is not None and kept.is_released == (kind == "release")
    if kind == "return":
        return is_done and inside.returns(order) == 1 and erp.return_made_by(key) is not None
    lines = sorted(inside.lines(order).values())
    afterwards = [] if kind == "cancel" else [("BLU-JKT-L", Decimal(2)), ("MUG-EU", Decimal(1))]
    if lines != (afterwards if is_done else [("BLU-JKT-M", Decimal(1)), ("MUG-EU", Decimal(1))]):
        return False
    return (erp.order_changed_by(order, key) is not None) == is_done


def assert_kept(erp: Erp, inside: ErpInside, told: dict[int, str], before: int) -> None:
    """Asserts that exactly what wasn't given back is kept."""
    assert {outcome for number, outcome in told.items() if kind_of(number) in KINDS[2:]} == {DONE}
    assert set(told.values()) <= {DONE, REFUSED}
    kept = HELD * sum(kind_of(number) == "reserve" for number in told)
    assert before - all_free(erp) == kept
    kept_there = sum(inside.reserved(sku) for sku in HELD_ARTICLES)
    assert kept_there == (kept if erp.capabilities.holds == "native" else 0)


def all_free(erp: Erp) -> int:
    """Units of what is held that others could have."""
    return sum(sum(free(erp, sku).values()) for sku in HELD_ARTICLES)

"""Whoever comes at the same moment, the embedded ERP gives each unit once and loses none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.erp.embedded.client import EmbeddedErp
from middleware.errors import Conflict, Rejected, Unavailable
from middleware.records import OrderChange, Reservation, Return, ReturnReason
from middleware.reset import lay
from tests.data.backoffice import TO_BE_CHANGED, TO_BE_RETURNED, backoffice

T = TypeVar("T")
SEED = 1000  # any number; another one gives other sizes and another order
BOTTLE = "TRV-BTL-750"


def _at_once(calls: Iterable[Callable[[], T]], threads: int) -> list[T | None]:
    """Makes all calls at the same moment; None stands for one that was refused, as it is in the end."""

    end = time.monotonic() + 120

    def attempt(call: Callable[[], T]) -> T | None:
        while time.monotonic() < end:
            try:
                return call()
            except (Rejected, Conflict):
                return None
            except Unavailable:  # the others had it for too long: nothing was done
                continue
        raise AssertionError("it was never its turn")

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(attempt, calls))


def _given(outcomes: list[T | None]) -> list[T]:
    return [one for one in outcomes if one is not None]


def _in_stock(engine: Engine) -> int:
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT sku, available FROM erp_stock")).all()
    assert all(row.available >= 0 for row in rows)
    return sum(row.available for row in rows)


def _ordered(engine: Engine, sku: str) -> int:
    with engine.connect() as connection:
        lines = "SELECT coalesce(sum(quantity), 0) FROM erp_order_lines WHERE sku = :sku AND status <> 'cancelled'"
        return int(connection.execute(sa.text(lines), {"sku": sku}).scalar_one())


def _free(erp: EmbeddedErp, sku: str) -> int:
    return sum(int(level.free) for level in erp.stock(sku))


@pytest.fixture
def erp(database: Engine, now: datetime) -> EmbeddedErp:
    """The ERP, with a thousand bottles in two warehouses."""
    stock = [
        {"sku": BOTTLE, "warehouse": "EWR", "available": 700},
        {"sku": BOTTLE, "warehouse": "RNO", "available": 300},
    ]
    others = [row for row in backoffice(now).stock if row["sku"] != BOTTLE]
    lay(database, replace(backoffice(now), stock=[*stock, *others]))
    return EmbeddedErp(database)


def test_two_hundred_customers_never_hold_more_than_the_last_thousand_units(erp: EmbeddedErp, database: Engine) -> None:
    random = Random(SEED)
    before = _in_stock(database)

    def reserve(place: int) -> Reservation:
        warehouses = (("EWR",), ("RNO",), ("RNO", "EWR"))[place % 3]
        parts = {warehouse: Decimal(random.choice((1, 3, 7, 13, 29))) for warehouse in warehouses}
        return erp.reserve(BOTTLE, parts, customer_number="1001", key=f"r-{place}")

    made = _given(_at_once([lambda place=place: reserve(place) for place in range(200)], threads=200))

    held = sum(int(sum(one.parts.values())) for one in made)
    assert 900 < held <= 1000, "as much as there is is given, and no more"
    assert _in_stock(database) == before - held
    assert [erp.reservation_made_by(f"r-{place}") for place in range(200)].count(None) == 200 - len(made)


def test_what_is_reserved_and_released_by_many_is_all_there_in_the_end(erp: EmbeddedErp, database: Engine) -> None:
    before = _in_stock(database)

    def come_and_go(place: int) -> Reservation:
        made = erp.reserve(BOTTLE, {"EWR": Decimal(place % 7 + 1)}, customer_number="1001", key=f"r-{place}")
        _at_once([lambda: erp.release(made.id)] * 3, threads=3)
        return erp.release(made.id)

    made = _given(_at_once([lambda place=place: come_and_go(place) for place in range(40)], threads=20))

    left = [one for place in range(40) if (one := erp.reservation_made_by(f"r-{place}")) and not one.is_released]
    assert made and all(one.is_released for one in made)
    assert _in_stock(database) == before - sum(int(sum(one.parts.values())) for one in left)


def test_one_key_that_comes_many_times_at_once_is_one_reservation(erp: EmbeddedErp, database: Engine) -> None:
    before = _in_stock(database)

    same = [lambda: erp.reserve(BOTTLE, {"EWR": Decimal(10)}, customer_number="1001", key="same")] * 30
    made = _given(_at_once(same, threads=30))

    assert made and all(one == made[0] for one in made)
    assert _in_stock(database) == before - 10


def test_the_last_unit_goes_into_one_of_many_orders(erp: EmbeddedErp, database: Engine, now: datetime) -> None:
    _set_stock(database, "RED-JKT-L", 1)
    red = OrderChange(line="1", sku="RED-JKT-L")

    changes = [
        lambda number=number: erp.change_order(number, red, version="1", key=f"c-{number}") for number in TO_BE_CHANGED
    ]
    done = _given(_at_once(changes, threads=len(changes)))

    assert len(done) == 1
    assert _ordered(database, "RED-JKT-L") == 1
    assert _free(erp, "RED-JKT-L") == 0


def test_of_two_changes_of_one_order_one_is_made(erp: EmbeddedErp, database: Engine) -> None:
    number = TO_BE_CHANGED[0]
    before = _in_stock(database)
    wanted = (OrderChange(line="1", sku="BLU-JKT-L"), OrderChange(line="1", quantity=Decimal(3)))

    changes = [
        lambda place=place: erp.change_order(number, wanted[place % 2], version="1", key=f"c-{place}")
        for place in range(20)
    ]
    done = _given(_at_once(changes, threads=20))

    assert len(done) == 1
    assert erp.order(number) == done[0]
    assert _in_stock(database) == before - int(done[0].lines[0].quantity - 1)


def test_orders_that_change_places_wait_for_each_other_and_lose_nothing(erp: EmbeddedErp, database: Engine) -> None:
    """Half of them go from M to L, the others from L to M: they need the same rows the other way round."""
    before = _in_stock(database)
    for number in TO_BE_CHANGED[::2]:
        erp.change_order(number, OrderChange(line="1", sku="BLU-JKT-L"), version="1", key=f"first-{number}")

    def swap(place: int) -> bool:
        number = TO_BE_CHANGED[place]
        version, sku = ("1", "BLU-JKT-L") if place % 2 else ("2", "BLU-JKT-M")
        erp.change_order(number, OrderChange(line="1", sku=sku), version=version, key=f"then-{number}")
        return True

    done = _given(_at_once([lambda place=place: swap(place) for place in range(len(TO_BE_CHANGED))], threads=20))

    assert len(done) > len(TO_BE_CHANGED) // 2
    assert _in_stock(database) == before


def test_what_was_delivered_comes_back_once(erp: EmbeddedErp, database: Engine, now: datetime) -> None:
    """Three jackets were delivered, and twenty want to send two back."""
    returns = [lambda place=place: _announce(erp, now, TO_BE_RETURNED[0], 2, f"t-{place}") for place in range(20)]

    made = _given(_at_once(returns, threads=20))

    assert len(made) == 1


def test_returns_that_are_announced_at_once_have_numbers_of_their_own(erp: EmbeddedErp, now: datetime) -> None:
    returns = [lambda number=number: _announce(erp, now, number, 1, f"t-{number}") for number in TO_BE_RETURNED]

    made = _given(_at_once(returns, threads=len(returns)))

    assert len(made) > len(TO_BE_RETURNED) // 2
    assert len({one.number for one in made}) == len(made)


def _announce(erp: EmbeddedErp, now: datetime, order: str, units: int, key: str) -> Return:
    quantities = {"1": Decimal(units)}
    return erp.create_return(order, quantities, reason=ReturnReason.OTHER, words="", return_by=now.date(), key=key)


def _set_stock(engine: Engine, sku: str, units: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE erp_stock SET available = :units WHERE sku = :sku AND warehouse = 'EWR'"),
            {"units": units, "sku": sku},
        )

"""What is said of parcels where the ERP knows when they were sent, but not when they came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actions.returns import ReturnItem
from middleware.erp.presuming import presumed
from middleware.identity import Proof
from middleware.orders import NothingOpen
from middleware.records import Order, OrderStatus, Shipment
from middleware.return_items import Verdict
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_PHONE, ADAS_ACCOUNT, TODAY, Bench, ago, line, order, shipment
from tests.unit.test_actions import ask

ZONE = ZoneInfo("America/New_York")
TRANSIT_DAYS = 7


def judged(*parcels: Shipment, status: OrderStatus = OrderStatus.SHIPPED, **fields: Any) -> Order:
    sent = order("5001", status, placed=40, lines=(line("1", status=status),), shipments=parcels, **fields)
    return presumed(sent, TODAY, ZONE, TRANSIT_DAYS)


def parcel(shipped_at: datetime | None, expected_on: date | None = None) -> Shipment:
    return shipment({"1": 1}, shipped_at=shipped_at, expected_on=expected_on)


def test_a_parcel_should_be_there_on_the_day_on_which_it_is_expected() -> None:
    found = judged(parcel(ago(9), expected_on=TODAY - timedelta(days=4)))

    assert found.due_on == TODAY - timedelta(days=4)
    assert found.shipments[0].delivered_at is None, "nobody knows whether it arrived"


def test_where_none_is_expected_it_is_given_the_days_that_a_parcel_takes() -> None:
    assert judged(parcel(ago(9))).due_on == TODAY - timedelta(days=2)


@pytest.mark.parametrize(("days", "status"), [(7, OrderStatus.SHIPPED), (8, OrderStatus.DUE)])
def test_an_order_is_on_its_way_until_its_last_parcel_should_be_there(days: int, status: OrderStatus) -> None:
    found = judged(parcel(ago(30)), parcel(ago(days)))

    assert (found.status, found.lines[0].status) == (status, status)
    assert found.status.is_open is (status is OrderStatus.SHIPPED)


def test_what_was_sent_on_a_day_that_nobody_knows_stays_on_its_way() -> None:
    assert judged(parcel(None)).status is OrderStatus.SHIPPED


@pytest.mark.parametrize("status", [OrderStatus.PARTLY_SHIPPED, OrderStatus.RETURNED, OrderStatus.CANCELLED])
def test_only_what_was_sent_altogether_is_due(status: OrderStatus) -> None:
    assert judged(parcel(ago(30)), status=status).status is status


@pytest.mark.parametrize(("days", "verdict"), [(3, Verdict.RETURNABLE), (36, Verdict.RETURNABLE), (38, Verdict.OVER)])
async def test_the_days_for_a_return_count_from_there(bench: Callable[..., Bench], days: int, verdict: Verdict) -> None:
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [judged(parcel(ago(days)))]))
    who = await desk.who(Proof(phone=ADA_PHONE))

    [item] = (await desk.middleware.returns.meant(who, "")).items

    assert item.verdict is verdict
    assert item.is_presumed
    assert item.arrived_on == ago(days).astimezone(ZONE).date() + timedelta(days=TRANSIT_DAYS)


async def test_the_last_order_that_should_be_there_is_offered_where_nothing_is_on_its_way(
    bench: Callable[..., Bench],
) -> None:
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [judged(parcel(ago(30)))]))

    found = await desk.middleware.orders.meant(await desk.who(Proof(phone=ADA_PHONE)), "")

    assert isinstance(found, NothingOpen) and found.last and found.last.due_on


@pytest.mark.parametrize(
    ("days", "told"), [(2, "should arrive by Monday, 16 March"), (9, "should have arrived by Monday")]
)
async def test_what_should_be_there_one_day_is_offered_back_in_these_words(
    bench: Callable[..., Bench], days: int, told: str
) -> None:
    desk = bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], [judged(parcel(ago(days)))]))

    said = await ask(desk, ReturnItem, "i want to return it", intent="Return_Request", proof=Proof(phone=ADA_PHONE))

    assert told in said.text

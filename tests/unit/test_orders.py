"""Which orders a customer's words mean, and which an order's number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from middleware.errors import Malformed, NotFound
from middleware.orders import Meant, NothingOpen
from middleware.records import Customer, Money, Order, OrderStatus
from tests.fakes.back_office import FakeErp
from tests.fakes.building import ADAS_ACCOUNT, KNOWN, Bench, ago, line, order

BEN = Customer(number="1002", name="Ben Ortiz", phone="+12015550120")

JACKET = line("alpine jacket", options={"colour": "blue", "size": "M"})

SHIPPED_TENT = order("5003", OrderStatus.SHIPPED, placed=3, lines=(line("two-person tent"),))
LATE_JACKET = order("5002", OrderStatus.DELAYED, placed=12, lines=(JACKET,))
ARRIVED_JACKET = order("5001", OrderStatus.DELIVERED, placed=20, lines=(JACKET,))
OLDER_MUG = order("5000", OrderStatus.DELIVERED, placed=40, lines=(line("mug"),))
CANCELLED = order("4999", OrderStatus.CANCELLED, placed=1, lines=(line("lamp"),))
BENS = replace(order("6001"), customer_number=BEN.number)

MakeBench = Callable[..., Bench]


def erp_with(*orders: Order) -> FakeErp:
    return FakeErp([ADAS_ACCOUNT, BEN], [*orders, BENS])


async def meant(
    bench: Bench, text: str = "where is my order?", number: str | None = None, offered: tuple[str, ...] = ()
) -> Meant | NothingOpen:
    return await bench.middleware.orders.meant(await bench.who(KNOWN), text, number, offered)


async def test_the_only_open_order_is_meant(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(SHIPPED_TENT, ARRIVED_JACKET))

    assert await meant(desk) == Meant(orders=(SHIPPED_TENT,), named=False)


async def test_several_open_orders_are_all_meant_newest_first(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(LATE_JACKET, SHIPPED_TENT, ARRIVED_JACKET, CANCELLED))

    assert await meant(desk) == Meant(orders=(SHIPPED_TENT, LATE_JACKET), named=False)


async def test_with_nothing_open_the_last_that_arrived_is_found(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(OLDER_MUG, ARRIVED_JACKET, CANCELLED))

    assert await meant(desk) == NothingOpen(last=ARRIVED_JACKET)


async def test_an_order_that_arrived_on_a_day_that_the_erp_does_not_say_is_found(bench: MakeBench) -> None:
    dayless = replace(ARRIVED_JACKET, delivered_at=None)
    desk = bench(erp=erp_with(OLDER_MUG, dayless))

    assert await meant(desk) == NothingOpen(last=dayless)


async def test_whoever_has_only_a_cancelled_order_waits_for_nothing(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(CANCELLED))

    assert await meant(desk) == NothingOpen(last=None)


async def test_whoever_never_ordered_has_nothing(bench: MakeBench) -> None:
    desk = bench(erp=erp_with())

    assert await meant(desk) == NothingOpen(last=None)


async def test_an_order_before_the_days_looked_back_on_is_left_out(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(order("4000", placed=181), order("4001", placed=179)))

    found = await meant(desk)

    assert isinstance(found, Meant)
    assert [one.number for one in found.orders] == ["4001"]


@pytest.mark.parametrize("spelling", ["5003", "#5003", "ORD-5003", "0005003", "five zero zero three"])
async def test_an_own_number_in_any_spelling_means_that_order(bench: MakeBench, spelling: str) -> None:
    desk = bench(erp=erp_with(SHIPPED_TENT, LATE_JACKET))

    found = await meant(desk, f"where is {spelling}", spelling)

    assert found == Meant(orders=(SHIPPED_TENT,), named=True)


@pytest.mark.parametrize("spelling", ["4000", "#4000", "ord-4000", " 4000 "])
async def test_an_own_number_from_long_ago_is_found_as_well(bench: MakeBench, spelling: str) -> None:
    old = order("4000", OrderStatus.DELIVERED, placed=400)
    desk = bench(erp=erp_with(SHIPPED_TENT, old))

    assert await meant(desk, "where is it", spelling) == Meant(orders=(old,), named=True)


async def test_anothers_number_and_one_that_does_not_exist_are_told_apart_by_nothing(bench: MakeBench) -> None:
    # given
    desk = bench(erp=erp_with(SHIPPED_TENT))
    errors, calls = [], []

    # when
    for number in (BENS.number, "9999"):
        desk.erp.calls.clear()
        with pytest.raises(NotFound) as caught:
            await meant(desk, f"where is {number}", number)
        errors.append((type(caught.value), caught.value.system, caught.value.operation))
        calls.append(dict(desk.erp.calls))

    # then
    assert errors[0] == errors[1]
    assert calls[0] == calls[1] == {"customers_by_phone": 2, "orders_since": 1, "order": 1}
    assert desk.audit() == ["erp order_status ok", "erp order_status NotFound"] * 2


async def test_an_open_order_is_meant_when_an_arrived_one_fits_too(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(LATE_JACKET, ARRIVED_JACKET, SHIPPED_TENT))

    assert await meant(desk, "where is my jacket?") == Meant(orders=(LATE_JACKET,), named=True)


async def test_all_that_fit_are_meant_when_none_or_several_of_them_are_open(bench: MakeBench) -> None:
    second_late = replace(LATE_JACKET, number="5004", placed_at=ago(11))
    arrived_again = replace(ARRIVED_JACKET, number="5005", placed_at=ago(19))

    several = await meant(bench(erp=erp_with(LATE_JACKET, second_late, ARRIVED_JACKET)), "the jacket")
    none = await meant(bench(erp=erp_with(arrived_again, ARRIVED_JACKET, SHIPPED_TENT)), "the jacket")

    assert several == Meant(orders=(second_late, LATE_JACKET, ARRIVED_JACKET), named=True)
    assert none == Meant(orders=(arrived_again, ARRIVED_JACKET), named=True)


async def test_an_arrived_order_is_meant_when_only_it_fits(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(SHIPPED_TENT, OLDER_MUG))

    assert await meant(desk, "and the mug?") == Meant(orders=(OLDER_MUG,), named=True)


async def test_a_day_that_fits_nothing_means_no_order(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(order("5009", placed=2)))  # a Monday

    assert await meant(desk, "the one from saturday") == Meant(orders=(), named=True)


async def test_the_day_on_which_an_order_was_promised_finds_it(bench: MakeBench) -> None:
    # given two orders, one of them promised for Tuesday
    promised = replace(LATE_JACKET, placed_at=ago(6), promised_on=ago(1).date())
    desk = bench(erp=erp_with(replace(SHIPPED_TENT, placed_at=ago(2)), promised))

    assert await meant(desk, "you said tuesday. where is it?") == Meant(orders=(promised,), named=True)


async def test_a_place_counts_in_the_list_that_was_offered(bench: MakeBench) -> None:
    desk = bench(erp=erp_with(SHIPPED_TENT, LATE_JACKET))

    found = await meant(desk, "the second one", offered=(LATE_JACKET.number, SHIPPED_TENT.number))

    assert found == Meant(orders=(SHIPPED_TENT,), named=True)


@pytest.mark.parametrize(
    ("text", "is_choice"),
    [
        ("the jacket", True),
        ("the first", True),
        ("the most expensive", True),
        ("the one that comes on saturday", False),
        ("cancel the jacket", False),
        ("is it one of these: the tent, the jacket, the tent", False),
        ("yes", False),
    ],
)
async def test_a_choice_names_orders_and_nothing_else(bench: MakeBench, text: str, is_choice: bool) -> None:
    mug = replace(line("mug"), price=Money(amount=Decimal("7.50"), currency="USD"))
    desk = bench(erp=erp_with(replace(SHIPPED_TENT, lines=(mug,)), LATE_JACKET))
    offered = (LATE_JACKET.number, SHIPPED_TENT.number)

    assert await desk.middleware.orders.is_choice(await desk.who(KNOWN), text, offered) is is_choice


async def test_days_are_the_companys(bench: MakeBench) -> None:
    # given an order of Wednesday, 3:30 in the morning in UTC, which was Tuesday night in New York
    late = order("5010", placed=0, placed_at=ago(0, hours=14))
    desk = bench(erp=erp_with(late, order("5011", placed=2)))

    assert await meant(desk, "the one from tuesday") == Meant(orders=(late,), named=True)


async def test_anothers_order_in_the_erps_list_is_never_shown(bench: MakeBench) -> None:
    class Confused(FakeErp):
        def orders_since(self, customer_number: str, since: datetime) -> list[Order]:
            return self.orders

    desk = bench(erp=Confused([ADAS_ACCOUNT], [SHIPPED_TENT, BENS]))

    with pytest.raises(Malformed):
        await meant(desk)

"""The use case of changing an order: which line is meant, what it can become, and that it's changed once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from middleware.changing import UNTOLD, ChangeOfOrder, Found, Item, Proposed, Refused, Search, TooLate, is_about_a_part
from middleware.errors import Conflict, NotAllowed, NotFound, Rejected, Unknown
from middleware.identity import Proof, Who
from middleware.orders import NothingOpen
from middleware.records import Order, OrderChange, OrderStatus
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.building import ADA, ADA_EMAIL, ADAS_ACCOUNT, KNOWN, RENO, Bench, level, line, order, variant

MakeBench = Callable[..., Bench]

VERIFIED = Proof(email=ADA_EMAIL)
GREEN_L = {"colour": "green", "size": "L"}
JACKET = line("alpine jacket", sku="G-L", options=GREEN_L)
SOCKS = line("hiking socks", "2", sku="SCK", quantity=Decimal(2))
VARIANTS = [
    variant("G-L", options=GREEN_L),
    variant("G-M", options={"colour": "green", "size": "M"}),
    variant("B-L", options={"colour": "black", "size": "L"}, price="12"),
]
TO_M = OrderChange(line="1", sku="G-M")


def desk_with(bench: MakeBench, *orders: Order, free: int = 5) -> Bench:
    """Ada in both systems, with these orders."""
    levels = [level("G-M", free), level("G-M", 3, RENO), level("B-L", 5), level("G-L", 5)]
    return bench(FakeCrm([ADA]), FakeErp([ADAS_ACCOUNT], orders, variants=VARIANTS, levels=levels))


async def ada(desk: Bench) -> Who:
    """Ada, surely."""
    return await desk.who(VERIFIED)


async def found(desk: Bench, text: str, **more: object) -> list[str]:
    """The keys of the lines that are meant."""
    answer = await desk.middleware.changing.find(await ada(desk), Search(text=text, **more))  # type: ignore[arg-type]
    assert isinstance(answer, Found)
    return [item.key for item in answer.items]


TWO = (order("5001", placed=2, lines=(JACKET, SOCKS)), order("5002", placed=5, lines=(line("tent", sku="TNT"),)))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("change the jacket", ["5001/1"]),
        ("the green one", ["5001/1"]),
        ("the socks in 5001", ["5001/2"]),
        ("change order 5002", ["5002/1"]),
        ("change order 5001", ["5001/1", "5001/2"]),
        ("my latest order", ["5001/1", "5001/2"]),
        ("the oldest one", ["5002/1"]),
        ("the one from Monday", ["5001/1", "5001/2"]),
        ("the socks that I ordered on Monday", ["5001/2"]),
        ("what I ordered on Saturday", []),
        ("change my order", ["5001/1", "5001/2", "5002/1"]),
    ],
)
async def test_the_lines_that_the_words_mean_are_found(bench: MakeBench, text: str, keys: list[str]) -> None:
    assert await found(desk_with(bench, *TWO), text) == keys


async def test_an_ordinal_picks_from_what_was_listed(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)

    assert await found(desk, "the second one", offered=("5001/1", "5001/2")) == ["5001/2"]
    assert await found(desk, "the first one", offered=("5002", "5001")) == ["5002/1"]


async def test_the_order_last_told_of_is_meant_where_nothing_else_is_named(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)

    assert await found(desk, "change the size", last_told="5002") == ["5002/1"]
    assert await found(desk, "change the jacket", last_told="5002") == ["5001/1"]


async def test_only_lines_that_have_it_are_meant_by_a_size(bench: MakeBench) -> None:
    assert await found(desk_with(bench, *TWO), "wrong size", option="size") == ["5001/1"]


async def test_what_can_be_changed_comes_before_what_fits_as_well(bench: MakeBench) -> None:
    arrived = order("4001", OrderStatus.DELIVERED, placed=20, lines=(JACKET,))

    assert await found(desk_with(bench, arrived, *TWO), "the jacket") == ["5001/1"]


async def test_a_line_that_was_taken_off_is_in_the_order_no_more(bench: MakeBench) -> None:
    gone = line("hiking socks", "2", status=OrderStatus.CANCELLED)

    assert await found(desk_with(bench, order("5001", lines=(JACKET, gone))), "change my order") == ["5001/1"]


async def test_without_an_open_order_the_last_one_that_arrived_is_told(bench: MakeBench) -> None:
    desk = desk_with(bench, order("4001", OrderStatus.DELIVERED, placed=20))

    answer = await desk.middleware.changing.find(await ada(desk), Search(text="change my order"))

    assert isinstance(answer, NothingOpen)
    assert answer.last is not None


async def test_anothers_order_is_not_found(bench: MakeBench) -> None:
    bens = order("6001", customer_number="1002")
    desk = desk_with(bench, *TWO, bens)

    with pytest.raises(NotFound):
        await found(desk, "change order 6001", number="6001")


async def test_a_telephone_alone_proves_too_little(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)

    with pytest.raises(NotAllowed):
        await desk.middleware.changing.find(await desk.who(KNOWN), Search(text="change my order"))


@pytest.mark.parametrize(
    ("text", "is_choice"),
    [
        ("the jacket", True),
        ("5002", True),
        ("the second one", True),
        ("where is the jacket", False),
        ("yes", False),
        ("blue", False),
    ],
)
async def test_a_choice_names_a_line_and_nothing_else(bench: MakeBench, text: str, is_choice: bool) -> None:
    desk = desk_with(bench, *TWO)

    assert await desk.middleware.changing.is_choice(await ada(desk), text, ("5001/1", "5001/2")) is is_choice


@pytest.mark.parametrize(
    ("text", "is_part"),
    [
        ("cancel the socks", True),
        ("cancel the socks in my order", True),
        ("cancel the order with the socks", False),
        ("cancel everything, the socks too", False),
        ("cancel it", False),
    ],
)
def test_cancelling_one_item_is_told_from_cancelling_the_order(text: str, is_part: bool) -> None:
    assert is_about_a_part(text, TWO[0], "en_US") is is_part


async def test_what_a_line_can_become_is_its_products_variants(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)

    product = await desk.middleware.changing.product(await ada(desk), JACKET)

    assert product.choices == {"colour": ["green", "black"], "size": ["L", "M"]}
    assert [one.sku for one in product.like(GREEN_L, but="size")] == ["G-L", "G-M"]
    assert (await desk.middleware.changing.product(await ada(desk), SOCKS)).choices == {}


async def test_what_is_free_is_what_one_warehouse_has(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)

    free = await desk.middleware.changing.free(await ada(desk), ["G-M", "NONE"])

    assert free == {"G-M": Decimal(5), "NONE": Decimal(0)}


async def test_where_an_erp_cant_tell_what_is_free_the_change_itself_is_judged(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)
    desk.erp.fail(Rejected("it counts all variants together", system="erp", status="stock"), only="stock")

    assert await desk.middleware.changing.free(await ada(desk), ["G-M"]) == {"G-M": UNTOLD}


# The change itself


async def proposed(desk: Bench, change: OrderChange = TO_M) -> Proposed:
    """A change of the first order, proposed."""
    answer = await desk.middleware.changing.propose(await ada(desk), desk.erp.orders[0], change)
    assert isinstance(answer, Proposed)
    return answer


async def test_a_change_is_made_once_however_often_the_yes_is_said(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)
    asked = await proposed(desk)

    for _ in range(2):
        done = await desk.middleware.changing.confirm(await ada(desk), asked.key, asked.change)
        assert isinstance(done, Order)
        assert done.lines[0].sku == "G-M"

    assert len(desk.erp.changes) == 1


async def test_the_version_that_was_seen_goes_with_the_change(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", version="7", lines=(JACKET,)))

    asked = await proposed(desk)

    assert asked.change == ChangeOfOrder(number="5001", version="7", change=TO_M)
    assert ChangeOfOrder.of(asked.change.parameters) == asked.change


async def test_a_packed_order_is_not_even_proposed(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", OrderStatus.PACKED, lines=(JACKET,)))

    answer = await desk.middleware.changing.propose(await ada(desk), desk.erp.orders[0], TO_M)

    assert answer == TooLate(order=desk.erp.orders[0])


async def test_an_order_packed_before_the_yes_is_too_late(bench: MakeBench) -> None:
    desk = desk_with(bench, order("5001", lines=(JACKET,)))
    asked = await proposed(desk)
    desk.erp.orders[0] = order("5001", OrderStatus.PACKED, lines=(JACKET,))

    for _ in range(2):  # the second time, the refusal is remembered
        answer = await desk.middleware.changing.confirm(await ada(desk), asked.key, asked.change)
        assert answer == TooLate(order=desk.erp.orders[0])

    assert not desk.erp.changes


async def test_what_was_sold_out_meanwhile_is_refused_as_that(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)
    asked = await proposed(desk)
    desk.erp.levels.clear()

    answer = await desk.middleware.changing.confirm(await ada(desk), asked.key, asked.change)

    assert answer == Refused(order=TWO[0], is_out_of_stock=True)


async def test_what_others_changed_meanwhile_is_left_as_it_is(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)
    asked = await proposed(desk)
    desk.erp.orders[0] = order("5001", version="2", lines=(JACKET,))

    with pytest.raises(Conflict):
        await desk.middleware.changing.confirm(await ada(desk), asked.key, asked.change)


async def test_an_answer_that_was_lost_is_found_by_the_next_yes(bench: MakeBench) -> None:
    desk = desk_with(bench, *TWO)
    asked = await proposed(desk)
    desk.erp.fail(Unknown("lost"), late=True, only="change_order")
    with pytest.raises(Unknown):
        await desk.middleware.changing.confirm(await ada(desk), asked.key, asked.change)
    desk.erp.recover()

    done = await desk.middleware.changing.confirm(await ada(desk), asked.key, asked.change)

    assert isinstance(done, Order)
    assert len(desk.erp.changes) == 1


def test_an_item_is_told_apart_by_order_and_line() -> None:
    assert Item(order=TWO[0], line=SOCKS).key == "5001/2"

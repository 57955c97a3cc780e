"""What every ERP connector must do when an order is changed; each change takes an order that nothing else touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from middleware.erp.base import Erp
from middleware.errors import Conflict, NotFound, Rejected
from middleware.records import BEFORE_PACKING, Address, Money, Order, OrderChange, OrderStatus
from tests.connectors.erp_told import free, is_ours, left
from tests.data.backoffice import BENS_ORDER, STATUSES

ELSEWHERE = Address(address1="1 Dock Road", city="Boston", state="MA", country="US", postcode="02110")
LARGE = {"line": "1", "sku": "BLU-JKT-L"}


def _untouched(erp: Erp, now: datetime) -> Order:
    """An order of one blue jacket in M and one mug."""
    for order in erp.orders_since("1008", now - timedelta(days=30)):
        as_laid = [(line.sku, line.quantity, line.status in BEFORE_PACKING) for line in order.lines]
        if as_laid == [("BLU-JKT-M", 1, True), ("MUG-EU", 1, True)] and order.address != ELSEWHERE:
            return order
    raise AssertionError("all orders have been used up: lay more of them")


def _change(erp: Erp, order: Order, **changed: Any) -> Order:
    known = {"version": order.version, "key": f"c-{order.number}"}
    return erp.change_order(order.number, _of(order, **changed), **known)


def _of(order: Order, **changed: Any) -> OrderChange:
    """A change of a line that is named by its place."""
    ids = {str(place): line.id for place, line in enumerate(order.lines, start=1)}
    line = changed.get("line")
    return OrderChange(**changed | ({} if line is None else {"line": ids.get(line, line)}))


def _changed_by(before: Mapping[str, int], now: Mapping[str, int]) -> int:
    return sum(now.values()) - sum(before.values())


# What a change does


def test_a_line_becomes_another_variant_at_that_ones_price(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)

    done = _change(any_erp, order, line="1", sku="RED-JKT-M")

    jacket, mug = done.lines
    assert (jacket.id, jacket.sku, jacket.quantity) == (order.lines[0].id, "RED-JKT-M", 1)
    assert jacket.options == {"size": "M", "colour": "red"}
    assert jacket.price == Money(amount=Decimal("199.00"), currency="USD")
    assert jacket.status is order.lines[0].status
    assert mug == order.lines[1]
    assert done == any_erp.order(order.number)
    assert done.version != order.version
    assert (done.status, done.address) == (order.status, order.address)


def test_another_variant_is_taken_from_the_fullest_warehouse_and_the_old_one_put_to_most_of_its_kind(
    any_erp: Erp, now: datetime
) -> None:
    order = _untouched(any_erp, now)
    medium, large = free(any_erp, "BLU-JKT-M"), free(any_erp, "BLU-JKT-L")

    _change(any_erp, order, line="1", sku="BLU-JKT-L")

    if is_ours(any_erp):
        assert free(any_erp, "BLU-JKT-L") == large | {"RNO": large["RNO"] - 1}
        assert free(any_erp, "BLU-JKT-M") == medium | {"RNO": medium["RNO"] + 1}


def test_more_of_the_same_takes_only_the_difference_and_keeps_the_price(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    before = free(any_erp, "BLU-JKT-M")

    done = _change(any_erp, order, line="1", quantity=Decimal(4))

    assert done.lines[0] == replace(order.lines[0], quantity=Decimal(4))
    if is_ours(any_erp):
        assert free(any_erp, "BLU-JKT-M") == before | {"RNO": before["RNO"] - 3}


def test_less_of_the_same_gives_the_difference_back(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    before = free(any_erp, "BLU-JKT-M")
    more = _change(any_erp, order, line="1", quantity=Decimal(4))

    fewer = _of(order, line="1", quantity=Decimal(2))
    less = any_erp.change_order(order.number, fewer, version=more.version, key="l")

    assert less.lines[0].quantity == 2
    assert _changed_by(before, free(any_erp, "BLU-JKT-M")) == -1 or not is_ours(any_erp)


def test_article_and_quantity_change_together(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    before = free(any_erp, "BLU-JKT-L")

    done = _change(any_erp, order, line="1", sku="BLU-JKT-L", quantity=Decimal(3))

    assert (done.lines[0].sku, done.lines[0].quantity) == ("BLU-JKT-L", 3)
    assert _changed_by(before, free(any_erp, "BLU-JKT-L")) == -3 or not is_ours(any_erp)


def test_a_line_is_taken_off_and_the_rest_can_still_be_changed(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    before = free(any_erp, "BLU-JKT-M")

    done = _change(any_erp, order, line="1", quantity=Decimal(0))

    assert left(done) == [order.lines[1]]
    assert done.status is order.status
    assert done.is_before_packing
    assert _changed_by(before, free(any_erp, "BLU-JKT-M")) == 1 or not is_ours(any_erp)
    again = any_erp.change_order(order.number, _of(order, address=ELSEWHERE), version=done.version, key="after")
    assert again.address == ELSEWHERE


def test_an_order_whose_last_line_is_taken_off_is_cancelled(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    one_left = _change(any_erp, order, line="1", quantity=Decimal(0))

    last = _of(order, line="2", quantity=Decimal(0))
    done = any_erp.change_order(order.number, last, version=one_left.version, key="last")

    assert done.status is OrderStatus.CANCELLED
    assert not left(done)


def test_an_order_goes_to_another_address(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)

    done = _change(any_erp, order, address=ELSEWHERE)

    assert done.address == ELSEWHERE == any_erp.order(order.number).address
    assert done.lines == order.lines
    assert done.version != order.version


# Once


def test_a_change_is_made_once_per_key(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    first = any_erp.change_order(order.number, _of(order, **LARGE), version=order.version, key="once")
    after = free(any_erp, "BLU-JKT-L")

    assert any_erp.change_order(order.number, _of(order, **LARGE), version=order.version, key="once") == first
    assert free(any_erp, "BLU-JKT-L") == after


def test_the_change_of_a_line_is_found_by_its_key(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    assert any_erp.order_changed_by(order.number, "found") is None

    done = any_erp.change_order(order.number, _of(order, **LARGE), version=order.version, key="found")

    assert any_erp.order_changed_by(order.number, "found") == done
    assert any_erp.order_changed_by(BENS_ORDER, "found") is None


# What is refused. Then nothing is different.


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"line": "99", "quantity": Decimal(1)}, "line"),
        ({"line": "", "quantity": Decimal(1)}, "line"),
        ({"line": "1' OR '1'='1", "quantity": Decimal(1)}, "line"),
        ({"line": "1", "sku": "MUG-EU"}, "variant"),
        ({"line": "1", "sku": "TRV-BTL-750"}, "variant"),
        ({"line": "1", "sku": "BLU-JKT-XXL"}, "variant"),
        ({"line": "1", "sku": "blu-jkt-l"}, "variant"),
        ({"line": "1", "sku": "BLU-JKT-L\x00"}, "variant"),
        ({"line": "1", "sku": "\ud800"}, "variant"),
        ({"line": "1", "sku": "RED-JKT-L"}, "stock"),
        ({"line": "1", "sku": "RED-JKT-M", "quantity": Decimal(8)}, "stock"),
        ({"line": "1", "quantity": Decimal(47)}, "stock"),
        ({"line": "1", "quantity": Decimal("1e9")}, "stock"),
        ({"line": "1", "quantity": Decimal("1e30")}, "stock"),
        ({"line": "2", "quantity": Decimal(2)}, "stock"),
        ({"line": "1", "quantity": Decimal("1.5")}, "quantity"),
        ({"line": "1", "quantity": Decimal(-5)}, "quantity"),
    ],
    ids=str,
)
def test_a_change_that_cant_be_made_leaves_everything_as_it_was(
    any_erp: Erp, now: datetime, changed: dict[str, Any], status: str
) -> None:
    order = _untouched(any_erp, now)
    skus = ("BLU-JKT-M", "BLU-JKT-L", "RED-JKT-M", "MUG-EU")
    before = [free(any_erp, sku) for sku in skus]

    with pytest.raises(Rejected) as caught:
        any_erp.change_order(order.number, _of(order, **changed), version=order.version, key="never")

    assert caught.value.status == status
    assert any_erp.order(order.number) == order
    assert any_erp.order_changed_by(order.number, "never") is None
    assert [free(any_erp, sku) for sku in skus] == before


def test_a_line_isnt_filled_from_two_warehouses(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    most = max(free(any_erp, "RED-JKT-M").values())

    if any_erp.capabilities.warehouse_stock:
        with pytest.raises(Rejected) as caught:
            _change(any_erp, order, line="1", sku="RED-JKT-M", quantity=Decimal(most + 1))
        assert caught.value.status == "stock"


def test_a_change_whose_second_part_cant_be_made_isnt_made_by_half(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)

    with pytest.raises(Rejected):
        _change(any_erp, order, address=ELSEWHERE, line="1", sku="RED-JKT-L")

    assert any_erp.order(order.number) == order


def test_a_line_that_was_taken_off_cant_be_changed(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)
    done = _change(any_erp, order, line="1", quantity=Decimal(0))

    with pytest.raises(Rejected) as caught:
        any_erp.change_order(order.number, _of(order, **LARGE), version=done.version, key="too-late")

    assert caught.value.status == "line"


def test_an_order_that_changed_meanwhile_is_left_alone(any_erp: Erp, now: datetime) -> None:
    order = _untouched(any_erp, now)

    with pytest.raises(Conflict):
        any_erp.change_order(order.number, _of(order, **LARGE), version=order.version + "0", key="c-other")

    assert any_erp.order(order.number) == order


@pytest.mark.parametrize("status", [one for one in STATUSES if one not in BEFORE_PACKING])
def test_an_order_that_has_reached_the_packing_floor_isnt_changed(any_erp: Erp, status: OrderStatus) -> None:
    order = any_erp.order(f"50{STATUSES.index(status) + 1:02}")

    with pytest.raises(Rejected) as caught:
        any_erp.change_order(order.number, _of(order, **LARGE), version=order.version, key=f"c-{status.value}")

    assert caught.value.status == "packed"
    assert any_erp.order(order.number) == order


def test_hostile_input_changes_no_order(any_erp: Erp, hostile: str, now: datetime) -> None:
    order = _untouched(any_erp, now)

    with pytest.raises(NotFound):
        any_erp.change_order(hostile, _of(order, **LARGE), version="1", key="h")
    with pytest.raises(Rejected):
        nowhere = OrderChange(line=hostile, quantity=Decimal(1))
        any_erp.change_order(order.number, nowhere, version=order.version, key="h")
    with pytest.raises(Rejected):
        any_erp.change_order(order.number, _of(order, line="1", sku=hostile), version=order.version, key="h")

    assert any_erp.order(order.number) == order

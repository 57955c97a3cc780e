"""What every ERP connector must do when an order is cancelled, and when the company's people are quicker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from middleware.erp.base import Erp
from middleware.errors import Conflict, NotFound, Rejected
from middleware.records import BEFORE_PACKING, Order, OrderStatus
from tests.connectors.erp_inside import ErpInside
from tests.connectors.erp_told import left, statuses
from tests.data.backoffice import BENS_ORDER, STATUSES


def _waiting(erp: Erp, now: datetime) -> Order:
    """An order that can be cancelled."""
    found = [order for order in erp.orders_since("1008", now - timedelta(days=30)) if order.is_before_packing]
    return found[0]


def test_an_order_before_packing_is_cancelled_with_all_its_lines(
    erp: Erp, erp_inside: ErpInside, now: datetime
) -> None:
    order = _waiting(erp, now)
    assert erp_inside.lines(order.number)

    done = erp.cancel_order(order.number, version=order.version, key="k-all")

    assert done == erp.order(order.number)
    assert done.status is OrderStatus.CANCELLED
    assert not left(done)
    assert done.version != order.version
    assert not erp_inside.lines(order.number)


def test_the_same_key_again_changes_nothing_and_gives_the_same_order(erp: Erp, now: datetime) -> None:
    order = _waiting(erp, now)
    first = erp.cancel_order(order.number, version=order.version, key="k-again")

    assert erp.cancel_order(order.number, version=order.version, key="k-again") == first


def test_a_change_is_found_by_its_key(erp: Erp, now: datetime) -> None:
    order = _waiting(erp, now)
    assert erp.order_changed_by(order.number, "k-found") is None

    done = erp.cancel_order(order.number, version=order.version, key="k-found")

    assert erp.order_changed_by(order.number, "k-found") == done
    assert erp.order_changed_by(order.number, "another") is None
    assert erp.order_changed_by(BENS_ORDER, "k-found") is None


def test_an_order_in_another_state_than_was_seen_is_left_alone(erp: Erp, now: datetime) -> None:
    order = _waiting(erp, now)

    with pytest.raises(Conflict):
        erp.cancel_order(order.number, version=order.version + "0", key="k-other")

    assert erp.order(order.number) == order
    assert erp.order_changed_by(order.number, "k-other") is None


@pytest.mark.parametrize("status", [one for one in STATUSES if one not in BEFORE_PACKING])
def test_an_order_that_has_reached_the_packing_floor_is_left_alone(erp: Erp, status: OrderStatus) -> None:
    order = erp.order(f"50{STATUSES.index(status) + 1:02}")

    with pytest.raises(Rejected):
        erp.cancel_order(order.number, version=order.version, key=f"k-{status.value}")

    assert erp.order(order.number) == order


def test_an_order_that_reaches_the_packing_floor_after_it_was_read_is_left_alone(
    erp: Erp, erp_inside: ErpInside, now: datetime
) -> None:
    order = _waiting(erp, now)
    erp_inside.pack(order.number)

    with pytest.raises((Rejected, Conflict)):
        erp.cancel_order(order.number, version=order.version, key="k-packed")

    packed = erp.order(order.number)
    assert not packed.is_before_packing
    assert len(left(packed)) == len(order.lines)
    with pytest.raises(Rejected) as caught:
        erp.cancel_order(order.number, version=packed.version, key="k-packed-too")
    assert caught.value.status == "packed"


def test_an_order_that_leaves_has_a_parcel_with_all_of_it(erp: Erp, erp_inside: ErpInside, now: datetime) -> None:
    order = _waiting(erp, now)
    erp_inside.ship(order.number)

    sent = erp.order(order.number)

    assert sent.status in statuses(erp, OrderStatus.SHIPPED)
    [parcel] = sent.shipments
    assert parcel.quantities == {line.id: line.quantity for line in order.lines}
    assert parcel.delivered_at is None


def test_an_order_that_doesnt_exist_cannot_be_cancelled(erp: Erp) -> None:
    with pytest.raises(NotFound):
        erp.cancel_order("9999", version="1", key="k-none")


def test_of_many_who_cancel_at_once_one_does(erp: Erp, now: datetime) -> None:
    order = _waiting(erp, now)

    def cancel(place: int) -> str:
        try:
            erp.cancel_order(order.number, version=order.version, key=f"k-many-{place}")
        except (Conflict, Rejected):
            return "refused"
        return "done"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(cancel, range(8)))

    assert outcomes.count("done") == 1


def test_hostile_input_cancels_no_order(erp: Erp, hostile: str) -> None:
    with pytest.raises(NotFound):
        erp.cancel_order(hostile, version="1", key="k")
    assert erp.order_changed_by(hostile, hostile) is None

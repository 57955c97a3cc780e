"""What every ERP connector must do about returns; each that is announced takes an order of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from middleware.erp.base import Capabilities, Erp
from middleware.errors import NotFound, Rejected
from middleware.records import Money, Order, Return, ReturnLine, ReturnReason, ReturnStatus
from tests.connectors.erp_inside import ErpInside
from tests.connectors.erp_told import day, is_ours
from tests.data.backoffice import (
    HALF_ORDER,
    PARTLY_SHIPPED_ORDER,
    REFUNDED_ORDER,
    REFUNDED_RETURN,
    REFUSED_ORDER,
    TO_BE_RETURNED,
    UNDATED_ORDER,
    UNPRICED_ORDER,
    UNTOLD_ORDER,
)

JO = "1009"


def _not_returned(erp: Erp, now: datetime) -> Order:
    """An order of three jackets and two mugs that have arrived."""
    returned = {one.order_number for one in erp.returns_since(JO, now - timedelta(days=500))}
    return erp.order(next(number for number in TO_BE_RETURNED if number not in returned))


def _announce(erp: Erp, order: str, now: datetime, key: str = "", words: str = "too small", **lines: str) -> Return:
    ids = _ids(erp, order)
    places = ((line.removeprefix("line_"), Decimal(units)) for line, units in lines.items())
    quantities = {ids.get(place, place): units for place, units in places}
    last = (now + timedelta(days=20)).date()
    return erp.create_return(
        order, quantities, reason=ReturnReason.TOO_SMALL, words=words, return_by=last, key=key or f"t-{order}"
    )


def _ids(erp: Erp, order: str) -> dict[str, str]:
    """The ERP's ids of an order's lines, by their places."""
    try:
        return {str(place): line.id for place, line in enumerate(erp.order(order).lines, start=1)}
    except NotFound:
        return {}


# What is there


def test_returns_come_newest_first_from_the_moment_on(any_erp: Erp, now: datetime) -> None:
    laid = [REFUNDED_ORDER, REFUSED_ORDER]

    def returned(since: datetime) -> list[str]:
        return [one.order_number for one in any_erp.returns_since(JO, since) if one.order_number in laid]

    assert returned(now - timedelta(days=6)) == laid
    assert returned(now - timedelta(days=5)) == laid[:1]
    if is_ours(any_erp):
        assert returned(now - timedelta(days=6) + timedelta(seconds=1)) == laid[:1]


def test_a_return_says_what_came_back_when_and_what_was_paid(any_erp: Erp, now: datetime) -> None:
    (found,) = (
        one for one in any_erp.returns_since(JO, now - timedelta(days=30)) if one.order_number == REFUNDED_ORDER
    )
    today = now.date()
    if not is_ours(any_erp):
        _assert_refunded(found, now, any_erp.capabilities)
        return

    assert found == Return(
        number=REFUNDED_RETURN,
        customer_number=JO,
        order_number=REFUNDED_ORDER,
        lines=(
            ReturnLine(
                id="1",
                sku="BLU-JKT-M",
                name="alpine jacket",
                options={"size": "M", "colour": "blue"},
                quantity=Decimal(2),
            ),
        ),
        reason=ReturnReason.TOO_SMALL,
        status=ReturnStatus.REFUNDED,
        created_at=now - timedelta(days=5),
        return_by=today + timedelta(days=15),
        received_on=today - timedelta(days=3),
        refund=Money(amount=Decimal("379.98"), currency="USD"),
        refunded_on=today - timedelta(days=1),
    )
    assert found.owner == JO


def _assert_refunded(found: Return, now: datetime, capabilities: Capabilities) -> None:
    """Asserts what a vendor's ERP tells of a return that people dealt with; a part of it, it may not know."""
    assert [(line.sku, line.name, line.quantity) for line in found.lines] == [("BLU-JKT-M", "alpine jacket", 2)]
    assert (found.customer_number, found.owner) == (JO, JO)
    assert found.status not in (ReturnStatus.ANNOUNCED, ReturnStatus.REJECTED)
    assert day(found.created_at) == day(now - timedelta(days=5))
    days = (now.date() + timedelta(days=15), now.date() - timedelta(days=3), now.date() - timedelta(days=1))
    told = (found.return_by, found.received_on, found.refunded_on)
    assert all(one in (None, day) for one, day in zip(told, days, strict=True))
    assert (None not in told) == capabilities.return_days
    assert found.refund in (None, Money(amount=Decimal("379.98"), currency="USD"))


def test_a_customer_who_returned_nothing_has_no_returns(any_erp: Erp, now: datetime) -> None:
    assert list(any_erp.returns_since("1006", now - timedelta(days=500))) == []


# What is announced


def test_people_find_a_return_that_was_announced_once(erp: Erp, erp_inside: ErpInside, now: datetime) -> None:
    order = _not_returned(erp, now)
    assert erp_inside.returns(order.number) == 0

    for _ in range(2):
        _announce(erp, order.number, now, "t-found", line_1="1")

    assert erp_inside.returns(order.number) == 1


def test_a_return_is_announced_with_its_number_and_what_will_be_paid(any_erp: Erp, now: datetime) -> None:
    order = _not_returned(any_erp, now)

    made = _announce(any_erp, order.number, now, line_1="2")

    assert (made.order_number, made.customer_number) == (order.number, JO)
    assert [(line.id, line.sku, line.quantity) for line in made.lines] == [(order.lines[0].id, "BLU-JKT-M", 2)]
    assert (made.reason, made.status) == (ReturnReason.TOO_SMALL, ReturnStatus.ANNOUNCED)
    assert made.return_by == (now + timedelta(days=20)).date()
    known = Money(amount=Decimal("379.98"), currency="USD")
    assert made.refund == known or (made.refund is None and not is_ours(any_erp))
    assert (made.received_on, made.refunded_on) == (None, None)
    assert made.created_at.utcoffset() is not None
    assert made in any_erp.returns_since(JO, now - timedelta(days=1))
    assert any_erp.order(order.number) == order


def test_numbers_follow_each_other(any_erp: Erp, now: datetime) -> None:
    numbers = [_announce(any_erp, _not_returned(any_erp, now).number, now, line_1="1").number for _ in range(3)]
    assert len(set(numbers)) == 3
    if not is_ours(any_erp):
        return
    first = int(numbers[0].removeprefix("R-"))

    assert numbers == [f"R-{first + place}" for place in range(3)]
    assert first > int(REFUNDED_RETURN.removeprefix("R-"))


def test_a_return_is_announced_once_per_key(any_erp: Erp, now: datetime) -> None:
    order = _not_returned(any_erp, now)
    first = _announce(any_erp, order.number, now, "t-once", line_1="3")

    assert _announce(any_erp, order.number, now, "t-once", line_1="3") == first
    assert any_erp.return_made_by("t-once") == first
    assert any_erp.return_made_by("t-never") is None


def test_several_lines_come_back_together_each_unit_once(any_erp: Erp, now: datetime) -> None:
    order = _not_returned(any_erp, now)
    both = _announce(any_erp, order.number, now, "t-both", line_2="1", line_1="2")

    assert [(line.id, line.quantity) for line in both.lines] == [(order.lines[0].id, 2), (order.lines[1].id, 1)]
    assert both.refund is None or not is_ours(any_erp), "no sum of dollars and euros"
    with pytest.raises(Rejected) as caught:
        _announce(any_erp, order.number, now, "t-more", line_1="2")
    assert caught.value.status == "quantity"
    assert any_erp.return_made_by("t-more") is None

    rest = _announce(any_erp, order.number, now, "t-rest", line_1="1", line_2="1")
    assert rest.number != both.number
    with pytest.raises(Rejected):
        _announce(any_erp, order.number, now, "t-again", line_1="1")


@pytest.mark.parametrize("order", [UNTOLD_ORDER, UNDATED_ORDER, REFUSED_ORDER])
def test_where_no_parcel_tells_it_a_delivered_order_has_arrived_whole(any_erp: Erp, now: datetime, order: str) -> None:
    assert _announce(any_erp, order, now, line_1="3").lines[0].quantity == 3


def test_only_what_has_arrived_can_come_back(any_erp: Erp, now: datetime) -> None:
    if not any_erp.capabilities.deliveries:  # what was sent may have arrived
        assert _announce(any_erp, HALF_ORDER, now, "t-half", line_1="3").lines[0].quantity == 3
        return
    with pytest.raises(Rejected):
        _announce(any_erp, HALF_ORDER, now, "t-half", line_1="3")

    assert _announce(any_erp, HALF_ORDER, now, "t-half", line_1="2").lines[0].quantity == 2


def test_what_isnt_priced_has_no_refund_yet(any_erp: Erp, now: datetime) -> None:
    refund = _announce(any_erp, UNPRICED_ORDER, now, line_1="1").refund

    assert refund is None or (refund.amount == 0 and not is_ours(any_erp))


@pytest.mark.parametrize("number", ["5001", "5002", "5003", "5004", "5006", "5008", "5009"])
def test_what_hasnt_arrived_is_cancelled_or_went_back_already_cant_come_back(
    any_erp: Erp, now: datetime, number: str
) -> None:
    if number == "5004" and not any_erp.capabilities.deliveries:  # it was sent, and may have arrived
        assert _announce(any_erp, number, now, line_1="1").order_number == number
        return
    with pytest.raises(Rejected) as caught:
        _announce(any_erp, number, now, line_1="1")

    # Of an order that is cancelled, a vendor's ERP may have no lines left.
    assert caught.value.status == "quantity" or (caught.value.status == "line" and number == "5009")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ({}, "line"),
        ({"line_9": "1"}, "line"),
        ({"line_1": "1", "line_9": "1"}, "line"),
        ({"line_1": "0"}, "quantity"),
        ({"line_1": "-1"}, "quantity"),
        ({"line_1": "0.5"}, "quantity"),
        ({"line_1": "4"}, "quantity"),
        ({"line_1": "1e30"}, "quantity"),
        ({"line_2": "1", "line_1": "4"}, "quantity"),
    ],
    ids=str,
)
def test_what_makes_no_sense_isnt_announced(any_erp: Erp, now: datetime, lines: dict[str, str], status: str) -> None:
    order = _not_returned(any_erp, now)
    before = any_erp.returns_since(JO, now - timedelta(days=500))

    with pytest.raises(Rejected) as caught:
        _announce(any_erp, order.number, now, "t-nonsense", **lines)

    assert caught.value.status == status
    assert any_erp.returns_since(JO, now - timedelta(days=500)) == before
    assert any_erp.return_made_by("t-nonsense") is None


def test_a_line_that_came_in_part_comes_back_in_part(any_erp: Erp, now: datetime) -> None:
    with pytest.raises(Rejected):
        _announce(any_erp, PARTLY_SHIPPED_ORDER, now, "t-pegs", line_2="31")
    if any_erp.capabilities.deliveries:
        with pytest.raises(Rejected):
            _announce(any_erp, PARTLY_SHIPPED_ORDER, now, "t-pegs", line_2="21")
    with pytest.raises(Rejected):
        _announce(any_erp, PARTLY_SHIPPED_ORDER, now, "t-tent", line_3="1")

    assert _announce(any_erp, PARTLY_SHIPPED_ORDER, now, "t-pegs", line_2="20").lines[0].sku == "TNT-PEG"


def test_an_order_that_doesnt_exist_cant_come_back(any_erp: Erp, now: datetime) -> None:
    with pytest.raises(NotFound):
        _announce(any_erp, "9999", now, line_1="1")


def test_hostile_input_announces_nothing(any_erp: Erp, hostile: str, now: datetime) -> None:
    order = _not_returned(any_erp, now)

    assert list(any_erp.returns_since(hostile, now - timedelta(days=500))) == []
    assert any_erp.return_made_by(hostile) is None
    with pytest.raises(NotFound):
        _announce(any_erp, hostile, now, line_1="1")
    with pytest.raises(Rejected):
        _announce(any_erp, order.number, now, **{hostile: "1"})

    assert any_erp.return_made_by(f"t-{order.number}") is None


def test_whatever_the_customer_says_the_return_is_announced(any_erp: Erp, hostile: str, now: datetime) -> None:
    order = any_erp.order(REFUNDED_ORDER)

    made = _announce(any_erp, order.number, now, "t-words", hostile, line_1="1")

    assert made == any_erp.return_made_by("t-words")

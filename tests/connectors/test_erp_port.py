"""What every ERP connector must do, whatever system is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from middleware.erp.base import Erp
from middleware.errors import NotFound
from middleware.records import BEFORE_PACKING, Address, Money, Order, OrderLine, OrderStatus
from tests.connectors.erp_told import day, is_delivered_at, is_ours, is_placed_at, left, statuses
from tests.data.backoffice import (
    ACME,
    ADA,
    BENS_ORDER,
    DORA,
    LONG_ORDER,
    LONG_ORDER_LINES,
    NOBODY,
    OLD_ORDER,
    PARTLY_SHIPPED_ORDER,
    SHARED,
    STATUSES,
)


def numbers(orders: Sequence[Order]) -> list[str]:
    """What orders are called."""
    return [order.number for order in orders]


def _number_of(erp: Erp, email: str) -> str:
    (customer,) = erp.customers_by_email(email)
    return customer.number


# Customers


def test_an_account_is_found_by_phone_with_everything_that_is_on_file(erp: Erp) -> None:
    (customer,) = erp.customers_by_phone(ADA)

    assert (customer.number, customer.name) == ("1001", "Ada Lovett")
    assert (customer.email, customer.phone) == ("ada@example.com", ADA)
    assert customer.address == Address(
        address1="48 Mercer Street", city="Jersey City", state="NJ", country="US", postcode="07302"
    )
    assert customer.contact_name is None


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM"])
def test_an_account_is_found_by_email_in_any_case(erp: Erp, email: str) -> None:
    (customer,) = erp.customers_by_email(email)

    assert customer.name == "Ada Lovett"


def test_two_accounts_with_one_phone_are_both_returned(erp: Erp) -> None:
    customers = erp.customers_by_phone(SHARED)

    assert sorted(customer.name for customer in customers) == ["Ben Ortiz", "Cora Lindqvist"]


@pytest.mark.parametrize("email", ["emil@example.com", "EMIL@example.com"])
def test_a_company_is_found_by_the_email_of_a_person_who_acts_for_it(erp: Erp, email: str) -> None:
    if not erp.capabilities.contacts:
        assert list(erp.customers_by_email(email)) == []
        return
    (customer,) = erp.customers_by_email(email)

    assert (customer.name, customer.contact_name) == ("Acme Rentals", "Emil Novák")
    assert customer.email == "office@example.com", "the account's own, not the person's"


def test_a_person_who_acts_for_two_companies_finds_both(erp: Erp) -> None:
    for customers in (erp.customers_by_phone(DORA), erp.customers_by_email("dora@example.com")):
        if not erp.capabilities.contacts:
            assert list(customers) == []
            continue
        assert sorted(customer.name for customer in customers) == ["Acme Rentals", "Borealis Tools"]
        assert {customer.contact_name for customer in customers} == {"Dora Klein"}


def test_a_company_whose_phone_is_also_its_contact_persons_comes_once(erp: Erp) -> None:
    (customer,) = erp.customers_by_phone(ACME)

    assert customer.name == "Acme Rentals"


def test_no_account_is_found_by_a_phone_or_email_that_isnt_on_file(erp: Erp) -> None:
    assert list(erp.customers_by_phone(NOBODY)) == []
    assert list(erp.customers_by_email("nobody@example.com")) == []


@pytest.mark.parametrize("part", [ADA[:-1], ADA[1:], ADA + "0", ADA[-7:]])
def test_part_of_a_phone_number_finds_no_account(erp: Erp, part: str) -> None:
    assert list(erp.customers_by_phone(part)) == []


def test_an_account_is_read_by_its_number(erp: Erp) -> None:
    assert [erp.customer(_number_of(erp, "ada@example.com"))] == list(erp.customers_by_phone(ADA))


def test_an_account_that_doesnt_exist_is_not_found(erp: Erp) -> None:
    with pytest.raises(NotFound) as caught:
        erp.customer("4711")

    assert caught.value.system == "erp"
    assert "4711" not in str(caught.value)


# Orders


def test_orders_come_newest_first_from_the_moment_on(erp: Erp, now: datetime) -> None:
    orders = erp.orders_since(_number_of(erp, "ada@example.com"), now - timedelta(days=30))

    assert [order.number for order in orders] == [f"500{position}" for position in range(1, 10)]
    assert all(is_placed_at(erp, one.placed_at, now - timedelta(days=days)) for days, one in enumerate(orders, start=1))
    assert {order.owner for order in orders} == {"1001"}


def test_older_orders_come_only_when_asked_for(erp: Erp, now: datetime) -> None:
    orders = erp.orders_since(_number_of(erp, "ada@example.com"), now - timedelta(days=500))

    assert orders[-1].number == OLD_ORDER
    assert len(orders) == 10


def test_an_order_placed_at_the_very_moment_is_among_them(erp: Erp, now: datetime) -> None:
    ada = _number_of(erp, "ada@example.com")
    elsewhere = timezone(timedelta(hours=-5))

    at = erp.orders_since(ada, (now - timedelta(days=3)).astimezone(elsewhere))
    after = erp.orders_since(ada, now - timedelta(days=3) + timedelta(seconds=1))

    assert [order.number for order in at] == ["5001", "5002", "5003"]
    assert [order.number for order in after] == (["5001", "5002"] if erp.capabilities.order_times else numbers(at))


def test_a_customer_without_orders_has_none(erp: Erp, now: datetime) -> None:
    assert list(erp.orders_since(_number_of(erp, "gil@example.com"), now - timedelta(days=500))) == []


def test_the_list_holds_the_same_orders_as_reading_each_one(erp: Erp, now: datetime) -> None:
    orders = erp.orders_since(_number_of(erp, "ada@example.com"), now - timedelta(days=500))

    assert list(orders) == [erp.order(order.number) for order in orders]


@pytest.mark.parametrize("status", STATUSES)
def test_an_order_in_each_state_is_understood(erp: Erp, status: OrderStatus) -> None:
    order = erp.order(f"500{STATUSES.index(status) + 1}")

    assert order.status in statuses(erp, status)
    if status is not OrderStatus.PARTLY_SHIPPED and not (status is OrderStatus.CANCELLED and not left(order)):
        assert len(order.lines) == 1
        one = order.lines[0].status
        assert one in statuses(erp, status) or {one, status} <= set(BEFORE_PACKING)


def test_an_order_is_read_whoever_owns_it(erp: Erp) -> None:
    assert erp.order(BENS_ORDER).owner == _number_of(erp, "ben@example.com")


def test_an_order_that_doesnt_exist_is_not_found(erp: Erp) -> None:
    with pytest.raises(NotFound) as caught:
        erp.order("4711")

    assert caught.value.system == "erp"
    assert "4711" not in str(caught.value)


def test_a_line_has_its_product_options_in_the_erps_order_and_its_exact_price(erp: Erp) -> None:
    (line,) = erp.order("5001").lines

    assert line == OrderLine(
        id=line.id,
        sku="BLU-JKT-M",
        name="alpine jacket",
        options={"size": "M", "colour": "blue"},
        category="clothing",
        quantity=Decimal(1),
        price=Money(amount=Decimal("189.99"), currency="USD"),
        status=line.status,
    )
    assert list(line.options) == ["size", "colour"]


def test_money_is_exact_and_carries_its_currency(erp: Erp) -> None:
    lines = [*erp.order(PARTLY_SHIPPED_ORDER).lines, *erp.order(BENS_ORDER).lines]

    assert [line.price.amount for line in lines] == list(map(Decimal, ("189.99", "0.05", "1234.50", "7.50")))
    assert [line.price.currency for line in lines] == ["USD", "USD", "USD", "EUR"]
    assert all(type(line.price.amount) is Decimal and type(line.quantity) is Decimal for line in lines)


def test_many_lines_keep_their_order(erp: Erp) -> None:
    quantities = [line.quantity for line in erp.order(LONG_ORDER).lines]

    assert quantities == list(range(1, LONG_ORDER_LINES + 1))


def test_a_partly_shipped_order_says_what_is_in_which_parcel(erp: Erp, now: datetime) -> None:
    order = erp.order(PARTLY_SHIPPED_ORDER)
    jackets, pegs, tent = order.lines
    arrived, travelling = order.shipments

    assert [line.quantity for line in order.lines] == [2, 50, 1]
    assert jackets.status in statuses(erp, OrderStatus.DELIVERED)
    assert pegs.status is OrderStatus.PARTLY_SHIPPED
    assert tent.status in statuses(erp, OrderStatus.PICKING)
    assert arrived.quantities == {jackets.id: 2, pegs.id: 20}
    assert travelling.quantities == {pegs.id: 10}
    assert not any(tent.id in shipment.quantities for shipment in order.shipments)
    assert is_delivered_at(erp, arrived.delivered_at, now - timedelta(days=3))
    assert travelling.delivered_at is None
    assert travelling.shipped_at is not None
    assert day(travelling.shipped_at) == day(now - timedelta(days=2))
    if is_ours(erp):
        assert travelling.expected_on == (now + timedelta(days=1)).date()


def test_a_parcel_has_its_carrier_and_tracking_number_where_the_erp_knows_such(erp: Erp) -> None:
    parcels = [(one.carrier, one.tracking) for one in erp.order(PARTLY_SHIPPED_ORDER).shipments]

    if erp.capabilities.tracking:
        assert parcels == [("UPS", "1Z 999"), ("FedEx", "7712 3456 0098")]
    else:
        assert parcels == [(None, None)] * 2


def test_a_parcel_of_an_unknown_carrier_has_none(erp: Erp) -> None:
    (shipment,) = erp.order("5004").shipments

    assert (shipment.carrier, shipment.tracking) == (None, None)


def test_an_order_that_hasnt_left_has_no_parcels(erp: Erp) -> None:
    assert erp.order("5001").shipments == ()


def test_a_late_order_says_what_was_promised_and_what_is_expected_now(erp: Erp, now: datetime) -> None:
    order = erp.order("5006")

    assert (order.promised_on, order.expected_on) == (now.date(), now.date() + timedelta(days=4))


def test_a_delivered_order_says_when(erp: Erp, now: datetime) -> None:
    order = erp.order("5007")

    assert is_delivered_at(erp, order.delivered_at, now - timedelta(days=7) + timedelta(hours=30))


def test_an_order_has_its_own_address(erp: Erp) -> None:
    assert erp.order(BENS_ORDER).address == Address(
        address1="48 Mercer Street",
        address2="Apt 3B",
        city="Jersey City",
        state="NJ",
        country="US",
        postcode="07302",
    )


def test_moments_carry_a_zone_and_days_are_days(erp: Erp, now: datetime) -> None:
    for order in erp.orders_since(_number_of(erp, "ada@example.com"), now - timedelta(days=500)):
        moments = [order.placed_at, order.delivered_at]
        days = [order.promised_on, order.expected_on]
        for shipment in order.shipments:
            moments += [shipment.shipped_at, shipment.delivered_at]
            days.append(shipment.expected_on)
        assert all(moment.utcoffset() is not None for moment in moments if moment is not None)
        assert all(type(day) is date for day in days if day is not None)


def test_hostile_input_finds_no_account_and_no_order(erp: Erp, hostile: str, now: datetime) -> None:
    assert list(erp.customers_by_phone(hostile)) == []
    assert list(erp.customers_by_email(hostile)) == []
    assert list(erp.orders_since(hostile, now - timedelta(days=500))) == []
    with pytest.raises(NotFound):
        erp.customer(hostile)
    with pytest.raises(NotFound):
        erp.order(hostile)
    assert erp.customers_by_phone(ADA), "it still answers"

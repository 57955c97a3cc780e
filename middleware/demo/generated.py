"""Fills the demo's order numbers around the told orders, in the order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from middleware.demo import catalogue
from middleware.demo.calendar import Calendar
from middleware.demo.customers import Account, accounts, is_company
from middleware.demo.orders import address_of, shipment_id
from middleware.records import Order, OrderLine, OrderStatus, Shipment

FIRST_NUMBER = 10001
LAST_NUMBER = 10060

_SEED = 10001  # any number; another one gives another company's year
_YEAR = timedelta(days=350)
_RECENT_FROM = 10023  # told, and placed last week: what is older has come to its end
_OLD = {10005: OrderStatus.CANCELLED, 10010: OrderStatus.RETURNED, 10016: OrderStatus.CANCELLED}
# From the oldest of the recent orders to the newest; those after the last name are just placed.
_RECENT = (
    *[OrderStatus.DELIVERED] * 2,
    *[OrderStatus.SHIPPED] * 2,
    OrderStatus.DELAYED,
    *[OrderStatus.SHIPPED] * 2,
    OrderStatus.PARTLY_SHIPPED,
    OrderStatus.DELAYED,
    OrderStatus.SHIPPED,
    OrderStatus.CANCELLED,
    OrderStatus.SHIPPED,
    OrderStatus.PARTLY_SHIPPED,
    OrderStatus.SHIPPED,
    *[OrderStatus.PACKED] * 4,
    *[OrderStatus.PICKING] * 5,
)
_SHIPPED = {OrderStatus.SHIPPED, OrderStatus.PARTLY_SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED}
_CARRIERS = {"FedEx": "7712 {} {}", "UPS": "1Z 84F 2W7 03 {} {}", "USPS": "9400 1118 9922 {} {} 02"}


def fill(told: Sequence[Order], calendar: Calendar) -> list[Order]:
    """Gives the told orders with generated ones for all other numbers, by number."""
    placed = {int(order.number): order for order in told}
    generator = _Generator(calendar)
    statuses = iter(_RECENT)
    for number, moment in _moments(placed, calendar.now, Random(_SEED)).items():
        if number < _RECENT_FROM:
            status = _OLD.get(number, OrderStatus.DELIVERED)
        else:
            status = next(statuses, OrderStatus.PLACED)
        placed[number] = generator.order(str(number), status, moment)
    return [placed[number] for number in sorted(placed)]


def _moments(told: dict[int, Order], now: datetime, random: Random) -> dict[int, datetime]:
    """When the missing numbers were placed: spread between their told neighbours, a little unevenly."""
    ends = [(FIRST_NUMBER - 1, now - _YEAR), (LAST_NUMBER + 1, now)]
    known = sorted([*ends, *((number, order.placed_at) for number, order in told.items())])
    found = {}
    for (before, begin), (after, end) in pairwise(known):
        for number in range(before + 1, after):
            share = (number - before + random.uniform(-0.3, 0.3)) / (after - before)
            found[number] = (begin + (end - begin) * share).replace(second=0, microsecond=0)
    return found


class _Generator:
    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._random = Random(_SEED)
        self._orders_of: Counter[str] = Counter()

    def order(self, number: str, status: OrderStatus, placed_at: datetime) -> Order:
        account = self._customer(status, placed_at)
        lines = self._lines(status, is_company(account))
        shipments = self._shipments(number, status, placed_at, lines)
        promised_on, expected_on = self._days(status, placed_at)
        arrived = status in (OrderStatus.DELIVERED, OrderStatus.RETURNED)
        return Order(
            number=number,
            customer_number=account.number,
            placed_at=placed_at,
            status=status,
            lines=lines,
            shipments=shipments,
            promised_on=promised_on,
            expected_on=expected_on,
            delivered_at=shipments[-1].delivered_at if arrived else None,
            address=address_of(account.number),
        )

    def _customer(self, status: OrderStatus, placed_at: datetime) -> Account:
        """Whoever has the fewest orders among those to whom such an order may belong."""
        age = self._calendar.now - placed_at
        fitting = [account for account in accounts().values() if _may_have(account, status, age)]
        fewest = min(self._orders_of[account.number] for account in fitting)
        chosen = self._random.choice([one for one in fitting if self._orders_of[one.number] == fewest])
        self._orders_of[chosen.number] += 1
        return chosen

    def _lines(self, status: OrderStatus, company: bool) -> tuple[OrderLine, ...]:
        partly = status is OrderStatus.PARTLY_SHIPPED
        count = 3 if partly else self._random.randint(1, 3)
        skus = self._random.sample(list(catalogue.variants()), count)
        most = 20 if company else 2
        statuses = (OrderStatus.SHIPPED, status, OrderStatus.PICKING) if partly else (status,) * count
        return tuple(
            catalogue.order_line(
                str(position),
                sku,
                self._random.randint(2 if line_status is OrderStatus.PARTLY_SHIPPED else 1, most),
                line_status,
            )
            for position, (sku, line_status) in enumerate(zip(skus, statuses, strict=True), start=1)
        )

    def _days(self, status: OrderStatus, placed_at: datetime) -> tuple[date, date | None]:
        """The day that was promised, and the day that is expected now."""
        today, placed_on = self._calendar.today, self._calendar.day_of(placed_at)
        if status is OrderStatus.CANCELLED:
            return placed_on + timedelta(days=5), None
        if status is OrderStatus.DELAYED:
            promised_on = placed_on + timedelta(days=3)
            return promised_on, max(promised_on, today) + timedelta(days=self._random.randint(3, 6))
        if status in (OrderStatus.DELIVERED, OrderStatus.RETURNED):
            return placed_on + timedelta(days=4), placed_on + timedelta(days=4)
        promised_on = max(placed_on + timedelta(days=5), today + timedelta(days=self._random.randint(1, 3)))
        return promised_on, promised_on

    def _shipments(
        self, number: str, status: OrderStatus, placed_at: datetime, lines: tuple[OrderLine, ...]
    ) -> tuple[Shipment, ...]:
        whole = {line.id: line.quantity for line in lines}
        if status in (OrderStatus.DELIVERED, OrderStatus.RETURNED):
            return (self._arrived(shipment_id(number, 1), placed_at, whole),)
        if status is OrderStatus.SHIPPED:
            return (self._on_its_way(shipment_id(number, 1), placed_at, 0.5, whole),)
        if status is OrderStatus.PARTLY_SHIPPED:
            first, second, _ = lines
            return (
                self._on_its_way(shipment_id(number, 1), placed_at, 0.3, {first.id: first.quantity}),
                self._on_its_way(shipment_id(number, 2), placed_at, 0.6, {second.id: Decimal(1)}),
            )
        return ()

    def _arrived(self, id_: str, placed_at: datetime, quantities: dict[str, Decimal]) -> Shipment:
        placed_on = self._calendar.day_of(placed_at)
        delivered = time(self._random.randint(9, 18), self._random.randint(0, 59))
        carrier, tracking = self._tracking()
        return Shipment(
            id=id_,
            quantities=quantities,
            shipped_at=self._calendar.at(placed_on + timedelta(days=1), time(15, self._random.randint(0, 59))),
            carrier=carrier,
            tracking=tracking,
            expected_on=placed_on + timedelta(days=4),
            delivered_at=self._calendar.at(placed_on + timedelta(days=3), delivered),
        )

    def _on_its_way(self, id_: str, placed_at: datetime, share: float, quantities: dict[str, Decimal]) -> Shipment:
        """A parcel that left after a share of the time since the order was placed."""
        shipped_at = placed_at + (self._calendar.now - placed_at) * share
        carrier, tracking = self._tracking()
        return Shipment(
            id=id_,
            quantities=quantities,
            shipped_at=shipped_at.replace(second=0, microsecond=0),
            carrier=carrier,
            tracking=tracking,
            expected_on=self._calendar.today + timedelta(days=self._random.randint(1, 3)),
        )

    def _tracking(self) -> tuple[str, str]:
        carrier = self._random.choice(list(_CARRIERS))
        digits = [f"{self._random.randint(0, 9999):04}" for _ in range(2)]
        return carrier, _CARRIERS[carrier].format(*digits)


def _may_have(account: Account, status: OrderStatus, age: timedelta) -> bool:
    if account.orders == "told":
        return False
    if account.orders == "delivered":
        return status is OrderStatus.DELIVERED and age > timedelta(days=30)
    # A company gets its invoice by the month: with nothing shipped lately, last month has but one.
    return not is_company(account) or status not in _SHIPPED or age > timedelta(days=100)

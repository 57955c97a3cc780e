"""Where fulfillment lines stand, by what shipping reports; their own status words are the company's.

Oracle splits a line of which a part is sent: what the customer ordered as one line may be several fulfillment lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from middleware.erp.oracle.rows import DetailRow, LineRow, ShipmentRow
from middleware.erp.oracle.settings import OracleRules
from middleware.records import BEFORE_PACKING, OrderStatus

_FIRST_DAY = date(1970, 1, 1)  # what lies before it says that there is none
_DONE = (OrderStatus.RETURNED, OrderStatus.DELIVERED, OrderStatus.SHIPPED)
# What is behind is told first.
_WAITING = (OrderStatus.PACKED, OrderStatus.DELAYED, OrderStatus.PICKING)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A fulfillment line with what is in shipments of it.

    Attributes:
        promised_on: The day first promised; `expected_on`: the day now expected.
        delivered_at: When the last of it arrived, if anything did.
        arrived: Units that have arrived.
    """

    row: LineRow
    shipments: Sequence[ShipmentRow]
    status: OrderStatus
    promised_on: date | None
    expected_on: date | None
    delivered_at: datetime | None
    arrived: Decimal

    @property
    def number(self) -> str:
        """The number of the customer's line that it is a part of."""
        number = self.row.SourceTransactionLineNumber
        return str(self.row.FulfillLineId if number is None else number)

    @property
    def id(self) -> str:
        """Oracle's id of it."""
        return str(self.row.FulfillLineId)


def part(row: LineRow, shipments: Sequence[ShipmentRow], rules: OracleRules, zone: ZoneInfo) -> Part:
    """Judges one fulfillment line."""
    promised_on, expected_on = day(row.RequestedArrivalDate, zone), day(row.ScheduleArrivalDate, zone)
    status = _standing(row, shipments, rules)
    is_late = promised_on is not None and expected_on is not None and promised_on < expected_on
    if is_late and status in BEFORE_PACKING:
        status = OrderStatus.DELAYED
    return Part(
        row=row,
        shipments=shipments,
        status=status,
        promised_on=promised_on,
        expected_on=expected_on,
        delivered_at=max(filter(None, (moment(one.ActualDeliveryDate) for one in row.lineDetails.items)), default=None),
        arrived=_arrived(row, shipments, status),
    )


def together(statuses: Iterable[OrderStatus]) -> OrderStatus:
    """Where something stands whose parts stand so."""
    stands = set(statuses)
    if stands <= {OrderStatus.CANCELLED}:
        return OrderStatus.CANCELLED
    left = stands - {OrderStatus.CANCELLED}
    for place, furthest in enumerate(_DONE, start=1):
        if left <= set(_DONE[:place]):
            return furthest
    if left & {*_DONE, OrderStatus.PARTLY_SHIPPED}:
        return OrderStatus.PARTLY_SHIPPED
    return next((one for one in _WAITING if one in left), OrderStatus.PLACED)


def is_sent(shipment: ShipmentRow) -> bool:
    """Whether something of it has left; the status code of its line doesn't say that reliably."""
    return moment(shipment.ActualShipDate) is not None and (shipment.ShippedQuantity or 0) > 0


def detail_of(row: LineRow, shipment: ShipmentRow) -> Iterable[DetailRow]:
    """What was reported back of a line in a shipment."""
    names = (None, "", str(shipment.Shipment))
    return (one for one in row.lineDetails.items if one.DeliveryName in names or str(one.DeliveryName) in names)


def _standing(row: LineRow, shipments: Sequence[ShipmentRow], rules: OracleRules) -> OrderStatus:
    said = rules.standing(row.StatusCode or "")
    sent = sum((one.ShippedQuantity or Decimal(0) for one in shipments if is_sent(one)), Decimal(0))
    if not sent and (said is OrderStatus.CANCELLED or not row.OrderedQuantity):
        return OrderStatus.CANCELLED
    if said in (OrderStatus.RETURNED, OrderStatus.DELIVERED):
        return said
    arrived = _arrived(row, shipments, said)
    if arrived and arrived >= row.OrderedQuantity:
        return OrderStatus.DELIVERED
    if sent:
        return OrderStatus.SHIPPED if sent >= row.OrderedQuantity else OrderStatus.PARTLY_SHIPPED
    is_packed = any((one.StagedQuantity or 0) > 0 or (one.PickedQuantity or 0) > 0 for one in shipments)
    return OrderStatus.PACKED if is_packed and said in BEFORE_PACKING else said


def _arrived(row: LineRow, shipments: Sequence[ShipmentRow], said: OrderStatus) -> Decimal:
    """Units of which shipping reports that they arrived or, if it tells of no shipment, all if the line has."""
    if said in (OrderStatus.RETURNED, OrderStatus.CANCELLED):
        return Decimal(0)
    sent = [one for one in shipments if is_sent(one)]
    came = [one for one in sent if any(moment(it.ActualDeliveryDate) for it in detail_of(row, one))]
    if came:
        return sum((one.ShippedQuantity or Decimal(0) for one in came), Decimal(0))
    told = not sent and any(moment(one.ActualDeliveryDate) for one in row.lineDetails.items)
    return row.OrderedQuantity if told or said is OrderStatus.DELIVERED else Decimal(0)


def moment(text: str | None) -> datetime | None:
    """A moment as Oracle writes it; one before 1970 is none. Without a zone it is UTC's.

    Raises:
        ValueError: It is none at all.
    """
    if not text:
        return None
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    zoned = read if read.tzinfo else read.replace(tzinfo=timezone.utc)
    return None if zoned.date() < _FIRST_DAY else zoned


def day(text: str | None, zone: ZoneInfo) -> date | None:
    """A day as Oracle writes it: alone, or as the moment at which it begins, of Greenwich or of the company's zone."""
    if not text:
        return None
    if len(text) == len("2026-01-19"):
        read = date.fromisoformat(text)
        return None if read < _FIRST_DAY else read
    at = moment(text)
    if at is None:
        return None
    greenwich = at.astimezone(timezone.utc)
    is_day = (greenwich.hour, greenwich.minute, greenwich.second) == (0, 0, 0)
    return greenwich.date() if is_day else at.astimezone(zone).date()

"""What the people do in the stand-in's Oracle, and see there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.fakes.oracle_records import now
from tests.fakes.oracle_schema import Row, hashed

if TYPE_CHECKING:
    from tests.fakes.oracle import Oracle

_GONE = ("CANCELED", "CLOSED", "AWAIT_BILLING", "SHIPPED", "DELIVERED", "RETURNED")


class InsideOracle:
    """The people of a stand-in.

    Args:
        oracle: The stand-in.
    """

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle

    def pack(self, order_number: str) -> None:
        """The warehouse stages what is to go; order management doesn't show it."""
        with self._oracle.lock:
            for order, line in self._open(order_number):
                self._stage(order, line)

    def ship(self, order_number: str) -> None:
        """Everything that is left leaves in one parcel."""
        with self._oracle.lock:
            parcel = f"P{order_number}"
            for order, line in self._open(order_number):
                units, at = line.values["OrderedQuantity"], now()
                sent = {
                    "Shipment": parcel,
                    "ShippedQuantity": units,
                    "StagedQuantity": Decimal(0),
                    "ActualShipDate": at,
                }
                self._stage(order, line).values.update({**sent, "LineStatus": "Interfaced"})
                line.values |= {"StatusCode": "AWAIT_BILLING", "ShippedQuantity": units, "ActualShipDate": at}
                line.values["ShippingCarrier"] = "UPS"
                id_ = line.values["FulfillLineId"]
                detail = {"FulfillLineId": id_, "DeliveryName": parcel, "TrackingNumber": "1Z 777", "Quantity": units}
                line.children["lineDetails"].append(Row(detail, id=hashed(f"detail {id_}")))
                self._oracle.records.settle(order)

    def lines(self, order_number: str) -> Mapping[str, tuple[str, Decimal]]:
        """Article and units by the number of the line, those of lines that were split together."""
        found: dict[str, tuple[str, Decimal]] = {}
        units: dict[str, Decimal] = defaultdict(Decimal)
        with self._oracle.lock:
            for line in self._oracle.records.order_called(order_number).children["lines"]:
                if line.values["StatusCode"] != "CANCELED":
                    number = line.values["SourceTransactionLineNumber"]
                    units[number] += line.values["OrderedQuantity"]
                    found[number] = (line.values["ProductNumber"], units[number])
        return found

    def reserved(self, sku: str) -> Decimal:
        """Units that reservations keep."""
        with self._oracle.lock:
            return self._oracle.records.reserved(sku)

    def return_number(self, laid: str) -> str:
        """Orders that are returns are called as they were laid."""
        return laid

    def returns(self, order_number: str) -> int:
        """Orders with lines that refer to an order."""
        with self._oracle.lock:
            return sum(
                any(
                    reference.values.get("DocumentNumber") == order_number
                    for line in order.children["lines"]
                    for reference in line.children["documentReferences"]
                )
                for order in self._oracle.records.orders.values()
            )

    def _open(self, order_number: str) -> list[tuple[Row, Row]]:
        order = self._oracle.records.order_called(order_number)
        return [(order, line) for line in order.children["lines"] if line.values["StatusCode"] not in _GONE]

    def _stage(self, order: Row, line: Row) -> Row:
        there = self._oracle.records.shipping_of(line)
        row = there[0] if there else self._oracle.records.add_shipment_line(order, line, {})
        row.values |= {"LineStatus": "Staged", "StagedQuantity": line.values["OrderedQuantity"]}
        line.values["StatusCode"] = "AWAIT_SHIP"
        return row

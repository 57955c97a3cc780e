"""Customer returns, announced with reference to the order: only what has arrived, and each unit once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from middleware.embedded import is_storable
from middleware.erp.ledger import Entry
from middleware.erp.sap import mapping, values
from middleware.erp.sap.api import RETURNS, during
from middleware.erp.sap.base import as_text, explained, is_whole, rejected
from middleware.erp.sap.orders import Orders, Seen
from middleware.erp.sap.rows import ReturnItemRow, ReturnRow
from middleware.errors import FrontdeskError, NotFound, Unknown
from middleware.records import Return, ReturnReason

_REFERENCE = 24  # characters, behind FD-
_SETTINGS = "return_type, order_reason, return_reasons, refund_type and unit"


class Returns(Orders):
    """The part of the port that speaks of returns."""

    def returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced on the day of a moment or later, newest first."""
        if not values.is_id(customer_number):
            return []
        who = values.quoted(values.padded(customer_number))
        wanted = f"SoldToParty eq {who} and CreationDate ge {values.literal(self._day_of(since))}"
        found = self._returns(self._rows(wanted, "returns_since"))
        return sorted(found, key=lambda one: (one.created_at, len(one.number), one.number), reverse=True)

    def create_return(
        self,
        order_number: str,
        quantities: Mapping[str, Decimal],
        *,
        reason: ReturnReason,
        words: str,
        return_by: date,
        key: str,
    ) -> Return:
        """Announces that something of an order comes back; the customer's own words find no place there.

        Raises:
            Rejected, NotFound, Unavailable, Unknown: As the port says.
        """
        self._demand_id(order_number, "create_return")
        with during("create_return"), self._turn.of(f"sap order {values.plain(order_number)}"):
            seen = self._see(order_number, "create_return")
            made = self._made_return(self._entry(key))
            if made is not None:
                return made
            self._demand_returnable(seen, quantities)
            wanted = {"lines": as_text(quantities), "return_by": return_by.isoformat()}
            self._ledger.begin(key, "return", seen.order.number, wanted)
            try:
                document = self._return_document(seen, quantities, reason, key)
                row = self._api.create(RETURNS, "A_CustomerReturn", document, "create_return", ReturnRow)
            except Unknown:
                raise
            except FrontdeskError as error:
                self._ledger.note(key, "refused")
                raise explained(error, "a return", _SETTINGS) from error
            self._ledger.note(key, "done", reference=_name(row))
            try:
                return self._return(values.plain(row.CustomerReturn))
            except FrontdeskError as error:
                raise Unknown("it was announced, but can't be read", system="erp") from error

    def return_made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key; None if neither our ledger nor SAP knows it."""
        with during("return_made_by"):
            return self._made_return(self._entry(key))

    def _made_return(self, entry: Entry | None) -> Return | None:
        if entry is None or entry.kind != "return" or entry.state == "refused":
            return None
        if entry.state == "done" and entry.reference:
            try:
                return self._return(entry.reference.rpartition(" ")[2])
            except NotFound:
                return None
        rows = self._rows(f"PurchaseOrderByCustomer eq {values.quoted(_mark(entry.key))}", "return_made_by")
        for row in rows[:1]:
            self._ledger.note(entry.key, "done", reference=_name(row))
        return next(iter(self._returns(rows)), None)

    def _return(self, number: str) -> Return:
        path = f"A_CustomerReturn({values.quoted(values.padded(number))})?{values.query(expand='to_Item')}"
        (found,) = self._returns([self._api.one(RETURNS, path, "return", ReturnRow)])
        return found

    def _rows(self, wanted: str, operation: str) -> list[ReturnRow]:
        path = f"A_CustomerReturn?{values.query(filter=wanted, expand='to_Item')}"
        return self._api.read(RETURNS, path, operation, ReturnRow)

    def _demand_returnable(self, seen: Seen, quantities: Mapping[str, Decimal]) -> None:
        """Lets only back what arrived and isn't on its way back already."""
        lines = {line.id for line in seen.order.lines}
        if not quantities or not set(quantities) <= lines:
            raise rejected("create_return", "line", "there is no such line")
        if not all(is_whole(units) and units > 0 for units in quantities.values()):
            raise rejected("create_return", "quantity", "nobody can send back so many")
        number = values.quoted(values.padded(seen.order.number))
        query = values.query(filter=f"ReferenceSDDocument eq {number}")
        rows = self._api.read(RETURNS, f"A_CustomerReturnItem?{query}", "create_return", ReturnItemRow)
        gone: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows:
            if not mapping.is_rejected(row):
                gone[values.plain(row.ReferenceSDDocumentItem)] += row.RequestedQuantity
        if any(units > seen.arrived[line] - gone[line] for line, units in quantities.items()):
            raise rejected("create_return", "quantity", "so many of it didn't arrive, or are returned already")

    def _return_document(
        self, seen: Seen, quantities: Mapping[str, Decimal], reason: ReturnReason, key: str
    ) -> dict[str, Any]:
        """The order's sales area and customer; SAP takes the price from the item that is referred to."""
        rules, row = self._rules, seen.row
        optional = {"SDDocumentReason": rules.order_reason} if rules.order_reason else {}
        of_items = {"ReturnsRefundType": rules.refund_type} if rules.refund_type else {}
        return {
            "CustomerReturnType": rules.return_type,
            "SalesOrganization": row.SalesOrganization,
            "DistributionChannel": row.DistributionChannel,
            "OrganizationDivision": row.OrganizationDivision,
            "SoldToParty": row.SoldToParty,
            "TransactionCurrency": row.TransactionCurrency,
            "PurchaseOrderByCustomer": _mark(key),
            **optional,
            "to_Item": {
                "results": [
                    {
                        "ReferenceSDDocument": row.SalesOrder,
                        "ReferenceSDDocumentItem": item.SalesOrderItem,
                        "Material": item.Material,
                        "RequestedQuantity": values.amount(quantities[line.id]),
                        "RequestedQuantityUnit": item.RequestedQuantityUnit or rules.unit,
                        "ReturnReason": rules.return_reasons.get(reason, rules.return_reasons[ReturnReason.OTHER]),
                        **of_items,
                    }
                    for line in seen.order.lines
                    if line.id in quantities
                    for item in [seen.item(line.id)]
                ]
            },
        }

    def _returns(self, rows: Sequence[ReturnRow]) -> list[Return]:
        articles = self.variants({item.Material for row in rows for item in row.to_Item.results})
        reasons = {code: reason for reason, code in self._rules.return_reasons.items()}
        return [
            mapping.returned(
                row, articles, reasons, self._beginning(values.day(row.CreationDate)), self._return_by(row)
            )
            for row in rows
        ]

    def _return_by(self, row: ReturnRow) -> date | None:
        """The last day for the parcel: SAP has no field for it, but our ledger knows it of what we announced."""
        name = _name(row)
        entry = self._ledger.of_reference(name) if is_storable(name) else None
        return date.fromisoformat(entry.wanted["return_by"]) if entry else None


def _name(row: ReturnRow) -> str:
    """A return's in the ledger, where reservations have numbers, too."""
    return f"return {values.plain(row.CustomerReturn)}"


def _mark(key: str) -> str:
    return f"FD-{values.reference(key, _REFERENCE)}"

"""Returns in Oracle: orders of return lines that refer to what was ordered, found again by our own source id."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from middleware.embedded import storable
from middleware.erp.oracle.base import FSCM, is_id, not_found, rejected
from middleware.erp.oracle.orders import ORDERS, Orders
from middleware.erp.oracle.rest import one_of
from middleware.erp.oracle.returned import Returned, of_return, returned
from middleware.erp.oracle.rows import OrderRow
from middleware.erp.oracle.standing import Part
from middleware.errors import Conflict, Malformed, Misconfigured, Rejected, Unavailable, Unknown
from middleware.records import OrderStatus, Return, ReturnReason, ReturnStatus

_LONGEST_WORDS = 1000


class Returns(Orders):
    """The returns' part of the port."""

    def returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced at or after a moment, newest first."""
        if not is_id(customer_number):
            return []
        with self._doing("returns_since"):
            found = [one.record for one in self._returns(self._placed_since(customer_number, since))]
        found.sort(key=lambda one: (one.created_at, len(one.number), one.number), reverse=True)
        return found

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
        """Announces that something of an order comes back.

        Raises:
            Rejected: There is no such line, or so many of it weren't delivered, or are returned already.
            NotFound: There is no such order.
            Unavailable: Nothing was announced.
            Unknown: It may have been announced.
        """
        if not is_id(order_number):
            raise not_found("create_return")
        with self._doing("create_return"), self._in_turn.of(f"oracle order {order_number}"):
            with self._before_writing():
                made = self._made_by(key)
                if made is not None:
                    return made
                seen = self._seen(order_number, with_tag=True)
                others = self._placed_since(seen.order.customer_number, seen.order.placed_at)
                chosen = _chosen(seen.parts, quantities, _units_returned(self._returns(others)))
                lines = [self._line(place, seen.row, *one, reason) for place, one in enumerate(chosen, start=1)]
            self._announce(self._body(seen.row, lines, words, return_by, key), key)
            return self._announced(key)

    def return_made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key."""
        if not is_id(key):
            return None
        with self._doing("return_made_by"):
            return self._made_by(key)

    def _made_by(self, key: str) -> Return | None:
        source = one_of("SourceTransactionSystem", [self._rules.source_system])
        rows = self._rows(f"{source} and {one_of('SourceTransactionId', [source_id(key)])}")
        return next((one.record for one in self._returns(rows)), None)

    def _announce(self, body: Mapping[str, Any], key: str) -> None:
        """Creates it; one with the same source id can be there only once."""
        try:
            self._rest.create(FSCM, ORDERS, body)
        except (Rejected, Conflict) as error:
            if self._made_by(key) is None:
                raise Misconfigured(
                    "Oracle refuses returns: look at erp.oracle.source_system, return_order_type, return_line_type,"
                    " return_reasons, references_child and reference_type of assistant.yml",
                    system=self.system,
                    status=error.status,
                    request_id=error.request_id,
                ) from error

    def _announced(self, key: str) -> Return:
        try:
            made = self._made_by(key)
        except (Unavailable, Malformed) as error:
            raise Unknown("it was announced, and can't be read now", system=self.system) from error
        if made is None:
            raise Unknown("Oracle doesn't show the return yet", system=self.system)
        return made

    def _returns(self, rows: Sequence[OrderRow]) -> list[Returned]:
        """Those among orders that are returns, with what was ordered once."""
        return_rows = [row for row in rows if of_return(row, self._rules)]
        originals = {
            str(reference.DocumentNumber)
            for row in return_rows
            for line in of_return(row, self._rules)
            for reference in line.documentReferences.items
            if reference.DocumentNumber
        }
        ordered = {row.OrderNumber: row for row in rows}
        missing = sorted(number for number in originals if number not in ordered and is_id(number))
        if missing:
            ordered |= {row.OrderNumber: row for row in self._rows(one_of("OrderNumber", missing))}
        skus = {line.ProductNumber for row in return_rows for line in row.lines.items}
        articles = self._articles(skus)
        found = (returned(row, ordered, articles, self._rules, self._zone) for row in return_rows)
        return [one for one in found if one is not None]

    def _line(self, place: int, row: OrderRow, part: Part, units: Decimal, reason: ReturnReason) -> dict[str, Any]:
        line, rules = part.row, self._rules
        reference = {
            "DocumentReferenceType": rules.reference_type,
            "DocumentIdentifier": str(row.HeaderId),
            "DocumentNumber": row.OrderNumber,
            "DocumentLineIdentifier": str(line.LineId or line.FulfillLineId),
            "DocumentSubLineIdentifier": part.id,
        }
        return {
            "SourceTransactionLineId": str(place),
            "SourceTransactionLineNumber": str(place),
            "SourceTransactionScheduleId": str(place),
            "SourceScheduleNumber": "1",
            "TransactionCategoryCode": rules.return_category,
            "TransactionLineType": rules.return_line_type,
            "ReturnReasonCode": rules.reason_code(reason),
            "ProductNumber": line.ProductNumber,
            "OrderedQuantity": units,
            **({"OrderedUOM": line.OrderedUOM} if line.OrderedUOM else {}),
            rules.references_child: [reference],
        }

    def _body(
        self, row: OrderRow, lines: Sequence[Mapping[str, Any]], words: str, return_by: date, key: str
    ) -> dict[str, Any]:
        rules, id_ = self._rules, source_id(key)
        ship_to = [{"PartyId": one.PartyId, "SiteId": one.SiteId} for one in row.shipToCustomer.items]
        bill_to = [
            {"CustomerAccountId": one.CustomerAccountId, "SiteUseId": one.SiteUseId} for one in row.billToCustomer.items
        ]
        said = " ".join(storable(words).split())[:_LONGEST_WORDS]
        return {
            "SourceTransactionSystem": rules.source_system,
            "SourceTransactionId": id_,
            "SourceTransactionNumber": id_,
            "SourceTransactionRevisionNumber": 1,
            "OrderKey": f"{rules.source_system}:{id_}",
            **({"BusinessUnitName": row.BusinessUnitName} if row.BusinessUnitName else {}),
            **({"RequestingBusinessUnitName": row.BusinessUnitName} if row.BusinessUnitName else {}),
            "BuyingPartyNumber": row.BuyingPartyNumber,
            "TransactionType": rules.return_order_type,
            "TransactionalCurrencyCode": row.TransactionalCurrencyCode,
            "RequestedShipDate": f"{return_by.isoformat()}T00:00:00+00:00",
            "FreezePriceFlag": False,
            "FreezeShippingChargeFlag": False,
            "FreezeTaxFlag": False,
            "SubmittedFlag": True,
            **({"Comments": said} if said else {}),
            **({"billToCustomer": bill_to} if bill_to else {}),
            **({"shipToCustomer": ship_to} if ship_to else {}),
            "lines": list(lines),
        }


def source_id(key: str) -> str:
    """What a return that was announced with a key is called in our source system."""
    return f"FD-{hashlib.sha256(key.encode()).hexdigest()[:24].upper()}"


def _units_returned(returns: Iterable[Returned]) -> Mapping[str, Decimal]:
    """Units that are on a return already, by fulfillment line, unless that was refused."""
    units: Counter[str] = Counter()
    for one in returns:
        if one.record.status is not ReturnStatus.REJECTED:
            for id_, quantity in one.units.items():
                units[id_] += quantity  # type: ignore[assignment]
    return units  # type: ignore[return-value]


def _chosen(
    parts: Sequence[Part], quantities: Mapping[str, Decimal], on_returns: Mapping[str, Decimal]
) -> list[tuple[Part, Decimal]]:
    """Which fulfillment lines the units are returned of: a line that was sent in parts has several."""
    of_line: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        of_line[part.number].append(part)
    if not quantities or any(id_ not in of_line for id_ in quantities):
        raise rejected("create_return", "line", "there is no such line")
    chosen = []
    for id_, units in quantities.items():
        is_whole = units.is_finite() and units > 0 and units == units.to_integral_value()
        left = units if is_whole else Decimal("Infinity")
        for part in of_line[id_]:
            takes = min(left, _returnable(part) - on_returns.get(part.id, Decimal(0)))
            if takes > 0:
                chosen.append((part, takes))
                left -= takes
        if left:
            raise rejected("create_return", "quantity", "so many weren't delivered, or are returned already")
    return sorted(chosen, key=lambda one: (len(one[0].number), one[0].number))


def _returnable(part: Part) -> Decimal:
    over = (OrderStatus.RETURNED, OrderStatus.CANCELLED)
    return Decimal(0) if part.status in over else part.arrived

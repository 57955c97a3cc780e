"""F&O's returns: a return order with negative quantities, each line of which names the lot that was sold."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from middleware.clock import Clock, system_clock
from middleware.erp.dynamics import odata
from middleware.erp.dynamics.api import Api, not_found
from middleware.erp.dynamics.batch import Change
from middleware.erp.dynamics.mapping import OrderRows
from middleware.erp.dynamics.orders import Orders
from middleware.erp.dynamics.return_mapping import REFUSED, Sold, returned
from middleware.erp.dynamics.rows import LineRow, PickedRow, ReturnLineRow, ReturnRow, SalesTableRow, fields
from middleware.erp.dynamics.stock import is_whole
from middleware.erp.ledger import Ledger
from middleware.errors import Conflict, FrontdeskError, Rejected, Unavailable, Unknown
from middleware.in_turn import InTurn
from middleware.records import Order, OrderLine, OrderStatus, Return, ReturnReason

log = logging.getLogger(__name__)

MOST_WORDS = 2000  # characters of a note

_HEADERS, _LINES = "ReturnOrderHeadersV2", "ReturnOrderLines"
_NOTES = "ReturnOrderHeaderDocumentAttachments"
_SENT = (OrderStatus.SHIPPED, OrderStatus.DUE)


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What is to be announced."""

    reason: ReturnReason
    words: str
    return_by: date
    key: str
    quantities: Mapping[str, Decimal]

    @property
    def reference(self) -> str:
        """By what the return is found again there."""
        return f"FD-{sha256(self.key.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


@dataclass(frozen=True)
class _Origins:
    """Where returns come from.

    Attributes:
        sold: The lines of orders, by lot.
        created: When returns were entered, by number.
    """

    sold: Mapping[str, Sold]
    created: Mapping[str, datetime]


class Returns:
    """The part of the port that speaks of returns."""

    def __init__(self, api: Api, orders: Orders, ledger: Ledger, turns: InTurn, clock: Clock = system_clock) -> None:
        self._api = api
        self._orders = orders
        self._ledger = ledger
        self._turns = turns
        self._clock = clock

    def since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced at or after a moment, newest first."""
        if not odata.is_askable(customer_number):
            return []
        account = odata.text(customer_number)
        lately = odata.both(
            f"CustAccount eq {account}",
            f"SalesType eq {odata.enum('SalesType', 'ReturnItem')}",
            f"CreatedOn ge {odata.moment(since.replace(microsecond=0))}",
        )
        theirs = f"CustomerAccountNumber eq {account}"
        queries = [self._query(theirs), self._api.set_of("SalesTableBiEntities", lately, fields(SalesTableRow))]
        pages = self._api.batch(queries, "returns_since")
        created = {row.return_item_num or "": row.created_on for row in pages.of(1, SalesTableRow)}
        rows = [row for row in pages.of(0, ReturnRow) if row.customer_account_number == customer_number]
        return self._records([row for row in rows if row.return_order_number in created], created, "returns_since")

    def create(
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
            Rejected: There is no such line, or so many of it weren't sent, or are returned already.
            NotFound: There is no such order.
            Unavailable: Nothing was announced.
            Unknown: It may have been announced.
        """
        wish = _Wish(reason=reason, words=words, return_by=return_by, key=key, quantities=dict(quantities))
        if not odata.is_askable(order_number):
            raise not_found("create_return")
        with self._turns.of(f"order {order_number}"):
            entry = self._ledger.find(key)
            made = self._found(wish.reference, "create_return") if entry and entry.state != "refused" else None
            if made is not None:
                if entry and entry.state == "begun":
                    self._write_down(made, words)
                return self._noted(key, made)
            rows, order = self._orders.read(order_number, "create_return")
            self._demand_returnable(rows, order, quantities)
            self._ledger.begin(key, "return", order_number, {"reference": wish.reference})
            try:
                self._api.change(self._changes(rows, order, wish), "create_return")
            except (Rejected, Unavailable, Conflict):
                self._ledger.note(key, "refused")
                raise
            made = self._found(wish.reference, "create_return")
            if made is None:
                raise Unknown("the return can't be found that was just made", system="erp")
            self._write_down(made, wish.words)
            return self._noted(key, made)

    def _write_down(self, made: Return, words: str) -> None:
        """Notes on the return what the customer said; it is announced, whether or not that can be noted."""
        told = "".join(one if one.isprintable() else " " for one in words).strip()[:MOST_WORDS]
        kind = self._api.rules.return_note
        if not told or not kind:
            return
        note = {
            "dataAreaId": self._api.rules.company,
            "ReturnOrderNumber": made.number,
            "DocumentAttachmentTypeCode": kind,
            "Notes": told,
        }
        try:
            self._api.change([Change("POST", f"{_NOTES}?cross-company=true", note)], "create_return")
        except FrontdeskError as error:
            log.warning("What a customer said of a return couldn't be noted in F&O: %s", error.kind)

    def made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key."""
        entry = self._ledger.find(key) if odata.is_askable(key) else None
        if entry is None or entry.kind != "return" or entry.state == "refused":
            return None
        if entry.state == "done":
            return self._found(entry.wanted["reference"], "return_made_by")
        with self._turns.of(f"order {entry.subject}"):
            made = self._found(entry.wanted["reference"], "return_made_by")
            if made is None:
                self._ledger.note(key, "refused")
                return None
            return self._noted(key, made)

    def _noted(self, key: str, made: Return) -> Return:
        self._ledger.note(key, "done", reference=f"return {made.number}")
        return made

    def _query(self, condition: str) -> str:
        return self._api.set_of(_HEADERS, condition, fields(ReturnRow), expand=_LINES)

    def _found(self, reference: str, operation: str) -> Return | None:
        """The return that has our reference; when it was entered is asked for together with what it is of."""
        query = self._query(f"CustomersOrderReference eq {odata.text(reference)}")
        rows = self._api.rows(query, ReturnRow, operation)
        return next(iter(self._records(rows, {}, operation)), None)

    def _records(self, rows: Sequence[ReturnRow], created: Mapping[str, datetime], operation: str) -> list[Return]:
        lots = {line.returning_inventory_lot_id or "" for row in rows for line in row.lines}
        undated = {row.return_order_number for row in rows} - set(created)
        origins = self._origins(lots, undated, operation)
        reasons = {code.casefold(): reason for reason, code in self._api.rules.return_reasons.items()}
        moments = {**origins.created, **created}
        now = self._clock()
        found = [returned(row, moments.get(row.return_order_number, now), origins.sold, reasons) for row in rows]
        known = [one for one in found if one.order_number]
        return sorted(known, key=lambda one: (one.created_at, len(one.number), one.number), reverse=True)

    def _origins(self, lots: set[str], numbers: set[str], operation: str) -> _Origins:
        """The lines of orders that lots were sold by, and when returns were entered."""
        of_lots = _some("InventoryLotId", lots)
        of_returns = _some("ReturnItemNum", numbers)
        lines = [self._api.set_of("SalesOrderLines", one, fields(LineRow)) for one in of_lots]
        picked = [self._api.set_of("CDSSalesOrderLinesV2", one, fields(PickedRow)) for one in of_lots]
        entered = [self._api.set_of("SalesTableBiEntities", one, fields(SalesTableRow)) for one in of_returns]
        if not lines + entered:
            return _Origins({}, {})
        pages = self._api.batch([*lines, *picked, *entered], operation)
        first = len(lines)
        found = [row for place in range(first) for row in pages.of(place, LineRow)]
        more = [row for place in range(first, 2 * first) for row in pages.of(place, PickedRow)]
        tables = [row for place in range(2 * first, 2 * first + len(entered)) for row in pages.of(place, SalesTableRow)]
        created = {row.return_item_num or "": row.created_on for row in tables}
        return _Origins(self._orders.sold(found, more), created)

    def _demand_returnable(self, rows: OrderRows, order: Order, quantities: Mapping[str, Decimal]) -> None:
        """Sent is what counts: of a parcel's arrival F&O knows nothing."""
        lines = {line.id: line for line in order.lines}
        if not quantities or not set(quantities) <= set(lines):
            raise _rejected("line", "there is no such line")
        wanted = [lots.inventory_lot_id for lots in rows.lines if str(lots.line_creation_sequence_number) in quantities]
        back = self._coming_back(wanted)
        for lot in rows.lines:
            id_ = str(lot.line_creation_sequence_number)
            if id_ not in quantities:
                continue
            units = quantities[id_]
            most = _sent(lines[id_], rows.shipped(lot)) - back[lot.inventory_lot_id]
            if not is_whole(units) or not 0 < units <= most:
                raise _rejected("quantity", "so many weren't sent, or are returned already")

    def _coming_back(self, lots: Sequence[str]) -> Counter[str]:
        """Units by lot that are on a return already, unless that was refused."""
        queries = [
            self._api.set_of("ReturnOrderLinesV2", one, fields(ReturnLineRow))
            for one in _some("ReturningInventoryLotId", lots)
        ]
        pages = self._api.batch(queries, "create_return")
        back: Counter[str] = Counter()
        for place in range(len(queries)):
            for row in pages.of(place, ReturnLineRow):
                if row.return_status != REFUSED:
                    back[row.returning_inventory_lot_id or ""] += int(-row.return_sales_quantity)
        return back

    def _changes(self, rows: OrderRows, order: Order, wish: _Wish) -> list[Change]:
        rules = self._api.rules
        lots = {str(line.line_creation_sequence_number): line for line in rows.lines}
        first = lots[next(iter(wish.quantities))]
        warehouse = (
            rules.return_warehouse or rows.header.default_shipping_warehouse_id or first.shipping_warehouse_id or ""
        )
        header: dict[str, Any] = {
            "dataAreaId": rules.company,
            "CustomerAccountNumber": order.customer_number,
            "CustomersOrderReference": wish.reference,
            "CustomerReturnReasonCode": rules.return_reasons.get(wish.reason, ""),
            "CurrencyCode": first.currency_code or rows.header.currency_code,
            "ReturnDeadline": odata.day(wish.return_by),
            "DefaultReturnWarehouseId": warehouse,
        }
        lines = [self._line(lot, wish.quantities[id_]) for id_, lot in lots.items() if id_ in wish.quantities]
        made = {name: value for name, value in header.items() if value}
        return [
            Change("POST", f"{_HEADERS}?cross-company=true", made),
            *(Change("POST", f"$1/{_LINES}", line) for line in lines),
        ]

    def _line(self, lot: LineRow, units: Decimal) -> dict[str, Any]:
        body: dict[str, Any] = {
            "dataAreaId": self._api.rules.company,
            "ItemNumber": lot.item_number,
            "ProductConfigurationId": lot.product_configuration_id,
            "ProductSizeId": lot.product_size_id,
            "ProductColorId": lot.product_color_id,
            "ProductStyleId": lot.product_style_id,
            "ProductVersionId": lot.product_version_id,
            "ReturningInventoryLotId": lot.inventory_lot_id,
            "SalesPrice": lot.sales_price,
            "ReturnDispositionCode": self._api.rules.return_disposition,
        }
        return {name: value for name, value in body.items() if value} | {"ReturnSalesQuantity": -int(units)}


def _some(field: str, values: Collection[str]) -> list[str]:
    """Conditions that together find all of these values."""
    askable = sorted(filter(odata.is_askable, values))
    return [odata.either(field, askable[at : at + odata.ONCE]) for at in range(0, len(askable), odata.ONCE)]


def _sent(line: OrderLine, on_slips: Decimal) -> Decimal:
    """How many of a line have left: as the packing slips say or, if none says it, as its state does."""
    if on_slips:
        return on_slips
    return line.quantity if line.status in _SENT else Decimal(0)


def _rejected(status: str, why: str) -> Rejected:
    return Rejected(why, system="erp", operation="create_return", status=status)

"""The returns' part of the port: drafts of credit memos, as what is to come back can't be announced otherwise.

A credit memo knows its invoice, not the order, and no line of it. What was announced by us, our ledger knows; of what
others wrote, the invoice tells the order, and the article tells the line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from middleware.erp.business_central import mapping, odata, rows
from middleware.erp.business_central.api import Write
from middleware.erp.business_central.base import is_number, not_found, rejected
from middleware.erp.business_central.invoices import STANDING
from middleware.erp.business_central.odata import NOTHING
from middleware.erp.business_central.orders import Documents, Orders
from middleware.erp.business_central.rows import InvoiceRow, LineRow, MemoRow
from middleware.erp.business_central.stock import is_whole
from middleware.erp.embedded.transactions import is_storable, storable
from middleware.erp.ledger import Entry
from middleware.errors import FrontdeskError, Unknown
from middleware.records import Money, Order, Return, ReturnLine, ReturnReason, ReturnStatus

_STATUSES = {
    "Open": ReturnStatus.RECEIVED,
    "Paid": ReturnStatus.REFUNDED,
    "Canceled": ReturnStatus.REJECTED,
    "Corrective": ReturnStatus.RECEIVED,
}
_POSTED = ("Open", "Paid", "Corrective")
_LONGEST_DESCRIPTION = 100
_PREFIX = "FD-"
_MOST_NUMBERS = 50  # in one query


class Returns(Orders):
    """The part of the port that speaks of returns."""

    def returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced at or after a moment's day, newest first."""
        if not is_number(customer_number):
            return []
        zone = self._settings.zone
        day = since.astimezone(zone).date()
        theirs = odata.equal("customerNumber", customer_number)
        recent = odata.every(theirs, odata.from_day("creditMemoDate", day))
        path, _ = rows.memos(recent)
        memos = self.api.rows(path, MemoRow, "returns_since")
        bills = self._bills_of(memos, "returns_since")
        found = [self._return(memo, bills) for memo in memos]
        known = [one for one in found if one is not None and one.created_at >= mapping.beginning(day, zone)]
        return sorted(known, key=lambda one: (one.created_at, len(one.number), one.number), reverse=True)

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
            Rejected: There is no such line, or so many of it weren't sent, or are on a credit memo already.
            NotFound: There is no such order.
            Unavailable: Nothing was announced.
            Unknown: It may have been announced.
        """
        if not is_number(order_number):
            raise not_found("create_return")
        with self._in_turn.of(f"business central order {order_number}"):
            made = self.return_made_by(key)
            if made is not None:
                return made
            documents = self._documents(order_number, "create_return")
            order = self._order(documents)
            self._demand_returnable(order, documents, quantities)
            wanted = {
                "lines": {line: str(units) for line, units in quantities.items()},
                "reason": reason.value,
                "return_by": return_by.isoformat(),
            }
            memo = self._memo(order, documents, quantities, f"{reason.value}, by {return_by}. {storable(words)}", key)
            if reason.value in self.rules.return_reasons:
                memo["customerReturnReasonId"] = self.rules.return_reasons[reason.value]
            self._ledger.begin(key, "return", order_number, wanted)
            self._ledger.note(key, "begun", reference=reference(key))
            self._write(Write(method="POST", path="salesCreditMemos", json=memo), key)
            return self._announced(key)

    def return_made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key."""
        entry = self._ledger.find(key) if is_storable(key) else None
        if entry is None or entry.kind != "return" or entry.state not in ("begun", "done"):
            return None
        path, _ = rows.memos(odata.equal("externalDocumentNumber", reference(key)))
        memo = next(iter(self.api.rows(path, MemoRow, "return_made_by")), None)
        if memo is None:
            return None
        if entry.state == "begun":
            self._ledger.note(key, "done")
        return self._return(memo, [])

    def _bills_of(self, memos: Iterable[MemoRow], operation: str) -> list[InvoiceRow]:
        """The invoices that credit memos of others are for."""
        others = [one for one in memos if not one.external_document_number.startswith(_PREFIX)]
        numbers = list(dict.fromkeys(one.invoice_number for one in others if one.invoice_number))
        found: list[InvoiceRow] = []
        for start in range(0, len(numbers), _MOST_NUMBERS):
            some = numbers[start : start + _MOST_NUMBERS]
            path, _ = rows.invoices(odata.one_of(odata.equal("number", number) for number in some))
            found += self.api.rows(path, InvoiceRow, operation)
        for bill in found:
            self._complete(bill, bill.sales_invoice_lines, LineRow, operation)
        return found

    def _announced(self, key: str) -> Return:
        """What was just written, as it is there."""
        try:
            made = self.return_made_by(key)
        except FrontdeskError as error:
            raise Unknown("it was announced, and can't be read", system="erp", operation="create_return") from error
        if made is None:
            raise Unknown("it was announced, and isn't there", system="erp", operation="create_return")
        return made

    def _write(self, memo: Write, key: str) -> None:
        try:
            self.api.write([memo], "create_return")
        except Unknown:
            raise
        except FrontdeskError:
            self._ledger.note(key, "refused")
            raise

    def _demand_returnable(self, order: Order, documents: Documents, quantities: Mapping[str, Decimal]) -> None:
        lines = {line.id: line for line in order.lines}
        if not quantities or any(id_ not in lines for id_ in quantities):
            raise rejected("create_return", "line", "there is no such line")
        left = _sent(documents, order)
        left.subtract(self._taken_back(order, documents.bills))
        if any(not is_whole(units) or not 0 < units <= left[id_] for id_, units in quantities.items()):
            raise rejected("create_return", "quantity", "so many weren't sent, or are returned already")

    def _taken_back(self, order: Order, bills: Sequence[InvoiceRow]) -> Units:
        """Units by line that are on a credit memo, unless that was cancelled."""
        path, _ = rows.memos(odata.equal("customerNumber", order.customer_number))
        taken = Units()
        for memo in self.api.rows(path, MemoRow, "create_return"):
            found = self._return(memo, bills)
            if found and found.order_number == order.number and found.status is not ReturnStatus.REJECTED:
                for line in found.lines:
                    _take(taken, order, line)
        return taken

    def _memo(
        self, order: Order, documents: Documents, quantities: Mapping[str, Decimal], words: str, key: str
    ) -> dict[str, Any]:
        """The draft: what comes back at the order's prices, and a line of what the customer said."""
        sold = {str(line.sequence): line for line in _sold(documents)}
        if any(id_ not in sold for id_ in quantities):
            raise rejected("create_return", "line", "of a posted order, a line isn't invoiced yet")
        lines = [_memo_line(sold[id_], quantities[id_]) for id_ in _in_order(quantities)]
        told = {"lineType": "Comment", "description": f"Order {order.number}: {words}"[:_LONGEST_DESCRIPTION]}
        memo: dict[str, Any] = {
            "externalDocumentNumber": reference(key),
            "customerNumber": order.customer_number,
            "creditMemoDate": self._clock().astimezone(self._settings.zone).date().isoformat(),
            "salesCreditMemoLines": [*lines, told],
        }
        bills = [bill.id for bill in documents.bills if bill.status in STANDING]
        if len(bills) == 1:  # else it can't say of which of them
            memo["invoiceId"] = bills[0]
        return memo

    def _return(self, memo: MemoRow, bills: Iterable[InvoiceRow]) -> Return | None:
        """A credit memo as a return; None if nothing tells the order."""
        self._complete(memo, memo.sales_credit_memo_lines, LineRow, "returns")
        ours = memo.external_document_number.startswith(_PREFIX)
        entry = self._ledger.of_reference(memo.external_document_number) if ours else None
        bill = next((one for one in bills if one.id == memo.invoice_id), None)
        order_number = entry.subject if entry else bill.order_number if bill else ""
        if not order_number:
            return None
        return Return(
            number=memo.number,
            customer_number=memo.customer_number,
            order_number=order_number,
            lines=self._return_lines(memo, entry, bill),
            reason=self._reason_of(memo, entry),
            status=_STATUSES.get(memo.status, ReturnStatus.ANNOUNCED),
            created_at=entry.begun_at if entry else mapping.beginning(memo.credit_memo_date, self._settings.zone),
            return_by=date.fromisoformat(entry.wanted["return_by"]) if entry else None,
            received_on=mapping.some_day(memo.posting_date) if memo.status in _POSTED else None,
            refund=_refund(memo),
        )

    def _return_lines(self, memo: MemoRow, entry: Entry | None, bill: InvoiceRow | None) -> tuple[ReturnLine, ...]:
        """What comes back; the order's line of each, as our ledger knows it or, by its article, the invoice."""
        found = [line for line in memo.sales_credit_memo_lines if line.is_item]
        ids = _in_order(entry.wanted["lines"]) if entry else []
        if len(ids) != len(found):
            ids = _lines_of(found, bill)
        skus = [mapping.sku(line, self.rules.joint) for line in found]
        known = self.variants(skus)
        return tuple(
            ReturnLine(
                id=id_,
                sku=sku,
                name=known[sku].name if sku in known else line.description,
                options=known[sku].options if sku in known else {},
                quantity=line.quantity,
            )
            for id_, sku, line in zip(ids, skus, found, strict=True)
        )

    def _reason_of(self, memo: MemoRow, entry: Entry | None) -> ReturnReason:
        if entry:
            return ReturnReason(entry.wanted["reason"])
        names = {id_.lower(): name for name, id_ in self.rules.return_reasons.items()}
        name = names.get(memo.customer_return_reason_id.lower(), "")
        return ReturnReason(name) if name in {one.value for one in ReturnReason} else ReturnReason.OTHER


class Units(dict[str, Decimal]):
    """Units by the id of an order's line; none where there are none."""

    def __missing__(self, _: str) -> Decimal:
        return Decimal(0)

    def subtract(self, others: Mapping[str, Decimal]) -> None:
        """Takes others away."""
        for id_, units in others.items():
            self[id_] -= units


def reference(key: str) -> str:
    """What a credit memo of ours is recognised by: 32 of the 35 capitals and digits that there is room for."""
    return _PREFIX + hashlib.sha256(key.encode()).hexdigest()[:29].upper()


def _in_order(ids: Iterable[str]) -> list[str]:
    return sorted(ids, key=lambda id_: (len(id_), id_))


def _sent(documents: Documents, order: Order) -> Units:
    """What was sent of each line; of an order that is posted, all of it."""
    if documents.row is None:
        return Units({line.id: line.quantity for line in order.lines})
    return Units({str(line.sequence): line.shipped_quantity for line in documents.row.sales_order_lines})


def _sold(documents: Documents) -> Iterable[LineRow]:
    if documents.row is not None:
        return documents.row.sales_order_lines
    return [line for bill in documents.bills for line in bill.sales_invoice_lines]


def _memo_line(line: LineRow, units: Decimal) -> dict[str, Any]:
    values = {
        "lineType": "Item",
        "itemId": line.item_id,
        "quantity": int(units),
        "unitPrice": float(line.unit_price),  # written with all of its five decimals
    }
    return values | ({} if line.item_variant_id == NOTHING else {"itemVariantId": line.item_variant_id})


def _take(taken: Units, order: Order, line: ReturnLine) -> None:
    """Counts what came back of a line; where nobody says of which, of those with its article one after the other."""
    if line.id:
        taken[line.id] += line.quantity
        return
    left = line.quantity
    for one in order.lines:
        units = min(left, one.quantity - taken[one.id]) if one.sku == line.sku else Decimal(0)
        taken[one.id] += units
        left -= units


def _lines_of(found: Sequence[LineRow], bill: InvoiceRow | None) -> list[str]:
    """The order's line of each line of a credit memo: an invoice's have the same numbers; empty if there is none."""
    left = list(bill.sales_invoice_lines) if bill else []
    ids = []
    for line in found:
        article = (line.line_object_number, line.item_variant_id)
        same = next((one for one in left if (one.line_object_number, one.item_variant_id) == article), None)
        left = [one for one in left if one is not same]
        ids.append(str(same.sequence) if same else "")
    return ids


def _refund(memo: MemoRow) -> Money | None:
    amount = memo.total_amount_including_tax
    return Money(amount=amount, currency=memo.currency_code) if amount else None

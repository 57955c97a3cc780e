"""Puts the tests' returns and invoices into the stand-in's Oracle, in Oracle's form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from middleware.demo import Data
from tests.fakes.oracle_forms import Plain, add_detail, grouped, midnight, second
from tests.fakes.oracle_records import Records
from tests.fakes.oracle_schema import Row, hashed

_RETURNS = {"announced": "AWAIT_RECEIVING", "received": "AWAIT_BILLING", "refunded": "CLOSED", "rejected": "CANCELED"}


class Papers:
    """Lays what comes after an order.

    Args:
        records: Where to; the orders are there.
        data: What.
    """

    def __init__(self, records: Records, data: Data) -> None:
        self._records, self._data = records, data
        self._lines = grouped(data.order_lines, "order_number")

    def lay(self) -> None:
        """Lays returns and invoices."""
        sent_back = grouped(self._data.return_lines, "return_number")
        for row in self._data.returns:
            self._lay_return(row, sent_back[row["number"]])
        self._lay_what_went_back()
        billed = grouped(self._data.invoice_lines, "invoice_number")
        for row in self._data.invoices:
            self._lay_invoice(row, billed[row["number"]])

    # Returns

    def _lay_what_went_back(self) -> None:
        """An order that was returned has a return of all of it."""
        known = {row["order_number"] for row in self._data.returns}
        for row in self._data.orders:
            if row["status"] == "returned" and row["number"] not in known:
                sent_back = row.get("delivered_at") or row["placed_at"]
                whole = {"number": f"R-{row['number']}", "order_number": row["number"], "created_at": sent_back}
                lines = [{"line": one["line"], "quantity": one["quantity"]} for one in self._lines[row["number"]]]
                self._lay_return({**whole, "status": "received", "reason": "other", "return_by": None}, lines)

    def _lay_return(self, row: Plain, lines: Iterable[Plain]) -> None:
        original = self._records.order_called(row["order_number"])
        party = self._records.party(original.values["BuyingPartyNumber"])
        assert party
        values = {
            "OrderNumber": row["number"],
            "TransactionOn": second(row["created_at"]),
            "TransactionalCurrencyCode": original.values["TransactionalCurrencyCode"],
            "RequestedShipDate": midnight(row.get("return_by")),
            "Comments": row.get("words") or None,
        }
        order = self._records.add_order(values, None, party)
        order.children["shipToCustomer"] = [Row(dict(one.values)) for one in original.children["shipToCustomer"]]
        for line in lines:
            self._lay_return_line(order, row, original, line)
        self._records.settle(order)

    def _lay_return_line(self, order: Row, row: Plain, original: Row, line: Plain) -> None:
        """A line for each fulfillment line that so many units of are returned."""
        left = Decimal(line["quantity"])
        for sold in original.children["lines"]:
            units = min(left, sold.values["OrderedQuantity"])
            if sold.values["SourceTransactionLineNumber"] != line["line"] or units <= 0:
                continue
            left -= units
            number = str(len(order.children["lines"]) + 1)
            is_first = number == "1"
            made = self._records.add_line(order, _sent_back(sold, number, units, row))
            made.children["documentReferences"] = [Row(_reference(original, sold))]
            refund = {"BillingTransactionAmount": -row["refund"]} if row.get("refund") and is_first else {}
            if row.get("received_on") or row.get("refunded_on"):
                add_detail(
                    made,
                    None,
                    {
                        "ActualDeliveryDate": midnight(row.get("received_on")),
                        "BillingTransactionDate": row.get("refunded_on"),
                        **refund,
                    },
                )

    # Invoices

    def _lay_invoice(self, row: Plain, lines: Iterable[Plain]) -> None:
        party = self._records.party(row["customer_number"])
        assert party
        name = party.values.get("OrganizationName") or party.values.get("ContactName")
        ordered = sorted(lines, key=lambda line: (len(line["line"]), line["line"]))
        gross = _gross(ordered)
        id_ = self._records.new_id()
        values = {
            "CustomerTransactionId": id_,
            "TransactionNumber": row["number"],
            "TransactionDate": row["issued_on"],
            "AccountingDate": row["issued_on"],
            "DueDate": row["due_on"],
            "TransactionType": "Invoice",
            "TransactionSource": "Distributed Order Orchestration",
            "InvoiceStatus": "Complete",
            "InvoiceCurrencyCode": row["currency"],
            "BillToCustomerName": name,
            "BillToCustomerNumber": row["customer_number"],
            "EnteredAmount": gross,
            "InvoiceBalanceAmount": Decimal(0) if row.get("paid_on") else gross,
        }
        made = [_invoice_line(row, line, self._records.new_id()) for line in ordered]
        self._records.invoices[row["number"]] = Row(values, {"receivablesInvoiceLines": made}, id=str(id_))


def _sent_back(sold: Row, number: str, units: Decimal, row: Plain) -> dict[str, Any]:
    return {
        "SourceTransactionLineId": number,
        "SourceTransactionLineNumber": number,
        "SourceTransactionScheduleId": "1",
        "SourceScheduleNumber": "1",
        "TransactionCategoryCode": "RETURN",
        "TransactionLineType": "Return",
        "ReturnReasonCode": row["reason"].upper(),
        "ProductNumber": sold.values["ProductNumber"],
        "OrderedQuantity": units,
        "UnitSellingPrice": sold.values["UnitSellingPrice"],
        "StatusCode": _RETURNS[row["status"]],
    }


def _reference(original: Row, sold: Row) -> dict[str, Any]:
    return {
        "DocumentReferenceType": "ORIGINAL_ORCHESTRATION_ORDER",
        "DocumentNumber": original.values["OrderNumber"],
        "DocumentIdentifier": str(original.values["HeaderId"]),
        "DocumentLineIdentifier": str(sold.values["LineId"]),
        "DocumentSubLineIdentifier": str(sold.values["FulfillLineId"]),
    }


def _gross(lines: Iterable[Plain]) -> Decimal:
    """Net and tax of all lines: the tax is taken of each rate's sum."""
    nets: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line in lines:
        nets[line["tax_rate"]] += _cents(line["quantity"] * line["price"])
    return sum((net + _cents(net * rate / 100) for rate, net in nets.items()), Decimal(0))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _invoice_line(row: Plain, line: Plain, id_: int) -> Row:
    net = _cents(line["quantity"] * line["price"])
    rate = line["tax_rate"]
    tax = Row({"TaxLineNumber": 1, "TaxRate": rate, "TaxAmount": _cents(net * rate / 100)}, id=hashed(f"tax {id_}"))
    values = {
        "CustomerTransactionLineId": id_,
        "LineNumber": int(line["line"]),
        "Description": line["description"],
        "ItemNumber": line["sku"],
        "Quantity": Decimal(line["quantity"]),
        "UnitSellingPrice": line["price"],
        "LineAmount": net,
        "SalesOrder": row["order_number"],
    }
    children = {"receivablesInvoiceLineTaxLines": [tax] if rate else [], "receivablesInvoiceLineTransactionDFF": []}
    return Row(values, children, id=hashed(f"line {id_}"))

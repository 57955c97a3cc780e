"""What Business Central's stand-in does when it is written to, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID, uuid4

from tests.fakes.business_central_records import DRAFT, STEP
from tests.fakes.business_central_schema import ENTITIES, LENGTHS, LONGEST, NOTHING, WRITABLE, blank
from tests.fakes.odata import Row
from tests.fakes.stand_in import refuse

if TYPE_CHECKING:
    from tests.fakes.business_central import BusinessCentral

_MEMO_LINES = "salesCreditMemoLines"


class Writes:
    """What is written to one company."""

    def __init__(self, there: BusinessCentral) -> None:
        self._there = there
        self._tables = there.tables

    def change(self, name: str, row: Row, values: Mapping[str, Any]) -> Row:
        """Changes an order, or a line of one."""
        _demand_fields("PATCH", name, values)
        if name == "salesOrders":
            return self._there.put(name, {**row, **values})
        order = self._open_order(row)
        if values.get("lineObjectNumber", row["lineObjectNumber"]) != row["lineObjectNumber"]:
            _fail("Application_DialogException", "The value for lineObjectNumber can't be modified.")
        if values.get("itemId", row["itemId"]) != row["itemId"]:
            _fail("Application_DialogException", "The value for itemId can't be modified.")
        self._demand_variant(row["itemId"], values)
        if Decimal(str(values.get("quantity", row["quantity"]))) < row["shippedQuantity"]:
            _fail("Application_FieldValidationException", "Quantity must not be less than Quantity Shipped.")
        changed = self._there.put(name, _added_up({**row, **values}))
        self._touch(order)
        return changed

    def remove(self, name: str, row: Row) -> None:
        """Deletes a line, or an order that nothing was sent of."""
        lines = [row] if name == "salesOrderLines" else self._there.lines("salesOrderLines", row)
        order = self._open_order(row) if name == "salesOrderLines" else row
        if any(line["shippedQuantity"] for line in lines):
            _fail("Application_DialogException", "You can't delete what was shipped and not invoiced.")
        for line in lines:
            del self._tables["salesOrderLines"][line["id"]]
        if name == "salesOrders":
            del self._tables[name][row["id"]]
        else:
            self._touch(order)

    def add_line(self, name: str, document: Row, values: Mapping[str, Any]) -> Row:
        """Enters a line of a draft."""
        _demand_fields("POST", name, values)
        if document["status"] != DRAFT:
            _fail("Application_FieldValidationException", "Status must be equal to 'Open' in the document's header.")
        there = self._there.lines(name, document)
        sequence = values.get("sequence") or max((line["sequence"] for line in there), default=0) + STEP
        if any(line["sequence"] == sequence for line in there):
            _fail("Internal_EntityWithSameKeyExists", "The line already exists.")
        line = blank(name, **{**values, "id": str(uuid4()), "documentId": document["id"], "sequence": sequence})
        if line["lineType"] == "Item":
            line |= self._sold(line, values)
        elif line["lineType"] != "Comment":
            _fail("Application_FieldValidationException", "The type isn't known.")
        added = self._there.put(name, _added_up(line))
        if name == "salesOrderLines":
            self._touch(document)
        return added

    def add_memo(self, values: Mapping[str, Any]) -> Row:
        """Enters a draft of a credit memo, with its lines."""
        _demand_fields("POST", "salesCreditMemos", values)
        header = {name: value for name, value in values.items() if name != _MEMO_LINES}
        customer = next(
            (one for one in self._tables["customers"].values() if one["number"] == header.get("customerNumber")), None
        )
        if customer is None:
            _fail("Internal_InvalidTableRelation", "The customer doesn't exist.")
        bill = self._tables["salesInvoices"].get(header.get("invoiceId", NOTHING))
        if header.get("invoiceId", NOTHING) != NOTHING and bill is None:
            _fail("Internal_InvalidTableRelation", "The invoice doesn't exist.")
        known = {
            "id": str(uuid4()),
            "number": f"CR-{1001 + len(self._tables['salesCreditMemos'])}",
            "customerId": customer["id"],
            "currencyCode": header.get("currencyCode") or customer["currencyCode"],
            "status": DRAFT,
            "invoiceNumber": bill["number"] if bill else "",
        }
        memo = self._there.put("salesCreditMemos", blank("salesCreditMemos", **{**header, **known}))
        lines = [self.add_line(_MEMO_LINES, memo, line) for line in values.get(_MEMO_LINES, [])]
        total = sum((line["amountIncludingTax"] for line in lines), Decimal(0))
        amounts = {"totalAmountExcludingTax": total, "totalAmountIncludingTax": total}
        return self._there.put("salesCreditMemos", {**memo, **amounts})

    def _open_order(self, line: Row) -> Row:
        """The order of a line, unless it is released: then Business Central lets nobody change it."""
        order = self._tables["salesOrders"][line["documentId"]]
        if order["status"] != DRAFT:
            _fail("Application_FieldValidationException", "Status must be equal to 'Open' in Sales Header.")
        return order

    def _demand_variant(self, item: str, values: Mapping[str, Any]) -> None:
        id_ = values.get("itemVariantId", NOTHING)
        variant = self._tables["itemVariants"].get(id_)
        if id_ != NOTHING and (variant is None or variant["itemId"] != item):
            _fail("Internal_InvalidTableRelation", "The variant doesn't exist.")

    def _sold(self, line: Row, values: Mapping[str, Any]) -> Row:
        item = self._tables["items"].get(line["itemId"])
        if item is None:
            _fail("Internal_InvalidTableRelation", "The item doesn't exist.")
        if item["blocked"]:
            _fail("Application_FieldValidationException", "Blocked must be equal to 'No' in Item.")
        self._demand_variant(item["id"], values)
        return {
            "lineObjectNumber": item["number"],
            "description": line["description"] or item["displayName"],
            "unitPrice": values.get("unitPrice", item["unitPrice"]),
        }

    def _touch(self, order: Row) -> None:
        """An order's sums follow its lines."""
        lines = self._there.lines("salesOrderLines", order)
        total = sum((line["amountIncludingTax"] for line in lines), Decimal(0))
        self._there.put("salesOrders", {**order, "totalAmountIncludingTax": total})


def _added_up(line: Row) -> Row:
    amount = Decimal(str(line["quantity"])) * Decimal(str(line["unitPrice"]))
    sums = ("amountExcludingTax", "netAmount", "amountIncludingTax", "netAmountIncludingTax")
    return {**line, **dict.fromkeys(sums, amount)}


def _demand_fields(method: str, name: str, values: Mapping[str, Any]) -> None:
    """Refuses what isn't there, can't be written, or is of another type or too long."""
    fields = ENTITIES[name].fields
    for field, value in values.items():
        if field not in WRITABLE[method, name]:
            _fail("BadRequest", f"The property '{field}' does not exist on the type, or can't be written.")
        if field in fields and not _fits(fields[field].kind, value):
            _fail("BadRequest", f"The property '{field}' is of another type.")
        if isinstance(value, str) and len(value) > LENGTHS.get(field, LONGEST):
            _fail("Application_StringExceededLength", f"The length of '{field}' exceeds what is allowed.")


def _fits(kind: str, value: Any) -> bool:
    if kind == "Edm.Decimal":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "Edm.Int32":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "Edm.Boolean":
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    try:
        if kind == "Edm.Guid":
            UUID(value)
        if kind == "Edm.Date":
            date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _fail(code: str, message: str) -> NoReturn:
    refuse(400, {"error": {"code": code, "message": f"{message}  CorrelationId:  0d6c."}}, request_id="bc-request")

"""The tests' data in Business Central's form, as its people would have entered and posted it.

Each article is an item by itself, since the API counts an item's variants together. What has left, or has been handed
to the warehouse, is released (`Open`); a cancelled line has nothing to deliver. Who acts for a company isn't kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberFormat

from middleware.demo import Data
from middleware.records import InvoiceLine, OrderStatus, ReturnReason
from middleware.totals import line_net, totals
from tests.fakes.business_central_schema import NO_DAY, NOTHING, blank
from tests.fakes.odata import Row

ZONE = ZoneInfo("America/New_York")
STEP = 10_000  # between the numbers of two lines
DRAFT, RELEASED = "Draft", "Open"
TRANSIT_DAYS = 7  # as assistant.yml has it

_WAITING = (OrderStatus.PLACED.value, OrderStatus.PICKING.value, OrderStatus.DELAYED.value, OrderStatus.CANCELLED.value)
_SENT = (OrderStatus.SHIPPED.value, OrderStatus.DELIVERED.value, OrderStatus.RETURNED.value)
_MEMO_STATUSES = {
    "announced": "Draft",
    "received": "Open",
    "refunded": "Paid",
    "rejected": "Canceled",
    "corrected": "Corrective",
}
REASONS = {one.value: str(uuid5(NAMESPACE_URL, f"reason {one.value}")) for one in ReturnReason}

Tables = dict[str, dict[str, Row]]


def guid(kind: str, name: object) -> str:
    """The id of what is called so."""
    return str(uuid5(NAMESPACE_URL, f"{kind} {name}"))


def tables(data: Data) -> Tables:
    """All rows, by resource and id."""
    laid: Tables = defaultdict(dict)
    for place, row in enumerate(data.customers):
        _put(laid, "customers", _customer(row, place))
    for row in data.products:
        kept = sum(one["available"] for one in data.stock if one["sku"] == row["sku"])
        _put(laid, "items", _item(row, kept))
    for row in data.warehouses:
        _put(
            laid,
            "locations",
            blank("locations", id=guid("location", row["id"]), code=row["id"], displayName=row["name"]),
        )
    lines = _grouped(data.order_lines, "order_number")
    parcels = _grouped(data.shipments, "order_number")
    packed = _grouped(data.shipment_lines, "shipment_id")
    currencies = {row["sku"]: row["currency"] for row in data.products}
    for row in data.orders:
        _order(
            laid,
            row,
            lines[row["number"]],
            [one for parcel in parcels[row["number"]] for one in packed[parcel["id"]]],
            currencies,
        )
        for parcel in parcels[row["number"]]:
            _shipment(laid, row, parcel, packed[parcel["id"]])
    bills = _grouped(data.invoice_lines, "invoice_number")
    for row in data.invoices:
        _invoice(laid, row, bills[row["number"]])
    back = _grouped(data.return_lines, "return_number")
    for row in data.returns:
        _memo(laid, row, back[row["number"]])
    told = {row["order_number"] for row in data.returns}
    for row in data.orders:
        if row["status"] == OrderStatus.RETURNED.value and row["number"] not in told:
            _corrected(laid, row, lines[row["number"]])
    return laid


def _put(laid: Tables, name: str, row: Row) -> Row:
    laid[name][row["id"]] = row
    return row


def _grouped(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row[name]].append(row)
    return grouped


def day(moment: datetime | date | None) -> str:
    """A day as it is written there; none is the first of all days."""
    if moment is None:
        return NO_DAY
    return (moment.astimezone(ZONE).date() if isinstance(moment, datetime) else moment).isoformat()


def as_typed(number: str | None, place: int) -> str:
    """A phone number as people type it in, each in another way."""
    if not number:
        return ""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    forms = (national, number, international, f"{international} ext. 4", national.replace("-", " "))
    return forms[place % len(forms)]


def _customer(row: Any, place: int) -> Row:
    return blank(
        "customers",
        id=guid("customer", row["number"]),
        number=row["number"],
        displayName=row["name"],
        phoneNumber=as_typed(row["phone"], place),
        email=(row["email"] or "").capitalize() if place % 2 else row["email"] or "",
        addressLine1=row["address1"],
        addressLine2=row["address2"],
        city=row["city"],
        state=row["state"],
        country=row["country"],
        postalCode=row["postcode"],
        currencyCode="USD",
    )


def _item(row: Any, inventory: int) -> Row:
    assert len(row["sku"]) <= 20
    return blank(
        "items",
        id=guid("item", row["sku"]),
        number=row["sku"],
        displayName=row["name"],
        itemCategoryCode=row["category"][:20].upper(),
        inventory=inventory,
        unitPrice=row["price"] or 0,
        baseUnitOfMeasureCode="PCS",
    )


def _order(laid: Tables, row: Any, lines: list[Any], sent: list[Any], currencies: dict[str, str]) -> None:
    id_ = guid("order", row["number"])
    customer = laid["customers"][guid("customer", row["customer_number"])]
    waits = row["status"] in _WAITING
    for line in lines:
        off = OrderStatus.CANCELLED.value in (row["status"], line["status"])
        quantity = 0 if off else line["quantity"]
        item = laid["items"][guid("item", line["sku"])]
        shipped = sum(one["quantity"] for one in sent if one["line"] == line["line"])
        if line["status"] in _SENT:
            shipped = quantity
        values = {"shipmentDate": day(row["expected_on"]), "shippedQuantity": shipped}
        _put(
            laid, "salesOrderLines", sold("salesOrderLines", id_, line["line"], item, quantity, line["price"], **values)
        )
    _put(
        laid,
        "salesOrders",
        blank(
            "salesOrders",
            id=id_,
            number=row["number"],
            orderDate=day(row["placed_at"]),
            postingDate=day(row["placed_at"]),
            customerId=customer["id"],
            customerNumber=customer["number"],
            customerName=customer["displayName"],
            currencyCode=currencies[lines[0]["sku"]] if lines else "USD",
            requestedDeliveryDate=day(row["promised_on"]),
            status=DRAFT if waits else RELEASED,
            **_ship_to(row),
        ),
    )


def sold(name: str, document: str, line: object, item: Row, quantity: Any, price: Any, **values: Any) -> Row:
    """A line of a document that sells an item."""
    return blank(
        name,
        id=guid(name, f"{document} {line}"),
        documentId=document,
        sequence=int(str(line)) * STEP,
        lineType="Item",
        itemId=item["id"],
        lineObjectNumber=item["number"],
        description=item["displayName"],
        quantity=quantity,
        unitPrice=price or 0,
        unitOfMeasureCode="PCS",
        **values,
    )


def _ship_to(row: Any) -> Row:
    return {
        "shipToAddressLine1": row["address1"],
        "shipToAddressLine2": row["address2"],
        "shipToCity": row["city"],
        "shipToState": row["state"],
        "shipToCountry": row["country"],
        "shipToPostCode": row["postcode"],
    }


def _shipment(laid: Tables, order: Any, parcel: Any, lines: list[Any]) -> None:
    there = laid["salesOrders"][guid("order", order["number"])]
    units = {int(line["line"]) * STEP: line["quantity"] for line in lines}
    add_shipment(laid, there, parcel["id"], day(_sent_at(parcel)), units)


def _sent_at(parcel: Any) -> datetime | None:
    """When a parcel was posted; of one that arrived so long before as it may take, since nobody notes the arrival."""
    arrived: datetime | None = parcel["delivered_at"]
    sent: datetime | None = parcel["shipped_at"]
    return arrived - timedelta(days=TRANSIT_DAYS) if arrived else sent


def add_shipment(laid: Tables, order: Row, number: str, posted_on: str, units: dict[int, Any]) -> None:
    """A posted parcel of an order: units by the number of the order's line."""
    id_ = guid("shipment", number)
    copied = ("customerId", "customerNumber", "customerName", "currencyCode")
    ship_to = {name: value for name, value in order.items() if name.startswith("shipTo")}
    header = blank(
        "salesShipments",
        id=id_,
        number=number,
        orderNumber=order["number"],
        postingDate=posted_on,
        invoiceDate=order["orderDate"],
        **{name: order[name] for name in copied},
        **ship_to,
    )
    _put(laid, "salesShipments", header)
    of_order = [one for one in laid["salesOrderLines"].values() if one["documentId"] == order["id"]]
    for line in of_order:
        if line["sequence"] in units:
            values = {
                name: line[name] for name in ("sequence", "lineType", "lineObjectNumber", "description", "unitPrice")
            }
            row = blank(
                "salesShipmentLines",
                id=guid("parcel line", f"{number} {line['sequence']}"),
                documentId=id_,
                documentNo=number,
                quantity=units[line["sequence"]],
                **values,
            )
            _put(laid, "salesShipmentLines", row)


def _invoice(laid: Tables, row: Any, lines: list[Any]) -> None:
    order = laid["salesOrders"].get(guid("order", row["order_number"]))
    items = {one["number"]: one for one in laid["items"].values()}
    customer = laid["customers"][guid("customer", row["customer_number"])]
    id_ = guid("invoice", row["number"])
    known = [_billed(line) for line in lines]
    sums = totals(known)
    taxes = {one.rate: one.tax for one in sums.taxes}
    for line in known:
        tax = _part_of_tax(line, taxes, known)
        values = {
            "taxPercent": line.tax_rate,
            "amountExcludingTax": line.net,
            "netAmount": line.net,
            "totalTaxAmount": tax,
            "netTaxAmount": tax,
            "amountIncludingTax": line.net + tax,
            "netAmountIncludingTax": line.net + tax,
        }
        item = items.get(line.sku or "") or {"id": NOTHING, "number": "6110", "displayName": ""}
        billed = sold("salesInvoiceLines", id_, line.id, item, line.quantity, line.price, **values)
        billed |= {"description": line.description, "lineType": "Item" if line.sku else "Account"}
        _put(laid, "salesInvoiceLines", billed)
    is_paid = row["paid_on"] is not None or not sums.gross
    _put(
        laid,
        "salesInvoices",
        blank(
            "salesInvoices",
            id=id_,
            number=row["number"],
            orderNumber=row["order_number"] or "",
            orderId=order["id"] if order else NOTHING,
            invoiceDate=day(row["issued_on"]),
            postingDate=day(row["issued_on"]),
            dueDate=day(row["due_on"]),
            currencyCode=row["currency"],
            status="Paid" if is_paid else "Open",
            remainingAmount=0 if is_paid else sums.gross,
            totalAmountExcludingTax=sums.net,
            totalTaxAmount=sums.gross - sums.net,
            totalAmountIncludingTax=sums.gross,
            **_bill_to(customer),
        ),
    )


def _bill_to(customer: Row) -> Row:
    return {
        "customerId": customer["id"],
        "customerNumber": customer["number"],
        "customerName": customer["displayName"],
        "billToName": customer["displayName"],
        "billToAddressLine1": customer["addressLine1"],
        "billToAddressLine2": customer["addressLine2"],
        "billToCity": customer["city"],
        "billToState": customer["state"],
        "billToCountry": customer["country"],
        "billToPostCode": customer["postalCode"],
    }


def _billed(line: Any) -> InvoiceLine:
    quantity = Decimal(line["quantity"])
    return InvoiceLine(
        id=line["line"],
        sku=line["sku"],
        description=line["description"],
        quantity=quantity,
        price=line["price"],
        tax_rate=line["tax_rate"],
        net=line_net(quantity, line["price"]),
    )


def _part_of_tax(line: InvoiceLine, taxes: dict[Decimal, Decimal], lines: list[InvoiceLine]) -> Decimal:
    """All of a rate's tax stands at the last of its lines, so that it adds up to the cent."""
    last = [one for one in lines if one.tax_rate == line.tax_rate][-1]
    return taxes[line.tax_rate] if last is line else Decimal(0)


def _memo(laid: Tables, row: Any, lines: list[Any]) -> None:
    order = laid["salesOrders"][guid("order", row["order_number"])]
    bill = next((one for one in laid["salesInvoices"].values() if one["orderNumber"] == order["number"]), None)
    bill = bill or _posted_with(laid, order, "Paid")
    id_ = guid("memo", row["number"])
    of_order = {one["sequence"]: one for one in laid["salesOrderLines"].values() if one["documentId"] == order["id"]}
    total = Decimal(0)
    for line in lines:
        there = of_order[int(line["line"]) * STEP]
        item = laid["items"][there["itemId"]]
        memo_line = sold("salesCreditMemoLines", id_, line["line"], item, line["quantity"], there["unitPrice"])
        total += Decimal(str(there["unitPrice"])) * line["quantity"]
        _put(laid, "salesCreditMemoLines", memo_line)
    _put(
        laid,
        "salesCreditMemos",
        blank(
            "salesCreditMemos",
            id=id_,
            number=row["number"],
            creditMemoDate=day(row["created_at"]),
            postingDate=day(row["received_on"]),
            customerId=order["customerId"],
            customerNumber=order["customerNumber"],
            currencyCode=order["currencyCode"],
            status=_MEMO_STATUSES[row["status"]],
            invoiceId=bill["id"],
            invoiceNumber=bill["number"],
            customerReturnReasonId=REASONS[row["reason"]],
            totalAmountIncludingTax=row["refund"] or total,
        ),
    )


def _corrected(laid: Tables, row: Any, lines: list[Any]) -> None:
    """All of an order came back: its invoice was cancelled by a credit memo."""
    _posted_with(laid, laid["salesOrders"][guid("order", row["number"])], "Canceled")
    memo = {"number": f"CM-{row['number']}", "order_number": row["number"], "status": "corrected", "reason": "other"}
    days = {"created_at": row["placed_at"], "received_on": row["placed_at"], "refund": None}
    _memo(laid, {**memo, **days}, lines)


def _posted_with(laid: Tables, order: Row, status: str) -> Row:
    """The invoice of an order: without one, nothing comes back."""
    id_ = guid("invoice", f"of {order['number']}")
    for line in [one for one in laid["salesOrderLines"].values() if one["documentId"] == order["id"]]:
        place, item = line["sequence"] // STEP, laid["items"][line["itemId"]]
        billed = sold("salesInvoiceLines", id_, place, item, line["quantity"], line["unitPrice"])
        _put(laid, "salesInvoiceLines", billed)
    customer = laid["customers"][order["customerId"]]
    return _put(
        laid,
        "salesInvoices",
        blank(
            "salesInvoices",
            id=id_,
            number=f"PS-{order['number']}",
            orderNumber=order["number"],
            orderId=order["id"],
            invoiceDate=order["orderDate"],
            postingDate=order["orderDate"],
            dueDate=order["orderDate"],
            currencyCode=order["currencyCode"],
            status=status,
            **_bill_to(customer),
        ),
    )

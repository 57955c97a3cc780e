"""What the embedded back office holds for each line of a file, one function per file.

A function takes the line's values by column, and the rows that the line refers to by the column that refers to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from middleware.crm.embedded import tables as crm
from middleware.erp.embedded import tables as erp
from middleware.records import OrderStatus

Record = Mapping[str, Any]
Parents = Mapping[str, Mapping[str, Any]]
Made = tuple[sa.Table, dict[str, Any]]

ADDRESS = ("address1", "address2", "city", "state", "country", "postcode")

# Orders of which something was sent, and lines of them that were.
_SENT_ORDERS = {OrderStatus.SHIPPED, OrderStatus.PARTLY_SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED}
_SENT_LINES = {OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.RETURNED}


def employee(record: Record, _: Parents) -> Iterator[Made]:
    """One of the company's own people."""
    yield crm.employees, {**record, "is_active": True}


def customer(record: Record, _: Parents) -> Iterator[Made]:
    """A customer of the ERP, and the CRM's contact of the same id."""
    *first, last = record["name"].split() or [""]
    reachable = {"email": record["email"], "phone": record["phone"]}
    yield erp.customers, {"number": record["id"], "name": record["name"], **reachable, **_address(record)}
    names = {"first_name": " ".join(first), "last_name": last}
    looked_after = {"executive": record["executive"], "segment": record["segment"]}
    yield crm.contacts, {"id": record["id"], "erp_number": record["id"], **names, **reachable, **looked_after}


def product(record: Record, _: Parents) -> Iterator[Made]:
    """A product."""
    yield erp.products, {**record, "product_id": record["product_id"] or record["sku"]}


def warehouse(record: Record, _: Parents) -> Iterator[Made]:
    """A warehouse."""
    yield erp.warehouses, dict(record)


def stock(record: Record, _: Parents) -> Iterator[Made]:
    """How much of something there is in a warehouse."""
    yield erp.stock, dict(record)


def receipt(record: Record, _: Parents) -> Iterator[Made]:
    """Goods that are to come into a warehouse."""
    yield erp.receipts, dict(record)


def order(record: Record, parents: Parents) -> Iterator[Made]:
    """An order, and its parcel if something was sent; without an address of its own it goes to the customer's."""
    own = _address(record)
    yield (
        erp.orders,
        {
            "number": record["order_id"],
            "customer_number": record["customer_id"],
            "placed_at": record["placed_at"],
            "status": record["status"].value,
            "expected_on": record["expected_at"],
            "delivered_at": record["delivered_at"],
            **(own if any(own.values()) else _address(parents["customer_id"])),
        },
    )
    if record["status"] in _SENT_ORDERS:
        yield erp.shipments, _parcel(record)


def _parcel(record: Record) -> dict[str, Any]:
    """The one parcel of an order; of one that comes in parts, the expected day is that of the rest."""
    partly = record["status"] is OrderStatus.PARTLY_SHIPPED
    return {
        "id": record["order_id"],
        "order_number": record["order_id"],
        "carrier": record["carrier"],
        "tracking": record["tracking"],
        "expected_on": None if partly else record["expected_at"],
        "delivered_at": None if partly else record["delivered_at"],
    }


def order_line(record: Record, parents: Parents) -> Iterator[Made]:
    """A line of an order, and its place in the parcel if it was sent whole."""
    order, product = parents["order_id"], parents["sku"]
    order_status = OrderStatus(order["status"])
    status = record["status"] or order_status
    yield (
        erp.order_lines,
        {
            "order_number": record["order_id"],
            "line": record["line"],
            "sku": record["sku"],
            "quantity": record["quantity"],
            "price": product["price"] if record["price"] is None else record["price"],
            "status": status.value,
        },
    )
    if order_status in _SENT_ORDERS and status in _SENT_LINES:
        place = {"shipment_id": record["order_id"], "line": record["line"]}
        yield erp.shipment_lines, {**place, "quantity": record["quantity"]}


def invoice(record: Record, _: Parents) -> Iterator[Made]:
    """An invoice; without a day on which it is due, that is the day of issue."""
    yield (
        erp.invoices,
        {
            "number": record["invoice_id"],
            "customer_number": record["customer_id"],
            "order_number": record["order_id"],
            "issued_on": record["issued_on"],
            "due_on": record["due_on"] or record["issued_on"],
            "paid_on": record["paid_on"],
            "currency": record["currency"],
        },
    )


def invoice_line(record: Record, parents: Parents) -> Iterator[Made]:
    """A line of an invoice; without a description, it is the product's name."""
    product = parents.get("sku", {"name": ""})
    yield (
        erp.invoice_lines,
        {
            "invoice_number": record["invoice_id"],
            "line": record["line"],
            "sku": record["sku"],
            "description": record["description"] or product["name"] or record["sku"] or "",
            "quantity": record["quantity"],
            "price": record["price"],
            "tax_rate": record["tax_rate"],
        },
    )


def ticket(record: Record, _: Parents) -> Iterator[Made]:
    """A ticket, and the newest comment on it, which the customer may see."""
    yield (
        crm.tickets,
        {
            "number": record["ticket_id"],
            "contact_id": record["customer_id"],
            "subject": record["subject"],
            "opened_at": record["opened_at"],
            "closed_at": record["closed_at"],
        },
    )
    if record["comment"]:
        yield (
            crm.ticket_comments,
            {
                "id": record["ticket_id"],
                "ticket_number": record["ticket_id"],
                "author": record["author"],
                "body": record["comment"],
                "is_public": True,
                "written_at": record["commented_at"] or record["opened_at"],
            },
        )


def _address(of: Mapping[str, Any]) -> dict[str, Any]:
    return {part: of[part] for part in ADDRESS}

"""Turns rows of the embedded ERP into our records, one function per record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from sqlalchemy.engine import Row

from middleware.decoding import converted
from middleware.records import (
    Address,
    Customer,
    Invoice,
    InvoiceLine,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Receipt,
    Reservation,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnStatus,
    Shipment,
    StockLevel,
    Variant,
    Warehouse,
)
from middleware.totals import line_net, totals


def customer(row: Row, contact_name: str | None = None) -> Customer:
    """A row of `erp_customers`, with the contact person through whom it was found."""
    return Customer(
        number=row.number,
        name=row.name,
        email=row.email,
        phone=row.phone,
        address=address(row),
        contact_name=contact_name,
    )


def address(row: Row) -> Address:
    """The address columns of a customer or of an order."""
    return Address(
        address1=row.address1,
        address2=row.address2,
        city=row.city,
        state=row.state,
        country=row.country,
        postcode=row.postcode,
    )


def order(row: Row, lines: Iterable[Row], shipment_lines: Iterable[Row]) -> Order:
    """A row of `erp_orders`, with its lines, and with its shipments' lines ordered by shipment."""
    return Order(
        number=row.number,
        customer_number=row.customer_number,
        placed_at=row.placed_at,
        status=OrderStatus(row.status),
        lines=tuple(map(order_line, lines)),
        shipments=tuple(shipment(list(rows)) for _, rows in groupby(shipment_lines, attrgetter("id"))),
        promised_on=row.promised_on,
        expected_on=row.expected_on,
        delivered_at=row.delivered_at,
        address=address(row),
        version=str(row.version),
    )


def order_line(row: Row) -> OrderLine:
    """A row of `erp_order_lines` joined with its product."""
    return OrderLine(
        id=row.line,
        sku=row.sku,
        name=row.name,
        options=options(row),
        category=row.category,
        quantity=Decimal(row.quantity),
        price=money(row.price, row.currency),
        status=OrderStatus(row.status),
    )


def shipment(rows: list[Row]) -> Shipment:
    """A row of `erp_shipments`, once per line that is in it; once without a line if it is empty."""
    first = rows[0]
    return Shipment(
        id=first.id,
        quantities={row.line: Decimal(row.quantity) for row in rows if row.line is not None},
        shipped_at=first.shipped_at,
        carrier=first.carrier,
        tracking=first.tracking,
        expected_on=first.expected_on,
        delivered_at=first.delivered_at,
    )


def options(row: Row) -> dict[str, str]:
    """The options column of a product."""
    return converted(row.options, dict[str, str])


def money(amount: Decimal | None, currency: str | None) -> Money | None:
    """An amount column with the currency that it is in."""
    return None if amount is None or currency is None else Money(amount=amount, currency=currency)


def variant(row: Row) -> Variant:
    """A row of `erp_products`."""
    return Variant(
        sku=row.sku,
        product_id=row.product_id,
        name=row.name,
        options=options(row),
        category=row.category,
        price=money(row.price, row.currency),
    )


def stock_level(sku: str, row: Row, receipts: Iterable[Row]) -> StockLevel:
    """A row of `erp_warehouses` with what is available there, and with what is to come in."""
    return StockLevel(
        sku=sku,
        warehouse=warehouse(row),
        free=Decimal(row.available or 0),
        receipts=tuple(map(receipt, receipts)),
    )


def warehouse(row: Row) -> Warehouse:
    """A row of `erp_warehouses`."""
    return Warehouse(
        id=row.id,
        name=row.name,
        latitude=row.latitude,
        longitude=row.longitude,
        country=row.country,
        postcode=row.postcode,
    )


def receipt(row: Row) -> Receipt:
    """A row of `erp_receipts`."""
    return Receipt(quantity=Decimal(row.quantity), expected_on=row.expected_on)


def reservation(rows: Sequence[Row]) -> Reservation:
    """A row of `erp_reservations`, once per part; once without a part while it has none."""
    first = rows[0]
    return Reservation(
        id=first.id,
        customer_number=first.customer_number,
        sku=first.sku,
        parts={row.warehouse: Decimal(row.quantity) for row in rows if row.warehouse is not None},
        is_released=first.released_at is not None,
    )


def returned(row: Row, lines: Iterable[Row]) -> Return:
    """A row of `erp_returns` with its order's customer, and with its lines."""
    return Return(
        number=row.number,
        customer_number=row.customer_number,
        order_number=row.order_number,
        lines=tuple(map(return_line, lines)),
        reason=ReturnReason(row.reason),
        status=ReturnStatus(row.status),
        created_at=row.created_at,
        return_by=row.return_by,
        received_on=row.received_on,
        refund=money(row.refund, row.currency),
        refunded_on=row.refunded_on,
    )


def return_line(row: Row) -> ReturnLine:
    """A row of `erp_return_lines` joined with the product of the order's line."""
    return ReturnLine(id=row.line, sku=row.sku, name=row.name, options=options(row), quantity=Decimal(row.quantity))


def invoice(row: Row, line_rows: Iterable[Row]) -> Invoice:
    """A row of `erp_invoices` with its customer's name and address, and with its lines, added up."""
    lines = tuple(map(invoice_line, line_rows))
    sums = totals(lines)
    return Invoice(
        number=row.number,
        customer_number=row.customer_number,
        order_number=row.order_number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        paid_on=row.paid_on,
        currency=row.currency,
        buyer_name=row.name,
        buyer_address=address(row),
        lines=lines,
        net=sums.net,
        taxes=sums.taxes,
        gross=sums.gross,
        due=sums.gross if row.paid_on is None else Decimal(0),
    )


def invoice_line(row: Row) -> InvoiceLine:
    """A row of `erp_invoice_lines`."""
    quantity = Decimal(row.quantity)
    return InvoiceLine(
        id=row.line,
        sku=row.sku,
        description=row.description,
        quantity=quantity,
        price=row.price,
        tax_rate=row.tax_rate,
        net=line_net(quantity, row.price),
    )

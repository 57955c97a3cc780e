"""The tables of the embedded ERP.

Every reference has an index: without it, PostgreSQL reads the whole child table for each parent that is deleted.
"""

from __future__ import annotations

import sqlalchemy as sa

from middleware.database import Amount, Moment, metadata


def _address() -> list[sa.Column[sa.String]]:
    parts = ("address1", "address2", "city", "state", "country", "postcode")
    return [sa.Column(part, sa.String, nullable=False, server_default="") for part in parts]


customers = sa.Table(
    "erp_customers",
    metadata,
    sa.Column("number", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("email", sa.String, index=True, comment="lower case"),
    sa.Column("phone", sa.String, index=True, comment="E.164"),
    *_address(),
)

customer_contacts = sa.Table(
    "erp_customer_contacts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("customer_number", sa.ForeignKey(customers.c.number), nullable=False, index=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("email", sa.String, index=True, comment="lower case"),
    sa.Column("phone", sa.String, index=True, comment="E.164"),
)

products = sa.Table(
    "erp_products",
    metadata,
    sa.Column("sku", sa.String, primary_key=True),
    sa.Column("product_id", sa.String, nullable=False, index=True, comment="shared by the variants of a product"),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("category", sa.String, nullable=False),
    sa.Column("options", sa.JSON, nullable=False, comment='such as {"colour": "blue", "size": "M"}'),
    sa.Column("price", Amount),
    sa.Column("currency", sa.String(3), nullable=False),
)

warehouses = sa.Table(
    "erp_warehouses",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("latitude", sa.Float),
    sa.Column("longitude", sa.Float),
    sa.Column("country", sa.String(2), nullable=False),
    sa.Column("postcode", sa.String, nullable=False),
)

stock = sa.Table(
    "erp_stock",
    metadata,
    sa.Column("sku", sa.ForeignKey(products.c.sku), primary_key=True),
    sa.Column("warehouse", sa.ForeignKey(warehouses.c.id), primary_key=True, index=True),
    sa.Column("available", sa.Integer, nullable=False),
    sa.CheckConstraint("available >= 0", name="ck_erp_stock_available"),
)

orders = sa.Table(
    "erp_orders",
    metadata,
    sa.Column("number", sa.String, primary_key=True),
    sa.Column("customer_number", sa.ForeignKey(customers.c.number), nullable=False),
    sa.Column("placed_at", Moment, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("promised_on", sa.Date),
    sa.Column("expected_on", sa.Date),
    sa.Column("delivered_at", Moment),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    *_address(),
    sa.Index("ix_erp_orders_customer_placed", "customer_number", "placed_at"),
)

order_lines = sa.Table(
    "erp_order_lines",
    metadata,
    sa.Column("order_number", sa.ForeignKey(orders.c.number), primary_key=True),
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("sku", sa.ForeignKey(products.c.sku), nullable=False, index=True),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("price", Amount, comment="of one unit, in the product's currency"),
    sa.Column("status", sa.String, nullable=False),
)

shipments = sa.Table(
    "erp_shipments",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("order_number", sa.ForeignKey(orders.c.number), nullable=False, index=True),
    sa.Column("carrier", sa.String),
    sa.Column("tracking", sa.String),
    sa.Column("shipped_at", Moment),
    sa.Column("expected_on", sa.Date),
    sa.Column("delivered_at", Moment),
)

shipment_lines = sa.Table(
    "erp_shipment_lines",
    metadata,
    sa.Column("shipment_id", sa.ForeignKey(shipments.c.id), primary_key=True),
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("quantity", sa.Integer, nullable=False),
)

invoices = sa.Table(
    "erp_invoices",
    metadata,
    sa.Column("number", sa.String, primary_key=True),
    sa.Column("customer_number", sa.ForeignKey(customers.c.number), nullable=False, index=True),
    sa.Column("order_number", sa.ForeignKey(orders.c.number), index=True),
    sa.Column("issued_on", sa.Date, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    sa.Column("paid_on", sa.Date),
    sa.Column("currency", sa.String(3), nullable=False),
)

invoice_lines = sa.Table(
    "erp_invoice_lines",
    metadata,
    sa.Column("invoice_number", sa.ForeignKey(invoices.c.number), primary_key=True),
    sa.Column("line", sa.String, primary_key=True),
    sa.Column("sku", sa.ForeignKey(products.c.sku), index=True),
    sa.Column("description", sa.String, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("price", Amount, nullable=False, comment="of one unit, without tax"),
    sa.Column("tax_rate", Amount, nullable=False, comment="percent"),
)

changes = sa.Table(
    "erp_changes",
    metadata,
    sa.Column("key", sa.String, primary_key=True, comment="the asker's key: the same one again changes nothing"),
    sa.Column("order_number", sa.ForeignKey(orders.c.number), nullable=False, index=True),
    sa.Column("changed_at", Moment, nullable=False),
)

receipts = sa.Table(
    "erp_receipts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("sku", sa.ForeignKey(products.c.sku), nullable=False, index=True),
    sa.Column("warehouse", sa.ForeignKey(warehouses.c.id), nullable=False, index=True),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("expected_on", sa.Date, nullable=False),
)

reservations = sa.Table(
    "erp_reservations",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True, comment="the asker's key"),
    sa.Column("customer_number", sa.ForeignKey(customers.c.number), nullable=False, index=True),
    sa.Column("sku", sa.ForeignKey(products.c.sku), nullable=False, index=True),
    sa.Column("reserved_at", Moment, nullable=False),
    sa.Column("released_at", Moment, comment="empty while the units are kept"),
)

reservation_parts = sa.Table(
    "erp_reservation_parts",
    metadata,
    sa.Column("reservation_id", sa.ForeignKey(reservations.c.id), primary_key=True),
    sa.Column("warehouse", sa.ForeignKey(warehouses.c.id), primary_key=True, index=True),
    sa.Column("quantity", sa.Integer, nullable=False),
)

returns = sa.Table(
    "erp_returns",
    metadata,
    sa.Column("number", sa.String, primary_key=True),
    sa.Column("key", sa.String, unique=True, comment="the asker's key; empty for one that people announced"),
    sa.Column("order_number", sa.ForeignKey(orders.c.number), nullable=False, index=True),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("words", sa.String, nullable=False, server_default="", comment="the reason as the customer said it"),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("return_by", sa.Date),
    sa.Column("received_on", sa.Date),
    sa.Column("refund", Amount),
    sa.Column("currency", sa.String(3)),
    sa.Column("refunded_on", sa.Date),
)

return_lines = sa.Table(
    "erp_return_lines",
    metadata,
    sa.Column("return_number", sa.ForeignKey(returns.c.number), primary_key=True),
    sa.Column("line", sa.String, primary_key=True, comment="of the order"),
    sa.Column("quantity", sa.Integer, nullable=False),
)

"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import middleware.database

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this version."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("correlation_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False, comment="id of what was asked for; empty for a list"),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False, comment="ok, or the error's name"),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(), nullable=False, comment="channel:address"),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_table(
        "crm_accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_accounts")),
    )
    op.create_table(
        "erp_customers",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True, comment="lower case"),
        sa.Column("phone", sa.String(), nullable=True, comment="E.164"),
        sa.Column("address1", sa.String(), server_default="", nullable=False),
        sa.Column("address2", sa.String(), server_default="", nullable=False),
        sa.Column("city", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="", nullable=False),
        sa.Column("country", sa.String(), server_default="", nullable=False),
        sa.Column("postcode", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_erp_customers")),
    )
    with op.batch_alter_table("erp_customers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_customers_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_erp_customers_phone"), ["phone"], unique=False)

    op.create_table(
        "erp_products",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("product_id", sa.String(), nullable=False, comment="shared by the variants of a product"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False, comment='such as {"colour": "blue", "size": "M"}'),
        sa.Column("price", middleware.database.Amount(precision=18, scale=5), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_erp_products")),
    )
    with op.batch_alter_table("erp_products", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_products_product_id"), ["product_id"], unique=False)

    op.create_table(
        "erp_warehouses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_warehouses")),
    )
    op.create_table(
        "crm_contacts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True, comment="lower case"),
        sa.Column("phone", sa.String(), nullable=True, comment="E.164"),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["crm_accounts.id"], name=op.f("fk_crm_contacts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_contacts")),
    )
    with op.batch_alter_table("crm_contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crm_contacts_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_crm_contacts_phone"), ["phone"], unique=False)

    op.create_table(
        "erp_customer_contacts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True, comment="lower case"),
        sa.Column("phone", sa.String(), nullable=True, comment="E.164"),
        sa.ForeignKeyConstraint(
            ["customer_number"], ["erp_customers.number"], name=op.f("fk_erp_customer_contacts_customer_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_customer_contacts")),
    )
    with op.batch_alter_table("erp_customer_contacts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_customer_contacts_customer_number"), ["customer_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_erp_customer_contacts_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_erp_customer_contacts_phone"), ["phone"], unique=False)

    op.create_table(
        "erp_orders",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_number", sa.String(), nullable=False),
        sa.Column("placed_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("address1", sa.String(), server_default="", nullable=False),
        sa.Column("address2", sa.String(), server_default="", nullable=False),
        sa.Column("city", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="", nullable=False),
        sa.Column("country", sa.String(), server_default="", nullable=False),
        sa.Column("postcode", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_number"], ["erp_customers.number"], name=op.f("fk_erp_orders_customer_number")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_erp_orders")),
    )
    with op.batch_alter_table("erp_orders", schema=None) as batch_op:
        batch_op.create_index("ix_erp_orders_customer_placed", ["customer_number", "placed_at"], unique=False)

    op.create_table(
        "erp_stock",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("warehouse", sa.String(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.CheckConstraint("available >= 0", name="ck_erp_stock_available"),
        sa.ForeignKeyConstraint(["sku"], ["erp_products.sku"], name=op.f("fk_erp_stock_sku")),
        sa.ForeignKeyConstraint(["warehouse"], ["erp_warehouses.id"], name=op.f("fk_erp_stock_warehouse")),
        sa.PrimaryKeyConstraint("sku", "warehouse", name=op.f("pk_erp_stock")),
    )
    op.create_table(
        "identities",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True, comment="E.164"),
        sa.Column("email", sa.String(), nullable=True, comment="lower case"),
        sa.Column("customer_id", sa.String(), nullable=True, comment="the ERP's customer number"),
        sa.Column("proven_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_identities_conversation_id")),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_identities")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("turn_id", sa.String(), nullable=False, comment="the customer's message that began the turn"),
        sa.Column("author", sa.String(), nullable=False, comment="customer, bot"),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="received, answered; sent"),
        sa.Column("external_id", sa.String(), nullable=True, comment="the channel's id of a customer's message"),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_messages_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("conversation_id", "external_id", name=op.f("uq_messages_conversation_id_external_id")),
        sa.UniqueConstraint("conversation_id", "sequence", name=op.f("uq_messages_conversation_id_sequence")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_turn_id"), ["turn_id"], unique=False)

    op.create_table(
        "crm_tickets",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("opened_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("closed_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["crm_contacts.id"], name=op.f("fk_crm_tickets_contact_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_crm_tickets")),
    )
    with op.batch_alter_table("crm_tickets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crm_tickets_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "erp_invoices",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("customer_number", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_number"], ["erp_customers.number"], name=op.f("fk_erp_invoices_customer_number")
        ),
        sa.ForeignKeyConstraint(["order_number"], ["erp_orders.number"], name=op.f("fk_erp_invoices_order_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_erp_invoices")),
    )
    with op.batch_alter_table("erp_invoices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_invoices_customer_number"), ["customer_number"], unique=False)

    op.create_table(
        "erp_order_lines",
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "price",
            middleware.database.Amount(precision=18, scale=5),
            nullable=False,
            comment="of one unit, in the product's currency",
        ),
        sa.Column("status", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["order_number"], ["erp_orders.number"], name=op.f("fk_erp_order_lines_order_number")),
        sa.ForeignKeyConstraint(["sku"], ["erp_products.sku"], name=op.f("fk_erp_order_lines_sku")),
        sa.PrimaryKeyConstraint("order_number", "line", name=op.f("pk_erp_order_lines")),
    )
    op.create_table(
        "erp_shipments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=True),
        sa.Column("tracking", sa.String(), nullable=True),
        sa.Column("shipped_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("delivered_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_number"], ["erp_orders.number"], name=op.f("fk_erp_shipments_order_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_shipments")),
    )
    with op.batch_alter_table("erp_shipments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_shipments_order_number"), ["order_number"], unique=False)

    op.create_table(
        "crm_ticket_comments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ticket_number", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("written_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["crm_tickets.number"], name=op.f("fk_crm_ticket_comments_ticket_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_ticket_comments")),
    )
    with op.batch_alter_table("crm_ticket_comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crm_ticket_comments_ticket_number"), ["ticket_number"], unique=False)

    op.create_table(
        "erp_invoice_lines",
        sa.Column("invoice_number", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "price",
            middleware.database.Amount(precision=18, scale=5),
            nullable=False,
            comment="of one unit, without tax",
        ),
        sa.Column("tax_rate", middleware.database.Amount(precision=18, scale=5), nullable=False, comment="percent"),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["erp_invoices.number"], name=op.f("fk_erp_invoice_lines_invoice_number")
        ),
        sa.ForeignKeyConstraint(["sku"], ["erp_products.sku"], name=op.f("fk_erp_invoice_lines_sku")),
        sa.PrimaryKeyConstraint("invoice_number", "line", name=op.f("pk_erp_invoice_lines")),
    )
    op.create_table(
        "erp_shipment_lines",
        sa.Column("shipment_id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["erp_shipments.id"], name=op.f("fk_erp_shipment_lines_shipment_id")),
        sa.PrimaryKeyConstraint("shipment_id", "line", name=op.f("pk_erp_shipment_lines")),
    )


def downgrade() -> None:
    """Takes the tables back to the version before."""
    op.drop_table("erp_shipment_lines")
    op.drop_table("erp_invoice_lines")
    with op.batch_alter_table("crm_ticket_comments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_ticket_comments_ticket_number"))

    op.drop_table("crm_ticket_comments")
    with op.batch_alter_table("erp_shipments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_shipments_order_number"))

    op.drop_table("erp_shipments")
    op.drop_table("erp_order_lines")
    with op.batch_alter_table("erp_invoices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_invoices_customer_number"))

    op.drop_table("erp_invoices")
    with op.batch_alter_table("crm_tickets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_tickets_contact_id"))

    op.drop_table("crm_tickets")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_turn_id"))

    op.drop_table("messages")
    op.drop_table("identities")
    op.drop_table("erp_stock")
    with op.batch_alter_table("erp_orders", schema=None) as batch_op:
        batch_op.drop_index("ix_erp_orders_customer_placed")

    op.drop_table("erp_orders")
    with op.batch_alter_table("erp_customer_contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_customer_contacts_phone"))
        batch_op.drop_index(batch_op.f("ix_erp_customer_contacts_email"))
        batch_op.drop_index(batch_op.f("ix_erp_customer_contacts_customer_number"))

    op.drop_table("erp_customer_contacts")
    with op.batch_alter_table("crm_contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_contacts_phone"))
        batch_op.drop_index(batch_op.f("ix_crm_contacts_email"))

    op.drop_table("crm_contacts")
    op.drop_table("erp_warehouses")
    with op.batch_alter_table("erp_products", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_products_product_id"))

    op.drop_table("erp_products")
    with op.batch_alter_table("erp_customers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_customers_phone"))
        batch_op.drop_index(batch_op.f("ix_erp_customers_email"))

    op.drop_table("erp_customers")
    op.drop_table("crm_accounts")
    op.drop_table("conversations")
    op.drop_table("audit")

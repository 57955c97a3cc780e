"""Tables for holds and documents; of the embedded ERP, for reservations, receipts of goods, and returns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import middleware.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AMOUNT = middleware.database.Amount(precision=18, scale=5)


def upgrade() -> None:
    """Brings the tables to this version."""
    op.create_table(
        "documents",
        sa.Column("id", sa.String(), nullable=False, comment="random"),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="invoice, label"),
        sa.Column("object", sa.String(), nullable=False, comment="the number of what it is about"),
        sa.Column("name", sa.String(), nullable=False, comment="as a customer saves it"),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256 of the content"),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_documents_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_documents_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "erp_receipts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("warehouse", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["sku"], ["erp_products.sku"], name=op.f("fk_erp_receipts_sku")),
        sa.ForeignKeyConstraint(["warehouse"], ["erp_warehouses.id"], name=op.f("fk_erp_receipts_warehouse")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_receipts")),
    )
    with op.batch_alter_table("erp_receipts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_receipts_sku"), ["sku"], unique=False)
        batch_op.create_index(batch_op.f("ix_erp_receipts_warehouse"), ["warehouse"], unique=False)

    op.create_table(
        "erp_reservations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="the asker's key"),
        sa.Column("customer_number", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("reserved_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column(
            "released_at",
            middleware.database.Moment(timezone=True),
            nullable=True,
            comment="empty while the units are kept",
        ),
        sa.ForeignKeyConstraint(
            ["customer_number"], ["erp_customers.number"], name=op.f("fk_erp_reservations_customer_number")
        ),
        sa.ForeignKeyConstraint(["sku"], ["erp_products.sku"], name=op.f("fk_erp_reservations_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erp_reservations")),
        sa.UniqueConstraint("key", name=op.f("uq_erp_reservations_key")),
    )
    with op.batch_alter_table("erp_reservations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_reservations_customer_number"), ["customer_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_erp_reservations_sku"), ["sku"], unique=False)

    op.create_table(
        "erp_reservation_parts",
        sa.Column("reservation_id", sa.String(), nullable=False),
        sa.Column("warehouse", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reservation_id"], ["erp_reservations.id"], name=op.f("fk_erp_reservation_parts_reservation_id")
        ),
        sa.ForeignKeyConstraint(["warehouse"], ["erp_warehouses.id"], name=op.f("fk_erp_reservation_parts_warehouse")),
        sa.PrimaryKeyConstraint("reservation_id", "warehouse", name=op.f("pk_erp_reservation_parts")),
    )
    with op.batch_alter_table("erp_reservation_parts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_reservation_parts_warehouse"), ["warehouse"], unique=False)

    op.create_table(
        "erp_returns",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True, comment="the asker's key; empty for one that people announced"),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "words", sa.String(), server_default="", nullable=False, comment="the reason as the customer said it"
        ),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("return_by", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("refund", _AMOUNT, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("refunded_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["order_number"], ["erp_orders.number"], name=op.f("fk_erp_returns_order_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_erp_returns")),
        sa.UniqueConstraint("key", name=op.f("uq_erp_returns_key")),
    )
    with op.batch_alter_table("erp_returns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_returns_order_number"), ["order_number"], unique=False)

    op.create_table(
        "holds",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False, comment="the reference is made of it"),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False, comment="the ERP's customer number"),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False, comment="the article in words"),
        sa.Column("parts", sa.JSON(), nullable=False, comment="units by warehouse: id, name, quantity"),
        sa.Column("reservation_id", sa.String(), nullable=True, comment="the ERP's; empty until it has confirmed"),
        sa.Column("state", sa.String(), nullable=False, comment="pending, held, released, ended, refused"),
        sa.Column("until", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("extensions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_holds_conversation_id")),
        sa.ForeignKeyConstraint(["key"], ["operations.key"], name=op.f("fk_holds_key")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_holds")),
        sa.UniqueConstraint("key", name=op.f("uq_holds_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holds_account"), ["account"], unique=False)

    op.create_table(
        "erp_return_lines",
        sa.Column("return_number", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False, comment="of the order"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["return_number"], ["erp_returns.number"], name=op.f("fk_erp_return_lines_return_number")
        ),
        sa.PrimaryKeyConstraint("return_number", "line", name=op.f("pk_erp_return_lines")),
    )


def downgrade() -> None:
    """Takes the tables back to the version before."""
    op.drop_table("erp_return_lines")
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_holds_account"))

    op.drop_table("holds")
    with op.batch_alter_table("erp_returns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_returns_order_number"))

    op.drop_table("erp_returns")
    with op.batch_alter_table("erp_reservation_parts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_reservation_parts_warehouse"))

    op.drop_table("erp_reservation_parts")
    with op.batch_alter_table("erp_reservations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_reservations_sku"))
        batch_op.drop_index(batch_op.f("ix_erp_reservations_customer_number"))

    op.drop_table("erp_reservations")
    with op.batch_alter_table("erp_receipts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_receipts_warehouse"))
        batch_op.drop_index(batch_op.f("ix_erp_receipts_sku"))

    op.drop_table("erp_receipts")
    with op.batch_alter_table("documents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_documents_conversation_id"))

    op.drop_table("documents")

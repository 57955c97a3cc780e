"""Tables for jobs, effects, one-time codes and the audit log's seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import middleware.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_AMOUNT = middleware.database.Amount(precision=18, scale=5)


def upgrade() -> None:
    """Brings the tables to this version."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False, comment="jobs of one line run one after the other: a customer"),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="waiting, running, done, dead"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("run_at", middleware.database.Moment(timezone=True), nullable=False, comment="not before"),
        sa.Column(
            "expires_at", middleware.database.Moment(timezone=True), nullable=True, comment="of no use to anyone later"
        ),
        sa.Column("worker", sa.String(), nullable=True, comment="who has it under way"),
        sa.Column("leased_until", middleware.database.Moment(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True, comment="name of the error; no customer's data"),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index("ix_jobs_line_created", ["line", "created_at"], unique=False)
        batch_op.create_index("ix_jobs_state_run", ["state", "run_at"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False, comment="what only one process may do at a time"),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("until", middleware.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(), nullable=False, comment="digest of the seal before; empty for the first"),
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256 over the seal before and the entries"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seals")),
    )
    op.create_table(
        "codes",
        sa.Column("id", sa.String(), nullable=False, comment="random; the code itself is derived from it and a key"),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False, comment="identify, verify"),
        sa.Column("contact", sa.String(), nullable=False, comment="keyed hash of what was given: phone or e-mail"),
        sa.Column(
            "email",
            sa.String(),
            nullable=True,
            comment="where it goes; empty until it is sent, and for ever if nothing is on file",
        ),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended", sa.String(), nullable=True, comment="used, replaced, spent, revoked"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_codes_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codes")),
    )
    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.create_index("ix_codes_contact_created", ["contact", "created_at"], unique=False)
        batch_op.create_index("ix_codes_conversation_created", ["conversation_id", "created_at"], unique=False)

    op.create_table(
        "operations",
        sa.Column("key", sa.String(), nullable=False, comment="minted at the proposal; goes to the back end"),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False, comment="whose it is, in that system"),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="proposed, started, unknown, done, refused"),
        sa.Column("result", sa.JSON(), nullable=True, comment="what the back end answered, or why it refused"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("proposed_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("started_at", middleware.database.Moment(timezone=True), nullable=True, comment="the newest attempt"),
        sa.Column(
            "until",
            middleware.database.Moment(timezone=True),
            nullable=True,
            comment="the newest attempt has ended by then, one way or another",
        ),
        sa.Column("ended_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_operations_conversation_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_operations")),
    )
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_operations_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "erp_changes",
        sa.Column("key", sa.String(), nullable=False, comment="the asker's key: the same one again changes nothing"),
        sa.Column("order_number", sa.String(), nullable=False),
        sa.Column("changed_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_number"], ["erp_orders.number"], name=op.f("fk_erp_changes_order_number")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_erp_changes")),
    )
    with op.batch_alter_table("erp_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_changes_order_number"), ["order_number"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "seal",
                sa.Integer(),
                nullable=True,
                comment="number of the seal that holds it; empty until it is sealed",
            )
        )
        batch_op.create_index(batch_op.f("ix_audit_seal"), ["seal"], unique=False)

    with op.batch_alter_table("crm_contacts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("erp_number", sa.String(), nullable=True, comment="the ERP's number of the person's account")
        )
        batch_op.create_index(batch_op.f("ix_crm_contacts_account_id"), ["account_id"], unique=False)

    with op.batch_alter_table("erp_shipments", schema=None) as batch_op:
        batch_op.alter_column("shipped_at", existing_type=sa.DATETIME(), nullable=True)

    with op.batch_alter_table("erp_products", schema=None) as batch_op:
        batch_op.alter_column("price", existing_type=_AMOUNT, nullable=True)

    with op.batch_alter_table("erp_warehouses", schema=None) as batch_op:
        batch_op.alter_column("latitude", existing_type=sa.Float(), nullable=True)
        batch_op.alter_column("longitude", existing_type=sa.Float(), nullable=True)

    with op.batch_alter_table("erp_stock", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_stock_warehouse"), ["warehouse"], unique=False)

    with op.batch_alter_table("erp_order_lines", schema=None) as batch_op:
        batch_op.alter_column("price", existing_type=_AMOUNT, nullable=True)
        batch_op.create_index(batch_op.f("ix_erp_order_lines_sku"), ["sku"], unique=False)

    with op.batch_alter_table("erp_invoices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_invoices_order_number"), ["order_number"], unique=False)

    with op.batch_alter_table("erp_invoice_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erp_invoice_lines_sku"), ["sku"], unique=False)

    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("code_email", sa.String(), nullable=True, comment="lower case; proven by a one-time code")
        )
        batch_op.add_column(
            sa.Column("code_at", middleware.database.Moment(timezone=True), nullable=True, comment="when it was proven")
        )
        batch_op.add_column(
            sa.Column(
                "chosen_account",
                sa.String(),
                nullable=True,
                comment="which of several accounts of their own the person speaks for",
            )
        )


def downgrade() -> None:
    """Takes the tables back to the version before."""
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_column("chosen_account")
        batch_op.drop_column("code_at")
        batch_op.drop_column("code_email")

    with op.batch_alter_table("erp_invoice_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_invoice_lines_sku"))

    with op.batch_alter_table("erp_invoices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_invoices_order_number"))

    op.execute("UPDATE erp_order_lines SET price = 0 WHERE price IS NULL")
    with op.batch_alter_table("erp_order_lines", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_order_lines_sku"))
        batch_op.alter_column("price", existing_type=_AMOUNT, nullable=False)

    with op.batch_alter_table("erp_stock", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_stock_warehouse"))

    op.execute("UPDATE erp_warehouses SET latitude = COALESCE(latitude, 0), longitude = COALESCE(longitude, 0)")
    with op.batch_alter_table("erp_warehouses", schema=None) as batch_op:
        batch_op.alter_column("longitude", existing_type=sa.Float(), nullable=False)
        batch_op.alter_column("latitude", existing_type=sa.Float(), nullable=False)

    op.execute("UPDATE erp_products SET price = 0 WHERE price IS NULL")
    with op.batch_alter_table("erp_products", schema=None) as batch_op:
        batch_op.alter_column("price", existing_type=_AMOUNT, nullable=False)

    op.execute(
        "UPDATE erp_shipments SET shipped_at = COALESCE(delivered_at, CURRENT_TIMESTAMP) WHERE shipped_at IS NULL"
    )
    with op.batch_alter_table("erp_shipments", schema=None) as batch_op:
        batch_op.alter_column("shipped_at", existing_type=sa.DATETIME(), nullable=False)

    with op.batch_alter_table("crm_contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_contacts_account_id"))
        batch_op.drop_column("erp_number")

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_seal"))
        batch_op.drop_column("seal")

    with op.batch_alter_table("erp_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erp_changes_order_number"))

    op.drop_table("erp_changes")
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_operations_conversation_id"))

    op.drop_table("operations")
    with op.batch_alter_table("codes", schema=None) as batch_op:
        batch_op.drop_index("ix_codes_conversation_created")
        batch_op.drop_index("ix_codes_contact_created")

    op.drop_table("codes")
    op.drop_table("seals")
    op.drop_table("leases")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_state_run")
        batch_op.drop_index("ix_jobs_line_created")

    op.drop_table("jobs")

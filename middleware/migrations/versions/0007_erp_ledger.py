"""A table for what we had an ERP change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import middleware.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this version."""
    op.create_table(
        "erp_ledger",
        sa.Column("key", sa.String(), nullable=False, comment="the asker's"),
        sa.Column("kind", sa.String(), nullable=False, comment="cancel, change, reserve or return"),
        sa.Column("subject", sa.String(), nullable=False, comment="the order's number, or the article's SKU"),
        sa.Column("state", sa.String(), nullable=False, comment="begun, done, undone or refused"),
        sa.Column("wanted", sa.JSON(), nullable=False, comment="what was asked for"),
        sa.Column("made", sa.JSON(), nullable=True, comment="what came of it"),
        sa.Column("reference", sa.String(), nullable=True, comment="the ERP's own id of what was made"),
        sa.Column("begun_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_erp_ledger")),
        sa.UniqueConstraint("reference", name=op.f("uq_erp_ledger_reference")),
    )
    op.create_index("ix_erp_ledger_kind_subject_state", "erp_ledger", ["kind", "subject", "state"])


def downgrade() -> None:
    """Takes the table back."""
    op.drop_table("erp_ledger")

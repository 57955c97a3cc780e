"""Tables for the access tokens of systems of record, and for how far their news was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import middleware.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Brings the tables to this version."""
    op.create_table(
        "tokens",
        sa.Column("name", sa.String(), nullable=False, comment="whose access token it is"),
        sa.Column(
            "sealed",
            sa.Text(),
            nullable=True,
            comment="the newest one, encrypted with a key from the system's own secret",
        ),
        sa.Column(
            "leased_until",
            middleware.database.Moment(timezone=True),
            nullable=True,
            comment="until then one process alone asks for another",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tokens")),
    )
    op.create_table(
        "watermarks",
        sa.Column("name", sa.String(), nullable=False, comment="what is read on and on"),
        sa.Column(
            "at",
            middleware.database.Moment(timezone=True),
            nullable=False,
            comment="everything until then was read",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watermarks")),
    )


def downgrade() -> None:
    """Takes the tables back."""
    op.drop_table("watermarks")
    op.drop_table("tokens")

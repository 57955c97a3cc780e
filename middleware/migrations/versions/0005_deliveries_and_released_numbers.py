"""Tables for what is pushed to a channel's service, and for phone numbers that were given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import middleware.database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATE_NOW = "received, answered, passed (to an agent); queued, sent, failed"
STATE_BEFORE = "received, answered, passed (to an agent); sent"


def upgrade() -> None:
    """Brings the tables to this version."""
    if op.get_context().dialect.name != "sqlite":
        op.alter_column("messages", "state", comment=STATE_NOW, existing_comment=STATE_BEFORE)
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "revision",
                sa.Integer(),
                server_default="0",
                nullable=False,
                comment="how often a message was changed that was stored already",
            )
        )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "written_at",
                middleware.database.Moment(timezone=True),
                nullable=True,
                comment="when the customer wrote it, where the channel tells",
            )
        )
        batch_op.create_index("ix_messages_conversation_state", ["conversation_id", "state"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False, comment="random; told to the service, which tells it back"),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column(
            "part",
            sa.Integer(),
            nullable=False,
            comment="from 0, in their order; below 0: the template that asks them to write",
        ),
        sa.Column("payload", sa.JSON(), nullable=False, comment="what is sent, without to whom"),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="waiting, sending, sent, delivered, read; held, failed, doubtful",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubts", sa.Integer(), server_default="0", nullable=False, comment="attempts whose answer was lost"),
        sa.Column("repeats", sa.Integer(), server_default="0", nullable=False, comment="sent again after such a one"),
        sa.Column(
            "deferrals", sa.Integer(), server_default="0", nullable=False, comment="put off in a row, for one reason"
        ),
        sa.Column("uploads", sa.Integer(), server_default="0", nullable=False, comment="of its document"),
        sa.Column("external_id", sa.String(), nullable=True, comment="the service's id of it"),
        sa.Column("media_id", sa.String(), nullable=True, comment="the service's id of an uploaded document"),
        sa.Column("error_code", sa.String(), nullable=True, comment="the service's"),
        sa.Column("error", sa.String(), nullable=True, comment="why it didn't arrive, for the company's people"),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_deliveries_conversation_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_deliveries_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("external_id", name=op.f("uq_deliveries_external_id")),
        sa.UniqueConstraint("message_id", "part", name=op.f("uq_deliveries_message_id_part")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deliveries_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_deliveries_state_changed", ["state", "changed_at"], unique=False)
        batch_op.create_index(
            "ix_deliveries_doubts",
            ["doubts"],
            unique=False,
            sqlite_where=sa.text("doubts > 0"),
            postgresql_where=sa.text("doubts > 0"),
        )
    op.create_table(
        "released_numbers",
        sa.Column("phone", sa.String(), nullable=False, comment="E.164"),
        sa.Column("at", middleware.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_released_numbers")),
    )


def downgrade() -> None:
    """Takes the tables back."""
    op.drop_table("released_numbers")
    op.drop_table("deliveries")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_conversation_state")
        batch_op.drop_column("written_at")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("revision")
    if op.get_context().dialect.name != "sqlite":
        op.alter_column("messages", "state", comment=STATE_BEFORE, existing_comment=STATE_NOW)

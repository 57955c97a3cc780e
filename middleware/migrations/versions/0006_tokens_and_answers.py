"""Tables for the access tokens of systems of record, and for what is written on tickets there."""

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
        "watched_tickets",
        sa.Column("number", sa.String(), nullable=False, comment="the CRM's"),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False, comment="the CRM's contact; empty: nobody's"),
        sa.Column(
            "code_email", sa.String(), nullable=True, comment="what a one-time code had proved when they came together"
        ),
        sa.Column(
            "since",
            middleware.database.Moment(timezone=True),
            nullable=False,
            comment="what was written before isn't told",
        ),
        sa.Column(
            "linked_at",
            middleware.database.Moment(timezone=True),
            nullable=False,
            comment="when they came together last",
        ),
        sa.Column(
            "read_until",
            middleware.database.Moment(timezone=True),
            nullable=False,
            comment="what was written until then was read",
        ),
        sa.Column("due_at", middleware.database.Moment(timezone=True), nullable=False, comment="when it is read next"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_watched_tickets_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("number", "conversation_id", name=op.f("pk_watched_tickets")),
    )
    op.create_index(op.f("ix_watched_tickets_due_at"), "watched_tickets", ["due_at"])
    op.create_table(
        "ticket_answers",
        sa.Column("id", sa.String(), nullable=False, comment="the CRM's id of the comment"),
        sa.Column("number", sa.String(), nullable=False, comment="the ticket's"),
        sa.Column("conversation_id", sa.String(), nullable=True, comment="who heard of it; empty if nobody might"),
        sa.Column("outcome", sa.String(), nullable=False, comment="told; announced, without its words; kept back"),
        sa.Column("at", middleware.database.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_answers")),
    )
    op.create_index(op.f("ix_ticket_answers_number"), "ticket_answers", ["number"])


def downgrade() -> None:
    """Takes the tables back."""
    op.drop_table("ticket_answers")
    op.drop_table("watched_tickets")
    op.drop_table("tokens")

"""The tables of the embedded CRM."""

from __future__ import annotations

import sqlalchemy as sa

from middleware.database import Moment, metadata

accounts = sa.Table(
    "crm_accounts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
)

contacts = sa.Table(
    "crm_contacts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("first_name", sa.String, nullable=False),
    sa.Column("last_name", sa.String, nullable=False),
    sa.Column("email", sa.String, index=True, comment="lower case"),
    sa.Column("phone", sa.String, index=True, comment="E.164"),
    sa.Column("account_id", sa.ForeignKey(accounts.c.id), index=True),
    sa.Column("erp_number", sa.String, comment="the ERP's number of the person's account"),
)

tickets = sa.Table(
    "crm_tickets",
    metadata,
    sa.Column("number", sa.String, primary_key=True),
    sa.Column("contact_id", sa.ForeignKey(contacts.c.id), nullable=False, index=True),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
)

ticket_comments = sa.Table(
    "crm_ticket_comments",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("ticket_number", sa.ForeignKey(tickets.c.number), nullable=False, index=True),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("written_at", Moment, nullable=False),
)

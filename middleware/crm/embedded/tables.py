"""The tables of the embedded CRM."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from middleware.database import Amount, Moment, metadata

employees = sa.Table(
    "crm_employees",
    metadata,
    sa.Column("email", sa.String, primary_key=True, comment="lower case"),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
)

accounts = sa.Table(
    "crm_accounts",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("executive", sa.ForeignKey(employees.c.email), index=True, comment="who looks after it"),
    sa.Column("segment", sa.String, nullable=False, server_default="", comment="class of customer"),
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
    sa.Column(
        "executive",
        sa.ForeignKey(employees.c.email),
        index=True,
        comment="who looks after the person; else the account's",
    ),
    sa.Column("segment", sa.String, nullable=False, server_default="", comment="class of customer; else the account's"),
)

tickets = sa.Table(
    "crm_tickets",
    metadata,
    sa.Column("number", sa.String, primary_key=True),
    sa.Column("key", sa.String, unique=True, comment="the asker's; empty for tickets that others opened"),
    sa.Column("contact_id", sa.ForeignKey(contacts.c.id), index=True, comment="empty for strangers"),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("channel", sa.String, nullable=False, server_default=""),
    sa.Column("priority", sa.String, nullable=False, server_default="normal", comment="normal, high"),
    sa.Column("transcript", sa.Text),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("closed_at", Moment),
)

ticket_comments = sa.Table(
    "crm_ticket_comments",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("key", sa.String, unique=True, comment="the asker's; empty for what others wrote"),
    sa.Column("ticket_number", sa.ForeignKey(tickets.c.number), nullable=False, index=True),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("written_at", Moment, nullable=False),
)


def _lead_columns() -> list[Any]:
    """What a lead and an opportunity have in common: what somebody gave of themselves and of what they want."""
    return [
        sa.Column("first_name", sa.String, nullable=False),
        sa.Column("last_name", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False, comment="lower case"),
        sa.Column("phone", sa.String, comment="E.164"),
        sa.Column("country", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("postcode", sa.String, nullable=False),
        sa.Column("company", sa.String, nullable=False),
        sa.Column("size_low", sa.Integer),
        sa.Column("size_high", sa.Integer),
        sa.Column("budget_low", Amount),
        sa.Column("budget_high", Amount),
        sa.Column("budget_currency", sa.String),
        sa.Column("wish", sa.Text, nullable=False),
        sa.Column("industry", sa.String, nullable=False),
        sa.Column("owner", sa.ForeignKey(employees.c.email), nullable=False, index=True),
        sa.Column("consent", sa.Text, nullable=False, comment="the words that they agreed to"),
        sa.Column("consent_at", Moment, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
    ]


leads = sa.Table(
    "crm_leads",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("contact_id", sa.ForeignKey(contacts.c.id), index=True, comment="the person, where they are on file"),
    sa.Column("closed_at", Moment, comment="when it was won or lost"),
    *_lead_columns(),
    # No two open leads of one address.
    sa.Index(
        "uq_crm_leads_open",
        "email",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL AND email <> ''"),
        postgresql_where=sa.text("closed_at IS NULL AND email <> ''"),
    ),
)

opportunities = sa.Table(
    "crm_opportunities",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("contact_id", sa.ForeignKey(contacts.c.id), nullable=False, index=True),
    *_lead_columns(),
)

lead_keys = sa.Table(
    "crm_lead_keys",
    metadata,
    sa.Column("key", sa.String, primary_key=True, comment="the asker's"),
    sa.Column("kind", sa.String, nullable=False, comment="lead, contact, opportunity"),
    sa.Column("record_id", sa.String, nullable=False),
    sa.Column("owner", sa.ForeignKey(employees.c.email), nullable=False, index=True, comment="as it was answered"),
    sa.Column("is_new", sa.Boolean, nullable=False),
)

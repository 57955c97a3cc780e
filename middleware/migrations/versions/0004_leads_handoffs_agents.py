"""Tables for leads, hand-overs and the agents' desk; of the embedded CRM, for employees, leads and opportunities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import middleware.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


# What columns hold besides what they held: table, column, comment now, comment before. SQLite keeps no comments.
COMMENTS = (
    ("crm_tickets", "contact_id", "empty for strangers", None),
    ("documents", "kind", "invoice, label, attachment", "invoice, label"),
    ("messages", "author", "customer, bot, agent", "customer, bot"),
    ("messages", "state", "received, answered, passed (to an agent); sent", "received, answered; sent"),
    (
        "messages",
        "external_id",
        "the channel's id of a customer's message, the desk's of an agent's",
        "the channel's id of a customer's message",
    ),
)


def upgrade() -> None:
    """Brings the tables to this version."""
    if op.get_context().dialect.name != "sqlite":
        for table, column, comment, before in COMMENTS:
            op.alter_column(table, column, comment=comment, existing_comment=before)

    op.create_table(
        "agents",
        sa.Column("id", sa.String(), nullable=False, comment="what they log in with, lower case"),
        sa.Column("name", sa.String(), nullable=False, comment="as customers and colleagues read it"),
        sa.Column("password", sa.String(), nullable=True, comment="argon2; empty for those who log in elsewhere"),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False, comment="wrong passwords in a row"),
        sa.Column("locked_until", middleware.database.Moment(timezone=True), nullable=True),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column(
            "seen_at",
            middleware.database.Moment(timezone=True),
            nullable=True,
            comment="when they were last at the desk",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agents")),
    )
    op.create_table(
        "crm_employees",
        sa.Column("email", sa.String(), nullable=False, comment="lower case"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_crm_employees")),
    )
    op.create_table(
        "crm_lead_keys",
        sa.Column("key", sa.String(), nullable=False, comment="the asker's"),
        sa.Column("kind", sa.String(), nullable=False, comment="lead, contact, opportunity"),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False, comment="as it was answered"),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["owner"], ["crm_employees.email"], name=op.f("fk_crm_lead_keys_owner")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_crm_lead_keys")),
    )
    with op.batch_alter_table("crm_lead_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crm_lead_keys_owner"), ["owner"], unique=False)

    op.create_table(
        "rotations",
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False, comment="how many leads it has had"),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_rotations")),
    )
    op.create_table(
        "agent_sessions",
        sa.Column("id", sa.String(), nullable=False, comment="SHA-256 of what the cookie holds"),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False, comment="what every form must show"),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_sessions_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_sessions")),
    )
    with op.batch_alter_table("agent_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agent_sessions_agent_id"), ["agent_id"], unique=False)

    op.create_table(
        "handoffs",
        sa.Column("id", sa.String(), nullable=False, comment="random; the ticket's key in the CRM"),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column(
            "state", sa.String(), nullable=False, comment="left (out of hours), waiting, agent; returned, closed"
        ),
        sa.Column("reason", sa.String(), nullable=False, comment="asked, not_understood, complaint, failed, rule"),
        sa.Column("note", sa.String(), server_default="", nullable=False, comment="what the people should know first"),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("requested_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column(
            "waiting_since",
            middleware.database.Moment(timezone=True),
            nullable=True,
            comment="the place in the line goes by it",
        ),
        sa.Column("agent_id", sa.String(), nullable=True, comment="who has it, or had it last"),
        sa.Column("claims", sa.Integer(), server_default="0", nullable=False, comment="how often it was claimed"),
        sa.Column("claimed_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.Column(
            "seen_at", middleware.database.Moment(timezone=True), nullable=True, comment="when the agent was last there"
        ),
        sa.Column("ended_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(), nullable=True),
        sa.Column("ticket_number", sa.String(), nullable=True, comment="the CRM's; empty until it has confirmed"),
        sa.Column(
            "owes_number",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="the customer waits for it",
        ),
        sa.Column("contact_id", sa.String(), nullable=True, comment="the CRM's; empty if it knows nobody"),
        sa.Column("reach", sa.String(), nullable=True, comment="where they want to be reached, in their own words"),
        sa.Column("summary", sa.JSON(), nullable=False, comment="what was wanted, tried, and what failed"),
        sa.Column("understood", sa.JSON(), nullable=False, comment="what the bot made of the customer's messages"),
        sa.Column(
            "account",
            sa.JSON(),
            nullable=True,
            comment="customer, orders, invoices, tickets, as they were when it was asked for",
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_handoffs_agent_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_handoffs_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handoffs_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_handoffs_state_waiting", ["state", "waiting_since"], unique=False)
        batch_op.create_index(
            "uq_handoffs_open",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('left', 'waiting', 'agent')"),
            postgresql_where=sa.text("state IN ('left', 'waiting', 'agent')"),
        )

    op.create_table(
        "leads",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False, comment="the reference is made of it"),
        sa.Column("key", sa.String(), nullable=False, comment="goes to the CRM"),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False, comment="what the CRM is to keep, with the consent"),
        sa.Column("team", sa.String(), nullable=False, comment="of the territory; empty if one person has it"),
        sa.Column("region", sa.String(), nullable=False, comment="of the territory, as it is told; may be empty"),
        sa.Column("pick", sa.String(), nullable=False, comment="whom the territory rules picked: an e-mail"),
        sa.Column("state", sa.String(), nullable=False, comment="kept, delivered, refused"),
        sa.Column("record", sa.JSON(), nullable=True, comment="what the CRM answered"),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", middleware.database.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_leads_conversation_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_leads")),
        sa.UniqueConstraint("key", name=op.f("uq_leads_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leads_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "notes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("handoff_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_notes_agent_id")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoffs.id"], name=op.f("fk_notes_handoff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_handoff_id"), ["handoff_id"], unique=False)

    op.create_table(
        "crm_leads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True, comment="the person, where they are on file"),
        sa.Column(
            "closed_at", middleware.database.Moment(timezone=True), nullable=True, comment="when it was won or lost"
        ),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False, comment="lower case"),
        sa.Column("phone", sa.String(), nullable=True, comment="E.164"),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("size_low", sa.Integer(), nullable=True),
        sa.Column("size_high", sa.Integer(), nullable=True),
        sa.Column("budget_low", middleware.database.Amount(precision=18, scale=5), nullable=True),
        sa.Column("budget_high", middleware.database.Amount(precision=18, scale=5), nullable=True),
        sa.Column("budget_currency", sa.String(), nullable=True),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("industry", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False, comment="the words that they agreed to"),
        sa.Column("consent_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["crm_contacts.id"], name=op.f("fk_crm_leads_contact_id")),
        sa.ForeignKeyConstraint(["owner"], ["crm_employees.email"], name=op.f("fk_crm_leads_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_leads")),
    )
    with op.batch_alter_table("crm_leads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crm_leads_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_crm_leads_owner"), ["owner"], unique=False)
        batch_op.create_index(
            "uq_crm_leads_open",
            ["email"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL AND email <> ''"),
            postgresql_where=sa.text("closed_at IS NULL AND email <> ''"),
        )

    op.create_table(
        "crm_opportunities",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False, comment="lower case"),
        sa.Column("phone", sa.String(), nullable=True, comment="E.164"),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("size_low", sa.Integer(), nullable=True),
        sa.Column("size_high", sa.Integer(), nullable=True),
        sa.Column("budget_low", middleware.database.Amount(precision=18, scale=5), nullable=True),
        sa.Column("budget_high", middleware.database.Amount(precision=18, scale=5), nullable=True),
        sa.Column("budget_currency", sa.String(), nullable=True),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("industry", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False, comment="the words that they agreed to"),
        sa.Column("consent_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.Column("created_at", middleware.database.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["crm_contacts.id"], name=op.f("fk_crm_opportunities_contact_id")),
        sa.ForeignKeyConstraint(["owner"], ["crm_employees.email"], name=op.f("fk_crm_opportunities_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crm_opportunities")),
    )
    with op.batch_alter_table("crm_opportunities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_crm_opportunities_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_crm_opportunities_owner"), ["owner"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_conversation_at", ["conversation_id", "at"], unique=False)

    with op.batch_alter_table("crm_accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("executive", sa.String(), nullable=True, comment="who looks after it"))
        batch_op.add_column(
            sa.Column("segment", sa.String(), server_default="", nullable=False, comment="class of customer")
        )
        batch_op.create_foreign_key(batch_op.f("fk_crm_accounts_executive"), "crm_employees", ["executive"], ["email"])
        batch_op.create_index(batch_op.f("ix_crm_accounts_executive"), ["executive"], unique=False)

    with op.batch_alter_table("crm_contacts", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("executive", sa.String(), nullable=True, comment="who looks after the person; else the account's")
        )
        batch_op.add_column(
            sa.Column(
                "segment",
                sa.String(),
                server_default="",
                nullable=False,
                comment="class of customer; else the account's",
            )
        )
        batch_op.create_foreign_key(batch_op.f("fk_crm_contacts_executive"), "crm_employees", ["executive"], ["email"])
        batch_op.create_index(batch_op.f("ix_crm_contacts_executive"), ["executive"], unique=False)

    with op.batch_alter_table("crm_ticket_comments", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("key", sa.String(), nullable=True, comment="the asker's; empty for what others wrote")
        )
        batch_op.create_unique_constraint(batch_op.f("uq_crm_ticket_comments_key"), ["key"])

    with op.batch_alter_table("crm_tickets", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("key", sa.String(), nullable=True, comment="the asker's; empty for tickets that others opened")
        )
        batch_op.add_column(sa.Column("description", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("channel", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("priority", sa.String(), server_default="normal", nullable=False, comment="normal, high")
        )
        batch_op.add_column(sa.Column("transcript", sa.Text(), nullable=True))
        batch_op.alter_column("contact_id", existing_type=sa.VARCHAR(), nullable=True)
        batch_op.create_unique_constraint(batch_op.f("uq_crm_tickets_key"), ["key"])


def downgrade() -> None:
    """Takes the tables back to the version before, which knows no tickets of strangers."""
    strangers = "SELECT number FROM crm_tickets WHERE contact_id IS NULL"
    op.execute(f"DELETE FROM crm_ticket_comments WHERE ticket_number IN ({strangers})")
    op.execute("DELETE FROM crm_tickets WHERE contact_id IS NULL")
    if op.get_context().dialect.name != "sqlite":
        for table, column, comment, before in COMMENTS:
            op.alter_column(table, column, comment=before, existing_comment=comment)

    with op.batch_alter_table("crm_tickets", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_crm_tickets_key"), type_="unique")
        batch_op.alter_column("contact_id", existing_type=sa.VARCHAR(), nullable=False)
        batch_op.drop_column("transcript")
        batch_op.drop_column("priority")
        batch_op.drop_column("channel")
        batch_op.drop_column("description")
        batch_op.drop_column("key")

    with op.batch_alter_table("crm_ticket_comments", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_crm_ticket_comments_key"), type_="unique")
        batch_op.drop_column("key")

    with op.batch_alter_table("crm_contacts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_contacts_executive"))
        batch_op.drop_constraint(batch_op.f("fk_crm_contacts_executive"), type_="foreignkey")
        batch_op.drop_column("segment")
        batch_op.drop_column("executive")

    with op.batch_alter_table("crm_accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_accounts_executive"))
        batch_op.drop_constraint(batch_op.f("fk_crm_accounts_executive"), type_="foreignkey")
        batch_op.drop_column("segment")
        batch_op.drop_column("executive")

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_conversation_at")

    with op.batch_alter_table("crm_opportunities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_opportunities_owner"))
        batch_op.drop_index(batch_op.f("ix_crm_opportunities_contact_id"))

    op.drop_table("crm_opportunities")
    with op.batch_alter_table("crm_leads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_leads_owner"))
        batch_op.drop_index(batch_op.f("ix_crm_leads_contact_id"))
        batch_op.drop_index(
            "uq_crm_leads_open",
            sqlite_where=sa.text("closed_at IS NULL AND email <> ''"),
            postgresql_where=sa.text("closed_at IS NULL AND email <> ''"),
        )

    op.drop_table("crm_leads")
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notes_handoff_id"))

    op.drop_table("notes")
    with op.batch_alter_table("leads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_leads_conversation_id"))

    op.drop_table("leads")
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_handoffs_open",
            sqlite_where=sa.text("state IN ('left', 'waiting', 'agent')"),
            postgresql_where=sa.text("state IN ('left', 'waiting', 'agent')"),
        )
        batch_op.drop_index("ix_handoffs_state_waiting")
        batch_op.drop_index(batch_op.f("ix_handoffs_conversation_id"))

    op.drop_table("handoffs")
    with op.batch_alter_table("agent_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_sessions_agent_id"))

    op.drop_table("agent_sessions")
    op.drop_table("rotations")
    with op.batch_alter_table("crm_lead_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_crm_lead_keys_owner"))

    op.drop_table("crm_lead_keys")
    op.drop_table("crm_employees")
    op.drop_table("agents")

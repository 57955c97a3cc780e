"""The middleware's own tables, and the one way to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.dml import Insert

from middleware.database import BUSY_TIMEOUT_SECONDS, Moment, for_writing, metadata, open_engine
from middleware.errors import Misconfigured, Unavailable
from middleware.line import Line

BRIEF_SECONDS = 0.05

T = TypeVar("T")
Turn = Callable[[], AbstractContextManager[None]]  # of a thread that writes

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="channel:address"),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("last_sequence", sa.Integer, nullable=False, server_default="0"),
    sa.Column(
        "revision",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="how often a message was changed that was stored already",
    ),
    sa.Column("created_at", Moment, nullable=False),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), primary_key=True),
    sa.Column("phone", sa.String, comment="E.164"),
    sa.Column("email", sa.String, comment="lower case"),
    sa.Column("customer_id", sa.String, comment="the ERP's customer number"),
    sa.Column("proven_at", Moment, nullable=False),
    sa.Column("code_email", sa.String, comment="lower case; proven by a one-time code"),
    sa.Column("code_at", Moment, comment="when it was proven"),
    sa.Column("chosen_account", sa.String, comment="which of several accounts of their own the person speaks for"),
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random; the code itself is derived from it and a key"),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False),
    sa.Column("purpose", sa.String, nullable=False, comment="identify, verify"),
    sa.Column("contact", sa.String, nullable=False, comment="keyed hash of what was given: phone or e-mail"),
    sa.Column("email", sa.String, comment="where it goes; empty until it is sent, and for ever if nothing is on file"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("ended", sa.String, comment="used, replaced, spent, revoked"),
    sa.Index("ix_codes_conversation_created", "conversation_id", "created_at"),
    sa.Index("ix_codes_contact_created", "contact", "created_at"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("turn_id", sa.String, nullable=False, index=True, comment="the customer's message that began the turn"),
    sa.Column("author", sa.String, nullable=False, comment="customer, bot, agent"),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column(
        "state", sa.String, nullable=False, comment="received, answered, passed (to an agent); queued, sent, failed"
    ),
    sa.Column("external_id", sa.String, comment="the channel's id of a customer's message, the desk's of an agent's"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("written_at", Moment, comment="when the customer wrote it, where the channel tells"),
    sa.UniqueConstraint("conversation_id", "sequence"),
    sa.UniqueConstraint("conversation_id", "external_id"),
    sa.Index("ix_messages_conversation_state", "conversation_id", "state"),
)

# What is pushed to a channel's service: a message is one or several of these.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random; told to the service, which tells it back"),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False, index=True),
    sa.Column("message_id", sa.ForeignKey(messages.c.id), nullable=False),
    sa.Column(
        "part",
        sa.Integer,
        nullable=False,
        comment="from 0, in their order; below 0: the template that asks them to write",
    ),
    sa.Column("payload", sa.JSON, nullable=False, comment="what is sent, without to whom"),
    sa.Column(
        "state", sa.String, nullable=False, comment="waiting, sending, sent, delivered, read; held, failed, doubtful"
    ),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("doubts", sa.Integer, nullable=False, server_default="0", comment="attempts whose answer was lost"),
    sa.Column("repeats", sa.Integer, nullable=False, server_default="0", comment="sent again after such a one"),
    sa.Column("deferrals", sa.Integer, nullable=False, server_default="0", comment="put off in a row, for one reason"),
    sa.Column("uploads", sa.Integer, nullable=False, server_default="0", comment="of its document"),
    sa.Column("external_id", sa.String, unique=True, comment="the service's id of it"),
    sa.Column("media_id", sa.String, comment="the service's id of an uploaded document"),
    sa.Column("error_code", sa.String, comment="the service's"),
    sa.Column("error", sa.String, comment="why it didn't arrive, for the company's people"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.UniqueConstraint("message_id", "part"),
    sa.Index("ix_deliveries_state_changed", "state", "changed_at"),
    sa.Index(
        "ix_deliveries_doubts", "doubts", sqlite_where=sa.text("doubts > 0"), postgresql_where=sa.text("doubts > 0")
    ),
)

# Phone numbers that people gave up: what was written from one before proves nothing any more.
released_numbers = sa.Table(
    "released_numbers",
    metadata,
    sa.Column("phone", sa.String, primary_key=True, comment="E.164"),
    sa.Column("at", Moment, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("correlation_id", sa.String, nullable=False),
    sa.Column("conversation_id", sa.String, nullable=False),
    sa.Column("operation", sa.String, nullable=False),
    sa.Column("system", sa.String, nullable=False),
    sa.Column("object", sa.String, nullable=False, comment="id of what was asked for; empty for a list"),
    sa.Column("level", sa.String, nullable=False),
    sa.Column("outcome", sa.String, nullable=False, comment="ok, or the error's name"),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("seal", sa.Integer, index=True, comment="number of the seal that holds it; empty until it is sealed"),
    sa.Index("ix_audit_conversation_at", "conversation_id", "at"),
)

seals = sa.Table(
    "seals",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sealed_at", Moment, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("previous", sa.String, nullable=False, comment="digest of the seal before; empty for the first"),
    sa.Column("digest", sa.String, nullable=False, comment="SHA-256 over the seal before and the entries"),
)

operations = sa.Table(
    "operations",
    metadata,
    sa.Column("key", sa.String, primary_key=True, comment="minted at the proposal; goes to the back end"),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False, index=True),
    sa.Column("operation", sa.String, nullable=False),
    sa.Column("system", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False, comment="whose it is, in that system"),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False, comment="proposed, started, unknown, done, refused"),
    sa.Column("result", sa.JSON, comment="what the back end answered, or why it refused"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("proposed_at", Moment, nullable=False),
    sa.Column("started_at", Moment, comment="the newest attempt"),
    sa.Column("until", Moment, comment="the newest attempt has ended by then, one way or another"),
    sa.Column("ended_at", Moment),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("line", sa.String, nullable=False, comment="jobs of one line run one after the other: a customer"),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False, comment="waiting, running, done, dead"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("run_at", Moment, nullable=False, comment="not before"),
    sa.Column("expires_at", Moment, comment="of no use to anyone later"),
    sa.Column("worker", sa.String, comment="who has it under way"),
    sa.Column("leased_until", Moment),
    sa.Column("last_error", sa.String, comment="name of the error; no customer's data"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_jobs_state_run", "state", "run_at"),
    sa.Index("ix_jobs_line_created", "line", "created_at"),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True, comment="the reference is made of it"),
    sa.Column("key", sa.ForeignKey(operations.c.key), nullable=False, unique=True),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False),
    sa.Column("account", sa.String, nullable=False, index=True, comment="the ERP's customer number"),
    sa.Column("sku", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False, comment="the article in words"),
    sa.Column("parts", sa.JSON, nullable=False, comment="units by warehouse: id, name, quantity"),
    sa.Column("reservation_id", sa.String, comment="the ERP's; empty until it has confirmed"),
    sa.Column("state", sa.String, nullable=False, comment="pending, held, released, ended, refused"),
    sa.Column("until", Moment, nullable=False),
    sa.Column("extensions", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sqlite_autoincrement=True,  # a number is never given twice
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random"),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False, comment="invoice, label, attachment"),
    sa.Column("object", sa.String, nullable=False, comment="the number of what it is about"),
    sa.Column("name", sa.String, nullable=False, comment="as a customer saves it"),
    sa.Column("media_type", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False, comment="SHA-256 of the content"),
    sa.Column("created_at", Moment, nullable=False),
)

leads = sa.Table(
    "leads",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True, comment="the reference is made of it"),
    sa.Column("key", sa.String, nullable=False, unique=True, comment="goes to the CRM"),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False, index=True),
    sa.Column("draft", sa.JSON, nullable=False, comment="what the CRM is to keep, with the consent"),
    sa.Column("team", sa.String, nullable=False, comment="of the territory; empty if one person has it"),
    sa.Column("region", sa.String, nullable=False, comment="of the territory, as it is told; may be empty"),
    sa.Column("pick", sa.String, nullable=False, comment="whom the territory rules picked: an e-mail"),
    sa.Column("state", sa.String, nullable=False, comment="kept, delivered, refused"),
    sa.Column("record", sa.JSON, comment="what the CRM answered"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sqlite_autoincrement=True,
)

rotations = sa.Table(
    "rotations",
    metadata,
    sa.Column("team", sa.String, primary_key=True),
    sa.Column("turns", sa.Integer, nullable=False, comment="how many leads it has had"),
)

agents = sa.Table(
    "agents",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="what they log in with, lower case"),
    sa.Column("name", sa.String, nullable=False, comment="as customers and colleagues read it"),
    sa.Column("password", sa.String, comment="argon2; empty for those who log in elsewhere"),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0", comment="wrong passwords in a row"),
    sa.Column("locked_until", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("seen_at", Moment, comment="when they were last at the desk"),
)

agent_sessions = sa.Table(
    "agent_sessions",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="SHA-256 of what the cookie holds"),
    sa.Column("agent_id", sa.ForeignKey(agents.c.id), nullable=False, index=True),
    sa.Column("csrf", sa.String, nullable=False, comment="what every form must show"),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="random; the ticket's key in the CRM"),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False, comment="left (out of hours), waiting, agent; returned, closed"),
    sa.Column("reason", sa.String, nullable=False, comment="asked, not_understood, complaint, failed, rule"),
    sa.Column("note", sa.String, nullable=False, server_default="", comment="what the people should know first"),
    sa.Column("is_urgent", sa.Boolean, nullable=False),
    sa.Column("requested_at", Moment, nullable=False),
    sa.Column("waiting_since", Moment, comment="the place in the line goes by it"),
    sa.Column("agent_id", sa.ForeignKey(agents.c.id), comment="who has it, or had it last"),
    sa.Column("claims", sa.Integer, nullable=False, server_default="0", comment="how often it was claimed"),
    sa.Column("claimed_at", Moment),
    sa.Column("seen_at", Moment, comment="when the agent was last there"),
    sa.Column("ended_at", Moment),
    sa.Column("close_reason", sa.String),
    sa.Column("ticket_number", sa.String, comment="the CRM's; empty until it has confirmed"),
    sa.Column(
        "owes_number", sa.Boolean, nullable=False, server_default=sa.false(), comment="the customer waits for it"
    ),
    sa.Column("contact_id", sa.String, comment="the CRM's; empty if it knows nobody"),
    sa.Column("reach", sa.String, comment="where they want to be reached, in their own words"),
    sa.Column("summary", sa.JSON, nullable=False, comment="what was wanted, tried, and what failed"),
    sa.Column("understood", sa.JSON, nullable=False, comment="what the bot made of the customer's messages"),
    sa.Column("account", sa.JSON, comment="customer, orders, invoices, tickets, as they were when it was asked for"),
    sa.Index(
        "uq_handoffs_open",
        "conversation_id",
        unique=True,
        sqlite_where=sa.text("state IN ('left', 'waiting', 'agent')"),
        postgresql_where=sa.text("state IN ('left', 'waiting', 'agent')"),
    ),
    sa.Index("ix_handoffs_state_waiting", "state", "waiting_since"),
)

notes = sa.Table(
    "notes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("handoff_id", sa.ForeignKey(handoffs.c.id), nullable=False, index=True),
    sa.Column("agent_id", sa.ForeignKey(agents.c.id), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("written_at", Moment, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String, primary_key=True, comment="what only one process may do at a time"),
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("until", Moment, nullable=False),
)

erp_ledger = sa.Table(
    "erp_ledger",
    metadata,
    sa.Column("key", sa.String, primary_key=True, comment="the asker's"),
    sa.Column("kind", sa.String, nullable=False, comment="cancel, change, reserve or return"),
    sa.Column("subject", sa.String, nullable=False, comment="the order's number, or the article's SKU"),
    sa.Column("state", sa.String, nullable=False, comment="begun, done, undone or refused"),
    sa.Column("wanted", sa.JSON, nullable=False, comment="what was asked for"),
    sa.Column("made", sa.JSON, comment="what came of it"),
    sa.Column("reference", sa.String, unique=True, comment="the ERP's own id of what was made"),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Index("ix_erp_ledger_kind_subject_state", "kind", "subject", "state"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("name", sa.String, primary_key=True, comment="whose access token it is"),
    sa.Column("sealed", sa.Text, comment="the newest one, encrypted with a key from the system's own secret"),
    sa.Column("leased_until", Moment, comment="until then one process alone asks for another"),
)

# Tickets whose conversations hear what the company's people write on them.
watched_tickets = sa.Table(
    "watched_tickets",
    metadata,
    sa.Column("number", sa.String, primary_key=True, comment="the CRM's"),
    sa.Column("conversation_id", sa.ForeignKey(conversations.c.id), primary_key=True),
    sa.Column("owner", sa.String, nullable=False, comment="the CRM's contact; empty: nobody's"),
    sa.Column("code_email", sa.String, comment="what a one-time code had proved when they came together"),
    sa.Column("since", Moment, nullable=False, comment="what was written before isn't told"),
    sa.Column("linked_at", Moment, nullable=False, comment="when they came together last"),
    sa.Column("read_until", Moment, nullable=False, comment="what was written until then was read"),
    sa.Column("due_at", Moment, nullable=False, index=True, comment="when it is read next"),
)

# What was written on them, once it was dealt with.
ticket_answers = sa.Table(
    "ticket_answers",
    metadata,
    sa.Column("id", sa.String, primary_key=True, comment="the CRM's id of the comment"),
    sa.Column("number", sa.String, nullable=False, index=True, comment="the ticket's"),
    sa.Column("conversation_id", sa.String, comment="who heard of it; empty if nobody might"),
    sa.Column("outcome", sa.String, nullable=False, comment="told; announced, without its words; kept back"),
    sa.Column("at", Moment, nullable=False),
)


class Appended:
    """The adding of rows to one table, for what is written so often that building a statement would be felt.

    Args:
        names: The columns that each row has.
    """

    def __init__(self, table: sa.Table, names: Sequence[str]) -> None:
        self._table = table
        self._names = tuple(names)

    def run(self, engine: Engine, row: Mapping[str, Any]) -> None:
        """Adds one; on SQLite, whose driver begins nothing by itself here, one statement is a transaction."""
        text, order = self._prepared(engine.dialect)
        values = {name: bind(row[name]) if bind else row[name] for name, bind in self._bound(engine.dialect).items()}
        connection = engine.raw_connection()
        try:
            connection.cursor().execute(text, [values[name] for name in order] if order else values)
            connection.commit()
        except BaseException:
            connection.invalidate()  # type: ignore[attr-defined] # what the pool gives has it
            raise
        finally:
            connection.close()

    @cache  # noqa: B019 - there is one of each for all time
    def _prepared(self, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
        """The statement in a database's own words, and the order of its values if they go by that."""
        compiled = self._table.insert().compile(dialect=dialect, column_keys=list(self._names))
        return str(compiled), tuple(compiled.positiontup or ()) if compiled.positional else ()

    @cache  # noqa: B019
    def _bound(self, dialect: Dialect) -> Mapping[str, Callable[[Any], Any] | None]:
        """What makes of each column's value what the driver takes."""
        types = {name: self._table.c[name].type for name in self._names}
        return {name: one.dialect_impl(dialect).bind_processor(dialect) for name, one in types.items()}


class Store:
    """Runs work on the middleware's tables in threads of its own, so that no event loop waits for a disk.

    Args:
        engine: From `open_engine`.
        brief: The same database, opened so that nobody waits long for others who write.
        threads: How many transactions may be under way at once.
    """

    def __init__(self, engine: Engine, brief: Engine | None = None, threads: int = 8) -> None:
        self._engine = engine
        self._brief = brief or engine
        self._writing = for_writing(engine)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="store")
        # SQLite lets one transaction write at a time, and others look for their chance now and then: within a process,
        # they had better wait in line.
        is_sqlite = engine.dialect.name == "sqlite"
        line = Line()
        self._turn: Turn = partial(line.turn, BUSY_TIMEOUT_SECONDS) if is_sqlite else nullcontext
        self._brief_turn: Turn = partial(line.turn, BRIEF_SECONDS) if is_sqlite else nullcontext
        # Where one writes at a time anyway, a thread that always does the same has everything at hand.
        self._appending = ThreadPoolExecutor(1, thread_name_prefix="appending") if is_sqlite else self._pool

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Runs work that only reads, in one transaction.

        Raises:
            Unavailable: The database can't be reached.
        """
        return await self._run(self._engine, nullcontext, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Runs work that writes, in one transaction: all of it happens, or nothing.

        Raises:
            Unavailable: The database can't be reached, is locked or full.
        """
        return await self._run(self._writing, self._turn, work)

    async def append(self, insert: Appended, row: Mapping[str, Any]) -> None:
        """Adds one row to a table: a transaction of one statement, which is made ready beforehand.

        Raises:
            Unavailable: As for `write`.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._appending, self._append, self._engine, self._turn, insert, row)

    def append_here(self, insert: Appended, row: Mapping[str, Any]) -> None:
        """The same in the caller's own thread, unless others write just now for longer than a moment.

        Raises:
            Unavailable: They do, or as for `write`.
        """
        self._append(self._brief, self._brief_turn, insert, row)

    def _append(self, engine: Engine, turn: Turn, insert: Appended, row: Mapping[str, Any]) -> None:
        dbapi: Any = engine.dialect.dbapi  # type: ignore[attr-defined] # the driver's module
        try:
            with turn():
                insert.run(engine, row)
        except (dbapi.OperationalError, dbapi.InterfaceError, sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise Unavailable(type(error).__name__, system="store") from error

    async def _run(self, engine: Engine, turn: Turn, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with turn(), engine.begin() as connection:
                return work(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, transaction)
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
            raise Unavailable(type(error).__name__, system="store") from error

    def close(self) -> None:
        """Ends the threads and the connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._appending.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()
        self._brief.dispose()


def insert_once(connection: Connection, table: sa.Table, row: dict[str, Any]) -> None:
    """Inserts a row unless one with the same key is there."""
    connection.execute(_insert_once(table, connection.dialect.name), row)


@cache
def _insert_once(table: sa.Table, dialect: str) -> Insert:
    insert: Insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table).on_conflict_do_nothing()
    return insert


def alone(connection: Connection, name: str) -> None:
    """Lets every other transaction that names the same wait until this one has ended.

    SQLite needs nothing for it: there one transaction writes at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def _alembic(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """Brings a database's tables to the form that this version needs."""
    command.upgrade(_alembic(url), "head")


def check_schema(engine: Engine) -> None:
    """Refuses a database whose tables are of another version.

    Raises:
        Misconfigured: They are; the message says what to run.
        Unavailable: The database can't be reached.
    """
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except sa.exc.OperationalError as error:
        raise Unavailable("The database of DATABASE_URL can't be reached", system="store") from error
    if found != _newest_version():
        needed = f"this program needs {_newest_version()}"
        raise Misconfigured(f"The database is at version {found}, {needed}: run `make setup`")


@cache
def _newest_version() -> str | None:
    return ScriptDirectory.from_config(_alembic("")).get_current_head()


def open_store(url: str) -> Store:
    """Opens the store on a migrated database."""
    engine = open_engine(url)
    check_schema(engine)
    return Store(engine, open_engine(url, BRIEF_SECONDS) if engine.dialect.name == "sqlite" else engine)

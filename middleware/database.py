"""Opens the SQL database of the store and the embedded back office: SQLite, or PostgreSQL by its URL."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.engine.url import make_url

from middleware.errors import Misconfigured

BUSY_TIMEOUT_SECONDS = 3  # less than any operation may take: who waits for a lock hears of it in time
IDLE_TIMEOUT_SECONDS = 30
POOLED_CONNECTIONS = 16

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment with its zone. SQLite keeps none, so it goes in as UTC and comes out as UTC."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses a moment without a zone, and stores the rest as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(timezone.utc)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Gives the moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


class Amount(sa.types.TypeDecorator[Decimal]):
    """An exact decimal. SQLite would make a float of it, so it is text there."""

    impl = sa.Numeric(18, 5)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Text on SQLite, NUMERIC elsewhere."""
        stored: Any = sa.String(24) if dialect.name == "sqlite" else sa.Numeric(18, 5)
        return dialect.type_descriptor(stored)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Writes the digits as they are."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Reads the digits back, without the zeros that NUMERIC pads them with."""
        if value is None:
            return None
        amount = Decimal(value)
        return amount.quantize(Decimal("0.01")) if amount == amount.quantize(Decimal("0.01")) else amount.normalize()


def open_engine(url: str, busy_seconds: float | None = None) -> Engine:
    """Opens a database; nothing is sent to it yet.

    Args:
        url: `sqlite:///path` or `postgresql://…`.
        busy_seconds: How long SQLite waits for another process that writes; by default `BUSY_TIMEOUT_SECONDS`.

    Raises:
        Misconfigured: The URL can't be understood.
    """
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise Misconfigured(
            "DATABASE_URL is not a database address; write sqlite:///var/frontdesk.db or postgresql://user@host/name"
        ) from error
    if parsed.get_backend_name() != "sqlite":
        engine = sa.create_engine(
            parsed, future=True, pool_pre_ping=True, hide_parameters=True, pool_size=POOLED_CONNECTIONS
        )
        sa.event.listen(engine, "connect", _prepare_postgresql)
        return engine
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    if busy_seconds is None:
        busy_seconds = BUSY_TIMEOUT_SECONDS
    engine = sa.create_engine(
        parsed,
        future=True,
        hide_parameters=True,
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        pool_use_lifo=True,  # what was just used has its pages at hand
        poolclass=sa.pool.QueuePool,  # opening a connection costs more than most transactions
        pool_size=POOLED_CONNECTIONS,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    if parsed.database:
        _leave_files_that_were_replaced(engine, Path(parsed.database))
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def for_writing(engine: Engine) -> Engine:
    """The same database, whose transactions take the write lock when they begin.

    On SQLite a transaction that reads first and writes later fails when another one wrote in between.
    """
    return engine.execution_options(writes=True)


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    """A process that was suspended in the middle of a transaction keeps nothing locked for long."""
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_TIMEOUT_SECONDS}s'")
    cursor.close()
    connection.commit()


def _leave_files_that_were_replaced(engine: Engine, file: Path) -> None:
    """A kept connection would go on writing into a file that was moved away or restored from a backup: into nothing."""

    was_there = False

    def demand_file(*_: Any) -> None:
        if was_there and not file.exists():  # an empty one in its place would spoil what is to come back
            raise sqlite3.OperationalError("the database is gone")

    def note_file(_connection: Any, record: Any) -> None:
        nonlocal was_there
        was_there = True
        record.info["file"] = _identity(file)

    def check_file(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["file"] != _identity(file):
            raise sa.exc.DisconnectionError("the database is another file now")

    sa.event.listen(engine, "do_connect", demand_file)
    sa.event.listen(engine, "connect", note_file)
    sa.event.listen(engine, "checkout", check_file)


def _identity(file: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None if there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, and too late
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

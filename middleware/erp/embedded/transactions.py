"""How the embedded ERP speaks to its database: in transactions, whose failures become errors of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from middleware.database import for_writing
from middleware.errors import Malformed, NotFound, Rejected, Unavailable, Unknown

# PostgreSQL refuses NUL, and no database takes half a surrogate pair: no row can hold them, so none is asked.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Transactions:
    """Base of what reads and writes the ERP's tables.

    Args:
        engine: From `middleware.database.open_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = _one_snapshot(engine)
        self._changing = for_writing(engine)

    @contextmanager
    def _reading(self, operation: str, engine: Engine | None = None) -> Iterator[Connection]:
        """Opens a transaction and turns what goes wrong in it into our errors."""
        try:
            with (engine or self._engine).connect() as connection:
                yield connection
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise Unavailable(type(error).__name__, system="erp", operation=operation) from error
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Malformed(
                f"A row makes no sense: {type(error).__name__}", system="erp", operation=operation
            ) from error

    @contextmanager
    def _writing(self, operation: str) -> Iterator[Connection]:
        """Opens a transaction that changes something; only while it commits is it unknown what became of it."""
        with self._reading(operation, self._changing) as connection:
            transaction = connection.begin()
            yield connection
            try:
                transaction.commit()
            except sa.exc.DBAPIError as error:
                raise Unknown(type(error).__name__, system="erp", operation=operation) from error


def is_storable(text: str) -> bool:
    """Whether a row may hold this text."""
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """A text without what no row can hold."""
    return _UNSTORABLE.sub("", text)


def not_found(operation: str) -> NotFound:
    """There is no such row."""
    return NotFound("No such row", system="erp", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """The ERP's no.

    Args:
        status: The reason as the port names it.
        why: The reason for the log.
    """
    return Rejected(why, system="erp", operation=operation, status=status)


def _one_snapshot(engine: Engine) -> Engine:
    """Lets all queries of a transaction see one state: no order lacks its lines while a reset commits.

    SQLite's transactions do so by themselves.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")

"""How the embedded back office speaks to its database: in transactions, whose failures become errors of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from middleware.database import for_writing
from middleware.errors import Malformed, Unavailable, Unknown

# PostgreSQL refuses NUL, and no database takes half a surrogate pair: no row can hold them, so none is asked.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_MOST_DIGITS = 15  # of a number that is counted on from


class Transactions:
    """Base of what reads and writes a system's tables.

    Args:
        engine: From `middleware.database.open_engine`.

    Attributes:
        system: `crm` or `erp`.
    """

    system: ClassVar[str]

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
            raise Unavailable(type(error).__name__, system=self.system, operation=operation) from error
        except (sa.exc.StatementError, ValueError, TypeError, LookupError, ArithmeticError) as error:
            raise Malformed(
                f"A row makes no sense: {type(error).__name__}", system=self.system, operation=operation
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
                raise Unknown(type(error).__name__, system=self.system, operation=operation) from error


def is_storable(text: str) -> bool:
    """Whether a row may hold this text."""
    return _UNSTORABLE.search(text) is None


def storable(text: str) -> str:
    """A text without what no row can hold."""
    return _UNSTORABLE.sub("", text)


def next_number(connection: Connection, column: sa.Column[sa.String], prefix: str, first: int) -> str:
    """The number after the highest in a column; the caller sees to it that nobody else takes it meanwhile.

    Args:
        prefix: Such as "R-"; what has another one, or isn't a number after it, isn't counted.
        first: Where there is none yet.
    """
    digits = sa.func.substr(column, len(prefix) + 1)
    counted = sa.and_(
        sa.func.substr(column, 1, len(prefix)) == prefix,
        sa.func.length(digits).between(1, _MOST_DIGITS),
        sa.func.ltrim(digits, "0123456789") == "",
    )
    highest = connection.execute(sa.select(sa.func.max(sa.cast(digits, sa.BigInteger))).where(counted)).scalar_one()
    return f"{prefix}{first if highest is None else highest + 1}"


def _one_snapshot(engine: Engine) -> Engine:
    """Lets all queries of a transaction see one state: no order lacks its lines while a reset commits.

    SQLite's transactions do so by themselves.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")

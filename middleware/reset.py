"""Lays the demo company's data anew around the present moment: `python -m middleware.reset [--if-empty]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from middleware import settings, store
from middleware.clock import system_clock
from middleware.database import for_writing, metadata, open_engine
from middleware.demo import Data, demo_data
from middleware.demo.data import Row
from middleware.erp.embedded.tables import customers
from middleware.errors import FrontdeskError
from middleware.handoff_ticket import TICKET
from middleware.handoff_transcript import TRANSCRIPT

_EMBEDDED = ("crm_", "erp_")


def lay(engine: Engine, data: Data, *, only_if_empty: bool = False) -> bool:
    """Replaces everything in the embedded back office in one transaction: others see all of it, or nothing.

    Args:
        engine: A migrated database.
        data: What is to be there.
        only_if_empty: Leaves a back office alone that has customers.

    Returns:
        Whether the data was laid.
    """
    with for_writing(engine).begin() as connection:
        keep_writers_out(connection)
        if only_if_empty and connection.execute(sa.select(customers.c.number).limit(1)).first():
            return False
        empty(connection)
        for table, rows in data.by_table():
            for alike in by_columns(rows):
                connection.execute(sa.insert(table), alike)
    return True


def drop_jobs(engine: Engine) -> None:
    """Drops what was still to be written on, or told of, tickets of the data before: their numbers are given anew."""
    waits = sa.and_(store.jobs.c.kind.in_((TICKET, TRANSCRIPT)), store.jobs.c.state == "waiting")
    with for_writing(engine).begin() as connection:
        connection.execute(store.jobs.delete().where(waits))
        connection.execute(store.watched_tickets.delete())
        connection.execute(store.ticket_answers.delete())


def by_columns(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows in groups that name the same columns: of many at once, the first says which are written."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(sorted(row)), []).append(row)
    return list(groups.values())


def empty(connection: Connection) -> None:
    """Deletes everything in the embedded back office, as a part of the transaction."""
    for table in reversed(embedded_tables()):
        connection.execute(sa.delete(table))


def embedded_tables() -> list[sa.Table]:
    """Those of the embedded CRM and ERP, each after the ones that it refers to."""
    return [table for table in metadata.sorted_tables if table.name.startswith(_EMBEDDED)]


def keep_writers_out(connection: Connection) -> None:
    """Lets others read, but not write, until the transaction ends; on SQLite it holds the write lock already.

    Without it, two resets at once would each delete the old rows and then stumble over the other's new ones.
    """
    if connection.dialect.name != "sqlite":
        names = ", ".join(table.name for table in embedded_tables())
        connection.execute(sa.text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m middleware.reset", description="Lays the demo data anew.")
    parser.add_argument("--if-empty", action="store_true", help="do nothing when there are customers")
    options = parser.parse_args(arguments)
    try:
        laid = _reset(options.if_empty)
    except FrontdeskError as error:
        sys.exit(str(error))
    if laid:
        print(laid)


def _reset(only_if_empty: bool) -> str | None:
    configured = settings.load()
    store.migrate(configured.database_url)
    data = demo_data(system_clock(), configured.zone)
    engine = open_engine(configured.database_url)
    if lay(engine, data, only_if_empty=only_if_empty):
        if configured.crm.system == "embedded":
            drop_jobs(engine)
        return f"Demo data laid: {_counts(data)}."
    return None


def _counts(data: Data) -> str:
    counted = {
        "customers": data.customers,
        "orders": data.orders,
        "invoices": data.invoices,
        "tickets": data.tickets,
    }
    return ", ".join(f"{len(rows)} {name}" for name, rows in counted.items())


if __name__ == "__main__":
    main()

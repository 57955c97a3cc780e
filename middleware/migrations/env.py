"""Runs migrations for Alembic, on the database of `sqlalchemy.url`."""

from __future__ import annotations

from alembic import context

import middleware.crm.embedded.tables
import middleware.erp.embedded.tables
import middleware.store  # noqa: F401 - the three imports put their tables into the metadata
from middleware.database import for_writing, metadata, open_engine

engine = for_writing(open_engine(context.config.get_main_option("sqlalchemy.url") or ""))
with engine.connect() as connection:
    if engine.dialect.name == "sqlite":  # tables are changed by building them anew, while others refer to them
        connection.connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()

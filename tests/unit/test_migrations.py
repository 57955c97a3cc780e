"""The migrations make exactly the tables that the code speaks of, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import middleware.crm.embedded.tables
import middleware.erp.embedded.tables  # noqa: F401 - both put their tables into the metadata
from middleware import store
from middleware.database import metadata, open_engine


def test_a_migrated_database_has_the_tables_that_the_code_speaks_of(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"

    store.migrate(url)

    with open_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_migrations_can_be_taken_back_and_done_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'back.db'}"
    store.migrate(url)

    command.downgrade(store._alembic(url), "base")

    assert set(sa.inspect(open_engine(url)).get_table_names()) <= {"alembic_version"}
    store.migrate(url)


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twice.db'}"
    store.migrate(url)
    store.migrate(url)
    store.open_store(url).close()

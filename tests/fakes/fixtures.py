"""What tests share that need no server: a middleware of one's own; a plugin (`pytest_plugins`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.building import Bench, build, migrated_database

MakeBench = Callable[..., Bench]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, to be copied."""
    return migrated_database(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def bench(migrated: Path, tmp_path: Path) -> Iterator[MakeBench]:
    """Makes middlewares, with the arguments of `tests.fakes.building.build`; closes them after the test."""
    made: list[Bench] = []

    def make(*systems: object, **others: object) -> Bench:
        made.append(build(migrated, tmp_path, *systems, **others))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()

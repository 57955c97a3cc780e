"""What the tests over HTTP share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from middleware.settings import Limits
from tests.fakes.building import migrated_database
from tests.fakes.channel import Channel, serving
from tests.fakes.rasa import Say

Serve = Callable[..., AbstractAsyncContextManager[Channel]]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, to be copied."""
    return migrated_database(tmp_path_factory.mktemp("migrated"))


@pytest.fixture
def serve(migrated: Path, tmp_path: Path) -> Serve:
    """Serves the REST channel by itself, with limits of the test's own and a fake Rasa behind it."""

    def serve(
        sender: str = "1000/minute",
        address: str = "1000/minute",
        say: Say | None = None,
        proxies: tuple[str, ...] = (),
    ) -> AbstractAsyncContextManager[Channel]:
        return serving(migrated, tmp_path, Limits(sender=sender, address=address, largest_body=1000), say, proxies)

    return serve

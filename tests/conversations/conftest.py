"""What the conversations with vendors' systems of record share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.systems import Systems


@pytest.fixture(scope="module")
def systems(request: pytest.FixtureRequest) -> Iterator[Systems]:
    """The running system with one pair of systems of record after another."""
    with Systems(request.getfixturevalue) as systems:
        yield systems

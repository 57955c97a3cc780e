"""The conversations of `e2e/*.yml` over REST; how they are written stands in `playing.py`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations.playing import play, scripts
from tests.servers import Frontdesk
from tests.sides import RestSide


@pytest.mark.parametrize("script", scripts())
def test_conversation(script: dict[str, Any], request: pytest.FixtureRequest) -> None:
    """Plays a conversation and asserts every reply and the end state."""
    frontdesk: Frontdesk = request.getfixturevalue(
        "closed_frontdesk" if script.get("hours") == "closed" else "frontdesk"
    )
    play(script, frontdesk, lambda claims: RestSide(frontdesk, claims))

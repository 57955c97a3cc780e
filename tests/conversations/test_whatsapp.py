"""The conversations of `e2e/*.yml` that are played over WhatsApp; how they are written stands in `playing.py`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations.playing import play, scripts
from tests.servers import Frontdesk
from tests.whatsapp_side import WhatsAppSide


@pytest.mark.parametrize("script", scripts("whatsapp"))
def test_conversation(script: dict[str, Any], frontdesk: Frontdesk) -> None:
    """Plays a conversation and asserts every reply and the end state."""
    frontdesk.lay_anew()
    play(script, frontdesk, lambda proven: WhatsAppSide(frontdesk, proven))

"""The conversations of `tests/conversations/e2e/*.yml` in the web chat, in a real browser, with mishaps in the middle.

The page is loaded anew, or the connection is lost, while messages are under way; nothing is lost and nothing doubled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chat import DESKTOP, PHONE, Chats
from tests.browser.chat_side import (
    ChatSide,
    Mishap,
    cut_after,
    cut_before,
    left_unsent,
    offline,
    reloaded_after,
    reloaded_at_once,
    smoothly,
)
from tests.conversations.playing import play, scripts
from tests.counts import FULL
from tests.fakes.site import OTHER, SAME
from tests.servers import Frontdesk

MISHAPS = (reloaded_after, reloaded_at_once, offline, cut_before, cut_after, left_unsent)
SITES = {"desktop": SAME, "phone": OTHER}
SIZES = {"desktop": DESKTOP, "phone": PHONE}


def cases() -> Iterator[Any]:
    """Each conversation with each mishap at every message, on both sizes; `make test` takes turns with all of that."""
    for number, parameter in enumerate(scripts("webchat")):
        if FULL:
            for name in SIZES:
                for mishap in (smoothly, *MISHAPS):
                    yield pytest.param(
                        *parameter.values, name, (mishap,), id=f"{parameter.id} ({name}, {mishap.__name__})"
                    )
        else:
            name = [*SIZES][number % 2]
            turn = number % len(MISHAPS)
            yield pytest.param(*parameter.values, name, MISHAPS[turn:] + MISHAPS[:turn], id=f"{parameter.id} ({name})")


@pytest.mark.parametrize(("script", "size", "mishaps"), cases())
def test_conversation(
    script: dict[str, Any], size: str, mishaps: tuple[Mishap, ...], frontdesk: Frontdesk, chats: Chats
) -> None:
    """Plays a conversation and asserts every reply and the end state."""
    frontdesk.lay_anew()
    play(script, frontdesk, lambda proven: ChatSide(chats, proven, SIZES[size], SITES[size], mishaps))

"""A Rasa server that kills itself, as `kill -9` would, at the boundary that the file named by DIE_AT holds.

The file is there when it is to happen, and holds the boundary and which passing of it is the last.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rasa.__main__ import main

from channels import turns
from channels.turns import Turns
from channels.whatsapp_client import WhatsAppClient
from middleware.messages import Messages

BOUNDARIES = (
    "before a message is taken up",
    "while the bot thinks",
    "before the answer is stored",
    "before anybody knows that it is",
    "before a message is handed to WhatsApp",
    "before its id is written down",
)
THINKING_SECONDS = 0.04

passed = 0


def pass_by(boundary: str) -> None:
    """Dies if it is the boundary to die at."""
    assert boundary in BOUNDARIES
    global passed
    file = Path(os.environ["DIE_AT"])
    if not file.exists():
        return
    last, _, times = file.read_text().partition("\n")
    if boundary == last:
        passed += 1
        if passed == int(times):
            file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def dying(owner: Any, name: str, before: str, after: str = "") -> None:
    """Lets a method die before it, and after it."""
    done: Callable[..., Any] = getattr(owner, name)

    async def instead(*args: Any, **named: Any) -> Any:
        pass_by(before)
        result = await done(*args, **named)
        if after:
            pass_by(after)
        return result

    setattr(owner, name, instead)


def dying_in_thought() -> None:
    """Lets the server die while Rasa waits for its actions."""
    run = turns._run

    async def instead(*args: Any) -> None:
        asyncio.get_running_loop().call_later(THINKING_SECONDS, pass_by, BOUNDARIES[1])
        await run(*args)

    turns._run = instead


if __name__ == "__main__":
    dying(Turns, "_answer", BOUNDARIES[0])
    dying_in_thought()
    dying(Messages, "close_turn", BOUNDARIES[2], BOUNDARIES[3])
    dying(WhatsAppClient, "send", BOUNDARIES[4], BOUNDARIES[5])
    sys.argv[0] = "rasa"
    main()

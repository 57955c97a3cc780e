"""What the tests' shop holds for what can be sent back."""

from __future__ import annotations

from datetime import datetime

from middleware.demo import Data


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    return Data()

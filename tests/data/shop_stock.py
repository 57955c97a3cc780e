"""What the tests' shop holds for warehouses, stock and those who ask for it."""

from __future__ import annotations

from datetime import datetime

from middleware.demo import Data


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    return Data()

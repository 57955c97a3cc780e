"""How often a test repeats itself: a twentieth of the full count, all of it under `make soak`; always the same seed."""

from __future__ import annotations

import os
import random

FULL = os.environ.get("SOAK") == "1"
SEED = 20261122


def times(full: int) -> int:
    """How often something is to be tried here."""
    return full if FULL else full // 20


def seeded() -> random.Random:
    """Chance that repeats itself."""
    return random.Random(SEED)

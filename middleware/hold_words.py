"""Whether somebody wants to order what is held for them."""

from __future__ import annotations

import re

HELD = r"(?:hold|holds|held|holding|reserv\w+|(?:put|set) aside|h[-‐–]? ?\d{4,9})"
INTO_AN_ORDER = re.compile(
    rf"\b(?:turn|make|convert|change|transform)\b.{{0,40}}\b(?:in)?to\b.{{0,12}}\b(?:order|purchase)\b"
    rf"|\b(?:order|buy|purchase|take)\b.{{0,45}}\b{HELD}\b|\b{HELD}\b.{{0,40}}\b(?:order|buy|purchase)\b",
    re.IGNORECASE,
)
POINTS = re.compile(rf"\b(?:it|them|that|this|those|these|{HELD})\b", re.IGNORECASE)


def orders_a_hold(text: str) -> bool:
    """Whether a text asks to turn a hold into an order: "order what you hold for me", "turn H-5531 into an order"."""
    return bool(INTO_AN_ORDER.search(text) and POINTS.search(text))


def names_a_hold(text: str) -> bool:
    """Whether a text says that something is held, and doesn't only point at it."""
    return bool(re.search(rf"\b{HELD}\b", text, re.IGNORECASE))

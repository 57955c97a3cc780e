"""Cuts a message into clauses, so that two wants in one message are seen: "cancel 10023 and where's the other one?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa.nlu.tokenizers.tokenizer import Token

ENDS = frozenset(".!?;\n")
JOINTS = frozenset({",", "and", "also", "plus", "then", "&", "but"})
SHORTEST = 2  # words, else it is part of its neighbour


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """What a clause would mean if it were all.

    Attributes:
        words: Which tokens of the message it consists of.
        intent: The likeliest.
        confidence: From 0 to 1.
        selected: Which common question it would be, in the form of Rasa's ResponseSelector.
    """

    words: slice
    intent: str
    confidence: float
    selected: dict[str, Any]


def clauses(tokens: Sequence[Token]) -> list[slice]:
    """Where the clauses of a message are.

    Args:
        tokens: With their lemmas.

    Returns:
        Slices of `tokens`, in order; none at all if there is only one clause.
    """
    found: list[slice] = []
    start = 0
    for place, token in enumerate([*tokens, None]):
        if token is not None and token.lemma not in ENDS and token.lemma not in JOINTS:
            continue
        if place - start >= SHORTEST:
            found.append(slice(start, place))
            start = place + 1
        elif place == start:
            start = place + 1
    return found if len(found) > 1 else []

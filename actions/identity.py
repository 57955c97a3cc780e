"""Answers customers who say who they are."""

from __future__ import annotations

from actions.base import Action, Reply, Turn
from middleware.settings import Level


class Identify(Action):
    """Takes a number, an e-mail or a name for what it is: a claim, which proves nothing."""

    topic = "identity"

    async def answer(self, turn: Turn) -> Reply:
        """Says whether the customer is known already, and what would make them known."""
        known = turn.who.level > Level.PUBLIC
        return Reply(question=turn.slot("question")).say(
            "utter_known_already" if known else "utter_claim_proves_nothing", turn.words.team()
        )

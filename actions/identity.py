"""Answers customers who say who they are."""

from __future__ import annotations

from actions.base import Action, Reply, Turn, which_account
from actions.words import Fill
from middleware.accounts import Unclear
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


class ChooseAccount(Action):
    """Takes the account that the customer picked from those that they may speak for."""

    topic = "identity"

    async def answer(self, turn: Turn) -> Reply:
        """Keeps the choice, and goes on with what was asked for, unless that was the choice itself."""
        chosen = await turn.middleware.accounts.choose(
            turn.who, turn.text, turn.entity("account"), turn.slot("offered_accounts") or ()
        )
        if isinstance(chosen, Unclear):
            return which_account(chosen.accounts, turn)
        wanted = turn.slot("wanted")
        if wanted and wanted["action"] != self.name():
            return Reply(then=wanted["action"])
        return Reply().say("utter_account_chosen", {"account": Fill(chosen.name, "Customer.name")})

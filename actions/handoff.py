"""Names the company's people: on request, and for what the assistant can't do itself."""

from __future__ import annotations

from actions.base import Action, Reply, Turn


class OfferPerson(Action):
    """Tells how to reach a person, and what it is that the assistant can't do."""

    topic = "handoff"

    async def answer(self, turn: Turn) -> Reply:
        """Says the words for this wish where domain.yml has some, the general ones otherwise."""
        said_yes_to_a_return = turn.intent == "Affirm" and turn.slot("question") == "return_offer"
        wish = "Return_Request" if said_yes_to_a_return else turn.intent
        own = f"utter_person_for_{wish}"
        return Reply(drop=wish == "Human_Handoff").say(own if turn.has(own) else "utter_person", turn.words.team())

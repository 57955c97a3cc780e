"""Names the company's people: on request, and for what the assistant can't do itself."""

from __future__ import annotations

from actions.base import Action
from actions.replies import Reply
from actions.turn import Turn


class OfferPerson(Action):
    """Tells how to reach a person, and what it is that the assistant can't do."""

    topic = "handoff"

    async def answer(self, turn: Turn) -> Reply:
        """Says the words for this wish where domain.yml has some, the general ones otherwise."""
        own = f"utter_person_for_{turn.intent}"
        return Reply(drop=turn.intent == "Human_Handoff").say(
            own if turn.has(own) else "utter_person", turn.words.team()
        )

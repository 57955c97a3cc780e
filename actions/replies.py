"""What actions answer: responses of domain.yml, filled from records, with buttons and documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.turn import LISTEN
from actions.words import Fill, Fills
from middleware.documents.store import Document


class Button:
    """A button under a reply.

    Args:
        title: What it says, from domain.yml or a record.
        intent: What a press means.
        entities: Values that a press brings, by entity.
    """

    def __init__(self, title: Fill, intent: str, **entities: str) -> None:
        self.title = title
        self.intent = intent
        self.entities = entities

    @property
    def source(self) -> str:
        """Where the title came from."""
        return self.title.source


@dataclass(frozen=True)
class Utterance:
    """One response of domain.yml, with what fills it and what goes with it."""

    response: str
    fills: Fills
    buttons: Sequence[Button] = ()
    document: Document | None = None

    def kept(self) -> dict[str, Any]:
        """As a slot keeps it, to be said again."""
        return {
            "response": self.response,
            "fills": {name: [str(fill), fill.source] for name, fill in self.fills.items()},
            "buttons": [[str(one.title), one.source, one.intent, one.entities] for one in self.buttons],
        }

    @classmethod
    def again(cls, kept: Mapping[str, Any]) -> Utterance:
        """What a slot kept."""
        fills = {name: Fill(text, source) for name, (text, source) in kept["fills"].items()}
        buttons = [
            Button(Fill(title, source), intent, **entities) for title, source, intent, entities in kept["buttons"]
        ]
        return cls(kept["response"], fills, buttons)


class Reply:
    """What an action answers: responses of domain.yml, filled from records, and what the assistant will remember.

    Args:
        question: What the customer is asked by it, so that a yes or no is understood; a value of the slot `question`.
        then: The action that answers next; by default the turn ends, and so something must be said.
        drop: Whether what the customer was in the middle of is dropped, instead of being asked again.
        keep: Whether it isn't asked again in this very reply, though it isn't dropped.
        slots: Other slots to set.
    """

    def __init__(
        self,
        question: str | None = None,
        *,
        then: str = LISTEN,
        drop: bool = False,
        keep: bool = False,
        **slots: Any,
    ) -> None:
        self.utterances: list[Utterance] = []
        self.question = question
        self.then = then
        self.drop = drop
        self.keep = keep
        self.slots = slots

    def say(
        self,
        response: str,
        fills: Fills | None = None,
        buttons: Sequence[Button] = (),
        document: Document | None = None,
    ) -> Reply:
        """Adds a response of domain.yml, its placeholders filled by name, and a document that goes with it."""
        self.utterances.append(Utterance(response, fills or {}, buttons, document))
        return self


def utter(dispatcher: CollectingDispatcher, one: Utterance) -> None:
    """Gives an utterance to Rasa."""
    # Rasa takes "0[" in a value for a placeholder that it couldn't fill, and then fills none.
    filled: dict[str, Any] = {name: fill.replace("0[", "0 [") for name, fill in one.fills.items()}
    # What the channel makes a file or a link of; Rasa hands it on as it is.
    attachment: Any = {"id": one.document.id, "name": one.document.name} if one.document else None
    dispatcher.utter_message(
        response=one.response,
        buttons=[
            {"title": button.title, "payload": payload(button), "source": button.source} for button in one.buttons
        ],
        attachment=attachment,
        sources={name: fill.source for name, fill in one.fills.items()},
        **filled,
    )


def payload(button: Button) -> str:
    """A button's payload, in Rasa's form `/intent{"entity": "value"}`."""
    return f"/{button.intent}" + (json.dumps(button.entities) if button.entities else "")

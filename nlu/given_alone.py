"""Understands a message that is nothing but an e-mail address, a telephone number or a code: there is no word in it.

A classifier of words and letters takes some rows of digits for small talk, and no examples could hold them all.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

RANKING = "intent_ranking"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class GivenAlone(IntentClassifier, GraphComponent):
    """Needs an extractor of entities and a classifier before it, whose judgement it overrules.

    Settings: `intent`, and the `entities` of which one must be all that is there. Where the same text may be
    something else too, such as an order's number, nothing is overruled.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._intent: str = config["intent"]
        self._entities = frozenset(config["entities"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GivenAlone:
        """Makes one; Rasa calls it."""
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """None is of use without settings."""
        return {"intent": None, "entities": []}

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `intent` and `intent_ranking` of the messages that are meant."""
        for message in messages:
            if self._is_alone(message):
                others = [one for one in message.get(RANKING, []) if one["name"] != self._intent]
                ranking = [{"name": self._intent, "confidence": 1.0}, *({**one, "confidence": 0.0} for one in others)]
                message.set(INTENT, ranking[0], add_to_output=True)
                message.set(RANKING, ranking, add_to_output=True)
        return messages

    def _is_alone(self, message: Message) -> bool:
        text, found = message.get(TEXT) or "", message.get(ENTITIES) or []
        if not found or any(one["entity"] not in self._entities for one in found):
            return False
        rest = list(text)
        for one in found:
            rest[one["start"] : one["end"]] = " " * (one["end"] - one["start"])
        return not re.search(r"\w", "".join(rest))

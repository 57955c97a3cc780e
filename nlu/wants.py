"""Tells two wants in one message apart: "cancel 10023 and where's the other one?".

People also tell a story before they ask ("I sent the boots back. Where is my money?"), and that is one want. So each of
the two must be put as a request, and be as sure by itself as a message would have to be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.clauses import Clause
from nlu.intent_classifier import CLAUSES, RESPONSE_SELECTOR
from nlu.normaliser import TOKENS

WANTS = "wants"

# How a request begins, after what may stand before it.
OPENING = (
    r"(?:(?:and|also|then|plus|but|or|hi|hello|hey|ok|please|just|kindly|first|could|can|would|will|you|i|so|,) )*"
)
QUESTION = r"where|when|what|how|which|who|why|is|are|was|has|have|do|does|did|may|should|any"
WISH = r"want|need|would like|like to|have to|must|wish|looking"
VERBS = (
    r"cancel|stop|scrap|track|trace|check|tell|show|send|mail|email|give|get|find|look|return|exchange|swap|replace|"
    r"refund|reimburse|change|add|remove|take|make|move|put|hold|keep|reserve|release|save|update|switch|connect|"
    r"transfer|call|let|book|drop|resend|forward|bring|ship|deliver|pay"
)
REQUEST = re.compile(rf"{OPENING}(?:{QUESTION}|{WISH}|{VERBS})\b")
TELLING = re.compile(rf"{OPENING}i (?!want|need|would|wish|have to|must|can)")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SeveralWants(IntentClassifier, GraphComponent):
    """Needs `TfidfVectorClassifier` before it. Where there are two wants, the message means the first of them.

    Settings: `confidence` that a clause must have, and `intents` that people come with (one of them is a want).
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._confidence: float = config["confidence"]
        self._intents = frozenset(config["intents"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SeveralWants:
        """Makes one; Rasa calls it."""
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Without intents, nothing is a want."""
        return {"confidence": 0.5, "intents": []}

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `wants` of messages with two, each in the form of a parsed message; and the intent to the first's."""
        for message in messages:
            two = self._two(message)
            if two:
                wants = parted(message, two)
                message.set(WANTS, wants, add_to_output=True)
                message.set(INTENT, wants[0][INTENT], add_to_output=True)
        return messages

    def _two(self, message: Message) -> list[Clause]:
        """The first two clauses that want different things, if there are two."""
        found = [one for one in message.get(CLAUSES) or () if self._is_want(one, message)]
        second = next((one for one in found if one.intent != found[0].intent), None)
        return [found[0], second] if second else []

    def _is_want(self, clause: Clause, message: Message) -> bool:
        words = " ".join(token.lemma for token in message.get(TOKENS)[clause.words])
        sure = clause.intent in self._intents and clause.confidence >= self._confidence
        return sure and bool(REQUEST.match(words)) and not TELLING.match(words)


def parted(message: Message, clauses: Sequence[Clause]) -> list[dict[str, Any]]:
    """The message's text and entities, parted where the second clause begins."""
    text, tokens = message.get(TEXT), message.get(TOKENS)
    middle = tokens[clauses[1].words.start].start
    parts = ((clauses[0], 0, middle), (clauses[1], middle, len(text)))
    return [
        {
            TEXT: text[start:end],
            INTENT: {"name": clause.intent, "confidence": clause.confidence},
            INTENT_RANKING_KEY: [{"name": clause.intent, "confidence": clause.confidence}],
            ENTITIES: [one for one in message.get(ENTITIES) or () if start <= one["start"] < end],
            RESPONSE_SELECTOR: clause.selected,
        }
        for clause, start, end in parts
    ]

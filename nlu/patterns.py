"""Takes out of a message what can be told by its form and the words around it, with the modules of nlu/forms."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.forms import dates, goods, money, people, records

FORMS = (records, dates, money, goods, people)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class Patterns(GraphComponent, EntityExtractorMixin):
    """Adds what it finds to the message's entities; where they overlap, `OneEntityPerPlace` decides."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Patterns:
        """Makes one; Rasa calls it."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds entities to messages with a text."""
        for message in messages:
            text = message.get(TEXT) or ""
            found = [
                {"entity": one.entity, "start": one.start, "end": one.end, "value": text[one.start : one.end]}
                for form in FORMS
                for one in form.find(text)
            ]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *self.add_extractor_name(found)], add_to_output=True)
        return messages

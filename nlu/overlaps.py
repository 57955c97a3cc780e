"""Leaves one entity in each place of a message, where several extractors found something."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class OneEntityPerPlace(GraphComponent):
    """Settings: the entities in the `order` in which they win; those alike, and those not named, by length.

    Entities in `beside` stand for what a whole sentence says, and disturb none.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._rank = {name: place for place, name in enumerate(config["order"])}
        self._beside = frozenset(config["beside"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> OneEntityPerPlace:
        """Makes one; Rasa calls it."""
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Without settings, the longest wins."""
        return {"order": [], "beside": []}

    def process(self, messages: list[Message]) -> list[Message]:
        """Drops entities that overlap better ones; what is left is in the order of the text."""
        for message in messages:
            found = message.get(ENTITIES) or []
            kept: list[dict[str, Any]] = []
            for one in sorted(found, key=self._worth):
                if one["entity"] in self._beside or not any(self._overlap(one, other) for other in kept):
                    kept.append(one)
            message.set(ENTITIES, sorted(kept, key=lambda one: (one["start"], one["end"])), add_to_output=True)
        return messages

    def _worth(self, one: dict[str, Any]) -> tuple[int, int, int]:
        return self._rank.get(one["entity"], len(self._rank)), one["start"] - one["end"], one["start"]

    def _overlap(self, one: dict[str, Any], other: dict[str, Any]) -> bool:
        if other["entity"] in self._beside:
            return False
        return bool(one["start"] < other["end"] and other["start"] < one["end"])

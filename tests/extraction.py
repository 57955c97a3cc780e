"""The part of the pipeline that takes entities out of messages, without Rasa's graph around it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.nlu.extractors.regex_entity_extractor import RegexEntityExtractor
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import class_from_module_path

from scripts.environment import ROOT

UNMARKED = frozenset({"resend", "account"})  # entities that nobody marks in sentences
OF_RASA = {"WhitespaceTokenizer": WhitespaceTokenizer, "RegexEntityExtractor": RegexEntityExtractor}
OF_OURS = ("nlu.patterns.", "nlu.named_things.", "nlu.overlaps.", "nlu.beside_goods.")


class Extractors:
    """The components of config.yml that take entities out of messages, in their order, without Rasa's graph.

    Args:
        examples: What they learn from.
        folder: Where they keep it.
    """

    def __init__(self, examples: TrainingData, folder: Path) -> None:
        storage = LocalModelStorage(folder)
        context = ExecutionContext(GraphSchema({}), "bench")
        self._parts: list[GraphComponent] = []
        began = time.perf_counter()
        for place, settings in enumerate(_settings()):
            kind = OF_RASA.get(settings["name"]) or class_from_module_path(settings["name"])
            part = kind.create({**kind.get_default_config(), **settings}, storage, Resource(str(place)), context)
            if hasattr(part, "process_training_data"):
                part.process_training_data(examples)
            if hasattr(part, "train"):
                part.train(examples)
            self._parts.append(part)
        self.seconds = time.perf_counter() - began

    def found(self, text: str) -> list[dict[str, Any]]:
        """The entities of a text."""
        message = Message({TEXT: text})
        for part in self._parts:
            part.process([message])
        return list(message.get(ENTITIES) or ())


def _settings() -> list[dict[str, Any]]:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    return [one for one in pipeline if one["name"] in OF_RASA or one["name"].startswith(OF_OURS)]


def pairs(entities: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Entities as name and value, in order, without the words that only one conversation looks for."""
    return [(one["entity"], one["value"]) for one in entities if one["entity"] not in UNMARKED]

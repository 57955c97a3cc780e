"""Learns how products, people and companies are named: a chain of decisions word by word (a linear CRF).

What a word is follows from the words beside it and from the look-up tables of data/nlu, so that a thing that no example
names is known all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pycrfsuite
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*|[^\w\s]")
OUTSIDE = "O"
LONGEST_NAME = 3  # words of an entry in a look-up table
CHAIN, TABLES = "chain.crfsuite", "tables.json"

Tables = Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A word of a text and where it stands."""

    text: str
    start: int
    end: int


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class NamedThings(GraphComponent, EntityExtractorMixin):
    """Settings: the `entities` to learn, the `tables` (look-up tables of the training data) to lean on, and how much
    the weights are held back (`c1`, `c2`).
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        tagger: pycrfsuite.Tagger | None = None,
        tables: Tables | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._tagger = tagger
        self._tables = tables or {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NamedThings:
        """Makes an untrained one; Rasa calls it."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NamedThings:
        """Loads a trained one; Rasa calls it."""
        with model_storage.read_from(resource) as folder:
            tables = json.loads((folder / TABLES).read_text(encoding="utf-8"))
            tagger = _opened(folder / CHAIN)
        return cls(config, model_storage, resource, tagger, {name: frozenset(table) for name, table in tables.items()})

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings that were best on sentences that it hadn't seen."""
        return {"entities": ["product", "person", "company"], "tables": [], "c1": 0.05, "c2": 0.05}

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from all examples with an intent."""
        self._tables = {
            table["name"]: frozenset(_singular(entry.casefold()) for entry in table["elements"])
            for table in training_data.lookup_tables
            if table["name"] in self._config["tables"]
        }
        # Always in the same order, however the examples were read.
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params({"c1": self._config["c1"], "c2": self._config["c2"], "max_iterations": 150})
        for example in training_data.training_examples:
            if example.get(INTENT) and example.get(TEXT):
                words = _words(example.get(TEXT))
                trainer.append(list(self._features(words)), self._labels(words, example.get(ENTITIES) or ()))
        with self._storage.write_to(self._resource) as folder:
            trainer.train(str(folder / CHAIN))
            tables = {name: sorted(table) for name, table in self._tables.items()}
            (folder / TABLES).write_text(json.dumps(tables), encoding="utf-8")
            self._tagger = _opened(folder / CHAIN)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds entities to messages with a text."""
        for message in messages:
            text = message.get(TEXT) or ""
            found = [
                {"entity": entity, "start": start, "end": end, "value": text[start:end]}
                for entity, start, end in self._named(text)
            ]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *self.add_extractor_name(found)], add_to_output=True)
        return messages

    def _named(self, text: str) -> Iterator[tuple[str, int, int]]:
        words = _words(text)
        if self._tagger is None or not words:
            return
        begun: tuple[str, int, int] | None = None
        for word, label in zip(words, self._tagger.tag(list(self._features(words))), strict=True):
            part, _, entity = label.partition("-")
            if begun and part == "I" and entity == begun[0]:
                begun = (entity, begun[1], word.end)
                continue
            if begun:
                yield begun
            begun = (entity, word.start, word.end) if entity else None
        if begun:
            yield begun

    def _labels(self, words: Sequence[Word], entities: Iterable[Mapping[str, Any]]) -> list[str]:
        labels = [OUTSIDE] * len(words)
        for one in entities:
            if one["entity"] not in self._config["entities"]:
                continue
            inside = [place for place, word in enumerate(words) if one["start"] <= word.start < one["end"]]
            for place in inside:
                labels[place] = f"{'B' if place == inside[0] else 'I'}-{one['entity']}"
        return labels

    def _features(self, words: Sequence[Word]) -> Iterator[list[str]]:
        seen = [self._seen(word) for word in words]
        for name, places in self._listed(words):
            for place in places:
                seen[place].append(f"{name}:{'last' if place == places[-1] else 'within'}")
        for place in range(len(words)):
            features = ["bias", f"at:{min(place, 3)}", f"left:{min(len(words) - place, 3)}"]
            for offset in (-2, -1, 0, 1, 2):
                beside = place + offset
                if 0 <= beside < len(words):
                    features += [f"{offset}:{one}" for one in seen[beside]]
                elif abs(offset) == 1:
                    features.append(f"{offset}:none")
            yield features

    def _seen(self, word: Word) -> list[str]:
        plain = word.text.casefold().replace("’", "'")
        shape = "1" if plain[0].isdigit() else "A" if word.text.isupper() else "Aa" if word.text[0].isupper() else "a"
        return [f"w={plain}", f"shape={shape}", f"end={plain[-3:]}", f"plural={plain.endswith('s')}"]

    def _listed(self, words: Sequence[Word]) -> Iterator[tuple[str, range]]:
        """Entries of the look-up tables among the words, the longest that begins at a word."""
        forms = [_singular(word.text.casefold()) for word in words]
        plain = [word.text.casefold() for word in words]
        for name, table in self._tables.items():
            start = 0
            while start < len(words):
                for length in range(min(LONGEST_NAME, len(words) - start), 0, -1):
                    end = start + length
                    if " ".join([*plain[start : end - 1], forms[end - 1]]) in table:
                        yield name, range(start, end)
                        start = end - 1
                        break
                start += 1


def _words(text: str) -> list[Word]:
    return [Word(text=found.group(), start=found.start(), end=found.end()) for found in WORD.finditer(text)]


def _singular(name: str) -> str:
    """A noun, or a row of words that ends in one, without what makes it a plural; "boots" and "boot" become one."""
    for ending, instead in (("ies", "y"), ("ves", "f"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if name.endswith(ending) and len(name) > len(ending) + 2:
            return name.removesuffix(ending) + instead
    return name.removesuffix("s") if len(name) > 3 and not name.endswith("ss") else name


def _opened(file: Path) -> pycrfsuite.Tagger:
    tagger = pycrfsuite.Tagger()
    tagger.open_inmemory(file.read_bytes())
    return tagger

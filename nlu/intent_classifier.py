"""Classifies intents by logistic regression over TF-IDF of words and letters, beside the sentence's vector.

Rasa's own LogisticRegressionClassifier takes raw counts, which swamp the dense vectors beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    FEATURE_TYPE_SENTENCE,
    FEATURE_TYPE_SEQUENCE,
    INTENT,
    INTENT_RANKING_KEY,
    INTENT_RESPONSE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import hstack
from scipy.special import expit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from nlu.clauses import Clause, clauses
from nlu.normaliser import TOKENS
from nlu.sentence_vectors import unit
from nlu.terms import Terms

RANKING_LENGTH = 10
FILE = "classifier.npz"
TERMS: dict[str, dict[str, Any]] = {
    "word": {"ngram_range": (1, 2), "sublinear_tf": True, "token_pattern": r"[^\s]+", "min_df": 2},
    "letter": {"analyzer": "char_wb", "ngram_range": (2, 4), "sublinear_tf": True, "min_df": 3},
}
PARTS = ("terms", "rarity", "weights")

# Where a message's clauses stand, with what each means by itself: a list of `Clause`.
CLAUSES = "clauses"
# Where action servers look for the answer to a common question, as Rasa's ResponseSelector writes it.
RESPONSE_SELECTOR = "response_selector"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TfidfVectorClassifier(IntentClassifier, GraphComponent):
    """Needs `Normaliser` and `SentenceVectors` before it. It also chooses among the retrieval intents (faq/…).

    Settings: `word_weight` and `letter_weight` (of the TF-IDF features against the vector's 1), `C` (how little it is
    regularised), `random_seed`.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        learnt: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._learnt = learnt or {}
        self._terms = [Terms(TERMS[kind], *(learnt[f"{kind} {part}"] for part in PARTS)) for kind in TERMS if learnt]

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
        """Reads a trained classifier; nothing but arrays is taken from the file."""
        with model_storage.read_from(resource) as folder, np.load(folder / FILE, allow_pickle=False) as arrays:
            return cls(config, model_storage, resource, dict(arrays))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings that were best on sentences that it hadn't seen (`make bench-nlu`)."""
        return {"word_weight": 1.0, "letter_weight": 1.0, "C": 20.0, "random_seed": 7}

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from all examples with an intent."""
        examples = [one for one in training_data.intent_examples if one.get(INTENT) and one.get(TEXT)]
        texts = [" ".join(_words(one)) for one in examples]
        vectorizers = {kind: TfidfVectorizer(**settings).fit(texts) for kind, settings in TERMS.items()}
        described = [one.transform(texts) * self._config[f"{kind}_weight"] for kind, one in vectorizers.items()]
        described.append(np.array([_features(one, FEATURE_TYPE_SENTENCE)[0] for one in examples]))
        regression = LogisticRegression(
            C=self._config["C"],
            class_weight="balanced",
            solver="liblinear",  # one intent against the others: faster than all at once, and no worse
            random_state=self._config["random_seed"],
        )
        answers = [one.get(INTENT_RESPONSE_KEY) or one.get(INTENT) for one in examples]
        with threadpool_limits(1):  # as many as there are cores would give another model on another machine
            regression.fit(hstack(described).tocsr(), answers)
        ends = np.cumsum([one.shape[1] for one in described])[:-1]
        *of_terms, of_vector = np.split(regression.coef_.T, ends)
        learnt = {"answers": regression.classes_, "biases": regression.intercept_, "weights": of_vector}
        for (kind, one), weights in zip(vectorizers.items(), of_terms, strict=True):
            learnt[f"{kind} terms"] = one.get_feature_names_out().astype(str)
            learnt[f"{kind} rarity"] = one.idf_
            learnt[f"{kind} weights"] = np.ascontiguousarray(weights * self._config[f"{kind}_weight"])
        with self._storage.write_to(self._resource) as folder:
            np.savez_compressed(folder / FILE, **learnt)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets `intent`, `intent_ranking`, `response_selector` and `clauses`; without words there is no intent."""
        for message in messages:
            if _words(message) and self._learnt:
                self._classify(message)
            else:
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [], add_to_output=True)
        return messages

    def _classify(self, message: Message) -> None:
        """All at once, since the costs are in the number of calls: the message as a whole, then its clauses."""
        words, by_word = _words(message), _features(message, FEATURE_TYPE_SEQUENCE)
        parts = clauses(message.get(TOKENS))
        vectors = [_features(message, FEATURE_TYPE_SENTENCE)[0], *(unit(by_word[one].mean(axis=0)) for one in parts)]
        texts = [" ".join(words), *(" ".join(words[one]) for one in parts)]
        whole, *of_clauses = self._probabilities(texts, np.array(vectors))
        ranking = _ranked(_by_intent(whole))
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking[:RANKING_LENGTH], add_to_output=True)
        message.set(RESPONSE_SELECTOR, _selected(whole), add_to_output=True)
        message.set(CLAUSES, [_clause(part, one) for part, one in zip(parts, of_clauses, strict=True)])

    def _probabilities(self, texts: Sequence[str], vectors: np.ndarray) -> list[dict[str, float]]:
        of_terms = np.array([sum(one.scores(text) for one in self._terms) for text in texts])
        scores = expit(of_terms + vectors @ self._learnt["weights"] + self._learnt["biases"])
        rows = scores / scores.sum(axis=1, keepdims=True)
        return [dict(zip(self._learnt["answers"].tolist(), row.tolist(), strict=True)) for row in rows]


def _words(message: Message) -> list[str]:
    return [token.lemma for token in message.get(TOKENS) or ()]


def _features(message: Message, kind: str) -> np.ndarray:
    for feature in message.features or ():
        if feature.is_dense() and feature.type == kind and feature.attribute == TEXT:
            return np.asarray(feature.features)
    raise ValueError("config.yml: nlu.intent_classifier.TfidfVectorClassifier needs SentenceVectors before it")


def _by_intent(probabilities: dict[str, float]) -> dict[str, float]:
    """Adds up what belongs to one retrieval intent: faq is the sum of all that begin with faq/."""
    sums: dict[str, float] = {}
    for name, value in probabilities.items():
        intent = name.partition("/")[0]
        sums[intent] = sums.get(intent, 0.0) + value
    return sums


def _clause(words: slice, probabilities: dict[str, float]) -> Clause:
    [best, *_] = _ranked(_by_intent(probabilities))
    return Clause(words=words, intent=best["name"], confidence=best["confidence"], selected=_selected(probabilities))


def _ranked(probabilities: dict[str, float], key: str = "name") -> list[dict[str, Any]]:
    """The likeliest first, in Rasa's form."""
    order = sorted(probabilities.items(), key=lambda one: -one[1])
    return [{key: name, "confidence": value} for name, value in order]


def _selected(probabilities: dict[str, float]) -> dict[str, Any]:
    """Which common question it would be, in the form of Rasa's ResponseSelector."""
    selected: dict[str, Any] = {}
    for intent in dict.fromkeys(name.partition("/")[0] for name in probabilities if "/" in name):
        of_intent = {name: value for name, value in probabilities.items() if name.startswith(f"{intent}/")}
        total = sum(of_intent.values()) or 1.0
        ranking = _ranked({name: value / total for name, value in of_intent.items()}, INTENT_RESPONSE_KEY)
        response = {**ranking[0], "utter_action": f"utter_{ranking[0][INTENT_RESPONSE_KEY]}"}
        selected[intent] = {"response": response, "ranking": ranking}
    return {"all_retrieval_intents": list(selected), **selected}

"""TF-IDF of one short text, without the sparse matrices of scikit-learn, which cost ten times as much as the sum."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer


class Terms:
    """What scikit-learn has learnt of the terms of texts, with the weights that a linear model then gave them.

    Args:
        settings: Of the `TfidfVectorizer` that learnt them, with `sublinear_tf`.
        terms: In the vectorizer's order, as strings.
        rarity: Each term's inverse document frequency.
        weights: Each term's weight for each answer, of shape (terms, answers).
    """

    def __init__(self, settings: dict[str, Any], terms: np.ndarray, rarity: np.ndarray, weights: np.ndarray) -> None:
        self._terms_in = TfidfVectorizer(**settings).build_analyzer()
        self._places = {term: place for place, term in enumerate(terms.tolist())}
        self._rarity = rarity
        self._weights = weights

    def scores(self, text: str) -> np.ndarray:
        """The text's TF-IDF vector, of length 1, times the weights."""
        counts = Counter(self._places[term] for term in self._terms_in(text) if term in self._places)
        places = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        often = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
        values = (1.0 + np.log(often)) * self._rarity[places]
        scores: np.ndarray = values @ self._weights[places] / (np.linalg.norm(values) or 1.0)
        return scores

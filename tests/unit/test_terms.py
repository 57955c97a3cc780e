"""A single text's terms weigh what scikit-learn says that they weigh."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from nlu.intent_classifier import TERMS
from nlu.terms import Terms

TEXTS = ["where is my order", "where is my my refund", "my order is late", "is the order late", "refund my order order"]


@pytest.mark.parametrize("kind", TERMS)
@pytest.mark.parametrize("text", [*TEXTS, "order order order", "nothing known: xyzzy", ""])
def test_a_text_has_the_scores_that_the_vectorizer_gives_it(kind: str, text: str) -> None:
    vectorizer = TfidfVectorizer(**TERMS[kind]).fit(TEXTS)
    names = vectorizer.get_feature_names_out().astype(str)
    weights = np.random.default_rng(7).normal(size=(len(names), 3))

    scores = Terms(TERMS[kind], names, vectorizer.idf_, weights).scores(text)

    assert scores == pytest.approx((vectorizer.transform([text]) @ weights)[0])

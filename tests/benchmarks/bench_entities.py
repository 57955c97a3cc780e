"""Measures what is taken out of sentences: precision, recall and F1 of each entity by its value, and what it costs.

`make bench-entities` trains the pipeline's extractors on data/nlu and asks the development set, and cross-validates on
data/nlu. `python -m tests.benchmarks.bench_entities --errors` prints what was missed (-) and made up (+) as well.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from scripts.environment import ROOT
from tests.extraction import Extractors, pairs

DEVELOPMENT = ROOT / "tests" / "nlu" / "development.yml"
WITHOUT_MARKS = "Out_Of_Scope"  # in the development set, no entities are marked inside it
FOLDS = 5
SEED = 7


class Score:
    """Counts of what was found rightly, wrongly and not at all, by entity."""

    def __init__(self) -> None:
        self.right: Counter[str] = Counter()
        self.made_up: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()

    def add(self, marked: Counter[tuple[str, str]], found: Counter[tuple[str, str]]) -> None:
        """Counts one sentence's entities, as pairs of name and value."""
        for counts, found_so in (
            (self.right, marked & found),
            (self.made_up, found - marked),
            (self.missed, marked - found),
        ):
            for (name, _), times in found_so.items():
                counts[name] += times

    def rows(self) -> Iterator[str]:
        """A table with one row per entity, and all of them together."""
        names = sorted({*self.right, *self.made_up, *self.missed})
        yield f"{'entity':16}{'precision':>10}{'recall':>8}{'F1':>7}{'right':>7}{'made up':>9}{'missed':>8}"
        for name in (*names, "all"):
            counted = names if name == "all" else [name]
            right, wrong, missed = (
                sum(counts[one] for one in counted) for counts in (self.right, self.made_up, self.missed)
            )
            precision = right / (right + wrong) if right + wrong else 0.0
            recall = right / (right + missed) if right + missed else 0.0
            f1 = 2 * right / (2 * right + wrong + missed) if right + wrong + missed else 0.0
            yield f"{name:16}{precision:10.3f}{recall:8.3f}{f1:7.3f}{right:7}{wrong:9}{missed:8}"


def judge(extractors: Extractors, sentences: Sequence[Message], score: Score, *, errors: bool) -> None:
    """Compares what is found in sentences with what is marked in them."""
    for sentence in sentences:
        marked = Counter(pairs(sentence.get(ENTITIES) or ()))
        found = Counter(pairs(extractors.found(sentence.get(TEXT))))
        score.add(marked, found)
        if errors and marked != found:
            gone = " ".join(f"-{name}:{value!r}" for name, value in (marked - found).elements())
            new = " ".join(f"+{name}:{value!r}" for name, value in (found - marked).elements())
            print(f"{sentence.get(TEXT)}\n    {gone} {new}")


def cross_validate(data: TrainingData, *, errors: bool) -> Score:
    """Judges each example by what was learned from the others; look-ups and patterns are always there."""
    examples = [one for one in data.training_examples if one.get(INTENT)]
    random.Random(SEED).shuffle(examples)
    score = Score()
    for fold in range(FOLDS):
        learned = [one for place, one in enumerate(examples) if place % FOLDS != fold]
        held_out = examples[fold::FOLDS]
        some = TrainingData(learned, regex_features=data.regex_features, lookup_tables=data.lookup_tables)
        with tempfile.TemporaryDirectory() as folder:
            judge(Extractors(some, Path(folder)), held_out, score, errors=errors)
    return score


def print_cost(extractors: Extractors, sentences: Sequence[Message]) -> None:
    """Times each message by itself, on a warm process."""
    taken = []
    for sentence in sentences:
        began = time.perf_counter()
        extractors.found(sentence.get(TEXT))
        taken.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"training {extractors.seconds:.1f} s; per message p50 {statistics.median(taken):.2f} ms, p95 {p95:.2f} ms")


def main() -> None:
    """Prints the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("files", nargs="*", type=Path, default=[DEVELOPMENT], help="sentences to ask")
    arguments.add_argument("--errors", action="store_true", help="print what was missed and made up")
    arguments.add_argument("--only-files", action="store_true", help="leave the cross-validation out")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        extractors = Extractors(load_data(str(ROOT / "data" / "nlu")), Path(folder))
        for file in given.files:
            sentences = [one for one in load_data(str(file)).training_examples if one.get(TEXT)]
            if file == DEVELOPMENT:
                sentences = [one for one in sentences if one.get(INTENT) != WITHOUT_MARKS]
            score = Score()
            judge(extractors, sentences, score, errors=given.errors)
            print(f"\n{file.name}: {len(sentences)} sentences", *score.rows(), sep="\n")
            print_cost(extractors, sentences)
    if not given.only_files:
        score = cross_validate(load_data(str(ROOT / "data" / "nlu")), errors=given.errors)
        print("\ndata/nlu, cross-validated", *score.rows(), sep="\n")


if __name__ == "__main__":
    main()

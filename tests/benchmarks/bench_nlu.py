"""Which pipeline understands best, and what it costs: `make bench-nlu`, or `CANDIDATES=ours,counts make bench-nlu`.

Rasa trains every candidate on the same data, and every candidate refuses by the same FallbackClassifier. Everything
runs on one core. Rasa's default takes by far the longest: hours, where the others take minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from rasa.model_training import train_nlu
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.model_selection import StratifiedKFold

from scripts.environment import ROOT
from scripts.serve import HOST, MODEL, answers, free_port, settings
from tests import floor
from tests.figures import Figures, measured
from tests.model import development, load, quiet
from tests.noise import noisy

SEED = 7
FOLDS = 3
LINES_AN_INTENT = 40  # in the cross-validation, so that Rasa's default ends within the hour
WARM_UP = 50
READY_SECONDS = 240

OURS: list[dict[str, Any]] = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
WORDS = {"name": "nlu.tokenizer.WordTokenizer"}
VECTORS = {"name": "nlu.sentence_vectors.SentenceVectors"}
CLASSIFIER = "nlu.intent_classifier.TfidfVectorClassifier"
COUNTS = [
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
FALLBACK = next(one for one in OURS if one["name"] == "FallbackClassifier")

# From fast to slow. The last is what `rasa init` writes, with a seed.
CANDIDATES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "ours": ("config.yml", OURS),
    "beside": ("TF-IDF beside MiniLM, nothing normalised", [WORDS, VECTORS, {"name": CLASSIFIER}]),
    "minilm": ("MiniLM alone", [WORDS, VECTORS, {"name": CLASSIFIER, "word_weight": 0.0, "letter_weight": 0.0}]),
    "counts": (
        "count vectors, Rasa's logistic regression",
        [{"name": "WhitespaceTokenizer"}, *COUNTS, {"name": "LogisticRegressionClassifier", "random_state": SEED}],
    ),
    "default": (
        "Rasa's default (DIET)",
        [
            {"name": "WhitespaceTokenizer"},
            {"name": "RegexFeaturizer"},
            {"name": "LexicalSyntacticFeaturizer"},
            *COUNTS,
            {"name": "DIETClassifier", "epochs": 100, "random_seed": SEED},
            {"name": "EntitySynonymMapper"},
            {"name": "ResponseSelector", "epochs": 100, "random_seed": SEED},
        ],
    ),
}
SERVED = ("ours", "default")

CAPTION = f"""\
Development: learnt from all training data, asked tests/nlu/development.yml, clean and with seeded typos.
Crossed: {FOLDS} stratified folds of {LINES_AN_INTENT} training lines an intent, drawn by lot, the same for all;
the likeliest intent counts, however unsure: so few lines make every candidate unsure.
To refuse what is out of scope is right. Training in s, messages in ms, both on one core; in brackets without what the
core did for others meanwhile.
"""
COLUMNS = ("accuracy", "macro-F1", "noisy", "refused", "falsely", "crossed", "macro-F1", "training", "p50", "p95")


# Seconds on the wall's clock, and those of them in which the processor worked for us.
Took = tuple[float, float]


class Moment:
    """A moment from which time is taken."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def ago(self) -> Took:
        """How long ago that was."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


def one_core() -> None:
    """Keeps this process and those that it starts on one core; OMP_NUM_THREADS stands in the Makefile."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def trained(name: str, data: str, folder: Path) -> Path:
    """Trains a candidate.

    Args:
        data: The file or folder with training data.

    Returns:
        The model.
    """
    folder.mkdir(exist_ok=True)
    pipeline = CANDIDATES[name][1]
    config = {"recipe": "default.v1", "assistant_id": name, "language": "en", "policies": []}
    config["pipeline"] = pipeline if FALLBACK in pipeline else [*pipeline, FALLBACK]
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    with contextlib.redirect_stdout(sys.stderr):
        model = train_nlu(str(file), data, str(folder), fixed_model_name=name, domain=str(ROOT / "domain.yml"))
    if model is None:
        raise RuntimeError(f"Rasa trained no model for {name}")
    return Path(model)


def folds() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """For each fold of the training data, the rest as text in Rasa's format, and its sentences with their intents."""
    data = load_data(str(ROOT / "data" / "nlu"))
    examples = part(data.intent_examples)
    labels = [one.get_full_intent() for one in examples]
    for rest, fold in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(examples, labels):
        learnt = TrainingData([examples[place] for place in rest], regex_features=data.regex_features)
        yield learnt.nlu_as_yaml(), [(examples[place].get("text"), examples[place].get("intent")) for place in fold]


def part(examples: Sequence[Message]) -> list[Message]:
    """As many examples of each intent, drawn by lot."""
    chance = random.Random(SEED)
    ordered = sorted(examples, key=Message.get_full_intent)
    by_intent = [list(some) for _, some in itertools.groupby(ordered, key=Message.get_full_intent)]
    return [one for some in by_intent for one in chance.sample(some, min(LINES_AN_INTENT, len(some)))]


async def asked(model: Path, texts: Sequence[str]) -> tuple[list[dict[str, Any]], list[Took]]:
    """Asks a model for what it makes of texts.

    Returns:
        What it makes of each, and how long that took.
    """
    agent, parses, took = load(model), [], []
    for text in texts[:WARM_UP]:
        await agent.parse_message(text)
    for text in texts:
        begun = Moment()
        parses.append(await agent.parse_message(text))
        took.append(begun.ago())
    return parses, took


def likeliest(parsed: dict[str, Any]) -> str:
    """The intent before the decision whether it is sure enough, which isn't made for so few examples."""
    names = (str(one["name"]) for one in parsed["intent_ranking"])
    return next((name for name in names if name != DEFAULT_NLU_FALLBACK_INTENT_NAME), "")


def crossed(name: str, folder: Path) -> Figures:
    """Measures a candidate on every fold of the training data, when it has learnt from the others."""
    folder.mkdir()
    pairs = []
    for learnt, fold in folds():
        file = folder / "fold.yml"
        file.write_text(learnt, encoding="utf-8")
        parses, _ = asyncio.run(asked(trained(name, str(file), folder), [text for text, _ in fold]))
        pairs += [(intent, likeliest(parsed)) for (_, intent), parsed in zip(fold, parses, strict=True)]
    return measured(pairs)


def developed(model: Path) -> tuple[dict[str, Figures], list[Took]]:
    """Measures a model on the development set, as it stands and with typos.

    Returns:
        The figures of both, and how long each sentence took as it stands.
    """
    sentences = development()
    parses, took = asyncio.run(asked(model, [text for text, _ in sentences]))
    mistyped, _ = asyncio.run(asked(model, [noisy(text) for text, _ in sentences]))
    figures = {}
    for written, some in (("clean", parses), ("noisy", mistyped)):
        acted_on = [str(one["intent"]["name"]) for one in some]
        figures[written] = measured([(intent, got) for (_, intent), got in zip(sentences, acted_on, strict=True)])
    return figures, took


def row(name: str, folder: Path) -> dict[str, Figures]:
    """Measures a candidate, and prints its row."""
    begun = Moment()
    model = trained(name, str(ROOT / "data" / "nlu"), folder)
    training = begun.ago()
    figures, took = developed(model)
    clean, typed, over = figures["clean"], figures["noisy"], crossed(name, folder / "crossed")
    refused = (clean.out_of_scope_recall, clean.false_out_of_scope)
    quality = (clean.accuracy, clean.macro_f1, typed.accuracy, *refused, over.accuracy, over.macro_f1)
    costs = [f"{training[0]:.0f} ({training[1]:.0f})", *(percentile(took, share) for share in (50, 95))]
    printed(CANDIDATES[name][0], [*(f"{one:.3f}" for one in quality), *costs])
    return figures


def percentile(took: Sequence[Took], share: int) -> str:
    """What that share of the messages was answered in, in ms."""
    wall, cpu = (statistics.quantiles(some, n=100)[share - 1] * 1000 for some in zip(*took, strict=True))
    return f"{wall:.1f} ({cpu:.1f})"


def printed(title: str, cells: Sequence[str]) -> None:
    """Prints a row of the table."""
    print(f"{title:42}" + "".join(f"{cell:>11}" for cell in cells), flush=True)


def served(title: str, model: Path) -> None:
    """Prints how long a Rasa server takes until it is ready, and how much memory it then holds."""
    port = free_port()
    command = [sys.executable, "-m", "rasa", "run", "-i", HOST, "--port", str(port), "--model", str(model)]
    env = settings(port, free_port(), {"TRACKER_DB": str(model.with_suffix(".db"))})
    begun = time.perf_counter()
    server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not answers(port, "/"):
            if server.poll() is not None or time.perf_counter() - begun > READY_SECONDS:
                raise RuntimeError(f"no Rasa server with {model}")
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        ready, memory = f"{seconds:.1f} ({worked(server.pid):.1f})", resident(server.pid)
        print(f"{title:42} ready in {ready} s, {memory:.0f} MB", flush=True)
    finally:
        server.terminate()
        server.wait()


def resident(process: int) -> float:
    """The memory of a process, in MB."""
    rows = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(one.split()[1]) for one in rows if one.startswith("VmRSS:")) / 1000


def worked(process: int) -> float:
    """The seconds that the processor has worked for a process."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prints the table, and sets the floor of `make test-nlu` by what is ours."""
    one_core()
    quiet()
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # else what was trained before takes no time
    chosen = os.environ.get("CANDIDATES") or ",".join(CANDIDATES)
    print(CAPTION)
    printed("", COLUMNS)
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as folder:
        for name in chosen.split(","):
            on = row(name, Path(folder) / name)
            if name == "ours":
                floor.write(floor.set_by(on))
        print("\nRasa's server, with a pipeline alone:")
        for name in [one for one in SERVED if one in chosen]:
            served(CANDIDATES[name][0], Path(folder) / name / f"{name}.tar.gz")
        served("all of Frontdesk", MODEL)


if __name__ == "__main__":
    main()

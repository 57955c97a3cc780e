"""Lets `rasa test nlu` write its reports on the development set, and judges the model by its floor: `make test-nlu`.

Rasa's exit code says nothing about quality, and its figures are those of a pipeline that refuses nothing.
"""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

from scripts.environment import ROOT, environment
from scripts.quiet import quietly
from scripts.serve import MODEL
from tests import floor
from tests.figures import Figures, measured
from tests.model import DEVELOPMENT, development, load, quiet, understood
from tests.noise import noisy

REPORTS = ROOT / "results" / "nlu"
WRITTEN = ("intent_report.json", "intent_confusion_matrix.png", "intent_histogram.png")


def report() -> int:
    """Lets Rasa write its reports into a folder that holds nothing older."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    command = [sys.executable, "-m", "rasa", "test", "nlu", "--nlu", str(DEVELOPMENT)]
    command += ["--model", str(MODEL), "--out", str(REPORTS)]
    return quietly(command, ROOT / "var" / "log" / "rasa_test_nlu.log", environment(), seconds=300)


def judge() -> dict[str, Figures]:
    """Measures the model on the development set, as it stands and with typos."""
    agent, sentences = load(MODEL), development()
    mistyped = [(noisy(text), intent) for text, intent in sentences]
    return {"clean": measured(understood(agent, sentences)), "noisy": measured(understood(agent, mistyped))}


def main() -> int:
    """Ends with 0 only if the reports were written and no figure is under the floor."""
    quiet()
    with ThreadPoolExecutor(1) as beside:
        reporting = beside.submit(report)
        figures = judge()
    for written, one in figures.items():
        shares = ", ".join(f"{name} {value:.3f}" for name, value in floor.shares(one))
        print(f"{written}: {shares} ({one.worst_task})")
    found = floor.objections(figures, floor.read())
    found += [f"rasa test nlu wrote no {name}" for name in WRITTEN if not (REPORTS / name).exists()]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found or reporting.result() else 0


if __name__ == "__main__":
    sys.exit(main())

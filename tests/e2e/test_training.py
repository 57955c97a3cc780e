"""Training gives the same model twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rasa.core.agent import Agent

from scripts.environment import ROOT, environment
from tests.counts import seeded
from tests.model import development, load, parse

ASKED = 150


@pytest.mark.timeout(600)
def test_two_trainings_give_the_same_predictions(agent: Agent, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rasa", "train", "--force", "--out", str(tmp_path), "--fixed-model-name", "again"]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True, timeout=500)

    again = load(tmp_path / "again.tar.gz")

    for text, _ in seeded().sample(development(), ASKED):
        first, second = parse(agent, text), parse(again, text)
        assert first["intent"]["name"] == second["intent"]["name"]
        assert first["intent"]["confidence"] == pytest.approx(second["intent"]["confidence"], abs=1e-6)
        assert first["response_selector"] == second["response_selector"] or first["intent"]["name"] != "faq"

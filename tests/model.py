"""Loads the trained model for tests that ask it alone, without servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.shared.nlu.training_data.loading import load_data

from scripts.environment import ROOT
from scripts.serve import MODEL

HELD_OUT = ROOT / "tests" / "nlu" / "test_held_out.yml"
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))


def held_out() -> Iterator[tuple[str, str]]:
    """Sentences that no model was trained on, with their intents."""
    for example in load_data(str(HELD_OUT)).intent_examples:
        yield example.get("text"), example.get("intent")


def parse(agent: Agent, text: str) -> dict[str, Any]:
    """What the model makes of a sentence."""
    parsed: dict[str, Any] = asyncio.run(agent.parse_message(text))
    return parsed


def load(model: Path) -> Agent:
    """Loads a model."""
    return Agent.load(str(model))


@pytest.fixture(scope="session")
def agent() -> Agent:
    """The model that `make train` made."""
    return load(MODEL)

"""Loads the trained model for tests that ask it alone, without servers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml
from rasa.core.agent import Agent
from rasa.shared.nlu.training_data.loading import load_data

from scripts.environment import ROOT
from scripts.serve import MODEL

DEVELOPMENT = ROOT / "tests" / "nlu" / "development.yml"
DOMAIN: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))


def development() -> list[tuple[str, str]]:
    """Sentences that no model was trained on, with their intents."""
    return [(one.get("text"), one.get("intent")) for one in load_data(str(DEVELOPMENT)).intent_examples]


def parse(agent: Agent, text: str) -> dict[str, Any]:
    """What the model makes of a sentence."""
    parsed: dict[str, Any] = asyncio.run(agent.parse_message(text))
    return parsed


def understood(agent: Agent, sentences: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The wanted intent of each sentence, and the one that would be acted on."""
    return [(intent, str(parse(agent, text)["intent"]["name"])) for text, intent in sentences]


def quiet() -> None:
    """Keeps Rasa from telling on the terminal what it makes of each sentence."""
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def load(model: Path) -> Agent:
    """Loads a model."""
    return Agent.load(str(model))


@pytest.fixture(scope="session")
def agent() -> Agent:
    """The model that `make train` made."""
    return load(MODEL)

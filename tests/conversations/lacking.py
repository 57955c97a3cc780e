"""The conversations as they go with an ERP that can't do all that the embedded one can; see `erps.yml`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from middleware.erp.base import Capabilities

FILE = Path(__file__).with_name("erps.yml")
KEYS = {"lacks", "conversations", "instead", "turns", "end"}


def lacks(capabilities: Capabilities) -> set[str]:
    """What an ERP can't, by the names of the capabilities that it has less of than the embedded one."""
    full = asdict(Capabilities())
    return {name for name, value in asdict(capabilities).items() if value != full[name]}


def as_told(name: str, script: Mapping[str, Any], capabilities: Capabilities) -> dict[str, Any]:
    """A conversation as it goes with an ERP that can do so much.

    Args:
        name: The conversation's topic and sentence.
    """
    missing, told = lacks(capabilities), dict(script)
    for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        unknown = set(entry) - KEYS
        if unknown:
            raise ValueError(f"{FILE}: unknown {', '.join(sorted(unknown))}")
        if entry["lacks"] in missing and name in entry.get("conversations", [name]):
            told |= {part: entry[part] for part in ("turns", "end") if part in entry}
            told = _replaced(told, entry.get("instead", {}))
    return told


def _replaced(script: Mapping[str, Any], instead: Mapping[str, str]) -> dict[str, Any]:
    """A script with words in the place of others, wherever they are said."""
    text = json.dumps(script, ensure_ascii=False)
    for words, others in instead.items():
        text = re.sub(words, others, text)
    replaced: dict[str, Any] = json.loads(text)
    return replaced

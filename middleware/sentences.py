"""The sentences of domain.yml, for what is said where Rasa isn't: by jobs, and by the agents' desk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DOMAIN_FILE = Path(__file__).resolve().parents[1] / "domain.yml"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=1)
def domain() -> Mapping[str, Any]:
    """domain.yml, as Rasa sends it along with a turn."""
    read: Mapping[str, Any] = YAML(typ="safe", pure=True).load(DOMAIN_FILE.read_text(encoding="utf-8"))
    return read


def rendered(response: str, channel: str, fills: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    """A response as a message of the bot is stored, with where its fills came from.

    Args:
        channel: The channel's name, for its variant.
        fills: Text and source by placeholder; a source is the field of a record, such as `Agent.name`.
    """
    variants = domain()["responses"][response]
    of_channel = [variant for variant in variants if variant.get("channel") == channel]
    variant = (of_channel or [variant for variant in variants if "channel" not in variant])[0]
    beside = {name: variant[name] for name in ("buttons", "custom") if name in variant}
    return {
        "text": PLACEHOLDER.sub(lambda match: fills[match.group(1)][0], variant["text"]),
        "response": response,
        "sources": {name: source for name, (_, source) in fills.items()},
        **beside,
    }

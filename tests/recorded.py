"""Payloads that others recorded or published: what we didn't write ourselves, in the folder that FIXTURES names.

They aren't ours to give away, so they aren't part of the project. Without them their cases aren't collected; where
REQUIRE_ALL=1 nothing may be left out.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FOLDER = os.environ.get("FIXTURES", "")


def recorded(name: str) -> dict[str, Any]:
    """The cases of a file, by their names; none if there is no such folder.

    Args:
        name: Of the file, such as `whatsapp/meta/examples_webhooks.json`.

    Raises:
        AssertionError: They are demanded, and aren't there.
    """
    file = Path(FOLDER) / name
    if not FOLDER or not file.is_file():
        assert os.environ.get("REQUIRE_ALL") != "1", f"REQUIRE_ALL=1, and FIXTURES names no folder with {name}"
        return {}
    cases: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return cases

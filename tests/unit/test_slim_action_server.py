"""The action server runs in an environment of its own, without Rasa and TensorFlow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LOAD_AS_THE_SERVER_DOES = """
from importlib.util import find_spec
from rasa_sdk.executor import ActionExecutor

executor = ActionExecutor()
executor.register_package("actions")
assert executor.actions, "no actions were found"
assert find_spec("rasa") is None, "rasa is installed"
assert find_spec("tensorflow") is None, "tensorflow is installed"
"""


def uv() -> str:
    """Finds the project's uv, or the machine's."""
    own = ROOT / ".uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        pytest.fail("uv is missing: run `make setup`")
    return found


def run(*command: str | Path) -> None:
    """Runs a command in the project's folder; its output is the failure's explanation."""
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout


def test_the_action_server_needs_neither_rasa_nor_tensorflow(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    python = environment / "bin" / "python"
    run(uv(), "venv", "--quiet", "--python", sys.executable, environment)
    requirements = ROOT / "requirements" / "actions.txt"
    run(uv(), "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", requirements)

    run(python, "-c", LOAD_AS_THE_SERVER_DOES)

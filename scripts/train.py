"""Trains the model if anything that it is made of has changed, and puts it in place only when it is whole."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.environment import ROOT, environment
from scripts.quiet import quietly

MODEL = ROOT / "models" / "frontdesk.tar.gz"
TRAINED_ON = MODEL.with_name("frontdesk.inputs")
INPUTS = ("domain.yml", "config.yml", "data/**/*", "nlu/**/*", "requirements/rasa.in")


def inputs() -> Iterator[Path]:
    """Lists the files that a model is made of, always in the same order."""
    for pattern in INPUTS:
        found = (path for path in ROOT.glob(pattern) if path.is_file() and "__pycache__" not in path.parts)
        yield from sorted(found)


def fingerprint() -> str:
    """Digests names and contents, so that a touched file or a changed branch alone costs no training."""
    digest = hashlib.sha256()
    for path in inputs():
        digest.update(f"{path.relative_to(ROOT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(wanted: str) -> bool:
    """Tells whether the model in place was trained on these very files."""
    return MODEL.exists() and TRAINED_ON.exists() and TRAINED_ON.read_text() == wanted


def dated(moment: float) -> None:
    """Dates the model back to when its inputs were read, so that make sees what was edited meanwhile."""
    os.utime(MODEL, (moment, moment))


def train(wanted: str) -> int:
    """Trains into a folder of its own and moves the result in place."""
    MODEL.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".training-", dir=MODEL.parent) as folder:
        command = [sys.executable, "-m", "rasa", "train", "--domain", "domain.yml", "--config", "config.yml"]
        command += ["--data", "data", "--out", folder, "--fixed-model-name", "frontdesk"]
        code = quietly(command, ROOT / "var" / "train.log", environment(), seconds=1800)
        fresh = Path(folder) / MODEL.name
        if code == 0 and not fresh.exists():
            print("rasa train wrote no model; its output is in var/train.log", file=sys.stderr)
            return 1
        if code == 0:
            TRAINED_ON.unlink(missing_ok=True)
            fresh.replace(MODEL)
            TRAINED_ON.write_text(wanted)
    return code


def main() -> int:
    """Makes the model current."""
    began = time.time()
    wanted = fingerprint()
    if is_current(wanted):
        dated(began)
        return 0
    print("Training the assistant (about a minute) ...", file=sys.stderr)
    code = train(wanted)
    if code == 0:
        dated(began)
        print(f"Trained in {time.time() - began:.0f} s.", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

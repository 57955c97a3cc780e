"""Runs a chatty command with its output in a log file, and shows the end of it only if the command fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.environment import ROOT, environment

SHOWN_LINES = 40


def tail(log: Path, lines: int = SHOWN_LINES) -> str:
    """Gives the last lines of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def quietly(command: Sequence[str], log: Path, env: Mapping[str, str], seconds: float) -> int:
    """Runs a command in the project's folder.

    Args:
        command: The program and its arguments.
        log: Where all of its output goes.
        env: The environment it runs in.
        seconds: How long it may take before it is killed.

    Returns:
        Its exit code; 124 if it took too long.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("w") as output:
            code = subprocess.run(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=seconds,
            ).returncode
    except subprocess.TimeoutExpired:
        print(f"It took longer than {seconds:.0f} s and was stopped.", file=sys.stderr)
        code = 124
    if code:
        print(f"{tail(log)}\nIt failed; all of its output is in {log}", file=sys.stderr)
    return code


def main(arguments: list[str]) -> int:
    """Takes a log file and a command from the command line."""
    log, *command = arguments
    return quietly(command, ROOT / log, environment(), seconds=900)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The settings of `.env` beneath those of the environment: what every command of the Makefile runs with."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """Gives the environment that the project's processes run in.

    Returns:
        The settings of `.env`, overruled by the caller's own environment, with the project's programs
        first on the path.
    """
    settings = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    settings.update(os.environ)
    settings["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), settings.get("PATH", os.defpath)])
    return settings


def main(command: list[str]) -> None:
    """Becomes the given command, with that environment, in the project's folder."""
    os.chdir(ROOT)
    os.execvpe(command[0], command, environment())


if __name__ == "__main__":
    main(sys.argv[1:])

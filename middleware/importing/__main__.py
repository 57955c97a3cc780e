"""Imports a folder of CSV files: `python -m middleware.importing FOLDER`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from middleware import settings, store
from middleware.database import open_engine
from middleware.errors import FrontdeskError
from middleware.importing.errors import NotImportable
from middleware.importing.files import files
from middleware.importing.load import load


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m middleware.importing",
        description="Replaces everything in the embedded back office by a folder of CSV files; see docs/import.md.",
    )
    parser.add_argument("folder", type=Path, help="the folder with customers.csv and the others")
    options = parser.parse_args(arguments)
    try:
        counts = _import(options.folder)
    except (FrontdeskError, NotImportable) as error:
        sys.exit(str(error))
    print(f"Imported {_told(counts)}; what was there before is gone.")


def _import(folder: Path) -> dict[str, int]:
    configured = settings.load()
    store.migrate(configured.database_url)
    engine = open_engine(configured.database_url)
    try:
        return load(engine, folder, files(configured))
    finally:
        engine.dispose()


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {noun}" if count == 1 else f"{count} {noun}s" for noun, count in counts.items())


if __name__ == "__main__":
    main()

"""What is wrong with files that can't be imported.

These messages are for whoever imports, and hold values of the files: they are printed, and never logged.
"""

from __future__ import annotations

import json

LONGEST_SHOWN = 80  # characters of a value


class Wrong(ValueError):
    """A value that can't be taken.

    Args:
        problem: Goes on after the value, and says what was expected: "is not a day; write 2026-11-20".
    """


class NotImportable(Exception):
    """Files that can't be imported; its message names the place, the value and what was expected.

    Args:
        problem: What is wrong and what was expected; goes on after the value, if there is one.
        file: The file's name.
        line: The line on which the row begins, counted from 1.
        column: The column's name.
        value: What stands there.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
    ) -> None:
        place = file
        if line is not None:
            place += f", line {line}"
        if column is not None:
            place += f", column {column}"
        super().__init__(f"{place}: {problem}" if value is None else f"{place}: {quoted(value)} {problem}")


def quoted(value: str) -> str:
    """A value in quotation marks and on one line; a long one is cut."""
    shown = value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…"
    return json.dumps(shown, ensure_ascii=False)

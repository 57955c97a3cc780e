"""Reads a CSV file (RFC 4180, UTF-8) line by line, each value checked and turned into what its column holds."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from middleware.importing.errors import NotImportable, Wrong
from middleware.importing.files import Column, File

# Characters. What is longer is the rest of the file behind a quotation mark that nobody closed.
LONGEST_FIELD = 1_000_000


class Line(NamedTuple):
    """One line of a file: the number of the line on which it begins, and its values by column."""

    number: int
    record: dict[str, Any]


def read(file: File, path: Path) -> Iterator[Line]:
    """Reads a file's lines in turn, never all at once; blank ones are passed over.

    Args:
        file: What it must hold. Columns that it doesn't have are empty.

    Raises:
        NotImportable: It is no such file, or a value is wrong.
    """
    empty = {column.name: column.empty for column in file.columns}
    with path.open("rb") as binary:
        lines = _fields(file, binary)
        columns = _header(file, lines)
        for number, fields in lines:
            if len(fields) != len(columns):
                problem = f"{len(fields)} values where the first line names {len(columns)} columns"
                raise NotImportable(problem, file=file.name, line=number)
            yield Line(number, {**empty, **_values(file, number, columns, fields)})


def _values(file: File, number: int, columns: Sequence[Column], fields: Sequence[str]) -> dict[str, Any]:
    found = {}
    for column, text in zip(columns, fields, strict=True):
        if not text and not column.required:
            continue
        try:
            found[column.name] = column.read(text)
        except Wrong as wrong:
            raise NotImportable(str(wrong), file=file.name, line=number, column=column.name, value=text) from wrong
    return found


def _header(file: File, lines: Iterator[tuple[int, list[str]]]) -> list[Column]:
    """The columns that the first line names."""
    known = {column.name: column for column in file.columns}
    number, names = next(lines, (1, []))
    required = [column.name for column in file.columns if column.required]
    for position, name in enumerate(names):
        if name not in known:
            problem = f"is not a column of this file; it may have {', '.join(known)}"
            raise NotImportable(problem, file=file.name, line=number, value=name)
        if name in names[:position]:
            raise NotImportable("names a column twice", file=file.name, line=number, value=name)
    for name in required:
        if name not in names:
            problem = f"the column {name} is missing; the first line must name {', '.join(required)}"
            raise NotImportable(problem, file=file.name, line=number)
    return [known[name] for name in names]


def _fields(file: File, binary: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """Each line's values as they stand, with the number of the line on which it begins."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(_decoded(file, binary), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"not CSV ({error}); is there a quotation mark that isn't closed?"
            raise NotImportable(problem, file=file.name, line=number) from error
        if fields:
            yield number, fields


def _decoded(file: File, binary: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(binary, start=1):
        try:
            text = line.removeprefix(codecs.BOM_UTF8).decode() if number == 1 else line.decode()
        except UnicodeDecodeError as error:
            problem = f"the byte 0x{line[error.start]:02x} is not UTF-8; save the file as UTF-8"
            raise NotImportable(problem, file=file.name, line=number) from error
        if "\0" in text:
            raise NotImportable("holds a NUL, which no text does; save the file as UTF-8", file=file.name, line=number)
        yield text

"""Replaces the embedded back office by the files of a folder, in one transaction and without holding all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from middleware.database import for_writing
from middleware.errors import Unavailable
from middleware.importing.errors import NotImportable
from middleware.importing.files import File
from middleware.importing.reading import Line, read
from middleware.importing.rows import Parents
from middleware.reset import empty, keep_writers_out

SQLITE_CACHE_KIB = 256 * 1024
BATCH = 1000  # lines that are checked and written at once

Rows = Mapping[str, Mapping[str, Any]]


def load(engine: Engine, folder: Path, files: Sequence[File]) -> dict[str, int]:
    """Puts the files of a folder in the place of everything that the back office holds.

    Others see what was there before until all of it is in. On SQLite they can't write in the meantime.

    Args:
        engine: A migrated database.
        folder: Where the files lie; the one that is required must be there.
        files: What can be imported; one of them is required.

    Returns:
        How many lines each file had, by what one of them is called.

    Raises:
        NotImportable: The files are wrong; nothing was changed.
        Unavailable: The database is busy, full or can't be reached; nothing was changed.
    """
    _check_folder(folder, files)
    there = [file for file in files if (folder / file.name).exists()]
    try:
        with for_writing(engine).begin() as connection:
            keep_writers_out(connection)
            _give_room(connection)
            empty(connection)
            counts = {file.noun: _load_file(connection, file, folder / file.name) for file in there}
            required = _required(files)
            if not counts[required.noun]:
                raise NotImportable(f"it holds no {required.noun}; write at least one", file=required.name)
            return counts
    except sa.exc.OperationalError as error:
        raise Unavailable(
            "The database is busy, full or can't be reached; nothing was changed: try again", system="store"
        ) from error


def _check_folder(folder: Path, files: Sequence[File]) -> None:
    if not folder.is_dir():
        raise NotImportable("there is no such folder", file=str(folder))
    known = [file.name for file in files]
    for name in sorted(path.name for path in folder.iterdir()):
        if name.lower().endswith(".csv") and name not in known:
            raise NotImportable(f"it can't be imported; the files are called {', '.join(known)}", file=name)
    required = _required(files)
    if not (folder / required.name).exists():
        raise NotImportable(f"it is missing in {folder}, and the only file that must be there", file=required.name)


def _required(files: Sequence[File]) -> File:
    return next(file for file in files if file.required)


def _give_room(connection: Connection) -> None:
    """Lets SQLite keep its indexes in memory: with its usual 2 MB it writes and reads them again for every row."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")


def _load_file(connection: Connection, file: File, path: Path) -> int:
    count = 0
    for lines in _batches(read(file, path)):
        _refuse_known_keys(connection, file, lines)
        referred = {name: _referred(connection, file, lines, name, parent) for name, parent in file.references}
        _write(connection, file, lines, referred)
        count += len(lines)
    return count


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _refuse_known_keys(connection: Connection, file: File, lines: Sequence[Line]) -> None:
    """Refuses a line whose key another line has, in this batch or before it."""
    key = list(file.table.primary_key)
    firsts = {line.record[file.key[0]] for line in lines}
    known = {tuple(row) for row in connection.execute(sa.select(*key).where(key[0].in_(firsts)))}
    for line in lines:
        values = tuple(line.record[name] for name in file.key)
        if values in known:
            problem = f"stands in another line already; write each {file.noun} once"
            raise _wrong(problem, file, line, file.key[-1])
        known.add(values)


def _referred(connection: Connection, file: File, lines: Sequence[Line], name: str, parent: File) -> Rows:
    """The rows of another file that these lines refer to in a column, by their key."""
    [key] = parent.table.primary_key
    wanted = {line.record[name] for line in lines} - {None}
    query = sa.select(key, *(parent.table.c[name] for name in parent.lends)).where(key.in_(wanted))
    found = {row[key.name]: row for row in connection.execute(query).mappings()}
    for line in lines:
        value = line.record[name]
        if value is not None and value not in found:
            raise _wrong(f"stands in no line of {parent.name}; write the {parent.key[0]} of one", file, line, name)
    return found


def _write(connection: Connection, file: File, lines: Sequence[Line], referred: Mapping[str, Rows]) -> None:
    rows: dict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        for table, row in file.make(line.record, _parents(line, referred)):
            rows[table].append(row)
    for table, of_table in rows.items():
        connection.execute(sa.insert(table), of_table)


def _parents(line: Line, referred: Mapping[str, Rows]) -> Parents:
    return {name: rows[line.record[name]] for name, rows in referred.items() if line.record[name] is not None}


def _wrong(problem: str, file: File, line: Line, column: str) -> NotImportable:
    return NotImportable(problem, file=file.name, line=line.number, column=column, value=line.record[column])

"""The audit log's seals: whatever is done to a sealed entry shows, on every database."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from middleware import seals, store
from middleware.audit import Audit, Entry
from middleware.database import open_engine
from middleware.errors import Conflict, Unavailable
from middleware.seals import Findings, Head, Heads, Sealer
from middleware.store import Store, open_store
from tests import postgres
from tests.fakes.building import ROOT, SetClock, environment

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
DAY = timedelta(days=1)


@dataclass
class Log:
    """An audit log with its second place."""

    url: str
    store: Store
    file: Path
    clock: SetClock

    def sealer(self, second_place: Path | None = None) -> Sealer:
        """A sealer as each process has one."""
        return Sealer(self.store, self.clock, Heads(second_place or self.file))

    async def add(self, count: int = 1, operation: str = "order_status") -> None:
        """Adds entries, as the gateway does."""
        entry = Entry(
            at=self.clock(),
            correlation_id="turn",
            conversation_id="rest:ü",
            operation=operation,
            system="erp",
            object="1001",
            level="known",
            outcome="ok",
            milliseconds=12,
        )
        for _ in range(count):
            await Audit(self.store).record(entry)

    async def seal(self) -> int:
        """Seals as a process does that has just started, when no other is at it."""
        self.clock.advance(timedelta(minutes=1))
        return await self.sealer().seal()

    async def check(self) -> Findings:
        """Looks at the whole chain."""
        return await seals.check(self.store, Heads(self.file))

    async def execute(self, statement: Any) -> None:
        """Tampers with the database."""
        await self.store.write(lambda connection: connection.execute(statement))

    async def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """All rows of a table."""
        query = sa.select(table).order_by(*table.primary_key)
        return await self.store.read(lambda c: [dict(row._mapping) for row in c.execute(query)])


@pytest.fixture(scope="module")
def postgresql(postgres_url: str) -> str:
    """A migrated PostgreSQL database, for all tests of this module."""
    url = postgres.fresh_database(postgres_url)
    store.migrate(url)
    return url


@pytest.fixture(params=DATABASES)
def audit_log(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[Log]:
    """A log with nothing in it, on each database in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'store.db')}"
    else:
        url = request.getfixturevalue("postgresql")
        engine = open_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("TRUNCATE audit, seals, leases RESTART IDENTITY"))
        engine.dispose()
    opened = open_store(url)
    yield Log(url, opened, tmp_path / "far away" / "audit-head.txt", SetClock())
    opened.close()


@pytest.fixture
async def sealed(audit_log: Log) -> Log:
    """A log with three seals of three entries each."""
    for _ in range(3):
        await audit_log.add(3)
        assert await audit_log.seal() == 3
    return audit_log


# Sealing


async def test_what_is_added_is_sealed_and_all_is_good(audit_log: Log) -> None:
    # when
    await audit_log.add(3)
    await audit_log.seal()
    await audit_log.add(2)
    await audit_log.seal()
    await audit_log.add(4)

    # then
    assert await audit_log.check() == Findings(entries=5, seals=2, unsealed=4)
    assert [row["seal"] for row in await audit_log.rows(store.audit)] == [1, 1, 1, 2, 2, None, None, None, None]
    first, second = await audit_log.rows(store.seals)
    assert (first["previous"], second["previous"]) == ("", first["digest"])


async def test_an_empty_log_is_good(audit_log: Log) -> None:
    assert await audit_log.seal() == 0
    assert await audit_log.check() == Findings()
    assert not audit_log.file.exists()


async def test_many_entries_are_sealed_in_batches(audit_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "BATCH", 4)
    await audit_log.add(10)

    assert await audit_log.seal() == 10

    assert [row["entries"] for row in await audit_log.rows(store.seals)] == [4, 4, 2]
    assert [head.number for head in Heads(audit_log.file).all()] == [1, 2, 3]
    assert await audit_log.check() == Findings(entries=10, seals=3)


async def test_an_entry_with_a_lower_number_that_comes_later_is_sealed_too(audit_log: Log) -> None:
    await audit_log.add(2)
    late = (await audit_log.rows(store.audit))[0]
    await audit_log.execute(store.audit.delete().where(store.audit.c.id == late["id"]))
    await audit_log.seal()

    await audit_log.execute(store.audit.insert().values(late))
    await audit_log.seal()

    assert await audit_log.check() == Findings(entries=2, seals=2)


async def test_one_process_at_a_time_seals(audit_log: Log) -> None:
    first, second = audit_log.sealer(), audit_log.sealer()
    await audit_log.add(2)
    assert await first.seal() == 2
    await audit_log.add(2)

    assert await second.seal() == 0
    assert await first.seal() == 2
    audit_log.clock.advance(DAY)
    await audit_log.add(2)
    assert await second.seal() == 2
    assert await audit_log.check() == Findings(entries=6, seals=3)


async def test_a_sealer_that_was_suspended_beyond_its_lease_breaks_nothing(audit_log: Log) -> None:
    # given a sealer that has read what to seal, when another seals it
    slow, quick = audit_log.sealer(), audit_log.sealer()
    await audit_log.add(3)
    read = audit_log.store.read

    async def suspended(work: Any) -> Any:
        found = await read(work)
        audit_log.store.read = read  # type: ignore[method-assign]
        audit_log.clock.advance(DAY)
        await quick.seal()
        return found

    audit_log.store.read = suspended  # type: ignore[method-assign]

    # when it goes on
    with pytest.raises(Conflict):
        await slow.seal()

    # then the other's seal is the one that counts
    assert await audit_log.check() == Findings(entries=3, seals=1)


async def test_an_entry_that_goes_while_it_is_sealed_spoils_no_seal(audit_log: Log) -> None:
    # given an entry that disappears between the sealer's look and its seal
    await audit_log.add(3)
    read = audit_log.store.read

    async def tampered(work: Any) -> Any:
        found = await read(work)
        audit_log.store.read = read  # type: ignore[method-assign]
        await audit_log.execute(store.audit.delete().where(store.audit.c.id == 2))
        return found

    audit_log.store.read = tampered  # type: ignore[method-assign]

    # when
    with pytest.raises(Conflict):
        await audit_log.sealer().seal()

    # then nothing is sealed, and what is left can be
    assert await audit_log.rows(store.seals) == []
    await audit_log.seal()
    assert await audit_log.check() == Findings(entries=2, seals=1)


async def test_entries_can_be_added_while_others_are_sealed(audit_log: Log) -> None:
    sealer = audit_log.sealer()

    async def seal_on() -> None:
        while adding:
            await sealer.seal()

    adding = True
    sealing = asyncio.create_task(seal_on())
    await asyncio.gather(*(audit_log.add(10) for _ in range(10)))
    adding = False
    await sealing

    await sealer.seal()
    found = await audit_log.check()
    assert (found.entries, found.unsealed, found.wrong) == (100, 0, "")


async def test_a_sealer_goes_on_when_the_store_comes_back_and_gives_its_lease_back(
    audit_log: Log, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a store that is down
    monkeypatch.setattr(seals, "ROUND_SECONDS", 0.01)
    await audit_log.add(3)
    there = audit_log.store.write

    async def down(work: Any) -> Any:
        raise Unavailable("down", system="store")

    monkeypatch.setattr(audit_log.store, "write", down)
    with caplog.at_level(logging.WARNING):
        loop = asyncio.create_task(audit_log.sealer().run())
        while "couldn't be sealed: Unavailable" not in caplog.text:
            await asyncio.sleep(0.01)

    # when it is back
    monkeypatch.setattr(audit_log.store, "write", there)
    while not audit_log.file.exists() or not list(Heads(audit_log.file).all()):
        await asyncio.sleep(0.01)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)

    # then all is sealed, and another could seal at once
    assert await audit_log.check() == Findings(entries=3, seals=1)
    assert await audit_log.rows(store.leases) == []


# The second place


async def test_the_second_place_has_every_head_and_is_the_owners_alone(sealed: Log) -> None:
    in_the_table = [
        Head(number=row["number"], digest=row["digest"], sealed_at=row["sealed_at"])
        for row in await sealed.rows(store.seals)
    ]

    assert list(Heads(sealed.file).all()) == in_the_table
    assert sealed.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lines", [0, 1, 2])
@pytest.mark.parametrize("torn", [b"", b"3 0123456"])
async def test_a_second_place_that_lags_behind_is_caught_up(sealed: Log, lines: int, torn: bytes) -> None:
    there = sealed.file.read_bytes().splitlines(keepends=True)
    sealed.file.write_bytes(b"".join(there[:lines]) + torn)

    await sealed.seal()

    assert sealed.file.read_bytes() == b"".join([*there[:lines], there[-1]])
    assert (await sealed.check()).wrong == ""


async def test_a_second_place_that_cannot_be_written_stops_no_seal(audit_log: Log, tmp_path: Path) -> None:
    await audit_log.add(2)

    with pytest.raises(IsADirectoryError):
        await audit_log.sealer(second_place=tmp_path).seal()

    assert [row["entries"] for row in await audit_log.rows(store.seals)] == [2]


# Tampering


ENTRY = store.audit.c.id == 5  # in the second seal, with the entries 4 and 6


def changed(**values: Any) -> Any:
    return store.audit.update().where(ENTRY).values(values)


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        *(
            ([changed(**{column: value})], "Seal 2 doesn't fit its 3 entries: it or one of them was changed.")
            for column, value in [
                ("at", SetClock().now - DAY),
                ("correlation_id", "x"),
                ("conversation_id", "x"),
                ("operation", "x"),
                ("system", "crm"),
                ("object", "1002"),
                ("level", "verified"),
                ("outcome", "NotAllowed"),
                ("milliseconds", 13),
                ("id", 1000),
            ]
        ),
        ([store.audit.delete().where(ENTRY)], "Seal 2 was set on 3 entries, and there are 2."),
        ([changed(seal=None)], "Seal 2 was set on 3 entries, and there are 2."),
        ([changed(seal=1)], "Seal 1 was set on 3 entries, and there are 4."),
        ([store.audit.update().where(store.audit.c.id == 10).values(seal=3)], "Seal 3 was set on 3 entries"),
        (
            [changed(seal=1), store.audit.update().where(store.audit.c.id == 3).values(seal=2)],
            "Seal 1 doesn't fit its 3 entries",
        ),
        ([store.seals.delete().where(store.seals.c.number == 1)], "Seal 1 is missing."),
        ([store.seals.delete().where(store.seals.c.number == 2)], "Seal 2 is missing."),
        ([store.seals.delete().where(store.seals.c.number == 3)], "Seal 3 is missing, and its entries are there."),
        (
            [
                store.seals.delete().where(store.seals.c.number == 3),
                store.audit.update().where(store.audit.c.seal == 3).values(seal=None),
            ],
            "Seal 3 is missing: the second place knows it, and the log ends at 2.",
        ),
        ([store.seals.delete(), store.audit.delete()], "Seal 1 is missing: the second place knows it"),
        (
            [store.seals.update().where(store.seals.c.number == 2).values(digest="0" * 64)],
            "Seal 2 doesn't fit its 3 entries",
        ),
        (
            [store.seals.update().where(store.seals.c.number == 2).values(previous="0" * 64)],
            "Seal 2 doesn't continue the one before it.",
        ),
        (
            [store.seals.update().where(store.seals.c.number == 2).values(sealed_at=SetClock().now)],
            "Seal 2 doesn't fit its 3 entries",
        ),
        ([store.seals.update().where(store.seals.c.number == 3).values(number=4)], "Seal 3 is missing."),
    ],
)
async def test_whatever_is_done_to_the_log_is_named(sealed: Log, statements: list[Any], sentence: str) -> None:
    # given another entry that isn't sealed yet
    await sealed.add()
    assert (await sealed.check()).wrong == ""

    # when somebody tampers
    for statement in statements:
        await sealed.execute(statement)

    # then it shows, and it still does when the sealer has gone on
    assert (await sealed.check()).wrong.startswith(sentence)
    await sealed.seal()
    assert (await sealed.check()).wrong != ""


async def test_a_chain_that_was_computed_anew_contradicts_the_second_place(sealed: Log, tmp_path: Path) -> None:
    # given somebody who changes an entry and can seal as well as we can
    await sealed.execute(changed(outcome="NotAllowed"))
    await sealed.execute(store.audit.update().values(seal=None))
    await sealed.execute(store.seals.delete())
    sealed.clock.advance(DAY)
    await sealed.sealer(second_place=tmp_path / "another").seal()
    await sealed.add(2)

    # then the second place shows it, even when the chain is as long as before
    assert (await sealed.check()).wrong.startswith("Seal 1 isn't the one that the second place knows.")


async def test_a_second_place_that_was_emptied_shows(sealed: Log) -> None:
    sealed.file.unlink()

    assert (await sealed.check()).wrong.startswith("The second place holds nothing")


@pytest.mark.parametrize("line", ["nonsense", "2 abc", "two abc 2026-03-11T17:30:00+00:00", "\xff", ""])
async def test_a_line_of_the_second_place_that_makes_no_sense_shows(sealed: Log, line: str) -> None:
    lines = sealed.file.read_bytes().splitlines()
    lines[1] = line.encode("latin-1")
    sealed.file.write_bytes(b"\n".join(lines) + b"\n")

    assert (await sealed.check()).wrong == f"line 2 of {sealed.file} can't be read"


async def test_a_head_that_was_changed_shows(sealed: Log) -> None:
    text = sealed.file.read_text()
    first = text.split()[1]
    sealed.file.write_text(text.replace(first, "0" * 64))

    assert (await sealed.check()).wrong == "Seal 1 isn't the one that the second place knows."


# The command


def command(log: Log) -> subprocess.CompletedProcess[str]:
    given = os.environ | environment(log.url) | {"AUDIT_HEAD": str(log.file)}
    return subprocess.run(
        [sys.executable, "-m", "middleware.audit_command"],
        cwd=ROOT,
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


async def test_the_command_says_that_all_is_good(sealed: Log) -> None:
    await sealed.add(2)

    ended = command(sealed)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "9 entries in 3 seals, all good; 2 not sealed yet.\n"


async def test_the_command_names_what_is_wrong_and_fails(sealed: Log) -> None:
    await sealed.execute(store.audit.delete().where(ENTRY))

    ended = command(sealed)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == ("The audit log is not as it was written. Seal 2 was set on 3 entries, and there are 2.\n")

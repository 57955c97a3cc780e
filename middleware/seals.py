"""Seals the audit log: a chain of digests over its entries, whose head is written to a second place as well.

Whoever changes, removes or slips in a sealed entry must change all digests after it, and then the second place
contradicts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from middleware.clock import Clock
from middleware.errors import Conflict, FrontdeskError, Malformed
from middleware.leases import Lease
from middleware.store import Store, audit, seals

log = logging.getLogger(__name__)

BATCH = 1000
ROUND_SECONDS = 5.0
LEASE_SECONDS = 30.0
LONGEST_LINE = 200  # bytes of a line in the second place

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The newest seal at some time.

    Attributes:
        number: Seals are numbered from 1 on, without holes.
        digest: In hex.
    """

    number: int
    digest: str
    sealed_at: datetime


class Heads:
    """The second place: a file with a line for each head, which only ever grows.

    Args:
        path: The file; it and its folder are made when they are needed, the file for the owner alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> Iterator[Head]:
        """Reads all heads, oldest first.

        Raises:
            Malformed: A line can't be read; the message gives its number.
            OSError: The file can't be read.
        """
        with self._path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return  # the power failed while it was written; it will be written again
                try:
                    yield _head(line)
                except ValueError:
                    raise Malformed(f"line {number} of {self._path} can't be read", system="audit") from None

    def follow(self, head: Head) -> None:
        """Writes the head down if the file doesn't have it yet.

        Raises:
            OSError: The file can't be written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.fchmod(file.fileno(), 0o600)
            last, end = _last(file.fileno())
            if last is not None and last.number >= head.number:
                return
            file.truncate(end)
            file.seek(end)
            line = f"{head.number} {head.digest} {head.sealed_at.isoformat()}\n".encode()
            if file.write(line) != len(line):
                raise OSError("only a part of the line could be written")
            os.fsync(file.fileno())


def _head(line: bytes) -> Head:
    number, digest, sealed_at = line.decode().split()
    return Head(number=int(number), digest=digest, sealed_at=datetime.fromisoformat(sealed_at))


def _last(descriptor: int) -> tuple[Head | None, int]:
    """The last whole line of a file, and where it ends."""
    size = os.fstat(descriptor).st_size
    begin = max(0, size - 2 * LONGEST_LINE)
    whole, found, _torn = os.pread(descriptor, size - begin, begin).rpartition(b"\n")
    if not found:
        return None, begin
    with contextlib.suppress(ValueError):
        return _head(whole.rpartition(b"\n")[2]), begin + len(whole) + 1
    return None, begin + len(whole) + 1


class Sealer:
    """Seals what was added to the audit log, in one process at a time; whoever adds to it doesn't wait for it.

    Args:
        heads: The second place.
    """

    def __init__(self, store: Store, clock: Clock, heads: Heads) -> None:
        self._store = store
        self._clock = clock
        self._heads = heads
        self._lease = Lease(store, clock, "audit-sealer", uuid.uuid4().hex, LEASE_SECONDS)

    async def run(self) -> None:
        """Seals every few seconds until it is cancelled, also through times when the store can't be reached."""
        try:
            while True:
                try:
                    await self.seal()
                except Exception as error:
                    log.warning("the audit log couldn't be sealed: %s", type(error).__name__)
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            with contextlib.suppress(FrontdeskError):
                await self._lease.give_back()

    async def seal(self) -> int:
        """Seals everything that isn't sealed yet, unless another process is at it.

        Returns:
            How many entries were sealed.

        Raises:
            Unavailable: The store can't be reached.
            Conflict: Another process sealed at the same time.
            OSError: The second place can't be written.
        """
        count = 0
        while await self._lease.take():
            head, entries = await self._store.read(_unsealed)
            if entries:
                head = await self._seal(head, entries)
                count += len(entries)
            if head is not None:
                await asyncio.to_thread(self._heads.follow, head)
            if len(entries) < BATCH:
                break
        return count

    async def _seal(self, head: Head | None, entries: Sequence[Row]) -> Head:
        """Adds one seal. The entries don't change, so only this last part holds the database."""
        number, now = head.number + 1 if head else 1, self._clock()
        seal: Row = {
            "number": number,
            "sealed_at": now,
            "entries": len(entries),
            "previous": head.digest if head else "",
        }
        seal["digest"] = digest(seal, entries)
        its = audit.c.id.in_([entry["id"] for entry in entries]) & audit.c.seal.is_(None)

        def work(connection: Connection) -> None:
            connection.execute(seals.insert().values(seal))
            marked = connection.execute(audit.update().where(its).values(seal=number)).rowcount
            if marked != len(entries):
                raise Conflict("entries changed while they were sealed", system="audit")

        try:
            await self._store.write(work)
        except sa.exc.IntegrityError as error:
            raise Conflict("another process has sealed", system="audit") from error
        return Head(number=number, digest=seal["digest"], sealed_at=now)


def _unsealed(connection: Connection) -> tuple[Head | None, list[Row]]:
    """The newest seal, and the oldest entries that have none; ids may be committed in another order than given."""
    columns = (seals.c.number, seals.c.digest, seals.c.sealed_at)
    newest = connection.execute(sa.select(columns).order_by(seals.c.number.desc()).limit(1)).first()
    query = sa.select(audit).where(audit.c.seal.is_(None)).order_by(audit.c.id).limit(BATCH)
    return Head(**newest._mapping) if newest else None, [dict(row._mapping) for row in connection.execute(query)]


def digest(seal: Row, entries: Sequence[Row]) -> str:
    """SHA-256 over what a seal says, the digest before it included, and its entries in the order of their ids.

    Args:
        seal: All columns; the digest itself doesn't count.
        entries: All columns; the seal's number doesn't count.

    Returns:
        In hex.
    """
    sha = hashlib.sha256(_line(seal, but="digest"))
    for entry in entries:
        sha.update(_line(entry, but="seal"))
    return sha.hexdigest()


def _line(row: Row, but: str) -> bytes:
    """A row in the one way in which JSON can write it."""
    values = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items() if name != but
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a look at the whole chain found.

    Attributes:
        wrong: A sentence about the first thing that isn't as it was sealed; empty if all is good.
    """

    entries: int = 0
    seals: int = 0
    unsealed: int = 0
    wrong: str = ""


async def check(store: Store, heads: Heads) -> Findings:
    """Computes the whole chain again, and compares it with the second place. The sealer may go on meanwhile.

    Raises:
        Unavailable: The store can't be reached.
    """
    try:
        # Before the chain: what is in the second place was in the first one before.
        known = await asyncio.to_thread(lambda: list(heads.all()))
    except FileNotFoundError:
        known = []
    except (Malformed, OSError) as error:
        return Findings(wrong=str(error))
    return await store.read(lambda connection: _check(connection, known))


def _check(connection: Connection, known: Sequence[Head]) -> Findings:
    chain = [dict(row._mapping) for row in connection.execute(sa.select(seals).order_by(seals.c.number))]
    previous = ""
    for number, seal in enumerate(chain, 1):
        wrong = _wrong(connection, seal, number, previous)
        if wrong:
            return Findings(wrong=wrong)
        previous = seal["digest"]
    wrong = _lost(connection) or _contradiction(chain, known)
    if wrong:
        return Findings(wrong=wrong)
    unsealed = connection.execute(sa.select(sa.func.count()).where(audit.c.seal.is_(None))).scalar_one()
    return Findings(entries=sum(seal["entries"] for seal in chain), seals=len(chain), unsealed=unsealed)


def _wrong(connection: Connection, seal: Row, number: int, previous: str) -> str:
    """What is wrong with a seal that should have this number and come after this digest."""
    if seal["number"] != number:
        return f"Seal {number} is missing."
    if seal["previous"] != previous:
        return f"Seal {number} doesn't continue the one before it."
    query = sa.select(audit).where(audit.c.seal == number).order_by(audit.c.id)
    entries = [dict(row._mapping) for row in connection.execute(query)]
    if len(entries) != seal["entries"]:
        return f"Seal {number} was set on {seal['entries']} entries, and there are {len(entries)}."
    if seal["digest"] != digest(seal, entries):
        return f"Seal {number} doesn't fit its {len(entries)} entries: it or one of them was changed."
    return ""


def _lost(connection: Connection) -> str:
    """A seal that only its entries still know, if there is one."""
    orphaned = sa.select(sa.func.min(audit.c.seal)).where(audit.c.seal.not_in(sa.select(seals.c.number)))
    number = connection.execute(orphaned).scalar_one()
    return "" if number is None else f"Seal {number} is missing, and its entries are there."


def _contradiction(chain: Sequence[Row], known: Sequence[Head]) -> str:
    """The first head in the second place that the chain doesn't have, if there is one."""
    for head in known:
        if not 1 <= head.number <= len(chain):
            return f"Seal {head.number} is missing: the second place knows it, and the log ends at {len(chain)}."
        if chain[head.number - 1]["digest"] != head.digest:
            return f"Seal {head.number} isn't the one that the second place knows."
    if len(chain) > 1 and not known:  # the first one may have been set just now
        return "The second place holds nothing, and it should hold the heads of the chain."
    return ""

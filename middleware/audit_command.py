"""Checks that nobody changed the audit log: `python -m middleware.audit_command`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from middleware import settings
from middleware.errors import FrontdeskError
from middleware.seals import Findings, Heads, check
from middleware.store import open_store


def main() -> None:
    """The command."""
    try:
        found = asyncio.run(_check())
    except FrontdeskError as error:
        sys.exit(str(error))
    if found.wrong:
        sys.exit(f"The audit log is not as it was written. {found.wrong}")
    print(_sentence(found))


async def _check() -> Findings:
    known = settings.load()
    store = open_store(known.database_url)
    try:
        return await check(store, Heads(Path(known.audit_head)))
    finally:
        store.close()


def _sentence(found: Findings) -> str:
    entries = "1 entry" if found.entries == 1 else f"{found.entries} entries"
    seals = "1 seal" if found.seals == 1 else f"{found.seals} seals"
    return f"{entries} in {seals}, all good; {found.unsealed} not sealed yet."


if __name__ == "__main__":
    main()

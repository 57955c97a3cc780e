"""Looks whether a system of record has all that is needed, with the real credentials, and changes nothing there.

make check-crm
make check-erp
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from middleware import connectors, settings
from middleware.connectors import Finding
from middleware.database import open_engine
from middleware.errors import FrontdeskError
from middleware.settings import Settings


def main(which: str) -> int:
    """Prints what was found.

    Args:
        which: `crm` or `erp`.

    Returns:
        0 if all is as it must be, 1 if something is missing.
    """
    try:
        known = settings.load()
        found = list(_found(which, known))
    except FrontdeskError as error:
        _told(Finding(is_good=False, text=str(error)))
        return 1
    print("All is there." if all(found) else "Something is missing; docs/connectors says how to set it up.")
    return 0 if all(found) else 1


def _found(which: str, known: Settings) -> Iterator[bool]:
    """Tells all that is found, and whether each is good."""
    engine = open_engine(known.database_url)
    if which == "erp":
        print(f"The ERP is {known.erp.system}.")
        yield from map(_told, connectors.check_erp(known, engine))
        return
    print(f"The CRM is {known.crm.system}.")
    found = [_told(finding) for finding in connectors.check_crm(known, engine)]
    yield from found
    if any(found):  # else it lets nobody in
        yield from map(_told, connectors.check_owners(known, engine))


def _told(finding: Finding) -> bool:
    """Prints what was found, and says whether it is good."""
    print(f"  {'good    ' if finding.is_good else 'missing '} {finding.text}")
    return finding.is_good


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

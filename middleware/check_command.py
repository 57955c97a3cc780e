"""Looks whether a system of record has all that is needed, with the real credentials, and changes nothing there.

make check-crm
"""

from __future__ import annotations

import sys

from middleware import connectors, settings
from middleware.connectors import Finding
from middleware.database import open_engine
from middleware.errors import FrontdeskError


def main() -> int:
    """Prints what was found.

    Returns:
        0 if all is as it must be, 1 if something is missing.
    """
    try:
        known = settings.load()
        engine = open_engine(known.database_url)
        print(f"The CRM is {known.crm.system}.")
        found = [_told(finding) for finding in connectors.check_crm(known, engine)]
        if any(found):  # else it lets nobody in
            found += [_told(finding) for finding in connectors.check_owners(known, engine)]
    except FrontdeskError as error:
        _told(Finding(is_good=False, text=str(error)))
        return 1
    print("All is there." if all(found) else "Something is missing; docs/connectors says how to set it up.")
    return 0 if all(found) else 1


def _told(finding: Finding) -> bool:
    """Prints what was found, and says whether it is good."""
    print(f"  {'good    ' if finding.is_good else 'missing '} {finding.text}")
    return finding.is_good


if __name__ == "__main__":
    sys.exit(main())

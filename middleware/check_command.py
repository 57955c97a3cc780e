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
        is_all_good = True
        print(f"The CRM is {known.crm.system}.")
        for finding in connectors.check_crm(known, engine):
            print(_line(finding))
            is_all_good = is_all_good and finding.is_good
    except FrontdeskError as error:
        print(f"  missing  {error}")
        return 1
    print("All is there." if is_all_good else "Something is missing; docs/connectors says how to set it up.")
    return 0 if is_all_good else 1


def _line(finding: Finding) -> str:
    return f"  {'good    ' if finding.is_good else 'missing '} {finding.text}"


if __name__ == "__main__":
    sys.exit(main())

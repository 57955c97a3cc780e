"""The records of Zoho CRM's stand-in, and what is done with them over its API, version 8."""

from __future__ import annotations

from middleware.demo import Data
from tests.fakes.stand_in import Reply, Request, refuse


class ZohoRecords:
    """All records of a company."""

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there."""

    def answer(self, request: Request) -> Reply:
        """What is done."""
        refuse(404, {"code": "INVALID_URL_PATTERN", "details": {}, "message": "…", "status": "error"})

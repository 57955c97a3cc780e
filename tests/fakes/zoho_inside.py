"""What the people see in Zoho CRM's stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.connectors.inside import Inside

if TYPE_CHECKING:
    from tests.fakes.zoho import Zoho


class InsideZoho(Inside):
    """The stand-in's records.

    Args:
        zoho: The stand-in.
    """

    def __init__(self, zoho: Zoho) -> None:
        self._zoho = zoho

"""Leads: keeps who wants to buy or to be advised, gives them to whoever has their territory, and tells the CRM.

A lead is stored with the job that delivers it, so that none is lost while the CRM is away, and none comes twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from middleware.identity import Who
from middleware.records import Budget, Consent, Headcount


@dataclass(frozen=True, kw_only=True, slots=True)
class Enquiry:
    """What somebody gave who wants to buy; what they didn't is an empty string or None.

    Attributes:
        email: Lower case.
        phone: E.164.
        wish: What they want, in their own words.
        country, state, postcode: Of the place that they named.
    """

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    email: str = ""
    phone: str | None = None
    size: Headcount | None = None
    budget: Budget | None = None
    wish: str = ""
    country: str = ""
    state: str = ""
    postcode: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A lead that is kept.

    Attributes:
        reference: What the customer is told, such as L-3007.
        contact: The name of whom the territory rules picked; for a proven customer with an account executive, theirs.
            Empty as long as the CRM hasn't said what they are called: while it is down.
        is_own: Whether that is the proven customer's own account executive.
        region: Of the territory, as it is told; may be empty.
        is_delivered: Whether the CRM has it; else it is delivered later.
    """

    reference: str
    contact: str
    is_own: bool
    region: str
    is_delivered: bool


class Leads:
    """Keeps and delivers leads."""

    async def known(self, who: Who) -> Enquiry:
        """What is known already of a proven person; nothing of a stranger, or while the CRM can't be asked."""
        raise NotImplementedError

    async def keep(self, who: Who, enquiry: Enquiry, consent: Consent, key: str) -> Kept:
        """Keeps a lead, once for each key, and waits a little for the CRM.

        Raises:
            Unavailable: The store can't be reached; nothing is kept.
        """
        raise NotImplementedError

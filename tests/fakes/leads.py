"""Leads in memory: what is kept is remembered, and what is answered is what the test says."""

from __future__ import annotations

from dataclasses import dataclass, field

from middleware.errors import FrontdeskError
from middleware.identity import Who
from middleware.leads import Enquiry, Kept
from middleware.records import Consent

DANA = Kept(reference="L-3007", contact="Dana Whitfield", is_own=False, region="the North-East", is_delivered=True)


@dataclass
class FakeLeads:
    """Takes the place of `middleware.leads.Leads`.

    Attributes:
        of_proven: What is known of whoever is proven.
        answer: What becomes of a lead.
        error: What goes wrong instead, if anything.
        kept: What was kept, with the consent, by key.
        asked: How often it was asked what is known.
    """

    of_proven: Enquiry = Enquiry()  # noqa: RUF009 - frozen
    answer: Kept = DANA
    error: FrontdeskError | None = None
    kept: dict[str, tuple[Enquiry, Consent]] = field(default_factory=dict)
    asked: int = 0

    async def known(self, who: Who) -> Enquiry:
        """What is known already."""
        self.asked += 1
        return self.of_proven if who.level else Enquiry()

    async def keep(self, who: Who, enquiry: Enquiry, consent: Consent, key: str) -> Kept:
        """Keeps a lead, once for each key."""
        if self.error:
            raise self.error
        self.kept.setdefault(key, (enquiry, consent))
        return self.answer

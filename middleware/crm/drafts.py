"""What no CRM can hold of a lead, found before anything is written."""

from __future__ import annotations

from middleware.errors import Rejected
from middleware.records import LeadDraft

_MOST_MONEY = 10**13


def demand_sense(draft: LeadDraft, *, most_people: int, longest_email: int, longest_phone: int) -> None:
    """Refuses what the fields of a CRM don't hold.

    Args:
        most_people: The largest number of people that a company's size may name.
        longest_email: Characters; `longest_phone` likewise.

    Raises:
        Rejected: It doesn't fit; `status` says what: `size`, `budget`, `email` or `phone`.
    """
    people = (draft.size.low, draft.size.high) if draft.size else ()
    money = (draft.budget.low, draft.budget.high) if draft.budget else ()
    if not all(0 <= number <= most_people for number in people if number is not None):
        raise _rejected("size", "no company has so many people")
    if not all(amount.is_finite() and 0 <= amount < _MOST_MONEY for amount in money if amount is not None):
        raise _rejected("budget", "nobody has so much money")
    if len(draft.email) > longest_email:
        raise _rejected("email", "no address is so long")
    if len(draft.phone or "") > longest_phone:
        raise _rejected("phone", "no number is so long")


def _rejected(status: str, why: str) -> Rejected:
    return Rejected(why, system="crm", operation="keep_lead", status=status)

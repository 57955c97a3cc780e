"""What everything in the embedded CRM begins with: its transactions, and its noes."""

from __future__ import annotations

from middleware import embedded
from middleware.embedded import is_storable, next_number, storable
from middleware.errors import NotFound, Rejected

__all__ = ["Transactions", "demand_key", "is_storable", "next_number", "not_found", "rejected", "storable"]

_LONGEST_KEY = 255


class Transactions(embedded.Transactions):
    """Base of what reads and writes the CRM's tables."""

    system = "crm"


def demand_key(operation: str, key: str) -> None:
    """Refuses a key that can't be found again.

    Raises:
        Rejected: It is empty, too long, or no row can hold it.
    """
    if not 0 < len(key) <= _LONGEST_KEY or not is_storable(key):
        raise rejected(operation, "key", "no key that can be kept")


def not_found(operation: str) -> NotFound:
    """There is no such row."""
    return NotFound("No such row", system="crm", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """The CRM's no.

    Args:
        status: What is wrong, in a word.
        why: The reason for the log.
    """
    return Rejected(why, system="crm", operation=operation, status=status)

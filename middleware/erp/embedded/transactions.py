"""What everything in the embedded ERP begins with: its transactions, and its noes."""

from __future__ import annotations

from middleware import embedded
from middleware.embedded import is_storable, next_number, storable
from middleware.errors import NotFound, Rejected

__all__ = ["Transactions", "is_storable", "next_number", "not_found", "rejected", "storable"]


class Transactions(embedded.Transactions):
    """Base of what reads and writes the ERP's tables."""

    system = "erp"


def not_found(operation: str) -> NotFound:
    """There is no such row."""
    return NotFound("No such row", system="erp", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """The ERP's no.

    Args:
        status: The reason as the port names it.
        why: The reason for the log.
    """
    return Rejected(why, system="erp", operation=operation, status=status)

"""The port to the ERP: what the assistant needs from the system that sells, ships and invoices.

A connector implements it synchronously (the gateway brings the threads) and speaks only in our records and errors.
Phones come in as E.164, e-mails in lower case; ids go in and come out exactly as the system of record writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from middleware.records import Customer, Order


class Erp(Protocol):
    """An enterprise-resource-planning system.

    Every method may raise `Unavailable`, `Rejected` or `Malformed`.
    """

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number, or with a contact person who has it; each account once.

        Args:
            phone: E.164.
        """
        ...

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or with a contact person who has it; each account once."""
        ...

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        ...

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first, with lines and shipments."""
        ...

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it: the gateway judges that.

        Raises:
            NotFound: There is no such order.
        """
        ...

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order if, in the same step, it hasn't reached the packing floor.

        Args:
            version: The state of the order that the customer saw, as `order` gave it.
            key: The asker's own; the same one again changes nothing and gives the same order.

        Raises:
            Rejected: It has reached the packing floor, or is cancelled already.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been cancelled.
        """
        ...

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it; None if the ERP doesn't know the key."""
        ...

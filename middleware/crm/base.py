"""The port to the CRM: what the assistant needs from the system that knows people and their tickets.

A connector implements it synchronously (the vendors' libraries are synchronous; the gateway brings the threads)
and speaks only in our records and errors. Phones come in as E.164, e-mails in lower case; a connector knows the
forms in which its system stores them, and compares what comes back before it returns it.

A contact's `erp_number` comes from the field that `identity.erp_number_field` of assistant.yml names: of the person,
or, where that is empty, of the one account that they belong to. It is written as the ERP writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from middleware.records import Contact, Ticket


class Crm(Protocol):
    """A customer-relationship system.

    Every method may raise `Unavailable`, `Rejected` or `Malformed`.
    """

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number; several are never reduced to one.

        Args:
            phone: E.164.
        """
        ...

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address, whatever the letters' case."""
        ...

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's tickets that aren't closed, newest first, each with its newest public comment."""
        ...

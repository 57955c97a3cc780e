"""A CRM and an ERP in memory, behind the two ports: for tests, ours and yours, without database and network."""

from __future__ import annotations

from collections.abc import Sequence

from middleware.records import Contact, Ticket
from tests.fakes.erp import FakeErp
from tests.fakes.system import FakeSystem

__all__ = ["FakeCrm", "FakeErp"]


class FakeCrm(FakeSystem):
    """A CRM that knows these people and tickets.

    Args:
        contacts: Phones in E.164, e-mails in lower case.
        tickets: In any order.
    """

    def __init__(self, contacts: Sequence[Contact] = (), tickets: Sequence[Ticket] = ()) -> None:
        super().__init__()
        self.contacts = list(contacts)
        self.tickets = list(tickets)

    def contacts_by_phone(self, phone: str) -> Sequence[Contact]:
        """Finds every person reachable under a phone number."""
        return self._answer("contacts_by_phone", lambda: [one for one in self.contacts if one.phone == phone])

    def contacts_by_email(self, email: str) -> Sequence[Contact]:
        """Finds every person with this e-mail address."""
        return self._answer("contacts_by_email", lambda: [one for one in self.contacts if one.email == email])

    def open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        """Lists a person's open tickets, newest first."""
        return self._answer("open_tickets", lambda: self._open_tickets(contact_id))

    def _open_tickets(self, contact_id: str) -> Sequence[Ticket]:
        theirs = [one for one in self.tickets if one.contact_id == contact_id and one.is_open]
        return sorted(theirs, key=lambda ticket: ticket.opened_at, reverse=True)

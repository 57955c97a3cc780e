"""How to greet whoever comes in: by name and with their open ticket if we know them, plainly if not."""

from __future__ import annotations

from dataclasses import dataclass

from middleware.errors import FrontdeskError
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.records import Contact, Ticket
from middleware.settings import Operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Welcome:
    """What a greeting can be made of; both are None for a stranger."""

    contact: Contact | None = None
    ticket: Ticket | None = None


class Greeting:
    """Recognises the returning customer."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def welcome(self, who: Who) -> Welcome:
        """Looks up who is coming in; never fails: whatever goes wrong, a plain greeting is right.

        The name is known only where one person alone has what was proven.
        """
        crm = self._gateway.crm
        deadline = crm.deadline(Operation.GREETING)
        contact: Contact | None = None
        try:
            contact = await crm.account(who, Operation.GREETING, deadline)
            tickets = await crm.mine(
                who, Operation.GREETING, lambda port, account: port.open_tickets(account.id), deadline
            )
        except FrontdeskError:
            return Welcome(contact=contact)
        return Welcome(contact=contact, ticket=next(iter(tickets), None))

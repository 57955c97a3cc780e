"""How the customer's tickets stand."""

from __future__ import annotations

from collections.abc import Sequence

from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.records import Ticket
from middleware.settings import Operation


class Tickets:
    """Reads a customer's tickets."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def open(self, who: Who) -> Sequence[Ticket]:
        """Lists the customer's open tickets, newest first.

        Raises:
            NotAllowed: They aren't known, or can't be told apart.
            Unavailable: The CRM can't be asked now.
        """
        return await self._gateway.crm.mine(
            who, Operation.TICKET_STATUS, lambda crm, contact: crm.open_tickets(contact.id)
        )

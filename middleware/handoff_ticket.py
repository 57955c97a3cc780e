"""The ticket of a hand-over: opened in the CRM once, however long that is away, and told to whoever waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection, Row

from middleware.clock import Clock
from middleware.crm.base import Crm
from middleware.errors import Malformed, NotFound, Unavailable
from middleware.gateway import Gateway
from middleware.handoff_account import Account, HandoffAccounts, as_json, from_json
from middleware.handoff_description import Descriptions, subject
from middleware.handoff_records import Handoff
from middleware.handoff_rows import change, hold, record, row_of
from middleware.handoff_transcript import transcript_later
from middleware.history import BOT
from middleware.identity import Identity, Who
from middleware.jobs import Job
from middleware.messages import Messages
from middleware.ownership import WITH_AGENT
from middleware.records import Priority, Ticket, TicketDraft
from middleware.sentences import rendered
from middleware.settings import Operation, Settings
from middleware.store import Store
from middleware.watched_tickets import watch

TICKET = "ticket"
UNCLAIMED_FROM = 5  # attempts after which a ticket is opened though the CRM can't say whose it is


class HandoffTickets:
    """Opens tickets."""

    def __init__(
        self,
        gateway: Gateway,
        store: Store,
        messages: Messages,
        accounts: HandoffAccounts,
        identity: Identity,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._crm = gateway.crm
        self._store = store
        self._messages = messages
        self._accounts = accounts
        self._identity = identity
        self._descriptions = Descriptions(settings)
        self._every = timedelta(seconds=settings.crm.answers.every_seconds)
        self._clock = clock

    async def open(self, job: Job) -> None:
        """Opens a hand-over's ticket, has its transcript written, and tells the number to who was told without.

        Raises:
            Rejected: The CRM takes no such ticket.
            Unavailable, Unknown: It is to be tried again.
        """
        handoff_id = job.payload["handoff"]
        handoff = await self._store.read(lambda connection: record(row_of(connection, handoff_id)))
        if handoff.ticket is not None:
            return
        account = await self._account(handoff, job)
        draft = self._draft(handoff, account)
        who = Who(conversation_id=handoff.conversation_id, channel="", correlation_id=job.id)
        try:
            ticket = await self._crm.settle(
                who, Operation.HANDOFF, handoff_id, lambda crm: _opened(crm, draft, handoff_id)
            )
        except NotFound:  # the CRM has no such contact any more
            nobodys = self._draft(handoff, None)
            ticket = await self._crm.settle(
                who, Operation.HANDOFF, handoff_id, lambda crm: _opened(crm, nobodys, handoff_id)
            )
        await self._store.write(lambda connection: self._keep(connection, handoff, account, ticket))

    async def _account(self, handoff: Handoff, job: Job) -> Account | None:
        """The customer's account; read anew if it isn't known whose the ticket is, or if there was time to.

        Raises:
            Unavailable: It can't be told yet whose the ticket is.
        """
        account = from_json(handoff.account) if handoff.account else None
        if account is None or not account.unread or ("contact" not in account.unread and job.attempts == 1):
            return account
        who = await self._identity.standing(handoff.conversation_id, job.id, since=handoff.requested_at)
        account = await self._accounts.read(who) or account
        if "contact" in account.unread and job.attempts < UNCLAIMED_FROM:
            raise Unavailable("whose the ticket is can't be told yet", system="crm")
        return account

    def _draft(self, handoff: Handoff, account: Account | None) -> TicketDraft:
        return TicketDraft(
            subject=subject(handoff),
            description=self._descriptions.of(handoff, account),
            contact_id=account.contact.id if account and account.contact else None,
            channel=handoff.channel,
            priority=Priority.HIGH if handoff.is_urgent else Priority.NORMAL,
        )

    def _keep(self, connection: Connection, handoff: Handoff, account: Account | None, ticket: Ticket) -> None:
        """Writes the number down, once, and has the customer told what is written on the ticket."""
        hold(connection, handoff.conversation_id)
        row = row_of(connection, handoff.id)
        if row.ticket_number is not None:
            return
        found: dict[str, Any] = {}
        if account:
            found = {"account": as_json(account), "contact_id": account.contact.id if account.contact else None}
        change(connection, handoff.id, ticket_number=ticket.number, **found)
        transcript_later(connection, handoff.id, self._clock)
        watch(
            connection,
            ticket.number,
            handoff.conversation_id,
            ticket.owner,
            since=handoff.requested_at,
            now=self._clock(),
            every=self._every,
        )
        self._tell(connection, row_of(connection, handoff.id))

    def _tell(self, connection: Connection, row: Row) -> None:
        """Tells the number to a customer who was told without, unless the bot has to be silent."""
        if row.owes_number and row.state != WITH_AGENT:
            said = rendered("utter_ticket_number", row.channel, {"ticket": (row.ticket_number, "Ticket.number")})
            self._messages.write(connection, row.conversation_id, BOT, said)
            change(connection, row.id, owes_number=False)


def _opened(crm: Crm, draft: TicketDraft, key: str) -> Ticket:
    ticket = crm.open_ticket(draft, key)
    if not isinstance(ticket, Ticket) or not ticket.number:
        raise Malformed("no ticket", system="crm")
    return ticket

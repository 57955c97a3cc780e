"""What customers change about their tickets, each on their yes and once: a comment written, a ticket closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection

from middleware.clock import Clock
from middleware.crm.base import Crm
from middleware.errors import Malformed
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.records import CommentDraft, Contact, Ticket, TicketComment
from middleware.settings import Operation, Settings
from middleware.store import Store
from middleware.watched_tickets import watch


@dataclass(frozen=True, kw_only=True, slots=True)
class Commented:
    """A comment as it stands on a ticket. `owner` is the ticket's."""

    number: str
    owner: str
    comment: TicketComment


@dataclass(frozen=True, kw_only=True, slots=True)
class Comment:
    """A comment that is to be written on a customer's ticket, for everyone who sees the ticket.

    Attributes:
        number: The ticket's.
        author: The customer's name on file.
        owner: The ticket's owner.
    """

    number: str
    body: str
    author: str
    owner: str

    @property
    def object_id(self) -> str:
        """The ticket's number."""
        return self.number

    @property
    def parameters(self) -> dict[str, Any]:
        """What the customer said yes to."""
        return {"number": self.number, "body": self.body, "author": self.author, "owner": self.owner}

    @property
    def kind(self) -> type[Commented]:
        """What it gives."""
        return Commented

    def make(self, crm: Crm, key: str) -> Commented:
        """Writes the comment."""
        draft = CommentDraft(body=self.body, author=self.author, is_public=True)
        return Commented(number=self.number, owner=self.owner, comment=crm.comment_ticket(self.number, draft, key))

    def look_up(self, crm: Crm, key: str) -> Commented | None:
        """Leaves it to the CRM, which writes once for each key and then answers what it wrote."""
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Closing:
    """A ticket that is to be closed."""

    number: str

    @property
    def object_id(self) -> str:
        """The ticket's number."""
        return self.number

    @property
    def parameters(self) -> dict[str, Any]:
        """What the customer said yes to."""
        return {"number": self.number}

    @property
    def kind(self) -> type[Ticket]:
        """What it gives."""
        return Ticket

    def make(self, crm: Crm, key: str) -> Ticket:
        """Closes the ticket."""
        ticket = crm.close_ticket(self.number)
        if ticket.is_open:
            raise Malformed("a ticket that was closed is open", system="crm")
        return ticket

    def look_up(self, crm: Crm, key: str) -> Ticket | None:
        """Leaves it to the CRM, where a ticket that is closed stays as it is."""
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedComment:
    """A comment that the customer is asked a yes for."""

    ticket: Ticket
    key: str
    comment: Comment


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedClosing:
    """A closing that the customer is asked a yes for."""

    ticket: Ticket
    key: str


class TicketChanges:
    """Changes customers' tickets."""

    def __init__(self, gateway: Gateway, store: Store, settings: Settings, clock: Clock) -> None:
        self._crm = gateway.crm
        self._store = store
        self._every = timedelta(seconds=settings.crm.answers.every_seconds)
        self._clock = clock

    async def propose_comment(self, who: Who, number: str, body: str) -> ProposedComment | Ticket:
        """Keeps a comment for the customer's yes; of a ticket that is closed, gives the ticket instead.

        Raises:
            NotAllowed: They aren't known, or can't be told apart.
            NotFound: It is no ticket of theirs.
            Unavailable: The CRM can't be asked now.
        """
        ticket = await self._ticket(who, Operation.TICKET_COMMENT, number)
        if not ticket.is_open:
            return ticket
        contact = await self._crm.account(who, Operation.TICKET_COMMENT)
        comment = Comment(number=ticket.number, body=body, author=_name(contact), owner=ticket.owner)
        key = await self._crm.propose(who, Operation.TICKET_COMMENT, comment, ticket.owner)
        return ProposedComment(ticket=ticket, key=key, comment=comment)

    async def comment(self, who: Who, key: str, comment: Comment) -> Commented:
        """Writes a comment on the customer's yes, once, and has them told what is answered on the ticket.

        Raises:
            NotAllowed: As for `propose_comment`.
            Unavailable: It isn't written; a yes may be said again.
            Unknown: It may be written; another yes finds out.
        """
        now = self._clock()

        def work(connection: Connection) -> None:
            watch(
                connection,
                comment.number,
                who.conversation_id,
                comment.owner,
                since=now,
                now=now,
                every=self._every,
            )

        await self._store.write(work)  # before it is written, so that whatever happens then no answer is lost
        return await self._crm.change(who, Operation.TICKET_COMMENT, key, comment)

    async def propose_closing(self, who: Who, number: str) -> ProposedClosing | Ticket:
        """Keeps the closing of a ticket for the customer's yes; of one that is closed, gives the ticket instead.

        Raises:
            NotAllowed, NotFound, Unavailable: As for `propose_comment`.
        """
        ticket = await self._ticket(who, Operation.TICKET_CLOSE, number)
        if not ticket.is_open:
            return ticket
        closing = Closing(number=ticket.number)
        key = await self._crm.propose(who, Operation.TICKET_CLOSE, closing, ticket.owner)
        return ProposedClosing(ticket=ticket, key=key)

    async def close(self, who: Who, key: str, closing: Closing) -> Ticket:
        """Closes a ticket on the customer's yes.

        Raises:
            NotAllowed: As for `propose_closing`.
            Unavailable: It isn't closed; a yes may be said again.
            Unknown: It may be closed; another yes finds out.
        """
        return await self._crm.change(who, Operation.TICKET_CLOSE, key, closing)

    async def _ticket(self, who: Who, operation: Operation, number: str) -> Ticket:
        return await self._crm.one(who, operation, number, lambda crm: crm.ticket(number))


def _name(contact: Contact) -> str:
    """A customer's name as their comments show it."""
    return " ".join(filter(None, (contact.first_name, contact.last_name))) or contact.company or contact.id

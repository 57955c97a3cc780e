"""How the customer's tickets stand, and which of them is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from middleware.choice import AROUND, Candidate, Choice, choose, says_more, words
from middleware.clock import Clock
from middleware.crm.base import Crm
from middleware.errors import NotFound
from middleware.gateway import Gateway
from middleware.identity import Who
from middleware.read_out import in_digits
from middleware.records import Ticket
from middleware.settings import Operation, Settings

PREFIX = "T-"  # people write it or leave it away, whichever way the CRM has it
LONGEST_CHOICE = 8  # words; whoever says more doesn't just pick from a list
FILLED_UP = 8  # digits: some CRMs have "00001042", and nobody types the zeros
SHORTEST_NUMBER = 3  # digits; "2" is a place in a list

NAMED = re.compile(
    r"\b(t[- ]?\d{2,})\b|\b(?:tickets?|cases?|complaint|claim|issue)\W{1,3}(?:(?:number|no|nr)\b\W{1,3})?(\d{2,})\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+")
HYPHENATED = re.compile(r"\w+(?:-\w+)+")
# What stands beside the words that pick a ticket.
BESIDE = re.compile(r"\b(?:tickets?|cases?|about|with|my|it's|its)\b", re.IGNORECASE)
NEVER_A_SUBJECT = AROUND | {"not", "too", "was", "has", "and", "but", "don't", "doesn't", "doesnt", "isn't"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """The tickets that the customer's words mean.

    Attributes:
        tickets: Newest first; one if it is clear, several to choose from, none if they have no open one.
        named: Whether the words named one, by its number, its subject or a day.
    """

    tickets: tuple[Ticket, ...]
    named: bool


class Tickets:
    """Reads a customer's tickets."""

    def __init__(self, gateway: Gateway, settings: Settings, clock: Clock) -> None:
        self._gateway = gateway
        self._settings = settings
        self._clock = clock

    async def open(self, who: Who) -> Sequence[Ticket]:
        """Lists the customer's open tickets, newest first.

        Raises:
            NotAllowed: They aren't known, or can't be told apart.
            Unavailable: The CRM can't be asked now.
        """
        return await self._gateway.crm.mine(
            who, Operation.TICKET_STATUS, lambda crm, contact: crm.open_tickets(contact.id)
        )

    async def meant(
        self,
        who: Who,
        text: str,
        *,
        number: str | None = None,
        thing: str | None = None,
        offered: Sequence[str] = (),
        spoken_of: str | None = None,
        by_days: bool = True,
    ) -> Meant:
        """Finds the tickets that a customer's words mean: open ones, or a closed one that they name.

        Args:
            text: The words that may say which.
            number: A ticket's number that was found in them, however it is written.
            thing: A thing that was found in them.
            offered: Numbers in the order in which the tickets were last listed to the customer.
            spoken_of: The number of the ticket that is spoken of, for words that name none.
            by_days: Whether a day in the words picks a ticket.

        Raises:
            NotFound: The number is of no ticket of theirs.
            NotAllowed: They aren't known, or can't be told apart.
            Unavailable: The CRM can't be asked now.
        """
        tickets = await self.open(who)
        wanted = number or number_in(text)
        if wanted is not None:
            return Meant(tickets=(await self._numbered(who, wanted, tickets),), named=True)
        chosen = self._chosen(text, tickets, offered, by_days=by_days)
        if not chosen.named and thing is not None:
            chosen = self._chosen(text, await self._closed(who), (), by_days=False)
        if chosen.named:
            return chosen
        if spoken_of is not None:
            return Meant(tickets=(await self._numbered(who, spoken_of, tickets),), named=False)
        return Meant(tickets=tuple(tickets), named=False)

    async def is_choice(self, who: Who, text: str, offered: Sequence[str]) -> bool:
        """Tells whether the words name some of the customer's open tickets, and nothing else.

        Raises:
            NotAllowed: As for `meant`.
            Unavailable: As for `meant`.
        """
        said = words(text)
        if not set(said) - AROUND or len(said) > LONGEST_CHOICE:
            return False
        tickets = await self.open(who)
        chosen = self._chosen(text, tickets, offered, by_days=True)
        beside = BESIDE.sub(" ", text)
        candidates = [self._candidate(ticket) for ticket in tickets]
        return chosen.named and not says_more(beside, candidates, self._settings.company.locale)

    def _chosen(self, text: str, tickets: Sequence[Ticket], offered: Sequence[str], *, by_days: bool) -> Meant:
        """Those of some tickets that words name; all, if they name none."""
        numbers = {one for one in NUMBER.findall(in_digits(text)) if len(one) >= SHORTEST_NUMBER}
        by_number = tuple(ticket for ticket in tickets if _digits(ticket.number) in numbers)
        if by_number:
            return Meant(tickets=by_number, named=True)
        choice = self._choice(text, [self._candidate(ticket) for ticket in tickets], offered, by_days=by_days)
        chosen = tuple(ticket for ticket in tickets if ticket.number in choice.keys)
        return Meant(tickets=chosen, named=choice.named and bool(chosen))

    def _choice(self, text: str, candidates: Sequence[Candidate], offered: Sequence[str], *, by_days: bool) -> Choice:
        today = self._clock().astimezone(self._settings.zone).date() if by_days else None
        return choose(text, candidates, today=today, locale=self._settings.company.locale, offered=offered)

    async def _closed(self, who: Who) -> Sequence[Ticket]:
        """The customer's tickets that were opened lately and are closed."""
        since = self._clock() - timedelta(days=self._settings.orders.look_back_days)
        tickets = await self._gateway.crm.mine(
            who, Operation.TICKET_STATUS, lambda crm, contact: crm.tickets_since(contact.id, since)
        )
        return [ticket for ticket in tickets if not ticket.is_open]

    async def _numbered(self, who: Who, number: str, tickets: Sequence[Ticket]) -> Ticket:
        """One of their open tickets, or a closed one, by its number."""
        mine = next((ticket for ticket in tickets if _digits(ticket.number) == _digits(number)), None)
        if mine is not None:
            return mine
        forms = _forms(number)
        return await self._gateway.crm.one(who, Operation.TICKET_STATUS, forms[0], lambda crm: _first(crm, forms))

    def _candidate(self, ticket: Ticket) -> Candidate:
        moments = (ticket.opened_at, *([ticket.last_comment.written_at] if ticket.last_comment else ()))
        days: tuple[date, ...] = tuple(moment.astimezone(self._settings.zone).date() for moment in moments)
        joined = (one.replace("-", "") for one in HYPHENATED.findall(ticket.subject))  # "wifi" is the "Wi-Fi"
        subject = frozenset(words(" ".join((ticket.subject, *joined)))) - NEVER_A_SUBJECT
        return Candidate(key=ticket.number, items=(subject,), days=days)


def number_in(text: str) -> str | None:
    """A ticket's number that words name as one: "T-1042", "ticket no. 1042"."""
    match = NAMED.search(text)
    return (match[1] or match[2]) if match else None


def _digits(number: str) -> str:
    """What people keep of a number: "T-1042", "#1042" and "one zero four two" are one."""
    return "".join(NUMBER.findall(in_digits(number))).lstrip("0")


def _forms(number: str) -> list[str]:
    """A number in the ways in which the CRM may know it."""
    typed = in_digits(number).replace(" ", "").lstrip("#").upper()
    digits = "".join(NUMBER.findall(typed))
    return list(dict.fromkeys((PREFIX + digits, typed, digits, digits.zfill(FILLED_UP)) if digits else (typed,)))


def _first(crm: Crm, forms: Sequence[str]) -> Ticket:
    """The ticket with a number in the first of its forms that the CRM knows."""
    for form in forms[:-1]:
        try:
            return crm.ticket(form)
        except NotFound:
            continue
    return crm.ticket(forms[-1])

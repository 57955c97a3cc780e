"""What the company's people see of a customer when they take over: read in parallel, in a short time, and not guessed.

Each part stands for itself: what couldn't be read is named, and the rest is there all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from middleware.clock import Clock
from middleware.deadline import Deadline
from middleware.decoding import converted
from middleware.errors import FrontdeskError, NotAllowed, Reason
from middleware.gateway import Gateway
from middleware.holds import Holds
from middleware.identity import Who
from middleware.records import Contact, Customer, Hold, Invoice, Order, Return, Ticket
from middleware.settings import Operation, Settings

RECENT_INVOICES = 3
LOOK_BACK = timedelta(days=365)  # for invoices, returns and tickets
MOST_TICKETS = 10

SEVERAL = (Reason.AMBIGUOUS, Reason.WHICH_ACCOUNT)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A customer as the company's systems know them at one moment.

    Attributes:
        contact: Whom the CRM knows; None if nobody, or if it is unread or unclear.
        customer: The same for the ERP.
        orders: Those that are open, newest first.
        invoices: The newest few.
        holds: What is put aside for them.
        tickets: Open and closed ones, newest first.
        unread: The parts that couldn't be read, by the names that they have here.
        unclear: Those of `contact` and `customer` that may be several.
    """

    read_at: datetime
    contact: Contact | None = None
    customer: Customer | None = None
    orders: tuple[Order, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    returns: tuple[Return, ...] = ()
    holds: tuple[Hold, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    unread: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the customer is called; empty if nobody knows."""
        if self.contact:
            return f"{self.contact.first_name} {self.contact.last_name}".strip()
        return (self.customer.contact_name or self.customer.name) if self.customer else ""


def as_json(account: Account) -> dict[str, Any]:
    """An account as it is stored: the names are those of the records, moments in ISO 8601, amounts as text."""
    stored: dict[str, Any] = msgspec.to_builtins(account)
    return stored


def from_json(stored: Mapping[str, Any]) -> Account:
    """The account that `as_json` made this of."""
    return converted(stored, Account)


@dataclass
class _Reading:
    """What is being read, and what couldn't be."""

    unread: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    async def part(self, name: str, work: Awaitable[T]) -> T | None:
        """Reads a part; None if there is nothing of it, or if it can't be read or told."""
        try:
            return await work
        except NotAllowed as error:
            if error.reason in SEVERAL and name in ("contact", "customer"):
                self.unclear.append(name)
        except FrontdeskError:
            self.unread.append(name)
        return None


class HandoffAccounts:
    """Reads customers' accounts for the company's people."""

    def __init__(self, gateway: Gateway, holds: Holds, settings: Settings, clock: Clock) -> None:
        self._gateway = gateway
        self._holds = holds
        self._settings = settings
        self._clock = clock

    async def read(self, who: Who) -> Account | None:
        """Reads everything about somebody, as far as it can be had in the time that the settings give it.

        Returns:
            None for a stranger: somebody who isn't proven enough.
        """
        if not who.level or who.level < self._settings.operations[Operation.HANDOFF_ACCOUNT].needs:
            return None
        limit = Deadline(self._settings.handoff.account_seconds)
        now = self._clock()
        reading = _Reading()
        contact, (customer, holds), orders, invoices, returns, tickets = await asyncio.gather(
            reading.part("contact", self._gateway.crm.account(who, Operation.HANDOFF_ACCOUNT, limit)),
            self._customer(reading, who, limit),
            reading.part("orders", self._orders(who, now, limit)),
            reading.part("invoices", self._invoices(who, now, limit)),
            reading.part("returns", self._returns(who, now, limit)),
            reading.part("tickets", self._tickets(who, now, limit)),
        )
        return Account(
            read_at=now,
            contact=contact,
            customer=customer,
            orders=tuple(orders or ()),
            invoices=tuple(invoices or ())[:RECENT_INVOICES],
            returns=tuple(returns or ()),
            holds=tuple(holds or ()),
            tickets=tuple(tickets or ())[:MOST_TICKETS],
            unread=tuple(sorted(reading.unread)),
            unclear=tuple(sorted(reading.unclear)),
        )

    async def _customer(
        self, reading: _Reading, who: Who, limit: Deadline
    ) -> tuple[Customer | None, Sequence[Hold] | None]:
        """The ERP's account, and what our own ledger has for it."""
        erp = self._gateway.erp
        customer = await reading.part("customer", erp.account(who, Operation.HANDOFF_ACCOUNT, limit))
        if customer is None:
            return None, None
        return customer, await reading.part("holds", self._holds.of_account(customer.number))

    async def _orders(self, who: Who, now: datetime, limit: Deadline) -> Sequence[Order]:
        since = now - timedelta(days=self._settings.orders.look_back_days)
        return await self._gateway.erp.mine(
            who,
            Operation.HANDOFF_ACCOUNT,
            lambda erp, customer: [one for one in erp.orders_since(customer.number, since) if one.status.is_open],
            limit,
        )

    async def _invoices(self, who: Who, now: datetime, limit: Deadline) -> Sequence[Invoice]:
        today = now.astimezone(self._settings.zone).date()
        return await self._gateway.erp.mine(
            who,
            Operation.HANDOFF_ACCOUNT,
            lambda erp, customer: erp.invoices_between(customer.number, today - LOOK_BACK, today),
            limit,
        )

    async def _returns(self, who: Who, now: datetime, limit: Deadline) -> Sequence[Return]:
        return await self._gateway.erp.mine(
            who,
            Operation.HANDOFF_ACCOUNT,
            lambda erp, customer: erp.returns_since(customer.number, now - LOOK_BACK),
            limit,
        )

    async def _tickets(self, who: Who, now: datetime, limit: Deadline) -> Sequence[Ticket]:
        return await self._gateway.crm.mine(
            who,
            Operation.HANDOFF_ACCOUNT,
            lambda crm, contact: crm.tickets_since(contact.id, now - LOOK_BACK),
            limit,
        )

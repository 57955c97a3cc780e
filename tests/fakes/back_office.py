"""A CRM and an ERP in memory, behind the two ports: for tests, ours and yours, without database and network."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from middleware.errors import Conflict, NotFound, Rejected
from middleware.records import Contact, Customer, Order, OrderStatus, Ticket

T = TypeVar("T")


class FakeSystem:
    """What the fakes of all systems can be told, and what they count.

    Attributes:
        calls: How often each method of the port was called.
        ended: How many calls have come to their end, answered or not.
    """

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.ended = 0
        self._seconds = 0.0
        self._hanging = ""
        self._error: Exception | None = None
        self._error_is_late = False
        self._failing = ""
        self._nonsense: tuple[Any, ...] = ()
        self._woken = threading.Event()

    def hang(self, seconds: float, only: str = "") -> None:
        """Lets every call from now on, or the calls of one method, take this long before they are answered."""
        self._seconds, self._hanging = seconds, only
        self._woken = threading.Event()

    def fail(self, error: Exception, late: bool = False, only: str = "") -> None:
        """Lets every call from now on raise this.

        Args:
            late: After it did what it was asked, as if the answer was lost.
            only: The one method that fails.
        """
        self._error, self._error_is_late, self._failing = error, late, only

    def talk_nonsense(self, answer: Any) -> None:
        """Lets every call from now on answer this, whatever was asked."""
        self._nonsense = (answer,)

    def recover(self) -> None:
        """Answers normally again, the calls that hang included."""
        self._seconds, self._error, self._nonsense = 0.0, None, ()
        self._woken.set()

    def _answer(self, method: str, honestly: Callable[[], T]) -> T:
        self.calls[method] += 1
        try:
            if self._seconds and self._hanging in ("", method):
                self._woken.wait(self._seconds)
            error = self._error if self._failing in ("", method) else None
            if error is not None and not self._error_is_late:
                raise error
            if self._nonsense:
                nonsense: T = self._nonsense[0]
                return nonsense
            answer = honestly()
            if error is not None:
                raise error
            return answer
        finally:
            self.ended += 1


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


class FakeErp(FakeSystem):
    """An ERP that knows these accounts and orders.

    Args:
        customers: Phones in E.164, e-mails in lower case.
        orders: In any order.

    Attributes:
        changes: Number and key of every change that was made, in order.
    """

    def __init__(self, customers: Sequence[Customer] = (), orders: Sequence[Order] = ()) -> None:
        super().__init__()
        self.customers = list(customers)
        self.orders = list(orders)
        self.changes: list[tuple[str, str]] = []

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number."""
        return self._answer("customers_by_phone", lambda: [one for one in self.customers if one.phone == phone])

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address."""
        return self._answer("customers_by_email", lambda: [one for one in self.customers if one.email == email])

    def customer(self, number: str) -> Customer:
        """Reads one account."""
        return self._answer("customer", lambda: _one(self.customers, number))

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first."""
        return self._answer("orders_since", lambda: self._orders_since(customer_number, since))

    def order(self, number: str) -> Order:
        """Reads one order, whoever owns it."""
        return self._answer("order", lambda: _one(self.orders, number))

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order that hasn't reached the packing floor, once per key."""
        return self._answer("cancel_order", lambda: self._cancel_order(number, version, key))

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it."""
        return self._answer(
            "order_changed_by", lambda: _one(self.orders, number) if (number, key) in self.changes else None
        )

    def _cancel_order(self, number: str, version: str, key: str) -> Order:
        order = _one(self.orders, number)
        if (number, key) in self.changes:
            return order
        if order.version != version:
            raise Conflict("it changed meanwhile", system="erp")
        if not order.is_before_packing:
            raise Rejected("it has reached the packing floor", system="erp")
        cancelled = replace(order, status=OrderStatus.CANCELLED, version=version + "'")
        self.orders[self.orders.index(order)] = cancelled
        self.changes.append((number, key))
        return cancelled

    def _orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        theirs = [one for one in self.orders if one.customer_number == customer_number and one.placed_at >= since]
        return sorted(theirs, key=lambda order: order.placed_at, reverse=True)


Numbered = TypeVar("Numbered", Customer, Order)


def _one(records: Sequence[Numbered], number: str) -> Numbered:
    for record in records:
        if record.number == number:
            return record
    raise NotFound("there is none", system="erp")

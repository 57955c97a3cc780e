"""What a hand-over's ticket says: why, what was wanted, tried and failed, and the customer as the systems know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from middleware import handoff_words
from middleware.handoff_account import Account
from middleware.handoff_records import Handoff, Reason
from middleware.records import Contact, Customer, Hold, Invoice, Order, OrderLine, Return, ReturnLine, Ticket
from middleware.settings import Settings

LONGEST = 32_000  # characters
MOST_LISTED = 20
PARTS = {
    "contact": "the customer in the CRM",
    "customer": "the customer in the ERP",
    "orders": "the open orders",
    "invoices": "the invoices",
    "returns": "the returns",
    "holds": "what is on hold",
    "tickets": "the earlier tickets",
}
SYSTEMS = {"contact": "CRM", "customer": "ERP"}

T = TypeVar("T")


def subject(handoff: Handoff) -> str:
    """What the ticket is about, in a few words that can be said to the customer too: "return, order 10023"."""
    meant = [one for one in handoff.understood if one["intent"] in handoff_words.SUBJECTS]
    if not meant:
        return handoff_words.COMPLAINT if handoff.reason is Reason.COMPLAINT else handoff_words.CONVERSATION
    about = handoff_words.SUBJECTS[meant[-1]["intent"]]
    number = meant[-1]["entities"].get("order_number", "")
    return f"{about}, order {number}" if number.isalnum() else about


class Descriptions:
    """Writes what a ticket says.

    Args:
        settings: For the company's zone, and its way of writing.
    """

    def __init__(self, settings: Settings) -> None:
        self._zone = settings.zone
        self._locale = settings.company.locale

    def of(self, handoff: Handoff, account: Account | None) -> str:
        """The description, never longer than a ticket may hold."""
        parts = [self._head(handoff), *self._summary(handoff), *self._account(account)]
        told = "\n\n".join("\n".join(part) for part in parts)
        return told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"

    def _head(self, handoff: Handoff) -> list[str]:
        reason = handoff_words.REASONS[handoff.reason]
        head = [f"{reason}: {handoff.note}" if handoff.note else f"{reason}."]
        head.append(f"Asked for on {self._moment(handoff.requested_at)}, on the channel {handoff.channel}.")
        if handoff.is_urgent:
            head.append("It is urgent.")
        if handoff.reach:
            head.append(f"Where they want to be reached: {handoff.reach}")
        return head

    def _summary(self, handoff: Handoff) -> Iterator[list[str]]:
        for name, title in (("failed", "What failed"), ("wanted", "What was wanted"), ("tried", "What was tried")):
            if handoff.summary.get(name):
                yield _listed(title, handoff.summary[name], str)

    def _account(self, account: Account | None) -> Iterator[list[str]]:
        if account is None:
            yield ["Who the customer is wasn't proven."]
            return
        yield [f"As the systems had it on {self._moment(account.read_at)}", *self._who(account)]
        yield _listed("Open orders", account.orders, self._order)
        yield _listed("Recent invoices", account.invoices, self._invoice)
        yield _listed("Earlier tickets", account.tickets, self._ticket)
        if account.returns:
            yield _listed("Returns", account.returns, self._return)
        if account.holds:
            yield _listed("On hold", account.holds, self._hold)
        if account.unread:
            yield _listed("Couldn't be read", account.unread, PARTS.__getitem__)

    def _who(self, account: Account) -> Iterator[str]:
        for part, found in (("contact", account.contact), ("customer", account.customer)):
            if part in account.unclear:
                yield f"- In the {SYSTEMS[part]}: several fit what was proven."
            elif found is not None:
                yield f"- In the {SYSTEMS[part]}: {_person(found)}"
            elif part not in account.unread:
                yield f"- In the {SYSTEMS[part]}: nobody."

    def _order(self, order: Order) -> str:
        items = self._items(order.lines)
        due = f", expected on {self._day(order.expected_on)}" if order.expected_on else ""
        status = order.status.value.replace("_", " ")
        return f"{order.number} of {self._day(order.placed_at)}, {status}{due}: {items}"

    def _invoice(self, invoice: Invoice) -> str:
        paid = f"paid on {self._day(invoice.paid_on)}" if invoice.paid_on else self._owed(invoice)
        gross = self._money(invoice.gross, invoice.currency)
        return f"{invoice.number} of {self._day(invoice.issued_on)} over {gross}, {paid}"

    def _owed(self, invoice: Invoice) -> str:
        return f"{self._money(invoice.due, invoice.currency)} to be paid by {self._day(invoice.due_on)}"

    def _ticket(self, ticket: Ticket) -> str:
        state = "open" if ticket.is_open else "closed"
        return f"{ticket.number} of {self._day(ticket.opened_at)}, {state}: {ticket.subject}"

    def _return(self, one: Return) -> str:
        return f"{one.number} of order {one.order_number}, {one.status.value}: {self._items(one.lines)}"

    def _hold(self, hold: Hold) -> str:
        quantity = format_decimal(hold.quantity, locale=self._locale)
        return f"{hold.reference}: {quantity} × {hold.name} ({hold.sku}), until {self._moment(hold.until)}"

    def _items(self, lines: Sequence[OrderLine | ReturnLine]) -> str:
        """What is in an order, or comes back: "2 × alpine jacket (blue, M), 1 × head lamp"."""
        return ", ".join(
            f"{format_decimal(line.quantity, locale=self._locale)} × {line.name or line.sku}"
            + (f" ({', '.join(line.options.values())})" if line.options else "")
            for line in lines
        )

    def _moment(self, at: datetime) -> str:
        return str(format_datetime(at.astimezone(self._zone), "d MMMM y, HH:mm", locale=self._locale))

    def _day(self, when: date | datetime) -> str:
        day = when.astimezone(self._zone).date() if isinstance(when, datetime) else when
        return str(format_date(day, "d MMMM y", locale=self._locale))

    def _money(self, amount: Decimal, currency: str) -> str:
        return str(format_currency(amount, currency, locale=self._locale))


def _listed(title: str, things: Sequence[T], told: Callable[[T], str]) -> list[str]:
    """A title with a line for each thing; of very many, the first."""
    lines = [f"- {told(one)}" for one in things[:MOST_LISTED]]
    more = len(things) - len(lines)
    return [f"{title}:", *lines, *([f"- and {more} more"] if more else []), *([] if things else ["- none"])]


def _person(one: Contact | Customer) -> str:
    """Somebody with everything by which they can be found and reached."""
    if isinstance(one, Contact):
        name = f"{one.first_name} {one.last_name}".strip()
        executive = f"looked after by {one.executive.name}" if one.executive else ""
        parts: Iterable[str | None] = (name, one.id, one.company, one.segment, one.email, one.phone, executive)
    else:
        parts = (one.name, one.number, one.contact_name, one.email, one.phone)
    return ", ".join(part for part in parts if part)

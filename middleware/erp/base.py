"""The port to the ERP: what the assistant needs from the system that sells, ships and invoices.

A connector implements it synchronously (the gateway brings the threads) and speaks only in our records and errors.
Phones come in as E.164, e-mails in lower case; ids go in and come out exactly as the system of record writes them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from middleware.records import (
    Customer,
    Invoice,
    Order,
    OrderChange,
    Reservation,
    Return,
    ReturnReason,
    StockLevel,
    Variant,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What not every ERP can; customers are told the truth about it.

    Attributes:
        holds: Whether the ERP itself keeps reserved units from everybody else (`native`), or only our own ledger knows
            of them (`ledger`): then somebody who orders elsewhere may be quicker.
        warehouse_stock: Whether it tells what lies in which warehouse, or one total.
        receipts: Whether it tells what is to come in.
        order_times: Whether it tells at what time an order was placed, or only on which day.
        picking: Whether it tells that an order is being picked, or only that it is in until it is packed.
        tracking: Whether it knows carriers and tracking numbers.
        deliveries: Whether it tells when a parcel arrived, or only when it was sent.
        contacts: Whether it tells who acts for a company, or knows accounts alone.
        return_days: Whether it tells of every return until when it must be sent, when it came in and when it was paid.
        payment_days: Whether it tells on which day an invoice was paid, or only that nothing of it is left to pay.
    """

    holds: Literal["native", "ledger"] = "native"
    warehouse_stock: bool = True
    receipts: bool = True
    order_times: bool = True
    picking: bool = True
    tracking: bool = True
    deliveries: bool = True
    contacts: bool = True
    return_days: bool = True
    payment_days: bool = True


class Erp(Protocol):
    """An enterprise-resource-planning system.

    Every method may raise `Unavailable`, `Rejected` or `Malformed`.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can do, and what it can't."""
        ...

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number, or with a contact person who has it; each account once.

        Args:
            phone: E.164.
        """
        ...

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or with a contact person who has it; each account once."""
        ...

    def customer(self, number: str) -> Customer:
        """Reads one account.

        Raises:
            NotFound: There is no such account.
        """
        ...

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first, with lines and shipments."""
        ...

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it: the gateway judges that.

        Raises:
            NotFound: There is no such order.
        """
        ...

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order if, in the same step, it hasn't reached the packing floor.

        Args:
            version: The state of the order that the customer saw, as `order` gave it.
            key: The asker's own; the same one again changes nothing and gives the same order.

        Raises:
            Rejected: It has reached the packing floor, or is cancelled already.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been cancelled.
        """
        ...

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it; None if the ERP doesn't know the key."""
        ...

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes one line of an order, or its address, if, in the same step, it hasn't reached the packing floor.

        Another variant, or more of the same, is taken from what is free in that very step.

        Args:
            version: The state of the order that the customer saw, as `order` gave it.
            key: The asker's own; the same one again changes nothing and gives the same order.

        Raises:
            Rejected: It has reached the packing floor, is cancelled already, has no such line, the article is no
                variant of the line's product, too few are free, or there can be no such quantity or address. `status`
                says which: `packed`, `line`, `variant`, `stock`, `quantity` or `address`.
            Conflict: It is in another state than `version`.
            NotFound: There is no such order.
            Unavailable: Nothing was changed.
            Unknown: It may have been changed.
        """
        ...

    def variants_by_sku(self, sku: str) -> Sequence[Variant]:
        """Finds the articles whose SKU has the same letters and digits, whatever the case, hyphens and spaces."""
        ...

    def variants_by_words(self, words: Collection[str]) -> Sequence[Variant]:
        """Finds articles whose name, options or SKU hold one of the words, those with most of them first.

        Args:
            words: Lower case, without plural endings; what holds only a part of a word doesn't count against it.
        """
        ...

    def variants_of(self, product_id: str) -> Sequence[Variant]:
        """Lists all variants of a product, in the ERP's order."""
        ...

    def stock(self, sku: str) -> Sequence[StockLevel]:
        """Tells what of an article lies in each warehouse that keeps it; nothing if there is no such article."""
        ...

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Takes units from what others can have, all of them or none.

        Args:
            parts: Units by warehouse id.
            key: The asker's own; the same one again changes nothing and gives the same reservation.

        Raises:
            Rejected: Fewer are free, there can be no such quantity, or there is no such account. `status` says which:
                `stock`, `quantity` or `customer`.
            Unavailable: Nothing was reserved.
            Unknown: It may have been reserved.
        """
        ...

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back; those of a reservation that is released already are not given back again.

        Raises:
            NotFound: There is no such reservation.
            Unavailable: Nothing was released.
            Unknown: It may have been released.
        """
        ...

    def reservation_made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key; None if the ERP doesn't know the key."""
        ...

    def returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced at or after a moment, newest first."""
        ...

    def create_return(
        self,
        order_number: str,
        quantities: Mapping[str, Decimal],
        *,
        reason: ReturnReason,
        words: str,
        return_by: date,
        key: str,
    ) -> Return:
        """Announces that something of an order comes back.

        Args:
            quantities: Units by order line id.
            words: The reason as the customer said it; may be empty.
            return_by: The last day on which the parcel may be sent.
            key: The asker's own; the same one again changes nothing and gives the same return.

        Raises:
            Rejected: There is no such line, or so many of it weren't delivered, or are returned already. `status` says
                which: `line` or `quantity`.
            NotFound: There is no such order.
            Unavailable: Nothing was announced.
            Unknown: It may have been announced.
        """
        ...

    def return_made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key; None if the ERP doesn't know the key."""
        ...

    def invoices_between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        ...

    def unpaid_invoices(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        ...

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it: the gateway judges that.

        Raises:
            NotFound: There is no such invoice.
        """
        ...

    def invoice_pdf(self, number: str) -> bytes | None:
        """The ERP's own PDF of an invoice; None where the ERP draws none."""
        ...

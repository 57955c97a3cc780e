"""An ERP in memory: it sells, keeps stock, takes returns and sends invoices as the port says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import TypeVar

from middleware.clock import Clock, system_clock
from middleware.erp.base import Capabilities
from middleware.errors import Conflict, NotFound, Rejected
from middleware.records import (
    Customer,
    Invoice,
    Money,
    Order,
    OrderChange,
    OrderLine,
    OrderStatus,
    Reservation,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnStatus,
    StockLevel,
    Variant,
)
from tests.fakes.system import FakeSystem


class FakeErp(FakeSystem):
    """An ERP that knows these accounts and what is theirs.

    Args:
        customers: Phones in E.164, e-mails in lower case.
        orders: In any order.
        variants: The articles that can be sold.
        levels: What of them lies where.
        returns: In any order.
        invoices: In any order.

    Attributes:
        changes: Number and key of every change that was made to an order, in the order of time.
        reservations: All that were made, in the order of time.
        made: The id of each reservation, and the number of each return, by the key that it was made with.
        pdfs: By the number of the invoice; none unless a test puts one in.
        clock: What time it is to this ERP.
    """

    capabilities = Capabilities()

    def __init__(
        self,
        customers: Sequence[Customer] = (),
        orders: Sequence[Order] = (),
        *,
        variants: Sequence[Variant] = (),
        levels: Sequence[StockLevel] = (),
        returns: Sequence[Return] = (),
        invoices: Sequence[Invoice] = (),
    ) -> None:
        super().__init__()
        self.customers = list(customers)
        self.orders = list(orders)
        self.variants = list(variants)
        self.levels = list(levels)
        self.returns = list(returns)
        self.invoices = list(invoices)
        self.reservations: list[Reservation] = []
        self.changes: list[tuple[str, str]] = []
        self.made: dict[str, str] = {}
        self.pdfs: dict[str, bytes] = {}
        self.clock: Clock = system_clock
        self._one_at_a_time = threading.Lock()

    # Accounts

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number."""
        return self._answer("customers_by_phone", lambda: [one for one in self.customers if one.phone == phone])

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address."""
        return self._answer("customers_by_email", lambda: [one for one in self.customers if one.email == email])

    def customer(self, number: str) -> Customer:
        """Reads one account."""
        return self._answer("customer", lambda: _one(self.customers, number))

    # Orders

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first."""
        return self._answer("orders_since", lambda: self._orders_since(customer_number, since))

    def order(self, number: str) -> Order:
        """Reads one order, whoever owns it."""
        return self._answer("order", lambda: _one(self.orders, number))

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order that hasn't reached the packing floor, once per key."""
        return self._answer("cancel_order", lambda: self._change(number, version, key, _cancelled))

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes an order that hasn't reached the packing floor, once per key."""
        return self._answer(
            "change_order", lambda: self._change(number, version, key, lambda order: self._changed(order, change))
        )

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it."""
        return self._answer(
            "order_changed_by", lambda: _one(self.orders, number) if (number, key) in self.changes else None
        )

    def _orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        theirs = [one for one in self.orders if one.customer_number == customer_number and one.placed_at >= since]
        return sorted(theirs, key=lambda order: order.placed_at, reverse=True)

    def _change(self, number: str, version: str, key: str, change: Callable[[Order], Order]) -> Order:
        with self._one_at_a_time:
            order = _one(self.orders, number)
            if (number, key) in self.changes:
                return order
            if order.version != version:
                raise Conflict("it changed meanwhile", system="erp")
            if not order.is_before_packing:
                raise _rejected("packed")
            changed = replace(change(order), version=version + "'")
            self.orders[self.orders.index(order)] = changed
            self.changes.append((number, key))
            return changed

    def _changed(self, order: Order, change: OrderChange) -> Order:
        if change.address is not None:
            order = replace(order, address=change.address)
        return order if change.line is None else self._with_other_line(order, change)

    def _with_other_line(self, order: Order, change: OrderChange) -> Order:
        lines = [one for one in order.lines if one.id == change.line and one.status is not OrderStatus.CANCELLED]
        if not lines:
            raise _rejected("line")
        line = lines[0]
        sku = line.sku if change.sku is None else change.sku
        quantity = line.quantity if change.quantity is None else change.quantity
        if not _is_whole(quantity):
            raise _rejected("quantity")
        other = line if sku == line.sku else self._as_variant(line, sku)
        kept = min(line.quantity, quantity) if sku == line.sku else Decimal(0)
        self._take(sku, quantity - kept)
        self._put_back(line.sku, line.quantity - kept)
        other = replace(other, quantity=quantity) if quantity else replace(line, status=OrderStatus.CANCELLED)
        order = replace(order, lines=tuple(other if one is line else one for one in order.lines))
        gone = all(one.status is OrderStatus.CANCELLED for one in order.lines)
        return _cancelled(order) if gone else order

    def _as_variant(self, line: OrderLine, sku: str) -> OrderLine:
        by_sku = {one.sku: one for one in self.variants}
        old, new = by_sku.get(line.sku), by_sku.get(sku)
        if old is None or new is None or old.product_id != new.product_id:
            raise _rejected("variant")
        return replace(line, sku=sku, name=new.name, options=new.options, category=new.category, price=new.price)

    # Stock

    def variants_by_sku(self, sku: str) -> Sequence[Variant]:
        """Finds the articles whose SKU has the same letters and digits."""
        wanted = _squeezed(sku)
        return self._answer(
            "variants_by_sku", lambda: [one for one in self.variants if _squeezed(one.sku) == wanted != ""]
        )

    def variants_by_words(self, words: Collection[str]) -> Sequence[Variant]:
        """Finds articles that hold one of the words, those with most of them first."""
        return self._answer("variants_by_words", lambda: self._variants_by_words(words))

    def variants_of(self, product_id: str) -> Sequence[Variant]:
        """Lists all variants of a product."""
        return self._answer("variants_of", lambda: [one for one in self.variants if one.product_id == product_id])

    def stock(self, sku: str) -> Sequence[StockLevel]:
        """Tells what of an article lies in each warehouse."""
        return self._answer("stock", lambda: self._levels(sku))

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Takes units from what others can have, all of them or none, once per key."""
        return self._answer("reserve", lambda: self._reserve(sku, parts, customer_number, key))

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back, once."""
        return self._answer("release", lambda: self._release(reservation_id))

    def reservation_made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key."""
        return self._answer("reservation_made_by", lambda: self._reservation(self.made.get(key)))

    def _variants_by_words(self, words: Collection[str]) -> Sequence[Variant]:
        hits = [(sum(bool(word) and word in _described(one) for word in set(words)), one) for one in self.variants]
        return [one for count, one in sorted(hits, key=lambda hit: -hit[0]) if count]

    def _levels(self, sku: str) -> list[StockLevel]:
        return [level for level in self.levels if level.sku == sku]

    def _reserve(self, sku: str, parts: Mapping[str, Decimal], customer_number: str, key: str) -> Reservation:
        with self._one_at_a_time:
            made = self._reservation(self.made.get(key))
            if made is not None:
                return made
            if not parts or not all(_is_whole(units) and units for units in parts.values()):
                raise _rejected("quantity")
            free = {level.warehouse.id: level.free for level in self._levels(sku)}
            if any(free.get(warehouse, Decimal(0)) < units for warehouse, units in parts.items()):
                raise _rejected("stock")
            if all(customer.number != customer_number for customer in self.customers):
                raise _rejected("customer")
            for level in self._levels(sku):
                self._move(level, -parts.get(level.warehouse.id, Decimal(0)))
            id_ = f"RES-{len(self.reservations) + 1}"
            made = Reservation(id=id_, customer_number=customer_number, sku=sku, parts=dict(parts))
            self.reservations.append(made)
            self.made[key] = id_
            return made

    def _release(self, reservation_id: str) -> Reservation:
        with self._one_at_a_time:
            kept = self._reservation(reservation_id)
            if kept is None:
                raise NotFound("there is none", system="erp")
            if kept.is_released:
                return kept
            for level in self._levels(kept.sku):
                self._move(level, kept.parts.get(level.warehouse.id, Decimal(0)))
            released = replace(kept, is_released=True)
            self.reservations[self.reservations.index(kept)] = released
            return released

    def _reservation(self, id_: str | None) -> Reservation | None:
        return next((one for one in self.reservations if one.id == id_), None)

    def _take(self, sku: str, units: Decimal) -> None:
        fullest = max(self._levels(sku), key=lambda level: level.free, default=None)
        if units and (fullest is None or fullest.free < units):
            raise _rejected("stock")
        if units and fullest is not None:
            self._move(fullest, -units)

    def _put_back(self, sku: str, units: Decimal) -> None:
        fullest = max(self._levels(sku), key=lambda level: level.free, default=None)
        if fullest is not None:
            self._move(fullest, units)

    def _move(self, level: StockLevel, units: Decimal) -> None:
        self.levels[self.levels.index(level)] = replace(level, free=level.free + units)

    # Returns

    def returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced at or after a moment, newest first."""
        return self._answer("returns_since", lambda: self._returns_since(customer_number, since))

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
        """Announces that something of an order comes back, once per key."""
        return self._answer(
            "create_return", lambda: self._create_return(order_number, quantities, reason, return_by, key)
        )

    def return_made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key."""
        return self._answer("return_made_by", lambda: self._return_made_by(key))

    def _returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        theirs = [one for one in self.returns if one.customer_number == customer_number and one.created_at >= since]
        return sorted(theirs, key=lambda one: one.created_at, reverse=True)

    def _create_return(
        self, order_number: str, quantities: Mapping[str, Decimal], reason: ReturnReason, return_by: date, key: str
    ) -> Return:
        with self._one_at_a_time:
            order = _one(self.orders, order_number)
            made = self._return_made_by(key)
            if made is not None:
                return made
            lines = [(line, quantities[line.id]) for line in order.lines if line.id in quantities]
            if not lines or len(lines) < len(quantities):
                raise _rejected("line")
            for line, units in lines:
                if not _is_whole(units) or not 0 < units <= _delivered(order, line) - self._returned(order, line):
                    raise _rejected("quantity")
            made = Return(
                number=f"R-{max([2080, *(int(one.number[2:]) for one in self.returns)]) + 1}",
                customer_number=order.customer_number,
                order_number=order.number,
                lines=tuple(_return_line(line, units) for line, units in lines),
                reason=reason,
                status=ReturnStatus.ANNOUNCED,
                created_at=self.clock().astimezone(timezone.utc),
                return_by=return_by,
                refund=_refund(lines),
            )
            self.returns.append(made)
            self.made[key] = made.number
            return made

    def _return_made_by(self, key: str) -> Return | None:
        return next((one for one in self.returns if one.number == self.made.get(key)), None)

    def _returned(self, order: Order, line: OrderLine) -> Decimal:
        announced = [
            one for one in self.returns if one.order_number == order.number and one.status is not ReturnStatus.REJECTED
        ]
        return sum((part.quantity for one in announced for part in one.lines if part.id == line.id), Decimal(0))

    # Invoices

    def invoices_between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        return self._answer(
            "invoices_between",
            lambda: [one for one in self._invoices_of(customer_number)[::-1] if first <= one.issued_on <= last],
        )

    def unpaid_invoices(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        return self._answer(
            "unpaid_invoices", lambda: [one for one in self._invoices_of(customer_number) if one.due > 0]
        )

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it."""
        return self._answer("invoice", lambda: _one(self.invoices, number))

    def invoice_pdf(self, number: str) -> bytes | None:
        """The PDF that was put into `pdfs` for an invoice."""
        return self._answer("invoice_pdf", lambda: self.pdfs.get(number))

    def _invoices_of(self, customer_number: str) -> list[Invoice]:
        theirs = [one for one in self.invoices if one.customer_number == customer_number]
        return sorted(theirs, key=lambda one: (one.issued_on, one.number))


Numbered = TypeVar("Numbered", Customer, Order, Invoice)


def _one(records: Sequence[Numbered], number: str) -> Numbered:
    for record in records:
        if record.number == number:
            return record
    raise NotFound("there is none", system="erp")


def _rejected(status: str) -> Rejected:
    return Rejected("it is refused", system="erp", status=status)


def _is_whole(units: Decimal) -> bool:
    return units >= 0 and units == units.to_integral_value()


def _cancelled(order: Order) -> Order:
    return replace(order, status=OrderStatus.CANCELLED)


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _described(variant: Variant) -> str:
    return " ".join((variant.name, *variant.options.values(), variant.sku)).lower()


def _delivered(order: Order, line: OrderLine) -> Decimal:
    if OrderStatus.RETURNED in (order.status, line.status) or line.status is OrderStatus.CANCELLED:
        return Decimal(0)
    arrived = [one.quantities[line.id] for one in order.shipments if one.delivered_at and line.id in one.quantities]
    if arrived:
        return sum(arrived, Decimal(0))
    return line.quantity if OrderStatus.DELIVERED in (order.status, line.status) else Decimal(0)


def _return_line(line: OrderLine, units: Decimal) -> ReturnLine:
    return ReturnLine(id=line.id, sku=line.sku, name=line.name, options=line.options, quantity=units)


def _refund(lines: Sequence[tuple[OrderLine, Decimal]]) -> Money | None:
    prices = [(line.price, units) for line, units in lines if line.price is not None]
    currencies = {price.currency for price, _ in prices}
    if len(prices) < len(lines) or len(currencies) != 1:
        return None
    return Money(amount=sum((price.amount * units for price, units in prices), Decimal(0)), currency=currencies.pop())

"""The connector to Dynamics 365 Finance & Operations: the port's methods, each by the part that does it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.engine import Engine

from middleware.erp.base import Capabilities
from middleware.erp.catalogue import Catalogue
from middleware.erp.dynamics.api import Api
from middleware.erp.dynamics.articles import Articles
from middleware.erp.dynamics.changes import Changes
from middleware.erp.dynamics.customers import Customers
from middleware.erp.dynamics.invoices import Invoices
from middleware.erp.dynamics.known_orders import KnownOrders
from middleware.erp.dynamics.orders import Orders
from middleware.erp.dynamics.places import remembered_places
from middleware.erp.dynamics.returns import Returns
from middleware.erp.dynamics.stock import Stock
from middleware.erp.dynamics.visibility import Visibility
from middleware.erp.ledger import Ledger
from middleware.in_turn import InTurn
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
from middleware.settings import Settings


class DynamicsErp:
    """F&O, with Inventory Visibility for stock and holds, and our catalogue for what articles are called.

    Args:
        engine: Of the store's database.
    """

    capabilities = Capabilities(receipts=False, deliveries=False, payment_days=False)

    def __init__(self, settings: Settings, engine: Engine) -> None:
        api = Api(settings, engine)
        ledger, turns, known = Ledger(engine), InTurn(engine, system="erp"), KnownOrders()
        articles = Articles(api)
        visibility = Visibility(api.access, api.rules.inventory, api.rules.company, engine, settings.erp.threads)
        self._catalogue = Catalogue(engine)
        self._customers = Customers(api, known)
        self._orders = Orders(api, self._catalogue, known)
        self._stock = Stock(articles, remembered_places(api), visibility, self._customers, ledger, turns)
        self._changes = Changes(api, self._orders, articles, self._stock, ledger, turns)
        self._returns = Returns(api, self._orders, ledger, turns)
        self._invoices = Invoices(api, self._customers)

    # Customers

    def customers_by_phone(self, phone: str) -> Sequence[Customer]:
        """Finds every account with this number, or with a contact person who has it; each account once."""
        return self._customers.by_phone(phone)

    def customers_by_email(self, email: str) -> Sequence[Customer]:
        """Finds every account with this e-mail address, or with a contact person who has it; each account once."""
        return self._customers.by_email(email)

    def customer(self, number: str) -> Customer:
        """Reads one account."""
        return self._customers.customer(number)

    # Orders

    def orders_since(self, customer_number: str, since: datetime) -> Sequence[Order]:
        """Lists an account's orders placed at or after a moment, newest first, with lines and shipments."""
        return self._orders.since(customer_number, since)

    def order(self, number: str) -> Order:
        """Reads one order with lines and shipments, whoever owns it."""
        return self._orders.order(number)

    def cancel_order(self, number: str, *, version: str, key: str) -> Order:
        """Cancels a whole order if it hasn't reached the packing floor."""
        return self._changes.cancel(number, version=version, key=key)

    def order_changed_by(self, number: str, key: str) -> Order | None:
        """Reads an order if a change with this key was made to it."""
        return self._changes.changed_by(number, key)

    def change_order(self, number: str, change: OrderChange, *, version: str, key: str) -> Order:
        """Changes one line of an order, or its address, if it hasn't reached the packing floor."""
        return self._changes.change(number, change, version=version, key=key)

    # Articles and stock

    def variants_by_sku(self, sku: str) -> Sequence[Variant]:
        """Finds the articles whose SKU has the same letters and digits, in the catalogue."""
        return self._catalogue.variants_by_sku(sku)

    def variants_by_words(self, words: Collection[str]) -> Sequence[Variant]:
        """Finds articles whose name, options or SKU hold one of the words, in the catalogue."""
        return self._catalogue.variants_by_words(words)

    def variants_of(self, product_id: str) -> Sequence[Variant]:
        """Lists all variants of a product, in the catalogue's order."""
        return self._catalogue.variants_of(product_id)

    def stock(self, sku: str) -> Sequence[StockLevel]:
        """Tells what of an article lies in each warehouse that keeps it."""
        return self._stock.levels(sku)

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Takes units from what others can have, all of them or none."""
        return self._stock.reserve(sku, parts, customer_number=customer_number, key=key)

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back, once."""
        return self._stock.release(reservation_id)

    def reservation_made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key."""
        return self._stock.made_by(key)

    # Returns

    def returns_since(self, customer_number: str, since: datetime) -> Sequence[Return]:
        """Lists an account's returns announced at or after a moment, newest first."""
        return self._returns.since(customer_number, since)

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
        """Announces that something of an order comes back."""
        return self._returns.create(order_number, quantities, reason=reason, words=words, return_by=return_by, key=key)

    def return_made_by(self, key: str) -> Return | None:
        """Reads the return that was announced with a key."""
        return self._returns.made_by(key)

    # Invoices

    def invoices_between(self, customer_number: str, first: date, last: date) -> Sequence[Invoice]:
        """Lists an account's invoices issued from one day to another, both counted, newest first."""
        return self._invoices.between(customer_number, first, last)

    def unpaid_invoices(self, customer_number: str) -> Sequence[Invoice]:
        """Lists an account's invoices of which something is still to be paid, the oldest first."""
        return self._invoices.unpaid(customer_number)

    def invoice(self, number: str) -> Invoice:
        """Reads one invoice, whoever owns it."""
        return self._invoices.invoice(number)

    def invoice_pdf(self, number: str) -> bytes | None:
        """F&O's own paper of an invoice."""
        return self._invoices.pdf(number)


def connect(settings: Settings, engine: Engine) -> DynamicsErp:
    """The connector to the company's F&O."""
    return DynamicsErp(settings, engine)

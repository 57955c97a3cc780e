"""What the business speaks of, in its own words: frozen, typed, and free of any vendor's field names.

Identifiers stay strings exactly as the system of record wrote them. Money is an amount with its currency.
Moments (`datetime`) always carry a zone; days (`date`) are days of the company's calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """An amount in a currency.

    Attributes:
        amount: Exact decimal amount in major units (dollars, not cents).
        currency: ISO 4217 code.
    """

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A postal address; absent parts are empty strings. `country` is an ISO 3166-1 alpha-2 code."""

    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    postcode: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """A person as the CRM knows them.

    Attributes:
        id: The CRM's id of the person.
        phone: E.164, or None where the CRM holds none that can be dialled.
        company: Name of the account that the person belongs to, if any.
        erp_number: The ERP's customer number, where the CRM holds it.
    """

    id: str
    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    erp_number: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """A customer account as the ERP knows it: a person, or a company on whose behalf a contact person acts.

    Attributes:
        number: The ERP's customer number.
        name: Name on the account.
        contact_name: The contact person through whom the account was found, for a company.
    """

    number: str
    name: str
    email: str | None = None
    phone: str | None = None
    address: Address = Address()
    contact_name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """One proven customer: a reference per system, None where that system has no single match."""

    contact: Contact | None = None
    customer: Customer | None = None


class OrderStatus(str, Enum):
    """Where an order, or one line of it, stands."""

    PLACED = "placed"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    PARTLY_SHIPPED = "partly_shipped"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether the customer still waits for something."""
        return self not in (OrderStatus.DELIVERED, OrderStatus.RETURNED, OrderStatus.CANCELLED)


# Nothing of these has reached the packing floor.
BEFORE_PACKING = (OrderStatus.PLACED, OrderStatus.PICKING, OrderStatus.DELAYED)


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderLine:
    """One item of an order.

    Attributes:
        id: The ERP's line number or id, unique within the order.
        options: What tells the variant apart, such as `{"colour": "blue", "size": "M"}`, in the ERP's order.
        quantity: Units ordered.
        price: Price of one unit; None where the ERP does not say.
    """

    id: str
    sku: str
    name: str
    options: dict[str, str]
    category: str
    quantity: Decimal
    price: Money | None
    status: OrderStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Shipment:
    """One parcel (or pallet) of an order.

    Attributes:
        quantities: Units in this shipment, by order line id; without those of which the ERP doesn't say.
        shipped_at: None where the ERP does not say.
        carrier: The carrier's name as customers know it; None where the ERP does not say.
        tracking: The tracking number as the ERP wrote it; None where there is none (yet).
    """

    id: str
    quantities: dict[str, Decimal]
    shipped_at: datetime | None = None
    carrier: str | None = None
    tracking: str | None = None
    expected_on: date | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A sales order with its lines and shipments.

    Attributes:
        customer_number: The account that placed it: the order's owner.
        promised_on: The day first promised; differs from `expected_on` when the order is late.
        expected_on: The day on which the rest is now expected.
        delivered_at: When the whole order had arrived.
        version: Token of this state of the order, for changes that must not overwrite another's.
    """

    number: str
    customer_number: str
    placed_at: datetime
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    shipments: tuple[Shipment, ...] = ()
    promised_on: date | None = None
    expected_on: date | None = None
    delivered_at: datetime | None = None
    address: Address = Address()
    version: str = ""

    @property
    def owner(self) -> str:
        """The customer number that an asker must have to see this order."""
        return self.customer_number

    @property
    def is_before_packing(self) -> bool:
        """Whether nothing of it has reached the packing floor, so that it can still be changed."""
        stands = (self.status, *(line.status for line in self.lines))
        return not self.shipments and all(status in BEFORE_PACKING for status in stands)


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketComment:
    """One public comment on a ticket."""

    body: str
    written_at: datetime
    author: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A support case in the CRM.

    Attributes:
        contact_id: The person whose ticket it is: its owner.
        last_comment: The newest comment that the customer may see.
    """

    number: str
    contact_id: str
    subject: str
    is_open: bool
    opened_at: datetime
    last_comment: TicketComment | None = None

    @property
    def owner(self) -> str:
        """The contact id that an asker must have to see this ticket."""
        return self.contact_id

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
class Employee:
    """One of the company's own people, as the CRM knows them. `email` is in lower case."""

    email: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """A person as the CRM knows them.

    Attributes:
        id: The CRM's id of the person.
        phone: E.164, or None where the CRM holds none that can be dialled.
        company: Name of the account that the person belongs to, if any.
        erp_number: The ERP's customer number, where the CRM holds it.
        executive: Who looks after the person, or after the account that they belong to.
        segment: The class of customer that the company counts them in, in its own words; empty if in none.
    """

    id: str
    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    erp_number: str | None = None
    executive: Employee | None = None
    segment: str = ""


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
    """Where an order, or one line of it, stands; due: it was sent, and should have arrived, but the ERP can't tell."""

    PLACED = "placed"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    PARTLY_SHIPPED = "partly_shipped"
    DELAYED = "delayed"
    DUE = "due"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether the customer still waits for something."""
        return self not in (OrderStatus.DUE, OrderStatus.DELIVERED, OrderStatus.RETURNED, OrderStatus.CANCELLED)

    @property
    def is_there(self) -> bool:
        """Whether the customer has it, as far as anybody can tell."""
        return self in (OrderStatus.DUE, OrderStatus.DELIVERED)


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
        presumed_on: The day by which it should have arrived, from an ERP that can't tell when parcels arrive.
    """

    id: str
    quantities: dict[str, Decimal]
    shipped_at: datetime | None = None
    carrier: str | None = None
    tracking: str | None = None
    expected_on: date | None = None
    delivered_at: datetime | None = None
    presumed_on: date | None = None


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
    def due_on(self) -> date | None:
        """The day by which all that was sent should have arrived, where the ERP can't tell when it did."""
        return max((one.presumed_on for one in self.shipments if one.presumed_on), default=None)

    @property
    def is_before_packing(self) -> bool:
        """Whether nothing of it has reached the packing floor, so that it can still be changed."""
        lines = (line.status for line in self.lines if line.status is not OrderStatus.CANCELLED)
        stands = (self.status, *lines)
        return not self.shipments and all(status in BEFORE_PACKING for status in stands)


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderChange:
    """What is to be different about an order: one line's article or quantity, or where the order goes.

    Attributes:
        line: The id of the line that is changed; None if it is the address.
        sku: The article that the line becomes: another variant of the same product.
        quantity: How many the line becomes; zero takes it off the order.
        address: Where the whole order goes instead.
    """

    line: str | None = None
    sku: str | None = None
    quantity: Decimal | None = None
    address: Address | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One article that can be sold: a product in one colour and size.

    Attributes:
        product_id: Shared by all variants of a product.
        options: What tells the variant apart, such as `{"colour": "blue", "size": "M"}`, in the ERP's order.
        price: Price of one unit; None where the ERP does not say.
    """

    sku: str
    product_id: str
    name: str
    options: dict[str, str]
    category: str
    price: Money | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Warehouse:
    """A place where goods lie, or all of them together for an ERP that tells one total.

    Attributes:
        name: As customers know it; empty for the total.
        latitude: Degrees, as is the longitude; None where the ERP does not say.
    """

    id: str
    name: str
    latitude: float | None
    longitude: float | None
    country: str
    postcode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """Goods that are to come in."""

    quantity: Decimal
    expected_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class StockLevel:
    """What of one article lies in one warehouse.

    Attributes:
        free: Units that anybody can still have: nobody ordered or reserved them.
        receipts: What is to come in there, the soonest first.
    """

    sku: str
    warehouse: Warehouse
    free: Decimal
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """Units that the ERP keeps for a customer.

    Attributes:
        parts: Units by warehouse id.
        is_released: Whether others can have them again.
    """

    id: str
    customer_number: str
    sku: str
    parts: dict[str, Decimal]
    is_released: bool = False

    @property
    def owner(self) -> str:
        """The customer number that it is kept for."""
        return self.customer_number


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldPart:
    """Units that lie, or are held, in one warehouse.

    Attributes:
        warehouse: The warehouse's id; `name` is its name.
    """

    warehouse: str
    name: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Units that are put aside for a customer for a while, as our own ledger has it.

    Attributes:
        reference: What the customer is told.
        key: What the ERP knows it by.
        account: The ERP's customer number that it is for.
        name: The article in words.
        parts: Where the units lie.
        until: When it ends by itself.
        extensions: How often it was made longer.
        reservation_id: The ERP's; None until that has confirmed.
    """

    reference: str
    key: str
    account: str
    sku: str
    name: str
    parts: tuple[HoldPart, ...]
    until: datetime
    extensions: int = 0
    reservation_id: str | None = None

    @property
    def quantity(self) -> Decimal:
        """All units of it."""
        return sum((part.quantity for part in self.parts), Decimal(0))


class ReturnReason(str, Enum):
    """Why something is sent back."""

    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    CHANGED_MIND = "changed_mind"
    OTHER = "other"


class ReturnStatus(str, Enum):
    """Where a return stands."""

    ANNOUNCED = "announced"
    RECEIVED = "received"
    REFUNDED = "refunded"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnLine:
    """What of an order's line comes back. `id` is the order line's."""

    id: str
    sku: str
    name: str
    options: dict[str, str]
    quantity: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """Goods that a customer sends back.

    Attributes:
        number: The ERP's number of the return.
        return_by: The last day on which the parcel may be sent.
        received_on: When it came in.
        refund: What is paid back; None until the ERP says.
        refunded_on: When that was paid.
    """

    number: str
    customer_number: str
    order_number: str
    lines: tuple[ReturnLine, ...]
    reason: ReturnReason
    status: ReturnStatus
    created_at: datetime
    return_by: date | None = None
    received_on: date | None = None
    refund: Money | None = None
    refunded_on: date | None = None

    @property
    def owner(self) -> str:
        """The customer number that an asker must have to see this return."""
        return self.customer_number


@dataclass(frozen=True, kw_only=True, slots=True)
class InvoiceLine:
    """One position of an invoice.

    Attributes:
        price: Of one unit, without tax.
        tax_rate: Percent.
        net: What the line costs without tax.
    """

    id: str
    sku: str | None
    description: str
    quantity: Decimal
    price: Decimal
    tax_rate: Decimal
    net: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxTotal:
    """The tax of all lines with one rate (percent), and the net sum that it is taken of."""

    rate: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice:
    """An invoice as the ledger has it; all amounts in one currency.

    Attributes:
        order_number: The order that it is for; None if it is for none, or for several.
        currency: ISO 4217 code.
        buyer_name: Who is billed; `buyer_address` is theirs.
        taxes: One for each rate, by rate.
        due: What is still to be paid of `gross`.
    """

    number: str
    customer_number: str
    order_number: str | None
    issued_on: date
    due_on: date
    paid_on: date | None
    currency: str
    buyer_name: str
    buyer_address: Address
    lines: tuple[InvoiceLine, ...]
    net: Decimal
    taxes: tuple[TaxTotal, ...]
    gross: Decimal
    due: Decimal

    @property
    def owner(self) -> str:
        """The customer number that an asker must have to see this invoice."""
        return self.customer_number


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketComment:
    """One public comment on a ticket."""

    body: str
    written_at: datetime
    author: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentComment:
    """What one of the company's people wrote on a ticket for the customer to see.

    Attributes:
        id: The CRM's id of the comment.
        ticket_number: The ticket that it is on.
    """

    id: str
    ticket_number: str
    comment: TicketComment


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A support case in the CRM.

    Attributes:
        contact_id: The person whose ticket it is: its owner. None for somebody whom the CRM doesn't know.
        last_comment: The newest comment that the customer may see.
    """

    number: str
    contact_id: str | None
    subject: str
    is_open: bool
    opened_at: datetime
    last_comment: TicketComment | None = None

    @property
    def owner(self) -> str:
        """The contact id that an asker must have to see this ticket; nobody has an empty one."""
        return self.contact_id or ""


class Priority(str, Enum):
    """How urgent a ticket is."""

    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketDraft:
    """A ticket that is to be opened.

    Attributes:
        description: For the company's people: plain text, several lines, at most 32,000 characters.
        contact_id: Whose it is; None for somebody whom the CRM doesn't know.
        channel: The name of the channel that the customer writes on.
    """

    subject: str
    description: str
    contact_id: str | None
    channel: str
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, kw_only=True, slots=True)
class CommentDraft:
    """A comment that is to be written on a ticket.

    Attributes:
        author: Who wrote it, as it is to be shown.
        is_public: Whether the customer may see it.
    """

    body: str
    author: str
    is_public: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Headcount:
    """How many people a company has: from `low` to `high`; `high` None if it is open, the same if it is exact."""

    low: int
    high: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """What somebody means to spend: from `low` to `high`; `high` None if it is open, the same if it is exact.

    Attributes:
        currency: ISO 4217 code.
    """

    low: Decimal
    high: Decimal | None
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """That somebody agreed to have their details stored: to which words, and when."""

    words: str
    at: datetime


class LeadKind(str, Enum):
    """As what the CRM keeps a lead."""

    LEAD = "lead"
    CONTACT = "contact"
    OPPORTUNITY = "opportunity"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadDraft:
    """Somebody who wants to buy or to be advised, as the CRM is to keep them.

    What wasn't given is an empty string or None.

    Attributes:
        kind: An opportunity is of the contact with the id `contact_id`; the others are new people.
        email: Lower case.
        phone: E.164.
        wish: What they want, in their own words.
        industry: One of the industries of assistant.yml.
        country: ISO 3166-1 alpha-2.
        owner: E-mail of the employee who gets it.
    """

    kind: LeadKind
    first_name: str
    last_name: str
    company: str
    email: str
    consent: Consent
    owner: str
    phone: str | None = None
    size: Headcount | None = None
    budget: Budget | None = None
    wish: str = ""
    industry: str = ""
    country: str = ""
    state: str = ""
    postcode: str = ""
    contact_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """A lead as the CRM keeps it.

    Attributes:
        id: The CRM's id of the lead, contact or opportunity.
        owner: Who has it in the CRM: where it was there already, whoever had it before.
        is_new: Whether it was made, and not one that was there already extended.
    """

    id: str
    kind: LeadKind
    owner: Employee
    is_new: bool

"""What Oracle answers, as typed rows with its own names; only what is used of it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from middleware.erp.oracle.rest import Page

Id = int | str


class Row(msgspec.Struct, frozen=True):
    """Base of all rows: what isn't there, or is null, is None."""


class ReferenceRow(Row, frozen=True, kw_only=True):
    """What a return's line refers to."""

    DocumentNumber: str | None = None
    DocumentSubLineIdentifier: Id | None = None


class DetailRow(Row, frozen=True, kw_only=True):
    """What shipping and billing reported back about a fulfillment line."""

    ActualDeliveryDate: str | None = None
    DeliveryName: Id | None = None
    TrackingNumber: Id | None = None
    BillingTransactionDate: str | None = None
    BillingTransactionAmount: Decimal | None = None


class LineRow(Row, frozen=True, kw_only=True):
    """A fulfillment line: a part of an order's line, or all of it."""

    FulfillLineId: Id
    LineId: Id | None = None
    SourceTransactionLineNumber: Id | None = None
    ProductNumber: str
    OrderedQuantity: Decimal = Decimal(0)
    OrderedUOM: str | None = None
    UnitSellingPrice: Decimal | None = None
    StatusCode: str | None = None
    TransactionCategoryCode: str | None = None
    ReturnReasonCode: str | None = None
    RequestedArrivalDate: str | None = None
    ScheduleArrivalDate: str | None = None
    ShippingCarrier: str | None = None
    lineDetails: Page[DetailRow] = Page()
    documentReferences: Page[ReferenceRow] = Page()


class ShipToRow(Row, frozen=True, kw_only=True):
    """Where an order goes."""

    PartyId: Id | None = None
    SiteId: Id | None = None
    Address1: str | None = None
    Address2: str | None = None
    City: str | None = None
    State: str | None = None
    PostalCode: str | None = None
    Country: str | None = None


class BillToRow(Row, frozen=True, kw_only=True):
    """Who pays an order."""

    CustomerAccountId: Id | None = None
    SiteUseId: Id | None = None


class LinkProperties(Row, frozen=True, kw_only=True):
    """Of a link."""

    changeIndicator: str | None = None


class LinkRow(Row, frozen=True, kw_only=True):
    """A link of an item."""

    rel: str
    properties: LinkProperties = LinkProperties()


class OrderRow(Row, frozen=True, kw_only=True):
    """A sales order, or a return."""

    HeaderId: Id
    OrderNumber: str
    SourceTransactionSystem: str | None = None
    SourceTransactionId: str | None = None
    SourceTransactionRevisionNumber: Decimal | None = None
    BuyingPartyNumber: str | None = None
    BuyingPartyId: Id | None = None
    BusinessUnitName: str | None = None
    TransactionOn: str
    TransactionalCurrencyCode: str | None = None
    RequestedShipDate: str | None = None
    lines: Page[LineRow] = Page()
    shipToCustomer: Page[ShipToRow] = Page()
    billToCustomer: Page[BillToRow] = Page()
    links: list[LinkRow] = []


class ShipmentRow(Row, frozen=True, kw_only=True):
    """What of a fulfillment line is in a shipment."""

    ShipmentLine: Id
    Shipment: Id | None = None
    SourceOrderFulfillmentLineId: Id | None = None
    ShippedQuantity: Decimal | None = None
    StagedQuantity: Decimal | None = None
    PickedQuantity: Decimal | None = None
    ActualShipDate: str | None = None


class AvailabilityRow(Row, frozen=True, kw_only=True):
    """What of an item an organization has."""

    AvailableToReserve: Decimal | None = None
    ReturnStatus: str
    ReturnMessageName: str | None = None


class ReservationRow(Row, frozen=True, kw_only=True):
    """Units that are kept for a demand."""

    ReservationId: Id
    OrganizationCode: str
    ItemNumber: str
    ReservationQuantity: Decimal


class TaxRow(Row, frozen=True, kw_only=True):
    """A tax of an invoice's line."""

    TaxRate: Decimal | None = None


class InvoiceLineRow(Row, frozen=True, kw_only=True):
    """A line of an invoice."""

    LineNumber: Id
    Description: str | None = None
    ItemNumber: str | None = None
    Quantity: Decimal | None = None
    UnitSellingPrice: Decimal | None = None
    SalesOrder: str | None = None
    receivablesInvoiceLineTaxLines: Page[TaxRow] = Page()


class InvoiceRow(Row, frozen=True, kw_only=True):
    """An invoice."""

    CustomerTransactionId: Id
    TransactionNumber: str
    TransactionDate: str
    DueDate: str | None = None
    InvoiceStatus: str | None = None
    InvoiceCurrencyCode: str
    BillToCustomerName: str | None = None
    BillToCustomerNumber: str | None = None
    InvoiceBalanceAmount: Decimal | msgspec.UnsetType | None = msgspec.UNSET
    receivablesInvoiceLines: Page[InvoiceLineRow] = Page()

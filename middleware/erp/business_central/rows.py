"""Rows of Business Central as they come in, and the fields that are asked for: of each resource only what is needed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from middleware.erp.business_central import odata
from middleware.erp.business_central.odata import NOTHING
from middleware.erp.business_central.settings import Guid

ZERO = Decimal(0)


class Row(msgspec.Struct, kw_only=True, rename="camel"):
    """Base of all rows."""

    id: Guid
    etag: str = msgspec.field(name="@odata.etag", default="")


class CustomerRow(Row, kw_only=True, rename="camel"):
    """Of `customers`."""

    number: str
    display_name: str = ""
    phone_number: str = ""
    email: str = ""
    address_line1: str = ""
    address_line2: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    postal_code: str = ""


class VariantRow(Row, kw_only=True, rename="camel"):
    """Of `itemVariants`."""

    code: str = ""
    item_id: str = NOTHING
    item_number: str = ""


class ItemRow(Row, kw_only=True, rename="camel"):
    """Of `items`, with the codes of its variants."""

    number: str
    inventory: Decimal = ZERO
    blocked: bool = False
    item_variants: list[VariantRow] = []


class LineRow(Row, kw_only=True, rename="camel"):
    """A line of an order, of an invoice or of a credit memo. `item_variant`: where it is asked for."""

    sequence: int
    line_type: str = ""
    item_id: str = NOTHING
    line_object_number: str = ""
    item_variant_id: str = NOTHING
    item_variant: VariantRow | None = None
    description: str = ""
    quantity: Decimal = ZERO
    unit_price: Decimal = ZERO
    shipped_quantity: Decimal = ZERO
    shipment_date: date | None = None
    location_id: str = NOTHING
    tax_percent: Decimal = ZERO
    net_amount: Decimal = ZERO
    net_tax_amount: Decimal = ZERO

    @property
    def is_item(self) -> bool:
        """Whether it sells an article, and isn't a comment, a charge or an account."""
        return self.line_type == "Item"


class OrderRow(Row, kw_only=True, rename="camel"):
    """Of `salesOrders`. `more_lines`: where the rest of its lines is, if they didn't fit on the page."""

    number: str
    customer_number: str
    order_date: date
    status: str
    currency_code: str = ""
    requested_delivery_date: date | None = None
    ship_to_address_line1: str = ""
    ship_to_address_line2: str = ""
    ship_to_city: str = ""
    ship_to_state: str = ""
    ship_to_country: str = ""
    ship_to_post_code: str = ""
    sales_order_lines: list[LineRow] = []
    more_lines: str = msgspec.field(name="salesOrderLines@odata.nextLink", default="")


class ShipmentLineRow(Row, kw_only=True, rename="camel"):
    """Of `salesShipmentLines`: it has the sequence of the order's line, and no variant."""

    sequence: int
    line_type: str = ""
    line_object_number: str = ""
    description: str = ""
    quantity: Decimal = ZERO
    unit_price: Decimal = ZERO


class ShipmentRow(Row, kw_only=True, rename="camel"):
    """Of `salesShipments`. `invoice_date` is the day of the order's document."""

    number: str
    order_number: str
    customer_number: str
    posting_date: date | None = None
    invoice_date: date | None = None
    currency_code: str = ""
    ship_to_address_line1: str = ""
    ship_to_address_line2: str = ""
    ship_to_city: str = ""
    ship_to_state: str = ""
    ship_to_country: str = ""
    ship_to_post_code: str = ""
    sales_shipment_lines: list[ShipmentLineRow] = []
    more_lines: str = msgspec.field(name="salesShipmentLines@odata.nextLink", default="")


class InvoiceRow(Row, kw_only=True, rename="camel"):
    """Of `salesInvoices`."""

    number: str
    order_number: str = ""
    customer_number: str
    invoice_date: date
    due_date: date | None = None
    status: str
    currency_code: str = ""
    bill_to_name: str = ""
    bill_to_address_line1: str = ""
    bill_to_address_line2: str = ""
    bill_to_city: str = ""
    bill_to_state: str = ""
    bill_to_country: str = ""
    bill_to_post_code: str = ""
    prices_include_tax: bool = False
    remaining_amount: Decimal = ZERO
    total_amount_excluding_tax: Decimal = ZERO
    total_amount_including_tax: Decimal = ZERO
    sales_invoice_lines: list[LineRow] = []
    more_lines: str = msgspec.field(name="salesInvoiceLines@odata.nextLink", default="")


class MemoRow(Row, kw_only=True, rename="camel"):
    """Of `salesCreditMemos`."""

    number: str
    external_document_number: str = ""
    credit_memo_date: date
    posting_date: date | None = None
    customer_number: str
    status: str
    currency_code: str = ""
    invoice_id: str = NOTHING
    invoice_number: str = ""
    customer_return_reason_id: str = NOTHING
    total_amount_including_tax: Decimal = ZERO
    sales_credit_memo_lines: list[LineRow] = []
    more_lines: str = msgspec.field(name="salesCreditMemoLines@odata.nextLink", default="")


# What is asked for

_SOLD = "id,sequence,lineType,itemId,lineObjectNumber,itemVariantId,description,quantity,unitPrice"
_VARIANT = "itemVariant($select=id,code)"
_ORDER_LINES = f"salesOrderLines($select={_SOLD},shippedQuantity,shipmentDate,locationId;$expand={_VARIANT})"
_INVOICE_LINES = f"salesInvoiceLines($select={_SOLD},taxPercent,netAmount,netTaxAmount;$expand={_VARIANT})"
_MEMO_LINES = f"salesCreditMemoLines($select={_SOLD};$expand={_VARIANT})"
_PARCEL_LINES = "salesShipmentLines($select=id,sequence,lineType,lineObjectNumber,description,quantity,unitPrice)"
_SHIP_TO = "shipToAddressLine1,shipToAddressLine2,shipToCity,shipToState,shipToCountry,shipToPostCode"
_CUSTOMER = "id,number,displayName,phoneNumber,email,addressLine1,addressLine2,city,state,country,postalCode"
_ORDER = f"id,number,customerNumber,orderDate,status,currencyCode,requestedDeliveryDate,{_SHIP_TO}"
_SHIPMENT = f"id,number,orderNumber,customerNumber,postingDate,invoiceDate,currencyCode,{_SHIP_TO}"
_INVOICE = (
    "id,number,orderNumber,customerNumber,invoiceDate,dueDate,status,currencyCode,billToName,billToAddressLine1,"
    "billToAddressLine2,billToCity,billToState,billToCountry,billToPostCode,pricesIncludeTax,remainingAmount,"
    "totalAmountExcludingTax,totalAmountIncludingTax"
)
_MEMO = (
    "id,number,externalDocumentNumber,creditMemoDate,postingDate,customerNumber,status,currencyCode,invoiceId,"
    "invoiceNumber,customerReturnReasonId,totalAmountIncludingTax"
)

Asked = tuple[str, type[Any]]


def customers(where: str) -> Asked:
    """A query of customers, and what its rows are."""
    return odata.path("customers", select=_CUSTOMER, filter=where), CustomerRow


def orders(where: str) -> Asked:
    """A query of orders with their lines."""
    return odata.path("salesOrders", select=_ORDER, filter=where, expand=_ORDER_LINES), OrderRow


def shipments(where: str) -> Asked:
    """A query of parcels with their lines."""
    return odata.path("salesShipments", select=_SHIPMENT, filter=where, expand=_PARCEL_LINES), ShipmentRow


def invoices(where: str) -> Asked:
    """A query of invoices with their lines."""
    return odata.path("salesInvoices", select=_INVOICE, filter=where, expand=_INVOICE_LINES), InvoiceRow


def memos(where: str) -> Asked:
    """A query of credit memos with their lines."""
    return odata.path("salesCreditMemos", select=_MEMO, filter=where, expand=_MEMO_LINES), MemoRow


def items(where: str) -> Asked:
    """A query of items with their variants."""
    variants = "itemVariants($select=id,code)"
    return odata.path("items", select="id,number,inventory,blocked", filter=where, expand=variants), ItemRow

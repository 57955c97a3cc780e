"""Rows of F&O as they are read, with the fields that are asked for and no others."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import msgspec

FIRST_YEAR = 1971  # what is before is F&O's way of saying "none"

Text = str | None


class Row(msgspec.Struct, rename="pascal", kw_only=True):
    """Base of all rows. `etag` changes with the row."""

    etag: str = msgspec.field(name="@odata.etag", default="")


R = TypeVar("R", bound=Row)


@cache
def fields(kind: type[Row]) -> tuple[str, ...]:
    """The names of the fields to ask for; what is expanded comes by itself."""
    found = (field for field in msgspec.structs.fields(kind) if not _is_expanded(field.type))
    return tuple(field.encode_name for field in found if not field.encode_name.startswith("@"))


def day(value: datetime) -> date | None:
    """A day that was given as a moment at noon; None for none."""
    return value.date() if value.year >= FIRST_YEAR else None


class CustomerRow(Row, kw_only=True):
    """A row of `CustomersV3`."""

    customer_account: str
    party_number: Text = None
    party_type: Text = None
    organization_name: Text = None
    person_first_name: Text = None
    person_last_name: Text = None
    primary_contact_phone: Text = None
    primary_contact_email: Text = None
    address_street: Text = None
    address_city: Text = None
    address_state: Text = None
    address_zip_code: Text = None
    address_country_region_i_s_o_code: Text = msgspec.field(name="AddressCountryRegionISOCode", default=None)


class PartyContactRow(Row, kw_only=True):
    """A row of `PartyContactsV3`: a phone or e-mail of a person or company."""

    party_number: str
    locator: Text = None


class ContactPersonRow(Row, kw_only=True):
    """A row of `ContactPersons`: who acts for a company."""

    associated_party_number: Text = None
    contact_person_party_number: Text = None
    contact_person_name: Text = None
    primary_phone_number: Text = None
    primary_email_address: Text = None
    is_inactive: Text = None


class LineRow(Row, kw_only=True):
    """A row of `SalesOrderLines`."""

    inventory_lot_id: str
    sales_order_number: Text = None
    line_creation_sequence_number: int
    item_number: Text = None
    product_configuration_id: Text = None
    product_size_id: Text = None
    product_color_id: Text = None
    product_style_id: Text = None
    product_version_id: Text = None
    line_description: Text = None
    ordered_sales_quantity: Decimal
    sales_price: Decimal
    currency_code: Text = None
    sales_order_line_status: Text = None
    fulfillment_status: Text = None
    requested_receipt_date: datetime
    confirmed_receipt_date: datetime
    shipping_site_id: Text = None
    shipping_warehouse_id: Text = None


class HeaderRow(Row, kw_only=True):
    """A row of `SalesOrderHeadersV2`, with its lines."""

    sales_order_number: str
    ordering_customer_account_number: Text = None
    order_creation_date_time: datetime
    sales_order_status: Text = None
    sales_order_processing_status: Text = None
    customers_order_reference: Text = None
    currency_code: Text = None
    requested_receipt_date: datetime
    confirmed_receipt_date: datetime
    default_shipping_warehouse_id: Text = None
    delivery_address_street: Text = None
    delivery_address_city: Text = None
    delivery_address_state_id: Text = None
    delivery_address_zip_code: Text = None
    delivery_address_country_region_i_s_o_code: Text = msgspec.field(
        name="DeliveryAddressCountryRegionISOCode", default=None
    )
    lines: list[LineRow] = msgspec.field(name="SalesOrderLines", default=[])


class PickedRow(Row, kw_only=True):
    """A row of `CDSSalesOrderLinesV2`: what `SalesOrderLines` doesn't tell of a line."""

    inventory_lot_id: Text = None
    product_number: Text = None
    product_name: Text = None
    picked_quantity: Decimal


class PickedOrderRow(Row, kw_only=True):
    """A row of `CDSSalesOrderHeaders`, with its lines."""

    sales_order_number: str
    lines: list[PickedRow] = msgspec.field(name="CDSSalesOrderLinesV2", default=[])


class SlipRow(Row, kw_only=True):
    """A packing slip's header: one parcel, or several."""

    sales_id: Text = None
    packing_slip_id: Text = None
    delivery_date: datetime
    ship_carrier_id: Text = None


class SlipLineRow(Row, kw_only=True):
    """A packing slip's line."""

    sales_id: Text = None
    packing_slip_id: Text = None
    invent_trans_id: Text = None
    qty: Decimal


class TrackingRow(Row, kw_only=True):
    """A row of `PackingSlipTrackingInformation`."""

    sales_order_number: str
    packing_slip_number: str
    delivery_date: datetime
    tracking_number: str


class CarrierRow(Row, kw_only=True):
    """A row of `ShippingCarriers`."""

    carrier_id: str
    carrier_name: Text = None


class VariantRow(Row, kw_only=True):
    """A row of `ReleasedProductVariantsV2`."""

    item_number: Text = None
    product_variant_number: Text = None
    product_configuration_id: Text = None
    product_size_id: Text = None
    product_color_id: Text = None
    product_style_id: Text = None
    product_version_id: Text = None


class ItemRow(Row, kw_only=True):
    """A row of `ReleasedProductsV2`."""

    item_number: str


class WarehouseRow(Row, kw_only=True):
    """A row of `Warehouses`."""

    warehouse_id: str
    warehouse_name: Text = None
    operational_site_id: Text = None
    primary_address_latitude: Decimal
    primary_address_longitude: Decimal
    primary_address_zip_code: Text = None
    primary_address_country_region_id: Text = None


class InvoiceLineRow(Row, kw_only=True):
    """A row of `SalesInvoiceV2Lines`."""

    line_creation_sequence_number: int
    product_number: Text = None
    product_name: Text = None
    product_description: Text = None
    invoiced_quantity: Decimal
    sales_price: Decimal
    line_amount: Decimal
    line_total_tax_amount: Decimal


class InvoiceRow(Row, kw_only=True):
    """A row of `SalesInvoiceHeadersV2`, with its lines."""

    invoice_number: str
    invoice_date: datetime
    sales_order_number: Text = None
    invoice_customer_account_number: Text = None
    currency_code: Text = None
    total_invoice_amount: Decimal
    total_tax_amount: Decimal
    invoice_address_street: Text = None
    invoice_address_city: Text = None
    invoice_address_state: Text = None
    invoice_address_zip_code: Text = None
    invoice_address_country_region_i_s_o_code: Text = msgspec.field(
        name="InvoiceAddressCountryRegionISOCode", default=None
    )
    lines: list[InvoiceLineRow] = msgspec.field(name="SalesInvoiceLinesV2", default=[])


class ReturnLineRow(Row, kw_only=True):
    """A row of `ReturnOrderLinesV2`."""

    return_order_number: Text = None
    returning_inventory_lot_id: Text = None
    return_sales_quantity: Decimal
    return_status: Text = None
    line_amount: Decimal
    line_creation_sequence_number: int
    actual_return_arrival_date: datetime
    return_closed_date: datetime


class ReturnRow(Row, kw_only=True):
    """A row of `ReturnOrderHeadersV2`, with its lines."""

    return_order_number: str
    customer_account_number: Text = None
    customers_order_reference: Text = None
    customer_return_reason_code: Text = None
    currency_code: Text = None
    return_deadline: datetime
    return_status: Text = None
    lines: list[ReturnLineRow] = msgspec.field(name="ReturnOrderLines", default=[])


class SalesTableRow(Row, kw_only=True):
    """A row of `SalesTableBiEntities`: an order, or a return, as the table has it."""

    sales_id: str
    cust_account: Text = None
    return_item_num: Text = None
    created_on: datetime


def _is_expanded(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is list

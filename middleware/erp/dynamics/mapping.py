"""Turns rows of F&O into our records, one function per record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec

from middleware.erp.dynamics import standing
from middleware.erp.dynamics.countries import alpha_2
from middleware.erp.dynamics.rows import (
    CustomerRow,
    HeaderRow,
    LineRow,
    PickedRow,
    SlipLineRow,
    SlipRow,
    TrackingRow,
    WarehouseRow,
    day,
)
from middleware.phones import e164
from middleware.records import Address, Customer, Money, Order, OrderLine, OrderStatus, Shipment, Variant, Warehouse


@dataclass(frozen=True, kw_only=True)
class OrderRows:
    """All that F&O tells of one order.

    Attributes:
        picked: By the line's lot.
    """

    header: HeaderRow
    picked: Mapping[str, PickedRow]
    slips: Sequence[SlipRow]
    slip_lines: Sequence[SlipLineRow]
    tracking: Sequence[TrackingRow]

    @property
    def lines(self) -> list[LineRow]:
        """Its lines, in the order in which they were entered."""
        return sorted(self.header.lines, key=lambda line: line.line_creation_sequence_number)

    @property
    def version(self) -> str:
        """A token of this state: of everything that a change must not overwrite."""
        without_tags = [msgspec.structs.replace(line, etag="") for line in self.lines]
        header = msgspec.structs.replace(self.header, etag="", lines=without_tags)
        slips = sorted(
            {row.packing_slip_number for row in self.tracking} | {row.packing_slip_id or "" for row in self.slips}
        )
        picked = [(lot, row.picked_quantity.normalize()) for lot, row in sorted(self.picked.items())]
        return sha256(msgspec.json.encode((header, picked, slips))).hexdigest()[:32]

    def sku(self, line: LineRow) -> str:
        """The article of a line: the product's own number, which of a variant names its size and colour too."""
        row = self.picked.get(line.inventory_lot_id)
        return (row.product_number if row else "") or line.item_number or ""

    def shipped(self, line: LineRow) -> Decimal:
        """Units of a line that are on packing slips."""
        ours = (row.qty for row in self.slip_lines if row.invent_trans_id == line.inventory_lot_id)
        return sum(ours, Decimal(0))


def customer(row: CustomerRow, country: str, contact_name: str | None = None) -> Customer:
    """A row of `CustomersV3`, with the contact person through whom it was found.

    Args:
        country: Whose phone numbers are meant that have no country code.
    """
    person = " ".join(filter(None, (row.person_first_name, row.person_last_name)))
    return Customer(
        number=row.customer_account,
        name=row.organization_name or person,
        email=(row.primary_contact_email or "").strip().lower() or None,
        phone=e164(row.primary_contact_phone or "", country),
        address=address(
            row.address_street,
            row.address_city,
            row.address_state,
            row.address_zip_code,
            row.address_country_region_i_s_o_code,
        ),
        contact_name=contact_name,
    )


def address(
    street: str | None, city: str | None, state: str | None, postcode: str | None, country: str | None
) -> Address:
    """The fields of an address; a street may have several lines."""
    lines = [line.strip() for line in (street or "").splitlines() if line.strip()]
    return Address(
        address1=lines[0] if lines else "",
        address2=", ".join(lines[1:]),
        city=city or "",
        state=state or "",
        country=country or "",
        postcode=postcode or "",
    )


def order(rows: OrderRows, carriers: Mapping[str, str], articles: Mapping[str, Variant], zone: ZoneInfo) -> Order:
    """A row of `SalesOrderHeadersV2`, with all that belongs to it.

    Args:
        carriers: Names by id.
        articles: What the catalogue knows of them, by SKU.
    """
    header = rows.header
    lines = tuple(_order_line(rows, line, articles) for line in rows.lines)
    status = standing.of_order(header, [line.status for line in lines])
    promised = day(header.requested_receipt_date)
    return Order(
        number=header.sales_order_number,
        customer_number=header.ordering_customer_account_number or "",
        placed_at=header.order_creation_date_time,
        status=status,
        lines=lines,
        shipments=_shipments(rows, carriers, zone),
        promised_on=promised,
        expected_on=None if status is OrderStatus.CANCELLED else day(header.confirmed_receipt_date) or promised,
        address=address(
            header.delivery_address_street,
            header.delivery_address_city,
            header.delivery_address_state_id,
            header.delivery_address_zip_code,
            header.delivery_address_country_region_i_s_o_code,
        ),
        version=rows.version,
    )


def _order_line(rows: OrderRows, line: LineRow, articles: Mapping[str, Variant]) -> OrderLine:
    picked = rows.picked.get(line.inventory_lot_id)
    sku = rows.sku(line)
    article = articles.get(sku)
    return OrderLine(
        id=str(line.line_creation_sequence_number),
        sku=sku,
        name=article.name if article else (picked and picked.product_name) or line.line_description or sku,
        options=dict(article.options) if article else _options(line),
        category=article.category if article else "",
        quantity=line.ordered_sales_quantity,
        price=money(line.sales_price, line.currency_code or rows.header.currency_code),
        status=standing.of_line(
            line, rows.header, picked.picked_quantity if picked else Decimal(0), rows.shipped(line)
        ),
    )


def _options(line: LineRow) -> dict[str, str]:
    """What F&O itself says of a variant that the catalogue doesn't have."""
    named = {"colour": line.product_color_id, "size": line.product_size_id, "style": line.product_style_id}
    return {name: value for name, value in named.items() if value}


def _shipments(rows: OrderRows, carriers: Mapping[str, str], zone: ZoneInfo) -> tuple[Shipment, ...]:
    """Its packing slips; where their headers aren't asked for, those that have tracking numbers."""
    days: dict[str, date | None] = {row.packing_slip_number: day(row.delivery_date) for row in rows.tracking}
    days |= {row.packing_slip_id or "": day(row.delivery_date) for row in rows.slips}
    by_slip = {row.packing_slip_id or "": row for row in rows.slips}
    found = [_shipment(rows, slip, sent, by_slip.get(slip), carriers, zone) for slip, sent in days.items()]
    return tuple(sorted(found, key=_when_sent))


def _when_sent(shipment: Shipment) -> tuple[float, str]:
    return (shipment.shipped_at.timestamp() if shipment.shipped_at else 0.0, shipment.id)


def _shipment(
    rows: OrderRows, slip: str, sent: date | None, header: SlipRow | None, carriers: Mapping[str, str], zone: ZoneInfo
) -> Shipment:
    lots = {row.invent_trans_id: row.qty for row in rows.slip_lines if row.packing_slip_id == slip}
    inside = [line for line in rows.lines if line.inventory_lot_id in lots]
    awaited = [day(line.confirmed_receipt_date) for line in inside]
    numbers = [row.tracking_number for row in rows.tracking if row.packing_slip_number == slip and row.tracking_number]
    carrier = (header.ship_carrier_id if header else "") or ""
    return Shipment(
        id=slip,
        quantities={str(line.line_creation_sequence_number): lots[line.inventory_lot_id] for line in inside},
        shipped_at=datetime.combine(sent, time(12), zone) if sent else None,
        carrier=carriers.get(carrier, carrier) or None,
        tracking=", ".join(dict.fromkeys(numbers)) or None,
        expected_on=max((one for one in awaited if one and sent and one >= sent), default=None),
    )


def money(amount: Decimal, currency: str | None) -> Money | None:
    """An amount with its currency; nought is F&O's way of saying that there is no price."""
    return Money(amount=amount, currency=currency) if amount and currency else None


def warehouse(row: WarehouseRow) -> Warehouse:
    """A row of `Warehouses`; latitude and longitude are both nought where nobody entered them."""
    is_known = bool(row.primary_address_latitude or row.primary_address_longitude)
    return Warehouse(
        id=row.warehouse_id,
        name=row.warehouse_name or row.warehouse_id,
        latitude=float(row.primary_address_latitude) if is_known else None,
        longitude=float(row.primary_address_longitude) if is_known else None,
        country=alpha_2(row.primary_address_country_region_id or ""),
        postcode=row.primary_address_zip_code or "",
    )

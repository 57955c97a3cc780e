"""Turns SAP's records into ours, one function per record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from middleware.erp.sap import values
from middleware.erp.sap.deliveries import Delivery, line_status, order_status
from middleware.erp.sap.rows import AddressRow, ItemRow, OrderAddressRow, OrderRow, PhoneRow, ReturnItemRow, ReturnRow
from middleware.phones import e164
from middleware.records import (
    Address,
    Customer,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnStatus,
    Variant,
)

_ALL = "C"  # SAP's letter for what is done, or refused, as a whole
# Where the number stands before the street's name.
_NUMBER_FIRST = ("AU", "CA", "FR", "GB", "IE", "IN", "NZ", "US", "ZA")


def customer(number: str, row: AddressRow, contact_name: str | None, country: str) -> Customer:
    """An address of a business partner, with the contact person through whom it was found."""
    emails = sorted(row.to_EmailAddress.results, key=lambda one: not one.IsDefaultEmailAddress)
    phones = sorted(
        (*row.to_PhoneNumber.results, *row.to_MobilePhoneNumber.results), key=lambda one: not one.IsDefaultPhoneNumber
    )
    return Customer(
        number=number,
        name=row.FullName,
        email=next((one.EmailAddress.lower() for one in emails if one.EmailAddress), None),
        phone=next((found for found in (phone(one, country) for one in phones) if found), None),
        address=Address(
            address1=_street(row.StreetName, row.HouseNumber, row.Country),
            address2=row.StreetSuffixName,
            city=row.CityName,
            state=row.Region,
            country=row.Country,
            postcode=row.PostalCode,
        ),
        contact_name=contact_name,
    )


def phone(row: PhoneRow, country: str) -> str | None:
    """A number in E.164; None if it can't be dialled."""
    there = row.DestinationLocationCountry or country
    return e164(row.PhoneNumber, there) or e164(row.InternationalPhoneNumber, there)


def address(row: OrderAddressRow) -> Address:
    """Where an order goes."""
    return Address(
        address1=_street(row.StreetName, row.HouseNumber, row.Country),
        address2=row.StreetSuffixName1,
        city=row.CityName,
        state=row.Region,
        country=row.Country,
        postcode=row.PostalCode,
    )


def order(
    row: OrderRow,
    deliveries: Sequence[Delivery],
    articles: Mapping[str, Variant],
    address: Address,
    placed_at: datetime,
) -> Order:
    """An order, with the deliveries that were made of it."""
    number = values.plain(row.SalesOrder)
    items = sorted(row.to_Item.results, key=lambda item: values.position(item.SalesOrderItem))
    states = [line_status(item, number, deliveries) for item in items]
    status = order_status(states)
    shipments = [one.shipment(number) for one in deliveries if one.has_left]
    shipments.sort(key=lambda one: (one.shipped_at.timestamp() if one.shipped_at else 0.0, one.id))
    arrivals = [one.delivered_at for one in shipments if one.delivered_at]
    return Order(
        number=number,
        customer_number=values.plain(row.SoldToParty),
        placed_at=placed_at,
        status=status,
        lines=tuple(
            order_line(item, state, row.TransactionCurrency, articles)
            for item, state in zip(items, states, strict=True)
        ),
        shipments=tuple(shipments),
        promised_on=values.day(row.RequestedDeliveryDate),
        expected_on=max((on for item in items for on in _confirmed(item)), default=None),
        delivered_at=max(arrivals, default=None) if status is OrderStatus.DELIVERED else None,
        address=address,
    )


def _confirmed(item: ItemRow) -> list[date]:
    """The days for which an item is confirmed; none if it was rejected."""
    if item.SalesDocumentRjcnReason:
        return []
    return [on for line in item.to_ScheduleLine.results for on in [values.day(line.ConfirmedDeliveryDate)] if on]


def order_line(row: ItemRow, status: OrderStatus, currency: str, articles: Mapping[str, Variant]) -> OrderLine:
    """An item of an order; what it is called, and in which colour and size it comes, the catalogue knows."""
    article = articles.get(row.Material)
    return OrderLine(
        id=values.plain(row.SalesOrderItem),
        sku=row.Material,
        name=article.name if article else row.SalesOrderItemText,
        options=article.options if article else {},
        category=article.category if article else "",
        quantity=values.units(row.RequestedQuantity),
        price=_price(row.NetAmount, row.RequestedQuantity, currency),
        status=status,
    )


def returned(
    row: ReturnRow,
    articles: Mapping[str, Variant],
    reasons: Mapping[str, ReturnReason],
    created_at: datetime,
    return_by: date | None,
) -> Return:
    """A customer return.

    Args:
        reasons: By SAP's codes.
    """
    items = sorted(row.to_Item.results, key=lambda one: values.position(one.CustomerReturnItem))
    status = _return_status(row)
    is_paid_back = status is not ReturnStatus.REJECTED
    return Return(
        number=values.plain(row.CustomerReturn),
        customer_number=values.plain(row.SoldToParty),
        order_number=values.plain(next((one.ReferenceSDDocument for one in items), "")),
        lines=tuple(return_line(one, articles) for one in items),
        reason=next((reasons[one.ReturnReason] for one in items if one.ReturnReason in reasons), ReturnReason.OTHER),
        status=status,
        created_at=created_at,
        return_by=return_by,
        refund=money(row.TotalNetAmount, row.TransactionCurrency) if is_paid_back else None,
    )


def is_rejected(row: ReturnItemRow) -> bool:
    """Whether the company doesn't take it back."""
    return bool(row.SalesDocumentRjcnReason) or row.SDDocumentRejectionStatus == _ALL


def _return_status(row: ReturnRow) -> ReturnStatus:
    items = row.to_Item.results
    if row.OverallSDDocumentRejectionSts == _ALL or (items and all(map(is_rejected, items))):
        return ReturnStatus.REJECTED
    if row.OverallSDProcessStatus == _ALL:
        return ReturnStatus.REFUNDED
    is_here = any(one.ReturnsMaterialHasBeenReceived for one in items)
    return ReturnStatus.RECEIVED if is_here else ReturnStatus.ANNOUNCED


def return_line(row: ReturnItemRow, articles: Mapping[str, Variant]) -> ReturnLine:
    """An item of a return."""
    article = articles.get(row.Material)
    return ReturnLine(
        id=values.plain(row.ReferenceSDDocumentItem),
        sku=row.Material,
        name=article.name if article else row.CustomerReturnItemText,
        options=article.options if article else {},
        quantity=values.units(row.RequestedQuantity),
    )


def money(amount: Decimal, currency: str) -> Money | None:
    """A sum; SAP says zero where nothing was priced."""
    return Money(amount=amount, currency=currency) if amount and currency else None


def _price(net: Decimal, quantity: Decimal, currency: str) -> Money | None:
    return money(values.price(net, quantity), currency) if quantity else None


def _street(name: str, number: str, country: str) -> str:
    parts = (number, name) if country in _NUMBER_FIRST else (name, number)
    return " ".join(part for part in parts if part)

"""Turns SAP's records into ours, one function per record."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from middleware.erp.phones import same_number
from middleware.erp.sap import values
from middleware.erp.sap.rows import AddressRow, ItemRow, OrderAddressRow, PhoneRow, ReturnItemRow
from middleware.records import Address, Customer, Money, OrderLine, OrderStatus, ReturnLine, Variant

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
    return same_number(row.PhoneNumber, there) or same_number(row.InternationalPhoneNumber, there)


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

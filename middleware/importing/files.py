"""The files that can be imported, with their columns, in an order in which no file refers to a later one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from babel.numbers import get_territory_currencies

from middleware.crm.embedded import tables as crm
from middleware.erp.embedded import tables as erp
from middleware.importing import rows, values
from middleware.importing.rows import Made, Parents, Record
from middleware.settings import Settings

EMBEDDED = "embedded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a file.

    Attributes:
        read: Turns the text into the value, or raises `Wrong`.
        required: The column must be there and hold something in every line.
        empty: The value where nothing stands.
        refers_to: The file in whose lines the value must stand, as the id.
    """

    name: str
    read: Callable[[str], Any]
    required: bool = False
    empty: Any = None
    refers_to: File | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file that can be imported.

    Attributes:
        noun: What one of its lines is called.
        table: The table whose primary key is the file's key.
        key: The columns that tell its lines apart, in the order of the table's primary key.
        make: What the back office holds for a line; see `middleware.importing.rows`.
        lends: Columns of the table that lines of other files take over, where they refer to this one.
        required: It must be there and hold a line.
    """

    name: str
    noun: str
    table: sa.Table
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    make: Callable[[Record, Parents], Iterator[Made]]
    lends: tuple[str, ...] = ()
    required: bool = False

    @property
    def references(self) -> Iterator[tuple[str, File]]:
        """The columns that refer to a file, with that file."""
        for column in self.columns:
            if column.refers_to:
                yield column.name, column.refers_to


def files(settings: Settings) -> tuple[File, ...]:
    """All files, for a company in its country and zone."""
    employees = _employees()
    customers = _customers(settings, employees)
    products = _products(settings)
    warehouses = _warehouses()
    orders = _orders(settings, customers)
    invoices = _invoices(settings, customers, orders)
    return (
        employees,
        customers,
        products,
        warehouses,
        _stock(products, warehouses),
        _receipts(products, warehouses),
        orders,
        _order_lines(orders, products),
        invoices,
        _invoice_lines(invoices, products),
        _tickets(settings, customers),
    )


def _employees() -> File:
    return File(
        name="employees.csv",
        noun="employee",
        table=crm.employees,
        key=("email",),
        columns=(
            Column(name="email", read=values.email, required=True),
            Column(name="name", read=values.required_words, required=True),
        ),
        make=rows.employee,
    )


def _customers(settings: Settings, employees: File) -> File:
    return File(
        name="customers.csv",
        noun="customer",
        table=erp.customers,
        key=("id",),
        columns=(
            _id("id"),
            _words("name"),
            Column(name="email", read=values.email),
            Column(name="phone", read=values.phone(settings.company.country)),
            *_address(),
            Column(name="executive", read=values.email, refers_to=employees),
            _words("segment"),
        ),
        make=rows.customer,
        lends=rows.ADDRESS,
        required=settings.erp.system == EMBEDDED,
    )


def _products(settings: Settings) -> File:
    return File(
        name="products.csv",
        noun="product",
        table=erp.products,
        key=("sku",),
        columns=(
            _id("sku"),
            Column(name="product_id", read=values.identifier),
            _words("name"),
            _words("category"),
            Column(name="options", read=values.options, empty={}),
            Column(name="price", read=values.price),
            _currency(settings),
        ),
        make=rows.product,
        lends=("name", "price"),
        required=settings.erp.system != EMBEDDED,  # the catalogue of an ERP that knows articles by number alone
    )


def _warehouses() -> File:
    return File(
        name="warehouses.csv",
        noun="warehouse",
        table=erp.warehouses,
        key=("id",),
        columns=(
            _id("id"),
            _words("name"),
            Column(name="latitude", read=values.degrees(90)),
            Column(name="longitude", read=values.degrees(180)),
            Column(name="country", read=values.country, empty=""),
            _words("postcode"),
        ),
        make=rows.warehouse,
    )


def _stock(products: File, warehouses: File) -> File:
    return File(
        name="stock.csv",
        noun="stock level",
        table=erp.stock,
        key=("sku", "warehouse"),
        columns=(
            _id("sku", products),
            _id("warehouse", warehouses),
            Column(name="available", read=values.units, empty=0),
        ),
        make=rows.stock,
    )


def _receipts(products: File, warehouses: File) -> File:
    return File(
        name="receipts.csv",
        noun="receipt",
        table=erp.receipts,
        key=("id",),
        columns=(
            _id("id"),
            _id("sku", products),
            _id("warehouse", warehouses),
            Column(name="quantity", read=values.units, required=True),
            Column(name="expected_on", read=values.day, required=True),
        ),
        make=rows.receipt,
    )


def _orders(settings: Settings, customers: File) -> File:
    moment = values.moment(settings.zone)
    return File(
        name="orders.csv",
        noun="order",
        table=erp.orders,
        key=("order_id",),
        columns=(
            _id("order_id"),
            _id("customer_id", customers),
            Column(name="placed_at", read=moment, required=True),
            Column(name="status", read=values.status, required=True),
            Column(name="carrier", read=values.words),
            Column(name="tracking", read=values.words),
            Column(name="expected_at", read=values.day_or_moment(settings.zone)),
            Column(name="delivered_at", read=moment),
            *_address(),
        ),
        make=rows.order,
        lends=("status",),
    )


def _order_lines(orders: File, products: File) -> File:
    return File(
        name="order_lines.csv",
        noun="order line",
        table=erp.order_lines,
        key=("order_id", "line"),
        columns=(
            _id("order_id", orders),
            _id("line"),
            _id("sku", products),
            Column(name="quantity", read=values.units, empty=1),
            Column(name="price", read=values.price),
            Column(name="status", read=values.status),
        ),
        make=rows.order_line,
    )


def _invoices(settings: Settings, customers: File, orders: File) -> File:
    return File(
        name="invoices.csv",
        noun="invoice",
        table=erp.invoices,
        key=("invoice_id",),
        columns=(
            _id("invoice_id"),
            _id("customer_id", customers),
            Column(name="order_id", read=values.identifier, refers_to=orders),
            Column(name="issued_on", read=values.day, required=True),
            Column(name="due_on", read=values.day),
            Column(name="paid_on", read=values.day),
            _currency(settings),
        ),
        make=rows.invoice,
    )


def _invoice_lines(invoices: File, products: File) -> File:
    return File(
        name="invoice_lines.csv",
        noun="invoice line",
        table=erp.invoice_lines,
        key=("invoice_id", "line"),
        columns=(
            _id("invoice_id", invoices),
            _id("line"),
            Column(name="sku", read=values.identifier, refers_to=products),
            _words("description"),
            Column(name="quantity", read=values.units, empty=1),
            Column(name="price", read=values.amount, required=True),
            Column(name="tax_rate", read=values.price, empty=Decimal(0)),
        ),
        make=rows.invoice_line,
    )


def _tickets(settings: Settings, customers: File) -> File:
    moment = values.moment(settings.zone)
    return File(
        name="tickets.csv",
        noun="ticket",
        table=crm.tickets,
        key=("ticket_id",),
        columns=(
            _id("ticket_id"),
            _id("customer_id", customers),
            Column(name="subject", read=values.required_words, required=True),
            Column(name="opened_at", read=moment, required=True),
            Column(name="closed_at", read=moment),
            _words("comment"),
            Column(name="commented_at", read=moment),
            _words("author"),
        ),
        make=rows.ticket,
    )


def _currency(settings: Settings) -> Column:
    own = get_territory_currencies(settings.company.country)[0]
    return Column(name="currency", read=values.currency, empty=own)


def _id(name: str, refers_to: File | None = None) -> Column:
    return Column(name=name, read=values.identifier, required=True, refers_to=refers_to)


def _words(name: str) -> Column:
    return Column(name=name, read=values.words, empty="")


def _address() -> Iterator[Column]:
    for part in rows.ADDRESS:
        yield Column(name=part, read=values.country, empty="") if part == "country" else _words(part)

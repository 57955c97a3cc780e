"""The embedded back office's whole content as rows per table: what a reset lays and what tests begin with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from middleware.crm.embedded import tables as crm
from middleware.erp.embedded import tables as erp

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Data:
    """Rows by table; the names of a row's fields are the table's columns."""

    employees: Sequence[Row] = ()
    accounts: Sequence[Row] = ()
    contacts: Sequence[Row] = ()
    tickets: Sequence[Row] = ()
    ticket_comments: Sequence[Row] = ()
    customers: Sequence[Row] = ()
    customer_contacts: Sequence[Row] = ()
    products: Sequence[Row] = ()
    warehouses: Sequence[Row] = ()
    stock: Sequence[Row] = ()
    orders: Sequence[Row] = ()
    order_lines: Sequence[Row] = ()
    shipments: Sequence[Row] = ()
    shipment_lines: Sequence[Row] = ()
    invoices: Sequence[Row] = ()
    invoice_lines: Sequence[Row] = ()
    receipts: Sequence[Row] = ()
    reservations: Sequence[Row] = ()
    reservation_parts: Sequence[Row] = ()
    returns: Sequence[Row] = ()
    return_lines: Sequence[Row] = ()

    def by_table(self) -> Iterator[tuple[sa.Table, Sequence[Row]]]:
        """The rows with the table they belong to, in an order in which foreign keys are kept."""
        yield crm.employees, self.employees
        yield crm.accounts, self.accounts
        yield crm.contacts, self.contacts
        yield crm.tickets, self.tickets
        yield crm.ticket_comments, self.ticket_comments
        yield erp.customers, self.customers
        yield erp.customer_contacts, self.customer_contacts
        yield erp.products, self.products
        yield erp.warehouses, self.warehouses
        yield erp.stock, self.stock
        yield erp.orders, self.orders
        yield erp.order_lines, self.order_lines
        yield erp.shipments, self.shipments
        yield erp.shipment_lines, self.shipment_lines
        yield erp.invoices, self.invoices
        yield erp.invoice_lines, self.invoice_lines
        yield erp.receipts, self.receipts
        yield erp.reservations, self.reservations
        yield erp.reservation_parts, self.reservation_parts
        yield erp.returns, self.returns
        yield erp.return_lines, self.return_lines

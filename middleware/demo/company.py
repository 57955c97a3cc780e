"""Puts the demo company's data together around a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from middleware.demo import catalogue, customers, employees, generated, invoices, orders, returns, tickets
from middleware.demo.calendar import Calendar
from middleware.demo.data import Data
from middleware.records import Order


def demo_data(now: datetime, zone: ZoneInfo) -> Data:
    """Lays the demo company's data around a moment.

    Args:
        now: The moment, with its zone: nothing that has happened lies after it.
        zone: The company's zone, whose days and weeks count.
    """
    # As UTC: a day added to a moment in a zone is no 24 hours when the clocks change.
    calendar = Calendar(now.astimezone(timezone.utc), zone)
    return _as_rows(generated.fill(orders.told(calendar), calendar), calendar)


def _as_rows(placed: Sequence[Order], calendar: Calendar) -> Data:
    billed = invoices.all_invoices(placed, calendar)
    asked = tickets.told(calendar)
    sent_back = returns.all_returns(placed, calendar)
    return Data(
        employees=employees.employee_rows(),
        accounts=customers.account_rows(),
        contacts=customers.contact_rows(),
        tickets=tickets.ticket_rows(asked),
        ticket_comments=tickets.comment_rows(asked),
        customers=customers.customer_rows(),
        customer_contacts=customers.customer_contact_rows(),
        products=catalogue.product_rows(),
        warehouses=catalogue.warehouse_rows(),
        stock=catalogue.stock_rows(),
        orders=orders.order_rows(placed),
        order_lines=orders.line_rows(placed),
        shipments=orders.shipment_rows(placed),
        shipment_lines=orders.shipment_line_rows(placed),
        invoices=invoices.invoice_rows(billed),
        invoice_lines=invoices.line_rows(billed),
        receipts=catalogue.receipt_rows(calendar),
        returns=returns.return_rows(sent_back),
        return_lines=returns.line_rows(sent_back),
    )

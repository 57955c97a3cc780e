"""What the tests' shop holds for hand-overs to a person: a customer for every conversation, 2700 to 2749.

Each is Noor Handel with their number, lives in Albany, has the telephone +1 347 555 01… with the last two digits of it,
and an order of the same number plus 24,300 (2701 has 27001) that isn't packed yet. 2703 has a ticket, too, and 2708
another order, 27058.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from middleware.demo import Data

CUSTOMERS = range(2700, 2750)
ORDERS = {str(number + 24_300): number for number in CUSTOMERS} | {"27058": 2708}
TICKETS = {2703: ("T-650", "squeaky trolley")}


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    return Data(
        contacts=[_person(number) for number in CUSTOMERS],
        tickets=[_ticket(now, *ticket, str(number)) for number, ticket in TICKETS.items()],
        customers=[_customer(number) for number in CUSTOMERS],
        orders=[_order(now, *order) for order in ORDERS.items()],
        order_lines=[_line(number) for number in ORDERS],
    )


def phone(number: int) -> str:
    """The telephone of a customer."""
    return f"+1347555{number - 2600:04}"


def _reached_by(number: int) -> dict[str, str]:
    return {"email": f"handel{number}@example.com", "phone": phone(number)}


def _person(number: int) -> dict[str, Any]:
    name = {"first_name": "Noor", "last_name": f"Handel {number}"}
    return {"id": str(number), **name, "account_id": None, "erp_number": str(number), **_reached_by(number)}


def _customer(number: int) -> dict[str, Any]:
    return {"number": str(number), "name": f"Noor Handel {number}", **_reached_by(number), **_address()}


def _ticket(now: datetime, number: str, subject: str, contact: str) -> dict[str, Any]:
    opened = {"opened_at": now - timedelta(days=3), "closed_at": None}
    return {"number": number, "contact_id": contact, "subject": subject, **opened}


def _order(now: datetime, number: str, customer: int) -> dict[str, Any]:
    return {
        "number": number,
        "customer_number": str(customer),
        "placed_at": now - timedelta(days=1),
        "status": "placed",
        "promised_on": None,
        "expected_on": (now + timedelta(days=5)).date(),
        "delivered_at": None,
        **_address(),
    }


def _line(order_number: str) -> dict[str, Any]:
    order = {"order_number": order_number, "line": "1"}
    return {**order, "sku": "HDL-1", "quantity": 1, "price": Decimal("39.00"), "status": "placed"}


def _address() -> dict[str, str]:
    town = {"city": "Albany", "state": "NY", "country": "US", "postcode": "12207"}
    return {"address1": "9 Pearl Street", "address2": "", **town}

"""A small back office of the tests' own, so that no test depends on the demo.

Ada has an order in every state. Ben and Cora share a telephone. Dora acts for two companies, Emil for one whose
telephone is his own. Gil never ordered. Of Ada, Ben and Emil the CRM holds the number in the ERP. Ids are numbers,
because every vendor takes those.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from middleware.demo import Data
from middleware.demo.data import Row
from middleware.records import BEFORE_PACKING, OrderStatus

ADA = "+12015550110"
SHARED = "+12015550120"
ACME = "+12125550130"
DORA = "+12125550131"
GIL = "+12015550140"
NOBODY = "+12015550199"

PARTLY_SHIPPED_ORDER = "5005"
LONG_ORDER = "5020"
OLD_ORDER = "5000"
BENS_ORDER = "5030"
TO_BE_CHANGED = [f"504{place}" for place in range(8)]  # Ida's, none of them packed

LONG_ORDER_LINES = 11

_ARRIVED = {"5007": 7, "5008": 8, OLD_ORDER: 400}  # how many days ago it was placed, by number

_JACKET = {"sku": "BLU-JKT-M", "price": Decimal("189.99"), "currency": "USD"}
_TENT = {"sku": "TNT-2P", "price": Decimal("1234.50"), "currency": "USD"}
_PEG = {"sku": "TNT-PEG", "price": Decimal("0.05"), "currency": "USD"}
_MUG = {"sku": "MUG-EU", "price": Decimal("7.50"), "currency": "EUR"}


def backoffice(now: datetime) -> Data:
    """The back office as it is at a moment.

    Args:
        now: The moment, with its zone.
    """
    return Data(
        accounts=[{"id": "301", "name": "Acme Rentals"}],
        contacts=_contacts(),
        tickets=_tickets(now),
        ticket_comments=_comments(now),
        customers=_customers(),
        customer_contacts=_customer_contacts(),
        products=_products(),
        warehouses=[
            {
                "id": "EWR",
                "name": "Newark",
                "latitude": 40.7,
                "longitude": -74.2,
                "country": "US",
                "postcode": "07114",
            }
        ],
        stock=[
            {"sku": "BLU-JKT-M", "warehouse": "EWR", "available": 5},
            {"sku": "TNT-2P", "warehouse": "EWR", "available": 0},
        ],
        orders=_orders(now),
        order_lines=_lines(),
        shipments=_shipments(now),
        shipment_lines=_shipment_lines(),
        invoices=_invoices(now),
        invoice_lines=_invoice_lines(),
    )


def _contacts() -> list[Row]:
    rows = [
        ("101", "Ada", "Lovett", "ada@example.com", ADA, None, "1001"),
        ("102", "Ben", "Ortiz", "ben@example.com", SHARED, None, "1002"),
        ("103", "Cora", "Lindqvist", "cora@example.com", SHARED, None, None),
        ("104", "Dora", "Klein", "dora@example.com", DORA, "301", None),
        ("105", "Emil", "Novák", "emil@example.com", ACME, "301", "1004"),
        ("106", "Hugo", "Unreachable", None, None, None, None),
    ]
    names = ("id", "first_name", "last_name", "email", "phone", "account_id", "erp_number")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _tickets(now: datetime) -> list[Row]:
    rows = [
        ("901", "101", "Wi-Fi router", now - timedelta(days=9), None),
        ("902", "101", "Broken zip", now - timedelta(days=8), now - timedelta(days=7)),
        ("903", "101", "Wrong colour", now - timedelta(days=3), None),
        ("904", "101", "Only spoken of inside", now - timedelta(days=5), None),
        ("905", "102", "Late parcel", now - timedelta(days=1), None),
    ]
    names = ("number", "contact_id", "subject", "opened_at", "closed_at")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _comments(now: datetime) -> list[Row]:
    rows = [
        ("1", "901", "Ada Lovett", "It is dead.", True, now - timedelta(days=9)),
        ("3", "901", "Marco", "A new one is on its way.", True, now - timedelta(days=6)),
        ("2", "901", "Marco", "Have you tried another plug?", True, now - timedelta(days=8)),
        ("4", "901", "Marco", "Secret: the whole batch is bad.", False, now - timedelta(days=2)),
        ("5", "902", "Ada Lovett", "Mended, thanks.", True, now - timedelta(days=7)),
        ("6", "904", "Marco", "Secret: ask legal.", False, now - timedelta(days=4)),
        ("7", "905", "Ben Ortiz", "Where is it?", True, now - timedelta(days=1)),
    ]
    names = ("id", "ticket_number", "author", "body", "is_public", "written_at")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _customers() -> list[Row]:
    rows = [
        ("1001", "Ada Lovett", "ada@example.com", ADA, "48 Mercer Street", "Jersey City", "07302"),
        ("1002", "Ben Ortiz", "ben@example.com", SHARED, "1 First Avenue", "Newark", "07114"),
        ("1003", "Cora Lindqvist", "cora@example.com", SHARED, "2 Second Avenue", "Newark", "07114"),
        ("1004", "Acme Rentals", "office@example.com", ACME, "3 Third Avenue", "New York", "10014"),
        ("1005", "Borealis Tools", "borealis@example.com", None, "4 Fourth Avenue", "New York", "10014"),
        ("1008", "Ida Brandt", "ida@example.com", None, "6 Sixth Avenue", "Hoboken", "07030"),
        ("1006", "Gil Amari", "gil@example.com", GIL, "5 Fifth Avenue", "Hoboken", "07030"),
    ]
    names = ("number", "name", "email", "phone", "address1", "city", "postcode")
    place = {"address2": "", "state": "NJ", "country": "US"}
    return [{**dict(zip(names, row, strict=True)), **place} for row in rows]


def _customer_contacts() -> list[Row]:
    rows = [
        ("1", "1004", "Dora Klein", "dora@example.com", DORA),
        ("2", "1004", "Emil Novák", "emil@example.com", ACME),
        ("3", "1004", "Fay Osei", "fay@example.com", None),
        ("4", "1005", "Dora Klein", "dora@example.com", DORA),
    ]
    names = ("id", "customer_number", "name", "email", "phone")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _products() -> list[Row]:
    # The size stands before the colour: the order of the options is the ERP's, not the alphabet's.
    return [
        {
            **_JACKET,
            "product_id": "JKT",
            "name": "alpine jacket",
            "category": "clothing",
            "options": {"size": "M", "colour": "blue"},
        },
        {**_TENT, "product_id": "TNT", "name": "tent", "category": "camping", "options": {}},
        {**_PEG, "product_id": "PEG", "name": "tent peg", "category": "clearance", "options": {}},
        {**_MUG, "product_id": "MUG", "name": "enamel mug", "category": "drinkware", "options": {}},
    ]


def _orders(now: datetime) -> list[Row]:
    """Ada's, one in each state: 5001, a day old, has the first one; then a very old one, a long one, and Ben's."""
    rows = [
        _order(f"50{position:02}", "1001", now - timedelta(days=position), status, now)
        for position, status in enumerate(OrderStatus, start=1)
    ]
    rows.append(_order(OLD_ORDER, "1001", now - timedelta(days=400), OrderStatus.DELIVERED, now))
    rows.append(_order(LONG_ORDER, "1004", now - timedelta(days=2), OrderStatus.PLACED, now))
    rows.append(_order(BENS_ORDER, "1002", now - timedelta(days=3), OrderStatus.PLACED, now))
    rows += [
        _order(number, "1008", now - timedelta(days=2), BEFORE_PACKING[place % len(BEFORE_PACKING)], now)
        for place, number in enumerate(TO_BE_CHANGED)
    ]
    return rows


def _order(number: str, customer: str, placed_at: datetime, status: OrderStatus, now: datetime) -> Row:
    arrived = status in (OrderStatus.DELIVERED, OrderStatus.RETURNED)
    late = timedelta(days=4 if status is OrderStatus.DELAYED else 0)
    return {
        "number": number,
        "customer_number": customer,
        "placed_at": placed_at,
        "status": status.value,
        "promised_on": now.date(),
        "expected_on": None if status is OrderStatus.CANCELLED else now.date() + late,
        "delivered_at": _arrival(placed_at) if arrived else None,
        "address1": "48 Mercer Street",
        "address2": "Apt 3B",
        "city": "Jersey City",
        "state": "NJ",
        "country": "US",
        "postcode": "07302",
    }


def _arrival(placed_at: datetime) -> datetime:
    return placed_at + timedelta(hours=30)


def _lines() -> list[Row]:
    rows = [
        _line(f"50{position:02}", "1", _JACKET, 1, status)
        for position, status in enumerate(OrderStatus, start=1)
        if status is not OrderStatus.PARTLY_SHIPPED
    ]
    rows.append(_line(OLD_ORDER, "1", _TENT, 1, OrderStatus.DELIVERED))
    rows.append(_line(BENS_ORDER, "1", _MUG, 2, OrderStatus.PLACED))
    rows += [
        _line(number, line, product, 1, OrderStatus.PLACED)
        for number in TO_BE_CHANGED
        for line, product in (("1", _JACKET), ("2", _MUG))
    ]
    rows += [
        _line(PARTLY_SHIPPED_ORDER, "1", _JACKET, 2, OrderStatus.DELIVERED),
        _line(PARTLY_SHIPPED_ORDER, "2", _PEG, 50, OrderStatus.PARTLY_SHIPPED),
        _line(PARTLY_SHIPPED_ORDER, "3", _TENT, 1, OrderStatus.PICKING),
    ]
    # The quantity is the line's number, so that their order shows.
    rows += [
        _line(LONG_ORDER, str(number), _PEG, number, OrderStatus.PLACED) for number in range(1, LONG_ORDER_LINES + 1)
    ]
    return rows


def _line(order: str, line: str, product: Row, quantity: int, status: OrderStatus) -> Row:
    return {
        "order_number": order,
        "line": line,
        "sku": product["sku"],
        "quantity": quantity,
        "price": product["price"],
        "status": status.value,
    }


def _shipments(now: datetime) -> list[Row]:
    first = now - timedelta(days=4)
    return [
        *(_whole_order(number, now - timedelta(days=days)) for number, days in _ARRIVED.items()),
        _shipment("7001", PARTLY_SHIPPED_ORDER, first, "UPS", "1Z 999", first + timedelta(days=1)),
        _shipment("7002", PARTLY_SHIPPED_ORDER, now - timedelta(days=2), "FedEx", "7712 3456 0098", None),
        # A parcel of which the ERP doesn't say who carries it.
        _shipment("7003", "5004", now - timedelta(days=1), None, None, None),
    ]


def _whole_order(number: str, placed_at: datetime) -> Row:
    return _shipment(f"7{number}", number, placed_at + timedelta(hours=6), "UPS", "1Z 111", _arrival(placed_at))


def _shipment(
    id_: str,
    order: str,
    shipped_at: datetime,
    carrier: str | None,
    tracking: str | None,
    delivered_at: datetime | None,
) -> Row:
    return {
        "id": id_,
        "order_number": order,
        "carrier": carrier,
        "tracking": tracking,
        "shipped_at": shipped_at,
        "expected_on": (shipped_at + timedelta(days=3)).date(),
        "delivered_at": delivered_at,
    }


def _shipment_lines() -> list[Row]:
    return [
        *({"shipment_id": f"7{number}", "line": "1", "quantity": 1} for number in _ARRIVED),
        {"shipment_id": "7001", "line": "1", "quantity": 2},
        {"shipment_id": "7001", "line": "2", "quantity": 20},
        {"shipment_id": "7002", "line": "2", "quantity": 10},
        {"shipment_id": "7003", "line": "1", "quantity": 1},
    ]


def _invoices(now: datetime) -> list[Row]:
    issued_on = (now - timedelta(days=4)).date()
    return [
        {
            "number": "8001",
            "customer_number": "1001",
            "order_number": PARTLY_SHIPPED_ORDER,
            "issued_on": issued_on,
            "due_on": issued_on + timedelta(days=30),
            "paid_on": None,
            "currency": "USD",
        }
    ]


def _invoice_lines() -> list[Row]:
    return [
        {
            "invoice_number": "8001",
            "line": "1",
            "sku": "BLU-JKT-M",
            "description": "alpine jacket, blue, M",
            "quantity": 2,
            "price": Decimal("189.99"),
            "tax_rate": Decimal("6.625"),
        }
    ]

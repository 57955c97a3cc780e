"""What the tests' shop holds for what can be sent back: each customer is good for one kind of question.

What is outdoor goods can go back for thirty days, electronics for fourteen, and clearance never.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from middleware.demo import Data

# In the order of their customer numbers from 2400, and of their phones from +1 305 555 0100.
PEOPLE = (
    *("Rhea", "Finn", "Gina", "Hugo", "Iris", "Jack", "Kira", "Liam", "Mona", "Nils", "Olga", "Pete", "Rolf", "Skye"),
    *("Theo", "Ursa", "Vito", "Wren", "Xavi", "Yuki", "Zara", "Abel", "Bryn", "Cleo", "Dale", "Esme"),
)

# sku: name, options, category, price
PRODUCTS: dict[str, tuple[str, dict[str, str], str, str]] = {
    "RT-PRK-M": ("winter parka", {"colour": "blue", "size": "M"}, "outdoor", "240.00"),
    "RT-PRK-L": ("winter parka", {"colour": "red", "size": "L"}, "outdoor", "240.00"),
    "RT-LNT": ("camping lantern", {}, "outdoor", "35.50"),
    "RT-HMK": ("hammock", {"colour": "green"}, "outdoor", "64.90"),
    "RT-SPK": ("travel speaker", {"colour": "black"}, "electronics", "89.00"),
    "RT-SCF": ("wool scarf", {"colour": "grey"}, "clearance", "12.00"),
}

# number, whose, days ago it was placed, days ago it arrived (None: it is on its way), lines
ORDERS: list[tuple[str, str, int, int | None, list[tuple[str, int]]]] = [
    ("24000", "Rhea", 6, 5, [("RT-PRK-M", 1)]),
    ("24001", "Finn", 12, 10, [("RT-PRK-M", 1), ("RT-PRK-L", 1)]),
    ("24002", "Finn", 6, 4, [("RT-LNT", 2)]),
    ("24003", "Skye", 9, 7, [("RT-LNT", 2), ("RT-HMK", 1)]),
    ("24005", "Gina", 50, 45, [("RT-HMK", 1)]),
    ("24006", "Hugo", 9, 8, [("RT-SCF", 1)]),
    ("24007", "Hugo", 17, 15, [("RT-SPK", 1)]),
    ("24008", "Iris", 3, None, [("RT-HMK", 1)]),
    ("24009", "Kira", 40, 38, [("RT-HMK", 1), ("RT-LNT", 1), ("RT-PRK-M", 1)]),
    ("24010", "Liam", 30, 28, [("RT-SPK", 1)]),
    ("24011", "Mona", 12, 10, [("RT-HMK", 1)]),
    ("24012", "Nils", 30, 28, [("RT-PRK-L", 1)]),
    ("24013", "Olga", 12, 10, [("RT-LNT", 3)]),
    ("24014", "Pete", 8, 6, [("RT-HMK", 1)]),
    ("24015", "Pete", 2, None, [("RT-LNT", 1)]),
    ("24016", "Rolf", 8, 6, [("RT-PRK-M", 1)]),
    ("24017", "Theo", 8, 6, [("RT-SPK", 1)]),
    ("24018", "Ursa", 8, 6, [("RT-HMK", 1)]),
    ("24019", "Vito", 12, 10, [("RT-LNT", 4)]),
    ("24020", "Wren", 8, 6, [("RT-PRK-L", 1)]),
    ("24021", "Xavi", 8, 6, [("RT-HMK", 1)]),
    ("24022", "Yuki", 12, 10, [("RT-PRK-M", 1), ("RT-PRK-L", 1)]),
    ("24023", "Zara", 8, 6, [("RT-PRK-M", 1)]),
    ("24024", "Abel", 8, 6, [("RT-HMK", 1)]),
    ("24025", "Bryn", 8, 6, [("RT-LNT", 1)]),
    ("24026", "Cleo", 8, 6, [("RT-PRK-M", 1)]),
    ("24027", "Dale", 8, 6, [("RT-LNT", 1)]),
    ("24028", "Esme", 8, 6, [("RT-HMK", 1)]),
]

# number, order, line, units, status, days ago it was announced, came in, was paid back
RETURNS: list[tuple[str, str, str, int, str, int, int | None, int | None]] = [
    ("R-1001", "24009", "1", 1, "refunded", 30, 25, 21),
    ("R-1002", "24009", "2", 1, "received", 12, 3, None),
    ("R-1003", "24009", "3", 1, "announced", 9, None, None),
    ("R-1004", "24010", "1", 1, "refunded", 20, 12, 9),
    ("R-1005", "24011", "1", 1, "announced", 2, None, None),
    ("R-1006", "24012", "1", 1, "rejected", 20, 12, None),
    ("R-1007", "24013", "1", 1, "announced", 4, None, None),
]

PLACE = {
    "address1": "9 Bay Road",
    "address2": "",
    "city": "Newark",
    "state": "NJ",
    "country": "US",
    "postcode": "07102",
}


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    numbers = {name: str(2400 + place) for place, name in enumerate(PEOPLE)}
    return Data(
        contacts=[
            {
                "id": numbers[name],
                "first_name": name,
                "last_name": "Moor",
                "email": f"{name.lower()}@example.com",
                "phone": phone(name),
                "account_id": None,
                "erp_number": numbers[name],
            }
            for name in PEOPLE
        ],
        customers=[
            {
                "number": numbers[name],
                "name": f"{name} Moor",
                "email": f"{name.lower()}@example.com",
                "phone": phone(name),
                **PLACE,
            }
            for name in PEOPLE
        ],
        products=[
            {
                "sku": sku,
                "product_id": name,
                "name": name,
                "category": category,
                "options": options,
                "price": Decimal(price),
                "currency": "USD",
            }
            for sku, (name, options, category, price) in PRODUCTS.items()
        ],
        orders=[
            {
                "number": number,
                "customer_number": numbers[whose],
                "placed_at": now - timedelta(days=placed),
                "status": _status(arrived),
                "promised_on": None,
                "expected_on": None if arrived is not None else (now + timedelta(days=2)).date(),
                "delivered_at": None if arrived is None else now - timedelta(days=arrived),
                **PLACE,
            }
            for number, whose, placed, arrived, _ in ORDERS
        ],
        order_lines=[
            {
                "order_number": number,
                "line": str(place),
                "sku": sku,
                "quantity": quantity,
                "price": Decimal(PRODUCTS[sku][3]),
                "status": _status(arrived),
            }
            for number, _, _, arrived, lines in ORDERS
            for place, (sku, quantity) in enumerate(lines, start=1)
        ],
        returns=list(_returns(now)),
        return_lines=[
            {"return_number": number, "line": line, "quantity": units} for number, _, line, units, *_ in RETURNS
        ],
    )


def phone(name: str) -> str:
    """A customer's telephone."""
    return f"+13055550{100 + PEOPLE.index(name)}"


def _status(arrived: int | None) -> str:
    return "shipped" if arrived is None else "delivered"


def _returns(now: datetime) -> Iterator[dict[str, Any]]:
    bought = {number: lines for number, _, _, _, lines in ORDERS}
    for number, order, line, units, status, announced, came, paid in RETURNS:
        sku = bought[order][int(line) - 1][0]
        yield {
            "number": number,
            "key": None,
            "order_number": order,
            "reason": "too_small",
            "words": "",
            "status": status,
            "created_at": now - timedelta(days=announced),
            "return_by": (now - timedelta(days=announced) + timedelta(days=20)).date(),
            "received_on": None if came is None else (now - timedelta(days=came)).date(),
            "refund": Decimal(PRODUCTS[sku][3]) * units,
            "currency": "USD",
            "refunded_on": None if paid is None else (now - timedelta(days=paid)).date(),
        }

"""What the tests' shop holds for orders that can be changed: a customer for every conversation, 2300 and on.

Each has an order of the same number plus 20,700 (2301 has 23001), unless it is said otherwise below. A storm anorak
comes in three colours, of which black is dearer, and four sizes; in green, XL is sold out. Of the large merino gloves
few are left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from middleware.demo import Data

WAREHOUSE = "CMD"
ANORAK = {
    f"{colour[:3].upper()}-ANO-{size}": ("ANO", "storm anorak", {"colour": colour, "size": size}, price)
    for colour, price in (("blue", "149.00"), ("green", "149.00"), ("black", "169.00"))
    for size in ("S", "M", "L", "XL")
}
GLOVES = {
    f"GRY-GLV-{size}": ("GLV", "merino gloves", {"colour": "grey", "size": size}, "29.50") for size in ("S", "M", "L")
}
CLOGS = {f"CLG-{size}": ("CLG", "camp clogs", {"size": size}, "45.00") for size in ("8", "9", "10", "11")}
PRODUCTS = {**ANORAK, **GLOVES, **CLOGS, "OIL-LNT": ("OIL-LNT", "oil lantern", {}, "24.00")}
FREE = dict.fromkeys(PRODUCTS, 40) | {"GRE-ANO-XL": 0, "GRY-GLV-L": 2}

SENT = ("shipped", "delivered")
L = "GRE-ANO-L"
# The orders of each customer: number, status, lines (article and units). Placed two days ago, and one more for each.
ORDERS: dict[int, list[tuple[str, str, list[tuple[str, int]]]]] = {
    **{number: [(str(number + 20_700), "placed", [(L, 1)])] for number in range(2300, 2340)},
    2304: [("23004", "placed", [("OIL-LNT", 1)])],
    2307: [("23007", "picking", [(L, 1), ("GRY-GLV-M", 2)])],
    2308: [("23008", "placed", [("OIL-LNT", 2)])],
    2309: [("23009", "placed", [("CLG-9", 1)]), ("23049", "delayed", [(L, 1), ("GRY-GLV-M", 1)])],
    2312: [("23012", "placed", [("GRY-GLV-L", 1)])],
    2313: [("23013", "packed", [(L, 1)])],
    2315: [("23015", "placed", [(L, 1)]), ("23055", "shipped", [("OIL-LNT", 1)])],
    2318: [("23018", "delivered", [(L, 1)])],
    2321: [],
    2322: [("23022", "placed", [(L, 1), ("OIL-LNT", 1)])],
    2325: [("23025", "placed", [("CLG-9", 2)])],
}


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    orders = [
        (str(customer), number, status, now - timedelta(days=2 + place), lines)
        for customer, theirs in ORDERS.items()
        for place, (number, status, lines) in enumerate(theirs)
    ]
    return Data(
        contacts=[_person(number) for number in ORDERS],
        customers=[_customer(number) for number in ORDERS],
        products=[_product(sku) for sku in PRODUCTS],
        warehouses=[_warehouse()],
        stock=[{"sku": sku, "warehouse": WAREHOUSE, "available": units} for sku, units in FREE.items()],
        orders=[_order(customer, number, status, placed) for customer, number, status, placed, _ in orders],
        order_lines=[
            _line(number, str(place), sku, quantity, status)
            for _, number, status, _, lines in orders
            for place, (sku, quantity) in enumerate(lines, start=1)
        ],
        shipments=[_shipment(number, status, placed) for _, number, status, placed, _ in orders if status in SENT],
        shipment_lines=[
            {"shipment_id": f"C-{number}", "line": str(place), "quantity": quantity}
            for _, number, status, _, lines in orders
            if status in SENT
            for place, (_, quantity) in enumerate(lines, start=1)
        ],
    )


def phone(number: int) -> str:
    """The telephone of a customer."""
    return f"+1202555{number - 2200:04}"


def _person(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "first_name": "Kit",
        "last_name": f"Changer {number}",
        "email": f"customer{number}@example.com",
        "phone": phone(number),
        "account_id": None,
        "erp_number": str(number),
    }


def _customer(number: int) -> dict[str, Any]:
    reached = {"email": f"customer{number}@example.com", "phone": phone(number)}
    return {"number": str(number), "name": f"Kit Changer {number}", **reached, **_address()}


def _product(sku: str) -> dict[str, Any]:
    product, name, options, price = PRODUCTS[sku]
    kind = {"sku": sku, "product_id": product, "name": name, "category": "outdoor"}
    return {**kind, "options": options, "price": Decimal(price), "currency": "USD"}


def _warehouse() -> dict[str, Any]:
    place = {"latitude": 39.94, "longitude": -75.12, "country": "US", "postcode": "08102"}
    return {"id": WAREHOUSE, "name": "Camden", **place}


def _order(customer: str, number: str, status: str, placed: datetime) -> dict[str, Any]:
    has_arrived = status == "delivered"
    return {
        "number": number,
        "customer_number": customer,
        "placed_at": placed,
        "status": status,
        "promised_on": None,
        "expected_on": None if has_arrived else (placed + timedelta(days=7)).date(),
        "delivered_at": placed + timedelta(days=1) if has_arrived else None,
        **_address(),
    }


def _line(order: str, line: str, sku: str, quantity: int, status: str) -> dict[str, Any]:
    price = Decimal(PRODUCTS[sku][3])
    return {"order_number": order, "line": line, "sku": sku, "quantity": quantity, "price": price, "status": status}


def _shipment(order: str, status: str, sent: datetime) -> dict[str, Any]:
    return {
        "id": f"C-{order}",
        "order_number": order,
        "carrier": "UPS",
        "tracking": f"1Z C {order}",
        "shipped_at": sent,
        "expected_on": None,
        "delivered_at": sent + timedelta(days=1) if status == "delivered" else None,
    }


def _address() -> dict[str, str]:
    return {
        "address1": "27 Grove Street",
        "address2": "",
        "city": "Stamford",
        "state": "CT",
        "country": "US",
        "postcode": "06901",
    }

"""What the tests' shop holds for orders that can be changed: a customer for every conversation, 2300 and on.

Each has an order of the same number plus 20,700 (2301 has 23001), unless it is said otherwise below. A storm anorak
comes in three colours, of which black is dearer, and four sizes; in green, XL is sold out. Of merino gloves there are
few.
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
    data = Data()
    data.warehouses.append(
        {
            "id": WAREHOUSE,
            "name": "Camden",
            "latitude": 39.94,
            "longitude": -75.12,
            "country": "US",
            "postcode": "08102",
        }
    )
    for sku, (product, name, options, price) in PRODUCTS.items():
        data.products.append(
            {
                "sku": sku,
                "product_id": product,
                "name": name,
                "category": "outdoor",
                "options": options,
                "price": Decimal(price),
                "currency": "USD",
            }
        )
        data.stock.append({"sku": sku, "warehouse": WAREHOUSE, "available": FREE[sku]})
    for number, theirs in ORDERS.items():
        _add_customer(data, number)
        for place, (order, status, lines) in enumerate(theirs):
            _add_order(data, now - timedelta(days=2 + place), str(number), order, status, lines)
    return data


def phone(number: int) -> str:
    """The telephone of a customer."""
    return f"+1202555{number - 2200:04}"


def _add_customer(data: Data, number: int) -> None:
    person = {"email": f"customer{number}@example.com", "phone": phone(number)}
    data.contacts.append(
        {
            "id": str(number),
            "first_name": "Kit",
            "last_name": f"Changer {number}",
            "account_id": None,
            "erp_number": str(number),
            **person,
        }
    )
    data.customers.append({"number": str(number), "name": f"Kit Changer {number}", **person, **_address()})


def _add_order(
    data: Data, placed: datetime, customer: str, number: str, status: str, lines: list[tuple[str, int]]
) -> None:
    arrived = placed + timedelta(days=1)
    data.orders.append(
        {
            "number": number,
            "customer_number": customer,
            "placed_at": placed,
            "status": status,
            "promised_on": None,
            "expected_on": None if status == "delivered" else (placed + timedelta(days=7)).date(),
            "delivered_at": arrived if status == "delivered" else None,
            **_address(),
        }
    )
    for place, (sku, quantity) in enumerate(lines, start=1):
        data.order_lines.append(_line(number, str(place), sku, quantity, status))
    if status in ("shipped", "delivered"):
        _add_shipment(data, placed, number, lines, arrived if status == "delivered" else None)


def _line(order: str, line: str, sku: str, quantity: int, status: str) -> dict[str, Any]:
    price = Decimal(PRODUCTS[sku][3])
    return {"order_number": order, "line": line, "sku": sku, "quantity": quantity, "price": price, "status": status}


def _add_shipment(
    data: Data, sent: datetime, order: str, lines: list[tuple[str, int]], arrived: datetime | None
) -> None:
    data.shipments.append(
        {
            "id": f"C-{order}",
            "order_number": order,
            "carrier": "UPS",
            "tracking": f"1Z C {order}",
            "shipped_at": sent,
            "expected_on": None,
            "delivered_at": arrived,
        }
    )
    for place, (_, quantity) in enumerate(lines, start=1):
        data.shipment_lines.append({"shipment_id": f"C-{order}", "line": str(place), "quantity": quantity})


def _address() -> dict[str, str]:
    return {
        "address1": "27 Grove Street",
        "address2": "",
        "city": "Stamford",
        "state": "CT",
        "country": "US",
        "postcode": "06901",
    }

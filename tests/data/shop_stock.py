"""What the tests' shop holds for warehouses, stock and those who ask for it: a customer for every conversation.

They are 2500 to 2549, live in Jersey City (2510 and 2511 in Reno), and have the telephone +1 404 555 01… with their
number's last two digits. What one conversation holds, no other one asks for.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from middleware.demo import Data

CUSTOMERS = range(2500, 2550)
IN_RENO = (2510, 2511)

# id, name, latitude, longitude, postcode
WAREHOUSES = [
    ("NWK1", "Newark", 40.7357, -74.1724, "07114"),
    ("CMB1", "Columbus", 39.9612, -82.9988, "43207"),
    ("RNO1", "Reno", 39.5296, -119.8138, "89506"),
]

PLACES = [one[0] for one in WAREHOUSES]

# SKU: name, free units in Newark, Columbus and Reno
ARTICLES: dict[str, tuple[str, int, int, int]] = {
    "TRV-BTL-750": ("750 ml travel bottle", 820, 310, 210),
    "TRV-BTL-500": ("500 ml travel bottle", 90, 40, 0),
    "CMP-MUG-350": ("350 ml camp mug", 820, 310, 210),
    "VAC-FLK-1L": ("1 l vacuum flask", 820, 310, 210),
    "PCK-TWL-90": ("packable towel", 200, 150, 50),
    "SNW-BRS-2": ("snow brush", 20, 10, 0),
    "ICE-AXE-55": ("ice axe", 0, 0, 0),
    "ICE-CRM-10": ("crampons", 0, 0, 0),
    "CAR-BNR-8": ("carabiner", 10, 600, 0),
    "STF-SCK-05": ("stuff sack", 1200, 500, 200),
    "BUG-NET-2": ("bug net", 400, 300, 100),
    "FIR-STR-1": ("fire starter", 400, 300, 100),
    "BVY-BAG-1": ("bivvy bag", 400, 300, 100),
    "CMP-CHR-4": ("folding chair", 400, 300, 100),
    "WTR-FLT-3": ("water filter", 400, 300, 100),
    "PNC-HOT-6": ("poncho", 400, 300, 100),
    "GRD-SHT-7": ("ground sheet", 1200, 300, 100),
    "TRK-UMB-9": ("trekking umbrella", 400, 300, 100),
    "SUN-SHD-2": ("sun shade", 400, 300, 100),
    "KND-ROP-5": ("kernmantle rope", 400, 300, 100),
    "MAP-CSE-4": ("map case", 400, 300, 100),
    "CMP-OVN-3": ("camp oven", 400, 300, 100),
}

# A product in two colours and sizes: colour and size, and the units in Newark.
RAIN_CAPE = {
    ("teal", "S"): 0,
    ("teal", "M"): 14,
    ("teal", "L"): 9,
    ("maroon", "M"): 0,
    ("maroon", "L"): 31,
}

# What comes in: SKU, warehouse, units, in how many days
RECEIPTS = [("SNW-BRS-2", "NWK1", 500, 12), ("ICE-AXE-55", "CMB1", 40, 9), ("ICE-AXE-55", "NWK1", 60, 20)]


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    alone = {sku: (sku, name, {}, dict(zip(PLACES, free, strict=True))) for sku, (name, *free) in ARTICLES.items()}
    capes = {
        f"{colour[:3].upper()}-CPE-{size}": ("CPE", "rain cape", {"colour": colour, "size": size}, {"NWK1": units})
        for (colour, size), units in RAIN_CAPE.items()
    }
    articles = alone | capes
    return Data(
        contacts=[_person(number) for number in CUSTOMERS],
        customers=[_customer(number) for number in CUSTOMERS],
        products=[_product(sku, *article[:3]) for sku, article in articles.items()],
        warehouses=[_warehouse(*one) for one in WAREHOUSES],
        stock=[
            {"sku": sku, "warehouse": warehouse, "available": units}
            for sku, (*_, free) in articles.items()
            for warehouse, units in free.items()
        ],
        receipts=[
            {"id": f"S-{place}", "sku": sku, "warehouse": warehouse, "quantity": units, "expected_on": _day(now, days)}
            for place, (sku, warehouse, units, days) in enumerate(RECEIPTS)
        ],
        orders=[_order(now)],
        order_lines=[
            {
                "order_number": "25000",
                "line": "1",
                "sku": "TEA-CPE-M",
                "quantity": 1,
                "price": Decimal("59.00"),
                "status": "shipped",
            }
        ],
    )


def _day(now: datetime, days: int) -> date:
    return (now + timedelta(days=days)).date()


def _product(sku: str, product: str, name: str, options: dict[str, str]) -> dict[str, Any]:
    price = {"price": Decimal("24.00"), "currency": "USD"}
    return {"sku": sku, "product_id": product, "name": name, "category": "outdoor", "options": options, **price}


def _warehouse(id_: str, name: str, latitude: float, longitude: float, postcode: str) -> dict[str, Any]:
    place = {"latitude": latitude, "longitude": longitude, "country": "US", "postcode": postcode}
    return {"id": id_, "name": name, **place}


def _person(number: int) -> dict[str, Any]:
    name = {"first_name": "Robin", "last_name": f"Keeper {number}"}
    return {"id": str(number), **name, "account_id": None, "erp_number": str(number), **_reached_by(number)}


def _customer(number: int) -> dict[str, Any]:
    return {"number": str(number), "name": f"Robin Keeper {number}", **_reached_by(number), **_address(number)}


def _reached_by(number: int) -> dict[str, str]:
    return {"email": f"keeper{number}@example.com", "phone": f"+1404555{number - 2400:04}"}


def _order(now: datetime) -> dict[str, Any]:
    return {
        "number": "25000",
        "customer_number": "2512",
        "placed_at": now - timedelta(days=2),
        "status": "shipped",
        "promised_on": None,
        "expected_on": _day(now, 3),
        "delivered_at": None,
        **_address(2512),
    }


def _address(number: int) -> dict[str, str]:
    if number in IN_RENO:
        town = {"address1": "12 Sierra Street", "city": "Reno", "state": "NV", "postcode": "89501"}
    else:
        town = {"address1": "48 Mercer Street", "city": "Jersey City", "state": "NJ", "postcode": "07302"}
    return {"address2": "", "country": "US", **town}

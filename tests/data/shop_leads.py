"""What the tests' shop holds for those who want to buy: the people who get leads, and customers who are known already.

Customers are 2620 to 2649, and have the telephone +1 617 555 01… with their number's last two digits. Ivy is nobody's;
Jules has an account executive of his own; Kurt acts for a company, whose executive is another; Lena holds something.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from middleware.demo import Data

COMPANY = "2690"
DANA, BEN, LUC = (f"{name}@fernhill.example" for name in ("dana.whitfield", "ben.castellano", "luc.tremblay"))

EMPLOYEES = {
    DANA: "Dana Whitfield",
    "omar.haddad@fernhill.example": "Omar Haddad",
    "ruth.okafor@fernhill.example": "Ruth Okafor",
    BEN: "Ben Castellano",
    LUC: "Luc Tremblay",
    "sales@fernhill.example": "the sales team",
}

# number: first name, last name, account, own executive
PEOPLE: dict[int, tuple[str, str, str | None, str | None]] = {
    2620: ("Ivy", "Sloan", None, None),
    2621: ("Jules", "Marchetti", None, BEN),
    2622: ("Kurt", "Lindgren", COMPANY, None),
    2623: ("Lena", "Ostrow", None, None),
    2624: ("Milo", "Varga", None, None),
}
ARTICLE, WAREHOUSE, UNITS = "LED-TRP-4", "NWK1", 400


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    return Data(
        employees=[{"email": email, "name": name, "is_active": True} for email, name in EMPLOYEES.items()],
        accounts=[{"id": COMPANY, "name": "Lindgren Lodges", "executive": LUC}],
        contacts=[_contact(number) for number in PEOPLE],
        customers=[_customer(number) for number in PEOPLE],
        products=[
            {
                "sku": ARTICLE,
                "product_id": ARTICLE,
                "name": "trekking tarp",
                "category": "outdoor",
                "options": {},
                "price": Decimal("64.00"),
                "currency": "USD",
            }
        ],
        stock=[{"sku": ARTICLE, "warehouse": WAREHOUSE, "available": UNITS}],
    )


def phone(number: int) -> str:
    """A customer's telephone."""
    return f"+1617555{number - 2500:04}"


def _contact(number: int) -> dict[str, Any]:
    first, last, account, executive = PEOPLE[number]
    return {
        "id": str(number),
        "first_name": first,
        "last_name": last,
        "email": f"{first.lower()}{number}@example.com",
        "phone": phone(number),
        "account_id": account,
        "erp_number": str(number),
        "executive": executive,
    }


def _customer(number: int) -> dict[str, Any]:
    first, last, *_ = PEOPLE[number]
    return {
        "number": str(number),
        "name": f"{first} {last}",
        "email": f"{first.lower()}{number}@example.com",
        "phone": phone(number),
        "address1": "48 Mercer Street",
        "address2": "",
        "city": "Jersey City",
        "state": "NJ",
        "country": "US",
        "postcode": "07302",
    }

"""What the tests' shop holds for invoices and those who owe them: each customer is good for one kind of question.

Ivy gets an invoice a month, on the 14th; the newest is last month's. Olaf owes two, one of them overdue; Uma owes in
two currencies. Petra has a single one. Nell's only order isn't billed yet. Max has forty. Tom has one for each of two
shipped orders, and an order that isn't shipped. Lena acts for two companies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from middleware.demo import Data

MANY = 40

# contact, customer, first and last name, phone
PEOPLE = {
    "ivy": ("2600", "2600", "Ivy", "Lake", "+16025550100"),
    "olaf": ("2601", "2601", "Olaf", "Brandt", "+16025550101"),
    "nell": ("2602", "2602", "Nell", "Ames", "+16025550102"),
    "max": ("2603", "2603", "Max", "Oduya", "+16025550103"),
    "petra": ("2604", "2604", "Petra", "Holm", "+16025550104"),
    "tom": ("2605", "2605", "Tom", "Ito", "+16025550105"),
    "una": ("2606", "2606", "Una", "Reed", "+16025550106"),
}
LENA = "+16025550107"
COMPANIES = {"2607": "Saguaro Rides", "2608": "Mesa Bakery"}

HEAD_LAMPS = ("HDL-1", "head lamp", 22, "39.00", "0")
DUFFEL_BAGS = ("DFL-OLV", "canvas duffel bag, olive", 20, "20.00", "6.625")
JACKET = ("BLU-JKT-M", "alpine jacket, blue, M", 1, "189.99", "0")
TENT = ("TNT-2P", "two-person tent", 1, "349.50", "6.625")
PEGS = ("TNT-PEG", "tent peg", 40, "0.95", "6.625")

Line = tuple[str, str, int, str, str]

# number, whose, order, days ago it was issued, days until it is due, days ago it was paid, currency, lines
INVOICES: list[tuple[str, str, str | None, int, int, int | None, str, list[Line]]] = [
    ("INV-26010", "2601", None, 40, -10, None, "USD", [PEGS]),
    ("INV-26011", "2601", None, 5, 25, None, "USD", [TENT]),
    ("INV-26012", "2601", None, 70, -40, 45, "USD", [JACKET]),
    ("INV-26020", "2606", None, 20, 10, None, "USD", [JACKET]),
    ("INV-26021", "2606", None, 10, 20, None, "EUR", [PEGS]),
    ("INV-26030", "2604", None, 3, 27, None, "USD", [TENT]),
    ("INV-26040", "2605", "26040", 50, -20, 48, "USD", [JACKET]),
    ("INV-26041", "2605", "26041", 9, 21, None, "USD", [TENT]),
    ("INV-26050", "2607", None, 12, 18, None, "USD", [HEAD_LAMPS]),
    *((f"INV-261{place:02}", "2603", None, 1 + 9 * place, 30, 0, "USD", [PEGS]) for place in range(MANY)),
]

# number, whose, days ago it was placed, status, sku
ORDERS = [
    ("26030", "2602", 2, "placed", "HDL-1"),
    ("26040", "2605", 52, "delivered", "BLU-JKT-M"),
    ("26041", "2605", 11, "delivered", "TNT-2P"),
    ("26042", "2605", 1, "placed", "HDL-1"),
    ("26043", "2605", 30, "cancelled", "HDL-1"),
]


def more(now: datetime) -> Data:
    """The rows as they are at a moment."""
    today = now.date()
    invoices = [
        *((_row(today, *one[:7]), one[7]) for one in INVOICES),
        *_monthly(today),
    ]
    return Data(
        contacts=[
            *(_contact(*one, erp_number=one[1]) for one in PEOPLE.values()),
            _contact("2607", "", "Lena", "Soto", LENA, erp_number=None),
        ],
        customers=[
            *(_customer(number, f"{first} {last}", phone, first) for _, number, first, last, phone in PEOPLE.values()),
            *(_customer(number, name, None, name.split()[0]) for number, name in COMPANIES.items()),
        ],
        customer_contacts=[
            {
                "id": f"inv-{number}",
                "customer_number": number,
                "name": "Lena Soto",
                "email": "lena.soto@example.com",
                "phone": LENA,
            }
            for number in COMPANIES
        ],
        orders=[_order(now, *one[:4]) for one in ORDERS],
        order_lines=[
            {"order_number": one[0], "line": "1", "sku": one[4], "quantity": 1, "price": Decimal(10), "status": one[3]}
            for one in ORDERS
        ],
        invoices=[row for row, _ in invoices],
        invoice_lines=[
            {
                "invoice_number": row["number"],
                "line": str(place),
                "sku": sku,
                "description": description,
                "quantity": quantity,
                "price": Decimal(price),
                "tax_rate": Decimal(rate),
            }
            for row, lines in invoices
            for place, (sku, description, quantity, price, rate) in enumerate(lines, start=1)
        ],
    )


def months_back(today: date, count: int) -> date:
    """The first day of the month so many months ago."""
    months = today.year * 12 + today.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def _monthly(today: date) -> Iterator[tuple[dict[str, Any], list[Line]]]:
    """Ivy's, of the 14th of each of the last four months: INV-26001 is last month's."""
    for back, lines in enumerate(([HEAD_LAMPS, DUFFEL_BAGS], [JACKET], [TENT, PEGS], [PEGS]), start=1):
        issued_on = months_back(today, back).replace(day=14)
        paid_on = issued_on + timedelta(days=10)
        yield (
            {
                "number": f"INV-2600{back}",
                "customer_number": "2600",
                "order_number": None,
                "issued_on": issued_on,
                "due_on": issued_on + timedelta(days=30),
                "paid_on": paid_on,
                "currency": "USD",
            },
            lines,
        )


def _row(
    today: date, number: str, customer: str, order: str | None, ago: int, due: int, paid: int | None, currency: str
) -> dict[str, Any]:
    return {
        "number": number,
        "customer_number": customer,
        "order_number": order,
        "issued_on": today - timedelta(days=ago),
        "due_on": today + timedelta(days=due),
        "paid_on": None if paid is None else today - timedelta(days=paid),
        "currency": currency,
    }


def _contact(id_: str, _number: str, first: str, last: str, phone: str, *, erp_number: str | None) -> dict[str, Any]:
    return {
        "id": id_,
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}@example.com".lower(),
        "phone": phone,
        "account_id": None,
        "erp_number": erp_number,
    }


def _customer(number: str, name: str, phone: str | None, first: str) -> dict[str, Any]:
    email = f"{name.replace(' ', '.')}@example.com" if phone else f"{first}.office@example.com"
    return {
        "number": number,
        "name": name,
        "email": email.lower(),
        "phone": phone,
        "address1": "3 Camelback Road",
        "address2": "",
        "city": "Phoenix",
        "state": "AZ",
        "country": "US",
        "postcode": "85012",
    }


def _order(now: datetime, number: str, customer: str, placed: int, status: str) -> dict[str, Any]:
    return {
        "number": number,
        "customer_number": customer,
        "placed_at": now - timedelta(days=placed),
        "status": status,
        "promised_on": None,
        "expected_on": None,
        "delivered_at": now - timedelta(days=placed - 2) if status == "delivered" else None,
        "address1": "3 Camelback Road",
        "address2": "",
        "city": "Phoenix",
        "state": "AZ",
        "country": "US",
        "postcode": "85012",
    }

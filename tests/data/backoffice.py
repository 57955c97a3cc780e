"""A small back office of the tests' own, so that no test depends on the demo.

Ada has an order in every state. Ben and Cora share a telephone. Dora acts for two companies, Emil for one whose
telephone is his own. Gil never ordered. Ida's orders are there to be changed, and Jo's to be returned. Of Ada, Ben and
Emil the CRM holds the number in the ERP. Kim looks after Dora's company Acme, Lea after Emil; whoever looked after Cora
has left. Ids are numbers, because every vendor takes those.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from middleware.demo import Data
from middleware.demo.data import Row
from middleware.records import BEFORE_PACKING, Employee, OrderStatus

ADA = "+12015550110"
SHARED = "+12015550120"
ACME = "+12125550130"
DORA = "+12125550131"
GIL = "+12015550140"
NOBODY = "+12015550199"

KIM = Employee(email="kim@desk.example", name="Kim Larsen")
LEA = Employee(email="lea@desk.example", name="Lea Moreau")
MAX = Employee(email="max@desk.example", name="Max Weber")
GONE = Employee(email="gone@desk.example", name="Ulla Gone")

PARTLY_SHIPPED_ORDER = "5005"
LONG_ORDER = "5020"
OLD_ORDER = "5000"
BENS_ORDER = "5030"
TO_BE_CHANGED = [str(5040 + place) for place in range(40)]  # Ida's, none of them packed
TO_BE_RETURNED = [str(5100 + place) for place in range(20)]  # Jo's, of three jackets and two mugs
UNTOLD_ORDER = "5190"  # Jo's, too: it has arrived, and nothing is known of its parcels
UNDATED_ORDER = "5191"  # … and nothing of when its parcel arrived
HALF_ORDER = "5192"  # … of three jackets, two have arrived
UNPRICED_ORDER = "5193"
REFUSED_RETURN, REFUNDED_RETURN = "R-2078", "R-2079"
REFUSED_ORDER, REFUNDED_ORDER = "5194", "5195"

LONG_ORDER_LINES = 11

# Ada's orders from 5001 on; that something is due is what is made of it when nobody knows whether it arrived.
STATUSES = [one for one in OrderStatus if one is not OrderStatus.DUE]

_ARRIVED = {"5007": 7, "5008": 8, OLD_ORDER: 400}  # how many days ago it was placed, by number
_JOS = [*TO_BE_RETURNED, UNTOLD_ORDER, UNDATED_ORDER, HALF_ORDER, UNPRICED_ORDER, REFUSED_ORDER, REFUNDED_ORDER]
_ODD = (UNTOLD_ORDER, UNDATED_ORDER, HALF_ORDER)

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
        employees=[
            {"email": one.email, "name": one.name, "is_active": one is not GONE} for one in (KIM, LEA, MAX, GONE)
        ],
        accounts=[{"id": "301", "name": "Acme Rentals", "executive": KIM.email, "segment": "key account"}],
        contacts=_contacts(),
        tickets=_tickets(now),
        ticket_comments=_comments(now),
        customers=_customers(),
        customer_contacts=_customer_contacts(),
        products=_products(),
        warehouses=_warehouses(),
        stock=_stock(),
        receipts=_receipts(now),
        orders=_orders(now),
        order_lines=_lines(),
        shipments=_shipments(now),
        shipment_lines=_shipment_lines(),
        invoices=_invoices(now),
        invoice_lines=_invoice_lines(),
        returns=_returns(now),
        return_lines=[
            {"return_number": number, "line": "1", "quantity": quantity}
            for number, quantity in ((REFUSED_RETURN, 3), (REFUNDED_RETURN, 2))
        ],
    )


def _contacts() -> list[Row]:
    rows = [
        ("101", "Ada", "Lovett", "ada@example.com", ADA, None, "1001", None, ""),
        ("102", "Ben", "Ortiz", "ben@example.com", SHARED, None, "1002", None, ""),
        ("103", "Cora", "Lindqvist", "cora@example.com", SHARED, None, None, GONE.email, ""),
        ("104", "Dora", "Klein", "dora@example.com", DORA, "301", None, None, ""),
        ("105", "Emil", "Novák", "emil@example.com", ACME, "301", "1004", LEA.email, "reseller"),
        ("106", "Hugo", "Unreachable", None, None, None, None, None, ""),
    ]
    names = (
        "id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "account_id",
        "erp_number",
        "executive",
        "segment",
    )
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
        ("1009", "Jo Ferris", "jo@example.com", None, "7 Seventh Avenue", "Hoboken", "07030"),
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
        _other_jacket("BLU-JKT-L", "blue", "L", "189.99"),
        _other_jacket("RED-JKT-M", "red", "M", "199.00"),
        _other_jacket("RED-JKT-L", "red", "L", "199.00"),
        _bottle("750"),
        _bottle("500"),
        {
            "sku": "TÉL-1",
            "product_id": "TEL",
            "name": "Télescope de poche",
            "category": "electronics",
            "options": {"colour": "bleu FONCÉ"},
            "price": None,
            "currency": "EUR",
        },
    ]


def _other_jacket(sku: str, colour: str, size: str, price: str) -> Row:
    given = {"sku": sku, "product_id": "JKT", "name": "alpine jacket", "category": "clothing"}
    return {**given, "options": {"size": size, "colour": colour}, "price": Decimal(price), "currency": "USD"}


def _bottle(millilitres: str) -> Row:
    given = {"sku": f"TRV-BTL-{millilitres}", "product_id": "BTL", "name": "travel bottle", "category": "drinkware"}
    return {**given, "options": {"volume": f"{millilitres} ml"}, "price": Decimal("24.00"), "currency": "USD"}


def _warehouses() -> list[Row]:
    rows = [
        ("EWR", "Newark", 40.7, -74.2, "US", "07114"),
        ("RNO", "Reno", 39.5, -119.8, "US", "89506"),
        ("CMH", "Columbus", None, None, "US", "43207"),
    ]
    names = ("id", "name", "latitude", "longitude", "country", "postcode")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _stock() -> list[Row]:
    """No warehouse keeps mugs, and no single one has all the red jackets."""
    rows = [
        ("BLU-JKT-M", "EWR", 5),
        ("BLU-JKT-M", "RNO", 40),
        ("BLU-JKT-L", "EWR", 30),
        ("BLU-JKT-L", "RNO", 60),
        ("RED-JKT-M", "EWR", 4),
        ("RED-JKT-M", "RNO", 3),
        ("RED-JKT-L", "EWR", 0),
        ("TRV-BTL-750", "EWR", 820),
        ("TRV-BTL-750", "CMH", 310),
        ("TRV-BTL-750", "RNO", 210),
        ("TRV-BTL-500", "EWR", 0),
        ("TNT-2P", "EWR", 0),
    ]
    return [dict(zip(("sku", "warehouse", "available"), row, strict=True)) for row in rows]


def _receipts(now: datetime) -> list[Row]:
    rows = [
        ("31", "TRV-BTL-500", "EWR", 200, now.date() + timedelta(days=9)),
        ("32", "TRV-BTL-500", "EWR", 100, now.date() + timedelta(days=3)),
        ("33", "TRV-BTL-500", "CMH", 50, now.date() + timedelta(days=5)),
    ]
    return [dict(zip(("id", "sku", "warehouse", "quantity", "expected_on"), row, strict=True)) for row in rows]


def _orders(now: datetime) -> list[Row]:
    """Ada's, one in each state: 5001, a day old, has the first one; then a very old one, a long one, and Ben's."""
    rows = [
        _order(f"50{position:02}", "1001", now - timedelta(days=position), status, now)
        for position, status in enumerate(STATUSES, start=1)
    ]
    rows.append(_order(OLD_ORDER, "1001", now - timedelta(days=400), OrderStatus.DELIVERED, now))
    rows.append(_order(LONG_ORDER, "1004", now - timedelta(days=2), OrderStatus.PLACED, now))
    rows.append(_order(BENS_ORDER, "1002", now - timedelta(days=3), OrderStatus.PLACED, now))
    rows += [
        _order(number, "1008", now - timedelta(days=2), BEFORE_PACKING[place % len(BEFORE_PACKING)], now)
        for place, number in enumerate(TO_BE_CHANGED)
    ]
    rows += [
        _order(number, "1009", now - timedelta(days=10), OrderStatus.DELIVERED, now)
        for number in _JOS
        if number != HALF_ORDER
    ]
    rows.append(_order(HALF_ORDER, "1009", now - timedelta(days=10), OrderStatus.PARTLY_SHIPPED, now))
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
        for position, status in enumerate(STATUSES, start=1)
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
    rows += [
        _line(number, "1", _JACKET | {"price": None if number == UNPRICED_ORDER else _JACKET["price"]}, 3, status)
        for number in _JOS
        for status in [OrderStatus.PARTLY_SHIPPED if number == HALF_ORDER else OrderStatus.DELIVERED]
    ]
    rows += [_line(number, "2", _MUG, 2, OrderStatus.DELIVERED) for number in TO_BE_RETURNED]
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
        *(_whole_order(number, now - timedelta(days=10)) for number in _JOS if number not in _ODD),
        _shipment("7004", UNDATED_ORDER, now - timedelta(days=9), "UPS", "1Z 222", None),
        _shipment("7005", HALF_ORDER, now - timedelta(days=9), "UPS", "1Z 333", now - timedelta(days=7)),
        _shipment("7006", HALF_ORDER, now - timedelta(days=1), "UPS", "1Z 444", None),
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
        *({"shipment_id": f"7{number}", "line": "1", "quantity": 3} for number in _JOS if number not in _ODD),
        *({"shipment_id": f"7{number}", "line": "2", "quantity": 2} for number in TO_BE_RETURNED),
        {"shipment_id": "7004", "line": "1", "quantity": 3},
        {"shipment_id": "7005", "line": "1", "quantity": 2},
        {"shipment_id": "7006", "line": "1", "quantity": 1},
    ]


def _returns(now: datetime) -> list[Row]:
    refused = _return(REFUSED_RETURN, REFUSED_ORDER, now - timedelta(days=6), "rejected", "other")
    refunded = _return(REFUNDED_RETURN, REFUNDED_ORDER, now - timedelta(days=5), "refunded", "too_small")
    refunded |= {
        "received_on": (now - timedelta(days=3)).date(),
        "refund": Decimal("379.98"),
        "currency": "USD",
        "refunded_on": (now - timedelta(days=1)).date(),
    }
    return [refused, refunded]


def _return(number: str, order: str, created_at: datetime, status: str, reason: str) -> dict[str, Any]:
    return {
        "number": number,
        "order_number": order,
        "reason": reason,
        "status": status,
        "created_at": created_at,
        "return_by": (created_at + timedelta(days=20)).date(),
        "received_on": None,
        "refund": None,
        "currency": None,
        "refunded_on": None,
    }


def _invoices(now: datetime) -> list[Row]:
    """Ada's, issued 4, 40, 70 and 71 days ago, of which she owes all but the second; and one of Ben's."""
    return [
        _invoice("8001", "1001", PARTLY_SHIPPED_ORDER, (now - timedelta(days=4)).date()),
        _invoice("8002", "1001", None, (now - timedelta(days=40)).date(), (now - timedelta(days=38)).date()),
        _invoice("8003", "1001", None, (now - timedelta(days=70)).date()),
        _invoice("8004", "1001", None, (now - timedelta(days=71)).date()),
        _invoice("8005", "1002", BENS_ORDER, (now - timedelta(days=3)).date()) | {"currency": "EUR"},
    ]


def _invoice(
    number: str, customer: str, order: str | None, issued_on: date, paid_on: date | None = None
) -> dict[str, Any]:
    return {
        "number": number,
        "customer_number": customer,
        "order_number": order,
        "issued_on": issued_on,
        "due_on": issued_on + timedelta(days=30),
        "paid_on": paid_on,
        "currency": "USD",
    }


def _invoice_lines() -> list[Row]:
    """The third has two rates and half cents; of the fourth, nothing is to be paid."""
    rows = [
        ("8001", "1", "BLU-JKT-M", "alpine jacket, blue, M", 2, "189.99", "6.625"),
        ("8002", "1", "TNT-2P", "tent", 1, "1234.50", "0"),
        ("8003", "1", None, "work by the hour", 3, "0.335", "10"),
        ("8003", "2", "TNT-PEG", "tent peg", 9, "0.05", "6.625"),
        ("8003", "10", "TNT-PEG", "tent peg", 1, "0.05", "6.625"),
        ("8004", "1", None, "nothing", 1, "0", "6.625"),
        ("8005", "1", "MUG-EU", "enamel mug", 2, "7.50", "19"),
    ]
    names = ("invoice_number", "line", "sku", "description", "quantity")
    return [
        dict(zip(names, row[:5], strict=True)) | {"price": Decimal(row[5]), "tax_rate": Decimal(row[6])} for row in rows
    ]

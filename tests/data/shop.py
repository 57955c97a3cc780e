"""A small shop of the tests' own for conversations: every customer is good for one kind of question.

Nora has one order on its way and a jacket that arrived; Omar has several open; Pia only arrived ones; Gus none.
Ben and Cora share a telephone. Dora acts for a company, Ines for two. Uma is another customer to the CRM than to the
ERP; Vera has a new telephone, which the ERP doesn't know. Quinn, Rosa, Sam and Tara have one order each, in another
state; Wes has one that can still be cancelled, Yara two. Xena has one that can be
cancelled and one on its way; Zoe one that can be cancelled.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from middleware.demo import Data
from tests.data import shop_changes, shop_handoff, shop_invoices, shop_leads, shop_returns, shop_stock, shop_tickets

PEOPLE = {
    "nora": ("201", "2001", "Nora", "Vale", "+12015550150"),
    "omar": ("202", "2002", "Omar", "Diaz", "+12015550151"),
    "pia": ("203", "2003", "Pia", "Lund", "+12015550152"),
    "gus": ("204", "2004", "Gus", "Hale", "+12015550153"),
    "ben": ("205", "2005", "Ben", "Ortiz", "+12015550154"),
    "cora": ("206", "2006", "Cora", "Lindqvist", "+12015550154"),
    "quinn": ("207", "2007", "Quinn", "Moss", "+12015550155"),
    "rosa": ("208", "2008", "Rosa", "Pratt", "+12015550156"),
    "sam": ("209", "2009", "Sam", "Okoro", "+12015550157"),
    "tara": ("210", "2010", "Tara", "Singh", "+12015550158"),
    "xena": ("217", "2017", "Xena", "Abara", "+12015550167"),
    "zoe": ("218", "2018", "Zoe", "Novak", "+12015550168"),
    "wes": ("214", "2014", "Wes", "Reyes", "+12015550164"),
    "yara": ("215", "2015", "Yara", "Weiss", "+12015550165"),
}
DORA = "+12125550159"
INES = "+12125550160"
UMA = "+12015550161"
VERA = "+12015550162"

PRODUCTS = {
    "BLU-JKT-M": ("alpine jacket", {"colour": "blue", "size": "M"}, "189.99"),
    "RED-JKT-L": ("alpine jacket", {"colour": "red", "size": "L"}, "189.99"),
    "DFL-OLV": ("canvas duffel bag", {"colour": "olive"}, "79.00"),
    "TNT-2P": ("two-person tent", {}, "349.50"),
    "TNT-PEG": ("tent peg", {}, "0.95"),
    "HDL-1": ("head lamp", {}, "39.00"),
}

# number, whose, days ago it was placed, status, days until it is expected, days ago it arrived, lines
ORDERS: list[tuple[str, str, int, str, int | None, int | None, list[tuple[str, int, str]]]] = [
    ("20001", "2001", 9, "delivered", None, 8, [("BLU-JKT-M", 1, "delivered")]),
    ("20002", "2001", 5, "shipped", 2, None, [("DFL-OLV", 1, "shipped")]),
    ("20003", "2002", 12, "delayed", 4, None, [("TNT-2P", 1, "delayed")]),
    ("20004", "2002", 7, "partly_shipped", 3, None, [("TNT-PEG", 12, "partly_shipped"), ("HDL-1", 1, "picking")]),
    ("20005", "2002", 1, "placed", 6, None, [("RED-JKT-L", 1, "placed")]),
    ("20006", "2002", 30, "delivered", None, 26, [("BLU-JKT-M", 1, "delivered")]),
    ("20007", "2003", 20, "delivered", None, 17, [("HDL-1", 2, "delivered")]),
    ("20008", "2005", 2, "placed", 5, None, [("HDL-1", 1, "placed")]),
    ("20009", "2006", 2, "placed", 5, None, [("TNT-PEG", 9, "placed")]),
    ("20010", "2007", 2, "picking", None, None, [("TNT-2P", 1, "picking")]),
    ("20011", "2008", 2, "packed", 3, None, [("HDL-1", 1, "packed")]),
    ("20012", "2009", 8, "cancelled", None, None, [("HDL-1", 1, "cancelled")]),
    ("20013", "2020", 3, "placed", 4, None, [("TNT-2P", 40, "placed"), ("HDL-1", 40, "placed")]),
    ("20031", "2017", 1, "placed", 5, None, [("HDL-1", 2, "placed")]),
    ("20032", "2017", 4, "shipped", 2, None, [("TNT-2P", 1, "shipped")]),
    ("20033", "2018", 1, "placed", 5, None, [("HDL-1", 1, "placed")]),
    ("20019", "2014", 1, "placed", 5, None, [("HDL-1", 1, "placed")]),
    ("20015", "2021", 4, "picking", 2, None, [("RED-JKT-L", 12, "picking")]),
    ("20016", "2011", 2, "placed", 5, None, [("HDL-1", 1, "placed")]),
    ("20017", "2012", 2, "packed", 5, None, [("HDL-1", 3, "packed")]),
    ("20020", "2015", 2, "placed", 5, None, [("HDL-1", 1, "placed")]),
    ("20021", "2015", 1, "picking", 6, None, [("RED-JKT-L", 1, "picking")]),
    ("20014", "2010", 6, "shipped", None, None, [("TNT-2P", 1, "shipped")]),
]

# id, order, days ago it was sent, carrier, tracking, days until it is expected, days ago it arrived, quantities
SHIPMENTS: list[tuple[str, str, int, str | None, str | None, int | None, int | None, dict[str, int]]] = [
    ("9001", "20001", 9, "UPS", "1Z 111", None, 8, {"1": 1}),
    ("9002", "20002", 3, "FedEx", "7712 3456 0098", 2, None, {"1": 1}),
    ("9003", "20004", 5, "UPS", "1Z 222", None, 3, {"1": 8}),
    ("9004", "20004", 2, "UPS", "1Z 333", 1, None, {"1": 3}),
    ("9005", "20006", 29, "UPS", "1Z 444", None, 26, {"1": 1}),
    ("9006", "20007", 19, "UPS", "1Z 555", None, 17, {"1": 2}),
    ("9008", "20032", 2, "UPS", "1Z 666", 2, None, {"1": 1}),
    ("9007", "20014", 4, None, None, None, None, {"1": 1}),
]


def shop(now: datetime) -> Data:
    """The shop as it is at a moment, with what single topics add to it."""
    topics = (shop_changes, shop_returns, shop_stock, shop_invoices, shop_leads, shop_handoff, shop_tickets)
    parts = (_shop(now), *(topic.more(now) for topic in topics))
    names = [field.name for field in fields(Data)]
    return _with_parcels(Data(**{name: [row for part in parts for row in getattr(part, name)] for name in names}))


def _with_parcels(data: Data) -> Data:
    """What was sent went in a parcel, be it that nothing else is known of that."""
    known = {row["order_number"] for row in data.shipments}
    sent = [one for one in data.orders if one["status"] in ("shipped", "delivered") and one["number"] not in known]
    numbers = {one["number"] for one in sent}
    parcels = [
        {
            "id": f"P{one['number']}",
            "order_number": one["number"],
            "carrier": None,
            "tracking": None,
            "shipped_at": one["placed_at"] + timedelta(hours=20),
            "expected_on": one["expected_on"],
            "delivered_at": one["delivered_at"],
        }
        for one in sent
    ]
    contents = [
        {"shipment_id": f"P{line['order_number']}", "line": line["line"], "quantity": line["quantity"]}
        for line in data.order_lines
        if line["order_number"] in numbers
    ]
    return replace(data, shipments=[*data.shipments, *parcels], shipment_lines=[*data.shipment_lines, *contents])


def _shop(now: datetime) -> Data:
    return Data(
        accounts=[{"id": "320", "name": "Pinecrest Rentals"}],
        contacts=[
            *(_person(id_, first, last, phone, None, number) for id_, number, first, last, phone in PEOPLE.values()),
            _person("220", "Dora", "Klein", DORA, "320", "2020"),
            _person("221", "Ines", "Marsh", INES, "320", None),
            _person("211", "Uma", "Frost", UMA, None, "2012"),
            _person("212", "Vera", "Stone", VERA, None, "2012"),
        ],
        tickets=_tickets(now),
        ticket_comments=[
            {
                "id": "1",
                "ticket_number": "T-502",
                "author": "Marco",
                "body": "We have ordered the spare part.",
                "is_public": True,
                "written_at": now - timedelta(days=2),
            }
        ],
        customers=[
            *(
                _customer(number, f"{first} {last}", f"{first.lower()}@example.com", phone)
                for _, number, first, last, phone in PEOPLE.values()
            ),
            _customer("2011", "Uma Frost", "uma@example.com", UMA),
            _customer("2012", "Vera Stone", "vera.stone@example.com", None),
            _customer("2020", "Pinecrest Rentals", "office@example.com", None),
            _customer("2021", "Larkhill Scouts", "scouts@example.com", None),
        ],
        customer_contacts=[
            _contact("1", "2020", "Dora Klein", DORA),
            _contact("2", "2020", "Ines Marsh", INES),
            _contact("3", "2021", "Ines Marsh", INES),
        ],
        products=[
            {
                "sku": sku,
                "product_id": sku,
                "name": name,
                "category": "outdoor",
                "options": options,
                "price": Decimal(price),
                "currency": "USD",
            }
            for sku, (name, options, price) in PRODUCTS.items()
        ],
        warehouses=[],
        stock=[],
        orders=[_order(now, *order[:6]) for order in ORDERS],
        order_lines=[
            {
                "order_number": order[0],
                "line": str(place),
                "sku": sku,
                "quantity": quantity,
                "price": Decimal(PRODUCTS[sku][2]),
                "status": status,
            }
            for order in ORDERS
            for place, (sku, quantity, status) in enumerate(order[6], start=1)
        ],
        shipments=[_shipment(now, *shipment[:7]) for shipment in SHIPMENTS],
        shipment_lines=[
            {"shipment_id": shipment[0], "line": line, "quantity": quantity}
            for shipment in SHIPMENTS
            for line, quantity in shipment[7].items()
        ],
        invoices=[],
        invoice_lines=[],
    )


def _person(id_: str, first: str, last: str, phone: str, account: str | None, erp_number: str | None) -> dict[str, Any]:
    return {
        "id": id_,
        "first_name": first,
        "last_name": last,
        "email": f"{first.lower()}@example.com",
        "phone": phone,
        "account_id": account,
        "erp_number": erp_number,
    }


def _contact(id_: str, customer: str, name: str, phone: str) -> dict[str, Any]:
    email = f"{name.split()[0].lower()}@example.com"
    return {"id": id_, "customer_number": customer, "name": name, "email": email, "phone": phone}


def _customer(number: str, name: str, email: str, phone: str | None) -> dict[str, Any]:
    return {"number": number, "name": name, "email": email, "phone": phone, **_address()}


def _address() -> dict[str, str]:
    return {
        "address1": "48 Mercer Street",
        "address2": "",
        "city": "Jersey City",
        "state": "NJ",
        "country": "US",
        "postcode": "07302",
    }


def _tickets(now: datetime) -> list[dict[str, Any]]:
    rows = [
        ("T-501", "201", "Wi-Fi router", 3),
        ("T-502", "202", "torn tent fly", 5),
        ("T-503", "205", "late parcel", 1),
    ]
    return [
        {
            "number": number,
            "contact_id": contact,
            "subject": subject,
            "opened_at": now - timedelta(days=days),
            "closed_at": None,
        }
        for number, contact, subject, days in rows
    ]


def _order(
    now: datetime, number: str, customer: str, placed: int, status: str, expected: int | None, arrived: int | None
) -> dict[str, Any]:
    late = status == "delayed"
    return {
        "number": number,
        "customer_number": customer,
        "placed_at": now - timedelta(days=placed),
        "status": status,
        "promised_on": (now - timedelta(days=2)).date() if late else None,
        "expected_on": None if expected is None else (now + timedelta(days=expected)).date(),
        "delivered_at": None if arrived is None else now - timedelta(days=arrived),
        **_address(),
    }


def _shipment(
    now: datetime,
    id_: str,
    order: str,
    sent: int,
    carrier: str | None,
    tracking: str | None,
    expected: int | None,
    arrived: int | None,
) -> dict[str, Any]:
    return {
        "id": id_,
        "order_number": order,
        "carrier": carrier,
        "tracking": tracking,
        "shipped_at": now - timedelta(days=sent),
        "expected_on": None if expected is None else (now + timedelta(days=expected)).date(),
        "delivered_at": None if arrived is None else now - timedelta(days=arrived),
    }

"""Two hundred customers want the last thousand units at the same moment, from two action servers."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from middleware import bootstrap, reset, settings, store
from middleware.bootstrap import Middleware
from middleware.demo import Data
from middleware.erp.embedded import tables as erp
from middleware.identity import Proof
from scripts.environment import environment
from scripts.serve import free_port, running
from tests import postgres
from tests.counts import seeded
from tests.fakes.caller import Caller
from tests.servers import SECRET

DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
CUSTOMERS = 200
UNITS = 1000
SKU = "LST-ONE-1"
CANNOT = {"utter_cannot_now", "utter_in_doubt"}  # true of a machine that has too much to do


@dataclass(frozen=True)
class Rush:
    """Two action servers on one database, and the middleware that tests look into it with."""

    urls: tuple[str, str]
    middleware: Middleware
    token: str


def data() -> Data:
    """Customers with a telephone each, and one article."""
    people = [(str(9000 + place), f"+1212555{place:04}") for place in range(CUSTOMERS)]
    return Data(
        contacts=[
            {
                "id": number,
                "first_name": "Sam",
                "last_name": number,
                "email": f"sam{number}@example.com",
                "phone": phone,
                "account_id": None,
                "erp_number": number,
            }
            for number, phone in people
        ],
        customers=[
            {"number": number, "name": f"Sam {number}", "email": f"sam{number}@example.com", "phone": phone}
            for number, phone in people
        ],
        products=[
            {
                "sku": SKU,
                "product_id": "LST",
                "name": "last lamp",
                "category": "outdoor",
                "options": {},
                "price": Decimal("9.00"),
                "currency": "USD",
            }
        ],
        warehouses=[
            {"id": "W", "name": "Newark", "latitude": 40.7, "longitude": -74.2, "country": "US", "postcode": "07114"}
        ],
        stock=[{"sku": SKU, "warehouse": "W", "available": UNITS}],
    )


@pytest.fixture(params=DATABASES)
def rush(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rush]:
    """The two servers; only the action servers of each pair are spoken with."""
    file = f"sqlite:///{tmp_path / 'frontdesk.db'}"
    url = file if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    overrides = {
        "DATABASE_URL": url,
        "JWT_SECRET": SECRET,
        "ACTION_TOKEN": "a" * 40,
        "CODES_KEY": "c" * 40,
        "DOCUMENTS_KEY": "d" * 40,
        "DESK_KEY": "k" * 40,
        "WEBCHAT_KEY": "w" * 40,
        "DOCUMENTS_URL": str(tmp_path / "documents"),
        "MAILBOX": str(tmp_path / "mailbox.txt"),
        "AUDIT_HEAD": str(tmp_path / "heads.txt"),
    }
    store.migrate(url)
    known = settings.load(environment=environment() | overrides)
    middleware = bootstrap.build(known)
    reset.lay(middleware.back_office, data())
    with ExitStack() as stack:
        urls = []
        for name in ("one", "two"):
            servers = running(
                free_port(), free_port(), free_port(), env=overrides, logs=tmp_path / name, only=("actions",)
            )
            urls.append(stack.enter_context(servers).action_url)
        yield Rush((urls[0], urls[1]), middleware, overrides["ACTION_TOKEN"])
    middleware.close()


def test_two_hundred_at_once_never_hold_more_than_there_is(rush: Rush) -> None:
    # given two hundred customers of whom each was asked for a yes
    chance = seeded()
    wanted = [chance.randint(1, 20) for _ in range(CUSTOMERS)]
    assert sum(wanted) > UNITS
    callers = [Caller(f"rest:{place}", rush.token) for place in range(CUSTOMERS)]
    for place, caller in enumerate(callers):
        text = f"please hold {wanted[place]} of {SKU}"
        said = caller.run(rush.urls[place % 2], "action_hold_stock", turn(rush, place, text), text, "Inventory_Hold")
        assert [one["response"] for one in said] == ["utter_confirm_hold"]
    turns = [turn(rush, place, "yes") for place in range(CUSTOMERS)]

    # when all say yes at the same moment
    gate = threading.Barrier(CUSTOMERS)

    def agree(place: int) -> str:
        gate.wait()
        said = callers[place].run(rush.urls[place % 2], "action_hold_stock", turns[place], "yes", "Affirm")
        return str(said[0]["response"])

    with ThreadPoolExecutor(CUSTOMERS) as pool:
        answers = list(pool.map(agree, range(CUSTOMERS)))

    # then what was promised is kept, and not a unit more than there is
    promised = sum(units for units, answer in zip(wanted, answers, strict=True) if answer == "utter_held")
    assert set(answers) <= {"utter_held", "utter_hold_gone", *CANNOT}, Counter(answers)
    assert 0 < promised <= kept(rush) <= UNITS
    assert free(rush) == UNITS - kept(rush)
    if not CANNOT.intersection(answers):
        assert promised == kept(rush)


def turn(rush: Rush, place: int, text: str) -> str:
    """Opens a turn as the channel does that proved the customer's telephone."""
    proof = Proof(phone=f"+1212555{place:04}")
    opened = rush.middleware.messages.open_turn(f"rest:{place}", "rest", text, None, proof)
    return asyncio.run(opened).id


def kept(rush: Rush) -> int:
    """The units that are reserved."""
    parts = erp.reservation_parts.join(erp.reservations)
    query = sa.select(sa.func.sum(erp.reservation_parts.c.quantity)).select_from(parts)
    return number(rush, query.where(erp.reservations.c.released_at.is_(None)))


def free(rush: Rush) -> int:
    """The units that others can have."""
    return number(rush, sa.select(erp.stock.c.available))


def number(rush: Rush, query: Any) -> int:
    """What a query counts."""
    with rush.middleware.back_office.connect() as connection:
        return int(connection.execute(query).scalar_one() or 0)

"""Two hundred customers want the last thousand units at the same moment, through two middlewares on one database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from middleware import bootstrap, reset, store
from middleware.bootstrap import Middleware
from middleware.demo import Data
from middleware.erp.embedded import tables as erp
from middleware.errors import Unavailable, Unknown
from middleware.holding import Gone, Proposed
from middleware.identity import Proof, Who
from middleware.records import Hold
from tests import postgres
from tests.counts import seeded
from tests.fakes.building import project_settings, variant

CUSTOMERS, UNITS, SKU = 200, 1000, "LST-ONE-1"
WAREHOUSES = {"W-1": 700, "W-2": 300}
DATABASES = ["sqlite", *(["postgresql"] if postgres.wanted() else [])]
LAMP = variant(SKU, "LST", name="last lamp")


@pytest.fixture(params=DATABASES)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Middleware, Middleware]]:
    """Two middlewares on one database, which holds the customers and the units."""
    file = f"sqlite:///{tmp_path / 'frontdesk.db'}"
    url = file if request.param == "sqlite" else postgres.fresh_database(request.getfixturevalue("postgres_url"))
    store.migrate(url)
    known = msgspec.structs.replace(project_settings(url), mailbox=str(tmp_path / "mailbox.txt"))
    one, other = bootstrap.build(known), bootstrap.build(known)
    reset.lay(one.back_office, data())
    yield one, other
    one.close()
    other.close()


def data() -> Data:
    """Customers with a telephone each, and one article in two warehouses."""
    return Data(
        customers=[
            {"number": str(9000 + place), "name": f"Sam {place}", "email": None, "phone": phone(place)}
            for place in range(CUSTOMERS)
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
            {"id": id_, "name": id_, "latitude": 40.7, "longitude": -74.2, "country": "US", "postcode": "07114"}
            for id_ in WAREHOUSES
        ],
        stock=[{"sku": SKU, "warehouse": id_, "available": units} for id_, units in WAREHOUSES.items()],
    )


def phone(place: int) -> str:
    return f"+1212555{place:04}"


async def customer(middleware: Middleware, place: int) -> Who:
    conversation = f"rest:{place}"
    turn = await middleware.messages.open_turn(conversation, "rest", "hold some", None, Proof(phone=phone(place)))
    return await middleware.identity.who(conversation, turn.id)


async def test_two_hundred_at_once_never_hold_more_than_there_is(both: tuple[Middleware, Middleware]) -> None:
    # given two hundred customers of whom each was asked for a yes, some of them for units of two warehouses
    chance = seeded()
    asked: list[tuple[Middleware, Who, Proposed]] = []
    for place in range(CUSTOMERS):
        middleware = both[place % 2]
        who = await customer(middleware, place)
        found = await middleware.inventory.availability(who, LAMP)
        proposal = await middleware.holds.propose(who, LAMP, found.parts(Decimal(chance.randint(1, 20))))
        assert isinstance(proposal, Proposed)
        asked.append((middleware, who, proposal))
    assert sum(proposal.holding.quantity for _, _, proposal in asked) > UNITS

    # when all say yes at the same moment
    answers = await asyncio.gather(
        *(middleware.holds.confirm(who, one.key, one.holding) for middleware, who, one in asked), return_exceptions=True
    )

    # then what was promised is kept, and not a unit more than there is
    promised = sum(int(answer.quantity) for answer in answers if isinstance(answer, Hold))
    told = Counter(type(answer) for answer in answers)
    assert set(told) <= {Hold, Gone, Unavailable, Unknown}, told
    assert 0 < promised <= kept(both[0]) <= UNITS
    assert free(both[0]) == UNITS - kept(both[0])
    if set(told) <= {Hold, Gone}:
        assert promised == kept(both[0])


def kept(middleware: Middleware) -> int:
    """The units that are reserved."""
    parts = erp.reservation_parts.join(erp.reservations)
    query = sa.select(sa.func.sum(erp.reservation_parts.c.quantity)).select_from(parts)
    return count(middleware, query.where(erp.reservations.c.released_at.is_(None)))


def free(middleware: Middleware) -> int:
    """The units that others can have."""
    return count(middleware, sa.select(sa.func.sum(erp.stock.c.available)))


def count(middleware: Middleware, query: sa.sql.Select) -> int:
    with middleware.back_office.connect() as connection:
        return int(connection.execute(query).scalar_one() or 0)

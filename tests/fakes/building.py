"""Builds the real middleware on a database of its own, with fake systems of record and a clock that can be set.

Beside it are records made by hand: what a test doesn't speak of has a value that doesn't matter.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from middleware import bootstrap, settings, store
from middleware.bootstrap import Middleware
from middleware.database import open_engine
from middleware.identity import Proof, Who
from middleware.messages import Turn
from middleware.records import (
    Address,
    Budget,
    Consent,
    Contact,
    Customer,
    Employee,
    Headcount,
    Invoice,
    InvoiceLine,
    LeadDraft,
    LeadKind,
    Money,
    Order,
    OrderLine,
    OrderStatus,
    Receipt,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnStatus,
    Shipment,
    StockLevel,
    Ticket,
    TicketComment,
    TicketDraft,
    Variant,
    Warehouse,
)
from middleware.settings import Operation, Settings
from middleware.totals import line_net, totals
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.post import FakePost

ROOT = Path(__file__).resolve().parents[2]
ASSISTANT_FILE = ROOT / "assistant.yml"

# A Wednesday, half past one in the afternoon in New York.
NOW = datetime(2026, 3, 11, 17, 30, tzinfo=timezone.utc)
TODAY = NOW.date()

SECRET = "only-for-tests-" + "x" * 32

ADA_PHONE = "+12015550110"
ADA_EMAIL = "ada@example.com"

ADA = Contact(id="101", first_name="Ada", last_name="Lovett", phone=ADA_PHONE, email=ADA_EMAIL)
ADAS_ACCOUNT = Customer(number="1001", name="Ada Lovett", phone=ADA_PHONE, email=ADA_EMAIL)

DANA = Employee(email="dana.whitfield@fernhill.example", name="Dana Whitfield")
OMAR = Employee(email="omar.haddad@fernhill.example", name="Omar Haddad")
RUTH = Employee(email="ruth.okafor@fernhill.example", name="Ruth Okafor")
BEN_CASTELLANO = Employee(email="ben.castellano@fernhill.example", name="Ben Castellano")
LUC = Employee(email="luc.tremblay@fernhill.example", name="Luc Tremblay")
SALES = Employee(email="sales@fernhill.example", name="the sales team")

# Whom the project's own assistant.yml names under leads.
EMPLOYEES = (DANA, OMAR, RUTH, BEN_CASTELLANO, LUC, SALES)

KNOWN = Proof(phone=ADA_PHONE)


class SetClock:
    """A clock that stands still until it is told otherwise.

    Args:
        now: What it shows.
    """

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The moment that it shows."""
        return self.now

    def advance(self, time: timedelta) -> None:
        """Moves it on."""
        self.now += time


LASTING = {operation.value: 60.0 for operation in Operation}  # the seconds that each may take


def environment(database_url: str = "sqlite://") -> dict[str, str]:
    """The least that the environment must hold."""
    secrets = {"JWT_SECRET": SECRET, "ACTION_TOKEN": "t" * 32, "CODES_KEY": "c" * 32, "DOCUMENTS_KEY": "d" * 32}
    secrets |= {"DESK_KEY": "k" * 32, "WEBCHAT_KEY": "w" * 32}
    urls = {"PUBLIC_URL": "https://chat.fernhill.example", "DESK_URL": "https://desk.fernhill.example"}
    return {"DATABASE_URL": database_url, **urls, **secrets}


@cache
def _loaded() -> Settings:
    return settings.load(ASSISTANT_FILE, environment())


def project_settings(
    database_url: str = "sqlite://",
    levels: Mapping[Operation, str] = {},
    **deadlines: float,
) -> Settings:
    """The project's own settings, with other levels, and other deadlines by their name, for some operations."""
    known = msgspec.structs.replace(_loaded(), database_url=database_url)
    rules = dict(known.operations)
    for name, seconds in deadlines.items():
        rules[Operation(name)] = msgspec.structs.replace(rules[Operation(name)], deadline=seconds)
    for operation, level in levels.items():
        rules[operation] = msgspec.structs.replace(rules[operation], level=level)
    return msgspec.structs.replace(known, operations=rules)


def migrated_database(folder: Path) -> Path:
    """Makes an SQLite database with all tables and nothing in them, to be copied."""
    file = folder / "migrated.db"
    store.migrate(f"sqlite:///{file}")
    return file


@dataclass
class Bench:
    """A middleware to be tried, and what is around it.

    Attributes:
        url: Its database.
    """

    middleware: Middleware
    crm: FakeCrm
    erp: FakeErp
    post: FakePost
    clock: SetClock
    url: str
    _engines: list[sa.engine.Engine] = field(default_factory=list)

    async def open_turn(
        self,
        proof: Proof = Proof(),  # noqa: B008 - frozen
        text: str = "hello",
        conversation: str = "rest:one",
        message_id: str | None = None,
    ) -> Turn:
        """Opens a turn as a channel does that proved this of the sender."""
        return await self.middleware.messages.open_turn(conversation, "rest", text, message_id, proof)

    async def who(self, proof: Proof = Proof(), conversation: str = "rest:one") -> Who:  # noqa: B008 - frozen
        """The person in a turn that has just been opened."""
        turn = await self.open_turn(proof, conversation=conversation)
        return await self.middleware.identity.who(conversation, turn.id)

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        """All rows of a table, as they are in the database now."""
        if not self._engines:
            self._engines.append(open_engine(self.url))
        with self._engines[0].connect() as connection:
            return [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]

    def audit(self) -> list[str]:
        """What was asked of the systems of record, as `system operation outcome`, in order."""
        return [f"{row['system']} {row['operation']} {row['outcome']}" for row in self.rows(store.audit)]

    def edit(self, table: sa.Table, **values: Any) -> None:
        """Changes all rows of a table, as another process might."""
        engine = open_engine(self.url)
        with engine.begin() as connection:
            connection.execute(table.update().values(**values))
        engine.dispose()

    def lose(self, table: sa.Table) -> None:
        """Takes a table away, as a broken database would."""
        engine = open_engine(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TABLE {table.name}")
        engine.dispose()

    def close(self) -> None:
        """Ends everything, and whatever hangs."""
        self.crm.recover()
        self.erp.recover()
        self.middleware.close()
        for engine in self._engines:
            engine.dispose()


def build(
    migrated: Path,
    folder: Path,
    crm: FakeCrm | None = None,
    erp: FakeErp | None = None,
    now: datetime = NOW,
    levels: Mapping[Operation, str] = {},
    **deadlines: float,
) -> Bench:
    """Builds a middleware in a folder.

    Args:
        migrated: From `migrated_database`.
        folder: Where its database goes.
        now: What its clock shows.
        levels: How sure one must be of who asks, for operations where it isn't the project's own.
        deadlines: Seconds, by the name of the operation; any other may take as long as a busy machine needs.
    """
    file = folder / f"{uuid.uuid4().hex}.db"
    shutil.copy(migrated, file)
    url = f"sqlite:///{file}"
    crm, erp, post, clock = crm or FakeCrm(), erp or FakeErp(), FakePost(), SetClock(now)
    crm.clock = erp.clock = clock
    files = {"mailbox": str(file.with_suffix(".mailbox")), "audit_head": str(file.with_suffix(".heads"))}
    files["documents_url"] = str(file.with_suffix(".documents"))
    known = msgspec.structs.replace(project_settings(url, levels, **(LASTING | deadlines)), **files)
    middleware = bootstrap.build(known, crm=crm, erp=erp, post=post, clock=clock)
    return Bench(middleware, crm, erp, post, clock, url)


def ago(days: int, **more: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(days=days, **more)


def line(name: str = "alpine jacket", number: str = "1", **fields: Any) -> OrderLine:
    """A line of an order."""
    given: dict[str, Any] = {
        "sku": "SKU-" + number,
        "options": {},
        "category": "clothing",
        "quantity": Decimal(1),
        "price": Money(amount=Decimal("10"), currency="USD"),
        "status": OrderStatus.PLACED,
    }
    return OrderLine(id=number, name=name, **(given | fields))


def order(number: str, status: OrderStatus = OrderStatus.PLACED, placed: int = 3, **fields: Any) -> Order:
    """Ada's order, placed some days ago."""
    given: dict[str, Any] = {"customer_number": ADAS_ACCOUNT.number, "placed_at": ago(placed), "lines": (line(),)}
    if status is OrderStatus.DELIVERED:
        given["delivered_at"] = ago(placed - 2)
    return Order(number=number, status=status, **(given | fields))


def shipment(quantities: dict[str, int], **fields: Any) -> Shipment:
    """A parcel of an order, with units by line."""
    given: dict[str, Any] = {
        "id": "p1",
        "shipped_at": ago(2),
        "quantities": {one: Decimal(units) for one, units in quantities.items()},
    }
    return Shipment(**(given | fields))


NEWARK = Warehouse(id="EWR", name="Newark", latitude=40.7, longitude=-74.2, country="US", postcode="07114")
RENO = Warehouse(id="RNO", name="Reno", latitude=39.5, longitude=-119.8, country="US", postcode="89502")
DALLAS = Warehouse(id="DFW", name="Dallas", latitude=32.9, longitude=-97.0, country="US", postcode="75261")


def variant(sku: str = "SKU-1", product_id: str = "P-1", price: str | None = "10", **fields: Any) -> Variant:
    """An article; those with one `product_id` are variants of each other."""
    given: dict[str, Any] = {
        "name": "alpine jacket",
        "options": {},
        "category": "clothing",
        "price": Money(amount=Decimal(price), currency="USD") if price else None,
    }
    return Variant(sku=sku, product_id=product_id, **(given | fields))


def level(
    sku: str = "SKU-1", free: int = 5, warehouse: Warehouse = NEWARK, coming: Mapping[date, int] = {}
) -> StockLevel:
    """What lies in a warehouse, and how many come in on which day."""
    receipts = tuple(Receipt(quantity=Decimal(units), expected_on=day) for day, units in sorted(coming.items()))
    return StockLevel(sku=sku, warehouse=warehouse, free=Decimal(free), receipts=receipts)


def returned(number: str = "R-2000", of: Order | None = None, announced: int = 1, **fields: Any) -> Return:
    """A return of one unit of the first line of an order of Ada's, announced some days ago."""
    what = of or order("10001", OrderStatus.DELIVERED)
    first = what.lines[0]
    part = ReturnLine(id=first.id, sku=first.sku, name=first.name, options=first.options, quantity=Decimal(1))
    given: dict[str, Any] = {
        "lines": (part,),
        "reason": ReturnReason.TOO_SMALL,
        "status": ReturnStatus.ANNOUNCED,
        "created_at": ago(announced),
        "return_by": (ago(announced) + timedelta(days=30)).date(),
        "refund": first.price,
    }
    return Return(number=number, customer_number=what.customer_number, order_number=what.number, **(given | fields))


def invoice_line(id_: str = "1", price: str = "10", quantity: int = 1, rate: str = "0", **fields: Any) -> InvoiceLine:
    """A position of an invoice."""
    given: dict[str, Any] = {"sku": "SKU-" + id_, "description": "alpine jacket, blue, M"}
    amount = Decimal(price)
    return InvoiceLine(
        id=id_,
        quantity=Decimal(quantity),
        price=amount,
        tax_rate=Decimal(rate),
        net=line_net(Decimal(quantity), amount),
        **(given | fields),
    )


def invoice(number: str = "INV-1", issued_on: date = TODAY, paid_on: date | None = None, **fields: Any) -> Invoice:
    """An invoice of Ada's, added up from its lines."""
    lines = fields.pop("lines", (invoice_line(),))
    sums = totals(lines)
    given: dict[str, Any] = {
        "customer_number": ADAS_ACCOUNT.number,
        "order_number": None,
        "due_on": issued_on + timedelta(days=30),
        "currency": "USD",
        "buyer_name": ADAS_ACCOUNT.name,
        "buyer_address": Address(
            address1="48 Mercer Street", city="Jersey City", state="NJ", country="US", postcode="07302"
        ),
        "net": sums.net,
        "taxes": sums.taxes,
        "gross": sums.gross,
        "due": sums.gross if paid_on is None else Decimal(0),
    }
    return Invoice(number=number, issued_on=issued_on, paid_on=paid_on, lines=lines, **(given | fields))


def ticket(number: str = "T-7", opened: int = 4, comment: str | None = None, **fields: Any) -> Ticket:
    """Ada's open ticket."""
    last = TicketComment(body=comment, written_at=ago(2), author="Kim") if comment else None
    given: dict[str, Any] = {"contact_id": ADA.id, "subject": "torn zip", "is_open": True, "opened_at": ago(opened)}
    return Ticket(number=number, last_comment=last, **(given | fields))


def ticket_draft(**fields: Any) -> TicketDraft:
    """A ticket of Ada's that is to be opened."""
    given: dict[str, Any] = {
        "subject": "torn zip",
        "description": "The zip of the jacket is torn.",
        "contact_id": ADA.id,
        "channel": "rest",
    }
    return TicketDraft(**(given | fields))


def lead_draft(**fields: Any) -> LeadDraft:
    """A lead of somebody whom nobody knows, for Dana."""
    given: dict[str, Any] = {
        "kind": LeadKind.LEAD,
        "first_name": "Priya",
        "last_name": "Shah",
        "company": "Blue Ridge Lodges",
        "email": "priya@blueridge.example",
        "consent": Consent(words="May we keep your details?", at=NOW),
        "owner": DANA.email,
        "phone": "+12015550177",
        "size": Headcount(low=50, high=100),
        "budget": Budget(low=Decimal(20000), high=Decimal(20000), currency="EUR"),
        "wish": "jackets for our guides",
        "industry": "hospitality",
        "country": "US",
        "state": "NJ",
        "postcode": "07302",
    }
    return LeadDraft(**(given | fields))

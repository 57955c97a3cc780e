"""The connectors that the conformance suites run against; a new one is one more entry in CRMS or ERPS.

An entry is a factory: it puts the given data into its system (or its system's fake) and gives the connector, and what
its people see and do, which the port doesn't tell (see `inside.py` and `erp_inside.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from middleware import connectors, store
from middleware import database as databases
from middleware.crm.base import Crm
from middleware.crm.embedded.client import EmbeddedCrm
from middleware.database import metadata, open_engine
from middleware.demo import Data
from middleware.erp.base import Erp
from middleware.erp.embedded.client import EmbeddedErp
from middleware.records import Employee
from middleware.reset import lay
from middleware.store import erp_ledger
from tests import postgres
from tests.connectors.erp_inside import ErpInside, InsideEmbeddedErp
from tests.connectors.inside import Inside, InsideEmbedded, InsideFake
from tests.data.backoffice import backoffice
from tests.fakes.back_office import FakeCrm, FakeErp
from tests.fakes.stand_in import StandIn
from tests.fakes.stand_ins import ERP_STAND_INS, STAND_INS, settings_for

NOW = datetime(2026, 3, 11, 17, 30, 15, tzinfo=timezone.utc)

# In whatever ids, phones and e-mails are asked for, hostile ones belong to nobody and break nothing.
HOSTILE = (
    "",
    "'",
    "' OR '1'='1",
    "1001'; DROP TABLE erp_orders; --",
    '"',
    "%",
    "_",
    "100_",
    "1001%",
    "*",
    "\\",
    "../../etc/passwd",
    "1001/../1002",
    "1001?$expand=*",
    "https://example.com/",
    "1001\n1002",
    "1001\x00",
    "\ud800",
    "１００１",  # full-width digits: they look like 1001
    "ada@example.com ",
    "🧥",
    "9" * 100_000,
)


def _sqlite(data: Data, request: pytest.FixtureRequest) -> Engine:
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("sqlite")
    return _laid(f"sqlite:///{folder / 'test.db'}", data, request)


def _postgresql(data: Data, request: pytest.FixtureRequest) -> Engine:
    return _laid(postgres.fresh_database(request.getfixturevalue("postgres_url")), data, request)


def _laid(url: str, data: Data, request: pytest.FixtureRequest) -> Engine:
    engine = open_engine(url)
    request.addfinalizer(engine.dispose)
    metadata.create_all(engine)
    lay(engine, data)
    return engine


OpenDatabase = Callable[[Data, pytest.FixtureRequest], Engine]

DATABASES: dict[str, OpenDatabase] = {
    "embedded-sqlite": _sqlite,
    **({"embedded-postgresql": _postgresql} if postgres.wanted() else {}),
}


@dataclass(frozen=True)
class OpenCrm:
    """A CRM that is to be tried: the connector to it, and what its people see."""

    port: Crm
    inside: Inside


def _crm_in(database: OpenDatabase) -> Callable[[Data, pytest.FixtureRequest], OpenCrm]:
    def open_crm(data: Data, request: pytest.FixtureRequest) -> OpenCrm:
        engine = database(data, request)
        return OpenCrm(EmbeddedCrm(engine), InsideEmbedded(engine))

    return open_crm


def _crm_behind(name: str) -> Callable[[Data, pytest.FixtureRequest], OpenCrm]:
    """The connector to a vendor's CRM, with its stand-in behind it."""

    def open_crm(data: Data, request: pytest.FixtureRequest) -> OpenCrm:
        stand_in = STAND_INS[name]().__enter__()
        request.addfinalizer(lambda: stand_in.__exit__())
        stand_in.lay(data)
        engine = open_engine(f"sqlite:///{request.getfixturevalue('tmp_path_factory').mktemp(name) / 'test.db'}")
        request.addfinalizer(engine.dispose)
        metadata.create_all(engine)
        return OpenCrm(connectors.crm(settings_for(stand_in), engine), stand_in.inside)

    return open_crm


def _fake_crm(data: Data, request: pytest.FixtureRequest) -> OpenCrm:
    """The tests' fake, which promises the same."""
    crm = EmbeddedCrm(_sqlite(data, request))
    contacts = [one for row in data.contacts if row["email"] for one in crm.contacts_by_email(row["email"])]
    long_ago = NOW - timedelta(days=500)
    fake = FakeCrm(
        contacts=contacts,
        tickets=[ticket for one in contacts for ticket in crm.tickets_since(one.id, long_ago)],
        employees=[Employee(email=row["email"], name=row["name"]) for row in data.employees if row["is_active"]],
    )
    return OpenCrm(fake, InsideFake(fake))


@dataclass(frozen=True)
class OpenErp:
    """An ERP that is to be tried: the connector to it, and what its people do and see.

    Attributes:
        engine: Of the store's database; of the embedded ERP's, too.
        stand_in: Stands for the vendor's; None if it is the embedded one.
    """

    port: Erp
    inside: ErpInside
    engine: Engine
    stand_in: StandIn | None = None

    def lay_anew(self, data: Data) -> None:
        """Puts data in the place of all that is there; we never had it change anything."""
        if self.stand_in is None:
            lay(self.engine, data)
            return
        self.stand_in.lay(data)
        with self.engine.begin() as connection:
            connection.execute(erp_ledger.delete())


def _erp_behind(name: str) -> Callable[[Data, pytest.FixtureRequest], OpenErp]:
    """The connector to a vendor's ERP, with its stand-in behind it; articles and warehouses lie in our database."""

    def open_erp(data: Data, request: pytest.FixtureRequest) -> OpenErp:
        stand_in = ERP_STAND_INS[name]().__enter__()
        request.addfinalizer(lambda: stand_in.__exit__())
        stand_in.lay(data)
        ours = Data(products=data.products, warehouses=data.warehouses)
        engine = _sqlite(ours, request)
        return OpenErp(connectors.erp(settings_for(stand_in), engine), stand_in.inside, engine, stand_in)

    return open_erp


def _erp_in(database: OpenDatabase) -> Callable[[Data, pytest.FixtureRequest], OpenErp]:
    def open_erp(data: Data, request: pytest.FixtureRequest) -> OpenErp:
        engine = database(data, request)
        return OpenErp(EmbeddedErp(engine), InsideEmbeddedErp(engine), engine)

    return open_erp


CRMS: dict[str, Callable[[Data, pytest.FixtureRequest], OpenCrm]] = {
    **{name: _crm_in(database) for name, database in DATABASES.items()},
    **{name: _crm_behind(name) for name in STAND_INS},
    "fake": _fake_crm,
}

ERPS: dict[str, Callable[[Data, pytest.FixtureRequest], OpenErp]] = {
    **{name: _erp_in(database) for name, database in DATABASES.items()},
    **{name: _erp_behind(name) for name in ERP_STAND_INS},
}


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever meets others at a database waits for as long as a busy machine needs."""
    for module in (databases, store):
        monkeypatch.setattr(module, "BUSY_TIMEOUT_SECONDS", 60)


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment around which the back office is laid."""
    return NOW


@pytest.fixture(scope="module", params=list(CRMS))
def open_crm(request: pytest.FixtureRequest, now: datetime) -> OpenCrm:
    """Each CRM in turn, holding the tests' back office."""
    return CRMS[request.param](backoffice(now), request)


@pytest.fixture(scope="module")
def crm(open_crm: OpenCrm) -> Crm:
    """The connector to each CRM in turn."""
    return open_crm.port


@pytest.fixture(scope="module")
def inside(open_crm: OpenCrm) -> Inside:
    """What the people see in the CRM of the fixture `crm`."""
    return open_crm.inside


@pytest.fixture(scope="module", params=list(ERPS))
def open_erp(request: pytest.FixtureRequest, now: datetime) -> OpenErp:
    """Each ERP in turn, holding the tests' back office."""
    return ERPS[request.param](backoffice(now), request)


@pytest.fixture(scope="module")
def erp(open_erp: OpenErp) -> Erp:
    """The connector to each ERP in turn."""
    return open_erp.port


@pytest.fixture(scope="module")
def erp_inside(open_erp: OpenErp) -> ErpInside:
    """What the people do and see in the ERP of the fixture `erp`."""
    return open_erp.inside


@pytest.fixture(scope="module", params=[*ERPS, "fake"])
def any_erp(request: pytest.FixtureRequest, now: datetime) -> Erp:
    """Each ERP in turn and the tests' fake, which promises the same, holding the tests' back office."""
    data = backoffice(now)
    return _fake_of(data, request) if request.param == "fake" else ERPS[request.param](data, request).port


def _fake_of(data: Data, request: pytest.FixtureRequest) -> Erp:
    erp = EmbeddedErp(_sqlite(data, request))
    skus = [row["sku"] for row in data.products]
    fake = FakeErp(
        customers=[erp.customer(row["number"]) for row in data.customers],
        orders=[erp.order(row["number"]) for row in data.orders],
        variants=[variant for sku in skus for variant in erp.variants_by_sku(sku)],
        levels=[level for sku in skus for level in erp.stock(sku)],
        returns=[one for row in data.customers for one in erp.returns_since(row["number"], NOW - timedelta(days=500))],
        invoices=[erp.invoice(row["number"]) for row in data.invoices],
    )
    fake.clock = lambda: NOW
    return fake


@pytest.fixture(params=list(DATABASES))
def database(request: pytest.FixtureRequest, now: datetime) -> Engine:
    """The embedded back office's database in each form, fresh for one test."""
    return DATABASES[request.param](backoffice(now), request)


@pytest.fixture(params=HOSTILE, ids=lambda text: ascii(text)[:40])
def hostile(request: pytest.FixtureRequest) -> str:
    """Something that nobody is called, in turn."""
    text: str = request.param
    return text

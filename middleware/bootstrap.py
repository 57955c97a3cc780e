"""Puts the running system together; the only place that knows which real parts are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Engine

from middleware.audit import Audit
from middleware.backend import BackEnd
from middleware.clock import Clock, system_clock
from middleware.crm.base import Crm
from middleware.crm.embedded.client import EmbeddedCrm
from middleware.database import open_engine
from middleware.erp.base import Erp
from middleware.erp.embedded.client import EmbeddedErp
from middleware.gateway import Gateway
from middleware.greeting import Greeting
from middleware.identity import Identity
from middleware.jobs import Handler, Jobs
from middleware.messages import Messages
from middleware.orders import Orders
from middleware.seals import Heads, Sealer
from middleware.settings import Settings
from middleware.store import Store, open_store
from middleware.tickets import Tickets

CRMS: dict[str, Callable[[Engine], Crm]] = {"embedded": EmbeddedCrm}
ERPS: dict[str, Callable[[Engine], Erp]] = {"embedded": EmbeddedErp}


@dataclass(frozen=True)
class Middleware:
    """The use cases, and what channels need beside them."""

    settings: Settings
    clock: Clock
    identity: Identity
    messages: Messages
    greeting: Greeting
    orders: Orders
    tickets: Tickets
    gateway: Gateway
    jobs: Jobs
    sealer: Sealer
    store: Store
    back_office: Engine

    def close(self) -> None:
        """Ends all threads and connections."""
        self.gateway.close()
        self.store.close()
        self.back_office.dispose()


def build(
    settings: Settings, *, crm: Crm | None = None, erp: Erp | None = None, clock: Clock = system_clock
) -> Middleware:
    """Builds the middleware on a migrated database.

    Args:
        crm: A connector to use instead of the settings' one; for tests.
        erp: The same for the ERP.
        clock: What time it is.

    Raises:
        Misconfigured: The database isn't at this program's version.
        Unavailable: The database can't be reached.
    """
    store = open_store(settings.database_url)
    back_office = open_engine(settings.database_url)
    gateway = Gateway(
        BackEnd("crm", crm or CRMS[settings.crm.system](back_office), settings.crm.threads),
        BackEnd("erp", erp or ERPS[settings.erp.system](back_office), settings.erp.threads),
        settings.operations,
        Audit(store),
        clock,
    )
    # What does the jobs of each kind.
    handlers: dict[str, Handler] = {}
    return Middleware(
        settings=settings,
        clock=clock,
        identity=Identity(store),
        messages=Messages(store, clock),
        greeting=Greeting(gateway),
        orders=Orders(gateway, settings, clock),
        tickets=Tickets(gateway),
        gateway=gateway,
        jobs=Jobs(store, clock, handlers),
        sealer=Sealer(store, clock, Heads(Path(settings.audit_head))),
        store=store,
        back_office=back_office,
    )

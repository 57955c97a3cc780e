"""Puts the running system together; the only place that knows which real parts are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.engine import Engine

from middleware.audit import Audit
from middleware.backend import BackEnd
from middleware.clock import Clock, system_clock
from middleware.code_mail import CodeMail
from middleware.codes import CODE_MAIL, Codes
from middleware.crm.base import Crm
from middleware.crm.embedded.client import EmbeddedCrm
from middleware.database import open_engine
from middleware.erp.base import Erp
from middleware.erp.embedded.client import EmbeddedErp
from middleware.gateway import Gateway
from middleware.greeting import Greeting
from middleware.identity import Identity
from middleware.jobs import Jobs
from middleware.mail import Post, open_post
from middleware.messages import Messages
from middleware.orders import Orders
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
    codes: Codes
    jobs: Jobs
    messages: Messages
    greeting: Greeting
    orders: Orders
    tickets: Tickets
    gateway: Gateway
    store: Store
    back_office: Engine

    def close(self) -> None:
        """Ends all threads and connections."""
        self.gateway.close()
        self.store.close()
        self.back_office.dispose()


def build(
    settings: Settings,
    *,
    crm: Crm | None = None,
    erp: Erp | None = None,
    post: Post | None = None,
    clock: Clock = system_clock,
) -> Middleware:
    """Builds the middleware on a migrated database.

    Args:
        crm: A connector to use instead of the settings' one; for tests.
        erp: The same for the ERP.
        post: The same for what sends mail.
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
    code_mail = CodeMail(store, gateway, post or open_post(settings), settings, clock)
    jobs = Jobs(store, clock, {CODE_MAIL: code_mail.send})
    return Middleware(
        settings=settings,
        clock=clock,
        identity=Identity(store, settings.identity, clock),
        codes=Codes(store, settings, clock, jobs.wake),
        jobs=jobs,
        messages=Messages(store, clock),
        greeting=Greeting(gateway),
        orders=Orders(gateway, settings, clock),
        tickets=Tickets(gateway),
        gateway=gateway,
        store=store,
        back_office=back_office,
    )

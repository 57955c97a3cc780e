"""Oracle Fusion Cloud: the port's methods over REST and, for an invoice's paper, SOAP."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.erp.base import Capabilities
from middleware.erp.catalogue import Catalogue
from middleware.erp.ledger import Ledger
from middleware.erp.oracle.changes import Changes
from middleware.erp.oracle.credentials import credentials
from middleware.erp.oracle.dialect import OracleDialect
from middleware.erp.oracle.holds import Holds
from middleware.erp.oracle.invoices import Invoices
from middleware.erp.oracle.rest import Rest
from middleware.erp.oracle.returns import Returns
from middleware.erp.oracle.settings import OracleAccess
from middleware.errors import Misconfigured
from middleware.http import Http
from middleware.in_turn import InTurn
from middleware.settings import Settings


class OracleErp(Changes, Holds, Returns, Invoices):
    """A company's Oracle Fusion Cloud, with its catalogue of articles in our own database."""

    capabilities = Capabilities(payment_days=False, receipts=False)


def connect(settings: Settings, engine: Engine, clock: Clock = system_clock) -> OracleErp:
    """The connector.

    Args:
        engine: Of the store's database, where the token, the ledger and the catalogue lie.
    """
    return OracleErp(
        rest(settings, engine, clock),
        settings,
        Catalogue(engine),
        Ledger(engine, clock),
        InTurn(engine, clock, system="erp"),
        clock,
    )


def rest(settings: Settings, engine: Engine, clock: Clock = system_clock) -> Rest:
    """What speaks to the pod.

    Raises:
        Misconfigured: The environment lacks what opens it.
    """
    access = settings.erp_access
    if not isinstance(access, OracleAccess):
        raise Misconfigured("erp.system is oracle, but its access isn't set")
    shown = credentials(access, engine, clock)
    http = Http("erp", (access.url,), shown, OracleDialect(), settings.erp.threads)
    return Rest(http, access.url, settings.erp.oracle)

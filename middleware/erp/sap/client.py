"""SAP S/4HANA: the port's methods over its OData V2 services."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.erp.base import Capabilities
from middleware.erp.sap.api import Api
from middleware.erp.sap.changes import Changes
from middleware.erp.sap.holds import Holds
from middleware.erp.sap.invoices import Invoices
from middleware.erp.sap.returns import Returns
from middleware.settings import Settings


class SapErp(Changes, Holds, Returns, Invoices):
    """A company's SAP: business partners, sales orders, deliveries, stock, reservations, billing and returns."""

    @property
    def capabilities(self) -> Capabilities:
        """No receipts, no times of orders, no days of payments; arrivals, if somebody enters them."""
        return Capabilities(
            receipts=False,
            order_times=False,
            deliveries=self._rules.proofs_of_delivery,
            return_days=False,
            payment_days=False,
        )


def connect(settings: Settings, engine: Engine, clock: Clock = system_clock) -> SapErp:
    """The connector to the company's SAP.

    Args:
        engine: Of the store's database, where tokens, the ledger and the catalogue lie and turns are taken.

    Raises:
        Misconfigured: The environment doesn't say what opens it.
    """
    return SapErp(Api(settings, engine), settings, engine, clock)

"""The connector to Dynamics 365 Business Central, API v2.0."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from middleware.erp.base import Capabilities, Erp
from middleware.erp.business_central.changes import Changes
from middleware.erp.business_central.customers import Customers
from middleware.erp.business_central.invoices import Invoices
from middleware.erp.business_central.returns import Returns
from middleware.settings import Settings


class BusinessCentral(Customers, Changes, Returns, Invoices):
    """One company in Business Central.

    Args:
        settings: The company's.
        engine: Of the store's database, where the access token, our ledger and the catalogue lie.
    """

    @property
    def capabilities(self) -> Capabilities:
        """It knows days and one total of all warehouses, but no carriers, arrivals, payments or contact persons."""
        return Capabilities(
            holds="ledger",
            warehouse_stock=False,
            receipts=False,
            order_times=False,
            picking=False,
            tracking=False,
            deliveries=False,
            contacts=False,
            return_days=False,
            payment_days=False,
        )


def connect(settings: Settings, engine: Engine) -> Erp:
    """The company's Business Central.

    Args:
        engine: Of the store's database.
    """
    return BusinessCentral(settings, engine)

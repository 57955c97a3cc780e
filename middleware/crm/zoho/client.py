"""The connector to Zoho CRM, with its tickets as cases there or in Zoho Desk."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from middleware.crm.base import Crm
from middleware.crm.zoho.api import Api
from middleware.crm.zoho.cases import Cases
from middleware.crm.zoho.desk import Desk
from middleware.crm.zoho.leads import Leads
from middleware.settings import Settings


class ZohoCrm(Leads, Cases):
    """Zoho CRM alone.

    Args:
        api: The way there.
    """


class ZohoCrmAndDesk(Leads, Desk):
    """Zoho CRM, with the tickets in Zoho Desk.

    Args:
        api: The way there.
    """


def connect(settings: Settings, engine: Engine) -> Crm:
    """The company's Zoho.

    Args:
        engine: Of the store's database, where the access token lies.
    """
    api = Api(settings, engine)
    return ZohoCrmAndDesk(api) if settings.crm.tickets == "desk" else ZohoCrm(api)

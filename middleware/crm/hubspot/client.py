"""The connector to HubSpot: the port's methods as calls of its API."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from middleware.crm.hubspot.api import Api
from middleware.crm.hubspot.leads import Leads
from middleware.crm.hubspot.settings import HubspotAccess
from middleware.errors import Misconfigured
from middleware.in_turn import InTurn
from middleware.settings import Settings


class HubSpotCrm(Leads):
    """A company's HubSpot: people, tickets and leads."""


def connect(settings: Settings, engine: Engine) -> HubSpotCrm:
    """The company's HubSpot; its token needs no renewing, so nothing of it lies in the store.

    Args:
        engine: Of the store's database, where turns are taken.

    Raises:
        Misconfigured: What opens it is missing.
    """
    rules, erp_field = settings.crm.hubspot, settings.identity.erp_number_field
    return HubSpotCrm(open_api(settings), rules, erp_field, settings.company.country, InTurn(engine))


def open_api(settings: Settings) -> Api:
    """Its API alone.

    Raises:
        Misconfigured: What opens it is missing.
    """
    access = settings.crm_access
    if not isinstance(access, HubspotAccess):
        raise Misconfigured("HUBSPOT_TOKEN is missing", system="crm")
    return Api(access, settings.crm.hubspot, settings.crm.threads)

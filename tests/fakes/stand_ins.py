"""The stand-ins of all CRMs, by the names that the tests call them by."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from middleware import settings
from middleware.settings import CrmBackEnd, Settings
from tests.fakes.building import ASSISTANT_FILE, environment
from tests.fakes.hubspot import HubSpot
from tests.fakes.salesforce import Salesforce
from tests.fakes.stand_in import StandIn
from tests.fakes.zoho import Zoho
from tests.fakes.zoho_desk import ZohoWithDesk

STAND_INS: dict[str, Callable[[], StandIn]] = {
    "salesforce": Salesforce,
    "hubspot": HubSpot,
    "zoho": Zoho,
    "zoho-desk": ZohoWithDesk,
}


def settings_for(stand_in: StandIn) -> Settings:
    """The project's settings, with the CRM that a stand-in stands for."""
    known = settings.load(ASSISTANT_FILE, {**environment(), **stand_in.environment})
    crm = msgspec.convert({**msgspec.to_builtins(known.crm), **stand_in.rules}, CrmBackEnd)
    return msgspec.structs.replace(known, crm=crm)

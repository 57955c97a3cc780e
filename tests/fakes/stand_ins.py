"""The stand-ins of all CRMs and ERPs, by the names that the tests call them by."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from middleware import settings
from middleware.settings import CrmBackEnd, ErpBackEnd, Settings
from tests.fakes.building import ASSISTANT_FILE, environment
from tests.fakes.business_central import BusinessCentral
from tests.fakes.dynamics import Dynamics
from tests.fakes.hubspot import HubSpot
from tests.fakes.oracle import Oracle
from tests.fakes.salesforce import Salesforce
from tests.fakes.sap import Sap
from tests.fakes.stand_in import StandIn
from tests.fakes.zoho import Zoho
from tests.fakes.zoho_desk import ZohoWithDesk

STAND_INS: dict[str, Callable[[], StandIn]] = {
    "salesforce": Salesforce,
    "hubspot": HubSpot,
    "zoho": Zoho,
    "zoho-desk": ZohoWithDesk,
}


ERP_STAND_INS: dict[str, Callable[[], StandIn]] = {
    "business_central": BusinessCentral,
    "sap": Sap,
    "oracle": Oracle,
    "dynamics": Dynamics,
}


def settings_for(*stand_ins: StandIn) -> Settings:
    """The project's settings, with the CRM, the ERP or both that stand-ins stand for."""
    more = {name: value for one in stand_ins for name, value in one.environment.items()}
    known = settings.load(ASSISTANT_FILE, {**environment(), **more})
    for one in stand_ins:
        kind = CrmBackEnd if one.system == "crm" else ErpBackEnd
        section = msgspec.convert({**msgspec.to_builtins(getattr(known, one.system)), **one.rules}, kind)
        known = msgspec.structs.replace(known, **{one.system: section})
    return known

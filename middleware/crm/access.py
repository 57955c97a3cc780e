"""What opens the CRM that the company has, from the environment; secrets stand nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from middleware.crm.hubspot import settings as hubspot
from middleware.crm.hubspot.settings import HubspotAccess
from middleware.crm.salesforce import settings as salesforce
from middleware.crm.salesforce.settings import SalesforceAccess
from middleware.crm.zoho import settings as zoho
from middleware.crm.zoho.settings import ZohoAccess

__all__ = ["HubspotAccess", "SalesforceAccess", "ZohoAccess", "read_access"]

_READ: dict[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
    "salesforce": salesforce.read,
    "hubspot": hubspot.read,
    "zoho": zoho.read,
}


def read_access(crm: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str] | None:
    """Reads what opens the CRM that assistant.yml names.

    Args:
        crm: Its section `crm`.

    Returns:
        None for the embedded one, and for one that there is no connector for.

    Raises:
        Misconfigured: Something is missing in the environment.
    """
    system = crm.get("system")
    read = _READ.get(system) if isinstance(system, str) else None
    return None if read is None else {"system": str(system), **read(environment)}

"""What opens the ERP that the company has, from the environment; secrets stand nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from middleware.erp.business_central import settings as business_central
from middleware.erp.business_central.settings import BusinessCentralAccess
from middleware.erp.dynamics import settings as dynamics
from middleware.erp.dynamics.settings import DynamicsAccess
from middleware.erp.oracle import settings as oracle
from middleware.erp.oracle.settings import OracleAccess
from middleware.erp.sap import settings as sap
from middleware.erp.sap.settings import SapAccess

__all__ = ["BusinessCentralAccess", "DynamicsAccess", "OracleAccess", "SapAccess", "read_access"]

_READ: dict[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
    "sap": sap.read,
    "oracle": oracle.read,
    "dynamics": dynamics.read,
    "business_central": business_central.read,
}


def read_access(erp: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str] | None:
    """Reads what opens the ERP that assistant.yml names.

    Args:
        erp: Its section `erp`.

    Returns:
        None for the embedded one, and for one that there is no connector for.

    Raises:
        Misconfigured: Something is missing in the environment.
    """
    system = erp.get("system")
    read = _READ.get(system) if isinstance(system, str) else None
    return None if read is None else {"system": str(system), **read(environment)}

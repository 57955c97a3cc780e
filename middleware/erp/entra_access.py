"""What opens Microsoft's systems, from the environment: an app that is registered in the company's Entra tenant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from middleware.errors import Misconfigured
from middleware.settings_base import Base, address, required

_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


class EntraAccess(Base, frozen=True):
    """Who we are to a system of Microsoft's.

    Attributes:
        entra_url: Where tokens are had, without a slash at its end.
        tenant: The id of the company's tenant, or one of its domains.
        client_id: The registered app's; `client_secret` is the value of one of its secrets.
    """

    entra_url: str
    tenant: str
    client_id: str
    client_secret: str


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads it from the environment.

    Raises:
        Misconfigured: Something is missing, or can't be.
    """
    tenant = required(environment, "ENTRA_TENANT")
    if not _TENANT.fullmatch(tenant):
        raise Misconfigured("ENTRA_TENANT must be the id of a tenant, or a domain of it, such as example.com")
    return {
        "entra_url": address(environment, "ENTRA_URL", "https://login.microsoftonline.com", is_default=True),
        "tenant": tenant,
        "client_id": required(environment, "ENTRA_CLIENT_ID"),
        "client_secret": required(environment, "ENTRA_CLIENT_SECRET"),
    }

"""What is called how in a company's Dynamics 365 Business Central, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address


class BusinessCentralRules(Base, frozen=True):
    """Section `erp.business_central` of assistant.yml."""


class BusinessCentralAccess(Base, frozen=True, tag="business_central", tag_field="system"):
    """What opens it.

    Attributes:
        url: Where it is, without a slash at its end.
    """

    url: str


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens it from the environment.

    Raises:
        Misconfigured: Something is missing.
    """
    return {"url": address(environment, "BUSINESS_CENTRAL_URL", "https://api.businesscentral.dynamics.com")}

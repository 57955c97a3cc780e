"""What is called how in a company's SAP S/4HANA, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address


class SapRules(Base, frozen=True):
    """Section `erp.sap` of assistant.yml."""


class SapAccess(Base, frozen=True, tag="sap", tag_field="system"):
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
    return {"url": address(environment, "SAP_URL", "https://my300000-api.s4hana.ondemand.com")}

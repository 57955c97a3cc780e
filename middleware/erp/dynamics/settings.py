"""What is called how in a company's Dynamics 365 Finance & Operations, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address


class DynamicsRules(Base, frozen=True):
    """Section `erp.dynamics` of assistant.yml."""


class DynamicsAccess(Base, frozen=True, tag="dynamics", tag_field="system"):
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
    return {"url": address(environment, "DYNAMICS_URL", "https://example.operations.dynamics.com")}

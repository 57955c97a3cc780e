"""What is called how in a company's Oracle Fusion Cloud, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping

from middleware.settings_base import Base, address


class OracleRules(Base, frozen=True):
    """Section `erp.oracle` of assistant.yml."""


class OracleAccess(Base, frozen=True, tag="oracle", tag_field="system"):
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
    return {"url": address(environment, "ORACLE_URL", "https://example.fa.us2.oraclecloud.com")}

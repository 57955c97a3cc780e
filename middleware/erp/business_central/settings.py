"""What is called how in a company's Dynamics 365 Business Central, and what opens it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

import msgspec

from middleware.erp import entra_access
from middleware.erp.entra_access import EntraAccess
from middleware.errors import Misconfigured
from middleware.settings_base import Base, address, given, required

_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,29}")

Guid = Annotated[str, msgspec.Meta(pattern=f"^{_GUID}$")]


class BusinessCentralRules(Base, frozen=True):
    """Section `erp.business_central` of assistant.yml.

    Attributes:
        changeable: Statuses of an order in which nothing of it has been handed to the warehouse.
        variant_sku: What an article is called that is a variant of an item: of `{item}` and `{variant}`, in this order.
        place_id: The id of the one place in which all stock counts as lying; customers never hear it.
        return_reasons: The id of a return reason there, by our name of it, such as `too_small`; none is written for
            what is missing here.
    """

    changeable: tuple[str, ...] = ("Draft",)
    variant_sku: Annotated[str, msgspec.Meta(pattern=r"^\{item\}[^{}]+\{variant\}$")] = "{item}-{variant}"
    place_id: str = "ALL"
    return_reasons: dict[str, Guid] = msgspec.field(default_factory=dict)

    @property
    def joint(self) -> str:
        """What stands between an item's number and a variant's code."""
        return self.variant_sku.removeprefix("{item}").removesuffix("{variant}")


class BusinessCentralAccess(EntraAccess, frozen=True, tag="business_central", tag_field="system"):
    """What opens it.

    Attributes:
        url: Where it is, without a slash at its end.
        environment: The name of the environment, such as `Production`.
        company: The id of the company in it.
    """

    url: str
    environment: str
    company: str


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens it from the environment.

    Raises:
        Misconfigured: Something is missing, or can't be.
    """
    name = given(environment, "BUSINESS_CENTRAL_ENVIRONMENT") or "Production"
    if not _ENVIRONMENT.fullmatch(name):
        raise Misconfigured("BUSINESS_CENTRAL_ENVIRONMENT must be the name of an environment, such as Production")
    company = required(environment, "BUSINESS_CENTRAL_COMPANY")
    if not re.fullmatch(_GUID, company):
        raise Misconfigured("BUSINESS_CENTRAL_COMPANY must be the id of a company; its page says where to find it")
    default = "https://api.businesscentral.dynamics.com"
    return {
        **entra_access.read(environment),
        "url": address(environment, "BUSINESS_CENTRAL_URL", default, is_default=True),
        "environment": name,
        "company": company,
    }

"""What is called how in a company's Dynamics 365 Finance & Operations, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from middleware.erp import entra_access
from middleware.erp.entra_access import EntraAccess
from middleware.records import ReturnReason
from middleware.settings_base import Base, address, required

SECURITY_URL = "https://securityservice.operations365.dynamics.com"

Name = Annotated[str, msgspec.Meta(pattern="^[A-Za-z][A-Za-z0-9_]*$")]
NameOrNone = Annotated[str, msgspec.Meta(pattern="^([A-Za-z][A-Za-z0-9_]*)?$")]
Measure = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]+\.[A-Za-z0-9_]+$")]


class InventoryRules(Base, frozen=True):
    """What is called how in Inventory Visibility.

    Attributes:
        data_source: A data source of our own there, that nothing else writes to; `modifier` is its physical measure
            that held units are counted in.
        available: The calculated measure that tells what can still be reserved, as `source.measure`.
        site: The dimension of sites; `location` is that of warehouses, the others those of a product.
    """

    data_source: Name = "frontdesk"
    modifier: Name = "hold"
    available: Measure = "iv.availabletoreserve"
    site: Name = "siteId"
    location: Name = "locationId"
    configuration: Name = "configId"
    size: Name = "sizeId"
    colour: Name = "colorId"
    style: Name = "styleId"
    version: Name = "versionId"


class ReportRules(Base, frozen=True):
    """By what F&O's report server prints an invoice."""

    controller: Name = "SalesInvoiceController"
    contract: Name = "SrsCopilotArgsContract"
    table: Name = "CustInvoiceJour"
    field: Name = "InvoiceId"


class DynamicsRules(Base, frozen=True):
    """Section `erp.dynamics` of assistant.yml.

    Attributes:
        company: The legal entity that sells (dataAreaId).
        cancel: How something is taken off an order: its quantity becomes nought, or the line is deleted.
        packing_slips: Set with the headers of packing slips, `packing_slip_lines` that with their lines; empty: F&O
            isn't asked which units are in which parcel.
        due_amount_field: Field of CustInvoiceJourBiEntities with what is still to be paid of an invoice.
        tax_rates: The rates in percent that the company's invoices have; F&O tells only amounts of tax.
        return_reasons: Codes of reasons for returns in F&O.
        return_warehouse: Where returns go; empty: to the warehouse that the goods came from.
        return_disposition: Disposition code of what comes back; empty: none, until it arrives.
        return_note: Type of the note on a return that has the customer's words; empty: they are written nowhere.
        countries: Country codes of F&O by ISO 3166-1 alpha-2, where they aren't the ISO codes of three letters.
    """

    company: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9]{1,4}$")] = "usmf"
    cancel: Literal["quantity", "delete"] = "quantity"
    packing_slips: NameOrNone = "CustPackingSlipJourBiEntities"
    packing_slip_lines: NameOrNone = "CustPackingSlipTransBiEntities"
    due_amount_field: Name = "MCRDueAmount"
    tax_rates: tuple[Annotated[str, msgspec.Meta(pattern=r"^\d{1,2}(\.\d{1,4})?$")], ...] = ()
    return_reasons: dict[ReturnReason, str] = msgspec.field(
        default_factory=lambda: {
            ReturnReason.TOO_SMALL: "TOOSMALL",
            ReturnReason.TOO_LARGE: "TOOLARGE",
            ReturnReason.DAMAGED: "DAMAGED",
            ReturnReason.WRONG_ITEM: "WRONGITEM",
            ReturnReason.NOT_AS_DESCRIBED: "NOTASDESC",
            ReturnReason.CHANGED_MIND: "CHANGEDMD",
            ReturnReason.OTHER: "OTHER",
        }
    )
    return_warehouse: str = ""
    return_disposition: str = ""
    return_note: str = "Note"
    countries: dict[str, str] = msgspec.field(default_factory=dict)
    report: ReportRules = ReportRules()
    inventory: InventoryRules = InventoryRules()

    @property
    def rates(self) -> tuple[Decimal, ...]:
        """The tax rates as numbers."""
        return tuple(map(Decimal, self.tax_rates))


class DynamicsAccess(EntraAccess, frozen=True, tag="dynamics", tag_field="system"):
    """What opens it.

    Attributes:
        url: Where it is, without a slash at its end.
        inventory_url: Where the company's Inventory Visibility is, as its Power App says.
        environment_id: The id of the environment that it belongs to.
        security_url: Where its tokens are had.
    """

    url: str
    inventory_url: str
    environment_id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9-]{1,64}$")]
    security_url: str = SECURITY_URL


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens it from the environment.

    Raises:
        Misconfigured: Something is missing.
    """
    return {
        **entra_access.read(environment),
        "url": address(environment, "DYNAMICS_URL", "https://example.operations.dynamics.com"),
        "inventory_url": address(
            environment,
            "DYNAMICS_INVENTORY_URL",
            "https://inventoryservice.us-il301.gateway.prod.island.powerapps.com",
        ),
        "environment_id": required(environment, "DYNAMICS_ENVIRONMENT_ID"),
        "security_url": address(environment, "DYNAMICS_SECURITY_URL", SECURITY_URL, is_default=True),
    }

"""What is called how in a company's SAP S/4HANA, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from middleware.errors import Misconfigured
from middleware.records import ReturnReason
from middleware.settings_base import Base, address, given

Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{1,4}$")]
CodeOrNone = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{0,10}$")]

_REASONS = {reason: f"{place:03}" for place, reason in enumerate(ReturnReason, start=1)}


class SapRules(Base, frozen=True):
    """Section `erp.sap` of assistant.yml; codes are those of the company's own customizing.

    Attributes:
        partners_are_customers: Whether a customer has the number of their business partner; else each look-up of an
            account takes one call more.
        ship_to_function: Partner function of whom an order goes to, as the API shows it.
        tracking_field: Where deliveries hold the tracking number.
        carrier_function: Partner function of the carrier on deliveries.
        carriers: Carriers' names as customers know them, by the number of that partner, or by the shipping type.
        proofs_of_delivery: Whether somebody enters when parcels arrived; else they are presumed to have, in time.
        rejection_reason: Of items that a customer takes off an order.
        plants: Warehouses of warehouses.csv by plant, where they aren't called so themselves.
        open_orders: Whether what is ordered and hasn't left yet is taken off the stock; it takes two calls more.
        unit: The unit that articles are sold and kept in.
        movement_type: Of reservations; `cost_center` and `storage_location` of them, empty where it needs none.
        payment_terms: Days until an invoice is due, by the key of the terms of payment.
        tax_rates: Percentages that occur on invoices; what isn't among them is worked out of the amounts.
        return_type: Type of new customer returns; `order_reason` and `refund_type` of them, empty where there is none.
        return_reasons: Codes of return reasons.
    """

    partners_are_customers: bool = True
    ship_to_function: Code = "SH"
    tracking_field: Literal[
        "BillOfLading", "DeliveryDocumentBySupplier", "MeansOfTransport", "HandlingUnitExternalId"
    ] = "BillOfLading"
    carrier_function: Code = "CR"
    carriers: Mapping[str, str] = msgspec.field(default_factory=dict)
    proofs_of_delivery: bool = True
    rejection_reason: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{2}$")] = "10"
    plants: Mapping[str, str] = msgspec.field(default_factory=dict)
    open_orders: bool = True
    unit: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{1,3}$")] = "PC"
    movement_type: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{3}$")] = "201"
    cost_center: CodeOrNone = ""
    storage_location: CodeOrNone = ""
    payment_terms: Mapping[str, int] = msgspec.field(default_factory=lambda: {"0001": 0, "NT30": 30})
    tax_rates: tuple[Decimal, ...] = ()
    return_type: Code = "CBAR"
    order_reason: CodeOrNone = ""
    refund_type: CodeOrNone = ""
    return_reasons: Mapping[ReturnReason, str] = msgspec.field(default_factory=lambda: dict(_REASONS))


class SapAccess(Base, frozen=True, tag="sap", tag_field="system"):
    """What opens it: a communication user's name and password, or a client of an OAuth server.

    Attributes:
        url: Where it is, without a slash at its end.
        client: The SAP client (three digits), where the system has several; empty for its own choice.
        token_url: Where tokens are had; then `client_id` and `client_secret` are ours there.
    """

    url: str
    client: str = ""
    user: str = ""
    password: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens it from the environment.

    Raises:
        Misconfigured: Something is missing.
    """
    token_url = given(environment, "SAP_TOKEN_URL") and address(environment, "SAP_TOKEN_URL", _TOKEN_URL)
    found = {
        "url": address(environment, "SAP_URL", "https://my300000-api.s4hana.ondemand.com"),
        "client": given(environment, "SAP_CLIENT"),
        "user": given(environment, "SAP_USER"),
        "password": given(environment, "SAP_PASSWORD"),
        "token_url": token_url,
        "client_id": given(environment, "SAP_OAUTH_CLIENT_ID"),
        "client_secret": given(environment, "SAP_OAUTH_CLIENT_SECRET"),
    }
    if token_url and not (found["client_id"] and found["client_secret"]):
        raise Misconfigured("SAP_TOKEN_URL is set: SAP_OAUTH_CLIENT_ID and SAP_OAUTH_CLIENT_SECRET must be, too")
    if not token_url and not (found["user"] and found["password"]):
        raise Misconfigured(
            "SAP_USER and SAP_PASSWORD are not set, nor is SAP_TOKEN_URL; docs/connectors/sap.md says where to look"
        )
    return found


_TOKEN_URL = "https://my300000.authentication.eu10.hana.ondemand.com/oauth/token"

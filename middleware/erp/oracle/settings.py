"""What is called how in a company's Oracle Fusion Cloud, and what opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from middleware.records import OrderStatus, ReturnReason, ReturnStatus
from middleware.settings_base import Base, Count, address, given

AttributeName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
AttributeNameOrNone = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,127})?$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=150)]

STATUSES = {
    **dict.fromkeys(
        ("ENTERED", "BOOKED", "NOT_STARTED", "SCHEDULED", "RESERVED", "MANUAL_RESERVATION_REQUIRED"), OrderStatus.PLACED
    ),
    "AWAIT_SHIP": OrderStatus.PICKING,
    "BACKORDERED": OrderStatus.DELAYED,
    "PICKED": OrderStatus.PACKED,
    **dict.fromkeys(("SHIPPED", "AWAIT_BILLING", "CLOSED"), OrderStatus.SHIPPED),
    "DELIVERED": OrderStatus.DELIVERED,
    "RETURNED": OrderStatus.RETURNED,
    **dict.fromkeys(("CANCELED", "CANCELLED"), OrderStatus.CANCELLED),
}
RETURN_STATUSES = {
    **dict.fromkeys(("DELIVERED", "RECEIVED", "AWAIT_BILLING"), ReturnStatus.RECEIVED),
    "CLOSED": ReturnStatus.REFUNDED,
    **dict.fromkeys(("CANCELED", "CANCELLED"), ReturnStatus.REJECTED),
}


class OracleRules(Base, frozen=True):
    """Section `erp.oracle` of assistant.yml. An attribute is named as the REST resource names it; an empty one isn't
    there.

    Attributes:
        framework_version: Of REST, sent with every call: from 3 on children come in pages.
        page_size: How many rows are asked for at once.
        ignore_case: Whether e-mails are compared by `upper()`.
        account_name_field: Of `accounts`: the company's name; `account_phone_fields`: its telephones.
        contact_name_field: Of `contacts`: the person's name; `contact_phone_fields`: their telephones.
        contact_account_field: Of `contacts`: the number of the account that the person acts for; without one the person
            is a customer.
        email_field: Of both.
        site_field: Of an account's `Address`: the id by which orders name a ship-to site.
        ship_to_fields: Of an order's `shipToCustomer`: its parts, by ours.
        promised_field: Of an order's line: the day first promised; `expected_field`: the day now expected;
            `carrier_field`: who carries it.
        tracking_field: Of a line's `lineDetails`: the tracking number.
        statuses: What a fulfillment line's status codes mean, beside those that are known already.
        cancel_reason: Why we cancel a line, in a word that Oracle knows.
        submit_changes: Whether a change must be submitted explicitly.
        organizations: Codes of inventory organizations by the ids of warehouses, where they aren't the same.
        not_kept_messages: Names of messages that say that an organization doesn't keep an item.
        demand_source_type: Of our reservations, as Oracle words it; `supply_source_type` likewise.
        subinventory: Where in an organization we reserve; empty leaves it to Oracle.
        release_by: How a reservation is given up.
        source_system: Our name among Oracle's source systems (spoke systems), for returns.
        return_order_type: Of returns; `return_category` and `return_line_type` are their lines'.
        references_child: Of an order's line: the child with what it refers to.
        reference_type: That a return line refers to an order's line by Oracle's own ids.
        return_reasons: Codes of reasons, by ours, where they aren't ours in capitals.
        return_statuses: What a return line's status codes mean, beside those that are known already.
        balance_field: Of `receivablesInvoices`: what is still to be paid.
        tax_lines_child: Of an invoice's line: the child with its taxes; `tax_rate_field` is of that.
        report_path: Of the BI Publisher report that prints an invoice, such as `/Custom/Integration/Invoice.xdo`;
            empty: there is none.
        report_template: The report's layout; `report_locale`: the language it is printed in.
        report_parameters: Values of its parameters; {id} is the transaction's id, {number} the invoice's number.
        report_chunk: Bytes that are fetched at once; -1 fetches all at once.
    """

    framework_version: Annotated[int, msgspec.Meta(ge=3, le=9)] = 4
    page_size: Annotated[int, msgspec.Meta(ge=1, le=500)] = 500
    ignore_case: bool = True
    account_name_field: AttributeName = "OrganizationName"
    account_phone_fields: tuple[AttributeName, ...] = ("FormattedPhoneNumber",)
    contact_name_field: AttributeName = "ContactName"
    contact_phone_fields: tuple[AttributeName, ...] = ("FormattedWorkPhoneNumber", "FormattedMobileNumber")
    contact_account_field: AttributeName = "AccountPartyNumber"
    email_field: AttributeName = "EmailAddress"
    site_field: AttributeName = "AddressId"
    ship_to_fields: Mapping[str, AttributeNameOrNone] = msgspec.field(default_factory=dict)
    promised_field: AttributeNameOrNone = "RequestedArrivalDate"
    expected_field: AttributeNameOrNone = "ScheduleArrivalDate"
    carrier_field: AttributeNameOrNone = "ShippingCarrier"
    tracking_field: AttributeNameOrNone = "TrackingNumber"
    statuses: Mapping[str, OrderStatus] = msgspec.field(default_factory=dict)
    cancel_reason: Name = "Customer request"
    submit_changes: bool = False
    organizations: Mapping[str, Name] = msgspec.field(default_factory=dict)
    not_kept_messages: tuple[Name, ...] = ("INV_INVALID_ITEM_ORG",)
    demand_source_type: Name = "User defined"
    supply_source_type: Name = "On hand"
    subinventory: str = ""
    release_by: Literal["delete", "zero"] = "delete"
    source_system: Name = "FRONTDESK"
    return_order_type: Name = "Standard Orders"
    return_category: Name = "RETURN"
    return_line_type: Name = "Return"
    references_child: AttributeName = "documentReferences"
    reference_type: Name = "ORIGINAL_ORCHESTRATION_ORDER"
    return_reasons: Mapping[ReturnReason, Name] = msgspec.field(default_factory=dict)
    return_statuses: Mapping[str, ReturnStatus] = msgspec.field(default_factory=dict)
    balance_field: AttributeName = "InvoiceBalanceAmount"
    tax_lines_child: AttributeName = "receivablesInvoiceLineTaxLines"
    tax_rate_field: AttributeName = "TaxRate"
    report_path: Annotated[str, msgspec.Meta(pattern=r"^(/.+\.xdo)?$", max_length=400)] = ""
    report_template: str = "Default"
    report_locale: str = "en-US"
    report_parameters: Mapping[str, str] = msgspec.field(default_factory=lambda: {"P_TRX_ID": "{id}"})
    report_chunk: Literal[-1] | Count = 200_000

    def standing(self, code: str) -> OrderStatus:
        """What a fulfillment line's status code means; one that nobody told of is that of a new line."""
        return self.statuses.get(code) or STATUSES.get(code, OrderStatus.PLACED)

    def return_standing(self, code: str) -> ReturnStatus:
        """What a return line's status code means; one that nobody told of is that of a new one."""
        return self.return_statuses.get(code) or RETURN_STATUSES.get(code, ReturnStatus.ANNOUNCED)

    def reason_code(self, reason: ReturnReason) -> str:
        """What Oracle calls a reason."""
        return self.return_reasons.get(reason, reason.value.upper())

    def reason(self, code: str) -> ReturnReason:
        """What a code means."""
        return next((one for one in ReturnReason if self.reason_code(one) == code), ReturnReason.OTHER)

    @property
    def order_names(self) -> dict[str, str]:
        """Attributes and children of orders that are called otherwise than the connector calls them."""
        address = {_SHIP_TO[part]: name for part, name in self.ship_to_fields.items() if part in _SHIP_TO}
        return _renamed(
            {
                "RequestedArrivalDate": self.promised_field,
                "ScheduleArrivalDate": self.expected_field,
                "ShippingCarrier": self.carrier_field,
                "TrackingNumber": self.tracking_field,
                "documentReferences": self.references_child,
                **address,
            }
        )

    @property
    def invoice_names(self) -> dict[str, str]:
        """The same of invoices."""
        return _renamed(
            {
                "InvoiceBalanceAmount": self.balance_field,
                "receivablesInvoiceLineTaxLines": self.tax_lines_child,
                "TaxRate": self.tax_rate_field,
            }
        )


_SHIP_TO = {
    "address1": "Address1",
    "address2": "Address2",
    "city": "City",
    "state": "State",
    "country": "Country",
    "postcode": "PostalCode",
}


def _renamed(names: Mapping[str, str]) -> dict[str, str]:
    """Only those that differ."""
    return {ours: theirs for ours, theirs in names.items() if ours != theirs}


class OracleAccess(Base, frozen=True, tag="oracle", tag_field="system"):
    """What opens it: a user's password, or an app's token.

    Attributes:
        url: Where it is, without a slash at its end.
        username: The integration user; with `private_key` whom the app acts for.
        token_url: The identity domain that gives tokens; empty: `password` opens it.
        scope: What the token is to be good for.
        private_key: PEM, signs a user assertion; `key_id` is its certificate's alias in the identity domain.
    """

    url: str
    username: str = ""
    password: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""
    private_key: str = ""
    key_id: str = ""


def read(environment: Mapping[str, str]) -> dict[str, str]:
    """Reads what opens it from the environment.

    Raises:
        Misconfigured: Something is missing.
    """
    names = ("username", "password", "client_id", "client_secret", "scope", "private_key", "key_id")
    token_url = given(environment, "ORACLE_TOKEN_URL")
    if token_url:
        token_url = address(environment, "ORACLE_TOKEN_URL", "https://idcs-0a1b.identity.oraclecloud.com")
    return {
        "url": address(environment, "ORACLE_URL", "https://example.fa.us2.oraclecloud.com"),
        "token_url": token_url,
        **{name: given(environment, f"ORACLE_{name.upper()}") for name in names},
    }

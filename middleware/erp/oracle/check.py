"""Looks whether a company's Oracle has all that the connector needs; it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy.engine import Engine

from middleware.connectors import Finding
from middleware.erp.catalogue import Catalogue
from middleware.erp.oracle.base import CRM, FSCM
from middleware.erp.oracle.client import OracleErp, connect, rest
from middleware.erp.oracle.invoices import INVOICES
from middleware.erp.oracle.orders import ORDERS
from middleware.erp.oracle.report import InvoiceReport
from middleware.erp.oracle.rest import Page, Rest
from middleware.erp.oracle.rows import Id
from middleware.erp.oracle.settings import OracleRules
from middleware.errors import FrontdeskError
from middleware.settings import Settings

_ADDRESS = ("AddressLine1", "AddressLine2", "City", "State", "PostalCode", "Country")
_CANNOT = (
    "Oracle tells neither what is to come in nor on which day an invoice was paid: customers aren't told it.",
    "Names, colours and sizes of articles and where warehouses lie are those of `make import`.",
)


class _Attribute(msgspec.Struct, frozen=True):
    name: str


class _Resource(msgspec.Struct, frozen=True):
    attributes: list[_Attribute] = []
    children: dict[str, _Resource] = {}


class _Described(msgspec.Struct, frozen=True):
    Resources: dict[str, _Resource]


class _InvoiceRow(msgspec.Struct, frozen=True):
    CustomerTransactionId: Id
    TransactionNumber: str


@dataclass(frozen=True)
class _Needs:
    """What a resource must have.

    Attributes:
        attributes: Names of attributes, with the settings that name them; empty where nothing does.
        children: The same of its children.
        child_setting: The setting that names the child itself.
    """

    attributes: Mapping[str, str]
    children: Mapping[str, _Needs] = field(default_factory=dict)
    setting: str = ""


def check(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Looks at log-in, resources and what they call their attributes, stock, and the report that prints invoices.

    Args:
        engine: Of the store's database, where the token and the catalogue lie.
    """
    oracle = rest(settings, engine)
    rules = settings.erp.oracle
    for application, resource, needs in _needed(rules):
        try:
            described = _described(oracle, application, resource)
        except FrontdeskError as error:
            yield _missing(f"{resource}: {error}.")
            if error.kind in ("Unavailable", "Malformed"):
                return
            continue
        lacking = list(_lacking(resource, described, needs))
        yield from lacking or [_good(f"{resource} has all that is needed.")]
    yield from _of_stock(connect(settings, engine), Catalogue(engine))
    yield from _of_report(oracle, rules)
    yield from map(_good, _CANNOT)


def _described(oracle: Rest, application: str, resource: str) -> _Resource:
    answer = oracle.get(application, f"{resource}/describe")
    found = answer.decoded(_Described).Resources
    return found.get(resource, _Resource())


def _needed(rules: OracleRules) -> Sequence[tuple[str, str, _Needs]]:
    def named(**settings: str) -> dict[str, str]:
        return {name: f"erp.oracle.{setting}" for setting, name in settings.items() if name}

    phones = dict.fromkeys(rules.account_phone_fields, "erp.oracle.account_phone_fields")
    own_phones = dict.fromkeys(rules.contact_phone_fields, "erp.oracle.contact_phone_fields")
    email = named(email_field=rules.email_field)
    site = _Needs({**_plain(*_ADDRESS), **named(site_field=rules.site_field)})
    return (
        (
            CRM,
            "accounts",
            _Needs(
                {**_plain("PartyNumber", *_ADDRESS), **email, **phones}
                | named(account_name_field=rules.account_name_field),
                {"Address": site},
            ),
        ),
        (
            CRM,
            "contacts",
            _Needs(
                {**_plain("PartyNumber", *_ADDRESS), **email, **own_phones}
                | named(contact_name_field=rules.contact_name_field, contact_account_field=rules.contact_account_field),
                {"Address": site},
            ),
        ),
        (FSCM, ORDERS, _of_orders(rules)),
        (
            FSCM,
            "shipmentLines",
            _Needs(_plain("Order", "SourceOrderFulfillmentLineId", "Shipment", "ShippedQuantity", "ActualShipDate")),
        ),
        (
            FSCM,
            "inventoryReservations",
            _Needs(_plain("OrganizationCode", "ItemNumber", "ReservationQuantity", "DemandSourceName")),
        ),
        (FSCM, INVOICES, _of_invoices(rules)),
    )


def _of_orders(rules: OracleRules) -> _Needs:
    names = rules.order_names
    line = {
        names.get(default, default): setting
        for default, setting in (
            ("RequestedArrivalDate", "erp.oracle.promised_field"),
            ("ScheduleArrivalDate", "erp.oracle.expected_field"),
            ("ShippingCarrier", "erp.oracle.carrier_field"),
        )
    }
    detail = {rules.tracking_field: "erp.oracle.tracking_field"}
    places = ("Address1", "Address2", "City", "State", "PostalCode", "Country")
    return _Needs(
        _plain("OrderNumber", "BuyingPartyNumber", "TransactionOn", "TransactionalCurrencyCode"),
        {
            "lines": _Needs(
                {
                    **_plain("FulfillLineId", "ProductNumber", "OrderedQuantity", "UnitSellingPrice", "StatusCode"),
                    **line,
                },
                {
                    "lineDetails": _Needs({**_plain("ActualDeliveryDate"), **detail}),
                    rules.references_child: _Needs(
                        _plain("DocumentNumber", "DocumentSubLineIdentifier"), setting="erp.oracle.references_child"
                    ),
                },
            ),
            "shipToCustomer": _Needs(
                _plain("PartyId", "SiteId") | {names.get(one, one): "erp.oracle.ship_to_fields" for one in places}
            ),
        },
    )


def _of_invoices(rules: OracleRules) -> _Needs:
    tax = _Needs({rules.tax_rate_field: "erp.oracle.tax_rate_field"}, setting="erp.oracle.tax_lines_child")
    line = _plain("LineNumber", "ItemNumber", "Quantity", "UnitSellingPrice", "SalesOrder")
    return _Needs(
        {
            **_plain("TransactionNumber", "TransactionDate", "DueDate", "BillToCustomerNumber"),
            rules.balance_field: "erp.oracle.balance_field",
        },
        {"receivablesInvoiceLines": _Needs(line, {rules.tax_lines_child: tax})},
    )


def _plain(*names: str) -> dict[str, str]:
    """Attributes that no setting names."""
    return dict.fromkeys(names, "")


def _lacking(where: str, described: _Resource, needs: _Needs) -> Iterator[Finding]:
    there = {one.name for one in described.attributes}
    for name, setting in needs.attributes.items():
        if name and name not in there:
            mend = f"name another one as {setting} of assistant.yml" if setting else "look at its describe"
            yield _missing(f"{where} has no attribute {name} that the integration user sees: {mend}.")
    for name, child in needs.children.items():
        if name in described.children:
            yield from _lacking(f"{where}.{name}", described.children[name], child)
        else:
            mend = f"name another one as {child.setting} of assistant.yml" if child.setting else "look at its describe"
            yield _missing(f"{where} has no child {name}: {mend}.")


def _of_stock(erp: OracleErp, catalogue: Catalogue) -> Iterator[Finding]:
    """What lies of one article is asked of every warehouse."""
    places = catalogue.warehouses()
    article = catalogue.some_variant()
    if not places or article is None:
        mend = "`make import` fills them from products.csv and warehouses.csv"
        yield _missing(f"There are no articles or no warehouses: {mend}.")
        return
    sku = article.sku
    try:
        levels = erp.stock(sku)
    except FrontdeskError as error:
        yield _missing(f"Stock of {sku}: {error}.")
        return
    yield _good(f"Stock of {sku} was told for {len(levels)} of {len(places)} warehouses; the others don't keep it.")


def _of_report(oracle: Rest, rules: OracleRules) -> Iterator[Finding]:
    """Prints some invoice, and keeps nothing of it."""
    if not rules.report_path:
        yield _good("erp.oracle.report_path is empty: papers of invoices are drawn by the assistant itself.")
        return
    try:
        answer = oracle.get(FSCM, f"{INVOICES}?fields=CustomerTransactionId,TransactionNumber&onlyData=true&limit=1")
        found = answer.decoded(Page[_InvoiceRow]).items
        if not found:
            yield _good("There is no invoice yet that the report could be tried with.")
            return
        report = InvoiceReport(oracle.http, oracle.url, rules)
        report.printed(str(found[0].CustomerTransactionId), found[0].TransactionNumber)
    except FrontdeskError as error:
        yield _missing(f"{rules.report_path}: {error}.")
        return
    yield _good(f"{rules.report_path} prints invoices.")


def _good(text: str) -> Finding:
    return Finding(is_good=True, text=text)


def _missing(text: str) -> Finding:
    return Finding(is_good=False, text=text)

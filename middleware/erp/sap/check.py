"""Looks whether a company's SAP has all that the connector needs; it only reads."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.engine import Engine

from middleware.connectors import Finding
from middleware.erp.catalogue import Catalogue
from middleware.erp.sap import api, values
from middleware.erp.sap.api import Api
from middleware.erp.sap.rows import DeliveryRow, InvoiceRow, OrderRow, StockRow
from middleware.erp.sap.settings import SapRules
from middleware.errors import FrontdeskError, ShutOut
from middleware.settings import Settings

_SAMPLE = "50"
_PURPOSES = {
    api.PARTNERS: "accounts",
    api.ORDERS: "orders",
    api.DELIVERIES: "parcels",
    api.STOCK: "stock",
    api.RESERVATIONS: "holds",
    api.INVOICES: "invoices",
    api.RETURNS: "returns",
}


def check(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Looks at log-in, services, the catalogue, and at whether the settings fit what lies there.

    Args:
        engine: Of the store's database, where tokens and the catalogue lie.
    """
    sap, rules, catalogue = Api(settings, engine), settings.erp.sap, Catalogue(engine)
    for service, purpose in _PURPOSES.items():
        try:
            sap.opened(service, "check")
        except ShutOut as error:
            yield _missing(str(error))
            return
        except FrontdeskError as error:
            yield _missing(f"{service} ({purpose}): {error}")
        else:
            yield _good(f"{service} answers ({purpose}).")
    yield from _of_catalogue(catalogue)
    for looked in (_of_orders, _of_deliveries, _of_plants, _of_terms):
        try:
            yield from looked(sap, rules, catalogue)
        except FrontdeskError as error:
            yield _missing(f"{error}: the settings under erp.sap couldn't be compared with what lies there.")
    yield _good("SAP doesn't tell: what is to come in, the hour of an order, the day of a payment.")


def _of_catalogue(catalogue: Catalogue) -> Iterator[Finding]:
    """Names of articles and places of plants come from files."""
    if catalogue.variants_by_words([*"aeiou"]):
        yield _good("There are articles in the catalogue.")
    else:
        yield _missing(
            "The catalogue has no articles: import products.csv (docs/import.md); its SKUs are material numbers."
        )
    if not catalogue.warehouses():
        yield _missing("The catalogue has no warehouses: import warehouses.csv, one for each plant that sells.")


def _of_orders(sap: Api, rules: SapRules, _: Catalogue) -> Iterator[Finding]:
    query = values.query(top=_SAMPLE, expand="to_Partner")
    orders = sap.read(api.ORDERS, f"A_SalesOrder?{query}", "check", OrderRow)
    functions = {one.PartnerFunction for order in orders for one in order.to_Partner.results}
    if orders and rules.ship_to_function not in functions:
        yield _missing(
            f"No order has a partner with function {rules.ship_to_function}, but {_list(functions)}:"
            " name the ship-to party's as erp.sap.ship_to_function."
        )


def _of_deliveries(sap: Api, rules: SapRules, _: Catalogue) -> Iterator[Finding]:
    units = "to_HandlingUnitHeaderDelivery," if rules.tracking_field == "HandlingUnitExternalId" else ""
    query = values.query(top=_SAMPLE, expand=f"{units}to_DeliveryDocumentPartner")
    deliveries = sap.read(api.DELIVERIES, f"A_OutbDeliveryHeader?{query}", "check", DeliveryRow)
    if not deliveries:
        return
    if not units and not any(getattr(one, rules.tracking_field) for one in deliveries):
        yield _missing(
            f"No delivery has a {rules.tracking_field}:"
            " name the field with the tracking number as erp.sap.tracking_field."
        )
    partners = (one for delivery in deliveries for one in delivery.to_DeliveryDocumentPartner.results)
    carriers = {
        values.plain(one.Supplier or one.Customer) for one in partners if one.PartnerFunction == rules.carrier_function
    }
    unnamed = {one for one in carriers | {delivery.ShippingType for delivery in deliveries} if one} - set(
        rules.carriers
    )
    if unnamed and not set(rules.carriers) & carriers:
        yield _missing(f"Name the carriers {_list(unnamed)} under erp.sap.carriers, as customers know them.")
    if rules.proofs_of_delivery and not any(one.OverallProofOfDeliveryStatus for one in deliveries):
        yield _missing("No delivery waits for a proof of delivery: set erp.sap.proofs_of_delivery to false.")


def _of_plants(sap: Api, rules: SapRules, catalogue: Catalogue) -> Iterator[Finding]:
    rows = sap.read(api.STOCK, f"A_MatlStkInAcctMod?{values.query(top=_SAMPLE)}", "check", StockRow)
    known = {one.id for one in catalogue.warehouses()}
    unknown = {row.Plant for row in rows if rules.plants.get(row.Plant, row.Plant) not in known}
    if unknown:
        yield _missing(
            f"Nothing is told of what lies in {_list(unknown)}: warehouses.csv has no such warehouse;"
            " where it is called otherwise there, say so under erp.sap.plants."
        )


def _of_terms(sap: Api, rules: SapRules, _: Catalogue) -> Iterator[Finding]:
    rows = sap.read(api.INVOICES, f"A_BillingDocument?{values.query(top=_SAMPLE)}", "check", InvoiceRow)
    unknown = {row.CustomerPaymentTerms for row in rows if row.CustomerPaymentTerms} - set(rules.payment_terms)
    if unknown:
        yield _missing(f"Say under erp.sap.payment_terms after how many days {_list(unknown)} are due.")


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names)[:10]) or "none"


def _good(text: str) -> Finding:
    return Finding(is_good=True, text=text)


def _missing(text: str) -> Finding:
    return Finding(is_good=False, text=text)

"""Whether a company's F&O and Inventory Visibility have all that the connector needs; it changes nothing there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy.engine import Engine

from middleware.connectors import Finding
from middleware.deadline import within
from middleware.erp.catalogue import Catalogue
from middleware.erp.dynamics import odata
from middleware.erp.dynamics.api import Api
from middleware.erp.dynamics.articles import Articles
from middleware.erp.dynamics.customers import Customers
from middleware.erp.dynamics.invoice_mapping import ledger_kind
from middleware.erp.dynamics.invoices import Invoices
from middleware.erp.dynamics.known_orders import KnownOrders
from middleware.erp.dynamics.places import Place, remembered_places
from middleware.erp.dynamics.rows import (
    CarrierRow,
    ContactPersonRow,
    CustomerRow,
    HeaderRow,
    InvoiceRow,
    ItemRow,
    LineRow,
    PartyContactRow,
    PickedRow,
    ReturnLineRow,
    ReturnRow,
    Row,
    SalesTableRow,
    SlipLineRow,
    SlipRow,
    TrackingRow,
    VariantRow,
    fields,
)
from middleware.erp.dynamics.visibility import Visibility
from middleware.errors import FrontdeskError
from middleware.settings import Settings

OPERATION = "check"
NAMED = 3
SAMPLE = 20  # articles that are looked up
PRINT_SECONDS = 60.0

_CANT = "F&O doesn't tell when a parcel arrived, what is to come in, or when an invoice was paid; that is said."


def check(settings: Settings, engine: Engine) -> Iterable[Finding]:
    """Looks at log-in, sets and fields, the company, warehouses, articles, papers and Inventory Visibility.

    Args:
        engine: Of the store's database, where access tokens and the catalogue lie.
    """
    try:
        api = Api(settings, engine)
        yield from _sets(api)
        yield from _company(api)
        places = remembered_places(api).get()
        yield from _places(api, places)
        yield from _paper(api)
        yield from _codes(api)
    except FrontdeskError as error:
        yield Finding(is_good=False, text=f"F&O: {error}.")
        return
    try:
        yield from _articles(api, engine, places)
    except FrontdeskError as error:
        yield Finding(is_good=False, text=f"Inventory Visibility: {error}.")
    yield Finding(is_good=True, text=_CANT)


def _sets(api: Api) -> Iterator[Finding]:
    """Whether each set is there, with the fields that are asked for, and our app's user may read it."""
    asked: dict[str, type[Row]] = {
        "CustomersV3": CustomerRow,
        "ContactPersons": ContactPersonRow,
        "SalesOrderHeadersV2": HeaderRow,
        "SalesOrderLines": LineRow,
        "CDSSalesOrderLinesV2": PickedRow,
        "SalesTableBiEntities": SalesTableRow,
        "PackingSlipTrackingInformation": TrackingRow,
        "ShippingCarriers": CarrierRow,
        "ReleasedProductVariantsV2": VariantRow,
        "ReleasedProductsV2": ItemRow,
        "SalesInvoiceHeadersV2": InvoiceRow,
        "CustInvoiceJourBiEntities": ledger_kind(api.rules.due_amount_field),
        "ReturnOrderHeadersV2": ReturnRow,
        "ReturnOrderLinesV2": ReturnLineRow,
    }
    named: dict[str, type[Row]] = {api.rules.packing_slips: SlipRow, api.rules.packing_slip_lines: SlipLineRow}
    asked |= {name: kind for name, kind in named.items() if name}
    good = 0
    for name, kind in asked.items():
        try:
            api.rows(api.set_of(name, "", fields(kind), most=1), kind, OPERATION)
            good += 1
        except FrontdeskError as error:
            yield Finding(is_good=False, text=f"{name}: {error}.")
    everywhere = odata.query("PartyContactsV3", "PartyNumber eq ''", fields(PartyContactRow), most=1, company=False)
    api.rows(everywhere, PartyContactRow, OPERATION)
    yield Finding(is_good=good == len(asked), text=f"F&O lets the assistant in, and {good + 1} sets can be read.")


def _company(api: Api) -> Iterator[Finding]:
    query = api.set_of("CustomersV3", "", fields(CustomerRow), most=1)
    found = bool(api.rows(query, CustomerRow, OPERATION))
    name = api.rules.company
    mend = "erp.dynamics.company of assistant.yml must be the id of the legal entity that sells"
    text = f"The company {name} has customers." if found else f"The company {name} has no customers: {mend}."
    yield Finding(is_good=found, text=text)


def _places(api: Api, known: Mapping[str, Place]) -> Iterator[Finding]:
    yield Finding(is_good=bool(known), text=f"The company has {len(known)} warehouses.")
    for id_, place in known.items():
        if not place.site:
            text = f"The warehouse {id_} is of no site; Inventory Visibility knows it by its site: enter one there."
            yield Finding(is_good=False, text=text)
        if place.warehouse.latitude is None and not place.warehouse.postcode:
            text = f"The warehouse {id_} has no address: it is never told as the nearest; enter one there."
            yield Finding(is_good=True, text=text)
    wanted = api.rules.return_warehouse
    if wanted and wanted not in known:
        text = f"There is no warehouse {wanted}, which erp.dynamics.return_warehouse of assistant.yml names."
        yield Finding(is_good=False, text=text)


def _paper(api: Api) -> Iterator[Finding]:
    """Prints an invoice, if there is one; that changes nothing, but takes a while."""
    newest = api.set_of("SalesInvoiceHeadersV2", "SalesOrderNumber ne ''", fields(InvoiceRow), most=1)
    rows = api.rows(newest, InvoiceRow, OPERATION)
    if not rows:
        yield Finding(is_good=True, text="There is no invoice by which to try whether F&O prints.")
        return
    try:
        with within(PRINT_SECONDS):
            paper = Invoices(api, Customers(api, KnownOrders())).pdf(rows[0].invoice_number)
    except FrontdeskError as error:
        yield Finding(is_good=False, text=f"F&O doesn't print invoices: {error}.")
        return
    mend = "look at erp.dynamics.report of assistant.yml, and at the privilege for RunCopilotReport"
    text = "F&O prints invoices." if paper else f"F&O prints no invoice that it has: {mend}."
    yield Finding(is_good=paper is not None, text=text)


def _codes(api: Api) -> Iterator[Finding]:
    """F&O shows codes of dispositions, but not of reasons."""
    wanted = api.rules.return_disposition
    if wanted:
        condition = f"DispositionCode eq {odata.text(wanted)}"
        found = api.rows(api.set_of("ReturnDispositionCodes", condition, ("DispositionCode",)), Row, OPERATION)
        name = "erp.dynamics.return_disposition of assistant.yml"
        text = (
            f"The disposition code {wanted} is there." if found else f"There is no code {wanted}, which {name} names."
        )
        yield Finding(is_good=bool(found), text=text)
    codes = ", ".join(code for code in api.rules.return_reasons.values() if code)
    yield Finding(is_good=True, text=f"See that F&O has these return reason codes, which it doesn't show: {codes}.")


def _articles(api: Api, engine: Engine, places: Mapping[str, Place]) -> Iterator[Finding]:
    """Whether the catalogue's articles are F&O's, and Inventory Visibility tells of them."""
    catalogue, articles = Catalogue(engine), Articles(api)
    some = [variant.sku for variant in catalogue.variants_by_words(["a", "e", "i", "o", "1", "0"])][:SAMPLE]
    if not some:
        mend = "export them as docs/import.md says, and run make import"
        yield Finding(is_good=False, text=f"The catalogue has no articles: {mend}.")
        return
    found = [article for sku in some if (article := articles.find(sku, OPERATION))]
    unknown = sorted(set(some) - {article.sku for article in found})
    text = f"F&O knows {len(found)} of {len(some)} articles of the catalogue that were looked up"
    if unknown:
        mend = "a SKU must be a variant's product number, or the number of an item without variants"
        text += f", but not {', '.join(unknown[:NAMED])}{' and others' if len(unknown) > NAMED else ''}: {mend}"
    yield Finding(is_good=not unknown, text=f"{text}.")
    rules = api.rules.inventory
    visibility = Visibility(api.access, rules, api.rules.company, engine, api.settings.erp.threads)
    levels = [level for article in found for level in visibility.levels(article, places)]
    text = f"Inventory Visibility tells of {len(levels)} places where these articles lie."
    yield Finding(is_good=bool(levels), text=text)
    own = f"{rules.data_source}.{rules.modifier}"
    text = f"See that {own} is a measure of a data source of our own there, and that {rules.available} takes it off."
    yield Finding(is_good=True, text=text)

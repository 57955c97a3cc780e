"""Whether a company's Business Central has all that the connector needs; it changes nothing there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy.engine import Engine

from middleware.connectors import Finding
from middleware.erp.business_central import rows
from middleware.erp.business_central.base import Base
from middleware.erp.business_central.rows import ItemRow
from middleware.errors import FrontdeskError
from middleware.records import ReturnReason
from middleware.settings import Settings

OPERATION = "check"
SAMPLE = 200  # items

_READ = {
    "customers": rows.customers,
    "orders": rows.orders,
    "shipments": rows.shipments,
    "invoices": rows.invoices,
    "credit memos": rows.memos,
}
_CANT = (
    "It doesn't tell carriers and tracking numbers, when parcels arrive, what lies in which warehouse, what is to come"
    " in, when invoices are paid, and who acts for a company: customers are told so, or aren't told of it."
)


def check(settings: Settings, engine: Engine) -> Iterable[Finding]:
    """Looks at log-in, permissions to read, items, and what is set for returns.

    Args:
        engine: Of the store's database, where the access token and the catalogue lie.
    """
    connector = Base(settings, engine)
    try:
        yield from _readable(connector)
        yield from _items(connector)
    except FrontdeskError as error:
        yield Finding(is_good=False, text=f"Business Central: {error}.")
        return
    yield from _returns(connector)
    yield Finding(
        is_good=True, text="Whether the app may change orders and write credit memos shows only when it does."
    )
    yield Finding(is_good=True, text=_CANT)


def _readable(connector: Base) -> Iterator[Finding]:
    """Everything that is read, with all its fields."""
    for name, asked in _READ.items():
        path, kind = asked("")
        connector.api.rows(f"{path}&$top=1", kind, OPERATION)
        yield Finding(is_good=True, text=f"It lets the assistant read {name}.")


def _items(connector: Base) -> Iterator[Finding]:
    path, _ = rows.items("")
    found = connector.api.rows(f"{path}&$top={SAMPLE}", ItemRow, OPERATION)
    sample = f"Of {len(found)} items"
    skus = {sku for item in found for sku in _skus(item, connector.rules.joint)}
    known = connector.variants(skus)
    unknown = len(skus) - len(known)
    text = f"{sample}, all articles are in the catalogue."
    mend = "import products.csv with their numbers as SKUs: names, colours and sizes are told by it"
    missing = f"{sample}, {unknown} of {len(skus)} articles aren't in the catalogue; {mend}."
    yield Finding(is_good=not unknown, text=missing if unknown else text)
    several = sum(len(item.item_variants) > 1 for item in found)
    if several:
        text = f"{sample}, {several} have several variants: how many lie there of one of them, nobody is told."
        yield Finding(is_good=True, text=text)


def _skus(item: ItemRow, joint: str) -> list[str]:
    return [item.number + joint + one.code for one in item.item_variants] or [item.number]


def _returns(connector: Base) -> Iterator[Finding]:
    reasons = {one.value for one in ReturnReason}
    wrong = sorted(set(connector.rules.return_reasons) - reasons)
    for name in wrong:
        choices = ", ".join(sorted(reasons))
        yield Finding(is_good=False, text=f"erp.business_central.return_reasons names {name}; reasons are {choices}.")
    missing = len(reasons - set(connector.rules.return_reasons))
    if missing:
        text = (
            f"{missing} reasons of returns have no id in erp.business_central.return_reasons: credit memos name none."
        )
        yield Finding(is_good=True, text=text)

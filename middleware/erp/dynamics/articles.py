"""What F&O calls an article: an item's number and, of a variant, the values of its dimensions.

A SKU is what F&O calls a variant's product number, or the number of an item that has no variants. What an article is
called, costs and looks like is in our own catalogue, which is filled by the company's export (docs/import.md).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from middleware.clock import Clock, system_clock
from middleware.erp.dynamics import odata
from middleware.erp.dynamics.api import Api
from middleware.erp.dynamics.rows import ItemRow, VariantRow, fields

SECONDS = 900.0  # for so long it is remembered what an article is
MOST = 5000

DIMENSIONS = {
    "ProductConfigurationId": "configuration",
    "ProductSizeId": "size",
    "ProductColorId": "colour",
    "ProductStyleId": "style",
    "ProductVersionId": "version",
}


@dataclass(frozen=True, kw_only=True)
class Article:
    """What F&O calls it.

    Attributes:
        dimensions: Values by the dimension's name in `InventoryRules`; those that it doesn't have are left out.
    """

    sku: str
    item: str
    dimensions: Mapping[str, str]

    @property
    def fields(self) -> dict[str, str]:
        """The dimensions as fields of an order's line."""
        return {field: self.dimensions[name] for field, name in DIMENSIONS.items() if name in self.dimensions}


class Articles:
    """Looks articles up, and remembers them for a while."""

    def __init__(self, api: Api, clock: Clock = system_clock) -> None:
        self._api = api
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Article]] = {}

    def find(self, sku: str, operation: str) -> Article | None:
        """What F&O calls an article; None if it has none of this SKU."""
        if not odata.is_askable(sku):
            return None
        now = self._clock().timestamp()
        with self._lock:
            since, known = self._known.get(sku, (0.0, None))
        if known and since + SECONDS > now:
            return known
        found = self._read(sku, operation)
        if found:
            with self._lock:
                if len(self._known) >= MOST:
                    self._known.clear()
                self._known[sku] = (now, found)
        return found

    def _read(self, sku: str, operation: str) -> Article | None:
        """A text is found in any case there, but a SKU is taken as it stands."""
        is_variant = f"ProductVariantNumber eq {odata.text(sku)}"
        is_item = f"ItemNumber eq {odata.text(sku)}"
        queries = [
            self._api.set_of("ReleasedProductVariantsV2", is_variant, fields(VariantRow)),
            self._api.set_of("ReleasedProductsV2", is_item, fields(ItemRow)),
        ]
        pages = self._api.batch(queries, operation)
        for variant in pages.of(0, VariantRow):
            if variant.product_variant_number == sku and variant.item_number:
                return Article(sku=sku, item=variant.item_number, dimensions=_dimensions(variant))
        for item in pages.of(1, ItemRow):
            if item.item_number == sku:
                return Article(sku=sku, item=sku, dimensions={})
        return None


def _dimensions(row: VariantRow) -> dict[str, str]:
    values = {
        "configuration": row.product_configuration_id,
        "size": row.product_size_id,
        "colour": row.product_color_id,
        "style": row.product_style_id,
        "version": row.product_version_id,
    }
    return {name: value for name, value in values.items() if value}

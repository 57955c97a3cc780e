"""The company's articles and warehouses in its own database: the embedded ERP's, and those of ERPs that don't tell.

An ERP whose interface knows an article by its number alone is given names, colours, sizes and categories by the same
CSV files that fill the embedded ERP (docs/import.md). What goes with an order or a stock is kept for a minute in the
process that has read it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from middleware.erp.embedded import mapping
from middleware.erp.embedded.tables import products, warehouses
from middleware.erp.embedded.transactions import Transactions, is_storable
from middleware.erp.remembered import Remembered
from middleware.records import Variant, Warehouse

MOST_FOUND = 200  # articles; nobody chooses among more
_LONGEST = 100  # letters of a word or a SKU; a database's patterns may not be much longer than such
_MOST_WORDS = 100


class Catalogue(Transactions):
    """The part of the port that speaks of articles.

    Args:
        engine: Of the store's database.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._known: Remembered[str, Variant] = Remembered(self._read_variants)
        self._places: Remembered[None, Sequence[Warehouse]] = Remembered(lambda _: {None: self._read_warehouses()})

    def variants_by_sku(self, sku: str) -> Sequence[Variant]:
        """Finds the articles whose SKU has the same letters and digits, whatever the case, hyphens and spaces."""
        wanted = _letters_and_digits(sku)
        if not 0 < len(wanted) <= _LONGEST:
            return []
        with self._reading("variants_by_sku") as connection:
            rows = connection.execute(_articles(sa.func.lower(products.c.sku).like(_loosely(wanted, between="%"))))
            return [mapping.variant(row) for row in rows if _letters_and_digits(row.sku) == wanted]

    def variants_by_words(self, words: Collection[str]) -> Sequence[Variant]:
        """Finds articles whose name, options or SKU hold one of the words, those with most of them first."""
        sought = [word for word in dict.fromkeys(words) if 0 < len(word) <= _LONGEST][:_MOST_WORDS]
        if not sought:
            return []
        described = sa.func.lower(products.c.name + " " + products.c.sku + sa.cast(products.c.options, sa.Text))
        with self._reading("variants_by_words") as connection:
            rows = connection.execute(_articles(sa.or_(*(described.like(_loosely(word)) for word in sought))))
            hits = [(_hits(one, sought), one) for one in map(mapping.variant, rows)]
        hits.sort(key=lambda hit: -hit[0])  # by SKU where as many are in them
        return [one for count, one in hits if count][:MOST_FOUND]

    def variants_of(self, product_id: str) -> Sequence[Variant]:
        """Lists all variants of a product, by SKU."""
        if not is_storable(product_id):
            return []
        with self._reading("variants_of") as connection:
            return [mapping.variant(row) for row in connection.execute(_articles(products.c.product_id == product_id))]

    def variant(self, sku: str) -> Variant | None:
        """Tells of one article; None if it isn't in the catalogue."""
        return self.variants([sku]).get(sku)

    def variants(self, skus: Collection[str]) -> Mapping[str, Variant]:
        """Tells of articles, by their SKUs; those that aren't in the catalogue are left out."""
        return self._known.of([sku for sku in skus if is_storable(sku)])

    def some_variant(self) -> Variant | None:
        """Any article, to try something with; None if there is none."""
        with self._reading("some_variant") as connection:
            row = connection.execute(sa.select(products).order_by(products.c.sku).limit(1)).first()
            return None if row is None else mapping.variant(row)

    def warehouses(self) -> Sequence[Warehouse]:
        """Lists the places where goods lie, by name."""
        return self._places.of([None])[None]

    def _read_variants(self, skus: Collection[str]) -> Mapping[str, Variant]:
        with self._reading("variants") as connection:
            rows = connection.execute(_articles(products.c.sku.in_(skus)))
            return {row.sku: mapping.variant(row) for row in rows}

    def _read_warehouses(self) -> Sequence[Warehouse]:
        query = sa.select(warehouses).order_by(warehouses.c.name, warehouses.c.id)
        with self._reading("warehouses") as connection:
            return [mapping.warehouse(row) for row in connection.execute(query)]


def _articles(wanted: sa.sql.ColumnElement[sa.Boolean]) -> sa.sql.Select:
    return sa.select(products).where(wanted).order_by(products.c.sku)


def _letters_and_digits(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _loosely(text: str, between: str = "") -> str:
    """A pattern that finds at least what holds this text: databases differ in what they know of other letters."""
    plain = [one if one.isascii() and one.isalnum() else "%" for one in text]
    return "%" + between.join(plain) + "%"


def _hits(variant: Variant, words: Collection[str]) -> int:
    described = " ".join((variant.name, *variant.options.values(), variant.sku)).lower()
    return sum(word in described for word in words)

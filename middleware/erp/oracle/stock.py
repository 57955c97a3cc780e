"""What lies in Oracle's inventory organizations; articles and warehouses' addresses are the catalogue's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

import msgspec

from middleware.decoding import decoded
from middleware.erp.oracle.base import FSCM, Base, is_id
from middleware.erp.oracle.rows import AvailabilityRow
from middleware.errors import Malformed
from middleware.http import Answer
from middleware.records import StockLevel, Variant, Warehouse

AVAILABILITY = "availableQuantityDetails"


class Stock(Base):
    """The part of the port that speaks of articles and what is free of them."""

    def variants_by_sku(self, sku: str) -> Sequence[Variant]:
        """Finds the articles whose SKU has the same letters and digits, whatever the case, hyphens and spaces."""
        return self._catalogue.variants_by_sku(sku)

    def variants_by_words(self, words: Collection[str]) -> Sequence[Variant]:
        """Finds articles whose name, options or SKU hold one of the words, those with most of them first."""
        return self._catalogue.variants_by_words(words)

    def variants_of(self, product_id: str) -> Sequence[Variant]:
        """Lists all variants of a product."""
        return self._catalogue.variants_of(product_id)

    def stock(self, sku: str) -> Sequence[StockLevel]:
        """Tells what of an article lies in each warehouse that keeps it; nothing if there is no such article."""
        with self._doing("stock"):
            return self._levels(sku)

    def _levels(self, sku: str) -> list[StockLevel]:
        """All warehouses are asked in one round trip."""
        if not is_id(sku) or sku not in self._articles([sku]):
            return []
        places = self._catalogue.warehouses()
        parts = [
            {
                "path": f"/{AVAILABILITY}",
                "operation": "create",
                "payload": {"OrganizationCode": self._organization(place.id), "ItemNumber": sku},
            }
            for place in places
        ]
        answers = self._rest.batch(FSCM, parts, AVAILABILITY)
        levels = (
            self._level(sku, place, answer, payload) for place, (answer, payload) in zip(places, answers, strict=True)
        )
        return [level for level in levels if level is not None]

    def _level(self, sku: str, place: Warehouse, answer: Answer, payload: msgspec.Raw) -> StockLevel | None:
        row = answer.understood(lambda: decoded(payload, AvailabilityRow))
        if row.ReturnStatus.upper() != "SUCCESS":
            if row.ReturnMessageName in self._rules.not_kept_messages:
                return None
            name = row.ReturnMessageName or ""
            code = name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else ""
            answer.fails(
                Malformed,
                "it can't tell what an organization has; if the message says that the organization doesn't keep the"
                " item, add its name to erp.oracle.not_kept_messages of assistant.yml",
                code,
            )
        if row.AvailableToReserve is None:
            answer.fails(Malformed, "it tells no AvailableToReserve")
        return StockLevel(sku=sku, warehouse=place, free=max(row.AvailableToReserve, Decimal(0)))

    def _organization(self, warehouse: str) -> str:
        """What Oracle calls a warehouse."""
        return self._rules.organizations.get(warehouse, warehouse)

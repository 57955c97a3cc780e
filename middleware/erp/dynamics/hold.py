"""A hold as the ledger has it: what is wanted, what of it is kept where, and what isn't certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

from middleware.erp.dynamics.articles import Article
from middleware.erp.dynamics.visibility import Part
from middleware.erp.ledger import Entry


@dataclass(frozen=True)
class Kept:
    """Units that are kept, and the id that F&O gave."""

    units: Decimal
    id: str


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A hold as the ledger has it.

    Attributes:
        sites: By warehouse; what is kept is given back there, whatever becomes of the warehouse.
        kept: By warehouse.
        doing: The warehouses of which it isn't certain whether units are kept there, with how many we held there in all
            before that was so.
    """

    key: str
    state: str
    article: Article
    customer: str
    parts: Mapping[str, Decimal]
    sites: Mapping[str, str]
    kept: Mapping[str, Kept]
    doing: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Entry) -> Hold:
        """From the ledger."""
        wanted, made = entry.wanted, entry.made
        return cls(
            key=entry.key,
            state=entry.state,
            article=Article(sku=entry.subject, item=wanted["item"], dimensions=wanted["dimensions"]),
            customer=wanted["customer"],
            parts={one: Decimal(units) for one, units in wanted["parts"].items()},
            sites=wanted["sites"],
            kept={one: Kept(Decimal(units), id_) for one, (units, id_) in made.get("kept", {}).items()},
            doing={one: Decimal(before) for one, before in made.get("doing", {}).items()},
        )

    @property
    def as_json(self) -> dict[str, Any]:
        """What is wanted, for the ledger."""
        return {
            "item": self.article.item,
            "dimensions": dict(self.article.dimensions),
            "customer": self.customer,
            "parts": {one: str(units) for one, units in self.parts.items()},
            "sites": dict(self.sites),
        }

    @property
    def made(self) -> dict[str, Any]:
        """What was made of it, for the ledger."""
        kept = {one: [str(it.units), it.id] for one, it in self.kept.items()}
        return {"kept": kept, "doing": {one: str(before) for one, before in self.doing.items()}}

    def part(self, warehouse: str, units: Decimal, reservation_id: str = "", what: str = "") -> Part:
        """A part of it, for a request."""
        id_ = f"{sha256(self.key.encode()).hexdigest()[:16]}-{warehouse}{what}"
        return Part(warehouse=warehouse, site=self.sites[warehouse], units=units, id=id_, reservation_id=reservation_id)

    def with_kept(self, warehouse: str, kept: Kept) -> Hold:
        """The same with units that are certain."""
        return replace(self, kept={**self.kept, warehouse: kept})

    def with_outcome(self, warehouse: str, is_kept: bool, id_: str) -> Hold:
        """The same after it was found out whether units are kept.

        Args:
            id_: What others' units in the same place are called.
        """
        if is_kept:
            return self.with_kept(warehouse, self.kept.get(warehouse) or Kept(self.parts[warehouse], id_))
        return replace(self, kept={one: it for one, it in self.kept.items() if one != warehouse})

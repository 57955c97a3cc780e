"""The stock's part of the port: one total of an item, and reservations that our own ledger alone knows.

Business Central counts what lies there, all of an item's variants together; what others have ordered is in it, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from middleware.erp.business_central import odata, rows
from middleware.erp.business_central.base import Base, is_number, not_found, rejected
from middleware.erp.business_central.rows import CustomerRow, ItemRow
from middleware.erp.embedded.transactions import is_storable
from middleware.erp.ledger import Entry
from middleware.records import Reservation, StockLevel, Warehouse

_LONGEST_CODE = 10  # of a variant
_MOST_SPLITS = 5


@dataclass(frozen=True)
class Article:
    """An article as Business Central keeps it.

    Attributes:
        variant_id: Of the item's variant; empty for an item as such.
        is_counted: Whether what lies of it is told: of an item with several variants, only all of them together are.
    """

    sku: str
    item_id: str
    item_number: str
    variant_id: str
    inventory: Decimal
    is_counted: bool


class Stock(Base):
    """The part of the port that speaks of stock and reservations."""

    def stock(self, sku: str) -> Sequence[StockLevel]:
        """Tells what is free of an article, in the one place that there is.

        Raises:
            Rejected: It is one of several variants: only all of them together are counted.
        """
        article = self._article(sku, "stock")
        if article is None:
            return []
        return [StockLevel(sku=sku, warehouse=self._place(), free=self._free(article, "stock"))]

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Notes that units are kept, all of them or none; Business Central itself keeps them from nobody.

        Raises:
            Rejected: Fewer are free, there can be no such quantity, or there is no such account.
            Unavailable: Nothing was reserved.
        """
        if not is_storable(key + customer_number + "".join(parts)) or not self._splits(sku):
            raise rejected("reserve", "stock", "no such thing is kept")
        with self._in_turn.of(f"business central stock {sku}"):
            entry = self._ledger.find(key)
            if entry is not None and entry.kind == "reserve" and entry.state in ("done", "undone"):
                return _reservation(entry)
            self._demand_sense(sku, parts, customer_number)
            made = {"parts": {place: str(units) for place, units in parts.items()}, "customer": customer_number}
            self._ledger.begin(key, "reserve", sku, made)
            self._ledger.note(key, "done", made, reference=_reservation_id(key))
            return self._reserved(key)

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back, once.

        Raises:
            NotFound: There is no such reservation.
            Unavailable: Nothing was released.
        """
        entry = self._ledger.of_reference(reservation_id) if is_storable(reservation_id) else None
        if entry is None or entry.kind != "reserve":
            raise not_found("release")
        self._ledger.note(entry.key, "undone")
        return self._reserved(entry.key)

    def reservation_made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key."""
        entry = self._ledger.find(key) if is_storable(key) else None
        is_made = entry is not None and entry.kind == "reserve" and entry.state in ("done", "undone")
        return _reservation(entry) if entry is not None and is_made else None

    def _reserved(self, key: str) -> Reservation:
        entry = self._ledger.find(key)
        assert entry is not None
        return _reservation(entry)

    def _demand_sense(self, sku: str, parts: Mapping[str, Decimal], customer_number: str) -> None:
        """Refuses what can't be kept, before anything is noted."""
        if not parts or not all(is_whole(units) and units for units in parts.values()):
            raise rejected("reserve", "quantity", "so many can never be kept")
        items, accounts = self.api.lists([self._asked(sku), _account(customer_number)], "reserve")
        article = self._chosen(sku, items)
        if article is None or set(parts) != {self.rules.place_id}:
            raise rejected("reserve", "stock", "no such thing is kept")
        if all(row.number != customer_number for row in accounts):
            raise rejected("reserve", "customer", "there is no such account")
        if self._free(article, "reserve") < sum(parts.values()):
            raise rejected("reserve", "stock", "too few are free")

    def _place(self) -> Warehouse:
        """All warehouses together, which have no name."""
        return Warehouse(id=self.rules.place_id, name="", latitude=None, longitude=None, country="", postcode="")

    def _free(self, article: Article, operation: str) -> Decimal:
        """What lies there of an article, without what our ledger keeps for somebody.

        Raises:
            Rejected: Nothing tells it.
        """
        if not article.is_counted and article.inventory > 0:
            raise rejected(operation, "stock", "an item's variants are counted together: nothing tells it of one")
        return max(article.inventory - self._kept(article.sku), Decimal(0))

    def _kept(self, sku: str) -> Decimal:
        entries = self._ledger.of_subject("reserve", sku, "done")
        return sum((units for entry in entries for units in _reservation(entry).parts.values()), Decimal(0))

    def _article(self, sku: str, operation: str) -> Article | None:
        """An article as it is there now; None if there is none."""
        if not self._splits(sku):
            return None
        path, kind = self._asked(sku)
        return self._chosen(sku, self.api.rows(path, kind, operation))

    def _asked(self, sku: str) -> rows.Asked:
        """A SKU may be an item's number, or that of an item and the code of its variant."""
        numbers = dict.fromkeys(number for number, _ in self._splits(sku))
        return rows.items(odata.one_of(odata.equal("number", number) for number in numbers))

    def _chosen(self, sku: str, found: Sequence[ItemRow]) -> Article | None:
        items = {row.number: row for row in found if not row.blocked}
        for number, code in self._splits(sku):
            item = items.get(number)
            codes = {one.code: one.id for one in item.item_variants} if item else {}
            if item is None or (code and code not in codes):
                continue
            is_counted = not code or len(codes) == 1
            return Article(sku, item.id, number, codes.get(code, ""), item.inventory, is_counted)
        return None

    def _splits(self, sku: str) -> list[tuple[str, str]]:
        """Item and variant that a SKU may stand for, the whole of it as an item first."""
        joint = self.rules.joint
        pieces = sku.split(joint)[: _MOST_SPLITS + 1]
        pairs = [(sku, "")]
        pairs += [
            (joint.join(pieces[:at]), sku[len(joint.join(pieces[:at])) + len(joint) :]) for at in range(1, len(pieces))
        ]
        return [(item, code) for item, code in pairs if is_number(item) and len(code) <= _LONGEST_CODE]


def is_whole(units: Decimal) -> bool:
    """Whether a number can be a number of units: whole, and not negative."""
    return units.is_finite() and units >= 0 and units == units.to_integral_value()


def _account(number: str) -> rows.Asked:
    path, _ = rows.customers(odata.equal("number", number if is_number(number) else ""))
    return path, CustomerRow


def _reservation_id(key: str) -> str:
    return f"HOLD-{hashlib.sha256(key.encode()).hexdigest()[:16].upper()}"


def _reservation(entry: Entry) -> Reservation:
    return Reservation(
        id=_reservation_id(entry.key),
        customer_number=entry.wanted["customer"],
        sku=entry.subject,
        parts={place: Decimal(units) for place, units in entry.wanted["parts"].items()},
        is_released=entry.state == "undone",
    )

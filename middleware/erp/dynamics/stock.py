"""F&O's stock, and units that are held, by Inventory Visibility and our own ledger.

All that moves our units of an article happens in turn. Before each call the ledger notes what is about to be done, and
how many units are held there before it; if the answer is lost, or we die, whoever comes next looks how many are held
now, and so knows whether it was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

from middleware.erp.dynamics import odata
from middleware.erp.dynamics.api import not_found
from middleware.erp.dynamics.articles import Articles
from middleware.erp.dynamics.customers import Customers
from middleware.erp.dynamics.hold import Hold, Kept
from middleware.erp.dynamics.places import Place, Remembered
from middleware.erp.dynamics.visibility import Level, Visibility
from middleware.erp.ledger import Entry, Ledger
from middleware.errors import FrontdeskError, NotFound, Rejected, Unavailable, Unknown
from middleware.in_turn import InTurn
from middleware.records import Reservation, StockLevel

MOST = Decimal(10) ** 9  # units


class Stock:
    """The part of the port that speaks of stock and reservations."""

    def __init__(
        self,
        articles: Articles,
        places: Remembered[Mapping[str, Place]],
        visibility: Visibility,
        customers: Customers,
        ledger: Ledger,
        turns: InTurn,
    ) -> None:
        self._articles = articles
        self._places = places
        self._visibility = visibility
        self._customers = customers
        self._ledger = ledger
        self._turns = turns

    def levels(self, sku: str, operation: str = "stock") -> Sequence[StockLevel]:
        """Tells what of an article lies in each warehouse that keeps it, by the warehouses' names."""
        article = self._articles.find(sku, operation)
        if article is None:
            return []
        places = self._places.get()
        free = {level.warehouse: level.free for level in self._visibility.levels(article, places)}
        return [
            StockLevel(sku=sku, warehouse=place.warehouse, free=max(free[id_], Decimal(0)))
            for id_, place in places.items()
            if id_ in free
        ]

    def site_of(self, warehouse: str) -> str:
        """The site that a warehouse is of."""
        return self._places.get()[warehouse].site

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Takes units from what others can have, all of them or none.

        Raises:
            Rejected: Fewer are free, or it makes no sense.
            Unavailable: Nothing was reserved.
            Unknown: It may have been reserved.
        """
        found = self._ledger.find(key)
        if found and found.state in ("done", "undone"):
            return _reservation(found)
        wanted = self._demand_sense(sku, parts, customer_number)
        with self._turns.of(f"stock {sku}"):
            found = self._ledger.find(key)
            if found and found.state in ("done", "undone"):
                return _reservation(found)
            levels = self._settled(wanted)
            entry = self._ledger.begin(key, "reserve", sku, wanted.as_json)
            return self._keep(Hold.of(entry), levels)

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back, once, and exactly those that are its own.

        Raises:
            NotFound: There is no such reservation.
            Unavailable: Nothing was released.
            Unknown: It may have been released.
        """
        entry = self._ledger.of_reference(reservation_id) if odata.is_askable(reservation_id) else None
        if entry is None or entry.kind != "reserve":
            raise not_found("release")
        if entry.state == "done":
            with self._turns.of(f"stock {entry.subject}"):
                levels = self._settled(Hold.of(entry))
                entry = self._entry(entry.key)
                if entry.state == "done":
                    self._give_back(Hold.of(entry), _held(levels))
                    self._ledger.note(entry.key, "undone", {})
        return _reservation(self._ledger.find(entry.key) or entry)

    def made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key; one that was made by half is given back first."""
        entry = self._ledger.find(key) if odata.is_askable(key) else None
        if entry is None or entry.kind != "reserve" or entry.state == "refused":
            return None
        if entry.state == "begun":
            with self._turns.of(f"stock {entry.subject}"):
                entry = self._ledger.find(key) or entry
                if entry.state == "begun":
                    entry = self._finished(Hold.of(entry))
        return _reservation(entry) if entry.state in ("done", "undone") else None

    def _demand_sense(self, sku: str, parts: Mapping[str, Decimal], customer_number: str) -> Hold:
        """Refuses what could never be reserved, before anything is written."""
        if not parts or not all(is_whole(units) and units for units in parts.values()):
            raise _rejected("quantity", "so many can never be kept")
        article = self._articles.find(sku, "reserve")
        places = self._places.get()
        if article is None or not set(parts) <= set(places) or any(units > MOST for units in parts.values()):
            raise _rejected("stock", "no such thing is kept there, or fewer")
        try:
            self._customers.customer(customer_number)
        except NotFound:
            raise _rejected("customer", "there is no such account") from None
        return Hold(
            key="",
            state="begun",
            article=article,
            customer=customer_number,
            parts=dict(parts),
            sites={warehouse: places[warehouse].site for warehouse in parts},
            kept={},
        )

    def _settled(self, about: Hold) -> Sequence[Level]:
        """Finds out what became of a call for this article whose answer was lost; then there is none any more.

        Returns:
            What lies where.
        """
        levels = self._visibility.levels(about.article, self._places.get())
        held = _held(levels)
        holds = [Hold.of(one) for one in self._ledger.of_subject("reserve", about.article.sku, "begun", "done")]
        for hold in (one for one in holds if one.doing):
            for warehouse, before in hold.doing.items():
                was_kept = Decimal(0) if warehouse in hold.kept else hold.parts[warehouse]
                is_kept = held.get(warehouse, Decimal(0)) >= before + was_kept
                others = (one.kept[warehouse].id for one in holds if warehouse in one.kept)
                hold = hold.with_outcome(warehouse, is_kept, next(filter(None, others), ""))
            self._note(replace(hold, doing={}))
        return levels

    def _finished(self, hold: Hold) -> Entry:
        """Brings what was begun to an end: it is made as a whole, or not at all."""
        levels = self._settled(hold)
        hold = Hold.of(self._entry(hold.key))
        if set(hold.kept) == set(hold.parts):
            self._done(hold)
        else:
            self._give_back(hold, _held(levels))
            self._ledger.note(hold.key, "refused", {})
        return self._entry(hold.key)

    def _keep(self, hold: Hold, levels: Sequence[Level]) -> Reservation:
        free = {level.warehouse: level.free for level in levels}
        held = _held(levels)
        missing = {one: units for one, units in hold.parts.items() if one not in hold.kept}
        try:
            if any(free.get(warehouse, Decimal(0)) < units for warehouse, units in missing.items()):
                raise _rejected("stock", "too few are free")
            if missing:
                hold = self._kept(hold, missing, held)
            if set(hold.kept) != set(hold.parts):
                raise _rejected("stock", "too few are free")
        except (Rejected, Unavailable) as error:
            self._undone(hold, held, error)
            raise
        self._done(hold)
        return _reservation(self._entry(hold.key))

    def _kept(self, hold: Hold, missing: Mapping[str, Decimal], held: dict[str, Decimal]) -> Hold:
        """Keeps what can be had of what is missing.

        Args:
            held: Units that we hold in all; becomes what is held then.
        """
        self._note(replace(hold, doing=_before(missing, held)))
        ids = self._visibility.reserve(hold.article, [hold.part(one, units) for one, units in missing.items()])
        for (warehouse, units), id_ in zip(missing.items(), ids, strict=True):
            if id_ is not None:
                hold = hold.with_kept(warehouse, Kept(units, id_))
                held[warehouse] = held.get(warehouse, Decimal(0)) + units
        self._note(hold)
        return hold

    def _undone(self, hold: Hold, held: Mapping[str, Decimal], why: FrontdeskError) -> None:
        """Gives back what was kept already of what can't be had as a whole."""
        try:
            self._note(hold)
            self._give_back(hold, held)
            self._ledger.note(hold.key, "refused", {})
        except FrontdeskError as error:
            raise Unknown(f"it was done by half: {why}; and {error}", system="erp", operation="reserve") from error

    def _give_back(self, hold: Hold, held: Mapping[str, Decimal]) -> None:
        """All parts at once, each once, and no more than the ledger says is its own."""
        if not hold.kept:
            return
        self._note(replace(hold, doing=_before(hold.kept, held)))
        parts = [hold.part(warehouse, kept.units, kept.id, "-back") for warehouse, kept in hold.kept.items()]
        try:
            self._visibility.unreserve(hold.article, parts)
        except Unavailable:
            self._note(hold)
            raise
        self._note(replace(hold, kept={}))

    def _done(self, hold: Hold) -> None:
        reference = f"HOLD-{sha256(hold.key.encode()).hexdigest()[:16].upper()}"
        self._ledger.note(hold.key, "done", hold.made, reference)

    def _note(self, hold: Hold) -> None:
        self._ledger.note(hold.key, "done" if hold.state == "done" else "begun", hold.made)

    def _entry(self, key: str) -> Entry:
        entry = self._ledger.find(key)
        if entry is None:
            raise not_found("reserve")
        return entry


def is_whole(units: Decimal) -> bool:
    """Whether a number can be a number of units: whole, and not negative."""
    return units.is_finite() and units >= 0 and units == units.to_integral_value()


def _before(warehouses: Iterable[str], held: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """How many units we hold in these warehouses."""
    return {one: held.get(one, Decimal(0)) for one in warehouses}


def _held(levels: Sequence[Level]) -> dict[str, Decimal]:
    """Units that we hold in all, by warehouse."""
    return {level.warehouse: level.held for level in levels}


def _reservation(entry: Entry) -> Reservation:
    return Reservation(
        id=entry.reference or "",
        customer_number=entry.wanted["customer"],
        sku=entry.subject,
        parts={one: Decimal(units) for one, units in entry.wanted["parts"].items()},
        is_released=entry.state == "undone",
    )


def _rejected(status: str, why: str) -> Rejected:
    return Rejected(why, system="erp", operation="reserve", status=status)

"""Reservations: documents in SAP that keep units from others, found again by a reference of ours."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from middleware.embedded import is_storable
from middleware.erp.ledger import Entry
from middleware.erp.sap import values
from middleware.erp.sap.accounts import Accounts
from middleware.erp.sap.api import RESERVATIONS, during
from middleware.erp.sap.base import as_text, explained, is_whole, not_found, rejected
from middleware.erp.sap.batch import Change
from middleware.erp.sap.rows import ReservationRow
from middleware.erp.sap.stock import Stock
from middleware.errors import FrontdeskError, NotFound, Unknown
from middleware.records import Reservation

_REFERENCE = 12  # characters that GoodsRecipientName has
_ITEMS = "to_ReservationDocumentItem"
_SETTINGS = "movement_type, cost_center, storage_location, unit and plants"


class Holds(Accounts, Stock):
    """The part of the port that keeps units for a customer."""

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Takes units from what others can have, all of them or none.

        SAP lets reservations go beyond what lies there: so whoever reserves through us takes turns, by article.

        Raises:
            Rejected, Unavailable, Unknown: As the port says.
        """
        if not parts or not all(is_whole(units) and units > 0 for units in parts.values()):
            raise rejected("reserve", "quantity", "nobody can have so many")
        if self.variant(sku) is None:
            raise rejected("reserve", "stock", "there is no such article")
        with during("reserve"), self._turn.of(f"sap stock {sku}"):
            made = self._made(self._entry(key))
            if made is not None:
                return made
            self._demand(sku, parts, customer_number)
            wanted = {"customer": customer_number, "parts": as_text(parts)}
            entry = self._ledger.begin(key, "reserve", sku, wanted)
            try:
                row = self._api.create(
                    RESERVATIONS,
                    "A_ReservationDocumentHeader",
                    self._document(sku, parts, customer_number, key),
                    "reserve",
                    ReservationRow,
                )
            except Unknown:
                raise
            except FrontdeskError as error:
                self._ledger.note(key, "refused")
                raise explained(error, "a reservation", _SETTINGS) from error
            return self._noted(entry, row)

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back; those of a reservation that is released already are not given back again.

        Raises:
            NotFound: There is no such reservation of ours.
            Unavailable: Nothing was released.
            Unknown: It may have been released.
        """
        reference = _name(reservation_id)
        entry = self._ledger.of_reference(reference) if is_storable(reference) else None
        if entry is None:
            raise not_found("release")
        with during("release"), self._turn.of(f"sap stock {entry.subject}"):
            entry = self._ledger.find(entry.key) or entry
            if entry.state != "undone":
                self._mark_deleted(reservation_id)
                self._ledger.note(entry.key, "undone")
            return _reservation(entry, reservation_id, is_released=True)

    def reservation_made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key; None if neither our ledger nor SAP knows it."""
        with during("reservation_made_by"):
            return self._made(self._entry(key))

    def _made(self, entry: Entry | None) -> Reservation | None:
        """What came of an entry; what nobody knows yet, SAP itself is asked for."""
        if entry is None or entry.kind != "reserve" or entry.state == "refused":
            return None
        if entry.state != "begun" and entry.reference is not None:
            return _reservation(entry, _number(entry.reference), is_released=entry.state == "undone")
        wanted = f"GoodsRecipientName eq {values.quoted(values.reference(entry.key, _REFERENCE))}"
        path = f"A_ReservationDocumentHeader?{values.query(filter=wanted, expand=_ITEMS)}"
        rows = self._api.read(RESERVATIONS, path, "reservation_made_by", ReservationRow)
        return self._noted(entry, rows[0]) if rows else None

    def _noted(self, entry: Entry, row: ReservationRow) -> Reservation:
        number = values.plain(row.Reservation)
        items = row.to_ReservationDocumentItem.results
        is_released = bool(items) and all(one.ReservationItmIsMarkedForDeltn for one in items)
        self._ledger.note(entry.key, "undone" if is_released else "done", reference=_name(number))
        return _reservation(entry, number, is_released=is_released)

    def _demand(self, sku: str, parts: Mapping[str, Decimal], customer_number: str) -> None:
        free, customer = self._api.at_once(lambda: self._free(sku), lambda: self._customer_or_none(customer_number))
        known = {one.id for one in self.warehouses()}
        for warehouse, units in parts.items():
            if warehouse not in known or free.get(self._plant(warehouse), Decimal(0)) < units:
                raise rejected("reserve", "stock", "too few are free")
        if customer is None:
            raise rejected("reserve", "customer", "there is no such account")

    def _document(self, sku: str, parts: Mapping[str, Decimal], customer_number: str, key: str) -> dict[str, Any]:
        rules, reference, today = self._rules, values.reference(key, _REFERENCE), values.written(self._today())
        place = {"StorageLocation": rules.storage_location} if rules.storage_location else {}
        return {
            "GoodsMovementType": rules.movement_type,
            "ReservationDate": today,
            "IsCheckedAgainstFactoryCal": False,
            "GoodsRecipientName": reference,
            **({"CostCenter": rules.cost_center} if rules.cost_center else {}),
            _ITEMS: {
                "results": [
                    {
                        "Product": sku,
                        "Plant": self._plant(warehouse),
                        "ResvnItmRequiredQtyInEntryUnit": values.amount(units),
                        "EntryUnit": rules.unit,
                        "MatlCompRequirementDate": today,
                        "GoodsMovementIsAllowed": True,
                        "GoodsRecipientName": reference,
                        "ReservationItemText": f"Hold for customer {customer_number}",
                        **place,
                    }
                    for warehouse, units in parts.items()
                ]
            },
        }

    def _mark_deleted(self, number: str) -> None:
        """Marks what isn't marked yet; a document that SAP knows no more keeps nothing."""
        key = values.quoted(values.padded(number))
        path = f"A_ReservationDocumentHeader({key})?{values.query(expand=_ITEMS)}"
        try:
            row = self._api.one(RESERVATIONS, path, "release", ReservationRow)
        except NotFound:
            return
        marks = [
            Change(
                f"A_ReservationDocumentItem(Reservation={values.quoted(one.Reservation)},"
                f"ReservationItem={values.quoted(one.ReservationItem)},RecordType={values.quoted(one.RecordType)})",
                {"ReservationItmIsMarkedForDeltn": True},
            )
            for one in row.to_ReservationDocumentItem.results
            if not one.ReservationItmIsMarkedForDeltn
        ]
        if marks:
            self._api.change(RESERVATIONS, marks, "release")


def _name(number: str) -> str:
    """A reservation's in the ledger, where returns have numbers, too."""
    return f"reservation {number}"


def _number(name: str) -> str:
    return name.rpartition(" ")[2]


def _reservation(entry: Entry, number: str, *, is_released: bool) -> Reservation:
    return Reservation(
        id=number,
        customer_number=entry.wanted["customer"],
        sku=entry.subject,
        parts={warehouse: Decimal(units) for warehouse, units in entry.wanted["parts"].items()},
        is_released=is_released,
    )

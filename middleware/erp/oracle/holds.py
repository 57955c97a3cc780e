"""Reservations in Oracle: user-defined demand that bears our own name, one row for each organization.

The name is made of the asker's key alone, so whoever comes with the key again finds what is there. A hold over several
warehouses is one batch; should parts of one stay all the same, they are found by the name and taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from middleware.decoding import converted
from middleware.erp.ledger import Entry
from middleware.erp.oracle.base import FSCM, is_id, not_found, rejected
from middleware.erp.oracle.customers import Customers
from middleware.erp.oracle.rest import Wanted, text
from middleware.erp.oracle.rest import key as path_key
from middleware.erp.oracle.rows import ReservationRow
from middleware.erp.oracle.stock import Stock
from middleware.errors import Conflict, FrontdeskError, Misconfigured, NotFound, Rejected, Unavailable, Unknown
from middleware.records import Reservation

RESERVATIONS = "inventoryReservations"
_MOST = Decimal(10) ** 9
_NOTHING = {"ReservationQuantity": 0}


class Holds(Customers, Stock):
    """The reservations' part of the port."""

    def reserve(self, sku: str, parts: Mapping[str, Decimal], *, customer_number: str, key: str) -> Reservation:
        """Takes units from what others can have, all of them or none.

        Raises:
            Rejected: Fewer are free, there can be no such quantity, or there is no such account.
            Unavailable: Nothing was reserved.
            Unknown: It may have been reserved.
        """
        with self._doing("reserve"), self._in_turn.of(f"oracle hold {key}"):
            entry = self._ledger.find(key)
            if entry is not None and entry.state in ("done", "undone"):
                return _reservation(entry)
            if entry is None or entry.state == "refused":
                with self._before_writing():
                    self._demand_sense(sku, parts, customer_number)
            wanted = {
                "customer": customer_number,
                "parts": {place: str(units) for place, units in parts.items()},
            }
            begun = self._ledger.begin(key, "reserve", sku, wanted)
            return self._made(begun, anew=entry is None or entry.state == "refused")

    def release(self, reservation_id: str) -> Reservation:
        """Gives reserved units back, once.

        Raises:
            NotFound: There is no such reservation.
            Unavailable: Nothing was released.
            Unknown: It may have been released.
        """
        with self._doing("release"):
            entry = self._ledger.of_reference(reservation_id) if is_id(reservation_id) else None
            if entry is None or entry.kind != "reserve":
                raise not_found("release")
            with self._in_turn.of(f"oracle hold {entry.key}"):
                self._take_back(reservation_id)
                self._ledger.note(entry.key, "undone")
            return _reservation(entry, is_released=True)

    def reservation_made_by(self, key: str) -> Reservation | None:
        """Reads the reservation that was made with a key; one that was made by halves is taken back."""
        with self._doing("reservation_made_by"):
            if not is_id(key) or self._ledger.find(key) is None:
                return None
            with self._in_turn.of(f"oracle hold {key}"):
                entry = self._ledger.find(key)
                if entry is None or entry.kind != "reserve" or entry.state == "refused":
                    return None
                if entry.state != "begun":
                    return _reservation(entry)
                if _wanted(entry).keys() <= self._kept(hold_name(key)).keys():
                    return self._done(entry)
                self._give_up(entry)
                return None

    def _demand_sense(self, sku: str, parts: Mapping[str, Decimal], customer_number: str) -> None:
        """Refuses what can't be reserved, before anything is written."""
        if not parts or not all(_is_whole(units) for units in parts.values()):
            raise rejected("reserve", "quantity", "so many can never be kept")
        free = {level.warehouse.id: level.free for level in self._levels(sku)}
        if any(units > min(free.get(place, Decimal(0)), _MOST) for place, units in parts.items()):
            raise rejected("reserve", "stock", "too few are free")
        try:
            self.customer(customer_number)
        except NotFound as error:
            raise rejected("reserve", "customer", "there is no such account") from error

    def _made(self, entry: Entry, *, anew: bool) -> Reservation:
        """Reserves what isn't there yet; of what can't all be had, nothing stays."""
        there = {} if anew else self._kept(hold_name(entry.key))
        missing = {place: units for place, units in _wanted(entry).items() if place not in there}
        try:
            self._reserve_all(entry, missing)
        except Unknown:
            raise
        except FrontdeskError as error:
            is_bare = anew and (len(missing) == 1 or isinstance(error, Unavailable))
            self._give_up(entry, is_bare=is_bare)
            self._explain_no(entry, missing, error)
        return self._done(entry)

    def _reserve_all(self, entry: Entry, parts: Mapping[str, Decimal]) -> None:
        """Several are made by one batch, which Oracle does as a whole or not at all."""
        rows = [self._reservation_row(entry, place, units) for place, units in parts.items()]
        if len(rows) == 1:
            self._rest.create(FSCM, RESERVATIONS, rows[0])
        elif rows:
            creates = [{"path": f"/{RESERVATIONS}", "operation": "create", "payload": row} for row in rows]
            self._rest.together(FSCM, creates, RESERVATIONS)

    def _reservation_row(self, entry: Entry, place: str, units: Decimal) -> dict[str, Any]:
        rules = self._rules
        return {
            "OrganizationCode": self._organization(place),
            "ItemNumber": entry.subject,
            "ReservationQuantity": units,
            "RequirementDate": self._clock().astimezone(self._zone).date().isoformat(),
            "DemandSourceType": rules.demand_source_type,
            "DemandSourceName": hold_name(entry.key),
            "SupplySourceType": rules.supply_source_type,
            **({"SubinventoryCode": rules.subinventory} if rules.subinventory else {}),
        }

    def _explain_no(self, entry: Entry, parts: Mapping[str, Decimal], error: FrontdeskError) -> NoReturn:
        """Oracle says no in words alone: what is free tells whether it is for that.

        Raises:
            Rejected: It is.
            Misconfigured: It isn't.
        """
        if not isinstance(error, (Rejected, Conflict)):
            raise error
        free = {level.warehouse.id: level.free for level in self._levels(entry.subject)}
        if any(free.get(place, Decimal(0)) < units for place, units in parts.items()):
            raise rejected("reserve", "stock", "too few are free") from error
        raise Misconfigured(
            "Oracle refuses reservations of what is free: check erp.oracle.demand_source_type, supply_source_type and"
            " subinventory of assistant.yml against what the resource's describe names",
            system=self.system,
            status=error.status,
            request_id=error.request_id,
        ) from error

    def _done(self, entry: Entry) -> Reservation:
        name = hold_name(entry.key)
        self._ledger.note(entry.key, "done", reference=name)
        return _reservation(entry, name=name)

    def _give_up(self, entry: Entry, *, is_bare: bool = False) -> None:
        """Takes back what was made of a hold that can't be had as a whole: then nothing was reserved.

        Args:
            is_bare: Nothing was made.

        Raises:
            Unknown: Something may be reserved still.
        """
        if not is_bare:
            try:
                self._take_back(hold_name(entry.key))
            except FrontdeskError as error:
                raise Unknown("a part of a hold couldn't be taken back", system=self.system) from error
        self._ledger.note(entry.key, "refused")

    def _take_back(self, name: str) -> None:
        with self._before_writing():
            rows = self._rows_of(name)
        paths = [f"{RESERVATIONS}/{path_key(str(row.ReservationId))}" for row in rows]
        try:
            self._drop(paths)
        except NotFound:  # somebody else did meanwhile, of one at least
            with self._before_writing():
                left = self._rows_of(name)
            self._drop([f"{RESERVATIONS}/{path_key(str(row.ReservationId))}" for row in left])

    def _drop(self, paths: Sequence[str]) -> None:
        """Several are dropped by one batch, too."""
        is_zero = self._rules.release_by == "zero"
        if len(paths) == 1 and is_zero:
            self._rest.update(FSCM, paths[0], _NOTHING)
        elif len(paths) == 1:
            self._rest.delete(FSCM, paths[0])
        elif paths:
            what = {"operation": "update", "payload": _NOTHING} if is_zero else {"operation": "delete"}
            self._rest.together(FSCM, [{"path": f"/{path}", **what} for path in paths], RESERVATIONS)

    def _kept(self, name: str) -> Mapping[str, Decimal]:
        """Units that are reserved under our name, by warehouse."""
        places = {self._organization(one.id): one.id for one in self._catalogue.warehouses()}
        return {
            places.get(row.OrganizationCode, row.OrganizationCode): row.ReservationQuantity
            for row in self._rows_of(name)
        }

    def _rows_of(self, name: str) -> list[ReservationRow]:
        wanted = Wanted(path=RESERVATIONS, kind=ReservationRow, query={"q": f"DemandSourceName = {text(name)}"})
        return [row for row in self._rest.rows(FSCM, wanted) if row.ReservationQuantity > 0]


def hold_name(key: str) -> str:
    """What a hold is called in Oracle: at most thirty characters."""
    return f"H-{hashlib.sha256(key.encode()).hexdigest()[:26].upper()}"


def _wanted(entry: Entry) -> Mapping[str, Decimal]:
    parts: Mapping[str, str] = converted(entry.wanted["parts"], dict[str, str])
    return {place: Decimal(units) for place, units in parts.items()}


def _reservation(entry: Entry, *, name: str = "", is_released: bool = False) -> Reservation:
    return Reservation(
        id=name or entry.reference or hold_name(entry.key),
        customer_number=str(entry.wanted["customer"]),
        sku=entry.subject,
        parts=dict(_wanted(entry)),
        is_released=is_released or entry.state == "undone",
    )


def _is_whole(units: Decimal) -> bool:
    return units.is_finite() and units > 0 and units == units.to_integral_value()

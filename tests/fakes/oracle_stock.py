"""What Oracle's inventory does: says what can be had of an item in an organization, and reserves it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.fakes import oracle_checks as checks
from tests.fakes.oracle_records import Records, now
from tests.fakes.oracle_schema import AVAILABILITY, RESERVATION, Problem, Row

_DEMAND_TYPES = {"User defined": 13, "Account": 3, "Account alias": 6}
_SUPPLY_TYPE = "On hand"


class Stock:
    """The stock of a stand-in.

    Args:
        records: All that is there.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def availability(self, body: dict[str, Any]) -> Row:
        """What can be had; what makes no sense is answered like everything else, but with the status ERROR."""
        given = checks.created(AVAILABILITY, body, "OrganizationCode", "ItemNumber")
        item, organization = given["ItemNumber"], given["OrganizationCode"]
        if organization not in self._records.organizations:
            return Row({**given, **_refusal("INV_INVALID_ORGANIZATION", "The organization isn't valid.")})
        if (item, organization) not in self._records.free:
            return Row({**given, **_refusal("INV_INVALID_ITEM_ORG", "The item isn't assigned to the organization.")})
        free = self._records.free[item, organization]
        kept = self._records.reserved(item, organization)
        quantities = {"QuantityOnhand": free + kept, "AvailableToTransact": free, "AvailableToReserve": free}
        return Row({**given, **quantities, "PrimaryUnitOfMeasure": "Each", "ReturnStatus": "SUCCESS"})

    def reserve(self, body: dict[str, Any]) -> Row:
        """Reserves units, if so many are free."""
        required = ("OrganizationCode", "ItemNumber", "ReservationQuantity", "RequirementDate", "DemandSourceName")
        given = checks.created(RESERVATION, body, *required)
        if _DEMAND_TYPES.get(given.get("DemandSourceType", ""), given.get("DemandSourceTypeId")) != 13:
            raise Problem(400, "The demand source type isn't valid.", "INV-2655560")
        if given.get("SupplySourceType") != _SUPPLY_TYPE:
            raise Problem(400, "The supply source type isn't valid.", "INV-2655561")
        shelf = (given["ItemNumber"], given["OrganizationCode"])
        if shelf not in self._records.free:
            raise Problem(400, "The item isn't assigned to the organization.", "INV-2655562")
        self._take(shelf, given["ReservationQuantity"])
        id_ = self._records.new_id()
        own = {"ReservationId": id_, "ReservationUOMCode": "Ea", "DemandSourceTypeId": 13, "CreationDate": now()}
        row = Row({**own, **given}, id=str(id_))
        self._records.reservations[row.id] = row
        return row

    def update(self, reservation: Row, body: dict[str, Any], key: str) -> None:
        """Reserves more or fewer units."""
        given = checks.updated(RESERVATION, body)
        quantity = given.get("ReservationQuantity", reservation.values["ReservationQuantity"])
        more = quantity - reservation.values["ReservationQuantity"]
        if quantity:
            self._take(_shelf(reservation), more, is_change=True)
        else:
            self._records.free[_shelf(reservation)] -= more
        reservation.values |= given

    def release(self, reservation: Row) -> None:
        """Lets others have the units."""
        self._records.free[_shelf(reservation)] += reservation.values["ReservationQuantity"]
        del self._records.reservations[reservation.id]

    def _take(self, shelf: tuple[str, str], units: Decimal, is_change: bool = False) -> None:
        if units <= 0 and not is_change:
            raise Problem(400, "The reservation quantity must be greater than zero.", "INV-2655563")
        if units > self._records.free[shelf]:
            raise Problem(400, "The quantity to reserve exceeds the available quantity.", "INV-2655564")
        self._records.free[shelf] -= units


def _shelf(reservation: Row) -> tuple[str, str]:
    return reservation.values["ItemNumber"], reservation.values["OrganizationCode"]


def _refusal(name: str, text: str) -> dict[str, Any]:
    return {"ReturnStatus": "ERROR", "ReturnMessageName": name, "ReturnMessageText": text}

"""The stand-in of Inventory Visibility: its token in two steps, what is there, and soft reservations."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from tests.fakes.dynamics_tables import COMPANY, Tables
from tests.fakes.odata import Row
from tests.fakes.stand_in import Refused, Reply, Request, refuse

ENVIRONMENT = "8e5a9d0e-6a2c-4f5e-9a3d-5b8f5c1f7a42"
SCOPE = "0cdb527f-a8d1-4bf8-9436-b352c68682b2/.default"
TOKEN_SCOPE = "https://inventoryservice.operations365.dynamics.com/.default"
FIRST, SECOND = "/security/token", "/security/us-il301/token"
MOST_IN_BULK, MOST_PLACES = 512, 100

# The dimensions that are configured, with the on-hand rows' fields.
DIMENSIONS = {
    "siteid": "InventorySiteId",
    "locationid": "InventoryWarehouseId",
    "colorid": "ProductColorId",
    "sizeid": "ProductSizeId",
    "styleid": "ProductStyleId",
    "configid": "ProductConfigurationId",
    "versionid": "ProductVersionId",
}
_SHOWN = {"siteid": "siteId", "locationid": "locationId", "colorid": "colorId", "sizeid": "sizeId"}
_PRODUCT = [name for name in DIMENSIONS if name not in ("siteid", "locationid")]
# What is counted, by data source: soft reservations are taken off what is free.
MEASURES = {"iv": ("softreservphysical", "softreservordered"), "frontdesk": ("hold",)}
HELD = ("frontdesk", "hold")
_RESERVE = {
    "id": str,
    "organizationId": str,
    "productId": str,
    "dimensionDataSource": str,
    "dimensions": dict,
    "quantityDataSource": str,
    "modifier": str,
    "quantity": (int, float),
    "ifCheckAvailForReserv": bool,
}
_UNRESERVE = {
    "id": str,
    "organizationId": str,
    "productId": str,
    "reservationId": str,
    "dimensions": dict,
    "OffsetQty": (int, float),
}

Place = tuple[str, ...]  # the product and its dimensions


class Inventory:
    """What is reserved softly, over the on-hand rows of F&O.

    Attributes:
        tokens: The access tokens that are good.
        held: Units by place and measure.
    """

    def __init__(self, tables: Tables, is_app: Callable[[str], bool]) -> None:
        self._tables = tables
        self._is_app = is_app
        self.tokens: set[str] = set()
        self.held: dict[tuple[Place, tuple[str, str]], float] = defaultdict(float)
        self._ids: dict[str, tuple[Place, tuple[str, str]]] = {}
        self._numbers = itertools.count(1)

    # Tokens

    def token(self, request: Request) -> Reply:
        """The security service: the region that a company's tokens are had from is told by a redirect."""
        if request.method != "POST" or request.headers.get("api-version") != "1.0":
            _no(400, "The API version isn't supported.")
        if request.path == FIRST:
            return Reply(status=307, headers={"Location": SECOND})
        if request.path != SECOND:
            refuse(404)
        given = _json(request.headers, request.body)
        wanted = {
            "grant_type": "client_credentials",
            "client_assertion_type": "aad_app",
            "scope": TOKEN_SCOPE,
            "context": ENVIRONMENT,
            "context_type": "finops-env",
        }
        if {name: given.get(name) for name in wanted} != wanted or set(given) != {*wanted, "client_assertion"}:
            _no(400, "The request for a token makes no sense.")
        if not self._is_app(str(given["client_assertion"])):
            _no(401, "The client assertion is invalid.")
        token = f"iv-access-{next(self._numbers)}.{id(self):x}"
        self.tokens.add(token)
        return Reply(json={"access_token": token, "token_type": "bearer", "expires_in": 3600})

    # Calls

    def answer(self, request: Request) -> Reply:
        """Everything under `/iv`."""
        shown = request.headers.get("authorization", "")
        if not shown.startswith("Bearer ") or shown[7:] not in self.tokens:
            _no(401, "Unauthorized")
        base = f"/iv/api/environment/{ENVIRONMENT}/onhand/"
        if not request.path.startswith(base):
            _no(403, "The environment isn't this app's.")
        if request.method != "POST":
            refuse(405)
        if request.headers.get("api-version") != "1.0":
            _no(400, "The API version isn't supported.")
        calls = {
            "reserve": lambda given: self._once(self._reserve, given),
            "unreserve": lambda given: self._once(self._unreserve, given),
            "reserve/bulk": lambda given: self._bulk(self._reserve, given),
            "unreserve/bulk": lambda given: self._bulk(self._unreserve, given),
            "indexquery": self._query,
        }
        call = calls.get(request.path.removeprefix(base))
        if call is None:
            refuse(404)
        return call(_json(request.headers, request.body, of=object))

    def _once(self, do: Callable[[Row], Row], given: Any) -> Reply:
        answer = do(given)
        return Reply(status=answer["statusCode"], json=answer)

    def _bulk(self, do: Callable[[Row], Row], given: Any) -> Reply:
        if not isinstance(given, list) or not 0 < len(given) <= MOST_IN_BULK:
            _no(400, "A list of at most 512 is expected.")
        return Reply(json=[self._part(do, one) for one in given])

    def _part(self, do: Callable[[Row], Row], given: Any) -> Row:
        try:
            return do(given)
        except Refused as refused:
            return {"processingStatus": "failed", "statusCode": refused.reply.status, **refused.reply.json}

    # Reservations

    def _reserve(self, given: Any) -> Row:
        _demand(given, _RESERVE, set(_RESERVE) - {"dimensionDataSource", "ifCheckAvailForReserv", "quantityDataSource"})
        measure = (given.get("quantityDataSource", "iv").lower(), given["modifier"].lower())
        if measure[1] not in MEASURES.get(measure[0], ()):
            _no(400, "The modifier isn't configured for reservations of the data source.")
        place = self._place(given)
        checks = given.get("ifCheckAvailForReserv", True)
        if checks and not 0 < given["quantity"] <= self.free(place):
            return _told("ohre", "", "failed", "Not enough is available for the reservation.", 400)
        self.held[place, measure] += given["quantity"]
        id_ = f"res-{abs(hash((place, measure))):x}"
        self._ids[id_] = (place, measure)
        return _told(f"ohre~id-822-{next(self._numbers)}", id_, "success", "", 200)

    def _unreserve(self, given: Any) -> Row:
        _demand(given, _UNRESERVE, set(_UNRESERVE))
        place = self._place(given)
        known = self._ids.get(given["reservationId"])
        if known is None or known[0] != place:
            _no(400, "The reservation doesn't exist for this product and these dimensions.")
        if given["OffsetQty"] <= 0:
            _no(400, "OffsetQty must be positive.")
        over = max(0, given["OffsetQty"] - self.held[known])
        self.held[known] -= given["OffsetQty"] - over
        status = "partialSuccess" if over else "success"
        told = _told(f"ohoe~id-823-{next(self._numbers)}", given["reservationId"], status, "", 200)
        return {**told, "totalInvalidOffsetQtyByReservId": over}

    def _place(self, given: Row) -> Place:
        """The product and its dimensions, all of which must be configured; site and warehouse must be there."""
        if given["organizationId"].lower() != COMPANY:
            _no(400, "The organization is unknown.")
        named = {name.lower(): value for name, value in given["dimensions"].items()}
        if set(named) - set(DIMENSIONS) or not all(isinstance(value, str) for value in named.values()):
            _no(400, "A dimension isn't configured.")
        if not named.get("siteid") or not named.get("locationid"):
            _no(400, "siteId and locationId are required.")
        return (given["productId"], *(named.get(name, "") for name in DIMENSIONS))

    def place_of(self, shelf: Row) -> Place:
        """The product and the dimensions of an on-hand row."""
        return _place_of(shelf)

    def free(self, place: Place) -> float:
        """What can still be reserved of a product in a place."""
        rows = [row for row in self._tables.of("on_hand") if _place_of(row) == place]
        there = sum(float(row["AvailableOnHandQuantity"]) for row in rows)
        return there - sum(units for (where, _), units in self.held.items() if where == place)

    # What is there

    def _query(self, given: Any) -> Reply:
        _demand(
            given,
            {"dimensionDataSource": str, "filters": dict, "groupByValues": list, "returnNegative": bool},
            {"filters", "groupByValues", "returnNegative"},
        )
        filters = {name.lower(): values for name, values in given["filters"].items()}
        if not all(isinstance(one, list) and all(isinstance(it, str) for it in one) for one in filters.values()):
            _no(400, "A filter is a list of texts.")
        if set(filters) - {"organizationid", "productid", *DIMENSIONS}:
            _no(400, "A dimension isn't configured.")
        if not {"organizationid", "productid", "siteid", "locationid"} <= set(filters):
            _no(400, "organizationId, productId, siteId and locationId are required.")
        if len(filters["organizationid"]) != 1 or not filters["siteid"] or not filters["locationid"]:
            _no(400, "One organization, sites and locations are required.")
        if len(filters["siteid"]) * len(filters["locationid"]) > MOST_PLACES:
            _no(400, "Too many sites and locations.")
        groups = [name.lower() for name in given["groupByValues"]]
        if set(groups) - set(_PRODUCT):
            _no(400, "The values aren't configured to be grouped by.")
        found = self._grouped(filters, groups)
        return Reply(json=[one for one in found if given["returnNegative"] or _is_there(one)])

    def _grouped(self, filters: Mapping[str, list[str]], groups: list[str]) -> list[Row]:
        if filters["organizationid"][0].lower() != COMPANY:
            return []
        sums: dict[Place, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
        for row in self._tables.of("on_hand"):
            sums[_place_of(row)]["fno", "availphysical"] += row["AvailableOnHandQuantity"]
        for (place, measure), units in self.held.items():
            sums[place][measure] += units
        grouped: dict[Place, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
        for place, measures in sums.items():
            named = dict(zip(("productid", *DIMENSIONS), place, strict=True))
            if all(not values or named[name] in values for name, values in filters.items() if name in named):
                kept = ("productid", "siteid", "locationid", *groups)
                where = tuple(value if name in kept else "" for name, value in named.items())
                for measure, units in measures.items():
                    grouped[where][measure] += units
        return [_shown(place, measures, groups) for place, measures in grouped.items()]


def _shown(place: Place, measures: Mapping[tuple[str, str], float], groups: list[str]) -> Row:
    named = dict(zip(("productid", *DIMENSIONS), place, strict=True))
    quantities: dict[str, dict[str, float]] = defaultdict(dict)
    for (source, measure), units in measures.items():
        quantities[source][measure] = units
    there = measures.get(("fno", "availphysical"), 0)
    taken = sum(units for (source, _), units in measures.items() if source != "fno")
    quantities["iv"]["availabletoreserve"] = there - taken
    shown = ("siteid", "locationid", *groups)
    return {
        "productId": named["productid"],
        "dimensions": {_SHOWN.get(name, name): named[name] for name in shown},
        "quantities": quantities,
    }


def _is_there(one: Row) -> bool:
    return all(units >= 0 for measures in one["quantities"].values() for units in measures.values())


def _place_of(row: Row) -> Place:
    return (row["ItemNumber"], *(row[field] for field in DIMENSIONS.values()))


def _told(id_: str, reservation: str, status: str, message: str, code: int) -> Row:
    return {
        "reservationId": reservation,
        "id": id_,
        "processingStatus": status,
        "message": message,
        "statusCode": code,
    }


def _demand(given: Any, kinds: Mapping[str, Any], required: set[str]) -> None:
    if not isinstance(given, dict) or set(given) - set(kinds) or required - set(given):
        _no(400, "The body's fields aren't the call's.")
    for name, value in given.items():
        is_number_expected = kinds[name] == (int, float)
        if not isinstance(value, kinds[name]) or (is_number_expected and isinstance(value, bool)):
            _no(400, f"The value of {name} is of another type.")


def _json(headers: Mapping[str, str], body: bytes, of: type = dict) -> Any:
    if not headers.get("content-type", "").startswith("application/json"):
        _no(415, "JSON is expected.")
    try:
        given = json.loads(body)
    except (ValueError, UnicodeError):
        given = None
    if not isinstance(given, of):
        _no(400, "JSON is expected.")
    return given


def _no(status: int, message: str) -> NoReturn:
    refuse(status, {"message": message})

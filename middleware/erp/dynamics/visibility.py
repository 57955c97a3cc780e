"""The calls to Inventory Visibility: what is free, and units that are kept from everybody else for a while.

A reservation's id there stands for a product in a place, not for one hold: who gives back more than is theirs gives
back somebody else's. So what is whose is in our own ledger, and our units are counted in a measure of our own there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy.engine import Engine

from middleware.erp.dynamics.articles import Article
from middleware.erp.dynamics.places import Place
from middleware.erp.dynamics.settings import DynamicsAccess, InventoryRules
from middleware.erp.dynamics.visibility_token import VisibilityCredentials
from middleware.errors import Conflict, Malformed, Misconfigured, Unavailable, Unknown
from middleware.http import Answer, Dialect, Http

HEADERS = {"Api-Version": "1.0"}
MOST_PLACES = 100  # sites by warehouses, in one query
_NOT_ENOUGH = (400, 409, 422)


class _Level(msgspec.Struct, rename="camel"):
    product_id: str = ""
    dimensions: dict[str, str | None] = {}
    quantities: dict[str, dict[str, Decimal]] = {}


class _Done(msgspec.Struct, rename="camel"):
    """What became of a reservation, or of giving it back."""

    reservation_id: str = ""
    processing_status: str = ""


@dataclass(frozen=True, kw_only=True)
class Level:
    """What of an article lies in a warehouse.

    Attributes:
        held: Units that we hold there.
    """

    warehouse: str
    free: Decimal
    held: Decimal


@dataclass(frozen=True, kw_only=True)
class Part:
    """Units in a warehouse that are to be kept, or given back.

    Attributes:
        id: Ours, of this very request.
        reservation_id: What they are called there, if they are kept and it is known.
    """

    warehouse: str
    site: str
    units: Decimal
    id: str
    reservation_id: str = ""


class VisibilityDialect(Dialect):
    """How Inventory Visibility speaks HTTP."""

    request_id = "x-ms-correlation-request-id"

    def reads(self, method: str, path: str) -> bool:
        """Queries are POSTs, too."""
        return super().reads(method, path) or path.endswith("/indexquery")


class Visibility:
    """The service, for one company.

    Args:
        engine: Of the store's database, where the access token lies.
        company: The legal entity's id.
    """

    def __init__(
        self, access: DynamicsAccess, rules: InventoryRules, company: str, engine: Engine, threads: int
    ) -> None:
        self._rules = rules
        self._company = company
        self._base = f"{access.inventory_url}/api/environment/{access.environment_id}/onhand/"
        credentials = VisibilityCredentials(access, engine)
        self._http = Http("erp", (access.inventory_url,), credentials, VisibilityDialect(), threads)

    def levels(self, article: Article, places: Mapping[str, Place]) -> Sequence[Level]:
        """What of an article lies where; only warehouses that keep it."""
        rows = (row for some in _together(places) for row in self._asked(article, some))
        return [level for row in rows if (level := self._level(row, article, places))]

    def _asked(self, article: Article, places: Sequence[Place]) -> Sequence[_Level]:
        dimensions = {getattr(self._rules, name): value for name, value in article.dimensions.items()}
        filters: dict[str, list[str]] = {
            "organizationId": [self._company],
            "productId": [article.item],
            self._rules.site: sorted({place.site for place in places}),
            self._rules.location: [place.warehouse.id for place in places],
            **{name: [value] for name, value in dimensions.items()},
        }
        asked = {"filters": filters, "groupByValues": list(dimensions), "returnNegative": True}
        answer = self._http.call("POST", self._base + "indexquery", json=asked, headers=HEADERS)
        _demand_success(answer, reads=True)
        return answer.decoded(list[_Level])

    def reserve(self, article: Article, parts: Sequence[Part]) -> Sequence[str | None]:
        """Keeps units of an article in warehouses from everybody else.

        Returns:
            For each part the id that it has there, together with all other holds on the same; None if too few are free.

        Raises:
            Unavailable: Nothing was kept.
            Unknown: They may be kept, all or some.
        """
        bodies = [self._body(article, part, part.units) | {"ifCheckAvailForReserv": True} for part in parts]
        done = self._done("reserve", bodies)
        return [one.reservation_id if one.processing_status.lower() == "success" else None for one in done]

    def unreserve(self, article: Article, parts: Sequence[Part]) -> None:
        """Gives units back, of all parts in one call.

        What isn't known by an id, because the answer that said so was lost, is given back by reserving fewer than none.

        Raises:
            Unavailable: They are still kept.
            Unknown: They may be kept still, all or some.
        """
        if all(part.reservation_id for part in parts):
            bodies = [
                self._named(article, part) | {"reservationId": part.reservation_id, "OffsetQty": int(part.units)}
                for part in parts
            ]
            done = self._done("unreserve", bodies)
        else:
            bodies = [self._body(article, part, -part.units) | {"ifCheckAvailForReserv": False} for part in parts]
            done = self._done("reserve", bodies)
        if any(one.processing_status.lower() not in ("success", "partialsuccess") for one in done):
            raise Unknown("not all units were given back", system="erp")

    def _body(self, article: Article, part: Part, units: Decimal) -> dict[str, Any]:
        counted = {"quantityDataSource": self._rules.data_source, "modifier": self._rules.modifier}
        return {**self._named(article, part), **counted, "quantity": int(units)}

    def _named(self, article: Article, part: Part) -> dict[str, Any]:
        rules = self._rules
        product = {getattr(rules, name): value for name, value in article.dimensions.items()}
        return {
            "id": part.id,
            "organizationId": self._company,
            "productId": article.item,
            "dimensions": {rules.site: part.site, rules.location: part.warehouse, **product},
        }

    def _done(self, what: str, bodies: Sequence[Mapping[str, Any]]) -> Sequence[_Done]:
        """What became of each; one alone is told alone, and several in one call."""
        one, path = len(bodies) == 1, self._base + what
        answer = self._http.call(
            "POST", path if one else f"{path}/bulk", json=bodies[0] if one else bodies, headers=HEADERS
        )
        told = _read(answer, one)
        if answer.status not in _NOT_ENOUGH or not _is_whole(told, len(bodies)):
            _demand_success(answer, reads=False)
        if not _is_whole(told, len(bodies)):
            answer.fails(Unknown, "what it answered doesn't say whether it was done")
        return told

    def _level(self, row: _Level, article: Article, places: Mapping[str, Place]) -> Level | None:
        """One row; those of other articles or places, which weren't asked for, are left out."""
        rules = self._rules
        dimensions = {name.lower(): value or "" for name, value in row.dimensions.items()}
        warehouse = dimensions.get(rules.location.lower(), "")
        wanted = {getattr(rules, name).lower(): value for name, value in article.dimensions.items()}
        is_it = all(dimensions.get(name, "").lower() == value.lower() for name, value in wanted.items())
        if row.product_id.lower() != article.item.lower() or not is_it or warehouse not in places:
            return None
        quantities = {
            f"{source}.{measure}".lower(): units
            for source, measures in row.quantities.items()
            for measure, units in measures.items()
        }
        held = quantities.get(f"{rules.data_source}.{rules.modifier}".lower(), Decimal(0))
        return Level(warehouse=warehouse, free=self._free(quantities), held=held)

    def _free(self, quantities: Mapping[str, Decimal]) -> Decimal:
        free = quantities.get(self._rules.available.lower())
        if free is None:
            mend = "create the calculated measure that erp.dynamics.inventory.available of assistant.yml names"
            raise Misconfigured(f"Inventory Visibility doesn't tell what can be reserved: {mend}", system="erp")
        return free


def _together(places: Mapping[str, Place]) -> Iterator[Sequence[Place]]:
    """Warehouses that can be asked for at once: so many that their sites, times themselves, aren't too many."""
    some: list[Place] = []
    for place in sorted(places.values(), key=lambda place: (place.site, place.warehouse.id)):
        sites = {one.site for one in (*some, place)}
        if some and len(sites) * (len(some) + 1) > MOST_PLACES:
            yield some
            some = []
        some.append(place)
    if some:
        yield some


def _read(answer: Answer, is_one: bool) -> Sequence[_Done]:
    try:
        return [answer.decoded(_Done)] if is_one else answer.decoded(list[_Done])
    except Malformed:
        return []


def _is_whole(told: Sequence[_Done], count: int) -> bool:
    return len(told) == count and all(one.processing_status for one in told)


def _demand_success(answer: Answer, reads: bool) -> None:
    if answer.status < 300:
        return
    if answer.status >= 500:
        lost = Unavailable if reads or answer.status == 503 else Unknown
        answer.fails(lost, "Inventory Visibility failed by itself")
    if answer.status in (409, 412):
        answer.fails(Conflict, "somebody else changed it meanwhile")
    mend = "look at erp.dynamics.inventory of assistant.yml, at DYNAMICS_ENVIRONMENT_ID, and at its configuration"
    answer.fails(Misconfigured, f"Inventory Visibility doesn't understand what it is asked: {mend}")

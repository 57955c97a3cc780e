"""What all parts of the connector to SAP share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy.engine import Engine

from middleware.clock import Clock
from middleware.embedded import is_storable
from middleware.erp.catalogue import Catalogue
from middleware.erp.ledger import Entry, Ledger
from middleware.erp.sap.api import Api
from middleware.errors import FrontdeskError, Misconfigured, NotFound, Rejected
from middleware.in_turn import InTurn
from middleware.settings import Settings


class Base(Catalogue):
    """What they hold; articles and warehouses lie in our own database, because the services used here tell of none.

    Args:
        engine: Of the store's database.
    """

    def __init__(self, api: Api, settings: Settings, engine: Engine, clock: Clock) -> None:
        super().__init__(engine)
        self._api = api
        self._rules = settings.erp.sap
        self._zone = settings.zone
        self._country = settings.company.country
        self._transit_days = settings.orders.transit_days
        self._clock = clock
        self._ledger = Ledger(engine, clock)
        self._turn = InTurn(engine, clock, "erp")

    def _entry(self, key: str) -> Entry | None:
        """What was begun with a key."""
        return self._ledger.find(key) if is_storable(key) else None

    def _day_of(self, moment: datetime) -> date:
        """The company's day of a moment."""
        return moment.astimezone(self._zone).date()

    def _beginning(self, on: date | None) -> datetime:
        """When a day begins for the company; SAP tells of most things only the day."""
        return datetime.combine(on or date(1970, 1, 1), time(), self._zone)

    def _today(self) -> date:
        return self._day_of(self._clock())


def not_found(operation: str) -> NotFound:
    """There is no such document."""
    return NotFound("No such document", system="erp", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """A no that SAP needn't be asked for.

    Args:
        status: The reason as the port names it.
        why: The reason for the log.
    """
    return Rejected(why, system="erp", operation=operation, status=status)


def explained(error: FrontdeskError, what: str, settings: str) -> FrontdeskError:
    """What it means if SAP refuses a document of which everything was looked at before: a setting doesn't fit."""
    if not isinstance(error, Rejected):
        return error
    why = f"SAP refuses {what} with {error.status}: look at {settings} under erp.sap of assistant.yml"
    return Misconfigured(why, system="erp", status=error.status, request_id=error.request_id)


def is_whole(units: Decimal) -> bool:
    """Whether a number can be a number of units: whole, and not negative."""
    return units.is_finite() and units >= 0 and units == units.to_integral_value()


def as_text(units: Mapping[str, Decimal]) -> dict[str, str]:
    """Quantities as the ledger keeps them."""
    return {name: str(quantity) for name, quantity in units.items()}

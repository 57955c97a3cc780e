"""What all parts of the connector share: the way there, our catalogue and ledger, and what can be asked for at all."""

from __future__ import annotations

import re

from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.erp.business_central.api import Api
from middleware.erp.catalogue import Catalogue
from middleware.erp.ledger import Ledger
from middleware.errors import NotFound, Rejected
from middleware.in_turn import InTurn
from middleware.settings import Settings

# The vendor's codes: 20 characters at most, and it writes all of them in capitals.
_NUMBER = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,20}")


class Base(Catalogue):
    """Base of the connector's parts; articles and their words are the catalogue's.

    Args:
        engine: Of the store's database.

    Attributes:
        api: The way there.
        rules: Business Central's of the company's settings.
    """

    def __init__(self, settings: Settings, engine: Engine, clock: Clock = system_clock) -> None:
        super().__init__(engine)
        self._settings = settings
        self._clock = clock
        self.api = Api(settings, engine)
        self.rules = self.api.rules
        self._ledger = Ledger(engine, clock)
        self._in_turn = InTurn(engine, system="erp")


def is_number(text: str) -> bool:
    """Whether something may be the number of a customer, an item or a document: nothing else is asked for."""
    return _NUMBER.fullmatch(text) is not None


def not_found(operation: str) -> NotFound:
    """There is no such record."""
    return NotFound("no such record", system="erp", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """The no that the connector itself says.

    Args:
        status: The reason as the port names it.
        why: The reason for the log.
    """
    return Rejected(why, system="erp", operation=operation, status=status)

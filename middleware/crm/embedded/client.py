"""The embedded CRM: the port's methods as queries on tables of our own."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from middleware.crm.embedded.leads import Leads
from middleware.crm.embedded.people import People
from middleware.crm.embedded.tickets import Tickets
from middleware.settings import Settings


class EmbeddedCrm(People, Tickets, Leads):
    """A small CRM in a SQL database.

    Args:
        engine: From `middleware.database.open_engine`.
    """


def connect(settings: Settings, engine: Engine) -> EmbeddedCrm:
    """The embedded CRM in the middleware's own database."""
    return EmbeddedCrm(engine)

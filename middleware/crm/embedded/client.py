"""The embedded CRM: the port's methods as queries on tables of our own."""

from __future__ import annotations

from middleware.crm.embedded.leads import Leads
from middleware.crm.embedded.people import People
from middleware.crm.embedded.tickets import Tickets


class EmbeddedCrm(People, Tickets, Leads):
    """A small CRM in a SQL database.

    Args:
        engine: From `middleware.database.open_engine`.
    """

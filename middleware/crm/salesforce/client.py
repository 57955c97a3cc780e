"""Salesforce: the port's methods as queries, searches and upserts over simple-salesforce."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from middleware.clock import Clock, system_clock
from middleware.crm.salesforce.base import erp_number_field
from middleware.crm.salesforce.calls import Calls
from middleware.crm.salesforce.credentials import SalesforceCredentials
from middleware.crm.salesforce.errors import Judge, SalesforceDialect
from middleware.crm.salesforce.leads import Leads
from middleware.crm.salesforce.settings import SalesforceAccess
from middleware.crm.salesforce.tickets import Tickets
from middleware.errors import Misconfigured
from middleware.http import Http
from middleware.in_turn import InTurn
from middleware.settings import Settings


class SalesforceCrm(Tickets, Leads):
    """A company's Salesforce: contacts, leads, opportunities, and cases with their comments and files."""


def connect(settings: Settings, engine: Engine, clock: Clock = system_clock) -> SalesforceCrm:
    """The connector to the company's Salesforce.

    Args:
        engine: Of the store's database, where the token lies and turns are taken.

    Raises:
        Misconfigured: The environment doesn't say what opens it.
    """
    return SalesforceCrm(calls(settings, engine, clock), settings, InTurn(engine, clock), clock)


def calls(settings: Settings, engine: Engine, clock: Clock = system_clock) -> Calls:
    """The calls to the company's Salesforce."""
    access = settings.crm_access
    if not isinstance(access, SalesforceAccess):
        raise Misconfigured("SALESFORCE_URL and SALESFORCE_CLIENT_ID are not set", system="crm")
    credentials = SalesforceCredentials(access, engine, clock)
    http = Http("crm", (access.url,), credentials, SalesforceDialect(), settings.crm.threads)
    return Calls(http, credentials, settings.crm.salesforce.version, Judge(field_settings(settings)))


def field_settings(settings: Settings) -> dict[str, str]:
    """The setting that names a custom field, by the field's name."""
    rules = settings.crm.salesforce
    names = [name for name in rules.__struct_fields__ if name.endswith("_field")]
    named = {getattr(rules, name): f"crm.salesforce.{name}" for name in names if getattr(rules, name)}
    number = erp_number_field(settings)
    return named if not number or number in named else {**named, number: "identity.erp_number_field"}

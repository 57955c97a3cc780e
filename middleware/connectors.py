"""The connectors, by the names that assistant.yml calls their systems by.

A package `middleware.crm.<system>` has `client.connect(settings, engine)`, which gives its `Crm`, and, unless it is the
embedded one, `check.check(settings, engine)`, which gives `Finding`s; one of `middleware.erp.<system>` has the same for
an `Erp`. What they need of a vendor's library is imported only where that vendor is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from sqlalchemy.engine import Engine

from middleware.crm.base import Crm
from middleware.erp.base import Erp
from middleware.errors import NotFound
from middleware.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at in a system of record, before customers are let in.

    Attributes:
        is_good: Whether it is as it must be.
        text: A plain sentence: what is there, or what is missing and the mend. No secrets, no customer's data.
    """

    is_good: bool
    text: str


def check_crm(settings: Settings, engine: Engine) -> Iterable[Finding]:
    """Looks whether the company's CRM has all that is needed; it changes nothing there.

    Returns:
        What was found, as it is found: log-in, permissions, fields, limits.
    """
    if settings.crm.system == "embedded":
        return [Finding(is_good=True, text="The embedded CRM needs nothing but the database.")]
    found: Iterable[Finding] = import_module(f"middleware.crm.{settings.crm.system}.check").check(settings, engine)
    return found


def check_erp(settings: Settings, engine: Engine) -> Iterable[Finding]:
    """Looks whether the company's ERP has all that is needed; it changes nothing there.

    Returns:
        What was found, as it is found: log-in, permissions, fields, limits, what it can't do.
    """
    if settings.erp.system == "embedded":
        return [Finding(is_good=True, text="The embedded ERP needs nothing but the database.")]
    found: Iterable[Finding] = import_module(f"middleware.erp.{settings.erp.system}.check").check(settings, engine)
    return found


def check_owners(settings: Settings, engine: Engine) -> Iterable[Finding]:
    """Looks whether the CRM knows everybody who may get leads."""
    port = crm(settings, engine)
    for email in settings.leads.owners:
        try:
            port.employee(email)
        except NotFound:
            mend = "make them a user there, or name another under leads of assistant.yml"
            yield Finding(is_good=False, text=f"{email}, who may get leads, isn't known there: {mend}.")
    yield Finding(is_good=True, text=f"It was asked for all {len(settings.leads.owners)} people who may get leads.")


def crm(settings: Settings, engine: Engine) -> Crm:
    """The connector to the company's CRM.

    Args:
        engine: Of the store's database, where tokens lie; of the embedded CRM's, too.
    """
    connected: Crm = import_module(f"middleware.crm.{settings.crm.system}.client").connect(settings, engine)
    return connected


def erp(settings: Settings, engine: Engine) -> Erp:
    """The connector to the company's ERP.

    Args:
        engine: Of the store's database, where tokens and the ledger lie; of the embedded ERP's, too.
    """
    connected: Erp = import_module(f"middleware.erp.{settings.erp.system}.client").connect(settings, engine)
    return connected

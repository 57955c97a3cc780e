"""Whether a call of our webhook comes from the company's CRM; each vendor proves itself in a way of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from middleware.clock import Clock
from middleware.crm.access import HubspotAccess, ZohoAccess
from middleware.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """A call as it came in.

    Attributes:
        uri: The whole address that the vendor called.
        query: Its parameters.
        headers: By names in any case.
    """

    method: str
    uri: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Vendor:
    """A CRM that calls.

    Attributes:
        name: The last part of the address that it calls.
        is_signed: Whether a call is its own; it may have to ask the vendor for keys, so it belongs into a thread.
    """

    name: str
    is_signed: Callable[[Called], bool]


def vendor(settings: Settings, clock: Clock) -> Vendor | None:
    """The vendor that calls us; None if the company's CRM doesn't, or shares no secret with us."""
    access = settings.crm_access
    if isinstance(access, HubspotAccess) and access.webhook_secret:
        return Vendor(name="hubspot", is_signed=_hubspot(access.webhook_secret, clock))
    if isinstance(access, ZohoAccess) and access.webhook_token and settings.crm.tickets == "desk":
        return Vendor(name="zoho", is_signed=_zoho(access, clock))
    return None


def _hubspot(secret: str, clock: Clock) -> Callable[[Called], bool]:
    webhook = import_module("middleware.crm.hubspot.webhook")

    def is_signed(called: Called) -> bool:
        given = (called.method, called.uri, called.body, called.headers)
        return bool(webhook.is_signed(*given, secret, clock()))

    return is_signed


def _zoho(access: ZohoAccess, clock: Clock) -> Callable[[Called], bool]:
    desk = import_module("middleware.crm.zoho.webhook").DeskWebhooks(access, clock)
    return lambda called: bool(desk.is_signed(called.query, called.headers))

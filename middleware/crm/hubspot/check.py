"""Whether a company's HubSpot has all that the connector needs; it changes nothing there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import msgspec
from sqlalchemy.engine import Engine

from middleware.connectors import Finding
from middleware.crm.hubspot import answers
from middleware.crm.hubspot.api import CONVERSATIONS, Api
from middleware.crm.hubspot.client import open_api
from middleware.crm.hubspot.settings import HubspotAccess
from middleware.errors import FrontdeskError
from middleware.settings import Settings

# So much of a day's calls may be gone before it is told as a fault.
MOST_USED = 0.9

SCOPES = (
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.owners.read",
    "tickets",
    "files",
    "conversations.read",
)


class _Token(msgspec.Struct):
    """What HubSpot says of a private app's token."""

    scopes: list[str]


class _Property(msgspec.Struct):
    """A property of one of HubSpot's objects."""

    name: str
    hasUniqueValue: bool = False


class _Properties(msgspec.Struct):
    """All properties of one."""

    results: list[_Property]


class _Usage(msgspec.Struct):
    """How many calls were made today."""

    usageLimit: int | None = None
    currentUsage: int | None = None


class _Usages(msgspec.Struct):
    """The same, by the kind of app."""

    results: list[_Usage]


@dataclass(frozen=True)
class _Wanted:
    """A property that there must be: of which object, by which setting; whether no two may have the same value."""

    kind: str
    setting: str
    name: str
    is_unique: bool = False


def check(settings: Settings, engine: Engine) -> Iterable[Finding]:
    """Looks at the token, its scopes, every property and stage that the settings name, and the day's limit."""
    api = open_api(settings)
    access = settings.crm_access
    try:
        scopes = _scopes(api, access.token if isinstance(access, HubspotAccess) else "")
    except FrontdeskError as error:
        yield _fault(f"HubSpot doesn't let the assistant in: {error}")
        return
    yield _good("HubSpot takes HUBSPOT_TOKEN.")
    for scope in SCOPES:
        if scope in scopes:
            yield _good(f"The private app has the scope {scope}.")
        else:
            yield _fault(f"The private app lacks the scope {scope}: add it on its page in HubSpot (Scopes).")
    for kind in ("contacts", "companies", "deals", "tickets"):
        yield from _looked_at(partial(_of_properties, api, settings, kind))
    yield from _looked_at(partial(_of_stages, api, settings))
    yield from _looked_at(partial(_of_conversations, api))
    yield from _looked_at(partial(_of_limit, api))
    if isinstance(access, HubspotAccess) and not access.webhook_secret:
        yield _good("HUBSPOT_WEBHOOK_SECRET is empty: what agents write is asked for, instead of being told at once.")


def _looked_at(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What was found; where it can't be looked at, that."""
    try:
        yield from look()
    except FrontdeskError as error:
        yield _fault(f"It can't be looked at: {error}")


def _scopes(api: Api, token: str) -> list[str]:
    path = "/oauth/v2/private-apps/get/access-token-info"
    return api.call("POST", path, body={"tokenKey": token}).decoded(_Token).scopes


def _wanted(settings: Settings) -> list[_Wanted]:
    """Every property of the company's own that the settings name."""
    rules, erp = settings.crm.hubspot, settings.identity.erp_number_field
    wanted = [
        *(
            _Wanted(kind, "crm.hubspot.key_property", rules.key_property, True)
            for kind in ("contacts", "deals", "tickets")
        ),
        _Wanted("deals", "crm.hubspot.open_property", rules.open_property, True),
        _Wanted("deals", "crm.hubspot.enquiry_property", rules.enquiry_property),
        _Wanted("deals", "crm.hubspot.size_property", rules.size_property),
        _Wanted("deals", "crm.hubspot.budget_property", rules.budget_property),
        _Wanted("tickets", "crm.hubspot.channel_property", rules.channel_property),
        *(_Wanted(kind, "crm.hubspot.segment_property", rules.segment_property) for kind in ("contacts", "companies")),
        *(_Wanted(kind, "identity.erp_number_field", erp) for kind in ("contacts", "companies")),
    ]
    return [one for one in wanted if one.name]


def _of_properties(api: Api, settings: Settings, kind: str) -> Iterator[Finding]:
    found = api.call("GET", f"/crm/v3/properties/{kind}").decoded(_Properties)
    known = {one.name: one for one in found.results}
    for one in _wanted(settings):
        if one.kind != kind:
            continue
        if one.name not in known:
            yield _fault(
                f"{kind.capitalize()} have no property {one.name}, which {one.setting} of assistant.yml names: create "
                "it (Settings, Properties), or name another one."
            )
        elif one.is_unique and not known[one.name].hasUniqueValue:
            yield _fault(
                f"The property {one.name} of {kind} takes the same value twice, so things could be kept twice: create "
                f"one that requires unique values, and name it in {one.setting} of assistant.yml."
            )
        else:
            yield _good(f"{kind.capitalize()} have the property {one.name}.")


def _of_stages(api: Api, settings: Settings) -> Iterator[Finding]:
    rules = settings.crm.hubspot
    places = [
        ("tickets", "ticket", rules.ticket_pipeline, rules.ticket_stage),
        ("deals", "lead", rules.lead_pipeline, rules.lead_stage),
        ("deals", "opportunity", rules.opportunity_pipeline, rules.opportunity_stage),
    ]
    for kind, name, pipeline, stage in places:
        found = api.call("GET", f"/crm/v3/pipelines/{kind}").decoded(answers.Pipelines)
        stages = {part.id: part for one in found.results if one.id == pipeline for part in one.stages}
        settings_named = f"crm.hubspot.{name}_pipeline and {name}_stage of assistant.yml"
        if stage not in stages:
            yield _fault(f"{kind.capitalize()} have no stage {stage} in a pipeline {pipeline}: set {settings_named}.")
        elif stages[stage].metadata.is_closed:
            yield _fault(f"In the stage {stage} of {kind} all is done with: set {settings_named} to one that is open.")
        elif not any(one.metadata.is_closed for one in stages.values()):
            yield _fault(f"The pipeline {pipeline} of {kind} has no closed stage: give one the status Closed.")
        else:
            yield _good(f"The pipeline {pipeline} of {kind} has the stage {stage}, and one that is closed.")


def _of_conversations(api: Api) -> Iterator[Finding]:
    api.call("GET", f"{CONVERSATIONS}/threads", {"limit": 1}).decoded(answers.Threads)
    yield _good("Conversations can be read.")


def _of_limit(api: Api) -> Iterator[Finding]:
    usages = api.call("GET", "/account-info/v3/api-usage/daily/private-apps").decoded(_Usages)
    for one in usages.results:
        if not one.usageLimit or one.currentUsage is None:
            continue
        told = f"{one.currentUsage} of {one.usageLimit} calls of today are used."
        yield (
            _good(told)
            if one.currentUsage < MOST_USED * one.usageLimit
            else _fault(
                f"{told} When none are left, customers get no answers from HubSpot until midnight there: see which app "
                "uses them (Settings, Integrations, Private Apps, Logs)."
            )
        )


def _good(text: str) -> Finding:
    return Finding(is_good=True, text=text)


def _fault(text: str) -> Finding:
    return Finding(is_good=False, text=text)

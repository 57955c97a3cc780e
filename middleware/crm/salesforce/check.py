"""Looks whether a company's Salesforce has all that the connector needs; it only reads."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from simple_salesforce.format import format_soql
from sqlalchemy.engine import Engine

from middleware.connectors import Finding
from middleware.crm.salesforce.base import erp_number_field
from middleware.crm.salesforce.calls import Calls
from middleware.crm.salesforce.client import calls
from middleware.crm.salesforce.rows import IdRow
from middleware.crm.salesforce.settings import SalesforceRules
from middleware.errors import FrontdeskError, Unavailable
from middleware.settings import Settings

FEW = 0.1  # of the day's calls

_WRITTEN = ("Lead", "Contact", "Opportunity", "Case", "CaseComment", "ContentVersion")
_READ = ("Account", "User")


class _Value(msgspec.Struct, frozen=True):
    value: str
    active: bool = True


class _Field(msgspec.Struct, frozen=True):
    name: str
    type: str = ""
    unique: bool = False
    externalId: bool = False
    caseSensitive: bool = False
    createable: bool = False
    updateable: bool = False
    picklistValues: list[_Value] = []


class _Object(msgspec.Struct, frozen=True):
    createable: bool = False
    fields: list[_Field] = []


class _Limit(msgspec.Struct, frozen=True):
    Max: int
    Remaining: int


class _Limits(msgspec.Struct, frozen=True):
    DailyApiRequests: _Limit


def check(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Looks at log-in, objects, custom fields, values of picklists, the queue, and limits.

    Args:
        engine: Of the store's database, where the token lies.
    """
    salesforce = calls(settings, engine)
    try:
        _ = salesforce.me
        limits = salesforce.limits(_Limits)
    except FrontdeskError as error:
        yield _missing(str(error))
        return
    yield _good("The app is let in.")
    yield _calls_left(limits.DailyApiRequests)
    yield from _of_objects(salesforce, settings)
    yield from _of_queue(salesforce, settings.crm.salesforce)


def _calls_left(limit: _Limit) -> Finding:
    text = f"{limit.Remaining} of the day's {limit.Max} calls are left"
    if limit.Remaining >= FEW * limit.Max:
        return _good(f"{text}.")
    return _missing(f"Only {text}: find out who makes so many, or buy more.")


def _of_objects(salesforce: Calls, settings: Settings) -> Iterator[Finding]:
    for name in (*_READ, *_WRITTEN):
        try:
            described = salesforce.described(name, _Object)
        except Unavailable:
            raise
        except FrontdeskError:
            yield _missing(f"The app's user doesn't see {name}: give them read access to it.")
            continue
        if name in _WRITTEN and not described.createable:
            yield _missing(f"The app's user may not create {name}: give them that permission.")
        yield from _of_fields(name, described, settings)


def _of_fields(name: str, described: _Object, settings: Settings) -> Iterator[Finding]:
    """Every custom field, and every value of a picklist, that the settings name for an object."""
    rules = settings.crm.salesforce
    there = {one.name: one for one in described.fields}
    for field, setting in _wanted(name, settings):
        if field not in there:
            mend = f"create it and let the app's user read and edit it, or name another one as {setting}"
            yield _missing(f"{name} has no field {field} that the app's user sees: {mend} in assistant.yml.")
        elif name not in _READ and setting != _ERP and not there[field].createable:
            yield _missing(
                f"The app's user may not edit {name}.{field}: give them edit access by field-level security."
            )
        elif field == rules.key_field:
            yield _of_key(name, there[field])
        else:
            yield _good(f"{name}.{field} is there.")
    for field, value, setting in _values(name, rules):
        values = {one.value for one in there[field].picklistValues if one.active} if field in there else set()
        if values and value not in values:
            yield _missing(f"{name}.{field} has no value {value}: add it, or name another one as {setting}.")


def _of_key(name: str, field: _Field) -> Finding:
    lacking = {"unique": field.unique, "an external id": field.externalId, "case-sensitive": field.caseSensitive}
    missing = " and ".join(word for word, is_so in lacking.items() if not is_so)
    if missing:
        return _missing(f"{name}.{field.name} isn't {missing}: edit the field, or nothing is written exactly once.")
    return _good(f"{name}.{field.name} is there: unique, case-sensitive, external id.")


_ERP = "identity.erp_number_field"


def _wanted(name: str, settings: Settings) -> list[tuple[str, str]]:
    """The custom fields of an object, each with the setting that names it."""
    rules = settings.crm.salesforce
    enquiry = [one for one in rules.__struct_fields__ if one.startswith(("size_", "budget_", "consent_"))]
    by_object = {
        "Account": ["segment_field"],
        "Contact": ["key_field", "segment_field"],
        "Lead": ["key_field", "contact_field", *enquiry],
        "Opportunity": ["key_field", *enquiry],
        "Case": ["key_field"],
    }
    named = [(getattr(rules, one), f"crm.salesforce.{one}") for one in by_object.get(name, [])]
    number = erp_number_field(settings)
    numbers = [(number, _ERP)] if name in ("Account", "Contact") else []
    return [(field, setting) for field, setting in (*named, *numbers) if field]


def _values(name: str, rules: SalesforceRules) -> list[tuple[str, str, str]]:
    """The values of an object's picklists that the settings name."""
    values = {
        "Opportunity": [("StageName", rules.opportunity_stage, "crm.salesforce.opportunity_stage")],
        "Case": [
            ("Status", rules.closed_status, "crm.salesforce.closed_status"),
            ("Priority", rules.priority_high, "crm.salesforce.priority_high"),
            ("Priority", rules.priority_normal, "crm.salesforce.priority_normal"),
        ],
    }
    return values.get(name, [])


def _of_queue(salesforce: Calls, rules: SalesforceRules) -> Iterator[Finding]:
    if not rules.case_queue:
        yield _good("New cases go by the org's own case assignment rules, as crm.salesforce.case_queue is empty.")
        return
    soql = format_soql("SELECT Id FROM Group WHERE Type = 'Queue' AND DeveloperName = {}", rules.case_queue)
    if salesforce.query(soql, IdRow):
        yield _good(f"The queue {rules.case_queue} is there.")
    else:
        yield _missing(
            f"There is no queue {rules.case_queue}: create it for cases, or name another one as"
            " crm.salesforce.case_queue (its API name, not its label)."
        )


def _good(text: str) -> Finding:
    return Finding(is_good=True, text=text)


def _missing(text: str) -> Finding:
    return Finding(is_good=False, text=text)

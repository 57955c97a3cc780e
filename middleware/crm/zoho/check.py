"""Whether a company's Zoho has all that the connector needs; it changes nothing there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from sqlalchemy.engine import Engine

from middleware.connectors import Finding
from middleware.crm.zoho.api import Api
from middleware.crm.zoho.desk_check import check_desk
from middleware.crm.zoho.mapping import case_fields, contact_fields, lead_fields
from middleware.errors import FrontdeskError
from middleware.settings import Settings

OPERATION = "check"
FEW_CREDITS = 1000  # API credits, of a day's five thousand at least
SHORTEST_LINE = 40  # characters, of a field for keys
SHORTEST_TEXT = 2000

_ALSO = {
    "Leads": ("No_of_Employees",),
    "Contacts": ("Mailing_Country", "Mailing_State", "Mailing_Zip"),
    "Deals": ("Deal_Name", "Stage", "Closing_Date", "Contact_Name", "Description", "Owner"),
    "Cases": ("Description", "Case_Origin", "Priority"),
}


class _Choice(msgspec.Struct):
    actual_value: str = ""


class _Field(msgspec.Struct):
    """What Zoho says of a field."""

    api_name: str
    data_type: str
    length: int | None = None
    unique: dict[str, object] | None = None
    pick_list_values: list[_Choice] = []


class _Fields(msgspec.Struct):
    fields: list[_Field] = []


class _Rule(msgspec.Struct):
    id: str


class _Rules(msgspec.Struct):
    assignment_rules: list[_Rule] = []


class _User(msgspec.Struct):
    id: str
    email: str = ""


class _Users(msgspec.Struct):
    users: list[_User] = []


Fields = Mapping[str, _Field]


def check(settings: Settings, engine: Engine) -> Iterable[Finding]:
    """Looks at log-in, users, fields, choices and limits.

    Args:
        engine: Of the store's database, where the access token lies.
    """
    api = Api(settings, engine)
    try:
        yield from _users(api)
        for module in ("Leads", "Contacts", "Deals"):
            yield from _module(api, module)
        yield from _search(api)
        yield from _assignment_rule(api)
        if settings.crm.tickets == "crm":
            yield from _module(api, "Cases")
        yield _limits(api)
    except FrontdeskError as error:
        yield Finding(is_good=False, text=f"Zoho CRM: {error}")
        return
    if settings.crm.tickets == "desk":
        yield from check_desk(api)


def _users(api: Api) -> Iterator[Finding]:
    """Logging in, and who uses Zoho."""
    me = _read_users(api, "CurrentUser")
    yield Finding(is_good=bool(me), text=f"Zoho lets the assistant in as {me[0].email if me else 'nobody'}.")
    active = {user.email.lower() for user in _read_users(api, "ActiveUsers")}
    yield Finding(is_good=True, text=f"It tells who uses Zoho: {len(active)} people, or more.")
    for email in api.rules.nobody:
        if email.lower() not in active:
            yield Finding(is_good=False, text=f"crm.zoho.nobody names {email}, who doesn't use Zoho.")


def _read_users(api: Api, type_: str) -> list[_User]:
    found: list[_User] = []
    for page in range(1, 26):
        answer = api.call("GET", "users", OPERATION, query={"type": type_, "page": page, "per_page": 200})
        users = [] if answer.status == 204 else answer.decoded(_Users).users
        found += users
        if len(users) < 200:
            break
    return found


def _module(api: Api, module: str) -> Iterator[Finding]:
    """The fields of one module."""
    try:
        fields = _fields(api, module)
    except FrontdeskError as error:
        yield Finding(is_good=False, text=f"{module}: {error}")
        return
    missing = [name for name in _needed(api, module) if name not in fields]
    for name in missing:
        text = f"{module}: {api.rules.missing(name, api.settings.identity.erp_number_field)}."
        yield Finding(is_good=False, text=text)
    if not missing:
        yield Finding(is_good=True, text=f"{module} has all fields.")
    yield from _key(api, module, fields)
    yield from _long_enough(api, module, fields)
    yield from _choices(api, module, fields)


def _fields(api: Api, module: str) -> Fields:
    answer = api.call("GET", "settings/fields", OPERATION, query={"module": module})
    found = [] if answer.status == 204 else answer.decoded(_Fields).fields
    return {field.api_name: field for field in found}


def _needed(api: Api, module: str) -> list[str]:
    """The fields that are read or written; Zoho doesn't list `id` everywhere."""
    rules = api.rules
    named = {
        "Leads": lead_fields(rules),
        "Contacts": contact_fields(rules, api.settings.identity.erp_number_field),
        "Deals": {},
        "Cases": case_fields(rules),
    }[module]
    phones = rules.phone_fields if module == "Contacts" else ()
    own = [name for name in named.values() if name != "id" and "." not in name]
    return list(dict.fromkeys((*own, *phones, *_ALSO[module], rules.key_field)))


def _key(api: Api, module: str, fields: Fields) -> Iterator[Finding]:
    """The field that makes sure that everything is written once."""
    field = fields.get(api.rules.key_field)
    if field is None:
        return
    if not field.unique:
        mend = "edit it there and tick “Do not allow duplicate values”"
        yield Finding(is_good=False, text=f"{module}: {field.api_name} takes the same value twice; {mend}.")
    if field.data_type != "text" or (field.length or SHORTEST_LINE) < SHORTEST_LINE:
        text = f"{module}: {field.api_name} must be a single line of at least {SHORTEST_LINE} characters."
        yield Finding(is_good=False, text=text)


def _long_enough(api: Api, module: str, fields: Fields) -> Iterator[Finding]:
    field = fields.get(api.rules.consent_field) if module == "Leads" else None
    if field and (field.data_type != "textarea" or (field.length or SHORTEST_TEXT) < SHORTEST_TEXT):
        text = f"{module}: {field.api_name} must be multi-line, of at least {SHORTEST_TEXT} characters."
        yield Finding(is_good=False, text=text)


def _choices(api: Api, module: str, fields: Fields) -> Iterator[Finding]:
    """Values that the assistant writes into fields with choices."""
    for name, values in _written(api, module).items():
        field = fields.get(name)
        choices = {choice.actual_value for choice in field.pick_list_values} if field else set()
        for value in values:
            if choices and value not in choices:
                text = f"{module}: {name} has no choice “{value}”; {api.rules.picked[name]}."
                yield Finding(is_good=False, text=text)


def _written(api: Api, module: str) -> Mapping[str, list[str]]:
    rules, settings = api.rules, api.settings
    if module == "Leads":
        return {"Industry": [rules.industries.get(name, name) for name in settings.leads.industries]}
    if module == "Deals":
        pipeline = {"Pipeline": [rules.deal_pipeline]} if rules.deal_pipeline else {}
        return {"Stage": [rules.deal_stage], **pipeline}
    if module == "Cases":
        channels = ["rest", "webchat", *(["whatsapp"] if settings.whatsapp_account else [])]
        return {
            "Case_Origin": [rules.case_origins.get(name, name) for name in channels],
            "Status": [rules.case_open_status, *rules.case_closed_statuses],
            "Priority": [rules.case_normal_priority, rules.case_high_priority],
        }
    return {}


def _search(api: Api) -> Iterator[Finding]:
    """The search, which needs a scope of its own, and the queries."""
    query = {"email": "nobody@example.com", "fields": "id"}
    api.page(api.call("GET", "Contacts/search", OPERATION, query=query), OPERATION)
    fields = contact_fields(api.rules, api.settings.identity.erp_number_field)
    asked = ", ".join(dict.fromkeys(fields.values()))
    api.call("POST", "coql", OPERATION, json={"select_query": f"select {asked} from Contacts where id = '0' limit 1"})
    yield Finding(is_good=True, text="Zoho answers searches and queries.")


def _assignment_rule(api: Api) -> Iterator[Finding]:
    wanted = api.rules.lead_assignment_rule
    if not wanted:
        return
    answer = api.call("GET", "settings/automation/assignment_rules", OPERATION, query={"module": "Leads"})
    found = [] if answer.status == 204 else answer.decoded(_Rules).assignment_rules
    is_there = any(rule.id == wanted for rule in found)
    text = "The assignment rule for leads is there."
    missing = f"Leads have no assignment rule {wanted}, which crm.zoho.lead_assignment_rule names."
    yield Finding(is_good=is_there, text=text if is_there else missing)


def _limits(api: Api) -> Finding:
    """API credits; every answer says how many are left."""
    answer = api.call("GET", "Leads", OPERATION, query={"fields": "id", "per_page": 1})
    left = answer.headers.get("X-API-CREDITS-REMAINING", "")
    if not left.isdigit():
        return Finding(is_good=True, text="Zoho doesn't say how many API credits are left today.")
    text = f"{left} API credits are left today."
    return Finding(is_good=int(left) >= FEW_CREDITS, text=text)

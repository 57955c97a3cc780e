"""Whether Zoho Desk has all that is needed; nothing is changed there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from middleware.connectors import Finding
from middleware.crm.zoho.api import Api
from middleware.crm.zoho.desk_api import DeskApi
from middleware.crm.zoho.desk_records import CLOSED, DeskContact, Listed, TicketFields
from middleware.crm.zoho.desk_settings import DeskRules
from middleware.errors import FrontdeskError, NotFound

OPERATION = "check"
NO_KEY = "FD-check"
FEW_CREDITS = 1000


class _Department(msgspec.Struct):
    id: str
    name: str = ""


class _Value(msgspec.Struct):
    value: str = ""
    statusType: str | None = None


class _Field(msgspec.Struct):
    apiName: str
    maxLength: int | str | None = None
    allowedValues: list[_Value] = []


def check_desk(api: Api) -> Iterator[Finding]:
    """Looks at log-in, department, fields, search and limits, in this order; what fails ends it.

    Args:
        api: The way to the company's Zoho.
    """
    rules = api.rules.desk
    try:
        desk = DeskApi(api.access, rules, api.credentials, api.settings.crm.threads)
        yield _department(desk, rules)
        yield from _fields(desk, rules)
        yield from _strangers(desk, rules)
        yield _search(desk, rules)
        yield _limits(desk)
    except FrontdeskError as error:
        yield Finding(is_good=False, text=f"Zoho Desk: {error}")
        return
    yield _webhooks(api.access.webhook_token)


def _department(desk: DeskApi, rules: DeskRules) -> Finding:
    found = desk.page("/departments", _Department, OPERATION, {"limit": 200, "isEnabled": "true"})
    name = next((one.name for one in found if one.id == rules.department), None)
    if name is not None:
        return Finding(is_good=True, text=f"Zoho Desk lets us in; tickets go to the department {name}.")
    there = ", ".join(f"{one.id} ({one.name})" for one in found) or "none"
    return Finding(
        is_good=False,
        text=f"Zoho Desk has no department {rules.department}, or hides it from us: correct "
        f"crm.zoho.desk.department of assistant.yml. There are: {there}.",
    )


def _fields(desk: DeskApi, rules: DeskRules) -> Iterator[Finding]:
    tickets = _of_module(desk, "tickets")
    contacts = _of_module(desk, "contacts")
    for there, setting, module in (
        (tickets, "key_field", "tickets"),
        (tickets, "channel_field", "tickets"),
        (contacts, "contact_field", "contacts"),
    ):
        name = getattr(rules, setting)
        if name in there:
            yield Finding(is_good=True, text=f"Zoho Desk has the field {name} of {module}.")
        else:
            text = f"Zoho Desk has no field {name} of {module}: create it, single line, or correct"
            yield Finding(is_good=False, text=f"{text} crm.zoho.desk.{setting} of assistant.yml.")
    yield from _values(tickets, rules)


def _values(tickets: dict[str, _Field], rules: DeskRules) -> Iterator[Finding]:
    priorities = {one.value for one in tickets["priority"].allowedValues} if "priority" in tickets else set()
    for setting in ("high_priority", "normal_priority"):
        if getattr(rules, setting) not in priorities:
            text = f"Zoho Desk has no priority {getattr(rules, setting)}: correct crm.zoho.desk.{setting}"
            yield Finding(is_good=False, text=f"{text}. There are: {', '.join(sorted(priorities)) or 'none'}.")
    statuses = tickets["status"].allowedValues if "status" in tickets else []
    closed = [one.value for one in statuses if one.statusType == CLOSED]
    if closed:
        yield Finding(is_good=True, text=f"Closed tickets are those with the status {' or '.join(closed)}.")
    else:
        yield Finding(is_good=False, text="Zoho Desk shows no status of the type Closed; is the field status hidden?")


def _strangers(desk: DeskApi, rules: DeskRules) -> Iterator[Finding]:
    if not rules.strangers:
        return
    try:
        desk.read(f"/contacts/{rules.strangers}", DeskContact, OPERATION)
        yield Finding(is_good=True, text="Zoho Desk has the contact for tickets of people whom the CRM doesn't know.")
    except NotFound:
        text = "Zoho Desk has no contact with the id in crm.zoho.desk.strangers: correct it, or leave it empty"
        yield Finding(is_good=False, text=f"{text} to have one made.")


def _search(desk: DeskApi, rules: DeskRules) -> Finding:
    """Tickets are found by our keys, by the search and among the newest."""
    asked = {"customField1": f"{rules.key_field}:{NO_KEY}", "limit": 1}
    desk.page("/tickets/search", TicketFields, OPERATION, asked)
    newest = {"departmentId": rules.department, "limit": 1, "sortBy": "-createdTime", "fields": rules.key_field}
    found = desk.page("/tickets", TicketFields, OPERATION, newest)
    if found and rules.key_field not in found[0].cf:
        return Finding(
            is_good=False,
            text=f"Zoho Desk doesn't show us the field {rules.key_field} in lists: let the profile of whoever made "
            "ZOHO_REFRESH_TOKEN see it.",
        )
    return Finding(is_good=True, text="Tickets can be searched for by our keys.")


def _limits(desk: DeskApi) -> Finding:
    left = desk.credits_left
    if left.isdigit() and int(left) < FEW_CREDITS:
        return Finding(is_good=False, text=f"Only {left} of the day's API credits of Zoho Desk are left.")
    return Finding(is_good=True, text=f"API credits of Zoho Desk left today: {left or 'it does not say'}.")


def _webhooks(token: str) -> Finding:
    if token:
        return Finding(is_good=True, text="Webhooks of Zoho Desk are taken, if they bring ZOHO_WEBHOOK_TOKEN along.")
    text = "ZOHO_WEBHOOK_TOKEN is not set, so no webhooks are taken; what agents write is read every now and then."
    return Finding(is_good=True, text=text)


def _of_module(desk: DeskApi, module: str) -> dict[str, _Field]:
    listed = desk.read("/organizationFields", Listed[_Field], OPERATION, {"module": module})
    return {one.apiName: one for one in listed.data} if listed else {}

"""Zoho Desk on loopback, beside the Zoho CRM that it is joined with: tickets are here, people are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from middleware.demo import Data
from tests.connectors.inside import Inside
from tests.fakes.stand_in import Fault, Refused, Reply, Request, refuse
from tests.fakes.zoho import Zoho
from tests.fakes.zoho_desk_inside import InsideZohoDesk
from tests.fakes.zoho_desk_records import (
    CHANNELS,
    DEPARTMENT,
    PRIORITIES,
    STATUSES,
    DeskRecords,
    Record,
    demand_known,
    width,
)
from tests.fakes.zoho_desk_search import demand_parameters, number, wrong

BASE = "/api/v1"
ORG_ID = "700000001"
WEBHOOK_TOKEN = "a-token-of-webhooks-for-tests-0123456789"
LAG = 0.2  # seconds until the search finds something
LONGEST_COMMENT = 32_000

OF_A_TICKET = {
    "subject": 255,
    "departmentId": 20,
    "contactId": 20,
    "description": 65_535,
    "status": 100,
    "priority": 100,
    "channel": 100,
    "email": 255,
    "phone": 50,
    "category": 100,
    "cf": 0,
}
OF_A_CONTACT = {
    "firstName": 40,
    "lastName": 200,
    "email": 255,
    "phone": 50,
    "mobile": 50,
    "description": 65_535,
    "cf": 0,
}
SEARCHED_TICKETS = (
    *("id", "ticketNumber", "subject", "contactId", "departmentId"),
    *("status", "priority", "channel", "email", "phone"),
)
SEARCHED_CONTACTS = ("id", "fullName", "firstName", "lastName", "email", "phone", "mobile")
HIDDEN_IN_LISTS = ("cf", "description", "modifiedTime", "isTrashed")

_ROUTES: list[tuple[str, re.Pattern[str], str]] = [
    (method, re.compile(BASE + pattern), name)
    for method, pattern, name in (
        ("GET", "/tickets", "list_tickets"),
        ("POST", "/tickets", "make_ticket"),
        ("GET", "/tickets/search", "search_tickets"),
        ("GET", "/tickets/([0-9]+)", "one_ticket"),
        ("POST", "/closeTickets", "close_tickets"),
        ("GET", "/tickets/([0-9]+)/conversations", "conversations"),
        ("GET", "/tickets/([0-9]+)/threads/([0-9]+)", "one_thread"),
        ("POST", "/tickets/([0-9]+)/comments", "make_comment"),
        ("GET", "/tickets/([0-9]+)/attachments", "list_files"),
        ("POST", "/tickets/([0-9]+)/attachments", "make_file"),
        ("DELETE", "/tickets/([0-9]+)/attachments/([0-9]+)", "delete_file"),
        ("GET", "/contacts", "list_contacts"),
        ("POST", "/contacts", "make_contact"),
        ("GET", "/contacts/search", "search_contacts"),
        ("GET", "/contacts/([0-9]+)", "one_contact"),
        ("GET", "/contacts/([0-9]+)/tickets", "tickets_of"),
        ("GET", "/departments", "list_departments"),
        ("GET", "/organizationFields", "list_fields"),
    )
]


class ZohoWithDesk(Zoho):
    """Zoho CRM and Zoho Desk, with tickets in Desk.

    Attributes:
        desk: Desk's records.
        desk_credits: API credits of the day that are left in Desk.
        forbidden: What Desk answers to everything, such as SCOPE_MISMATCH; empty if it does what is asked.
        keeps_open: Whether closing a ticket leaves it open, as under a blueprint.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.desk = DeskRecords(LAG)
        self.desk_credits = 50_000_000
        self.forbidden = ""
        self.keeps_open = False

    @property
    def environment(self) -> dict[str, str]:
        """What reaches both."""
        return {
            **super().environment,
            "ZOHO_DESK_URL": self.url,
            "ZOHO_DESK_ORG_ID": ORG_ID,
            "ZOHO_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
        }

    @property
    def rules(self) -> dict[str, Any]:
        """Tickets are Desk's."""
        rules = super().rules
        return {**rules, "tickets": "desk", "zoho": {**rules["zoho"], "desk": {"department": DEPARTMENT}}}

    @property
    def inside(self) -> Inside:
        """What their people see."""
        return InsideZohoDesk(self)

    def lay(self, data: Data) -> None:
        """Puts data in the place of all records, of both."""
        with self.lock:
            super().lay(data)
            self.desk.lay(data, {row["id"]: self.crm_id(row["id"]) for row in data.contacts})

    def crm_id(self, laid: str) -> str:
        """The CRM's id of a laid contact."""
        return next(id_ for id_, name in self.crm.laid.items() if name == laid)

    def demand_token(self, request: Request) -> None:
        """Refuses whoever shows no good token; each in its own words."""
        try:
            super().demand_token(request)
        except Refused:
            if not request.path.startswith(BASE):
                raise
            refuse(401, {"errorCode": "INVALID_OAUTH", "message": "The OAuth Token you provided is invalid."})

    def served_to_us(self, request: Request) -> Reply:
        """What either of the two does for whoever showed a token."""
        if not request.path.startswith(BASE + "/"):
            return super().served_to_us(request)
        org_id = request.headers.get("orgid")
        if org_id is None:
            wrong("The orgId is missing in the header.")
        if org_id != ORG_ID:
            refuse(403, {"errorCode": "OAUTH_ORG_MISMATCH", "message": "The OAuth Token is of another organization."})
        if self.forbidden:
            refuse(403, {"errorCode": self.forbidden, "message": "You are not allowed."})
        if self.desk_credits < 1:
            raise Refused(self._over_the_day())
        self.desk_credits -= 1
        reply = self._routed(request)
        limits = {"X-Rate-Limit-Request-Weight-v3": "1", "X-Rate-Limit-Remaining-v3": str(self.desk_credits)}
        return Reply(status=reply.status, json=reply.json, body=reply.body, headers={**reply.headers, **limits})

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """Desk's own ways of refusing; the CRM's are the CRM's."""
        if request.path.startswith(BASE) and fault.kind == "throttled":
            message = "The maximum number of Concurrent API Calls that can be made has been exceeded."
            return Reply(status=429, json={"errorCode": "TOO_MANY_REQUESTS", "message": message})
        if request.path.startswith(BASE) and fault.kind == "daily":
            return self._over_the_day()
        return super().own_fault(fault, request)

    def _over_the_day(self) -> Reply:
        message = "The number of API calls for the day has been exceeded."
        error = {"errorCode": "THRESHOLD_EXCEEDED", "message": message}
        return Reply(status=429, json=error, headers={"Retry-After": "36000", "X-Rate-Limit-Remaining-v3": "0"})

    def _routed(self, request: Request) -> Reply:
        for method, pattern, name in _ROUTES:
            found = pattern.fullmatch(request.path)
            if found and method == request.method:
                do: Callable[..., Reply] = getattr(self, f"_{name}")
                return do(request, *found.groups())
        _missing()

    # Tickets

    def _list_tickets(self, request: Request) -> Reply:
        known = ("from", "limit", "departmentId", "sortBy", "fields", "include", "status", "channel", "viewId")
        demand_parameters(request.query, *known)
        fields = [one for one in request.query.get("fields", "").split(",") if one]
        for one in fields:
            if one not in self.desk.custom["tickets"] | set(OF_A_TICKET) | {"ticketNumber", "statusType", "webUrl"}:
                wrong(f"The value '{one}' passed for field 'fields' is invalid.")
        department = request.query.get("departmentId", DEPARTMENT)
        if department != DEPARTMENT:
            wrong("The data is invalid due to validation restrictions", ("/departmentId", "invalid"))
        tickets = _sorted(self.desk.tickets, request.query, ("createdTime", "dueDate", "recentThread"))
        show = _listed if not fields else lambda one: _only(one, fields)
        return _page([one for one in tickets if not one["isTrashed"]], request.query, 100, show, first=1)

    def _make_ticket(self, request: Request) -> Reply:
        given = _body(request)
        demand_known(given, OF_A_TICKET, self.desk.custom["tickets"])
        for name in ("subject", "departmentId", "contactId"):
            if not given.get(name):
                wrong("The data is invalid due to validation restrictions", (f"/{name}", "missing"))
        wanted = {
            "departmentId": (DEPARTMENT,),
            "contactId": self.desk.contacts,
            "channel": CHANNELS,
            "priority": PRIORITIES,
            "status": STATUSES,
        }
        for name, values in wanted.items():
            if given.get(name) is not None and given[name] not in values:
                wrong("The data is invalid due to validation restrictions", (f"/{name}", "invalid"))
        return Reply(json=self.desk.make_ticket(given))

    def _search_tickets(self, request: Request) -> Reply:
        return self.desk.found_tickets.search(request.query, SEARCHED_TICKETS, self.desk.custom["tickets"])

    def _one_ticket(self, request: Request, id_: str) -> Reply:
        demand_parameters(request.query, "include")
        return Reply(json=self._ticket(id_))

    def _close_tickets(self, request: Request) -> Reply:
        given = _body(request)
        if set(given) != {"ids"} or not all(isinstance(one, str) for one in given["ids"]):
            wrong("The data is invalid due to validation restrictions", ("/ids", "invalid"))
        for id_ in given["ids"]:
            self._ticket(id_)
            if not self.keeps_open:
                self.desk.close(id_)
        return Reply(status=200, body=b"")

    # What is said and attached

    def _conversations(self, request: Request, id_: str) -> Reply:
        demand_parameters(request.query, "from", "limit")
        self._ticket(id_)
        newest_first = list(reversed(self.desk.said[id_]))
        return _page(newest_first, request.query, 200, _shown, first=0)

    def _one_thread(self, request: Request, id_: str, thread_id: str) -> Reply:
        demand_parameters(request.query, "include")
        self._ticket(id_)
        found = [one for one in self.desk.said[id_] if one["id"] == thread_id and one["type"] == "thread"]
        if not found:
            _missing()
        whole = {**_shown(found[0]), "content": found[0]["_content"], "contentType": "text/html"}
        if "plainText" in request.query.get("include", ""):
            whole["plainText"] = re.sub("<[^>]*>", "", found[0]["_content"].replace("<br>", "\n"))
        return Reply(json=whole)

    def _make_comment(self, request: Request, id_: str) -> Reply:
        given = _body(request)
        self._ticket(id_)
        for name in given:
            if name not in ("content", "contentType", "isPublic", "attachmentIds"):
                wrong(f"Extra parameter '{name}' is present in the input.")
        content, kind = given.get("content"), given.get("contentType", "html")
        if not isinstance(content, str) or not content.strip() or width(content) > LONGEST_COMMENT:
            wrong("The data is invalid due to validation restrictions", ("/content", "invalid"))
        if kind not in ("plainText", "html"):
            wrong("The data is invalid due to validation restrictions", ("/contentType", "invalid"))
        return Reply(json=_shown(self.desk.comment(id_, content, kind, bool(given.get("isPublic")))))

    def _list_files(self, request: Request, id_: str) -> Reply:
        demand_parameters(request.query, "from", "limit", "isPublic", "sortBy", "include")
        self._ticket(id_)
        return _page([record for record, _ in self.desk.files[id_].values()], request.query, 100, dict, first=0)

    def _make_file(self, request: Request, id_: str) -> Reply:
        demand_parameters(request.query, "isPublic")
        self._ticket(id_)
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data; boundary="):
            refuse(415, {"errorCode": "UNSUPPORTED_MEDIA_TYPE", "message": "Unsupported media type."})
        message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
        parts = list(message.iter_parts())
        if [part.get_param("name", header="content-disposition") for part in parts] != ["file"]:
            wrong("The data is invalid due to validation restrictions", ("/file", "missing"))
        content = parts[0].get_payload(decode=True)
        if not content:
            wrong("The uploaded file is empty.")
        is_public = request.query.get("isPublic", "false") == "true"
        return Reply(json=self.desk.attach(id_, str(parts[0].get_filename()), bytes(content), is_public))

    def _delete_file(self, request: Request, id_: str, file_id: str) -> Reply:
        self._ticket(id_)
        if self.desk.files[id_].pop(file_id, None) is None:
            _missing()
        return Reply(status=204)

    # Contacts

    def _list_contacts(self, request: Request) -> Reply:
        demand_parameters(request.query, "from", "limit", "sortBy", "include", "viewId")
        contacts = _sorted(self.desk.contacts, request.query, ("createdTime", "lastName", "email", "modifiedTime"))
        return _page(contacts, request.query, 99, _listed, first=1)

    def _make_contact(self, request: Request) -> Reply:
        given = _body(request)
        demand_known(given, OF_A_CONTACT, self.desk.custom["contacts"])
        if not given.get("lastName"):
            wrong("The data is invalid due to validation restrictions", ("/lastName", "missing"))
        email = given.get("email")
        if email and any((one["email"] or "").lower() == email.lower() for one in self.desk.contacts.values()):
            wrong("The data is invalid due to validation restrictions", ("/email", "duplicate"))
        return Reply(json=self.desk.make_contact(given))

    def _search_contacts(self, request: Request) -> Reply:
        return self.desk.found_contacts.search(request.query, SEARCHED_CONTACTS, self.desk.custom["contacts"])

    def _one_contact(self, request: Request, id_: str) -> Reply:
        demand_parameters(request.query, "include")
        return Reply(json=self._contact(id_))

    def _tickets_of(self, request: Request, id_: str) -> Reply:
        demand_parameters(request.query, "from", "limit", "departmentId", "sortBy", "include")
        self._contact(id_)
        if request.query.get("departmentId") != DEPARTMENT:
            wrong("The data is invalid due to validation restrictions", ("/departmentId", "missing"))
        theirs = {one: self.desk.tickets[one] for one in self.desk.of_contact[id_]}
        tickets = _sorted(theirs, request.query, ("createdTime", "dueDate", "modifiedTime"))
        return _page([one for one in tickets if not one["isTrashed"]], request.query, 99, _listed, first=1)

    # Set-up

    def _list_departments(self, request: Request) -> Reply:
        demand_parameters(request.query, "from", "limit", "isEnabled", "searchStr")
        return _page([{"id": DEPARTMENT, "name": "Support", "isEnabled": True}], request.query, 200, dict, first=1)

    def _list_fields(self, request: Request) -> Reply:
        demand_parameters(request.query, "module", "departmentId")
        module = request.query.get("module", "")
        if module not in self.desk.custom:
            wrong("The data is invalid due to validation restrictions", ("/module", "invalid"))
        fields: list[Record] = [
            {"apiName": name, "isCustomField": True, "type": "Text", "maxLength": 255}
            for name in sorted(self.desk.custom[module])
        ]
        if module == "tickets":
            values = [{"value": name, "statusType": kind} for name, kind in STATUSES.items()]
            fields.append({"apiName": "status", "isCustomField": False, "type": "Picklist", "allowedValues": values})
            values = [{"value": name} for name in PRIORITIES]
            fields.append({"apiName": "priority", "isCustomField": False, "type": "Picklist", "allowedValues": values})
        return Reply(json={"data": fields})

    def _ticket(self, id_: str) -> Record:
        if id_ not in self.desk.tickets:
            _missing()
        return self.desk.tickets[id_]

    def _contact(self, id_: str) -> Record:
        if id_ not in self.desk.contacts:
            _missing()
        return self.desk.contacts[id_]


def _missing() -> Any:
    refuse(404, {"errorCode": "URL_NOT_FOUND", "message": "The URL you requested could not be found."})


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json
    except ValueError:
        body = None
    if not isinstance(body, dict) or not request.headers.get("content-type", "").startswith("application/json"):
        refuse(400, {"errorCode": "INVALID_DATA", "message": "The request body is not JSON."})
    return body


def _sorted(records: Mapping[str, Record], query: Mapping[str, str], fields: Sequence[str]) -> list[Record]:
    wanted = query.get("sortBy", fields[0])
    if wanted.removeprefix("-") not in fields:
        wrong(f"The value '{wanted}' passed for field 'sortBy' is invalid.")
    name = wanted.removeprefix("-")
    in_order = sorted(records.values(), key=lambda one: (one.get(name) or "", int(one["id"])))
    return in_order[::-1] if wanted.startswith("-") else in_order


def _page(
    records: Sequence[Record], query: Mapping[str, str], most: int, show: Callable[[Record], Record], first: int
) -> Reply:
    """One page; lists count from one, or from nought, as `first` says."""
    begin = max(number(query, "from", first, 0, 100_000) - first, 0)
    page = records[begin : begin + number(query, "limit", 10, 1, most)]
    return Reply(json={"data": [show(one) for one in page]}) if page else Reply(status=204)


def _listed(one: Record) -> Record:
    return {name: value for name, value in one.items() if name not in HIDDEN_IN_LISTS}


def _only(one: Record, fields: Sequence[str]) -> Record:
    cf = {name: one["cf"][name] for name in fields if name in one["cf"]}
    return {"id": one["id"], **{name: one.get(name) for name in fields if name not in cf}, "cf": cf}


def _shown(one: Record) -> Record:
    return {name: value for name, value in one.items() if not name.startswith("_")}

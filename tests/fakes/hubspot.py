"""A stand-in for HubSpot: the CRM objects, associations, owners, pipelines, files and conversations of one account.

As HubSpot, it finds by search only later what was just written, has a limit of its own for searches, answers batches
in part, strips tags from notes, and knows each e-mail address once.
"""

from __future__ import annotations

import re
import time
import uuid
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.parser import BytesParser
from html import escape
from typing import Any

from middleware.demo import Data
from tests.connectors.inside import Inside
from tests.fakes.hubspot_records import CORRELATION, Record, Records, invalid, moment, now_text, problem
from tests.fakes.hubspot_schema import ASSOCIATIONS, OBJECT_TYPES, PIPELINES, SCOPES
from tests.fakes.stand_in import Fault, Refused, Reply, Request, StandIn, refuse

TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"
WEBHOOK_SECRET = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"

MOST_GROUPS, MOST_FILTERS, MOST_FILTERS_IN_ALL = 5, 6, 18
MOST_IN_BATCH = 100
# HubSpot's pages are longer; these show whether all of them are read.
OWNERS_PAGE, LINKS_PAGE, THREADS_PAGE, MESSAGES_PAGE, SEARCH_PAGE = 2, 4, 2, 5, 3

Route = Callable[..., Reply]


class HubSpot(StandIn):
    """One HubSpot account.

    Attributes:
        records: Its objects. `records.lag`: for how many seconds search doesn't know what was written.
        threads: Its conversations, by id.
        files: What lies in its file manager, by id.
        scopes: What the app may do.
        searches_per_second: From then on they are refused; None: never. HubSpot has four or five.
        calls_per_ten_seconds: The same of all calls.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.records = Records()
        self.threads: dict[str, dict[str, Any]] = {}
        self.actors: dict[str, str] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.laid: dict[str, str] = {}
        self.scopes = list(SCOPES)
        self.searches_per_second: int | None = None
        self.calls_per_ten_seconds: int | None = None
        self.calls_today, self.calls_a_day = 1200, 650_000
        self._said = datetime(2000, 1, 1, tzinfo=timezone.utc)
        self._searches: deque[float] = deque()
        self._calls: deque[float] = deque()

    @property
    def environment(self) -> dict[str, str]:
        """The private app's token, and the secret that its webhooks are signed with."""
        access = {"HUBSPOT_URL": self.url, "HUBSPOT_TOKEN": TOKEN, "HUBSPOT_WEBHOOK_SECRET": WEBHOOK_SECRET}
        return {"CRM": "hubspot", **access}

    @property
    def rules(self) -> dict[str, Any]:
        """The company's own property with the class of customer."""
        return {"hubspot": {"segment_property": "customer_segment"}}

    @property
    def inside(self) -> Inside:
        """What its people see, and do there."""
        from tests.fakes.hubspot_inside import InsideHubSpot

        return InsideHubSpot(self)

    def lay(self, data: Data) -> None:
        """Puts data there; ids are the digits of the data's."""
        with self.lock:
            self.records.clear()
            self.threads, self.actors, self.files, self.laid = {}, {}, {}, {}
            self.records.owners = [_owner(place, row) for place, row in enumerate(data.employees)]
            for row in data.accounts:
                values = {"name": row["name"], "hubspot_owner_id": self._owner_id(row.get("executive"))}
                self.records.put(
                    "companies", {**values, "customer_segment": row.get("segment") or ""}, digits(row["id"])
                )
            for row in data.contacts:
                self._lay_contact(row)
            names = {row["id"]: f"{row['first_name']} {row['last_name']}" for row in data.contacts}
            for row in data.tickets:
                self._lay_ticket(row)
            for row in sorted(data.ticket_comments, key=lambda row: row["written_at"]):
                is_theirs = row["author"] in names.values()
                self.say(
                    digits(row["ticket_number"]),
                    row["author"],
                    row["body"],
                    is_public=row["is_public"],
                    by_agent=not is_theirs,
                    at=moment(row["written_at"]),
                )

    def _lay_contact(self, row: Any) -> None:
        values = {
            "firstname": row["first_name"],
            "lastname": row["last_name"],
            "email": row["email"] or "",
            "phone": row["phone"] or "",
            "erp_number": row.get("erp_number") or "",
            "customer_segment": row.get("segment") or "",
            "hubspot_owner_id": self._owner_id(row.get("executive")),
        }
        record = self.records.put("contacts", values, digits(row["id"]))
        self.laid[record.id] = row["id"]
        if row["account_id"]:
            self.records.associate("contacts", record.id, "companies", digits(row["account_id"]), [1])

    def _lay_ticket(self, row: Any) -> None:
        values = {
            "subject": row["subject"],
            "content": row.get("description") or "",
            "frontdesk_channel": row.get("channel") or "",
            "hs_ticket_priority": "HIGH" if row.get("priority") == "high" else "MEDIUM",
            "hs_pipeline": "0",
            "hs_pipeline_stage": "4" if row["closed_at"] else "2",
            "createdate": moment(row["opened_at"]),
        }
        record = self.records.put("tickets", values, digits(row["number"]))
        if row["contact_id"]:
            self.records.associate("tickets", record.id, "contacts", digits(row["contact_id"]), [16])

    def _owner_id(self, email: str | None) -> str:
        return next((one["id"] for one in self.records.owners if one["email"] == email), "")

    def say(
        self, ticket: str, author: str, body: str, *, is_public: bool = True, by_agent: bool = True, at: str = ""
    ) -> None:
        """Somebody writes on a ticket, in HubSpot itself: into its conversation, or a note."""
        at = at or self._later()
        if not is_public:
            note = {"hs_note_body": f"<p>{escape(body)}</p>", "hs_timestamp": at, "hs_createdate": at}
            record = self.records.put("notes", note)
            self.records.associate("notes", record.id, "tickets", ticket, [228])
            return
        thread = next((one for one in self.threads.values() if one["ticket"] == ticket), None)
        if thread is None:
            id_ = str(next(self.records.ids))
            thread = self.threads[id_] = {"id": id_, "ticket": ticket, "createdAt": at, "messages": []}
            thread["messages"].append(_message(id_, "S-hubspot", "WELCOME_MESSAGE", "OUTGOING", "Hello!", at))
        actor = self._actor(author, "A" if by_agent else "V")
        direction = "OUTGOING" if by_agent else "INCOMING"
        thread["messages"].append(_message(thread["id"], actor, "MESSAGE", direction, body, at))

    def _later(self) -> str:
        """This moment, and no two messages in the same."""
        now = datetime.now(timezone.utc)
        self._said = max(
            now.replace(microsecond=now.microsecond // 1000 * 1000), self._said + timedelta(milliseconds=1)
        )
        return moment(self._said)

    def _actor(self, name: str, kind: str) -> str:
        known = [id_ for id_, other in self.actors.items() if other == name and id_.startswith(kind)]
        id_ = known[0] if known else f"{kind}-{next(self.records.ids)}"
        self.actors[id_] = name
        return id_

    # Answering

    def answer(self, request: Request) -> Reply:
        """Lets in whoever has the token, within the limits; then does what the path says."""
        headers = {"X-HubSpot-Correlation-Id": str(uuid.uuid4())}
        try:
            self._demand_token(request)
            self._demand_limits(request)
            reply = self._route(request)
        except Refused as refused:
            reply = refused.reply
        if not request.path.endswith("/search"):
            headers |= {"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}
        return Reply(status=reply.status, json=reply.json, headers={**headers, **reply.headers}, body=reply.body)

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """The limits' answers, and that of a token that isn't good any more."""
        if fault.kind in ("expired", "locked"):
            return Reply(
                status=401, json=problem("The OAuth token used to make this call expired.", "EXPIRED_AUTHENTICATION")
            )
        policies = {"throttled": "TEN_SECONDLY_ROLLING", "daily": "DAILY"}
        if fault.kind in policies:
            return Reply(status=429, json=_limit(policies[fault.kind]))
        if fault.kind == "partial":
            error = problem("Something went wrong with some of it", "INTERNAL_ERROR")
            return Reply(status=207, json={"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error]})
        raise NotImplementedError(fault.kind)

    def _demand_token(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            refuse(401, problem("Authentication credentials not found.", "INVALID_AUTHENTICATION"))

    def _demand_limits(self, request: Request) -> None:
        windows = [(self._calls, 10.0, self.calls_per_ten_seconds, "TEN_SECONDLY_ROLLING")]
        if request.path.endswith("/search"):
            windows.append((self._searches, 1.0, self.searches_per_second, "SECONDLY"))
        for calls, seconds, most, policy in windows:
            now = time.monotonic()
            while calls and calls[0] <= now - seconds:
                calls.popleft()
            if most is not None and len(calls) >= most:
                refuse(429, _limit(policy))
            calls.append(now)

    def _route(self, request: Request) -> Reply:
        for method, pattern, scope, route in _ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                self._demand_scope(scope, found)
                return getattr(self, route)(request, *found.groups())
        refuse(404, {"status": "error", "message": "resource not found", "correlationId": CORRELATION})

    def _demand_scope(self, scope: str, found: re.Match[str]) -> None:
        kind = found.groupdict().get("kind") or "contacts"
        if scope in ("read", "write"):
            base = {"tickets": "tickets", "notes": f"crm.objects.contacts.{scope}"}.get(
                kind, f"crm.objects.{kind}.{scope}"
            )
        else:
            base = scope
        if base and base not in self.scopes:
            error = {"message": "scopes are required", "context": {"requiredGranularScopes": [base]}}
            refuse(403, problem("This app hasn't been granted all required scopes", "MISSING_SCOPES", errors=[error]))

    # Objects

    def _read(self, request: Request, kind: str, id_: str) -> Reply:
        _only(request, "properties", "associations", "archived", "idProperty")
        record = self.records.by(kind, id_, request.query.get("idProperty"))
        if record is None:
            refuse(404, problem("resource not found", "OBJECT_NOT_FOUND"))
        told = _told(record, request.query.get("properties", "").split(","))
        others = [one for one in request.query.get("associations", "").split(",") if one]
        linked: dict[str, Any] = {}
        for other in others:
            if other not in OBJECT_TYPES:
                refuse(400, problem(f"Unknown association {other}", "VALIDATION_ERROR"))
            links = list(self.records.associated.get((kind, other), {}).get(record.id, {}))
            if links:
                results = [{"id": one, "type": f"{kind}_to_{other}"} for one in links]
                linked[other] = _page(results, None, LINKS_PAGE)
        return Reply(json={**told, **({"associations": linked} if linked else {})})

    def _create(self, request: Request, kind: str) -> Reply:
        body = _body(request, "properties", "associations")
        joined = []
        for one in body.get("associations", []):
            ids = [part["associationTypeId"] for part in one["types"]]
            if any(part["associationCategory"] != "HUBSPOT_DEFINED" for part in one["types"]):
                refuse(400, problem("Unknown association category", "VALIDATION_ERROR"))
            joined.append((self._kind_of(kind, ids), str(one["to"]["id"]), ids))
        for other, other_id, _ in joined:
            if other_id not in self.records.all[other]:
                refuse(400, problem(f"{OBJECT_TYPES[other]}={other_id} is not valid", "VALIDATION_ERROR"))
        record = self.records.create(kind, body.get("properties"))
        for other, other_id, ids in joined:
            self.records.associate(kind, record.id, other, other_id, ids)
        return Reply(status=201, json=_told(record, list(record.properties)))

    def _kind_of(self, kind: str, ids: list[int]) -> str:
        for (source, other), known in ASSOCIATIONS.items():
            if source == kind and ids and set(ids) <= known:
                return other
        refuse(400, problem(f"{ids} is no association of {kind}", "VALIDATION_ERROR"))

    def _update(self, request: Request, kind: str, id_: str) -> Reply:
        _only(request, "idProperty")
        body = _body(request, "properties")
        record = self.records.by(kind, id_, request.query.get("idProperty"))
        if record is None:
            refuse(404, problem("resource not found", "OBJECT_NOT_FOUND"))
        return Reply(json=_told(self.records.update(kind, record, body.get("properties")), list(body["properties"])))

    def _read_batch(self, request: Request, kind: str) -> Reply:
        body = _body(request, "properties", "propertiesWithHistory", "idProperty", "inputs")
        ids = [str(one["id"]) for one in _inputs(body)]
        if body.get("idProperty") is None and any(not one.isdigit() for one in ids):
            refuse(400, problem("Invalid object id", "VALIDATION_ERROR"))
        found = {one: self.records.by(kind, one, body.get("idProperty")) for one in ids}
        results = [_told(one, body.get("properties", [])) for one in found.values() if one]
        missing = [one for one, record in found.items() if record is None]
        if not missing:
            return Reply(json={"status": "COMPLETE", "results": results})
        error = problem("Could not get some objects, they may be deleted or not exist.", "OBJECT_NOT_FOUND")
        error["context"] = {"ids": missing}
        return Reply(status=207, json={"status": "COMPLETE", "results": results, "numErrors": 1, "errors": [error]})

    def _upsert_batch(self, request: Request, kind: str) -> Reply:
        results, errors = [], []
        for one in _inputs(_body(request, "inputs")):
            try:
                there = self.records.by(kind, str(one["id"]), one.get("idProperty"))
                properties = {one.get("idProperty"): one["id"], **one["properties"]}
                if there:
                    record = self.records.update(kind, there, one["properties"])
                else:
                    record = self.records.create(kind, properties)
                results.append({**_told(record, list(record.properties)), "new": there is None})
            except Refused as refused:
                errors.append(refused.reply.json)
        if not errors:
            return Reply(json={"status": "COMPLETE", "results": results})
        return Reply(
            status=207, json={"status": "COMPLETE", "results": results, "numErrors": len(errors), "errors": errors}
        )

    def _search(self, request: Request, kind: str) -> Reply:
        body = _body(request, "filterGroups", "sorts", "properties", "limit", "after", "query")
        groups = body.get("filterGroups", [])
        counts = [len(group["filters"]) for group in groups]
        if len(groups) > MOST_GROUPS or max(counts, default=0) > MOST_FILTERS or sum(counts) > MOST_FILTERS_IN_ALL:
            refuse(400, problem("Too many filters", "VALIDATION_ERROR"))
        if not 0 <= int(body.get("limit", 10)) <= 200:
            refuse(400, problem("limit is not valid", "VALIDATION_ERROR"))
        found = self.records.search(kind, groups)
        results = [_told(one, body.get("properties", []), one.indexed) for one in found]
        limit = min(int(body.get("limit", 10)), SEARCH_PAGE)
        return Reply(json={"total": len(found), **_page(results, body.get("after"), limit)})

    # Associations

    def _links(self, request: Request, kind: str, id_: str, other: str) -> Reply:
        _only(request, "limit", "after")
        if id_ not in self.records.all[kind]:
            refuse(404, problem("resource not found", "OBJECT_NOT_FOUND"))
        return Reply(json=self._linked(kind, id_, other, request.query.get("after")))

    def _links_batch(self, request: Request, kind: str, other: str) -> Reply:
        results, errors = [], []
        for one in _inputs(_body(request, "inputs"), 1000):
            linked = self._linked(kind, str(one["id"]), other, one.get("after"))
            if linked["results"]:
                paging = {"paging": linked["paging"]} if "paging" in linked else {}
                results.append({"from": {"id": str(one["id"])}, "to": linked["results"], **paging})
            else:
                error = problem(f"No {other} is associated with {one['id']}", "OBJECT_NOT_FOUND")
                errors.append({**error, "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"})
        more = {"numErrors": len(errors), "errors": errors} if errors else {}
        return Reply(status=207 if errors else 200, json={"status": "COMPLETE", "results": results, **more})

    def _associate(self, request: Request, kind: str, id_: str, other: str, other_id: str) -> Reply:
        if id_ not in self.records.all[kind]:
            refuse(404, problem("resource not found", "OBJECT_NOT_FOUND"))
        self.records.associate(kind, id_, other, other_id, [min(ASSOCIATIONS[kind, other])])
        return Reply(json={"status": "COMPLETE", "results": []})

    def _linked(self, kind: str, id_: str, other: str, after: str | None) -> dict[str, Any]:
        links = self.records.associated.get((kind, other), {}).get(id_, {})
        results = [
            {
                "toObjectId": int(one),
                "associationTypes": [
                    {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": None} for type_id in ids
                ],
            }
            for one, ids in links.items()
        ]
        return _page(results, after, LINKS_PAGE)

    # Everything else

    def _owners(self, request: Request) -> Reply:
        _only(request, "email", "after", "limit", "archived")
        is_archived = request.query.get("archived", "false") == "true"
        email = request.query.get("email")
        found = [
            one
            for one in self.records.owners
            if one["archived"] is is_archived and (email is None or one["email"].lower() == email.lower())
        ]
        return Reply(json=_page(found, request.query.get("after"), OWNERS_PAGE))

    def _pipelines(self, request: Request, kind: str) -> Reply:
        if kind not in PIPELINES:
            refuse(404, problem("no pipelines", "OBJECT_NOT_FOUND"))
        return Reply(json={"results": PIPELINES[kind]})

    def _properties(self, request: Request, kind: str) -> Reply:
        results = [
            {"name": name, "label": name, "type": "string", "fieldType": "text", "hasUniqueValue": is_unique}
            for name, is_unique in self.records.properties[kind].items()
        ]
        return Reply(json={"results": results})

    def _token_info(self, request: Request) -> Reply:
        if _body(request, "tokenKey").get("tokenKey") != TOKEN:
            refuse(404, problem("no such token", "OBJECT_NOT_FOUND"))
        return Reply(json={"userId": 1, "hubId": 4410, "appId": 99, "scopes": self.scopes})

    def _usage(self, request: Request) -> Reply:
        usage = {
            "name": "private-apps-api-calls-daily",
            "usageLimit": self.calls_a_day,
            "currentUsage": self.calls_today,
        }
        return Reply(json={"results": [{**usage, "resetsAt": now_text(), "fetchStatus": "SUCCESS"}]})

    def _upload(self, request: Request) -> Reply:
        parts = _multipart(request)
        options = parts.get("options", {}).get("json", {})
        if options.get("access") not in ("PRIVATE", "HIDDEN_PRIVATE", "PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE"):
            refuse(400, problem("options.access is required", "VALIDATION_ERROR"))
        if "file" not in parts or not parts.get("folderPath"):
            refuse(400, problem("file and folderPath are required", "VALIDATION_ERROR"))
        folder, name = parts["folderPath"]["text"], parts["file"]["name"]
        if options.get("overwrite"):
            self.files = {id_: one for id_, one in self.files.items() if (one["folder"], one["name"]) != (folder, name)}
        id_ = str(next(self.records.ids))
        self.files[id_] = {"folder": folder, "name": name, "content": parts["file"]["content"], **options}
        return Reply(
            status=201, json={"id": id_, "name": name, "access": options["access"], "path": f"{folder}/{name}"}
        )

    def _delete_file(self, request: Request, id_: str) -> Reply:
        if self.files.pop(id_, None) is None:
            refuse(404, problem("no such file", "OBJECT_NOT_FOUND"))
        return Reply(status=204)

    def _threads(self, request: Request) -> Reply:
        _only(request, "associatedTicketId", "limit", "after", "association", "archived")
        ticket = request.query.get("associatedTicketId")
        found = [
            {
                "id": one["id"],
                "createdAt": one["createdAt"],
                "status": "OPEN",
                "archived": False,
                "latestMessageTimestamp": one["messages"][-1]["createdAt"],
                "threadAssociations": {"associatedTicketId": one["ticket"]},
            }
            for one in self.threads.values()
            if ticket in (None, one["ticket"])
        ]
        return Reply(json=_page(found, request.query.get("after"), THREADS_PAGE))

    def _messages(self, request: Request, id_: str) -> Reply:
        _only(request, "limit", "after", "sort", "archived")
        if id_ not in self.threads:
            refuse(404, problem("no such thread", "OBJECT_NOT_FOUND"))
        messages = list(self.threads[id_]["messages"])
        sort = request.query.get("sort", "createdAt")
        if sort not in ("createdAt", "-createdAt"):
            refuse(400, problem("sort is not valid", "VALIDATION_ERROR"))
        if sort == "-createdAt":
            messages.reverse()
        return Reply(json=_page(messages, request.query.get("after"), MESSAGES_PAGE))

    def _actors(self, request: Request) -> Reply:
        ids = _body(request, "inputs")["inputs"]
        results = [{"id": one, "name": self.actors[one], "type": "AGENT"} for one in ids if one in self.actors]
        return Reply(json={"status": "COMPLETE", "results": results})


_KIND = "(?P<kind>" + "|".join(OBJECT_TYPES) + ")"
_OTHER = "(" + "|".join(OBJECT_TYPES) + ")"
_CONVERSATIONS = "/conversations/v3/conversations"
# Method, path, the scope that is needed, what answers.
_ROUTES: list[tuple[str, str, str, str]] = [
    ("POST", f"/crm/v3/objects/{_KIND}/search", "read", "_search"),
    ("POST", f"/crm/v3/objects/{_KIND}/batch/read", "read", "_read_batch"),
    ("POST", f"/crm/v3/objects/{_KIND}/batch/upsert", "write", "_upsert_batch"),
    ("POST", f"/crm/v3/objects/{_KIND}", "write", "_create"),
    ("GET", f"/crm/v3/objects/{_KIND}/([^/]+)", "read", "_read"),
    ("PATCH", f"/crm/v3/objects/{_KIND}/([^/]+)", "write", "_update"),
    ("GET", f"/crm/v4/objects/{_KIND}/([^/]+)/associations/{_OTHER}", "read", "_links"),
    ("PUT", f"/crm/v4/objects/{_KIND}/([^/]+)/associations/default/{_OTHER}/([^/]+)", "write", "_associate"),
    ("POST", f"/crm/v4/associations/{_KIND}/{_OTHER}/batch/read", "read", "_links_batch"),
    ("GET", "/crm/v3/owners/?", "crm.objects.owners.read", "_owners"),
    ("GET", f"/crm/v3/pipelines/{_KIND}", "read", "_pipelines"),
    ("GET", f"/crm/v3/properties/{_KIND}", "read", "_properties"),
    ("POST", "/oauth/v2/private-apps/get/access-token-info", "", "_token_info"),
    ("GET", "/account-info/v3/api-usage/daily/private-apps", "", "_usage"),
    ("POST", "/files/v3/files", "files", "_upload"),
    ("DELETE", "/files/v3/files/([0-9]+)", "files", "_delete_file"),
    ("GET", f"{_CONVERSATIONS}/threads", "conversations.read", "_threads"),
    ("GET", f"{_CONVERSATIONS}/threads/([0-9]+)/messages", "conversations.read", "_messages"),
    ("POST", f"{_CONVERSATIONS}/actors/batch/read", "conversations.read", "_actors"),
]


def digits(laid: str) -> str:
    """What HubSpot calls a record that the laid data calls so."""
    return re.sub("[^0-9]", "", laid)


def _owner(place: int, row: Any) -> dict[str, Any]:
    first, _, last = row["name"].partition(" ")
    return {
        "id": str(7_000_001 + place),
        "email": row["email"],
        "firstName": first,
        "lastName": last,
        "type": "PERSON",
        "userId": 9_000_001 + place,
        "archived": not row["is_active"],
    }


def _message(thread: str, actor: str, kind: str, direction: str, text: str, at: str) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "conversationsThreadId": thread,
        "type": kind,
        "createdAt": at,
        "createdBy": actor,
        "direction": direction,
        "senders": [{"actorId": actor}],
        "recipients": [],
        "text": text,
        "truncationStatus": "NOT_TRUNCATED",
        "archived": False,
    }


def _limit(policy: str) -> dict[str, Any]:
    return {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": CORRELATION,
        "policyName": policy,
    }


def _told(record: Record, names: list[str], values: dict[str, str] | None = None) -> dict[str, Any]:
    known = record.properties if values is None else values
    told = {name: known.get(name) or None for name in names if name}
    created = known.get("createdate") or known.get("hs_createdate")
    return {
        "id": record.id,
        "properties": {**told, "hs_object_id": record.id, "createdate": created},
        "createdAt": created,
        "archived": False,
    }


def _page(results: list[Any], after: Any, limit: int) -> dict[str, Any]:
    start = int(after or 0)
    end = start + limit
    paging = {"paging": {"next": {"after": str(end), "link": "..."}}} if end < len(results) else {}
    return {"results": results[start:end], **paging}


def _only(request: Request, *names: str) -> None:
    for name in request.query:
        if name not in names:
            refuse(400, problem(f"Unknown parameter {name}", "VALIDATION_ERROR"))


def _body(request: Request, *names: str) -> dict[str, Any]:
    try:
        body = request.json
    except ValueError:
        refuse(400, problem("Invalid input JSON", "VALIDATION_ERROR"))
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        refuse(415, problem("Unsupported media type", "VALIDATION_ERROR"))
    if not isinstance(body, dict) or set(body) - set(names):
        refuse(400, problem("Invalid input JSON: unknown field", "VALIDATION_ERROR"))
    return body


def _inputs(body: dict[str, Any], most: int = MOST_IN_BATCH) -> list[Any]:
    inputs: list[Any] = body.get("inputs") or []
    if not 0 < len(inputs) <= most:
        invalid("inputs", "INVALID_SIZE")
    return inputs


def _multipart(request: Request) -> dict[str, Any]:
    import json

    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.body)
    if not message.is_multipart():
        refuse(415, problem("Unsupported media type", "VALIDATION_ERROR"))
    parts: dict[str, Any] = {}
    for part in message.get_payload():
        content = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        told = {"content": content, "text": content.decode(), "name": part.get_filename()}
        parts[str(name)] = {**told, "json": json.loads(content) if name == "options" else None}
    return parts

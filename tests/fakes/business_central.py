"""A stand-in for Dynamics 365 Business Central's API v2.0 that is as strict as the vendor.

It knows the resources and fields of business_central_schema.py alone. Whoever changes something shows the ETag that it
was read with; lines of a released order can't be changed; several calls in one are all undone where one fails, if that
is asked for. Lists come in pages.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from itertools import count
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlsplit

import msgspec

from middleware.demo import Data
from tests.fakes import odata
from tests.fakes.business_central_inside import BusinessCentralInside
from tests.fakes.business_central_records import REASONS, Tables, guid, tables
from tests.fakes.business_central_schema import DIALECT, ENTITIES
from tests.fakes.business_central_writes import Writes
from tests.fakes.entra import Entra
from tests.fakes.odata import BadQuery, Row
from tests.fakes.stand_in import Fault, Refused, Reply, Request, StandIn, refuse

SCOPE = "https://api.businesscentral.dynamics.com/.default"
ENVIRONMENT = "Sandbox"
COMPANY = guid("company", "ours")
ROOT = f"/v2.0/{ENVIRONMENT}/api/v2.0"
MOST_IN_A_BATCH = 100

_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_COMPANY = re.compile(rf"companies\((?P<id>{_GUID})\)/(?P<rest>.+)")
_RESOURCE = re.compile(r"(?P<name>\w+)(?:\((?P<id>[^()]*)\))?(?:/(?P<rest>.+))?")
_PAPER = re.compile(rf"pdfDocument\({_GUID}\)/content")
_PARENTS = {"salesOrderLines": "salesOrders", "salesShipmentLines": "salesShipments"}
_PARENTS |= {"salesInvoiceLines": "salesInvoices", "salesCreditMemoLines": "salesCreditMemos"}
_TO_ONE = {"item": "itemId", "itemVariant": "itemVariantId", "location": "locationId", "customer": "customerId"}

_BEHIND = {"item": "items", "itemVariant": "itemVariants", "location": "locations", "customer": "customers"}

_encoder = msgspec.json.Encoder(decimal_format="number")


class BusinessCentral(StandIn):
    """One company.

    Attributes:
        entra: Who gives tokens for it.
        tables: All rows, by resource and id; nobody changes a row, it is replaced.
        page: How many rows come at once; `lines_page` of those that are expanded.
        papers: Invoices' papers, by number.
        link: Where the link to a paper leads instead, if it isn't empty.
    """

    system = "erp"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.entra = Entra(self, SCOPE)
        self.tables: Tables = {name: {} for name in ENTITIES}
        self.page = 100
        self.lines_page = 1000
        self.papers: dict[str, bytes] = {}
        self.link = ""
        self._revisions = count(1)

    @property
    def environment(self) -> dict[str, str]:
        """What a server of ours needs to reach it."""
        return {
            "ERP": "business_central",
            "BUSINESS_CENTRAL_URL": self.url,
            "BUSINESS_CENTRAL_ENVIRONMENT": ENVIRONMENT,
            "BUSINESS_CENTRAL_COMPANY": COMPANY,
            **self.entra.environment,
        }

    @property
    def rules(self) -> dict[str, Any]:
        """The reasons of returns have ids there."""
        return {"business_central": {"return_reasons": REASONS}}

    @property
    def inside(self) -> BusinessCentralInside:
        """What its people see and do."""
        return BusinessCentralInside(self)

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there."""
        with self.lock:
            self.tables = {name: {} for name in ENTITIES}
            for name, rows in tables(data).items():
                for row in rows.values():
                    self.put(name, row)

    def put(self, name: str, row: Row) -> Row:
        """Enters a row, or another state of it."""
        tag = b64encode(f"19;{row['id']};1;{next(self._revisions)};".encode()).decode()
        row = {"@odata.etag": f'W/"{tag}"', **{field: value for field, value in row.items() if field[0] != "@"}}
        self.tables[name][row["id"]] = row
        return row

    def of(self, name: str, number: str) -> Row:
        """The row that has a number."""
        return next(row for row in self.tables[name].values() if row["number"] == number)

    def lines(self, name: str, document: Row) -> list[Row]:
        """The lines of a document, in order."""
        found = [row for row in self.tables[name].values() if row["documentId"] == document["id"]]
        return sorted(found, key=lambda row: row["sequence"])

    def answer(self, request: Request) -> Reply:
        """What Entra or Business Central does and answers."""
        if self.entra.is_asked(request):
            return self.entra.answer(request)
        if not self.entra.has_let_in(request):
            fail(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.")
        if not request.path.startswith(f"{ROOT}/"):
            fail(404, "NoEnvironment", "The requested environment doesn't exist.")
        path = request.path.removeprefix(f"{ROOT}/")
        if path == "$batch":
            return self._batch(request)
        return self._one(request.method, path, request.raw, request.headers, request.body)

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """Limits have one form; there is none of a day."""
        if fault.kind in ("expired", "locked"):
            self.entra.expire()
            self.entra.is_locked = fault.kind == "locked"
            return None
        if fault.kind in ("throttled", "daily"):
            wait = "1" if fault.kind == "throttled" else "300"
            return Reply(
                status=429, json=_error("Request_Throttled", "Too many requests."), headers={"Retry-After": wait}
            )
        return super().own_fault(fault, request)

    # Several calls in one

    def _batch(self, request: Request) -> Reply:
        if request.method != "POST":
            fail(405, "BadRequest_MethodNotAllowed", "Only POST is allowed.")
        calls = _body(request.body).get("requests")
        if not isinstance(calls, list) or not 0 < len(calls) <= MOST_IN_A_BATCH:
            fail(400, "BadRequest", f"A batch has 1 to {MOST_IN_A_BATCH} requests.")
        before = {name: dict(rows) for name, rows in self.tables.items()}
        answers: list[Any] = []
        for call in calls:
            answers.append(self._part(call))
            if answers[-1]["status"] >= 400:
                if request.headers.get("isolation") == "snapshot":
                    self.tables = before
                break
        return _reply(200, {"responses": answers})

    def _part(self, call: Mapping[str, Any]) -> dict[str, Any]:
        there = urlsplit(call["url"])
        headers = {name.lower(): value for name, value in call.get("headers", {}).items()}
        body = json.dumps(call["body"]).encode() if "body" in call else b""
        try:
            reply = self._one(call["method"], unquote(there.path), there.query, headers, body)
        except Refused as refused:
            reply = refused.reply
        content = reply.json if reply.json is not None else msgspec.Raw(reply.body or b"null")
        return {"id": call["id"], "status": reply.status, "headers": dict(reply.headers), "body": content}

    # One call

    def _one(self, method: str, path: str, raw: str, headers: Mapping[str, str], body: bytes) -> Reply:
        company = _COMPANY.fullmatch(path)
        if company is None:
            fail(404, "BadRequest_ResourceNotFound", "Resource not found for the segment.")
        if company["id"].lower() != COMPANY:
            fail(404, "Internal_CompanyNotFound", "The company doesn't exist.")
        resource = _RESOURCE.fullmatch(company["rest"])
        if resource is None or resource["name"] not in ENTITIES:
            fail(404, "BadRequest_ResourceNotFound", "Resource not found for the segment.")
        try:
            return self._of_resource(method, resource, raw, headers, body)
        except BadQuery as bad:
            fail(400, "BadRequest", str(bad))

    def _of_resource(
        self, method: str, resource: re.Match[str], raw: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        name, rest = resource["name"], resource["rest"]
        row = None if resource["id"] is None else self._found(name, resource["id"])
        if method == "GET":
            return self._read(name, row, rest, odata.split(raw))
        if method == "POST" and rest in ENTITIES and row is not None and _PARENTS.get(rest) == name:
            return _reply(201, Writes(self).add_line(rest, row, _body(body)))
        if method == "POST" and row is None and rest is None and name == "salesCreditMemos":
            return _reply(201, Writes(self).add_memo(_body(body)))
        if (
            method in ("PATCH", "DELETE")
            and row is not None
            and rest is None
            and name in ("salesOrders", "salesOrderLines")
        ):
            self._demand_etag(row, headers)
            if method == "DELETE":
                Writes(self).remove(name, row)
                return Reply(status=204)
            return _reply(200, Writes(self).change(name, row, _body(body)))
        fail(405, "BadRequest_MethodNotAllowed", "The method isn't allowed there.")

    def _found(self, name: str, key: str) -> Row:
        wanted = odata.key(key, ENTITIES[name], DIALECT)
        row = self.tables[name].get(wanted["id"])
        if row is None:
            fail(404, "Internal_RecordNotFound", "The record doesn't exist.")
        return row

    def _demand_etag(self, row: Row, headers: Mapping[str, str]) -> None:
        shown = headers.get("if-match")
        if not shown:
            fail(
                400,
                "BadRequest_InvalidToken",
                "Could not validate the client concurrency token required by the server.",
            )
        if shown not in ("*", row["@odata.etag"]):
            fail(409, "Request_EntityChanged", "Another user has already changed the record.")

    # Reading

    def _read(self, name: str, row: Row | None, rest: str | None, query: dict[str, str]) -> Reply:
        if row is None:
            if name in _PARENTS and "documentId eq" not in query.get("$filter", ""):
                fail(400, "Application_DialogException", "You must specify an Id or a Document Id to get the lines.")
            return self._list(name, list(self.tables[name].values()), query, f"companies({COMPANY})/{name}")
        if rest is None:
            return _reply(200, self._shown(odata.parsed(query, ENTITIES[name], DIALECT, ENTITIES.get), row))
        path = f"companies({COMPANY})/{name}({row['id']})/{rest}"
        if rest == "pdfDocument" and name in ("salesInvoices", "salesCreditMemos"):
            link = self.link or f"{self.url}{ROOT}/{path}({row['id']})/content"
            return _reply(200, {"value": [{"id": row["id"], "content@odata.mediaReadLink": link}]})
        if _PAPER.fullmatch(rest) and name == "salesInvoices":
            paper = self.papers.get(row["number"], paper_of(row))
            return Reply(body=paper, headers={"Content-Type": "application/octet-stream"})
        behind = ENTITIES[name].navigations.get(rest)
        if behind is None:
            fail(404, "BadRequest_ResourceNotFound", "Resource not found for the segment.")
        there = self.related(rest, row)
        return self._list(behind, there if isinstance(there, list) else [there] if there else [], query, path)

    def _list(self, name: str, rows: list[Row], query: dict[str, str], path: str) -> Reply:
        asked = odata.parsed(query, ENTITIES[name], DIALECT, ENTITIES.get)
        start = int(query.get("$skiptoken", "0"))
        size = self.lines_page if name in _PARENTS else self.page
        found = asked.found(rows)
        shown: dict[str, Any] = {"value": [self._shown(asked, row) for row in found[start : start + size]]}
        if len(found) > start + size:
            shown["@odata.nextLink"] = self._next(path, query, start + size)
        return _reply(200, shown)

    def _next(self, path: str, query: Mapping[str, str], start: int) -> str:
        options = {**query, "$skiptoken": str(start)}
        return f"{self.url}{ROOT}/" + _written(path, options)

    def _shown(self, asked: odata.Query, row: Row) -> Row:
        """A row as it is asked for; lines that are too many are behind a link."""
        shown = asked.shown(row, self.related)
        for name, inner in asked.expand.items():
            if isinstance(shown[name], list) and len(shown[name]) > self.lines_page:
                shown[name] = shown[name][: self.lines_page]
                select = {"$select": ",".join(inner.select)} if inner.select else {}
                expand = {"$expand": ",".join(inner.expand)} if inner.expand else {}
                path = f"companies({COMPANY})/{asked.entity.name}({row['id']})/{name}"
                shown[f"{name}@odata.nextLink"] = self._next(path, {**select, **expand}, self.lines_page)
        return shown

    def related(self, navigation: str, row: Row) -> list[Row] | Row | None:
        """What is behind a navigation of a row."""
        if navigation in _PARENTS:
            return self.lines(navigation, row)
        if navigation == "itemVariants":
            return [one for one in self.tables["itemVariants"].values() if one["itemId"] == row["id"]]
        return self.tables[_BEHIND[navigation]].get(row[_TO_ONE[navigation]])


def _written(path: str, options: Mapping[str, str]) -> str:
    """A path with its query, written as the vendor does."""
    return f"{path}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())


def fail(status: int, code: str, message: str) -> NoReturn:
    """Answers an error in the vendor's form."""
    refuse(status, _error(code, message), request_id="bc-request")


def paper_of(row: Row) -> bytes:
    """A paper that isn't worth much: it names its invoice."""
    return f"%PDF-1.4\n% invoice {row['number']}\n%%EOF\n".encode()


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"{message}  CorrelationId:  0d6c."}}


def _reply(status: int, content: Any) -> Reply:
    return Reply(status=status, body=_encoder.encode(content), headers={"Content-Type": "application/json"})


def _body(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        fail(400, "BadRequest", "The body is no JSON object.")
    return content

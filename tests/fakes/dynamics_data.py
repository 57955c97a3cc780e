"""The stand-in of F&O's OData service: entity sets, keys, `$batch` and the action that draws papers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import quote, unquote, urlsplit

from tests.fakes.dynamics_batch import Operation, error, multipart, part_of, parts_of, referred
from tests.fakes.dynamics_rules import Rules
from tests.fakes.dynamics_schema import DIALECT, ENUMS, NAMESPACE, SETS, Set
from tests.fakes.dynamics_tables import DEFAULT_COMPANY, Tables, WriteFailed
from tests.fakes.odata import BadQuery, Query, Row, key, parsed, same_key, split
from tests.fakes.stand_in import Refused, Reply, refuse

_ACTION = f"{NAMESPACE}.RunCopilotReport"
_PARAMETERS = {"_legalEntityName", "_controllerName", "_contractName", "_controllerArgsJson", "_reportParameterJson"}
_MOST_OPERATIONS = 5000
# The fields by which the rows of a navigation belong to a row.
_JOINED = {
    "lines": ("SalesOrderNumber",),
    "orders": ("SalesOrderNumber",),
    "invoice_lines": ("InvoiceNumber", "InvoiceDate", "LedgerVoucher"),
    "return_lines": ("ReturnOrderNumber",),
    "returns": ("ReturnOrderNumber",),
}
_GUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class DataService:
    """Everything under `/data`.

    Attributes:
        page: The most rows of one answer; 10,000 in a real one.
        papers: What the action draws, by the number of the invoice.
    """

    def __init__(self, tables: Tables, rules: Rules) -> None:
        self._tables = tables
        self._rules = rules
        self.page = 25
        self.papers: dict[str, bytes] = {}

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes, origin: str) -> Reply:
        """Serves one request.

        Args:
            url: From the path on, as it came.
            origin: Where the stand-in is.
        """
        path, _, raw = url.partition("?")
        if "+" in raw:
            refuse_query("Syntax error: a space is written %20.")
        rest = path.removeprefix("/data/")
        if rest == "$batch":
            return self._batch(method, headers, body, origin)
        try:
            query = split(raw)
            if rest == f"SrsFinanceCopilots/{_ACTION}":
                return self._paper(method, headers, body)
            return self._routed(method, unquote(rest), query, headers, body, f"{origin}{path}?{raw}")
        except BadQuery as bad:
            refuse_query(str(bad))
        except WriteFailed as failed:
            self._refuse_write(str(failed), rest)

    def _routed(
        self, method: str, rest: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, url: str
    ) -> Reply:
        match = re.fullmatch(r"(\w+)(?:\((.*)\))?", rest, re.DOTALL)
        kind = SETS.get(match[1]) if match else None
        if match is None or kind is None:
            refuse(404, {"Message": f"No HTTP resource was found that matches the request URI '/data/{rest}'."})
        if method == "POST":
            if match[2] is not None:
                refuse(405)
            return self._created(kind, _values(kind, headers, body), url)
        if match[2] is None:
            if method != "GET":
                refuse(405)
            return self._listed(kind, query, url)
        row = self._found(kind, match[2], query)
        if method == "GET":
            shown = parsed({k: v for k, v in query.items() if k in ("$select", "$expand")}, kind, DIALECT, SETS.get)
            return Reply(json={"@odata.context": _context(url, kind, "/$entity"), **self._shown(shown, row)})
        return self._written(method, kind, row, headers, body)

    # Reading

    def _listed(self, kind: Set, query: Mapping[str, str], url: str) -> Reply:
        understood = parsed(query, kind, DIALECT, SETS.get)
        token = query.get("$skiptoken", "0")
        if not token.isdigit():
            refuse_query("Skip token is malformed.")
        matching = understood.matching(self._visible(kind, query))
        rows = matching[understood.skip :]
        rows = rows if understood.top is None else rows[: understood.top]
        page = rows[int(token) : int(token) + self.page]
        answer: Row = {"@odata.context": _context(url, kind)}
        if understood.count:
            answer["@odata.count"] = len(matching)
        answer["value"] = [self._shown(understood, row) for row in page]
        if len(rows) > int(token) + self.page:
            base = re.sub(r"[?&]\$skiptoken=\d+", "", url).rstrip("?")
            answer["@odata.nextLink"] = f"{base}{'&' if '?' in base else '?'}$skiptoken={int(token) + self.page}"
        return Reply(json=answer)

    def _visible(self, kind: Set, query: Mapping[str, str]) -> list[Row]:
        """All companies' rows if they are asked for, else those of the user's own; some rows are of no company."""
        rows = self._tables.rows[kind.table]
        if "dataAreaId" not in kind.fields or _crosses(query):
            return rows
        return [row for row in rows if row["dataAreaId"] == DEFAULT_COMPANY]

    def _found(self, kind: Set, text: str, query: Mapping[str, str]) -> Row:
        wanted = key(text, kind, DIALECT)
        found = [row for row in self._visible(kind, query) if same_key(row, wanted, kind, ignores_case=True)]
        if not found:
            refuse(404, error("No resources were found when selecting for update."))
        return found[0]

    def _shown(self, query: Query, row: Row) -> Row:
        return query.shown(row, lambda name, one: self._related(query.entity.navigations[name], one))

    def _related(self, name: str, row: Row) -> list[Row] | Row | None:
        behind = SETS[name]
        fields = ("dataAreaId", *_JOINED.get(behind.table, ("SalesOrderNumber",)))
        found = [one for one in self._tables.rows[behind.table] if all(one[field] == row[field] for field in fields)]
        if behind.table in ("orders", "returns") or (behind.table == "invoices" and "InvoiceNumber" in row):
            return found[0] if found else None
        return found

    # Writing

    def _created(self, kind: Set, values: Row, url: str) -> Reply:
        with self._tables.all_or_nothing():
            row = self._rules.create(kind.table, values)
        shown = Query(entity=kind).shown(row, lambda *_: None)
        names = ",".join(f"{name}={_literal(kind.fields[name].kind, row[name])}" for name in kind.keys)
        location = f"{url.partition('?')[0].partition('/data/')[0]}/data/{kind.name}({quote(names)})"
        return Reply(
            status=201,
            json={"@odata.context": _context(url, kind, "/$entity"), **shown},
            headers={"Location": location},
        )

    def _written(self, method: str, kind: Set, row: Row, headers: Mapping[str, str], body: bytes) -> Reply:
        tag = headers.get("if-match", "*")
        if tag not in ("*", row["@odata.etag"]):
            refuse(412, error("The request was aborted because the resource was changed by another user."))
        if method == "DELETE":
            with self._tables.all_or_nothing():
                self._rules.delete(kind.table, row)
            return Reply(status=204)
        if method != "PATCH":
            refuse(405)
        values = _values(kind, headers, body)
        for name in kind.keys:
            if values.pop(name, row[name]) != row[name]:
                raise WriteFailed(f"Field '{name}' does not allow editing.")
        before = dict(row)
        try:
            self._rules.update(kind.table, row, values)
        except WriteFailed:
            row.clear()
            row.update(before)
            raise
        return Reply(status=204, headers={"ETag": row["@odata.etag"]})

    def _refuse_write(self, words: str, rest: str) -> NoReturn:
        name = rest.partition("(")[0]
        entity = re.sub(r"(Headers|Lines)(V\d)?$", lambda it: f"{it[1][:-1]}{it[2] or ''}", name) + "Entity"
        inner = (
            f"Write failed for table row of type '{entity}'. Infolog: Warning: {words}; "
            f"Warning: validateWrite failed on data source '{name} ({name})'."
        )
        told = {"message": inner, "type": "System.Web.OData.ODataException", "stacktrace": "   at Microsoft.Dynamics…"}
        refuse(400, {"error": {"code": "", "message": "An error has occurred.", "innererror": told}})

    # Papers

    def _paper(self, method: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if method != "POST":
            refuse(405)
        given = _json(headers, body)
        if set(given) != _PARAMETERS or not all(isinstance(value, str) for value in given.values()):
            refuse(400, error("An error has occurred.", "Invalid parameters of the action RunCopilotReport."))
        try:
            wanted = json.loads(given["_controllerArgsJson"])
            json.loads(given["_reportParameterJson"])
            table, field, number = (wanted[f"DataTable{name}"] for name in ("Name", "FieldName", "FieldValue"))
        except (ValueError, KeyError, TypeError):
            refuse(400, error("An error has occurred.", "The arguments of the controller are no JSON."))
        company = given["_legalEntityName"].lower()
        kept = [
            one
            for one in self._tables.rows["journal"]
            if one["InvoiceId"] == number and one["dataAreaId"].lower() == company
        ]
        known = given["_controllerName"], given["_contractName"], table, field
        if known != ("SalesInvoiceController", "SrsCopilotArgsContract", "CustInvoiceJour", "InvoiceId") or not kept:
            raise WriteFailed("No record of the report was found")
        drawn = self.papers.get(number, b"%PDF-1.7\n% invoice " + number.encode() + b"\n%%EOF\n")
        return Reply(json={"@odata.context": "…", "value": base64.b64encode(drawn).decode()})

    # Batches

    def _batch(self, method: str, headers: Mapping[str, str], body: bytes, origin: str) -> Reply:
        if method != "POST":
            refuse(405)
        parts = parts_of(headers.get("content-type", ""), body)
        if not 0 < len(parts) <= _MOST_OPERATIONS:
            refuse(400, error("The batch has no operations, or too many."))
        goes_on = "odata.continue-on-error" in headers.get("prefer", "")
        answers: list[bytes] = []
        for kind, content, _ in parts:
            is_fine, written = self._operations(kind, content, origin)
            answers.append(written)
            if not (is_fine or goes_on):
                break
        return multipart("batchresponse", answers)

    def _operations(self, kind: str, content: bytes, origin: str) -> tuple[bool, bytes]:
        """One request, or one changeset: all of it or nothing."""
        if not kind.startswith("multipart/mixed"):
            request = Operation(content)
            if request.method != "GET":
                refuse(400, error("Only GET may stand outside of a changeset."))
            reply = self._one(request, origin)
            return reply.status < 400, part_of(reply)
        done: list[tuple[Reply, str]] = []
        made: dict[str, str] = {}
        try:
            with self._tables.all_or_nothing():
                for inner_kind, inner, content_id in parts_of(kind, content):
                    if inner_kind.startswith("multipart/") or not content_id:
                        refuse(400, error("An operation of a changeset needs a Content-ID."))
                    request = Operation(inner)
                    if request.method == "GET":
                        refuse(400, error("A changeset may not hold a GET."))
                    reply = self._one(referred(request, made), origin)
                    if reply.status >= 400:
                        raise Refused(reply)
                    if reply.status == 201:
                        made[content_id] = urlsplit(reply.headers["Location"]).path
                    done.append((reply, content_id))
        except Refused as refused:
            return False, part_of(refused.reply)
        whole = multipart("changesetresponse", [part_of(reply, content_id) for reply, content_id in done])
        return True, f"Content-Type: {whole.headers['Content-Type']}\r\n\r\n".encode() + whole.body

    def _one(self, request: Operation, origin: str) -> Reply:
        try:
            url = request.url.removeprefix(origin)
            url = url if url.startswith("/") else f"/data/{url}"
            if not url.startswith("/data/") or url.startswith("/data/$batch"):
                refuse(404, error("No such resource."))
            if url.count("/") > 2 and request.method == "POST":
                url, request = self._to_navigation(url, request)
            return self.answer(request.method, url, request.headers, request.body, origin)
        except Refused as refused:
            return refused.reply

    def _to_navigation(self, url: str, request: Operation) -> tuple[str, Operation]:
        """A row is made behind a navigation: it gets what joins it to the row before it."""
        path, _, raw = url.partition("?")
        match = re.fullmatch(r"/data/(\w+)\((.*)\)/(\w+)", unquote(path))
        kind = SETS.get(match[1]) if match else None
        if match is None or kind is None or match[3] not in kind.navigations:
            return url, request
        row = self._found(kind, match[2], {"cross-company": "true"})
        behind = SETS[kind.navigations[match[3]]]
        joined = {field: row[field] for field in _JOINED[behind.table]}
        values = {**_json(request.headers, request.body), **joined}
        return f"/data/{behind.name}?{raw}", request.with_body(json.dumps(values).encode())


# What is written


def _values(kind: Set, headers: Mapping[str, str], body: bytes) -> Row:
    """A body of the set's fields, each of its type."""
    given = _json(headers, body)
    for name, value in given.items():
        if name not in kind.fields:
            message = f"The property '{name}' does not exist on type '{NAMESPACE}.{kind.name}'."
            refuse(400, error("An error has occurred.", message))
        if not _is_of(kind.fields[name].kind, value, kind.fields[name].nullable):
            message = f"Cannot convert the value of '{name}' to the expected type '{kind.fields[name].kind}'."
            refuse(400, error("An error has occurred.", message))
    return {name: "" if value is None else value for name, value in given.items()}


def _literal(kind: str, value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'" if kind == "Edm.String" else str(value)


def _is_of(kind: str, value: Any, nullable: bool) -> bool:
    if value is None:
        return nullable
    if kind == "Edm.String":
        return isinstance(value, str)
    if kind == "Edm.Guid":
        return isinstance(value, str) and _GUID.fullmatch(value) is not None
    if kind in ("Edm.Decimal", "Edm.Int64"):
        whole = int if kind == "Edm.Int64" else (int, float)
        return isinstance(value, whole) and not isinstance(value, bool)
    if kind == "Edm.DateTimeOffset":
        return isinstance(value, str) and _MOMENT.fullmatch(value) is not None
    return value in ENUMS[kind]


def _json(headers: Mapping[str, str], body: bytes) -> Row:
    if not headers.get("content-type", "").startswith("application/json"):
        refuse(415, error("The content type is not supported."))
    try:
        given = json.loads(body)
    except (ValueError, UnicodeError):
        given = None
    if not isinstance(given, dict):
        refuse(400, error("An error has occurred.", "The body is no JSON object."))
    return given


def _crosses(query: Mapping[str, str]) -> bool:
    if query.get("cross-company", "false") not in ("true", "false"):
        refuse_query("cross-company is true or false.")
    return query.get("cross-company") == "true"


def _context(url: str, kind: Set, end: str = "") -> str:
    return f"{url.partition('/data/')[0]}/data/$metadata#{kind.name}{end}"


def refuse_query(words: str) -> NoReturn:
    """A query that isn't understood."""
    refuse(400, error(f"The query specified in the URI is not valid. {words}", words))

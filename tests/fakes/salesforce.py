"""A stand-in of Salesforce: OAuth, SOQL, SOSL, records with external ids, composite reads, files, limits."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt
import phonenumbers
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from middleware.demo import Data
from tests.connectors.inside import Inside
from tests.fakes.salesforce_inside import InsideSalesforce
from tests.fakes.salesforce_query import Soql, Sosl
from tests.fakes.salesforce_records import Record, Records, is_id, no
from tests.fakes.salesforce_schema import ERP_NUMBER_FIELD, KINDS, SEGMENT_FIELD, Field
from tests.fakes.stand_in import Fault, Refused, Reply, Request, StandIn, refuse

CLIENT_ID, CLIENT_SECRET = "3MVG9.frontdesk", "0123456789ABCDEF"
USERNAME = "frontdesk@acme.example"
VERSION = "66.0"
PAGE = 50  # records of one answer
_MOST_SUBREQUESTS, _MOST_QUERIES, _MOST_IN_COLLECTION = 25, 5, 200
_LONGEST_URL = 16_384
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# How people type a number, in turn.
_TYPED: tuple[Callable[[phonenumbers.PhoneNumber], str], ...] = (
    lambda number: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL),
    lambda number: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL) + " ext. 4",
    lambda number: phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
    lambda number: str(number.national_number),
)


class Salesforce(StandIn):
    """One org of Salesforce.

    Attributes:
        records: All that is in it.
        people: The laid data's names of contacts, by id.
        secret: The app's that is good now.
        token: The one that is good now; none before somebody asked for it.
        used: Calls of the day, of `limit`.
        lag: Whether the search doesn't yet know contacts that were made after `lay`.
        asks: How often somebody asked for a token.
    """

    lag = False

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.secret = CLIENT_SECRET
        self.private_key = _private_key()
        self.used, self.limit = 18, 5_000_000
        self.instance_url = ""
        self.asks = 0
        self._tokens: set[str] = set()
        self._pages: dict[str, list[Record]] = {}
        self._empty()

    def _empty(self) -> None:
        self.me = ""
        self.records = Records(lambda: self.me)
        self.soql = Soql(self.records)
        self.sosl = Sosl(self.records, self.soql)
        self.people: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self.me = self.records.put(
            "User", {"Name": "Frontdesk App", "Email": "apps@acme.example", "Username": USERNAME, "IsActive": True}
        )
        self.records.get("User", self.me)["CreatedById"] = self.me  # type: ignore[index]
        self.records.put("Organization", {"Name": "Acme", "IsSandbox": True})

    @property
    def environment(self) -> dict[str, str]:
        """Of the client credentials flow."""
        return {
            "CRM": "salesforce",
            "SALESFORCE_URL": self.url,
            "SALESFORCE_CLIENT_ID": CLIENT_ID,
            "SALESFORCE_CLIENT_SECRET": CLIENT_SECRET,
        }

    @property
    def jwt_environment(self) -> dict[str, str]:
        """Of the JWT bearer flow."""
        pem = self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        without = {name: value for name, value in self.environment.items() if name != "SALESFORCE_CLIENT_SECRET"}
        return {**without, "SALESFORCE_USERNAME": USERNAME, "SALESFORCE_PRIVATE_KEY": pem}

    @property
    def rules(self) -> dict[str, Any]:
        """The names of the fields that aren't the connector's own."""
        return {"salesforce": {"erp_number_field": ERP_NUMBER_FIELD, "segment_field": SEGMENT_FIELD}}

    @property
    def inside(self) -> Inside:
        """The records themselves."""
        return InsideSalesforce(self)

    # What is laid

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there."""
        with self.lock:
            self._empty()
            for row in data.employees:
                self._users[row["email"]] = self._user(row["name"], row["email"], row["is_active"])
            accounts = {row["id"]: self._account(row) for row in data.accounts}
            contacts = {row["id"]: self._contact(row, accounts, place) for place, row in enumerate(data.contacts)}
            self.people = {id_: laid for laid, id_ in contacts.items()}
            cases = {row["number"]: self._case(row, contacts) for row in data.tickets}
            for row in sorted(data.ticket_comments, key=lambda row: row["written_at"]):
                values = {"ParentId": cases[row["ticket_number"]], "CommentBody": row["body"]}
                values["IsPublished"] = row["is_public"]
                self.records.put("CaseComment", values, by=self.user_called(row["author"]), at=row["written_at"])

    def user_called(self, name: str) -> str:
        """The id of the user with a name; whoever isn't there yet, is now."""
        there = next((one for one in self.records.of("User") if one["Name"] == name), None)
        return there["Id"] if there else self._user(name, f"user{len(self.records.of('User'))}@acme.example", True)

    def _user(self, name: str, email: str, is_active: bool) -> str:
        values = {"Name": name, "Email": email, "Username": f"{email}.acme", "IsActive": is_active}
        return self.records.put("User", values)

    def _account(self, row: Mapping[str, Any]) -> str:
        owner = self._users.get(row.get("executive") or "")
        values = {"Name": row["name"], "OwnerId": owner, SEGMENT_FIELD: row.get("segment") or None}
        return self.records.put("Account", values)

    def _contact(self, row: Mapping[str, Any], accounts: Mapping[str, str], place: int) -> str:
        stored = row.get("phone")
        phone = stored and _TYPED[place % len(_TYPED)](phonenumbers.parse(stored))
        values = {
            "FirstName": row.get("first_name") or None,
            "LastName": row["last_name"],
            "Email": row.get("email"),
            ("Phone", "MobilePhone", "HomePhone")[place % 3]: phone,
            "Fax": "(201) 555-0199",
            "AccountId": accounts.get(row.get("account_id") or ""),
            "OwnerId": self._users.get(row.get("executive") or ""),
            ERP_NUMBER_FIELD: row.get("erp_number"),
            SEGMENT_FIELD: row.get("segment") or None,
        }
        return self.records.put("Contact", values)

    def _case(self, row: Mapping[str, Any], contacts: Mapping[str, str]) -> str:
        values = {
            "CaseNumber": row["number"],
            "Subject": row["subject"],
            "Description": row.get("description") or None,
            "ContactId": contacts.get(row.get("contact_id") or ""),
            "Status": "Closed" if row.get("closed_at") else "New",
        }
        return self.records.put("Case", values, at=row["opened_at"])

    # What is asked

    def answer(self, request: Request) -> Reply:
        """What Salesforce does and answers."""
        if request.path == "/services/oauth2/token":
            return self._token(request)
        if len(request.path) + len(str(request.query)) > _LONGEST_URL:
            refuse(414, None)
        self._demand_token(request)
        if self.used >= self.limit:
            no(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.used += 1
        reply = self._routed(request)
        limits = {"Sforce-Limit-Info": f"api-usage={self.used}/{self.limit}", "X-Request-Id": f"sf-{self.used}"}
        return Reply(status=reply.status, json=reply.json, headers={**limits, **reply.headers}, body=reply.body)

    def served(self, request: Request) -> Reply:
        """What comes of a request; errors have its id, too."""
        reply = super().served(request)
        headers = {"X-Request-Id": f"sf-{self.used}", "Set-Cookie": "BrowserId=secret; path=/", **reply.headers}
        return Reply(status=reply.status, json=reply.json, headers=headers, body=reply.body)

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """The faults that Salesforce answers in its own way."""
        if fault.kind == "expired":
            with self.lock:
                self._tokens.clear()
            return None
        if fault.kind == "locked":
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid") if _is_call(request) else None
        if fault.kind == "daily":
            return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.") if _is_call(request) else None
        if fault.kind == "throttled":
            message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
            return _error(403, "REQUEST_LIMIT_EXCEEDED", message) if _is_call(request) else None
        if fault.kind == "busy_row":
            message = "unable to obtain exclusive access to this record"
            return _error(400, "UNABLE_TO_LOCK_ROW", message) if _is_call(request) else None
        return super().own_fault(fault, request)

    def _token(self, request: Request) -> Reply:
        if request.method != "POST":
            refuse(405)
        self.asks += 1
        form = request.form
        if form.get("grant_type") == "client_credentials":
            if form.get("client_id") != CLIENT_ID or form.get("client_secret") != self.secret:
                refuse(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        elif form.get("grant_type") == _JWT_BEARER:
            self._demand_assertion(form.get("assertion", ""))
        else:
            refuse(400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"})
        token = f"00D!{uuid.uuid4().hex}"
        self._tokens.add(token)
        host = self.instance_url or self.url
        organization = self.records.of("Organization")[0]["Id"]
        given = {
            "access_token": token,
            "instance_url": host,
            "id": f"{host}/id/{organization}/{self.me}",
            "token_type": "Bearer",
            "issued_at": "1278448832702",
            "signature": "0CmxinZir53Yex7nE0TD+zMpvIWYGb/bdJh6XfOH6EQ=",
        }
        return Reply(json=given)

    def _demand_assertion(self, assertion: str) -> None:
        key = self.private_key.public_key()
        try:
            claims = jwt.decode(
                assertion, key, algorithms=["RS256"], audience=self.url, options={"require": ["exp", "iss", "sub"]}
            )
        except jwt.PyJWTError:
            refuse(400, {"error": "invalid_grant", "error_description": "invalid assertion"})
        if claims["iss"] != CLIENT_ID:
            refuse(400, {"error": "invalid_client_id", "error_description": "client identifier invalid"})
        if claims["sub"] != USERNAME:
            description = "user hasn't approved this consumer"
            refuse(400, {"error": "invalid_grant", "error_description": description})

    def _demand_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self._tokens:
            no(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def _routed(self, request: Request) -> Reply:
        base = f"/services/data/v{VERSION}/"
        if not request.path.startswith(base):
            no(404, "NOT_FOUND", "The requested resource does not exist")
        first, *rest = request.path[len(base) :].rstrip("/").split("/")
        routes: dict[str, Callable[[Request, list[str]], Reply]] = {
            "query": self._query,
            "search": self._search,
            "sobjects": self._sobjects,
            "composite": self._composite,
            "limits": self._limits,
        }
        if first not in routes:
            no(404, "NOT_FOUND", "The requested resource does not exist")
        return routes[first](request, rest)

    def _limits(self, request: Request, rest: list[str]) -> Reply:
        return Reply(json={"DailyApiRequests": {"Max": self.limit, "Remaining": self.limit - self.used}})

    def _query(self, request: Request, rest: list[str]) -> Reply:
        _demand_method(request, "GET")
        if rest:
            if rest[0] not in self._pages:
                no(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
            return Reply(json=self._page(self._pages.pop(rest[0])))
        if set(request.query) != {"q"}:
            no(400, "MALFORMED_QUERY", "A query string has to be specified")
        return Reply(json=self._page(self.soql.records(request.query["q"])))

    def _page(self, rows: list[Record]) -> Record:
        page: Record = {"totalSize": len(rows), "done": len(rows) <= PAGE, "records": rows[:PAGE]}
        if len(rows) > PAGE:
            locator = f"01g{uuid.uuid4().hex[:15]}-{PAGE}"
            self._pages[locator] = rows[PAGE:]
            page["nextRecordsUrl"] = f"/services/data/v{VERSION}/query/{locator}"
        return page

    def _search(self, request: Request, rest: list[str]) -> Reply:
        _demand_method(request, "GET")
        return Reply(json={"searchRecords": self.sosl.records(request.query.get("q", ""))})

    def _sobjects(self, request: Request, rest: list[str]) -> Reply:
        if not rest:
            no(404, "NOT_FOUND", "The requested resource does not exist")
        kind, *more = rest
        self.records.kind(kind)
        if more == ["describe"]:
            _demand_method(request, "GET")
            return Reply(json=self._described(kind))
        if not more:
            _demand_method(request, "POST")
            return self._made(kind, self.records.create(kind, _body(request), request.headers))
        if request.method == "DELETE" and len(more) == 1:
            self.records.delete(kind, more[0])
            return Reply(status=204)
        _demand_method(request, "PATCH")
        if len(more) == 1:
            if not is_id(more[0]):
                no(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {more[0]}")
            self.records.update(kind, more[0], _body(request), request.headers)
            return Reply(status=204)
        field, key = more[0], unquote("/".join(more[1:]))
        return self._upserted(kind, field, key, request)

    def _upserted(self, kind: str, field: str, key: str, request: Request) -> Reply:
        there = self.records.with_key(kind, field, key)
        if len(there) > 1:
            refuse(300, [f"/services/data/v{VERSION}/sobjects/{kind}/{one['Id']}" for one in there])
        if not there:
            return self._made(kind, self.records.create(kind, {**_body(request), field: key}, request.headers))
        self.records.update(kind, there[0]["Id"], _body(request), request.headers)
        return Reply(json={"id": there[0]["Id"], "success": True, "errors": [], "created": False})

    def _made(self, kind: str, id_: str) -> Reply:
        if kind == "Contact" and self.lag:
            self.sosl.unindexed.add(id_)
        return Reply(status=201, json={"id": id_, "success": True, "errors": [], "created": True})

    def _described(self, kind: str) -> Record:
        fields = self.records.fields(kind)
        return {
            "name": kind,
            "createable": True,
            "updateable": True,
            "queryable": True,
            "fields": [_described(name, one, kind in self.records.not_unique) for name, one in fields.items()],
        }

    def _composite(self, request: Request, rest: list[str]) -> Reply:
        _demand_method(request, "POST")
        if rest == ["sobjects"]:
            return self._collection(request)
        if rest:
            no(404, "NOT_FOUND", "The requested resource does not exist")
        parts = _body(request).get("compositeRequest", [])
        queries = sum("/query" in one.get("url", "") for one in parts)
        names = [one.get("referenceId", "") for one in parts]
        if not 0 < len(parts) <= _MOST_SUBREQUESTS or queries > _MOST_QUERIES:
            no(400, "LIMIT_EXCEEDED", "The number of subrequests exceeds the limit")
        if len(set(names)) < len(names) or not all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in names):
            no(400, "INVALID_INPUT", "referenceId must be unique and alphanumeric")
        if any("@{" in json.dumps(one) for one in parts):
            no(400, "PROCESSING_HALTED", "Invalid reference specified.")
        return Reply(json={"compositeResponse": [self._part(one, request) for one in parts]})

    def _part(self, part: Mapping[str, Any], request: Request) -> Record:
        url = urlsplit(part["url"])
        inner = Request(
            method=part["method"],
            path=url.path,
            query=dict(parse_qsl(url.query)),
            headers=request.headers,
            body=json.dumps(part["body"]).encode() if "body" in part else b"",
        )
        try:
            reply = self._routed(inner)
        except Refused as refused:
            reply = refused.reply
        return {
            "body": reply.json,
            "httpHeaders": {},
            "httpStatusCode": reply.status,
            "referenceId": part["referenceId"],
        }

    def _collection(self, request: Request) -> Reply:
        body = _body(request)
        records = body.get("records", [])
        if not 0 < len(records) <= _MOST_IN_COLLECTION:
            no(400, "LIMIT_EXCEEDED", "record limit reached")
        if body.get("allOrNone") is not True:
            no(400, "NOT_IMPLEMENTED", "the stand-in makes all or none")
        made: list[str] = []
        try:
            with self._all_or_none():
                for record in records:
                    values = {name: value for name, value in record.items() if name != "attributes"}
                    made.append(self.records.create(record["attributes"]["type"], values, request.headers))
        except Refused as refused:
            return Reply(json=_rolled_back(refused, len(made), len(records)))
        return Reply(json=[{"id": id_, "success": True, "errors": []} for id_ in made])

    @contextmanager
    def _all_or_none(self) -> Iterator[None]:
        yield from self.records.transaction()


@cache
def _private_key() -> rsa.RSAPrivateKey:
    """One for all: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _rolled_back(refused: Refused, place: int, count: int) -> list[Record]:
    """One fails, and the others with it."""
    [error] = refused.reply.json
    why = {"statusCode": error["errorCode"], "message": error["message"], "fields": error["fields"]}
    message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    others = {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": message, "fields": []}
    return [{"success": False, "errors": [why if one == place else others]} for one in range(count)]


def _described(name: str, one: Field, not_unique: bool) -> Record:
    return {
        "name": name,
        "type": one.kind,
        "length": one.length,
        "unique": one.external and not not_unique,
        "externalId": one.external,
        "caseSensitive": one.external,
        "createable": one.create,
        "updateable": one.update,
        "filterable": one.filters,
        "picklistValues": [{"value": value, "active": True} for value in one.values],
    }


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json
    except (ValueError, UnicodeError):
        no(400, "JSON_PARSER_ERROR", "Unexpected character")
    if not isinstance(body, dict):
        no(400, "JSON_PARSER_ERROR", "The HTTP entity body is required")
    return body


def _demand_method(request: Request, method: str) -> None:
    if request.method != method:
        no(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed. Allowed are {method}")


def _is_call(request: Request) -> bool:
    return not request.path.startswith("/services/oauth2/")


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status=status, json=[{"message": message, "errorCode": code}])


__all__ = ["CLIENT_ID", "CLIENT_SECRET", "KINDS", "PAGE", "USERNAME", "Salesforce"]

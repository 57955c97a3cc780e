"""A stand-in of SAP S/4HANA: its OData V2 services with log-in, CSRF tokens, ETags, batches and business rules."""

from __future__ import annotations

import base64
import uuid
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from middleware import settings
from middleware.demo import Data
from tests.fakes import sap_batch
from tests.fakes.building import ASSISTANT_FILE, environment
from tests.fakes.sap_business import Business
from tests.fakes.sap_errors import No
from tests.fakes.sap_inside import InsideSap
from tests.fakes.sap_laying import RULES, Laying
from tests.fakes.sap_odata import BASE, OData, metadata, wants_json
from tests.fakes.sap_query import decoded, options
from tests.fakes.sap_records import Records
from tests.fakes.sap_schema import SERVICES
from tests.fakes.stand_in import Fault, Refused, Reply, Request, StandIn

USER, PASSWORD = "FRONTDESK", "Welcome1!äö"
CLIENT_ID, CLIENT_SECRET = "sb-frontdesk!t42", "0123456789ABCDEF"
TOKEN_PATH = "/sap/bc/sec/oauth2/token"
SESSION_COOKIE = "SAP_SESSIONID_S4H_100"
_LOGON_PAGE = (
    b"<html><head><title>Logon Error Message</title></head><body><h1>Anmeldung fehlgeschlagen</h1></body></html>"
)
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_WRITES = ("POST", "PUT", "PATCH", "MERGE", "DELETE")


class Sap(StandIn):
    """One client of one SAP S/4HANA.

    Attributes:
        records: All that is in it.
        odata: Its services; `page` of it is how many entities of a set come at once.
        business: What its people and its own rules do.
        password: The user's that is good now.
        has_proofs: Whether somebody enters when parcels arrived.
        asks: How often somebody asked for an OAuth token, and how often for a CSRF token, by name.
    """

    system = "erp"
    has_proofs = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.password, self.secret = PASSWORD, CLIENT_SECRET
        self.asks = {"oauth": 0, "csrf": 0}
        self._tokens: set[str] = set()  # of OAuth
        self._sessions: dict[str, str] = {}  # CSRF tokens, by the cookie of their session
        self._empty()

    def _empty(self) -> None:
        self.records = Records()
        self.odata = OData(self.records, lambda: self.url)
        self.business = Business(self.records)
        self.odata.creators |= self.business.creators
        self.odata.updaters |= self.business.updaters
        self.odata.functions |= self.business.functions

    @property
    def environment(self) -> dict[str, str]:
        """Of a communication user with a password."""
        return {"ERP": "sap", "SAP_URL": self.url, "SAP_USER": USER, "SAP_PASSWORD": PASSWORD}

    @property
    def oauth_environment(self) -> dict[str, str]:
        """Of OAuth's client credentials."""
        return {
            "ERP": "sap",
            "SAP_URL": self.url,
            "SAP_TOKEN_URL": self.url + TOKEN_PATH,
            "SAP_OAUTH_CLIENT_ID": CLIENT_ID,
            "SAP_OAUTH_CLIENT_SECRET": CLIENT_SECRET,
        }

    @property
    def rules(self) -> dict[str, Any]:
        """What this company calls its own."""
        return {"sap": {**RULES, "proofs_of_delivery": self.has_proofs}}

    @property
    def inside(self) -> InsideSap:
        """What its people do."""
        return InsideSap(self)

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there."""
        with self.lock:
            self._empty()
            self.business.deliveries.has_proofs = self.has_proofs
            self.business.zone = settings.load(ASSISTANT_FILE, environment()).zone
            Laying(self.business, data).lay()

    # What is asked

    def answer(self, request: Request) -> Reply:
        """What SAP does and answers."""
        if request.path == TOKEN_PATH:
            return self._token(request)
        self._demand_user(request)
        if not request.path.startswith(BASE):
            raise Refused(Reply(status=404, body=b"<html><h1>404 Not Found</h1></html>", headers=_HTML))
        service, slash, path = request.path[len(BASE) :].partition("/")
        try:
            return self._served(service, slash, path, request)
        except No as no:
            return no.reply(_asks_for_json(request), service)

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """The faults that SAP answers in its own way.

        `csrf`: CSRF tokens are good no more; `in_use`: one of its people has open what is to be changed.
        """
        if fault.kind in ("expired", "csrf"):
            with self.lock:
                self._sessions.clear()
                self._tokens -= self._tokens if fault.kind == "expired" else set()
            return None
        if request.path == TOKEN_PATH:
            return None
        if fault.kind == "locked":
            return _logon_failed()
        if fault.kind == "throttled":
            return Reply(
                status=429, body=b"Too many requests", headers={"Retry-After": "60", "Content-Type": "text/plain"}
            )
        if fault.kind == "daily":
            body = {
                "fault": {
                    "faultstring": "Quota violation",
                    "detail": {"errorcode": "policies.ratelimit.QuotaViolation"},
                }
            }
            return Reply(status=429, json=body, headers={"Retry-After": "43200"})
        if fault.kind == "in_use":
            message = "Sales document is currently being processed by user MMUELLER"
            return No(400, "V1/042", message).reply(_asks_for_json(request), "") if request.method in _WRITES else None
        return super().own_fault(fault, request)

    def served(self, request: Request) -> Reply:
        """What comes of a request; every answer says how long it took, in microseconds."""
        reply = super().served(request)
        headers = {"sap-server": "true", "sap-perf-fesrec": "20132.000000", **reply.headers}
        return Reply(status=reply.status, json=reply.json, headers=headers, body=reply.body)

    def _served(self, service: str, slash: str, path: str, request: Request) -> Reply:
        if decoded(service) not in SERVICES:
            raise No(403, "/IWFND/MED/170", f"No service found for namespace '', name '{service}', version '0001'")
        if not path:
            return self._root(service, slash, request)
        if request.method in _WRITES:
            self._demand_csrf(request)
        if path == "$batch":
            return self._batch(service, request)
        if path == "$metadata" and request.method == "GET":
            return Reply(body=metadata(service).encode(), headers={"Content-Type": "application/xml"})
        return self.odata.answer(service, request.method, path, request.raw, request.headers, request.body)

    def _root(self, service: str, slash: str, request: Request) -> Reply:
        """The service itself: here, and nowhere else, tokens against forged requests are given out."""
        if request.method not in ("GET", "HEAD"):
            raise No(405, "/IWFND/CM_BEC/026", "Method not allowed")
        headers: dict[str, str] = {}
        if request.headers.get("x-csrf-token", "").lower() == "fetch" and slash and not request.raw:
            headers = self._csrf(request)
        if _asks_for_json(request):
            return Reply(json={"d": {"EntitySets": sorted(SERVICES[service])}}, headers=headers)
        service_document = b'<?xml version="1.0"?><app:service xmlns:app="http://www.w3.org/2007/app"/>'
        return Reply(body=service_document, headers={"Content-Type": "application/atomsvc+xml", **headers})

    def _batch(self, service: str, request: Request) -> Reply:
        if request.method != "POST":
            raise No(405, "/IWFND/CM_BEC/026", "Method not allowed")

        def serve(method: str, url: str, headers: dict[str, str], body: bytes) -> Reply:
            parts = urlsplit(url)
            path = parts.path.removeprefix(f"{BASE}{service}/")
            try:
                if path.startswith("/"):
                    raise No(404, "/IWFND/CM_BEC/025", "A part of a batch is relative to its service")
                return self.odata.answer(service, method, path, parts.query, headers, body)
            except No as no:
                return no.reply(
                    "application/json" in headers.get("accept", "") or "$format=json" in parts.query, service
                )

        def all_or_none(change: Any) -> list[Reply] | Reply:
            before = self.records.snapshot()
            replies: list[Reply] = change()
            refused = next((one for one in replies if one.status >= 400), None)
            if refused:
                self.records.restore(before)
            return refused or replies

        return sap_batch.answer(request.headers, request.body, serve, all_or_none)

    # Who asks

    def _demand_user(self, request: Request) -> None:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and shown in self._tokens:
            return
        if scheme != "Basic" or _user_of(shown) != f"{USER}:{self.password}":
            raise Refused(_logon_failed())

    def _token(self, request: Request) -> Reply:
        self.asks["oauth"] += 1
        form = request.form
        shown = request.headers.get("authorization", "").removeprefix("Basic ")
        who = _user_of(shown) if shown else f"{form.get('client_id')}:{form.get('client_secret')}"
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return Reply(status=400, json={"error": "unsupported_grant_type"})
        if who != f"{CLIENT_ID}:{self.secret}":
            return Reply(status=401, json={"error": "invalid_client", "error_description": "Bad credentials"})
        token = uuid.uuid4().hex
        self._tokens.add(token)
        return Reply(json={"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _csrf(self, request: Request) -> dict[str, str]:
        """A token of the asker's session, or of a new one."""
        self.asks["csrf"] += 1
        session = _session_of(request)
        if session not in self._sessions:
            session = f"{uuid.uuid4().hex}-{len(self._sessions)}"
            self._sessions[session] = base64.b64encode(uuid.uuid4().bytes).decode()
        cookie = f"{SESSION_COOKIE}={session}%3d; path=/; HttpOnly"
        return {"x-csrf-token": self._sessions[session], "Set-Cookie": cookie}

    def _demand_csrf(self, request: Request) -> None:
        token = self._sessions.get(_session_of(request))
        if token is None or request.headers.get("x-csrf-token") != token:
            headers = {"x-csrf-token": "Required", "Content-Type": "text/plain;charset=utf-8"}
            raise Refused(Reply(status=403, body=b"CSRF token validation failed", headers=headers))


def _session_of(request: Request) -> str:
    try:
        cookies = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[SESSION_COOKIE].value.removesuffix("%3d") if SESSION_COOKIE in cookies else ""


def _asks_for_json(request: Request) -> bool:
    try:
        return wants_json(options(request.raw), request.headers)
    except No:
        return "application/json" in request.headers.get("accept", "")


def _user_of(shown: str) -> str:
    try:
        return base64.b64decode(shown, validate=True).decode()
    except ValueError:
        return ""


def _logon_failed() -> Reply:
    headers = {**_HTML, "WWW-Authenticate": 'Basic realm="SAP NetWeaver Application Server [S4H/100]"'}
    return Reply(status=401, body=_LOGON_PAGE, headers=headers)

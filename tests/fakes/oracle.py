"""A stand-in of Oracle Fusion Cloud: REST of order management, inventory, receivables and CRM; BI Publisher's SOAP."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from middleware.demo import Data
from tests.fakes import oracle_reports
from tests.fakes.oracle_inside import InsideOracle
from tests.fakes.oracle_laying import Laying
from tests.fakes.oracle_orders import Orders
from tests.fakes.oracle_records import Records
from tests.fakes.oracle_reports import Reports
from tests.fakes.oracle_rest import Resource, Rest
from tests.fakes.oracle_schema import ACCOUNT, AVAILABILITY, CONTACT, INVOICE, ORDER, RESERVATION, SHIPMENT_LINE
from tests.fakes.oracle_stock import Stock
from tests.fakes.stand_in import Fault, Reply, Request, StandIn, refuse

USERNAME, PASSWORD = "frontdesk.integration", "Welcome-1"
CLIENT_ID, CLIENT_SECRET, SCOPE = "a1b2c3d4e5f6", "idcscs-0123456789", "urn:opc:resource:fa:instanceid=42"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_PATH = "/oauth2/v1/token"
_UNAUTHORIZED = Reply(
    status=401,
    headers={"WWW-Authenticate": 'Basic realm="owsm"', "Content-Type": "text/html"},
    body=b"<html><body>Unauthorized</body></html>",
)


class Oracle(StandIn):
    """One pod of Fusion, and its identity domain.

    Attributes:
        records: All that is in it.
        reports: Its report server.
        secret: The client's that is good now.
        password: The user's that is good now.
        asks: How often somebody asked for a token.
        outside: Where an outer entity of a SOAP answer points to.
    """

    system = "erp"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.secret, self.password = CLIENT_SECRET, PASSWORD
        self.asks = 0
        self.outside = ""
        self._tokens: set[str] = set()
        self._key: rsa.RSAPrivateKey | None = None
        self._ask_count = 0
        self._open(Records())

    def _open(self, records: Records) -> None:
        self.records = records
        orders, stock = Orders(records), Stock(records)
        self.reports = Reports(records)
        adds = {"Address": orders.add_address}
        self._rest = Rest(
            {
                "fscm": {
                    "salesOrdersForOrderHub": Resource(
                        ORDER, lambda: records.orders.values(), orders.create, orders.update, found=orders.found
                    ),
                    "shipmentLines": Resource(SHIPMENT_LINE, lambda: records.shipment_lines),
                    "availableQuantityDetails": Resource(AVAILABILITY, lambda: (), stock.availability),
                    "inventoryReservations": Resource(
                        RESERVATION, lambda: records.reservations.values(), stock.reserve, stock.update, stock.release
                    ),
                    "receivablesInvoices": Resource(
                        INVOICE,
                        lambda: records.invoices.values(),
                        finders={"PrimaryKey": {"CustomerTransactionId": "CustomerTransactionId"}},
                    ),
                },
                "crm": {
                    "accounts": Resource(ACCOUNT, lambda: records.accounts.values(), added=adds),
                    "contacts": Resource(CONTACT, lambda: records.contacts.values(), added=adds),
                },
            },
            records.snapshot,
        )

    @property
    def environment(self) -> dict[str, str]:
        """Of the client credentials."""
        return {
            "ERP": "oracle",
            "ORACLE_URL": self.url,
            "ORACLE_TOKEN_URL": self.url,
            "ORACLE_CLIENT_ID": CLIENT_ID,
            "ORACLE_CLIENT_SECRET": CLIENT_SECRET,
            "ORACLE_SCOPE": SCOPE,
        }

    @property
    def basic_environment(self) -> dict[str, str]:
        """Of a user with a password."""
        return {
            "ERP": "oracle",
            "ORACLE_URL": self.url,
            "ORACLE_USERNAME": USERNAME,
            "ORACLE_PASSWORD": PASSWORD,
        }

    @property
    def rules(self) -> dict[str, Any]:
        """The report that draws invoices."""
        return {"oracle": {"report_path": oracle_reports.REPORT, "report_template": oracle_reports.TEMPLATE}}

    @property
    def inside(self) -> InsideOracle:
        """The warehouse, and whoever looks things up."""
        return InsideOracle(self)

    @property
    def private_key(self) -> rsa.RSAPrivateKey:
        """The key whose assertions the identity domain takes; drawn when it is first wanted."""
        if self._key is None:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._key

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there."""
        with self.lock:
            records = Records()
            Laying(records, data).lay()
            self._open(records)

    # What is asked

    def answer(self, request: Request) -> Reply:
        """What Oracle does and answers."""
        if request.path == TOKEN_PATH:
            return self._token(request)
        if not self._is_let_in(request):
            return _UNAUTHORIZED
        if request.path == oracle_reports.PATH:
            return self.reports.answer(request)
        if request.path.startswith("/xmlpserver/"):
            refuse(404)
        return self._rest.answer(request)

    def served(self, request: Request) -> Reply:
        """What comes of a request; every answer has its id, and a cookie that nobody needs."""
        reply = super().served(request)
        with self.lock:
            self._ask_count += 1
            headers = {"x-oracle-dms-ecid": f"ecid-{self._ask_count}", "Set-Cookie": "ORA_FND_SESSION=secret; path=/"}
        return Reply(status=reply.status, json=reply.json, headers={**headers, **reply.headers}, body=reply.body)

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """The faults that Oracle answers in its own way.

        Beside the usual ones: `denied` (the report is another user's), `bomb` and `entity` (SOAP answers that are
        dangerous to read), `no_pdf` (the report is no PDF).
        """
        if fault.kind == "expired":
            with self.lock:
                self._tokens.clear()
            return None
        if fault.kind == "no_pdf":
            self.reports.is_spoiled = True
            return None
        if request.path == TOKEN_PATH:
            return Reply(status=401, json={"error": "invalid_client"}) if fault.kind == "locked" else None
        answers: dict[str, Callable[[], Reply]] = {
            "locked": lambda: _UNAUTHORIZED,
            "throttled": lambda: Reply(status=429, headers={"Retry-After": "1"}, body=b"Too Many Requests"),
            "daily": lambda: Reply(status=429, headers={"Retry-After": "43200"}, body=b"Too Many Requests"),
            "denied": oracle_reports.denied,
            "bomb": oracle_reports.bomb,
            "entity": lambda: oracle_reports.outer_entity(self.outside or f"{self.url}/outside"),
        }
        return answers[fault.kind]() if fault.kind in answers else super().own_fault(fault, request)

    def _is_let_in(self, request: Request) -> bool:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            return shown == base64.b64encode(f"{USERNAME}:{self.password}".encode()).decode()
        return scheme == "Bearer" and shown in self._tokens

    def _token(self, request: Request) -> Reply:
        if request.method != "POST":
            refuse(405)
        self.asks += 1
        client = base64.b64encode(f"{CLIENT_ID}:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {client}":
            refuse(401, {"error": "invalid_client", "error_description": "Client authentication failed."})
        form = request.form
        if form.get("scope") != SCOPE:
            refuse(400, {"error": "invalid_scope", "error_description": "The scope isn't valid."})
        if form.get("grant_type") == _JWT_BEARER:
            self._demand_assertion(form.get("assertion", ""))
        elif form.get("grant_type") != "client_credentials":
            refuse(400, {"error": "unsupported_grant_type", "error_description": "The grant isn't supported."})
        token = f"eyJ{uuid.uuid4().hex}"
        self._tokens.add(token)
        return Reply(json={"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _demand_assertion(self, assertion: str) -> None:
        options: Any = {"require": ["exp", "iat", "iss", "sub"]}
        try:
            claims = jwt.decode(
                assertion,
                self.private_key.public_key(),
                algorithms=["RS256"],
                audience="https://identity.oraclecloud.com/",
                options=options,
            )
        except jwt.PyJWTError:
            refuse(400, {"error": "invalid_grant", "error_description": "The assertion isn't valid."})
        if claims["iss"] != CLIENT_ID or claims["sub"] != USERNAME:
            refuse(400, {"error": "invalid_grant", "error_description": "The assertion isn't valid."})

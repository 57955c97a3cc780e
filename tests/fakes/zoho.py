"""Zoho on loopback: its accounts, where tokens are had, and its CRM; Zoho Desk is built on it."""

from __future__ import annotations

import itertools
import time
from typing import Any

from middleware.demo import Data
from tests.connectors.inside import Inside
from tests.fakes.stand_in import Fault, Refused, Reply, Request, StandIn, refuse
from tests.fakes.zoho_crm import ZohoRecords
from tests.fakes.zoho_inside import InsideZoho

CLIENT_ID = "1000.FRONTDESKCLIENT"
CLIENT_SECRET = "a-client-secret-for-tests"
REFRESH_TOKEN = "1000.a-refresh-token-for-tests.42"
TOKEN_SECONDS = 3600
MOST_TOKENS, TOKEN_WINDOW = 10, 600.0

FOREIGN_HEADERS = ("x-external",)  # of features that nothing of ours uses


class Zoho(StandIn):
    """Zoho CRM, with tickets as cases.

    Attributes:
        crm: Its records.
        tokens: The access tokens that are good, with when they end.
        token_requests: When tokens were asked for.
        scopes: Whether the token has all of them.
        credits: API credits of the day that are left.
        clock: What time it is to its accounts, in seconds.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.crm = ZohoRecords()
        self.tokens: dict[str, float] = {}
        self.token_requests: list[float] = []
        self.is_revoked = False
        self.scopes = True
        self.credits = 50_000
        self.clock = time.time
        self.api_domain = ""
        self._numbers = itertools.count(1)

    @property
    def environment(self) -> dict[str, str]:
        """What reaches both the CRM and Desk."""
        return {
            "CRM": "zoho",
            "ZOHO_ACCOUNTS_URL": self.url,
            "ZOHO_CLIENT_ID": CLIENT_ID,
            "ZOHO_CLIENT_SECRET": CLIENT_SECRET,
            "ZOHO_REFRESH_TOKEN": REFRESH_TOKEN,
        }

    @property
    def rules(self) -> dict[str, Any]:
        """Tickets are cases; customers' classes are in a field of its own."""
        return {"tickets": "crm", "zoho": {"segment_field": "Segment"}}

    @property
    def inside(self) -> Inside:
        """What its people see."""
        return InsideZoho(self)

    def lay(self, data: Data) -> None:
        """Puts data in the place of all records."""
        with self.lock:
            self.crm.lay(data)

    def answer(self, request: Request) -> Reply:
        """What Zoho does: tokens for a secret, and everything else for a token."""
        if request.path == "/oauth/v2/token":
            return self._token(request)
        self.demand_token(request)
        return self.served_to_us(request)

    def served_to_us(self, request: Request) -> Reply:
        """What is done for whoever showed a token."""
        if not request.path.startswith("/crm/v8/"):
            refuse(404, {"code": "INVALID_URL_PATTERN", "details": {}, "message": "…", "status": "error"})
        if not self.scopes:
            refuse(401, {"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "…", "status": "error"})
        if self.credits < 1:
            self._too_many()
        self.credits -= 1
        reply = self.crm.answer(request)
        return Reply(
            status=reply.status, json=reply.json, body=reply.body, headers={**reply.headers, **self._credits_left()}
        )

    def demand_token(self, request: Request) -> None:
        """Refuses whoever shows no good token."""
        shown = request.headers.get("authorization", "").removeprefix("Zoho-oauthtoken ")
        if self.tokens.get(shown, 0.0) <= self.clock():
            refuse(401, {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"})

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """Zoho's own ways of refusing."""
        with self.lock:
            if fault.kind == "expired":
                self.tokens.pop(request.headers.get("authorization", "").removeprefix("Zoho-oauthtoken "), None)
                return None
            if fault.kind == "locked":
                self.tokens.clear()
                if request.path == "/oauth/v2/token":
                    self.token_requests.append(self.clock())
                    return Reply(json={"error": "invalid_code"})
                return None
            try:
                return {"throttled": self._throttled, "daily": self._too_many}[fault.kind]()
            except Refused as refused:
                return refused.reply

    def _token(self, request: Request) -> Reply:
        if request.method != "POST":
            refuse(404)
        form = request.form
        self.token_requests.append(self.clock())
        lately = [moment for moment in self.token_requests if moment > self.clock() - TOKEN_WINDOW]
        if form.get("grant_type") != "refresh_token":
            return Reply(json={"error": "unsupported_grant_type"})
        if form.get("client_id") != CLIENT_ID:
            return Reply(json={"error": "invalid_client"})
        if form.get("client_secret") != CLIENT_SECRET:
            return Reply(json={"error": "invalid_client_secret"})
        if form.get("refresh_token") != REFRESH_TOKEN or self.is_revoked:
            return Reply(json={"error": "invalid_code"})
        if len(lately) > MOST_TOKENS:
            denied = {"error_description": "You have made too many requests continuously.", "error": "Access Denied"}
            return Reply(status=400, json={**denied, "status": "failure"})
        token = f"1000.access{next(self._numbers):04}.{CLIENT_ID[-4:]}"
        self.tokens[token] = self.clock() + TOKEN_SECONDS
        given = {"access_token": token, "api_domain": self.api_domain or self.url, "token_type": "Bearer"}
        return Reply(json={**given, "expires_in": TOKEN_SECONDS})

    def _throttled(self) -> Reply:
        error = {"code": "TOO_MANY_REQUESTS", "details": {}, "message": "concurrency limit", "status": "error"}
        return Reply(status=429, json=error, headers={**self._credits_left(), "Retry-After": "1"})

    def _too_many(self) -> Reply:
        error = {"code": "TOO_MANY_REQUESTS", "details": {}, "message": "API limit of the day", "status": "error"}
        raise Refused(Reply(status=429, json=error, headers={"X-API-CREDITS-REMAINING": "0"}))

    def _credits_left(self) -> dict[str, str]:
        return {"X-API-CREDITS-REMAINING": str(self.credits)}

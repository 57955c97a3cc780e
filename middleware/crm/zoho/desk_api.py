"""The way to Zoho Desk: its organisation in every call, its lists page by page, its refusals as our errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, NoReturn, TypeVar

from urllib3.filepost import encode_multipart_formdata

from middleware.crm.zoho.api import ZohoDialect
from middleware.crm.zoho.desk_records import Listed, Problem
from middleware.crm.zoho.desk_settings import DeskRules, demand_desk
from middleware.crm.zoho.settings import ZohoAccess
from middleware.errors import FrontdeskError, Malformed, Misconfigured, NotFound, Rejected, Unavailable, Unknown
from middleware.http import Answer, Credentials, Http, Pause, retry_after

BASE = "/api/v1"
MOST_PAGES = 20
MOST_AT_ONCE = 4  # calls; the smallest edition of Desk answers five
# Of a 404 that is about a thing, not about the address.
NOT_THERE = ("URL_NOT_FOUND", "RESOURCE_NOT_FOUND", "NOT_FOUND")
SCOPES = (
    "Desk.tickets.READ, Desk.tickets.CREATE, Desk.tickets.UPDATE, Desk.contacts.READ, Desk.contacts.CREATE, "
    "Desk.search.READ, Desk.basic.READ, Desk.settings.READ"
)

T = TypeVar("T")


class DeskDialect(ZohoDialect):
    """Desk counts credits by the day, and calls at the same time."""

    def pause(self, answer: Answer) -> Pause | None:
        """What its limits ask for; only of the day's it says how long."""
        if answer.status != 429:
            return None
        is_daily = _problem(answer).errorCode == "THRESHOLD_EXCEEDED"
        return Pause(retry_after(answer) or 1.0, is_daily=is_daily)


class DeskApi:
    """Calls of one organisation's Desk.

    Args:
        access: Its address, and the organisation's id.
        credentials: The same as the CRM's.

    Attributes:
        credits_left: Of the day, as Desk said last; empty if it said nothing.

    Raises:
        Misconfigured: A setting that every call needs is missing.
    """

    def __init__(self, access: ZohoAccess, rules: DeskRules, credentials: Credentials, threads: int) -> None:
        demand_desk(rules, access.desk_org_id)
        self.rules = rules
        self.credits_left = ""
        self._base = access.desk_url + BASE
        self._headers = {"orgId": access.desk_org_id}
        self._http = Http("crm", (access.desk_url,), credentials, DeskDialect(), threads)

    def read(self, path: str, kind: type[T], operation: str, query: Mapping[str, Any] | None = None) -> T | None:
        """Reads something; None if nothing is there.

        Raises:
            NotFound: There is no such thing.
            Misconfigured: It isn't ours to read, or a setting names what isn't there.
            Unavailable, Malformed: As the HTTP core says.
        """
        answer = self._http.call("GET", self._base + path, query=query, headers=self._headers)
        self._demand_good(answer, operation, Unavailable)
        return None if answer.status == 204 or not answer.body else answer.decoded(kind)

    def page(self, path: str, kind: type[T], operation: str, query: Mapping[str, Any]) -> list[T]:
        """Reads the first page of a list."""
        listed = self.read(path, Listed[kind], operation, query)  # type: ignore[valid-type]
        return listed.data if listed else []

    def pages(
        self, path: str, kind: type[T], operation: str, limit: int, query: Mapping[str, Any] | None = None
    ) -> Iterator[T]:
        """Reads a list page by page, as far as it is looked at.

        Desk counts some lists from nought and others from one; so pages may overlap by one, and none is left out.
        """
        seen: set[str] = set()
        for place in range(MOST_PAGES):
            listed = self.page(path, kind, operation, {**(query or {}), "from": place * limit, "limit": limit})
            for one in listed:
                id_ = str(getattr(one, "id", ""))
                if id_ not in seen:
                    seen.add(id_)
                    yield one
            if len(listed) < limit:
                return

    def write(self, path: str, kind: type[T], operation: str, json: Mapping[str, Any]) -> T:
        """Makes something.

        Raises:
            Rejected, NotFound: It was refused.
            Misconfigured: A setting names what isn't there.
            Unknown: It may have been made.
        """
        answer = self._http.call("POST", self._base + path, json=json, headers=self._headers)
        self._demand_good(answer, operation, Unknown)
        return _known(answer, kind, operation)

    def act(self, path: str, operation: str, json: Mapping[str, Any]) -> None:
        """Has something done that is answered with nothing; the errors are those of `write`."""
        answer = self._http.call("POST", self._base + path, json=json, headers=self._headers)
        self._demand_good(answer, operation, Unknown)

    def attach(self, path: str, kind: type[T], operation: str, name: str, content: bytes) -> T:
        """Puts a file somewhere, for the company's people alone; the errors are those of `write`."""
        body, content_type = encode_multipart_formdata({"file": (name, content, "text/plain; charset=utf-8")})
        answer = self._http.call(
            "POST",
            f"{self._base}{path}?isPublic=false",
            body=body,
            headers={**self._headers, "Content-Type": content_type},
        )
        self._demand_good(answer, operation, Unknown)
        return _known(answer, kind, operation)

    def delete(self, path: str, operation: str) -> None:
        """Deletes something; what isn't there any more is as good as deleted."""
        answer = self._http.call("DELETE", self._base + path, headers=self._headers)
        try:
            self._demand_good(answer, operation, Unknown)
        except NotFound:
            return

    def _demand_good(self, answer: Answer, operation: str, lost: type[FrontdeskError]) -> None:
        """Raises what stands for a refusal.

        Args:
            lost: What it is if Desk itself failed.
        """
        self.credits_left = answer.headers.get("X-Rate-Limit-Remaining-v3", "")
        if answer.status in (200, 201, 204):
            return
        problem = _problem(answer)
        code = problem.errorCode
        if answer.status >= 500:
            _fail(answer, lost, "Zoho Desk itself failed", operation, code)
        if answer.status == 404:
            if code in NOT_THERE:
                _fail(answer, NotFound, "there is no such thing", operation, code)
            _fail(answer, Malformed, "nothing is at this address; is ZOHO_DESK_URL right?", operation, code)
        if answer.status in (401, 403):  # of what a new token would change nothing about
            _fail(answer, Misconfigured, _not_allowed(code), operation, code)
        self._demand_fields(answer, problem, operation)
        names = ", ".join(sorted({f"{one.fieldName.strip('/')} {one.errorType}" for one in problem.errors}))
        _fail(answer, Rejected, f"Zoho Desk refused it: {names or 'it says not why'}", operation, code)

    def _demand_fields(self, answer: Answer, problem: Problem, operation: str) -> None:
        """Raises if it is a setting that names what Desk doesn't know."""
        named = {one.fieldName.strip("/").rpartition("/")[2] for one in problem.errors}
        named |= {name for name in self._fields() if f"'{name}'" in problem.message}
        for name, setting in self._fields().items():
            if name in named:
                message = f"Zoho Desk has no field {name!r} of this kind; create it or correct {setting}"
                _fail(answer, Misconfigured, message, operation, problem.errorCode)
        if "departmentId" in named:
            message = "Zoho Desk has no such department, or it isn't open to us; correct crm.zoho.desk.department"
            _fail(answer, Misconfigured, message, operation, problem.errorCode)
        if "priority" in named:
            message = "Zoho Desk has no such priority; correct crm.zoho.desk.high_priority and normal_priority"
            _fail(answer, Misconfigured, message, operation, problem.errorCode)

    def _fields(self) -> dict[str, str]:
        names = ("key_field", "channel_field", "contact_field")
        return {getattr(self.rules, name): f"crm.zoho.desk.{name}" for name in names}


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Makes several calls side by side, within the deadline of the operation that they belong to."""
    if len(calls) < 2:
        return [call() for call in calls]
    with ThreadPoolExecutor(min(len(calls), MOST_AT_ONCE)) as pool:
        return [made.result() for made in [pool.submit(copy_context().run, call) for call in calls]]


def _not_allowed(code: str) -> str:
    if code == "OAUTH_ORG_MISMATCH":
        return "ZOHO_DESK_ORG_ID isn't the organisation that ZOHO_REFRESH_TOKEN was made for"
    if code == "SCOPE_MISMATCH":
        return f"ZOHO_REFRESH_TOKEN lacks a scope; make one with {SCOPES}"
    return "whoever made ZOHO_REFRESH_TOKEN may not do this in Zoho Desk; give their profile the right to"


def _known(answer: Answer, kind: type[T], operation: str) -> T:
    """What was made. If the answer makes no sense, it may have been made."""
    try:
        return answer.decoded(kind)
    except Malformed as error:
        raise Unknown(
            "the answer to a write makes no sense",
            system="crm",
            operation=operation,
            status=str(answer.status),
            request_id=answer.request_id,
        ) from error


def _problem(answer: Answer) -> Problem:
    try:
        return answer.decoded(Problem)
    except Malformed:
        return Problem()


def _fail(answer: Answer, kind: type[FrontdeskError], message: str, operation: str, code: str) -> NoReturn:
    status = code or str(answer.status)
    raise kind(message, system="crm", operation=operation, status=status, request_id=answer.request_id)

"""The way to Zoho CRM's API (version 8): its calls, its query language, and what its errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import msgspec
from sqlalchemy.engine import Engine

from middleware.crm.zoho import coql
from middleware.crm.zoho.auth import ZohoCredentials
from middleware.crm.zoho.settings import ZohoAccess, ZohoRules
from middleware.decoding import converted
from middleware.errors import FrontdeskError, Malformed, Misconfigured, NotFound, Rejected, Unavailable, Unknown
from middleware.http import Answer, Dialect, Http, Pause, retry_after
from middleware.in_turn import InTurn
from middleware.settings import Settings

VERSION = "v8"
PAGE = 200  # records, the most of one call
MOST_PAGES = 25
MOST_VALUES = 100  # in one list of a query

SCOPES = (
    "ZohoCRM.modules.ALL,ZohoCRM.coql.READ,ZohoCRM.users.READ,ZohoCRM.settings.READ,ZohoCRM.org.READ,"
    "ZohoSearch.securesearch.READ"
)
_SCOPE_ERRORS = ("OAUTH_SCOPE_MISMATCH", "SCOPE_MISMATCH")
_LINKS = ("id", "Parent_Id", "Contact_Name", "Owner")
_DAILY = ("LIMIT_EXCEEDED", "API_LIMIT_EXCEEDED")

T = TypeVar("T")


class Failure(msgspec.Struct):
    """What Zoho says of a call, or of one record of it, that went wrong; Desk names its codes otherwise."""

    code: str = ""
    status: str = ""
    details: Any = None
    errorCode: str = ""

    def detail(self, name: str) -> str:
        """One of the details; never a value that somebody gave."""
        found = self.details.get(name) if isinstance(self.details, dict) else None
        return found if isinstance(found, str) else ""


class Done(msgspec.Struct, kw_only=True):
    """What became of one record that was written."""

    code: str
    status: str
    action: str = ""
    details: Any = None

    @property
    def id(self) -> str:
        """The record's."""
        found = self.details.get("id") if isinstance(self.details, dict) else None
        return found if isinstance(found, str) else ""


class _Written(msgspec.Struct):
    data: list[Done]


class _Info(msgspec.Struct):
    more_records: bool = False


class _Page(msgspec.Struct):
    data: list[Any] = []
    info: _Info = msgspec.field(default_factory=_Info)


class Duplicate(Exception):
    """Another record has the key already. `id`: that record's."""

    def __init__(self, id_: str) -> None:
        super().__init__("another record has it already")
        self.id = id_


class ZohoDialect(Dialect):
    """How Zoho CRM and Zoho Desk speak HTTP."""

    request_id = "X-Request-Id"

    def reads(self, method: str, path: str) -> bool:
        """Queries are posted."""
        return super().reads(method, path) or path.endswith("/coql")

    def refuses_us(self, answer: Answer) -> bool:
        """A token that lacks a scope isn't renewed: the next one would lack it, too."""
        return answer.status == 401 and _code(answer) not in _SCOPE_ERRORS

    def pause(self, answer: Answer) -> Pause | None:
        """One status and code stand for both limits; the credits that are left tell them apart."""
        if answer.status != 429 and _code(answer) not in _DAILY:
            return None
        is_daily = _code(answer) in _DAILY or answer.headers.get("X-API-CREDITS-REMAINING") == "0"
        return Pause(retry_after(answer) or 1.0, is_daily=is_daily)


class Api:
    """The way to one company's Zoho.

    Args:
        engine: Of the store's database, where the access token lies.

    Attributes:
        settings: The company's; `rules` are Zoho's of them, `access` what opens it.
        http: The connections, for calls that `call` doesn't make.
        in_turn: For writes that nothing unique in Zoho keeps apart.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        assert isinstance(settings.crm_access, ZohoAccess)
        self.settings = settings
        self.access: ZohoAccess = settings.crm_access
        self.rules: ZohoRules = settings.crm.zoho
        self.credentials = ZohoCredentials(self.access, engine)
        self.in_turn = InTurn(engine)
        self.http = Http("crm", (), self.credentials, ZohoDialect(), settings.crm.threads)
        self._trusted: set[str] = set()

    def call(
        self,
        method: str,
        path: str,
        operation: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Makes one call to the CRM.

        Args:
            path: Behind the version, such as `Leads/123`.

        Returns:
            An answer with a status below 300, or 304.

        Raises:
            NotFound: There is no such record.
            Misconfigured: A setting of ours, or of the company's Zoho, is wrong.
            Rejected, Unavailable, Unknown, Malformed: As everywhere.
        """
        with during(operation):
            answer = self._sent(method, path, query, json, body, headers)
        if answer.status < 300 or answer.status == 304:
            return answer
        self.refuse(answer, operation, is_write=method != "GET" and path != "coql")

    def query(self, query: str, operation: str) -> list[dict[str, Any]]:
        """Reads what a query asks for, all pages of it; see `coql.select`."""
        found: list[dict[str, Any]] = []
        for page in range(MOST_PAGES):
            limited = f"{query} limit {PAGE} offset {page * PAGE}"
            answer = self.call("POST", "coql", operation, json={"select_query": limited})
            rows = self.page(answer, operation)
            found += rows.data
            if not rows.info.more_records:
                return found
        answer.fails(Malformed, "a query has no end")

    def rows(
        self, module: str, fields: Mapping[str, str], where: str, operation: str, kind: type[T], order: str = ""
    ) -> list[T]:
        """Reads records as typed ones.

        Args:
            fields: Zoho's names by those of `kind`.
            where: Written with `coql`.
        """
        text = coql.select(module, tuple(dict.fromkeys(fields.values())), where, order)
        return [self.typed(row, fields, kind, operation) for row in self.query(text, operation)]

    def typed(self, row: Mapping[str, Any], fields: Mapping[str, str], kind: type[T], operation: str) -> T:
        """A record of Zoho's as one of ours.

        Raises:
            Malformed: It isn't of this form.
        """
        try:
            return converted({ours: row.get(theirs) for ours, theirs in fields.items()}, kind)
        except (msgspec.ValidationError, AttributeError) as error:
            raise Malformed(f"a record makes no sense: {error}", system="crm", operation=operation) from error

    def pages(
        self, path: str, query: Mapping[str, Any], operation: str, headers: Mapping[str, str] | None = None
    ) -> Iterator[list[Any]]:
        """Reads a list page by page; nothing is an answer without a body."""
        for page in range(1, MOST_PAGES + 1):
            asked = {**query, "page": page, "per_page": PAGE}
            rows = self.page(self.call("GET", path, operation, query=asked, headers=headers), operation)
            yield rows.data
            if not rows.info.more_records:
                return
        raise Malformed("a list has no end", system="crm", operation=operation)

    def page(self, answer: Answer, operation: str) -> _Page:
        """One page of records."""
        if answer.status in (204, 304):
            return _Page()
        with during(operation):
            return answer.decoded(_Page)

    def write(self, method: str, path: str, record: Mapping[str, Any], operation: str, **more: Any) -> Done:
        """Writes one record; whether it was written stands beside it, whatever the status.

        Args:
            more: What else stands in the body.

        Raises:
            Duplicate: Another record has its key.
        """
        with during(operation):
            answer = self._sent(method, path, None, {"data": [record], **more}, None, None)
        if answer.status >= 400 and _failure(answer).code != "DUPLICATE_DATA":
            self.refuse(answer, operation, is_write=True)
        return self.done(answer, operation)

    def done(self, answer: Answer, operation: str) -> Done:
        """What became of the one record that was written.

        Raises:
            Duplicate: Another record has its key.
            Rejected, Misconfigured, NotFound: It wasn't written, though the answer as a whole is a good one.
            Malformed: It isn't said.
        """
        with during(operation):
            written = answer.decoded(_Written)
            if len(written.data) != 1:
                answer.fails(Malformed, "one record was written, and not one is answered")
        (done,) = written.data
        if done.status == "success" and done.id:
            return done
        failure = Failure(code=done.code, status=done.status, details=done.details)
        if failure.code == "DUPLICATE_DATA" and failure.detail("api_name") in ("", self.rules.key_field):
            raise Duplicate(_the_other(failure))
        self._refuse_for(failure, answer, operation)

    def refuse(self, answer: Answer, operation: str, *, is_write: bool) -> NoReturn:
        """Raises what an error means."""
        if answer.status >= 500:
            with during(operation):
                answer.fails(Unknown if is_write else Unavailable, "it failed there")
        self._refuse_for(_failure(answer), answer, operation)

    def _refuse_for(self, failure: Failure, answer: Answer, operation: str) -> NoReturn:
        kind, message = self._meaning(failure)
        raise kind(
            message,
            system="crm",
            operation=operation,
            status=failure.code or str(answer.status),
            request_id=answer.request_id,
        )

    def _meaning(self, failure: Failure) -> tuple[type[FrontdeskError], str]:
        """What an error of Zoho's is to us; its own words, which quote values, are left out."""
        code, field = failure.code, failure.detail("api_name") or failure.detail("column_name")
        if code in _SCOPE_ERRORS:
            return Misconfigured, f"ZOHO_REFRESH_TOKEN was made without a scope; make one with {SCOPES}"
        if code in ("NO_PERMISSION", "AUTHORIZATION_FAILED", "FEATURE_PERMISSION"):
            return Misconfigured, "the user of ZOHO_REFRESH_TOKEN lacks a permission; its profile must have them all"
        if code == "INVALID_MODULE":
            return Misconfigured, "a module isn't there, or the user of ZOHO_REFRESH_TOKEN may not use it"
        if code == "INVALID_QUERY" and field:
            return Misconfigured, self.rules.missing(field, self.settings.identity.erp_number_field)
        if code == "MANDATORY_NOT_FOUND":
            return Misconfigured, f"Zoho demands the field {field}; take the mark “required” off it in the layout"
        if code == "DUPLICATE_DATA":
            return Misconfigured, f"Zoho lets the field {field} hold nothing twice; allow duplicates in it"
        if code == "INVALID_DATA" and field in self.rules.picked:
            return Misconfigured, self.rules.picked[field]
        if code == "RESOURCE_NOT_FOUND" or field in (*_LINKS, self.rules.case_contact_field):
            return NotFound, "no such record"
        return Rejected, f"it refused{f' the field {field}' if field else ' what was asked'}"

    def _sent(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        json: Any,
        body: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        address = self.credentials.api_address
        if address not in self._trusted:
            self.http.trust(address)
            self._trusted.add(address)
        url = f"{address}/crm/{VERSION}/{path}"
        return self.http.call(method, url, query=query, json=json, body=body, headers=headers)


@contextmanager
def during(operation: str) -> Iterator[None]:
    """Adds to an error which operation was under way."""
    try:
        yield
    except FrontdeskError as error:
        error.operation = error.operation or operation
        raise


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Values in lists as long as a query takes."""
    for start in range(0, len(values), MOST_VALUES):
        yield values[start : start + MOST_VALUES]


def _failure(answer: Answer) -> Failure:
    """What stands in an error: of the call, or of its first record."""
    try:
        body = msgspec.json.decode(answer.body)
    except (msgspec.MsgspecError, UnicodeError):
        return Failure()
    if isinstance(body, dict) and isinstance(body.get("data"), list) and body["data"]:
        body = body["data"][0]
    try:
        return converted(body, Failure)
    except msgspec.ValidationError:
        return Failure()


def _code(answer: Answer) -> str:
    if answer.status < 400:
        return ""
    failure = _failure(answer)
    return failure.code or failure.errorCode


def _the_other(failure: Failure) -> str:
    """The id of the record that was there before; newer versions put it into a record of its own."""
    inner = failure.details.get("duplicate_record") if isinstance(failure.details, dict) else None
    found = inner.get("id") if isinstance(inner, dict) else failure.detail("id")
    return found if isinstance(found, str) else ""

"""The way to Business Central's API v2.0: its calls, alone or several in one, and what its errors mean to us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, TypeVar

import msgspec
from sqlalchemy.engine import Engine

from middleware.decoding import decoded
from middleware.erp.business_central.settings import BusinessCentralAccess, BusinessCentralRules
from middleware.erp.entra import EntraCredentials
from middleware.errors import (
    Conflict,
    FrontdeskError,
    Malformed,
    Misconfigured,
    NotFound,
    Rejected,
    Unavailable,
    Unknown,
)
from middleware.http import Answer, Dialect, Http
from middleware.settings import Settings

SCOPE = "https://api.businesscentral.dynamics.com/.default"
MOST_PAGES = 50  # of 20,000 rows
MOST_IN_A_BATCH = 100

_GONE = ("BadRequest_NotFound", "Internal_RecordNotFound", "Internal_DataNotFoundFilter")
_STALE = ("Request_EntityChanged", "Request_EntityDuplicated")
_OUR_FAULT = ("BadRequest_InvalidToken", "BadRequest_InvalidRequestUrl", "BadRequest_MethodNotAllowed")
_NO_SUCH_COMPANY = (
    "BUSINESS_CENTRAL_ENVIRONMENT has no company BUSINESS_CENTRAL_COMPANY, or the app may not use it: "
    "docs/connectors/business_central.md says where to find the company's id"
)
_NO_SUCH_PLACE = (
    "API v2.0 isn't there: is BUSINESS_CENTRAL_ENVIRONMENT the name of an environment, and BUSINESS_CENTRAL_URL where"
    " Business Central is?"
)
_NO_PERMISSION = (
    "the app of ENTRA_CLIENT_ID lacks a permission: enter it among the Microsoft Entra applications of Business Central"
    " with the permission sets that docs/connectors/business_central.md names"
)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Write:
    """One call that changes something.

    Attributes:
        path: Behind the company, such as `salesOrderLines(…)`.
        etag: Of what is changed, as it was read; empty where something is made.
    """

    method: str
    path: str
    json: Mapping[str, Any] | None = None
    etag: str = ""


class _Error(msgspec.Struct):
    code: str = ""


class _Failure(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


class _Page(msgspec.Struct):
    value: list[msgspec.Raw]
    next: str = msgspec.field(name="@odata.nextLink", default="")


class _Part(msgspec.Struct):
    """One answer of several."""

    id: str
    status: int
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Parts(msgspec.Struct):
    responses: list[_Part]


class BusinessCentralDialect(Dialect):
    """How Business Central speaks HTTP; a limit of its is answered by a plain 429."""

    request_id = "request-id"


class Api:
    """The way to one company's Business Central.

    Args:
        engine: Of the store's database, where the access token lies.

    Attributes:
        settings: The company's; `rules` are Business Central's of them.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        assert isinstance(settings.erp_access, BusinessCentralAccess)
        access = settings.erp_access
        self.settings = settings
        self.rules: BusinessCentralRules = settings.erp.business_central
        self.root = f"{access.url}/v2.0/{access.environment}/api/v2.0"
        self.company = f"companies({access.company})"
        credentials = EntraCredentials(access, SCOPE, engine)
        self._http = Http("erp", (access.url,), credentials, BusinessCentralDialect(), settings.erp.threads)

    def get(self, path: str, operation: str) -> Answer:
        """Reads something.

        Args:
            path: Behind the company; or a link of the vendor's, which must lead to its own host.

        Raises:
            NotFound: There is no such thing.
            Misconfigured, Rejected, Unavailable, Malformed: As everywhere.
        """
        url = path if "://" in path else f"{self.root}/{self.company}/{path}"
        with during(operation):
            answer = self._http.call("GET", url)
            return answer if answer.status < 300 else refuse(answer)

    def rows(self, path: str, kind: type[T], operation: str) -> list[T]:
        """Reads a list, all pages of it."""
        return self._typed(self.get(path, operation), kind, operation)

    def lists(self, paths: Sequence[tuple[str, type[Any]]], operation: str) -> list[list[Any]]:
        """Reads several lists in one call; what doesn't fit on a page costs one more.

        Args:
            paths: Each with what its rows are read as.
        """
        calls = [Write(method="GET", path=path) for path, _ in paths]
        with during(operation):
            try:
                answers = self._batch(calls, "")
            except Unknown as error:
                raise Unavailable(str(error), system="erp") from error
            for answer in answers:
                if answer.status >= 300:
                    refuse(answer)
        return [self._typed(answer, kind, operation) for answer, (_, kind) in zip(answers, paths, strict=True)]

    def write(self, writes: Sequence[Write], operation: str) -> None:
        """Changes something: all of it or nothing.

        Raises:
            Conflict: Something was changed by somebody else since it was read.
            NotFound: Something of it is there no more.
            Rejected: It refused.
            Unavailable: Nothing was changed.
            Unknown: It may have been changed.
        """
        with during(operation):
            try:
                answers = [self._sent(writes[0])] if len(writes) == 1 else self._batch(writes, "snapshot")
                failed = next((answer for answer in answers if answer.status >= 300), None)
            except Malformed as error:
                raise Unknown("an answer to a change makes no sense", system="erp") from error
            if failed is not None:
                refuse(failed, is_write=True)

    def _sent(self, write: Write) -> Answer:
        url = f"{self.root}/{self.company}/{write.path}"
        answer = self._http.call(write.method, url, json=write.json, headers=_if_match(write))
        if answer.status < 300 and answer.body:
            answer.decoded(dict[str, Any])  # else whoever answered wasn't the system
        return answer

    def _batch(self, calls: Sequence[Write], isolation: str) -> list[Answer]:
        """Makes several calls in one; with `snapshot`, all of them count or none."""
        requests = [
            {
                "id": str(place),
                "method": call.method,
                "url": f"{self.company}/{call.path}",
                "headers": {"Content-Type": "application/json", **_if_match(call)},
                **({} if call.json is None else {"body": call.json}),
            }
            for place, call in enumerate(calls)
        ]
        headers = {"Accept": "application/json", **({"Isolation": isolation} if isolation else {})}
        whole = self._http.call("POST", f"{self.root}/$batch", json={"requests": requests}, headers=headers)
        if whole.status >= 300:
            refuse(whole, is_write=bool(isolation))
        answers = [_answer(part, whole) for part in whole.decoded(_Parts).responses]
        if len(answers) < len(calls) and all(answer.status < 300 for answer in answers):
            whole.fails(Malformed, "not everything that was asked is answered")
        return answers

    def _typed(self, answer: Answer, kind: type[T], operation: str) -> list[T]:
        found: list[T] = []
        with during(operation):
            for _ in range(MOST_PAGES):
                page = answer.decoded(_Page)
                found += answer.understood(partial(_decoded, page, kind))
                if not page.next:
                    return found
                answer = self.get(page.next, operation)
            answer.fails(Malformed, "a list has no end")


@contextmanager
def during(operation: str) -> Iterator[None]:
    """Adds to an error which operation was under way."""
    try:
        yield
    except FrontdeskError as error:
        error.operation = error.operation or operation
        raise


def refuse(answer: Answer, *, is_write: bool = False) -> NoReturn:
    """Raises what an error means; the vendor's own words, which quote values, are left out."""
    code = _code(answer)
    if answer.status >= 500:
        answer.fails(Unknown if is_write else Unavailable, "it failed there", code)
    kind, message = _meaning(answer.status, code)
    answer.fails(kind, message, code)


def _meaning(status: int, code: str) -> tuple[type[FrontdeskError], str]:
    if code == "Internal_CompanyNotFound":
        return Misconfigured, _NO_SUCH_COMPANY
    if status == 404 and code not in _GONE:
        return Misconfigured, _NO_SUCH_PLACE
    if code in ("Internal_TenantUnavailable", "Request_Throttled") or status == 429:
        return Unavailable, "it takes no calls for now"
    if status in (401, 403):
        return Misconfigured, _NO_PERMISSION
    if code in _GONE:
        return NotFound, "no such record"
    if code in _STALE or status in (409, 412):
        return Conflict, "it changed meanwhile"
    if code in _OUR_FAULT:
        return Malformed, "it doesn't understand what was asked"
    return Rejected, "it refused what was asked"


def _decoded(page: _Page, kind: type[T]) -> list[T]:
    return [decoded(row, kind) for row in page.value]


def _answer(part: _Part, whole: Answer) -> Answer:
    """One of several answers, as if it had come alone."""
    body = b"" if bytes(part.body) == b"null" else bytes(part.body)
    return Answer(
        status=part.status,
        headers=part.headers,
        body=body,
        system=whole.system,
        request_id=whole.request_id,
    )


def _code(answer: Answer) -> str:
    try:
        return decoded(answer.body, _Failure).error.code
    except (msgspec.MsgspecError, UnicodeError):
        return ""


def _if_match(call: Write) -> dict[str, str]:
    return {"If-Match": call.etag} if call.etag else {}

"""The way to SAP's OData services: reads with all their pages, writes with their token, and what errors mean to us."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, TypeVar

import msgspec
from sqlalchemy.engine import Engine

from middleware.erp import multipart
from middleware.erp.sap import batch, session
from middleware.erp.sap.credentials import credentials
from middleware.erp.sap.rows import PdfRow
from middleware.erp.sap.session import Sessions
from middleware.erp.sap.settings import SapAccess
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
from middleware.http import Answer, Dialect, Http, Pause, retry_after
from middleware.settings import Settings

PARTNERS = "API_BUSINESS_PARTNER"
ORDERS = "API_SALES_ORDER_SRV"
DELIVERIES = "API_OUTBOUND_DELIVERY_SRV"
STOCK = "API_MATERIAL_STOCK_SRV"
RESERVATIONS = "API_RESERVATION_DOCUMENT_SRV"
INVOICES = "API_BILLING_DOCUMENT_SRV"
RETURNS = "API_CUSTOMER_RETURN_SRV"

MOST_PAGES = 200
PAUSE_SECONDS = 60.0  # where SAP doesn't say how long
LONGEST_PAUSE = 600.0

# Somebody has open what is to be changed: the document, a delivery of it, stock, anything.
_LOCKED = ("V1/042", "VL/046", "M3/897", "MC/601")
_HEADERS = {"Accept": "application/json", "Accept-Language": "en"}
_NO_SERVICE = "/IWFND/MED/"  # begins the codes for a service that isn't there
_CODE = re.compile(rb"<code>([^<]{1,100})</code>")

T = TypeVar("T")
U = TypeVar("U")


class SapDialect(Dialect):
    """How SAP's gateway speaks HTTP."""

    request_id = "sap-perf-fesrec"

    def reads(self, method: str, path: str) -> bool:
        """Of business partners nothing is ever changed: what is posted there reads several things at once."""
        return super().reads(method, path) or path.endswith(f"/{PARTNERS}/$batch")

    def pause(self, answer: Answer) -> Pause | None:
        """Too many calls; who is to wait for long has used up a quota."""
        if answer.status != 429:
            return None
        seconds = retry_after(answer) or PAUSE_SECONDS
        return Pause(seconds, is_daily=seconds > LONGEST_PAUSE)


class _Page(msgspec.Struct):
    results: list[Any]
    next: str = msgspec.field(name="__next", default="")


class _List(msgspec.Struct):
    d: _Page


class _One(msgspec.Struct):
    d: dict[str, Any]


class _Error(msgspec.Struct):
    code: str = ""


class _Failure(msgspec.Struct):
    error: _Error


class Api:
    """The way to one company's SAP.

    Args:
        engine: Of the store's database, where tokens lie.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        access = settings.erp_access
        if not isinstance(access, SapAccess):
            raise Misconfigured("SAP_URL, SAP_USER and SAP_PASSWORD are not set", system="erp")
        self._root = f"{access.url}/sap/opu/odata/sap"
        self._http = Http("erp", (access.url,), credentials(access, engine), SapDialect(), settings.erp.threads)
        self._sessions = Sessions(self._http, self._root)
        self._pool = ThreadPoolExecutor(settings.erp.threads, thread_name_prefix="sap")

    def opened(self, service: str, operation: str) -> None:
        """Looks whether a service lets us in.

        Raises:
            Misconfigured, ShutOut, Unavailable: It doesn't.
        """
        with during(operation):
            self._sessions.of(service)

    def read(self, service: str, path: str, operation: str, kind: type[T]) -> list[T]:
        """Reads a list, all pages of it.

        Args:
            path: Behind the service, with its query.

        Raises:
            Misconfigured: A setting of ours, or of the company's SAP, is wrong.
            Unavailable, Malformed: As everywhere.
        """
        with during(operation):
            return self._pages(service, self._got(service, path), kind)

    def one(self, service: str, path: str, operation: str, kind: type[T]) -> T:
        """Reads one record.

        Raises:
            NotFound: There is none.
        """
        with during(operation):
            answer = self._got(service, path)
            return _typed(answer, answer.decoded(_One).d, kind)

    def document(self, service: str, path: str, function: str, operation: str) -> bytes | None:
        """The PDF that a function gives; None where SAP has none."""
        with during(operation):
            answer = self._http.call("GET", f"{self._root}/{service}/{path}", headers=_HEADERS)
            if answer.status in (400, 404) and not _code(answer).startswith(_NO_SERVICE):
                return None
            _judge(answer, is_write=False)
            given = answer.decoded(_One).d
            content = answer.understood(lambda: _binary(given.get(function, given)))
            if not content.startswith(b"%PDF-"):
                answer.fails(Malformed, "what it gives as a PDF is none")
            return content

    def each(self, service: str, paths: Sequence[str], operation: str) -> list[list[dict[str, Any]]]:
        """Reads several lists in one request; only of services whose batches `SapDialect` knows to read."""
        with during(operation):
            if len(paths) == 1:
                return [self._pages(service, self._got(service, paths[0]), dict)]
            boundary = batch.new_boundary()
            answer = self._posted(service, "$batch", batch.of_reads(paths, boundary), _as_batch(boundary))
            _judge(answer, is_write=False)
            parts = multipart.answers(answer)
            if len(parts) != len(paths):
                answer.fails(Malformed, "a batch has other answers than were asked for")
            for part in parts:
                _judge(part, is_write=False)
            return [self._pages(service, part, dict) for part in parts]

    def create(self, service: str, path: str, record: Any, operation: str, kind: type[T]) -> T:
        """Makes a record, with those that belong to it.

        Raises:
            Rejected: SAP said no; its own code is the status.
            Unknown: It may be there.
        """
        with during(operation):
            body = msgspec.json.encode(record)
            answer = self._posted(service, path, body, {"Content-Type": "application/json"})
            _judge(answer, is_write=True)
            with _in_doubt():
                return _typed(answer, answer.decoded(_One).d, kind)

    def change(self, service: str, changes: Sequence[batch.Change], operation: str) -> None:
        """Makes all of these changes, or none.

        Raises:
            Conflict: Somebody else was quicker.
            Rejected: SAP said no; its own code is the status.
            Unknown: They may have been made.
        """
        with during(operation):
            boundary = batch.new_boundary()
            answer = self._posted(service, "$batch", batch.of_changes(changes, boundary), _as_batch(boundary))
            _judge(answer, is_write=True)
            with _in_doubt():
                parts = multipart.answers(answer)
            for part in parts:
                _judge(part, is_write=True)
            if len(parts) != len(changes):
                answer.fails(Unknown, "not every change was answered")

    def at_once(self, first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
        """Makes two calls at the same time."""
        with self._started(second) as other:
            return first(), other()

    def all_at_once(self, *calls: Callable[[], T]) -> list[T]:
        """Makes several calls at the same time."""
        futures = [self._pool.submit(copy_context().run, call) for call in calls[1:]]
        return [calls[0](), *(future.result() for future in futures)]

    @contextmanager
    def _started(self, call: Callable[[], U]) -> Iterator[Callable[[], U]]:
        yield self._pool.submit(copy_context().run, call).result

    def _got(self, service: str, path: str) -> Answer:
        answer = self._http.call("GET", f"{self._root}/{service}/{path}", headers=_HEADERS)
        _judge(answer, is_write=False)
        return answer

    def _pages(self, service: str, answer: Answer, kind: type[T]) -> list[T]:
        found: list[T] = []
        for _ in range(MOST_PAGES):
            page = answer.decoded(_List).d
            found += [_typed(answer, row, kind) for row in page.results]
            if not page.next:
                return found
            # It may name a host that only SAP itself knows.
            answer = self._got(service, page.next.rpartition(f"/{service}/")[2])
        answer.fails(Malformed, "a list has no end")

    def _posted(self, service: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Posts with a token; a token that is good no more is renewed once, for nothing was done with it."""
        url, ours = f"{self._root}/{service}/{path}", self._sessions.of(service)
        answer = self._http.call("POST", url, body=body, headers={**_HEADERS, **headers, **ours.headers})
        if session.is_wanted(answer):
            ours = self._sessions.renewed(service, ours)
            answer = self._http.call("POST", url, body=body, headers={**_HEADERS, **headers, **ours.headers})
        if session.is_wanted(answer):
            answer.fails(Misconfigured, f"{service} takes no CSRF token: does what stands before SAP drop its cookies?")
        return answer


@contextmanager
def during(operation: str) -> Iterator[None]:
    """Adds to an error which operation was under way."""
    try:
        yield
    except FrontdeskError as error:
        error.operation = error.operation or operation
        raise


@contextmanager
def _in_doubt() -> Iterator[None]:
    """A write whose answer makes no sense may have been made."""
    try:
        yield
    except Malformed as error:
        raise Unknown(str(error), system=error.system, status=error.status, request_id=error.request_id) from error


def _as_batch(boundary: str) -> dict[str, str]:
    return {"Content-Type": batch.content_type(boundary), "Accept": "multipart/mixed"}


def _typed(answer: Answer, row: Any, kind: type[T]) -> T:
    return answer.understood(lambda: msgspec.convert(_without_nulls(row), kind))


def _without_nulls(value: Any) -> Any:
    """What is empty is left out, however it is empty."""
    if isinstance(value, dict):
        return {
            name: _without_nulls(one) if isinstance(one, (dict, list)) else one
            for name, one in value.items()
            if one is not None
        }
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _judge(answer: Answer, *, is_write: bool) -> None:
    """Raises what an error means; SAP's own words, which quote values, are left out."""
    if answer.status < 300:
        return
    code = _code(answer)
    if answer.status >= 500:
        answer.fails(Unknown if is_write else Unavailable, "it failed there", code)
    if code.startswith(_NO_SERVICE):
        answer.fails(Misconfigured, "a service isn't active: activate it as docs/connectors/sap.md says", code)
    if answer.status == 403:
        answer.fails(Misconfigured, "SAP_USER may not do this: give it the authorisation for the service", code)
    if answer.status == 404:
        answer.fails(NotFound, "No such document", code)
    if answer.status in (409, 412):
        answer.fails(Conflict, "it changed meanwhile", code)
    if answer.status == 428:
        answer.fails(Malformed, "it demands an ETag where it gave none", code)
    if is_write and code.startswith(_LOCKED):
        answer.fails(Unavailable, "one of the company's people has it open", code)
    if is_write:
        answer.fails(Rejected, "it refused what was asked", code)
    answer.fails(Malformed, "it refuses a query", code)


def _binary(given: Any) -> bytes:
    return base64.b64decode(msgspec.convert(given, PdfRow).BillingDocumentBinary, validate=True)


def _code(answer: Answer) -> str:
    """SAP's own code of an error, in JSON or in XML; empty if there is none."""
    try:
        return msgspec.json.decode(answer.body, type=_Failure).error.code
    except (msgspec.MsgspecError, UnicodeError):
        match = _CODE.search(answer.body)
        return match[1].decode("ascii", "replace") if match else ""

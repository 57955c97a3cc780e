"""The calls to F&O's OData: who we are, pages, several queries at once, and changes of which all are made or none."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
from sqlalchemy.engine import Engine

from middleware.erp import multipart
from middleware.erp.dynamics import batch, odata
from middleware.erp.dynamics.batch import Batch, Change
from middleware.erp.dynamics.refusals import demand_success
from middleware.erp.dynamics.settings import DynamicsAccess, DynamicsRules
from middleware.erp.entra import EntraCredentials
from middleware.errors import FrontdeskError, Malformed, Misconfigured, NotFound, Unavailable, Unknown
from middleware.http import Answer, Dialect, Http, Pause, retry_after
from middleware.settings import Settings

MOST_PAGES = 200
PAUSE_SECONDS = 30.0  # where F&O doesn't say for how long it is busy

T = TypeVar("T")


class DynamicsDialect(Dialect):
    """How F&O speaks HTTP."""

    request_id = "ms-dyn-aid"

    def pause(self, answer: Answer) -> Pause | None:
        """Where it is busy it says for how long, most of the time."""
        if answer.status != 429:
            return None
        return Pause(retry_after(answer) or PAUSE_SECONDS)


class _ReadingDialect(DynamicsDialect):
    """Of batches that hold queries alone."""

    def reads(self, method: str, path: str) -> bool:
        """Whatever is asked, it changes nothing."""
        return True


class _Page(msgspec.Struct):
    value: msgspec.Raw
    next_link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class Api:
    """F&O as one company of it is seen by our app.

    Args:
        engine: Of the store's database, where the access token lies.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        access = settings.erp_access
        if not isinstance(access, DynamicsAccess):
            raise Misconfigured("erp.system is dynamics, but its access wasn't read", system="erp")
        self.settings = settings
        self.access = access
        self.rules: DynamicsRules = settings.erp.dynamics
        self.base = f"{access.url}/data/"
        credentials = EntraCredentials(access, f"{access.url}/.default", engine)
        self._reading = Http("erp", (access.url,), credentials, _ReadingDialect(), settings.erp.threads)
        self._writing = Http("erp", (access.url,), credentials, DynamicsDialect(), settings.erp.threads)

    @property
    def ours(self) -> str:
        """The condition that keeps to the company's rows."""
        return f"dataAreaId eq {odata.text(self.rules.company)}"

    def set_of(
        self,
        name: str,
        condition: str,
        select: Collection[str] = (),
        *,
        expand: str = "",
        order: str = "",
        most: int = 0,
    ) -> str:
        """The query of rows of the company; of all of them without a condition."""
        conditions = (self.ours, condition) if condition else (self.ours,)
        return odata.query(name, odata.both(*conditions), select, expand=expand, order=order, most=most)

    def rows(self, query: str, kind: type[T], operation: str) -> list[T]:
        """Reads all rows of one query."""
        with _named(operation):
            return self._all(self._read(query), kind)

    def batch(self, queries: Sequence[str], operation: str) -> Pages:
        """Asks several queries in one round trip."""
        with _named(operation):
            sent = batch.of_queries(self.base, queries)
            parts = multipart.answers(self._sent(self._reading, sent, reads=True))
            for part, query in zip(parts, queries, strict=False):
                _demand_found(part, query)
            if len(parts) != len(queries):
                raise Malformed("a batch was answered in part", system="erp")
            return Pages(parts, self._all)

    def change(self, changes: Sequence[Change], operation: str) -> Sequence[Answer]:
        """Makes changes, all or none.

        Raises:
            Conflict: A row isn't as it was read.
            Rejected: F&O says no; `status` has the port's word for why.
            Unavailable: Nothing was changed.
            Unknown: It may have been changed.
        """
        with _named(operation):
            sent = batch.of_changes(self.base, changes)
            answer = self._sent(self._writing, sent, reads=False)
            try:
                parts = multipart.answers(answer)
            except Malformed as error:
                raise Unknown(f"it may have been done: {error}", system="erp", status=error.status) from error
            for part in parts:
                demand_success(part, reads=False)
            if len(parts) != len(changes):
                raise Unknown("changes were answered in part", system="erp", request_id=answer.request_id)
            return parts

    def call(self, path: str, body: Any, operation: str) -> Answer:
        """Calls an action that changes nothing, such as one that prints."""
        with _named(operation):
            answer = self._reading.call("POST", self.base + path, json=body, headers=_traced())
            demand_success(answer, reads=True)
            return answer

    def _read(self, query: str) -> Answer:
        url = query if "://" in query.partition("?")[0] else self.base + query
        answer = self._reading.call("GET", url, headers={"Accept": "application/json", **_traced()})
        _demand_found(answer, query)
        return answer

    def _sent(self, http: Http, sent: Batch, reads: bool) -> Answer:
        headers = {"Content-Type": sent.content_type, "Accept": "multipart/mixed", **_traced()}
        answer = http.call("POST", f"{self.base}$batch", body=sent.body, headers=headers)
        if answer.status == 404:
            answer.fails(Misconfigured, "there is no F&O; is DYNAMICS_URL its address?")
        demand_success(answer, reads)
        return answer

    def _all(self, answer: Answer, kind: type[T]) -> list[T]:
        found: list[T] = []
        for _ in range(MOST_PAGES):
            page = answer.decoded(_Page)
            found += _rows(answer, page.value, kind)
            if page.next_link is None:
                return found
            answer = self._read(page.next_link)
        answer.fails(Malformed, "its pages have no end")


class Pages:
    """What several queries found, in the order in which they were asked."""

    def __init__(self, answers: Sequence[Answer], everything: Callable[[Answer, type[Any]], list[Any]]) -> None:
        self._answers = answers
        self._everything = everything

    def of(self, place: int, kind: type[T]) -> list[T]:
        """All rows that one query found; pages beyond the first are asked for."""
        found: list[T] = self._everything(self._answers[place], kind)
        return found


class _named:
    """Says in an error during which operation it came."""

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FrontdeskError):
            error.operation = error.operation or self._operation


@contextmanager
def in_doubt(may_have_happened: bool, operation: str) -> Iterator[None]:
    """Where something may have been done already, whoever can't look may not say that nothing was.

    Raises:
        Unknown: In the place of what says so.
    """
    try:
        yield
    except (Unavailable, Malformed) as error:
        if not may_have_happened:
            raise
        text = f"it can't be looked what became of it: {error}"
        raise Unknown(text, system="erp", operation=operation, status=error.status) from error


def not_found(operation: str) -> NotFound:
    """There is no such thing."""
    return NotFound("there is none", system="erp", operation=operation)


def _demand_found(answer: Answer, query: str) -> None:
    """A query finds nothing where there is nothing; what isn't there at all is its set."""
    if answer.status == 404:
        name = query.partition("?")[0].rpartition("/")[2]
        mend = "look at erp.dynamics of assistant.yml, and whether this version of F&O has it"
        answer.fails(Misconfigured, f"F&O knows no {name}: {mend}")
    demand_success(answer, reads=True)


def _rows(answer: Answer, raw: msgspec.Raw, kind: type[T]) -> list[T]:
    return answer.understood(lambda: msgspec.json.decode(raw, type=list[kind]))  # type: ignore[valid-type]


def _traced() -> dict[str, str]:
    return {"x-ms-client-request-id": str(uuid.uuid4())}

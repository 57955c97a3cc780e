"""Every call to Salesforce: made by simple-salesforce, over our HTTP core, judged and decoded by us.

The library logs in by nobody's name here, so that it never renews a token itself: its own renewal sent the same again
and again where a 401 lasted, and lost headers. What it would say of an error is said before it hears of it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import requests
from simple_salesforce.api import Salesforce, SFType

from middleware.crm.salesforce.credentials import SalesforceCredentials
from middleware.crm.salesforce.errors import RECORDS_AT_ONCE, Judge
from middleware.errors import FrontdeskError, Malformed, NotFound
from middleware.http import Answer, Http

NO_ASSIGNMENT = {"Sforce-Auto-Assign": "FALSE"}
BY_ASSIGNMENT_RULES = {"Sforce-Auto-Assign": "TRUE"}
_ALLOW_DUPLICATES = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_LOCATOR = re.compile(r"/services/data/v[0-9.]+/query/([A-Za-z0-9-]{1,80})")

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A part of what a query found."""

    records: list[T]
    done: bool = True
    nextRecordsUrl: str = ""


class _Found(msgspec.Struct, Generic[T], frozen=True):
    searchRecords: list[T]


class _Part(msgspec.Struct, frozen=True):
    httpStatusCode: int
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Parts(msgspec.Struct, frozen=True):
    compositeResponse: list[_Part]


class _WhyNot(msgspec.Struct, frozen=True):
    statusCode: str = ""
    message: str = ""
    fields: list[str] = []


class _Made(msgspec.Struct, frozen=True):
    id: str | None = None
    success: bool = False
    errors: list[_WhyNot] = []


class _Library(Salesforce):
    """The library's client where the token is good; it writes `https` by itself, the address says what it is."""

    def __init__(self, address: str, version: str, session: requests.Session) -> None:
        super().__init__(session_id="told by the session", instance_url=address, version=version, session=session)
        self.base_url = f"{address}/services/data/v{version}/"

    def kind(self, name: str) -> SFType:
        """An object's own calls."""
        one = SFType(name, self.session_id, self.sf_instance, self.sf_version, session=self.session, salesforce=self)
        one.base_url = f"{self.base_url}sobjects/{name}/"
        return one


class Calls:
    """Makes calls.

    Args:
        http: Shows the credentials' token.
    """

    def __init__(self, http: Http, credentials: SalesforceCredentials, version: str, judge: Judge) -> None:
        self._http = http
        self._credentials = credentials
        self._version = version
        self._judge = judge
        self._session = http.session()
        self._session.hooks["response"] = [self._hear]
        self._heard = threading.local()
        self._libraries: dict[str, _Library] = {}

    @property
    def me(self) -> str:
        """The id of the user whom the app acts for."""
        return self._credentials.token().subject

    def query(self, soql: str, kind: type[T]) -> list[T]:
        """Finds records, all pages of them."""
        answer = self._made(lambda sf: sf.query(soql))
        return self._all_of(answer.decoded(Page[kind]), kind)  # type: ignore[valid-type]

    def queries(self, wanted: Sequence[tuple[str, type[Any]]]) -> list[list[Any]]:
        """Finds records of several kinds in one round trip.

        Args:
            wanted: At most five queries, each with what its records are.
        """
        path = f"/services/data/v{self._version}/query?"
        parts = [
            {"method": "GET", "url": path + urlencode({"q": soql}), "referenceId": f"query{place}"}
            for place, (soql, _) in enumerate(wanted)
        ]
        body = json.dumps({"allOrNone": False, "compositeRequest": parts})
        answer = self._made(lambda sf: sf.restful("composite", method="POST", data=body))
        answers = [_part(answer, one) for one in answer.decoded(_Parts).compositeResponse]
        if len(answers) != len(wanted):
            answer.fails(Malformed, "it answers another number of queries than was asked")
        for one in answers:
            self._judge.demand_success(one, reads=True)
        found = zip(answers, wanted, strict=True)
        return [self._all_of(one.decoded(Page[kind]), kind) for one, (_, kind) in found]  # type: ignore[valid-type]

    def search(self, sosl: str, kind: type[T]) -> list[T]:
        """Finds records by the search index."""
        return self._made(lambda sf: sf.search(sosl)).decoded(_Found[kind]).searchRecords  # type: ignore[valid-type]

    def upsert(
        self, kind: str, field: str, key: str, values: Mapping[str, Any], headers: Mapping[str, str] = NO_ASSIGNMENT
    ) -> str:
        """Makes the record with a key, or changes the one that there is.

        Returns:
            Its id.
        """
        named = f"{field}/{quote(key, safe='')}"
        sent = {**_ALLOW_DUPLICATES, **headers}
        answer = self._made(lambda sf: sf.kind(kind).upsert(named, dict(values), raw_response=True, headers=sent))
        if answer.status == 204:
            (one,) = self.query(f"SELECT Id FROM {kind} WHERE {field} = '{key}'", _Made)
            return _id_of(answer, one)
        return _id_of(answer, answer.decoded(_Made))

    def update(self, kind: str, id_: str, values: Mapping[str, Any]) -> None:
        """Changes a record.

        Raises:
            NotFound: There is none.
        """
        demand_id(id_)
        headers = {**_ALLOW_DUPLICATES, **NO_ASSIGNMENT}
        _demand_nothing(self._made(lambda sf: sf.kind(kind).update(id_, dict(values), headers=headers)))

    def create(self, kind: str, values: Mapping[str, Any]) -> str:
        """Makes a record; with a key in it that is there already, it makes none.

        Returns:
            Its id.
        """
        answer = self._made(lambda sf: sf.kind(kind).create(dict(values), headers=dict(NO_ASSIGNMENT)))
        return _id_of(answer, answer.decoded(_Made))

    def delete(self, kind: str, id_: str) -> None:
        """Takes a record away.

        Raises:
            NotFound: There is none.
        """
        demand_id(id_)
        _demand_nothing(self._made(lambda sf: sf.kind(kind).delete(id_)))

    def create_all(self, kind: str, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Makes records that have no keys, all or none.

        Args:
            records: At most 200.

        Returns:
            Their ids.
        """
        parts = [{"attributes": {"type": kind}, **values} for values in records]
        body = json.dumps({"allOrNone": True, "records": parts})
        answer = self._made(lambda sf: sf.restful(RECORDS_AT_ONCE, method="POST", data=body))
        made = answer.decoded(list[_Made])
        for one in made:
            for error in one.errors:
                if error.statusCode != "ALL_OR_NONE_OPERATION_ROLLED_BACK":
                    self._judge.refuse(answer, error.statusCode, error.message, error.fields)
        return [_id_of(answer, one) for one in made]

    def described(self, kind: str, as_: type[T]) -> T:
        """What an object is like."""
        return self._made(lambda sf: sf.kind(kind).describe()).decoded(as_)

    def limits(self, as_: type[T]) -> T:
        """What of the org's limits is left."""
        return self._made(lambda sf: sf.limits()).decoded(as_)

    def _all_of(self, page: Page[T], kind: type[T]) -> list[T]:
        found = list(page.records)
        while not page.done:
            locator = _LOCATOR.fullmatch(page.nextRecordsUrl)
            if locator is None:
                raise Malformed("the next page isn't where pages are", system="crm")
            more = locator[1]
            page = self._made(lambda sf: sf.query_more(more)).decoded(Page[kind])  # type: ignore[valid-type] # noqa: B023
            found += page.records
        return found

    def _made(self, call: Callable[[_Library], object]) -> Answer:
        """Makes a call, and gives what was answered; what the library reads in it counts for nothing."""
        self._heard.answer = None
        try:
            call(self._library())
        except FrontdeskError:
            raise
        except (ValueError, TypeError, KeyError) as error:  # it can't read it, and neither shall we
            if self._heard.answer is None:
                raise Malformed(f"a call failed: {type(error).__name__}", system="crm") from error
        answer: Answer = self._heard.answer
        return answer

    def _hear(self, response: requests.Response, *_: object, **__: object) -> None:
        """Judges each answer before the library does."""
        answer = Answer(
            status=response.status_code,
            headers=response.headers,
            body=response.content,
            system="crm",
            request_id=response.headers.get("X-Request-Id", ""),
        )
        self._heard.answer = answer
        path = (response.request.url or "").partition("?")[0]
        self._judge.demand_success(answer, self._http.reads(response.request.method or "", path))

    def _library(self) -> _Library:
        address = self._credentials.token().address
        if address not in self._libraries:
            self._http.trust(address)
            self._libraries[address] = _Library(address, self._version, self._session)
        return self._libraries[address]


def is_id(text: str | None) -> bool:
    """Whether something may be an id of Salesforce's: fifteen or eighteen letters and digits."""
    return text is not None and _ID.fullmatch(text) is not None


def demand_id(text: str | None) -> str:
    """Lets nothing but an id into a path or a query.

    Raises:
        NotFound: It is none, so there is no such record.
    """
    if text is None or not is_id(text):
        raise NotFound("no such record", system="crm")
    return text


def _part(answer: Answer, part: _Part) -> Answer:
    """The answer to one of several requests."""
    return Answer(
        status=part.httpStatusCode,
        headers=answer.headers,
        body=bytes(part.body),
        system=answer.system,
        request_id=answer.request_id,
    )


def _demand_nothing(answer: Answer) -> None:
    """What is done is answered by nothing; by anything else, it is not known to be done."""
    if answer.status != 204:
        answer.fails(Malformed, "it doesn't say that it has done what it was told")


def _id_of(answer: Answer, made: _Made) -> str:
    if not is_id(made.id):
        answer.fails(Malformed, "it says of what it made no id")
    return str(made.id)

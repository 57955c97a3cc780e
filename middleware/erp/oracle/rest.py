"""Oracle's REST framework: collections page by page, several of them in one round trip, and single writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from middleware import decoding
from middleware.erp.oracle.dialect import demand_success, lost
from middleware.erp.oracle.settings import OracleRules
from middleware.errors import Malformed
from middleware.http import Answer, Http

RELEASE = "11.13.18.05"
MOST_PAGES = 100
MOST_PARTS = 50  # of one batch
BATCH_MEDIA = "application/vnd.oracle.adf.batch+json"

Names = Mapping[str, str]
T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a collection, or of the children of something."""

    items: list[T] = []
    hasMore: bool = False


@dataclass(frozen=True, kw_only=True)
class Wanted(Generic[T]):
    """A collection that is to be read.

    Attributes:
        path: Below the application's root, such as `salesOrdersForOrderHub`; keys in it are quoted.
        kind: What its rows are.
        query: `q`, `expand`, `fields` and the like.
        names: What is called otherwise there, by what the rows call it; an empty one isn't there.
        offset: How many rows there are already.
    """

    path: str
    kind: type[T]
    query: Mapping[str, str] = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    offset: int = 0


class _Part(msgspec.Struct, frozen=True):
    id: str
    payload: msgspec.Raw = msgspec.Raw(b"null")


class _Parts(msgspec.Struct, frozen=True):
    parts: list[_Part] = []


class Rest:
    """One pod's resources.

    Args:
        url: The pod's address.
    """

    def __init__(self, http: Http, url: str, rules: OracleRules) -> None:
        self.http = http
        self.url = url
        self._size = rules.page_size
        self._headers = {"REST-Framework-Version": str(rules.framework_version), "Accept": "application/json"}

    def rows(self, application: str, wanted: Wanted[T]) -> list[T]:
        """Reads a whole collection."""
        found: list[T] = []
        for _ in range(MOST_PAGES):
            path = self._path(wanted, len(found))
            answer = self._called("GET", f"{self._root(application)}/{path}", wanted.path, reads=True)
            page = read(answer, answer.body, wanted)
            found += page.items
            if not page.hasMore or not page.items:
                return found
        raise Malformed(f"{_name(wanted.path)} has no last page", system="erp")

    def collections(self, application: str, *wanted: Wanted[T]) -> list[list[T]]:
        """Reads several collections in one round trip; what has more pages takes more."""
        if len(wanted) == 1:
            return [self.rows(application, wanted[0])]
        parts = [{"path": f"/{self._path(one, 0)}", "operation": "get"} for one in wanted]
        found = []
        for one, (answer, payload) in zip(wanted, self.batch(application, parts, wanted[0].path), strict=True):
            page = read(answer, payload, one)
            rest = replace(one, offset=one.offset + len(page.items))
            found.append([*page.items, *(self.rows(application, rest) if page.hasMore and page.items else [])])
        return found

    def batch(
        self, application: str, parts: Sequence[Mapping[str, Any]], what: str
    ) -> list[tuple[Answer, msgspec.Raw]]:
        """Asks several things at once, none of which changes anything.

        Returns:
            The payload of each part, in order, with the answer that it came in.
        """
        found: list[tuple[Answer, msgspec.Raw]] = []
        for first in range(0, len(parts), MOST_PARTS):
            some = parts[first : first + MOST_PARTS]
            answer = self._called(
                "POST", self._root(application), what, reads=True, body=_batch(some), kind=BATCH_MEDIA
            )
            payloads = {one.id: one.payload for one in answer.decoded(_Parts).parts}
            if payloads.keys() != set(_ids(some)):
                answer.fails(Malformed, "a batch was answered with other parts than were asked for")
            found += [(answer, payloads[id_]) for id_ in _ids(some)]
        return found

    def together(self, application: str, parts: Sequence[Mapping[str, Any]], what: str) -> None:
        """Writes several things at once, all of them or none; the address says that it is no batch of reads."""
        address = f"{self._root(application)}/"
        answer = self._called("POST", address, what, reads=False, body=_batch(parts), kind=BATCH_MEDIA)
        try:
            done = {one.id for one in answer.decoded(_Parts).parts}
        except Malformed:
            lost(answer)
        if done != set(_ids(parts)):
            lost(answer)

    def create(self, application: str, path: str, body: Mapping[str, Any]) -> Answer:
        """Makes a row of a collection."""
        return self._written("POST", application, path, body, {})

    def update(self, application: str, path: str, body: Mapping[str, Any], tag: str = "") -> Answer:
        """Changes a row, if it is still as `tag` says.

        Raises:
            Conflict: It isn't.
        """
        return self._written("PATCH", application, path, body, {"If-Match": quoted_tag(tag)} if tag else {})

    def delete(self, application: str, path: str) -> None:
        """Takes a row away.

        Raises:
            NotFound: There is none.
        """
        self._called("DELETE", f"{self._root(application)}/{path}", path, reads=False)

    def get(self, application: str, path: str) -> Answer:
        """Reads a single thing."""
        return self._called("GET", f"{self._root(application)}/{path}", path, reads=True)

    def _written(
        self, method: str, application: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Answer:
        answer = self._called(
            method,
            f"{self._root(application)}/{path}",
            path,
            reads=self.http.reads(method, path),
            body=_NUMBERS.encode(body),
            kind="application/json",
            headers=headers,
        )
        if answer.status != 204 and not _is_row(answer.body):
            lost(answer)
        return answer

    def _called(
        self,
        method: str,
        url: str,
        what: str,
        *,
        reads: bool,
        body: bytes | None = None,
        kind: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {**self._headers, **({"Content-Type": kind} if kind else {}), **(headers or {})}
        answer = self.http.call(method, url, body=body, headers=sent)
        demand_success(answer, _name(what), reads)
        return answer

    def _root(self, application: str) -> str:
        return f"{self.url}/{application}RestApi/resources/{RELEASE}"

    def _path(self, wanted: Wanted[Any], found: int) -> str:
        offset = {"offset": str(wanted.offset + found)} if wanted.offset + found else {}
        query = {"onlyData": "true", **wanted.query, "limit": str(self._size), **offset}
        return f"{wanted.path}?{urlencode({name: it for name, it in query.items() if it}, quote_via=quote)}"


def read(answer: Answer, body: bytes | msgspec.Raw, wanted: Wanted[T]) -> Page[T]:
    """A page of a collection as typed rows, whatever its attributes are called there."""
    kind = Page[wanted.kind]  # type: ignore[name-defined]
    return answer.understood(lambda: decoded(body, kind, wanted.names))


def decoded(body: bytes | msgspec.Raw, kind: type[T], names: Names) -> T:
    """JSON as a typed record, whose attributes may be called otherwise there."""
    if not names:
        return decoding.decoded(body, kind)
    ours = {theirs: ours for ours, theirs in names.items() if theirs}
    return decoding.converted(_renamed(_PLAIN.decode(body), ours, frozenset(names)), kind)


_NUMBERS = msgspec.json.Encoder(decimal_format="number")
_PLAIN = msgspec.json.Decoder(float_hook=Decimal)


def _renamed(value: Any, ours: Names, shadowed: Collection[str]) -> Any:
    """With our names; what bears one of them there means something else, and is left out."""
    if isinstance(value, list):
        return [_renamed(one, ours, shadowed) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        ours.get(name, name): _renamed(it, ours, shadowed)
        for name, it in value.items()
        if name in ours or name not in shadowed
    }


def text(value: str) -> str:
    """A text in a condition."""
    return "'" + value.replace("'", "''") + "'"


def one_of(name: str, values: Collection[str]) -> str:
    """A condition: an attribute is one of these."""
    if len(values) == 1:
        return f"{name} = {text(next(iter(values)))}"
    return f"{name} in ({', '.join(map(text, values))})"


def key(*parts: str) -> str:
    """A key in a path: its parts are parted by colons."""
    return ":".join(quote(part, safe="") for part in parts)


def quoted_tag(tag: str) -> str:
    """An entity tag as HTTP has it (RFC 9110 8.8.3)."""
    return tag if tag.startswith(('"', 'W/"')) else f'"{tag}"'


def _ids(parts: Sequence[Any]) -> list[str]:
    return [f"part{place}" for place in range(1, len(parts) + 1)]


def _batch(parts: Sequence[Mapping[str, Any]]) -> bytes:
    return _NUMBERS.encode({"parts": [{"id": id_, **part} for id_, part in zip(_ids(parts), parts, strict=True)]})


def _is_row(body: bytes) -> bool:
    """Whether a write is answered by what was written: else it may not have been."""
    try:
        decoding.decoded(body, dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeError):
        return False
    return True


def _name(path: str) -> str:
    """The resource, without keys or conditions: they may be a customer's data."""
    return path.partition("/")[0].partition("?")[0]

"""The REST framework of Oracle's applications: versions, media types, pages, children, links, ETags, errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote, urlencode

from tests.fakes.oracle_answers import MEDIA, described, explained, written
from tests.fakes.oracle_query import condition, ordered, typed
from tests.fakes.oracle_schema import Kind, Problem, Row
from tests.fakes.oracle_view import View
from tests.fakes.stand_in import Reply, Request

DEFAULT_PAGE, LARGEST_PAGE = 5, 500  # rows of one answer
_LONGEST_URL = 8_000
VERSIONS = ("11.13.18.05", "latest")
_OF_A_COLLECTION = {
    *("q", "limit", "offset", "totalResults", "onlyData", "fields", "expand", "orderBy", "finder", "links"),
    *("dependency",),
}
_OF_AN_ITEM = {"onlyData", "fields", "expand", "links", "dependency"}
_METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE", "get": "GET"}


@dataclass(frozen=True)
class Resource:
    """What can be done with one resource.

    Attributes:
        rows: All that is there.
        create: Makes a row of a body; None where nobody may.
        update: Changes a row by a body.
        delete: Takes a row away.
        added: Makes a row of a child, by the child's name.
        actions: What `/action/name` does, by name, with a row and its arguments.
        found: The row that a key in a path means.
        finders: The attributes that each finder looks for, by their variables.
    """

    kind: Kind
    rows: Callable[[], Iterable[Row]]
    create: Callable[[dict[str, Any]], Row] | None = None
    update: Callable[[Row, dict[str, Any], str], None] | None = None
    delete: Callable[[Row], None] | None = None
    added: Mapping[str, Callable[[Row, dict[str, Any]], Row]] = field(default_factory=dict)
    actions: Mapping[str, Callable[[Row, dict[str, Any]], Any]] = field(default_factory=dict)
    found: Callable[[str], Row | None] | None = None
    finders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Asked:
    """One request as the framework understands it."""

    base: str
    version: int
    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Rest:
    """One application's resources.

    Args:
        resources: By the name of the application (`fscm`, `crm`) and their own.
        snapshot: Gives what puts some resources back as they were: a batch is done as a whole or not at all.
    """

    def __init__(
        self,
        resources: Mapping[str, Mapping[str, Resource]],
        snapshot: Callable[[Collection[str]], Callable[[], None]],
    ) -> None:
        self._resources = resources
        self._snapshot = snapshot

    def answer(self, request: Request) -> Reply:
        """Does and answers what is asked, or says in the form of the framework's version why not."""
        version = _version(request)
        try:
            if not version:
                raise Problem(400, "The REST-Framework-Version header has a value that isn't supported.", "27500")
            reply = self._answered(request, version)
        except Problem as problem:
            reply = explained(problem, version or 1)
        return Reply(
            status=reply.status,
            headers={"rest-framework-version": str(version or 1), **reply.headers},
            body=reply.body,
        )

    def _answered(self, request: Request, version: int) -> Reply:
        if len(request.path) + len(urlencode(request.query, quote_via=quote)) > _LONGEST_URL:
            raise Problem(414, "Request-URI Too Long")
        application, _, rest = request.path.lstrip("/").partition("RestApi/resources/")
        release, _, path = rest.partition("/")
        if application not in self._resources or release not in VERSIONS:
            raise Problem(404, "Not Found")
        base = f"http://{request.headers.get('host', '')}/{application}RestApi/resources/{release}"
        asked = _Asked(base, version, request.method, request.query, request.headers)
        if not path.strip("/"):
            return self._batch(self._resources[application], asked, request)
        _demand_acceptable(request.headers)
        body = _body(request, path) if request.method in ("POST", "PATCH") else {}
        return self._routed(self._resources[application], asked, path, body)

    def _batch(self, resources: Mapping[str, Resource], asked: _Asked, request: Request) -> Reply:
        if asked.method != "POST":
            raise Problem(405, "Method Not Allowed")
        if request.headers.get("content-type", "").partition(";")[0] != f"{MEDIA}batch+json":
            raise Problem(415, "Unsupported Media Type")
        parts = _parsed(request.body).get("parts")
        if not isinstance(parts, list) or not parts:
            raise Problem(400, "The batch has no parts.", "27530")
        written_to = [name for part in parts for name in _written_to(resources, part)]
        back = self._snapshot(written_to) if written_to else _nothing
        answers = []
        for part in parts:
            try:
                answers.append(self._part(resources, asked, part))
            except Problem as problem:
                back()
                raise Problem(problem.status, problem.detail, problem.code, str(part.get("id", ""))) from None
        return written({"parts": answers}, "batch+json")

    def _part(self, resources: Mapping[str, Resource], asked: _Asked, part: Any) -> dict[str, Any]:
        if not isinstance(part, dict) or set(part) - {"id", "path", "operation", "payload", "ifMatch"}:
            raise Problem(400, "A part of the batch isn't one.", "27530")
        payload = part.get("payload", {})
        is_known = part.get("operation") in _METHODS and isinstance(payload, dict)
        if not {"id", "path"} <= set(part) or not is_known:
            raise Problem(400, "A part of the batch isn't one.", "27530")
        path, _, query = str(part["path"]).lstrip("/").partition("?")
        given = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
        inner = _Asked(
            asked.base,
            asked.version,
            _METHODS[part["operation"]],
            {name: unquote(value.replace("+", " ")) for name, value in given.items()},
            {**({"if-match": part["ifMatch"]} if "ifMatch" in part else {})},
        )
        reply = self._routed(resources, inner, path, payload)
        done = {"id": part["id"], "path": f"{asked.base}/{path}", "operation": part["operation"]}
        return {**done, "payload": json.loads(reply.body)} if reply.body else done

    def _routed(self, resources: Mapping[str, Resource], asked: _Asked, path: str, body: dict[str, Any]) -> Reply:
        name, *rest = (unquote(part) for part in path.rstrip("/").split("/"))
        if name not in resources:
            raise Problem(404, "Not Found")
        resource = resources[name]
        where = f"{asked.base}/{name}"
        if not rest:
            return self._of_collection(resource, asked, where, body)
        if rest == ["describe"]:
            return written(described(name, resource.kind), "describe+json")
        row = (resource.found or _by_key(resource))(rest[0])
        if row is None:
            raise Problem(404, f"The resource item with the key {rest[0][:40]} was not found.", "27508")
        where = f"{where}/{quote(rest[0], safe=':')}"
        if len(rest) == 1:
            return self._of_item(resource, asked, where, row, body)
        if rest[1] == "action" and len(rest) == 3 and rest[2] in resource.actions:
            _demand(asked, "POST")
            return written({"result": resource.actions[rest[2]](row, body)}, "actionresult+json")
        if asked.method == "POST" and len(rest) == 3 and rest[1] == "child" and rest[2] in resource.added:
            made = resource.added[rest[2]](row, body)
            return _made(resource.kind.children[rest[2]], made, asked, f"{where}/child/{rest[2]}")
        return _of_child(resource.kind, row, asked, where, rest[1:])

    def _of_collection(self, resource: Resource, asked: _Asked, where: str, body: dict[str, Any]) -> Reply:
        if asked.method == "POST" and resource.create:
            return _made(resource.kind, resource.create(body), asked, where)
        _demand(asked, "GET")
        if not resource.kind.readable:
            raise Problem(405, "Method Not Allowed")
        return _collection(resource, resource.kind, resource.rows(), asked, where)

    def _of_item(self, resource: Resource, asked: _Asked, where: str, row: Row, body: dict[str, Any]) -> Reply:
        if asked.method == "GET":
            if set(asked.query) - _OF_AN_ITEM:
                raise Problem(400, f"URL request parameter {min(set(asked.query) - _OF_AN_ITEM)} cannot be used here.")
            return _single(resource.kind, row, asked, where)
        wanted = asked.headers.get("if-match", "*").removeprefix("W/").strip('"')
        if wanted not in ("*", row.tag):
            problem = Problem(412, "The resource item has been changed by another user.", "27511")
            problem.headers["ETag"] = f'"{row.tag}"'
            raise problem
        if asked.method == "PATCH" and resource.update:
            resource.update(row, body, unquote(where.rsplit("/", 1)[1]))
            return _single(resource.kind, row, asked, where)
        if asked.method == "DELETE" and resource.delete:
            resource.delete(row)
            return Reply(status=204)
        raise Problem(405, "Method Not Allowed")


def _written_to(resources: Mapping[str, Resource], part: Any) -> list[str]:
    """The resource that a part of a batch may change."""
    if not isinstance(part, dict) or part.get("operation") == "get":
        return []
    name = str(part.get("path")).strip("/").partition("/")[0]
    return [] if name in resources and not resources[name].kind.readable else [name]


def _nothing() -> None:
    """There is nothing to put back."""


def _version(request: Request) -> int:
    given = request.headers.get("rest-framework-version", "1")
    return int(given) if given in tuple("123456789") else 0


def _demand(asked: _Asked, method: str) -> None:
    if asked.method != method:
        raise Problem(405, "Method Not Allowed")


def _demand_acceptable(headers: Mapping[str, str]) -> None:
    accepted = [one.partition(";")[0].strip() for one in headers.get("accept", "*/*").split(",")]
    if not any(one in ("*/*", "application/*", "application/json") or one.startswith(MEDIA) for one in accepted):
        raise Problem(406, "Not Acceptable")


def _body(request: Request, path: str) -> dict[str, Any]:
    media = request.headers.get("content-type", "").partition(";")[0].strip()
    allowed = [f"{MEDIA}action+json"] if "/action/" in path else [f"{MEDIA}resourceitem+json", "application/json"]
    if media not in allowed:
        raise Problem(415, "Unsupported Media Type")
    return _parsed(request.body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body, parse_float=Decimal)
    except ValueError:
        raise Problem(400, "The payload of the request is not valid JSON.", "27501") from None
    if not isinstance(found, dict):
        raise Problem(400, "The payload of the request is not a JSON object.", "27501")
    return found


def _by_key(resource: Resource) -> Callable[[str], Row | None]:
    return lambda key: next((row for row in resource.rows() if row.id == key), None)


def _of_child(kind: Kind, row: Row, asked: _Asked, where: str, rest: list[str]) -> Reply:
    """What hangs below a row; it can be read only."""
    if len(rest) < 2 or rest[0] != "child" or rest[1] not in kind.children:
        raise Problem(404, "Not Found")
    _demand(asked, "GET")
    child, rows = kind.children[rest[1]], row.children.get(rest[1], [])
    where = f"{where}/child/{rest[1]}"
    if len(rest) == 2:
        return _collection(None, child, rows, asked, where)
    found = next((one for one in rows if one.id == rest[2]), None)
    if found is None:
        raise Problem(404, f"The resource item with the key {rest[2][:40]} was not found.", "27508")
    where = f"{where}/{rest[2]}"
    return _single(child, found, asked, where) if len(rest) == 3 else _of_child(child, found, asked, where, rest[3:])


def _made(kind: Kind, row: Row, asked: _Asked, where: str) -> Reply:
    where = f"{where}/{quote(row.id, safe=':')}"
    reply = written(View(kind, asked.query, asked.version).item(row, where), "resourceitem+json", 201)
    return Reply(status=201, headers={**reply.headers, "ETag": f'"{row.tag}"', "Location": where}, body=reply.body)


def _single(kind: Kind, row: Row, asked: _Asked, where: str) -> Reply:
    reply = written(View(kind, asked.query, asked.version).item(row, where), "resourceitem+json")
    return Reply(headers={**reply.headers, "ETag": f'"{row.tag}"'}, body=reply.body)


def _collection(resource: Resource | None, kind: Kind, rows: Iterable[Row], asked: _Asked, where: str) -> Reply:
    query = asked.query
    unknown = set(query) - _OF_A_COLLECTION
    if unknown:
        raise Problem(400, f"URL request parameter {min(unknown)} cannot be used in this context.", "27520")
    view = View(kind, query, asked.version)
    found = _found_by(resource, query["finder"], rows) if "finder" in query else list(rows)
    if query.get("q"):
        test = condition(kind, query["q"], asked.version)
        found = [row for row in found if test(row)]
    if query.get("orderBy"):
        found = ordered(kind, query["orderBy"], found)
    limit, offset = min(_number(query, "limit", DEFAULT_PAGE), LARGEST_PAGE), _number(query, "offset", 0)
    shown = found[offset : offset + limit]
    answer = {
        "items": [view.item(row, f"{where}/{quote(row.id, safe=':')}") for row in shown],
        **({"totalResults": len(found)} if query.get("totalResults") == "true" else {}),
        "count": len(shown),
        "hasMore": offset + len(shown) < len(found),
        "limit": limit,
        "offset": offset,
        "links": [{"rel": "self", "href": where, "name": where.rsplit("/", 1)[1], "kind": "collection"}],
    }
    return written(answer, "resourcecollection+json")


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    given = query.get(name, str(otherwise))
    if not (given.isascii() and given.isdigit()) or len(given) > 9:
        raise Problem(400, f"URL request parameter {name} with value {given[:20]} is not valid.", "27522")
    return int(given)


def _found_by(resource: Resource | None, text: str, rows: Iterable[Row]) -> list[Row]:
    name, _, pairs = text.partition(";")
    variables = (resource.finders if resource else {}).get(name)
    if variables is None or resource is None:
        raise Problem(400, f"The finder {name[:40]} is not valid.", "27518")
    given = dict(pair.partition("=")[::2] for pair in pairs.replace(";", ",").split(",") if pair)
    if not given or set(given) - set(variables):
        raise Problem(400, f"The variables of the finder {name} are not valid.", "27519")
    try:
        wanted = {
            variables[one]: typed(resource.kind.attributes[variables[one]].form, value) for one, value in given.items()
        }
    except (ValueError, KeyError):
        raise Problem(400, f"The variables of the finder {name} are not valid.", "27519") from None
    return [row for row in rows if all(row.values.get(attribute) == value for attribute, value in wanted.items())]

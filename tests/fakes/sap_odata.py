"""OData V2 over the records of the stand-in's SAP: reading, paging, writing with ETags, function imports."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tests.fakes.sap_errors import No, malformed, not_found
from tests.fakes.sap_query import (
    Options,
    Segment,
    Shape,
    chosen,
    demand_options,
    key_of,
    led_to,
    named_entity,
    options,
    segments,
    shape_of,
)
from tests.fakes.sap_records import Records, Row
from tests.fakes.sap_schema import ENTITIES, SERVICES, Entity
from tests.fakes.sap_values import given, literal, shown
from tests.fakes.stand_in import Reply

BASE = "/sap/opu/odata/sap/"
_ATOM = {"Content-Type": "application/atom+xml;type=feed; charset=utf-8"}

Create = Callable[[Row, dict[str, list[Row]]], Row]
Update = Callable[[Row, Row], None]
Function = Callable[[dict[str, str]], Row]


class OData:
    """The services.

    Args:
        records: What they read.
        url: Gives the address of the server.

    Attributes:
        creators: What makes a new one of an entity, from its values and those of the entities below it, by navigation.
        updaters: What changes one, by entity.
        functions: Function imports, by service and name, with their parameters.
        page: How many of a set come at once.
        padded: Whether documents are shown, and must be asked for, with all their zeros.
    """

    def __init__(self, records: Records, url: Callable[[], str]) -> None:
        self.records, self._url = records, url
        self.creators: dict[str, Create] = {}
        self.updaters: dict[str, Update] = {}
        self.functions: dict[tuple[str, str], tuple[tuple[str, ...], Function]] = {}
        self.page = 20
        self.padded = True

    def answer(self, service: str, method: str, path: str, raw: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What comes of one request.

        Args:
            path: After the service, still encoded; `raw`: the query, as it came.
        """
        asked, given_options = segments(path), options(raw)
        if method == "POST" and headers.get("x-http-method") in ("MERGE", "PATCH", "PUT", "DELETE"):
            method = headers["x-http-method"]
        if (service, asked[0].name) in self.functions:
            return self._called(service, method, asked, given_options, headers)
        if method == "GET":
            return self._read(service, asked, given_options, headers)
        if set(given_options) - {"sap-client", "sap-language"}:
            malformed("Query options make no sense when something is written")
        if method == "POST":
            return self._created(service, asked, headers, body)
        if method in ("PATCH", "MERGE", "PUT"):
            return self._updated(service, asked, headers, body)
        raise No(405, "/IWFND/CM_BEC/026", f"Method '{method}' is not allowed here")

    # What is read

    def _read(self, service: str, asked: list[Segment], wanted: Options, headers: Mapping[str, str]) -> Reply:
        counts = asked[-1].name == "$count" and len(asked) > 1
        entity, found, is_many = self._found(service, asked[:-1] if counts else asked)
        demand_options(wanted, is_many)
        if counts:
            count = str(len(chosen(found, entity, wanted, self.padded)))
            return Reply(body=count.encode(), headers={"Content-Type": "text/plain"})
        shape = shape_of(entity, wanted)
        rows = chosen(found, entity, wanted, self.padded) if is_many else found
        if not wants_json(wanted, headers):
            return Reply(body=b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>', headers=_ATOM)
        if is_many:
            return Reply(json={"d": self._page(service, asked, entity, rows, wanted, shape)})
        return Reply(json={"d": self._shown(entity, rows[0], shape)}, headers=_etag_header(entity, rows[0]))

    def _found(self, service: str, asked: list[Segment]) -> tuple[Entity, list[Row], bool]:
        """The rows that a path leads to, and whether it may lead to several."""
        first, *ways = asked
        entity = named_entity(service, first.name)
        rows, is_many = self.records.of(entity.name), True
        if first.key is not None:
            rows, is_many = [self._row(entity, first.key)], False
        for way in ways:
            if is_many:
                not_found(way.name)
            there = led_to(entity, way.name)
            navigation = entity.navigations[way.name]
            rows, is_many = self.records.related(rows[0], navigation), navigation.is_many
            entity = there
            if way.key is not None:
                key = key_of(entity, way.key, self.padded)
                rows, is_many = [row for row in rows if tuple(row[one] for one in entity.keys) == key], False
            if not is_many and not rows:
                not_found(way.name)
        return entity, rows, is_many

    def _row(self, entity: Entity, key: str) -> Row:
        wanted = key_of(entity, key, self.padded)
        family = self.records.family(entity.name, wanted[0])
        row = next((one for one in family if _key(entity, one) == wanted), None)
        return row if row is not None else not_found(entity.name)

    def _page(
        self, service: str, asked: list[Segment], entity: Entity, rows: list[Row], wanted: Options, shape: Shape
    ) -> Row:
        first = int(wanted.get("$skip", 0)) + int(wanted.get("$skiptoken", 0))
        last = int(wanted.get("$skip", 0)) + int(wanted["$top"]) if "$top" in wanted else len(rows)
        end = min(last, first + self.page)
        answer: Row = {"results": [self._shown(entity, row, shape) for row in rows[first:end]]}
        if wanted.get("$inlinecount") == "allpages":
            answer = {"__count": str(len(rows)), **answer}
        if end < min(last, len(rows)):
            token = int(wanted.get("$skiptoken", 0)) + self.page
            again = {**wanted, "$skiptoken": str(token)}
            query = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in again.items())
            answer["__next"] = f"{self._url()}{BASE}{service}/{_path(asked)}?{query}"
        return answer

    def _shown(self, entity: Entity, row: Row, shape: Shape) -> Row:
        uri = f"{self._url()}{BASE}{entity.service}/{self._address(entity, row)}"
        answer: Row = {"__metadata": {"id": uri, "uri": uri, "type": f"{entity.service}.{entity.name}Type"}}
        if entity.etag:
            answer["__metadata"]["etag"] = etag_of(entity, row)
        for one in entity.properties.values():
            if not shape.selects or one.name in shape.properties:
                answer[one.name] = shown(one, row[one.name], entity.zeros, self.padded)
        for way, there in entity.navigations.items():
            if shape.selects and way not in shape.properties:
                continue
            if way not in shape.ways:
                answer[way] = {"__deferred": {"uri": f"{uri}/{way}"}}
                continue
            found = [self._shown(ENTITIES[there.to], one, shape.ways[way]) for one in self.records.related(row, there)]
            answer[way] = {"results": found} if there.is_many else next(iter(found), None)
        return answer

    def _address(self, entity: Entity, row: Row) -> str:
        values = {name: shown(entity.properties[name], row[name], entity.zeros, self.padded) for name in entity.keys}
        texts = {name: _quoted(entity.properties[name].kind, value) for name, value in values.items()}
        if len(texts) == 1:
            return f"{entity.name}({next(iter(texts.values()))})"
        return f"{entity.name}({','.join(f'{name}={text}' for name, text in texts.items())})"

    # What is called

    def _called(
        self, service: str, method: str, asked: list[Segment], wanted: Options, headers: Mapping[str, str]
    ) -> Reply:
        names, function = self.functions[service, asked[0].name]
        if method != "GET" or len(asked) > 1:
            raise No(405, "/IWFND/CM_BEC/026", f"Method '{method}' is not allowed here")
        values: dict[str, str] = {}
        for name, text in wanted.items():
            value = literal(text, 0)
            if name in names and value and value[0] == "String" and value[2] == len(text):
                values[name] = value[1]
            elif name not in {"$format", "sap-client", "sap-language"}:
                malformed(f"Invalid function import parameter '{name}'")
        if set(values) != set(names):
            malformed(f"Function import '{asked[0].name}' needs {', '.join(names)}")
        answer = function(values)
        if not wants_json(wanted, headers):
            return Reply(body=b'<?xml version="1.0"?><GetPDF/>', headers={"Content-Type": "application/xml"})
        return Reply(json={"d": {asked[0].name: answer}})

    # What is written

    def _created(self, service: str, asked: list[Segment], headers: Mapping[str, str], body: bytes) -> Reply:
        if len(asked) > 1 or asked[0].key is not None:
            raise No(405, "/IWFND/CM_BEC/026", "Method 'POST' is not allowed here")
        entity = named_entity(service, asked[0].name)
        if entity.name not in self.creators:
            raise No(405, "/IWBEP/CM_MGW_RT/021", f"Method 'CREATE_ENTITY' not implemented for '{entity.name}'")
        payload = _payload(headers, body)
        below = {way: payload.pop(way) for way in list(payload) if way in entity.navigations}
        values = _values(entity, payload, "creatable")
        inside = {way: self._below(led_to(entity, way), rows) for way, rows in below.items()}
        row = self.creators[entity.name](values, inside)
        address = f"{self._url()}{BASE}{service}/{self._address(entity, row)}"
        shape = Shape(ways={way: Shape() for way in inside})
        answer = {"d": self._shown(entity, row, shape)}
        return Reply(status=201, json=answer, headers={"Location": address, **_etag_header(entity, row)})

    def _below(self, entity: Entity, rows: Any) -> list[Row]:
        rows = rows.get("results") if isinstance(rows, dict) else rows
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            malformed("A list of entities is expected")
        return [_values(entity, row, "creatable") for row in rows]

    def _updated(self, service: str, asked: list[Segment], headers: Mapping[str, str], body: bytes) -> Reply:
        entity, rows, is_many = self._found(service, asked)
        if is_many or entity.name not in self.updaters:
            raise No(405, "/IWBEP/CM_MGW_RT/021", f"Method 'UPDATE_ENTITY' not implemented for '{entity.name}'")
        demand_match(entity, rows[0], headers)
        payload = {name: value for name, value in _payload(headers, body).items() if name != "__metadata"}
        self.updaters[entity.name](rows[0], _values(entity, payload, "updatable"))
        return Reply(status=204)


def demand_match(entity: Entity, row: Row, headers: Mapping[str, str]) -> None:
    """Refuses what would overwrite another's change, where the entity has a token."""
    if not entity.etag:
        return
    shown_etag = headers.get("if-match")
    if not shown_etag:
        raise No(428, "/IWFND/CM_MGW_RT/428", "Precondition required: the If-Match header is missing")
    if shown_etag == "*":
        raise No(400, "/IWFND/CM_MGW_RT/400", "If-Match: * is refused: it would overwrite whatever is there")
    if shown_etag != etag_of(entity, row):
        raise No(412, "/IWFND/CM_MGW_RT/412", "Precondition failed: the entity was changed meanwhile")


def etag_of(entity: Entity, row: Row) -> str:
    """The concurrency token of a row."""
    value = row[entity.etag]
    if isinstance(value, datetime):
        moment = quote(value.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"), safe="")
        return f"W/\"datetimeoffset'{moment}'\""
    return f"W/\"'{value}'\""


def wants_json(wanted: Options, headers: Mapping[str, str]) -> bool:
    """Whether the answer is to be JSON; it is XML else."""
    return wanted.get("$format") == "json" or "application/json" in headers.get("accept", "")


def metadata(service: str) -> str:
    """What a service says of itself: its entities and their properties."""
    types = []
    for name in sorted(SERVICES[service]):
        entity = ENTITIES[name]
        keys = "".join(f'<PropertyRef Name="{key}"/>' for key in entity.keys)
        all_of_them = "".join(
            f'<Property Name="{one.name}" Type="Edm.{one.kind}"/>' for one in entity.properties.values()
        )
        types.append(f'<EntityType Name="{name}Type"><Key>{keys}</Key>{all_of_them}</EntityType>')
    sets = "".join(
        f'<EntitySet Name="{name}" EntityType="{service}.{name}Type"/>' for name in sorted(SERVICES[service])
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="1.0"'
        ' xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>'
        f'<Schema Namespace="{service}" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">{"".join(types)}'
        f'<EntityContainer Name="{service}_Entities">{sets}</EntityContainer></Schema>'
        "</edmx:DataServices></edmx:Edmx>"
    )


def _payload(headers: Mapping[str, str], body: bytes) -> Row:
    if "application/json" not in headers.get("content-type", ""):
        raise No(415, "/IWFND/CM_MGW_RT/415", "Unsupported media type: application/json is expected")
    try:
        payload = json.loads(body)
    except (ValueError, UnicodeError):
        malformed("Error while parsing the request body")
    if not isinstance(payload, dict):
        malformed("An entity is expected")
    return payload.get("d", payload) if len(payload) == 1 else payload


def _values(entity: Entity, payload: Row, may: str) -> Row:
    """The values of a payload, each of which must be known, be allowed, and fit."""
    values = {}
    for name, value in payload.items():
        one = entity.properties.get(name)
        if one is None:
            malformed(f"Property '{name}' is invalid: {entity.name}Type hasn't it")
        if not getattr(one, may):
            malformed(f"Property '{name}' of {entity.name}Type is not {may}")
        values[name] = given(one, value)
    return values


def _key(entity: Entity, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in entity.keys)


def _quoted(kind: str, value: str) -> str:
    if kind == "Guid":
        return f"guid'{value}'"
    return quote("'" + value.replace("'", "''") + "'", safe="'")


def _path(asked: list[Segment]) -> str:
    return "/".join(
        one.name + (f"({quote(one.key, safe=chr(39) + '=,')})" if one.key is not None else "") for one in asked
    )


def _etag_header(entity: Entity, row: Row) -> dict[str, str]:
    return {"ETag": etag_of(entity, row)} if entity.etag else {}

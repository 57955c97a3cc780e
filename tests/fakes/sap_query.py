"""The part of a URL that comes after the service: which resource is meant, and how it is to be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.fakes.sap_errors import malformed, not_found
from tests.fakes.sap_filter import Filter
from tests.fakes.sap_schema import ENTITIES, SERVICES, Entity
from tests.fakes.sap_values import literal, meant

_SEGMENT = re.compile(r"([A-Za-z_$]\w*)(?:\((.*)\))?", re.DOTALL)
_KEY_NAME = re.compile(r"([A-Za-z_]\w*)=")
_OF_ONE = {"$format", "$expand", "$select"}
_OF_MANY = _OF_ONE | {"$filter", "$top", "$skip", "$skiptoken", "$orderby", "$inlinecount"}
_EVERYWHERE = {"sap-client", "sap-language"}
_LONGEST_EXPAND = 3  # entities behind each other

Options = dict[str, str]


@dataclass
class Shape:
    """What of an entity is shown: which properties (all, if none is named), and which ways are followed."""

    properties: set[str] = field(default_factory=set)
    ways: dict[str, Shape] = field(default_factory=dict)
    selects: bool = False


@dataclass
class Segment:
    """One step of a path."""

    name: str
    key: str | None


def decoded(text: str) -> str:
    """A part of a URL without its per cent signs."""
    if "+" in text:
        malformed("The URL contains a '+' where a space, or an encoded plus, is expected")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        malformed("The URL is no UTF-8")


def segments(path: str) -> list[Segment]:
    """The steps of a path that is still encoded."""
    found = []
    for part in path.split("/"):
        match = _SEGMENT.fullmatch(decoded(part))
        if match is None:
            not_found(part)
        found.append(Segment(match[1], match[2]))
    return found


def options(raw: str) -> Options:
    """The options of a query, each once."""
    found: Options = {}
    for part in filter(None, raw.split("&")):
        name, _, value = part.partition("=")
        if decoded(name) in found:
            malformed(f"The query option '{decoded(name)}' is given twice")
        found[decoded(name)] = decoded(value)
    return found


def demand_options(given: Options, is_many: bool) -> None:
    """Refuses options that there aren't, or that make no sense here."""
    for name in given:
        if name not in (_OF_MANY if is_many else _OF_ONE) | _EVERYWHERE:
            malformed(f"The query option '{name}' is not supported here")
    if given.get("$format", "json") not in ("json", "atom", "xml"):
        malformed("The value of $format is not supported")
    for name in ("$top", "$skip", "$skiptoken"):
        if name in given and not re.fullmatch(r"\d{1,9}", given[name]):
            malformed(f"Invalid system query option value: {name}")
    if given.get("$inlinecount", "none") not in ("none", "allpages"):
        malformed("Invalid system query option value: $inlinecount")


def named_entity(service: str, name: str) -> Entity:
    """The entity of a set of a service."""
    if name not in SERVICES[service]:
        not_found(name)
    return ENTITIES[name]


def led_to(entity: Entity, way: str) -> Entity:
    """Where a navigation leads."""
    there = entity.navigations.get(way)
    if there is None:
        not_found(way)
    if not there.to:
        malformed(f"The stand-in doesn't know what '{way}' of {entity.name} leads to")
    return ENTITIES[there.to]


def key_of(entity: Entity, text: str, padded: bool) -> tuple[Any, ...]:
    """The values of a key as it stands in brackets."""
    found: dict[str, Any] = {}
    place = 0
    while place < len(text) or not found:
        name = entity.keys[0]
        if match := _KEY_NAME.match(text, place):
            name, place = match[1], match.end()
        elif len(entity.keys) > 1:
            malformed(f"Invalid key predicate of {entity.name}")
        value = literal(text, place)
        if name not in entity.keys or name in found or value is None:
            malformed(f"Invalid key predicate of {entity.name}")
        kind, said, place = value
        found[name] = meant(entity.properties[name], kind, said, padded)
        if place < len(text):
            if text[place] != ",":
                malformed(f"Invalid key predicate of {entity.name}")
            place += 1
    if set(found) != set(entity.keys):
        malformed(f"Invalid key predicate of {entity.name}: all of {', '.join(entity.keys)} are needed")
    return tuple(found[name] for name in entity.keys)


def shape_of(entity: Entity, given: Options) -> Shape:
    """What is to be shown."""
    shape = Shape()
    for path in filter(None, given.get("$expand", "").split(",")):
        _expand(shape, entity, path.strip().split("/"))
    for path in filter(None, given.get("$select", "").split(",")):
        _select(shape, entity, path.strip().split("/"))
    return shape


def _expand(shape: Shape, entity: Entity, path: list[str]) -> None:
    if len(path) > _LONGEST_EXPAND:
        malformed("$expand goes too far")
    for way in path:
        if way not in entity.navigations:
            malformed(f"Navigation property '{way}' not found in type {entity.name}Type")
        entity = led_to(entity, way)
        shape = shape.ways.setdefault(way, Shape())


def _select(shape: Shape, entity: Entity, path: list[str]) -> None:
    shape.selects = True
    *ways, last = path
    for way in ways:
        if way not in shape.ways:
            malformed(f"$select names '{way}', which isn't expanded")
        shape.properties.add(way)
        entity, shape = led_to(entity, way), shape.ways[way]
        shape.selects = True
    if last == "*":
        shape.properties |= set(entity.properties)
    elif last in entity.properties or last in entity.navigations:
        shape.properties.add(last)
        if last in shape.ways and not shape.ways[last].properties:
            shape.ways[last].selects = False
    else:
        malformed(f"Property {last} not found in type {entity.name}Type")


def chosen(rows: list[dict[str, Any]], entity: Entity, given: Options, padded: bool) -> list[dict[str, Any]]:
    """The rows that are asked for, in the order that is asked for."""
    if "$filter" in given:
        test = Filter(given["$filter"], entity, padded)
        rows = [row for row in rows if test.matches(row)]
    for part in reversed([one for one in given.get("$orderby", "").split(",") if one.strip()]):
        name, _, direction = part.strip().partition(" ")
        if name not in entity.properties or direction.strip() not in ("", "asc", "desc"):
            malformed("Invalid system query option value: $orderby")
        rows = sorted(rows, key=partial(_sortable, name), reverse=direction.strip() == "desc")
    return rows


def _sortable(name: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row[name] is not None, row[name]) if row[name] is not None else (False,)

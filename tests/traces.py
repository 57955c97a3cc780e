"""Traces every number, day and name that the assistant said to the field of a record or setting that it came from.

Texts hold none themselves (tests/unit/test_domain.py), so whatever stands in a reply beside the response's own words
filled a placeholder; and each placeholder's source must be a field that there is.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

import middleware
from middleware import store
from middleware.settings import Settings
from tests.model import DOMAIN

PLACEHOLDER = re.compile(r"\{(\w+)\}")
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]


def untraced(engine: sa.engine.Engine, settings: Settings, conversation_id: str | None = None) -> list[str]:
    """What the assistant said in all conversations, or in one, that can't be traced; in sentences."""
    query = sa.select(store.messages.c.payload).where(store.messages.c.author == "bot")
    if conversation_id is not None:
        query = query.where(store.messages.c.conversation_id == conversation_id)
    with engine.connect() as connection:
        said = list(connection.execute(query).scalars())
    return [complaint for one in said for complaint in complaints(one, settings)]


def complaints(message: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    """What of one message can't be traced."""
    name, text, sources = message.get("response"), message.get("text", ""), message.get("sources") or {}
    if name not in RESPONSES:
        yield f"{text!r} is no response of domain.yml"
        return
    readings = [parted(variant["text"], text) for variant in RESPONSES[name]]
    filled = next((one for one in readings if one is not None), None)
    if filled is None:
        yield f"{name}: {text!r} is none of its variants"
        return
    for placeholder, value in filled.items():
        yield from (f"{name}: {value!r} {why}" for why in unfounded(value, sources.get(placeholder), settings))
    static = {button["title"] for variant in RESPONSES[name] for button in variant.get("buttons", ())}
    for button in message.get("buttons", ()):
        if button["title"] not in static:
            why = list(unfounded(button["title"], button.get("source"), settings))
            yield from (f"{name}: the button {button['title']!r} {one}" for one in why)


def parted(response: str, text: str) -> dict[str, str] | None:
    """What filled each placeholder of a response in a text; None if the text isn't this response."""
    pattern, seen = "", set()
    for index, part in enumerate(PLACEHOLDER.split(response)):
        if index % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in seen else f"(?P<{part}>.*)"
            seen.add(part)
    match = re.fullmatch(pattern, text, re.DOTALL)
    return match.groupdict() if match else None


def unfounded(value: str, source: str | None, settings: Settings) -> Iterator[str]:
    """Why a value can't be believed."""
    if not source:
        yield "came from nowhere"
        return
    for one in source.split(","):
        if one in RESPONSES:
            if re.search(r"\d", value) and len(source.split(",")) == 1:
                yield f"holds a number, and came from {one} alone"
        elif not is_field(one, settings):
            yield f"came from {one}, which is no field of a record or setting"


def is_field(path: str, settings: Settings) -> bool:
    """Whether a path such as `Order.number` or `settings.company.name` leads to a field."""
    first, *rest = path.strip().split(".")
    if first == "settings":
        return is_setting(settings, rest)
    return bool(rest) and any(has_field(one, rest[0]) for one in records().get(first, ()))


def is_setting(value: Any, path: list[str]) -> bool:
    """Whether a path of names leads to a setting."""
    for name in path:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif hasattr(value, name):
            value = getattr(value, name)
        else:
            return False
    return bool(path)


def has_field(record: type[Any], name: str) -> bool:
    """Whether a record has a field or a property of a name."""
    return name in {one.name for one in dataclasses.fields(record)} or isinstance(getattr(record, name, None), property)


@lru_cache(maxsize=1)
def records() -> Mapping[str, list[type[Any]]]:
    """All records of the middleware by their names."""
    found: dict[str, list[type[Any]]] = {}
    for module in pkgutil.walk_packages(middleware.__path__, "middleware."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue
        for name, one in vars(importlib.import_module(module.name)).items():
            if isinstance(one, type) and dataclasses.is_dataclass(one):
                found.setdefault(name, []).append(one)
    return found

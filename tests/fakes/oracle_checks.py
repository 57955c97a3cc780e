"""What Oracle says to a payload: unknown attributes, those that aren't to be given, and values of another kind."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from tests.fakes.oracle_query import typed
from tests.fakes.oracle_schema import Attribute, Kind, Problem

_OF_JSON: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal),
    "boolean": (bool,),
    "date": (str,),
    "moment": (str,),
}


def created(kind: Kind, body: dict[str, Any], *required: str) -> dict[str, Any]:
    """The values of a row that is to be made, with those of its children as lists.

    Raises:
        Problem: Something of it can't be.
    """
    for name in required:
        if body.get(name) in (None, "", []):
            raise Problem(400, f"You must provide a value for the attribute {name}.", "27514", f"/{name}")
    return _read(kind, body, "created")


def updated(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    """The values of a row that is to be changed, likewise."""
    if not body:
        raise Problem(400, "The payload of the request is empty.", "27501")
    return _read(kind, body, "updated")


def _read(kind: Kind, body: dict[str, Any], verb: str) -> dict[str, Any]:
    allowed: Collection[str] = getattr(kind, verb)
    found: dict[str, Any] = {}
    for name, value in body.items():
        if name in kind.children:
            found[name] = [_read(kind.children[name], one, verb) for one in _rows(name, value)]
        elif name not in kind.attributes:
            raise Problem(400, f"The attribute {name} is not defined in this resource.", "27513", f"/{name}")
        elif name not in allowed:
            raise Problem(400, f"The attribute {name} is read-only.", "27515", f"/{name}")
        else:
            found[name] = None if value is None else _value(name, kind.attributes[name], value)
    return found


def _rows(name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Problem(400, f"The child {name} must be an array of objects.", "27501", f"/{name}")
    return value


def _value(name: str, attribute: Attribute, value: Any) -> Any:
    problem = Problem(400, f"The value of the attribute {name} isn't valid.", "27516", f"/{name}")
    is_of_it = isinstance(value, _OF_JSON[attribute.form])
    if not is_of_it or (isinstance(value, bool) and attribute.form != "boolean"):
        raise problem
    if attribute.form == "string" and len(value) > attribute.longest:
        raise Problem(400, f"The value of the attribute {name} exceeds {attribute.longest} characters.", "27517")
    if attribute.form in ("date", "moment"):
        try:
            return typed(attribute.form, value)
        except ValueError:
            raise problem from None
    return Decimal(value) if attribute.form == "number" else value

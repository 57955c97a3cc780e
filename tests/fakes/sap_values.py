"""Values of OData V2 as SAP writes them in JSON, and as it takes them from payloads and from URLs."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NoReturn

from tests.fakes.sap_errors import malformed
from tests.fakes.sap_schema import Property

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_JSON_DATE = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/")
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z)?")
_TIME = re.compile(r"PT(?:(\d{1,2})H)?(?:(\d{1,2})M)?(?:(\d{1,2})S)?")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_LITERAL = re.compile(
    r"""(?P<Guid>guid'(?P<guid>[0-9a-fA-F-]{36})')
    |(?P<DateTimeOffset>datetimeoffset'(?P<offset>[^']*)')
    |(?P<DateTime>datetime'(?P<moment>[^']*)')
    |(?P<Time>time'(?P<time>[^']*)')
    |(?P<String>'(?:[^']|'')*')
    |(?P<Boolean>true|false)(?![\w.])
    |(?P<Decimal>-?\d+(?:\.\d+)?[mM])(?![\w.])
    |(?P<Int32>-?\d+)(?![\w.])
    |(?P<null>null)(?![\w.])""",
    re.VERBOSE,
)


def initial(one: Property) -> Any:
    """What a property has that nothing was put into."""
    return {"String": "", "Boolean": False, "Decimal": Decimal(0), "Int32": 0}.get(one.kind)


def shown(one: Property, value: Any, zeros: bool, padded: bool) -> Any:
    """A value as JSON has it.

    Args:
        zeros: Whether positions keep their zeros; `padded`: whether documents do.
    """
    if value is None:
        return None
    if one.kind == "Decimal":
        return str(value.quantize(Decimal(1).scaleb(-one.scale)))
    if one.kind == "DateTime":
        return f"/Date({_milliseconds(value)})/"
    if one.kind == "DateTimeOffset":
        return f"/Date({_milliseconds(value)}+0000)/"
    if one.kind == "Time":
        return f"PT{value.hour:02}H{value.minute:02}M{value.second:02}S"
    if (one.is_position and not zeros) or (one.is_padded and not padded):
        return value.lstrip("0") or value[:1]
    return value


def _milliseconds(value: date) -> int:
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(), timezone.utc)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def given(one: Property, value: Any) -> Any:
    """A value from a payload, if it may be what the property holds."""
    if value is None:
        return initial(one)
    if one.kind == "Boolean":
        return value if isinstance(value, bool) else _wrong(one)
    if not isinstance(value, str):
        _wrong(one)
    if one.kind == "String":
        if len(value) > one.length:
            malformed(f"Property '{one.name}' has a value that is longer than its maximum of {one.length}")
        return _numbered(one, value)
    if one.kind == "Decimal":
        return _decimal(one, value) if _DECIMAL.fullmatch(value) else _wrong(one)
    if one.kind == "Guid":
        return _guid(one, value)
    return _moment(one, value)


def _numbered(one: Property, value: str) -> str:
    if one.is_position and value and not (value.isascii() and value.isdigit()):
        _wrong(one)
    return one.filled(value) if one.is_position or one.is_padded else value


def _decimal(one: Property, value: str) -> Decimal:
    number = Decimal(value)
    if number != number.quantize(Decimal(1).scaleb(-one.scale)) or abs(number) >= 10 ** (one.length - one.scale):
        malformed(f"Property '{one.name}' at offset '0' has invalid value '{value}'")
    return number


def _guid(one: Property, value: str) -> str:
    try:
        return str(uuid.UUID(value))
    except ValueError:
        _wrong(one)


def _moment(one: Property, value: str) -> Any:
    if one.kind == "Time":
        match = _TIME.fullmatch(value)
        hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else _wrong(one)
        return time(hours, minutes, seconds)
    if coded := _JSON_DATE.fullmatch(value):
        if bool(coded[2]) > (one.kind == "DateTimeOffset"):
            _wrong(one)
        return _of_kind(one, _EPOCH + timedelta(milliseconds=int(coded[1])))
    return _of_kind(one, _plain(one, value))


def _plain(one: Property, value: str) -> datetime:
    match = _PLAIN_DATE.fullmatch(value)
    if not match or bool(match[3]) != (one.kind == "DateTimeOffset"):
        _wrong(one)
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d", r"\1", value.rstrip("Z"))).replace(tzinfo=timezone.utc)
    except ValueError:
        _wrong(one)


def _of_kind(one: Property, moment: datetime) -> Any:
    """Days are kept as days."""
    return moment if one.kind == "DateTimeOffset" else moment.date()


def _wrong(one: Property) -> NoReturn:
    malformed(f"Property '{one.name}' has an invalid value: Edm.{one.kind} is expected")


def literal(text: str, place: int) -> tuple[str, str, int] | None:
    """The literal that stands at a place of a URL: its kind, what it says, and where it ends; None if none does."""
    match = _LITERAL.match(text, place)
    if match is None or match.lastgroup is None:
        return None
    kind = next(one for one in _KINDS if match[one] is not None)
    inner = {
        "Guid": match["guid"],
        "DateTimeOffset": match["offset"],
        "DateTime": match["moment"],
        "Time": match["time"],
    }
    said = inner.get(kind) or match[0]
    return kind, said[1:-1].replace("''", "'") if kind == "String" else said, match.end()


_KINDS = ("Guid", "DateTimeOffset", "DateTime", "Time", "String", "Boolean", "Decimal", "Int32", "null")


def meant(one: Property, kind: str, said: str, padded: bool) -> Any:
    """What a literal in a URL means for a property.

    Args:
        padded: Whether documents must be asked for with all their zeros.
    """
    if kind == "null":
        return None
    if kind != one.kind:
        malformed(f"Operator 'eq' incompatible with operand types 'Edm.{one.kind}' and 'Edm.{kind}' at '{one.name}'")
    if kind == "String":
        return said if one.is_padded and padded else one.filled(said) if one.is_padded or one.is_position else said
    if kind == "Boolean":
        return said == "true"
    if kind == "Decimal":
        return Decimal(said[:-1])
    if kind == "Int32":
        return int(said)
    return _guid(one, said) if kind == "Guid" else _moment(one, said)

"""SAP's `$batch`: several reads, or several changes of which all or none are made, in one request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

_END = "\r\n"


@dataclass(frozen=True)
class Change:
    """One change of a set.

    Attributes:
        path: Behind the service, such as `A_SalesOrder('1')`.
        headers: Such as If-Match.
    """

    path: str
    json: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "PATCH"


def content_type(boundary: str) -> str:
    """Of the whole request."""
    return f"multipart/mixed; boundary={boundary}"


def new_boundary() -> str:
    """What can't stand in any of the parts."""
    return f"batch_{uuid.uuid4().hex}"


def of_reads(paths: Sequence[str], boundary: str) -> bytes:
    """A request's body that reads all of these."""
    parts = [_part(f"GET {path} HTTP/1.1{_END}Accept: application/json{_END}{_END}") for path in paths]
    return _joined(parts, boundary).encode()


def of_changes(changes: Sequence[Change], boundary: str) -> bytes:
    """A request's body that makes all of these changes, or none."""
    inner = f"changeset_{uuid.uuid4().hex}"
    parts = [_part(_written(change), f"Content-ID: {place}{_END}") for place, change in enumerate(changes, start=1)]
    whole = f"Content-Type: {content_type(inner)}{_END}{_END}{_joined(parts, inner)}"
    return _joined([whole], boundary).encode()


def _written(change: Change) -> str:
    body = msgspec.json.encode(change.json).decode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", **change.headers}
    headers["Content-Length"] = str(len(body.encode()))
    lines = "".join(f"{name}: {value}{_END}" for name, value in headers.items())
    return f"{change.method} {change.path} HTTP/1.1{_END}{lines}{_END}{body}"


def _part(content: str, more: str = "") -> str:
    return f"Content-Type: application/http{_END}Content-Transfer-Encoding: binary{_END}{more}{_END}{content}"


def _joined(parts: Sequence[str], boundary: str) -> str:
    return "".join(f"--{boundary}{_END}{part}{_END}" for part in parts) + f"--{boundary}--{_END}"

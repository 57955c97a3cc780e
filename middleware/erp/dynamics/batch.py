"""Several requests in one round trip, as OData 4.0 has it (11.7): queries side by side, or changes, all or none."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

_BREAK = b"\r\n"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        path: Below `/data/`; `$1/…` is below what the first change of the same batch makes.
        etag: Of the row as it was read: it must still be so.
    """

    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    etag: str = ""


@dataclass(frozen=True)
class Batch:
    """What is sent."""

    content_type: str
    body: bytes


def of_queries(base: str, paths: Sequence[str]) -> Batch:
    """Queries side by side.

    Args:
        base: The address that the paths are below, with a slash at its end.
    """
    return _batch([_http("GET", base + path, {"Accept": "application/json"}, b"") for path in paths])


def of_changes(base: str, changes: Sequence[Change]) -> Batch:
    """One set of changes: all are made, or none."""
    boundary = f"changeset_{uuid.uuid4()}"
    parts = []
    for place, change in enumerate(changes, start=1):
        headers = {"Accept": "application/json", "Content-Type": "application/json", "If-Match": change.etag}
        body = _ENCODER.encode(change.body) if change.body else b""
        url = change.path if change.path.startswith("$") else base + change.path
        parts.append(_http(change.method, url, headers, body, content_id=place))
    head = f"Content-Type: multipart/mixed; boundary={boundary}".encode() + _BREAK * 2
    return _batch([head + _multipart(boundary, parts)])


def _batch(parts: Sequence[bytes]) -> Batch:
    boundary = f"batch_{uuid.uuid4()}"
    return Batch(f"multipart/mixed; boundary={boundary}", _multipart(boundary, parts))


def _multipart(boundary: str, parts: Sequence[bytes]) -> bytes:
    line = b"--" + boundary.encode()
    return b"".join(line + _BREAK + part + _BREAK for part in parts) + line + b"--" + _BREAK


def _http(method: str, url: str, headers: Mapping[str, str], body: bytes, content_id: int = 0) -> bytes:
    """One request as a part; paths are encoded, so that nothing in them ends a line."""
    named = f"Content-ID: {content_id}\r\n" if content_id else ""
    given = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    head = f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{named}\r\n"
    return f"{head}{method} {url} HTTP/1.1\r\n{given}\r\n".encode("latin-1", "replace") + body

"""SAP's `$batch`: several reads, or several changes of which all or none are made, in one request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from middleware.erp import multipart
from middleware.http import Answer

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


def answers(answer: Answer) -> list[Answer]:
    """What was answered to each part; a set of changes that failed has one answer.

    Raises:
        Malformed: It is no such answer.
    """
    return answer.understood(lambda: [_read(one, answer) for one in _messages(answer)])


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


def _messages(answer: Answer) -> list[bytes]:
    found = multipart.messages(answer.headers.get("Content-Type", ""), answer.body)
    if not found:
        raise ValueError("no parts")
    return found


def _read(message: bytes, whole: Answer) -> Answer:
    head, _, body = message.replace(b"\r\n", b"\n").lstrip().partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    version, status = first.split(" ")[:2]
    if not version.startswith("HTTP/"):
        raise ValueError("no status")
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(
        status=int(status), headers=headers, body=body.strip(b"\n"), system=whole.system, request_id=whole.request_id
    )

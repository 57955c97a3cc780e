"""The multipart form of `$batch`, as the stand-in of F&O reads and writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from email.parser import BytesParser

from tests.fakes.odata import Row
from tests.fakes.stand_in import Reply, refuse


def error(message: str, inner: str = "") -> Row:
    """An error in F&O's form."""
    told = {"innererror": {"message": inner, "type": "…", "stacktrace": "…"}} if inner else {}
    return {"error": {"code": "", "message": message, **told}}


class Operation:
    """One request in a batch.

    Args:
        content: As it stands in its part.
    """

    def __init__(self, content: bytes) -> None:
        head, _, self.body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
        first, *lines = head.decode().strip().split("\n")
        words = first.split(" ")
        if len(words) != 3 or words[2] != "HTTP/1.1":
            refuse(400, error("An operation begins with a request line."))
        self.method, self.url = words[:2]
        pairs = [line.partition(":") for line in lines if line]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        self.body = self.body.strip(b"\n")

    def with_body(self, body: bytes) -> Operation:
        """The same with another body."""
        self.body = body
        return self


def referred(request: Operation, made: Mapping[str, str]) -> Operation:
    """`$1` is what was made by the operation with this Content-ID."""
    match = re.match(r"\$(\w+)(?=/|$)", request.url.removeprefix("/data/"))
    if match:
        if match[1] not in made:
            refuse(400, error(f"The reference '${match[1]}' is unknown."))
        request.url = made[match[1]] + request.url.removeprefix("/data/")[match.end() :]
    return request


def parts_of(content_type: str, body: bytes) -> list[tuple[str, bytes, str]]:
    """The parts of a multipart body: content type, content and Content-ID."""
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if not content_type.startswith("multipart/mixed") or match is None:
        refuse(400, error("The content type of a batch is multipart/mixed with a boundary."))
    if f"--{match[1]}--".encode() not in body:
        refuse(400, error("The batch isn't closed."))
    found = []
    for part in body.partition(f"--{match[1]}--".encode())[0].split(f"--{match[1]}".encode())[1:]:
        head, _, content = part.lstrip(b"\r\n").replace(b"\r\n", b"\n").partition(b"\n\n")
        headers = BytesParser().parsebytes(head + b"\n\n")
        kind = str(headers.get("Content-Type", ""))
        if not kind.startswith(("application/http", "multipart/mixed")):
            refuse(400, error("A part of a batch is application/http or multipart/mixed."))
        if kind.startswith("application/http") and headers.get("Content-Transfer-Encoding", "binary") != "binary":
            refuse(400, error("Content-Transfer-Encoding is binary."))
        found.append((kind, content, str(headers.get("Content-ID", ""))))
    return found


def multipart(kind: str, parts: list[bytes]) -> Reply:
    """An answer of several parts."""
    boundary = f"{kind}_5e1f0c7a"
    body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return Reply(
        body=body + f"--{boundary}--\r\n".encode(),
        headers={"Content-Type": f"multipart/mixed; boundary={boundary}", "OData-Version": "4.0"},
    )


def part_of(reply: Reply, content_id: str = "") -> bytes:
    """One answer as a part."""
    content = b"" if reply.json is None else json.dumps(reply.json).encode()
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {content_id}"] if content_id else []
    lines += ["", f"HTTP/1.1 {reply.status} Status"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    lines += ["Content-Type: application/json; odata.metadata=minimal"] if content else []
    return "\r\n".join([*lines, "", ""]).encode() + content

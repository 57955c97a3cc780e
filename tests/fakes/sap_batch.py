"""`$batch` of OData V2: several requests in one, those of a changeset all together or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from tests.fakes.sap_errors import malformed
from tests.fakes.stand_in import Reply

_BOUNDARY = re.compile(r'multipart/mixed\s*;\s*boundary="?([\w.\'()+,/:=? -]{1,70}?)"?\s*$', re.IGNORECASE)
_REQUEST = re.compile(r"(GET|POST|PUT|PATCH|MERGE|DELETE) (\S+) HTTP/1\.1")
_WORDS = {200: "OK", 201: "Created", 204: "No Content"}

Headers = dict[str, str]
Serve = Callable[[str, str, Headers, bytes], Reply]
AllOrNone = Callable[[Callable[[], list[Reply]]], "list[Reply] | Reply"]


def answer(headers: Mapping[str, str], body: bytes, serve: Serve, all_or_none: AllOrNone) -> Reply:
    """What comes of a batch.

    Args:
        serve: Answers one request: its method, its URL after the service, its headers and body.
        all_or_none: Runs what makes the changes of one changeset; gives one answer where one of them is refused.
    """
    boundary = _boundary(headers.get("content-type", ""))
    answers = []
    for part in _parts(body, boundary):
        kind, content = _split(part)
        if kind.get("content-type", "").startswith("multipart/mixed"):
            inner = [_split(one) for one in _parts(content, _boundary(kind["content-type"]))]
            answers.append(_changeset([_request(*one) for one in inner], serve, all_or_none))
        else:
            method, url, sent, said = _request(kind, content)
            if method != "GET":
                malformed("Changes belong into a changeset")
            answers.append(_written(serve(method, url, sent, said)))
    return _mixed(answers, "ejjeeffe0")


Asked = tuple[str, str, Headers, bytes]


def _changeset(asked: list[Asked], serve: Serve, all_or_none: AllOrNone) -> bytes:
    if any(method == "GET" for method, *_ in asked):
        malformed("A changeset holds changes only")
    outcome = all_or_none(lambda: [serve(*one) for one in asked])
    if isinstance(outcome, Reply):
        return _written(outcome)
    inner = _mixed([_written(one) for one in outcome], "ejjeeffe1")
    head = f"Content-Type: multipart/mixed; boundary=ejjeeffe1\r\nContent-Length: {len(inner.body)}\r\n\r\n"
    return head.encode() + inner.body


def _boundary(content_type: str) -> str:
    match = _BOUNDARY.match(content_type)
    return match[1] if match else str(malformed("A batch is multipart/mixed, with a boundary"))


def _parts(body: bytes, boundary: str) -> list[bytes]:
    """What stands between the boundaries; lines end with CR and LF, and the last boundary has two more dashes."""
    mark = b"--" + boundary.encode()
    before, *pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if before.strip() or len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        malformed("Malformed batch: the boundaries don't fit")
    if not all(piece.startswith(b"\r\n") for piece in pieces[:-1]):
        malformed("Malformed batch: lines end with CR and LF")
    return [piece[2:] for piece in pieces[:-1]]


def _split(part: bytes) -> tuple[Headers, bytes]:
    head, gap, content = part.partition(b"\r\n\r\n")
    if not gap:
        malformed("Malformed batch: an empty line is missing")
    lines = [line.partition(":") for line in head.decode("latin-1").split("\r\n") if line]
    return {name.strip().lower(): value.strip() for name, _, value in lines}, content


def _request(kind: Headers, content: bytes) -> Asked:
    if kind.get("content-type") != "application/http" or kind.get("content-transfer-encoding") != "binary":
        malformed("Malformed batch: parts are application/http, binary")
    line, _, rest = content.partition(b"\r\n")
    match = _REQUEST.fullmatch(line.decode("latin-1"))
    if match is None:
        malformed("Malformed batch: no request line")
    headers, body = _split(b"\r\n" + rest if rest.startswith(b"\r\n") else rest)
    length = int(headers.get("content-length") or len(body))
    if match[1] != "GET" and length > len(body):
        malformed("Malformed batch: a body is too short")
    return match[1], match[2], headers, body[:length]


def _written(reply: Reply) -> bytes:
    body = reply.body if reply.json is None else json.dumps(reply.json).encode()
    headers = {"Content-Length": str(len(body)), "DataServiceVersion": "2.0", **reply.headers}
    if reply.json is not None:
        headers.setdefault("Content-Type", "application/json")
    lines = [f"HTTP/1.1 {reply.status} {_WORDS.get(reply.status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    inner = "\r\n".join([*lines, "", ""]).encode() + body
    head = (
        f"Content-Type: application/http\r\nContent-Length: {len(inner)}\r\ncontent-transfer-encoding: binary\r\n\r\n"
    )
    return head.encode() + inner


def _mixed(parts: list[bytes], boundary: str) -> Reply:
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return Reply(status=202, body=body, headers={"Content-Type": f"multipart/mixed; boundary={boundary}"})

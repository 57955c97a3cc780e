"""What the REST framework's answers look like on the wire."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.fakes.oracle_schema import Kind, Problem
from tests.fakes.stand_in import Reply

MEDIA = "application/vnd.oracle.adf."


def explained(problem: Problem, version: int) -> Reply:
    """Says why not: in a sentence in the framework's old versions, in JSON since the fourth."""
    if version < 4 or problem.status == 414:
        headers = {"Content-Type": "text/plain;charset=UTF-8", **problem.headers}
        return Reply(status=problem.status, headers=headers, body=problem.detail.encode())
    details: dict[str, Any] = {"detail": problem.detail}
    details |= {"o:errorCode": problem.code} if problem.code else {}
    details |= {"o:errorPath": problem.path} if problem.path else {}
    body = {"title": problem.title, "status": str(problem.status), "o:errorDetails": [details]}
    reply = written(body, "error+json", problem.status)
    return Reply(status=problem.status, headers={**reply.headers, **problem.headers}, body=reply.body)


def written(body: Any, media: str, status: int = 200) -> Reply:
    """JSON of one of the framework's own types."""
    content = json.dumps(body, default=_plain).encode()
    return Reply(status=status, headers={"Content-Type": f"{MEDIA}{media}"}, body=content)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise TypeError(type(value))


def described(name: str, kind: Kind) -> dict[str, Any]:
    """What a resource says of itself."""
    return {"Resources": {name: _description(kind)}}


def _description(kind: Kind) -> dict[str, Any]:
    return {
        "attributes": [
            {"name": name, "type": one.form, "updatable": name in kind.updated, "queryable": True}
            for name, one in kind.attributes.items()
        ],
        "children": {name: _description(child) for name, child in kind.children.items()},
    }

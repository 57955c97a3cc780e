"""How channels answer requests that can't be granted: the one table of errors, statuses and sentences."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any

import msgspec
from sanic.exceptions import InvalidUsage, PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse, json

from channels import tokens
from channels.arrivals import AlreadyWaiting
from channels.limits import TooMany
from channels.serving import NotReady
from middleware.errors import FrontdeskError

log = logging.getLogger(__name__)

LONGEST_MESSAGE_ID = 128


class BadRequest(FrontdeskError):
    """The request can't be understood; the message says what is wrong with it."""


class Forbidden(FrontdeskError):
    """The request comes from where none may come from; the message says what is wrong with it."""


class TooLarge(FrontdeskError):
    """The request's body is larger than is read."""


async def judged(answer: Awaitable[HTTPResponse]) -> HTTPResponse:
    """The answer, or what is said in its place."""
    try:
        return await answer
    except tokens.Refused as error:
        return refusal(401, str(error), {"WWW-Authenticate": "Bearer"})
    except BadRequest as error:
        return refusal(400, str(error))
    except Forbidden as error:
        return refusal(403, str(error))
    except TooLarge as error:
        return refusal(413, str(error))
    except TooMany as error:
        return refusal(429, str(error), {"Retry-After": str(error.seconds)})
    except AlreadyWaiting as error:
        return refusal(429, str(error), {"Retry-After": "1"})
    except NotReady as error:
        return refusal(503, str(error))
    except FrontdeskError as error:
        log.error("a request could not be answered: %s %r", error.system, error)
        return refusal(503, "the assistant can't answer now; send the request again later")


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> HTTPResponse:
    """An answer that says why not."""
    return json({"error": sentence}, status=status, headers=headers)


def bound(request: Request, largest: int) -> None:
    """Lets no more than so many bytes of a streamed request's body be read, and none that is skipped be larger."""
    if request.stream:
        request.stream.request_max_size = largest


async def body_of(request: Request, largest: int) -> bytes:
    """Reads the body of a request whose route is a stream, so that its sender could be looked at before.

    Raises:
        BadRequest, TooLarge: There is none that can be taken.
    """
    bound(request, largest)
    try:
        await request.receive_body()  # type: ignore[no-untyped-call] # sanic's own
    except PayloadTooLarge as error:
        raise TooLarge(f"the body is larger than {largest} bytes") from error
    except InvalidUsage as error:
        raise BadRequest("the body is not sent as HTTP demands") from error
    body: bytes = request.body
    return body


def object_of(body: bytes) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        BadRequest: It is none.
    """
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(content, dict):
        raise BadRequest("the body must be a JSON object")
    return content


def is_message_id(value: Any) -> bool:
    """Whether something can be a client's id of a message."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_MESSAGE_ID and value.isprintable()

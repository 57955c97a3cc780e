"""Answers in several parts (RFC 2046 5.1), as OData's batches have them: each part is an HTTP answer of its own."""

from __future__ import annotations

from collections.abc import Iterator

from requests_toolbelt.multipart.decoder import (
    BodyPart,
    ImproperBodyPartContentException,
    MultipartDecoder,
    NonMultipartContentTypeException,
)

from middleware.http import Answer

_BYTES = "latin-1"  # as which every byte is a letter


def answers(whole: Answer) -> list[Answer]:
    """The answers in an answer, in order; those of a set of changes stand where the set stands.

    Raises:
        Malformed: It isn't in parts, one of them is no answer, or not all of it came.
    """
    return whole.understood(lambda: _answers(whole))


def _answers(whole: Answer) -> list[Answer]:
    found = [_answer(one, whole) for one in _parts(whole.headers.get("Content-Type", ""), whole.body)]
    if not found:
        raise ValueError("it has no parts")
    return found


def _parts(content_type: str, body: bytes) -> Iterator[BodyPart]:
    """The parts, and those of parts that have parts."""
    try:
        decoder = MultipartDecoder(body, content_type, _BYTES)
    except (NonMultipartContentTypeException, ImproperBodyPartContentException, AttributeError) as error:
        raise ValueError("it isn't in parts") from error  # AttributeError: no boundary is named
    if b"--" + decoder.boundary + b"--" not in body:
        raise ValueError("not all of it came")
    for part in decoder.parts:
        kind = part.headers.get(b"Content-Type", b"").decode(_BYTES)
        if kind.lower().startswith("multipart/"):
            yield from _parts(kind, part.content)
        else:
            yield part


def _answer(part: BodyPart, whole: Answer) -> Answer:
    head, _, body = part.content.lstrip().replace(b"\r\n", b"\n").partition(b"\n\n")
    first, *rest = head.decode(_BYTES).split("\n")
    version, status = [*first.split(), "", ""][:2]
    if not version.startswith("HTTP/"):
        raise ValueError("a part of it is no answer")
    pairs = (line.partition(":") for line in rest)
    return Answer(
        status=int(status),
        headers={name.strip(): value.strip() for name, _, value in pairs},
        body=body.strip(),
        system=whole.system,
        request_id=whole.request_id,
    )

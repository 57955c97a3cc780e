"""Answers in several parts are read as vendors write them, and refused unless all of them came."""

from __future__ import annotations

import pytest

from middleware.erp import multipart
from middleware.errors import Malformed
from middleware.http import Answer

KIND = "multipart/mixed; boundary=batch_1"
HEAD = b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
ONE = HEAD + b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: W/"1"\r\n\r\n{"a": "\xc3\xa4"}'
OTHER = HEAD + b"HTTP/1.1 204 No Content\r\n\r\n"


def joined(*parts: bytes, boundary: bytes = b"batch_1") -> bytes:
    """Parts as they are sent."""
    return b"".join(b"--" + boundary + b"\r\n" + one + b"\r\n" for one in parts) + b"--" + boundary + b"--\r\n"


def answers(kind: str, body: bytes) -> list[Answer]:
    whole = Answer(status=202, headers={"Content-Type": kind}, body=body, system="erp", request_id="r-1")
    return multipart.answers(whole)


def statuses(kind: str, body: bytes) -> list[int]:
    return [one.status for one in answers(kind, body)]


def test_each_part_is_an_answer_in_the_order_of_the_whole() -> None:
    one, other = answers(KIND, joined(ONE, OTHER))

    assert (one.status, one.headers["ETag"], one.body) == (200, 'W/"1"', '{"a": "ä"}'.encode())
    assert (other.status, other.body) == (204, b"")
    assert (one.system, one.request_id) == ("erp", "r-1")


def test_answers_of_a_set_of_changes_stand_where_the_set_stands() -> None:
    inner = b"Content-Type: multipart/mixed;\r\n boundary=changes\r\n\r\n" + joined(OTHER, OTHER, boundary=b"changes")

    assert statuses(KIND, joined(inner, ONE)) == [204, 204, 200]


@pytest.mark.parametrize(
    "kind",
    ['multipart/mixed; boundary="batch_1"', "Multipart/Mixed;charset=utf-8;BOUNDARY=batch_1", f"{KIND}; charset=utf-8"],
)
def test_the_boundary_may_be_named_in_every_way(kind: str) -> None:
    assert statuses(kind, joined(ONE)) == [200]


def test_what_stands_behind_the_parts_is_left_out() -> None:
    assert statuses(KIND, joined(ONE) + b"Good bye.") == [200]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("", joined(ONE)),
        ("multipart/mixed", joined(ONE)),
        (KIND, b""),
        (KIND, joined(ONE, OTHER)[:-20]),
        (KIND, b"--batch_1\r\n--batch_1--\r\n"),
        (KIND, joined(b"no head")),
        (KIND, joined(HEAD + b"Good day")),
        (KIND, joined(HEAD + b"HTTP/1.1 many\r\n\r\n")),
        (KIND, joined(ONE, boundary=b"batch_12")),
        (KIND, joined(b"Content-Type: multipart/mixed; boundary=changes\r\n\r\n" + ONE)),
    ],
)
def test_what_is_in_no_parts_or_not_whole_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        answers(kind, body)

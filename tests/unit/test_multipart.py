"""Answers in several parts are read as their senders may write them, and refused unless all of them came."""

from __future__ import annotations

from email.parser import BytesParser

import pytest

from middleware.erp import multipart

KIND = "multipart/mixed; boundary=batch_1"
ONE, OTHER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a": 1}', b"HTTP/1.1 204 No Content\r\n\r\n"
HEAD = b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"


def joined(*parts: bytes, boundary: bytes = b"batch_1") -> bytes:
    """Parts as they are sent."""
    return b"".join(b"--" + boundary + b"\r\n" + one + b"\r\n" for one in parts) + b"--" + boundary + b"--\r\n"


def test_each_part_is_a_message_in_the_order_of_the_answer() -> None:
    assert multipart.messages(KIND, joined(HEAD + ONE, HEAD + OTHER)) == [ONE, OTHER]


def test_they_are_what_the_parser_of_e_mails_finds() -> None:
    body = joined(HEAD + ONE, HEAD + OTHER)

    whole = BytesParser().parsebytes(f"Content-Type: {KIND}\r\n\r\n".encode() + body)

    parts = [one.get_payload(decode=True) for one in whole.walk() if not one.is_multipart()]
    assert multipart.messages(KIND, body) == parts


def test_messages_of_a_set_of_changes_stand_where_the_set_stands() -> None:
    inner = b"Content-Type: multipart/mixed;\r\n boundary=changes\r\n\r\n" + joined(HEAD + OTHER, boundary=b"changes")

    assert multipart.messages(KIND, joined(inner, HEAD + ONE)) == [OTHER, ONE]


@pytest.mark.parametrize(
    "kind",
    ['multipart/mixed; boundary="batch_1"', "Multipart/Mixed;charset=utf-8;BOUNDARY=batch_1", f"{KIND}; charset=utf-8"],
)
def test_the_boundary_may_be_named_in_every_way(kind: str) -> None:
    assert multipart.messages(kind, joined(HEAD + ONE)) == [ONE]


def test_what_stands_before_and_behind_the_parts_is_left_out() -> None:
    body = b"Hello.\r\n" + joined(b"content-type:APPLICATION/HTTP; msgtype=response\r\n\r\n" + ONE) + b"Good bye."

    assert multipart.messages(KIND, body) == [ONE]


def test_lines_may_end_as_they_do_on_unix() -> None:
    body = joined(HEAD + ONE).replace(b"\r\n", b"\n")

    assert multipart.messages(KIND, body) == [ONE.replace(b"\r\n", b"\n")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/mixed", joined(HEAD + ONE)),
        (KIND, b""),
        (KIND, joined(HEAD + ONE, HEAD + OTHER)[:-20]),
        (KIND, b"--batch_1\r\n--batch_1--\r\n"),
        (KIND, joined(HEAD + ONE, boundary=b"batch_12")),
    ],
)
def test_what_is_in_no_parts_or_not_whole_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(ValueError):
        multipart.messages(kind, body)

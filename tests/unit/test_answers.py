"""What channels make of bodies that can't be understood."""

from __future__ import annotations

import pytest

from channels.answers import BadRequest, object_of


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"1", b"\xff", b'"\\ud800"', b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000]
)
def test_what_is_no_object_is_the_senders_fault(body: bytes) -> None:
    with pytest.raises(BadRequest):
        object_of(body)


def test_an_object_is_read() -> None:
    assert object_of(b'{"message": "hi"}') == {"message": "hi"}

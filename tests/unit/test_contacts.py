"""What customers type to be known by, in the ways in which they type it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.contacts import code_in, contact_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("039417", "039417"),
        ("039 417", "039417"),
        ("039-417", "039417"),
        ("03 94 17", "039417"),
        ("it's 482913", "482913"),
        ("got it: 482 913.", "482913"),
        ("482913!!", "482913"),
        ("(482913)", "482913"),
        ("the code is 482913, i have it from 12:30", "482913"),
        ("４８２９１３", "482913"),
        ("48291", None),
        ("4829134", None),
        ("482913 4", None),
        ("+1 201 555 0150", None),
        ("(201) 555-0150", None),
        ("order 20002", None),
        ("", None),
        ("my code", None),
        ("nora482913@example.com", None),
        ("nora482913@example.com, and the code is 039417", "039417"),
    ],
)
def test_a_code_is_read_as_people_type_it(text: str, code: str | None) -> None:
    assert code_in(text) == code


@given(
    code=st.from_regex(r"\A[0-9]{6}\Z"),
    gaps=st.lists(st.sampled_from(["", " ", "-", "."]), min_size=5, max_size=5),
    words=st.sampled_from([("", ""), ("it's ", ""), ("the code is: ", " thanks"), ("code ", ", ok?")]),
)
def test_a_code_is_found_whatever_stands_around_and_between(code: str, gaps: list[str], words: tuple[str, str]) -> None:
    typed = "".join(digit + gap for digit, gap in zip(code, [*gaps, ""], strict=True))

    assert code_in(words[0] + typed + words[1]) == code


@given(st.text())
def test_whatever_is_typed_gives_six_digits_or_none(text: str) -> None:
    found = code_in(text)

    assert found is None or (len(found) == 6 and found.isascii() and found.isdecimal())


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("ada@example.com", "ada@example.com"),
        ("it's ADA@Example.com.", "ada@example.com"),
        ("<ada@example.com>, thanks", "ada@example.com"),
        ("ada+shop@mail.example.co.uk or so", "ada+shop@mail.example.co.uk"),
        ("mail me at x@y or ada@example.com", "ada@example.com"),
        ("2015550110", "+12015550110"),
        ("my number is (201) 555-0110 thanks", "+12015550110"),
        ("+44 20 7946 0958", "+442079460958"),
        ("201-555-0110 or ada@example.com", "ada@example.com"),
        ("20002", None),
        ("482913", None),
        ("ada@", None),
        ("@example.com", None),
        ("Ada Lovett", None),
        ("", None),
    ],
)
def test_a_contact_is_read_as_people_type_it(text: str, contact: str | None) -> None:
    assert contact_in(text, "US") == contact


@given(st.text(alphabet=st.sampled_from("ada@.+-() 0123456789é<>\x00")))
def test_whatever_is_typed_gives_a_contact_in_its_one_form_or_none(text: str) -> None:
    found = contact_in(text, "US")

    assert found is None or contact_in(found, "US") == found

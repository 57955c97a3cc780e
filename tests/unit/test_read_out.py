"""Numbers that are read out in words."""

from __future__ import annotations

import pytest

from middleware.read_out import in_digits


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("one zero zero two three", "10023"),
        ("One Zero Zero Two Three", "10023"),
        ("one-zero-zero-two-three", "10023"),
        ("one, zero, zero, two, three", "10023"),
        ("one double oh two three", "10023"),
        ("one o o two three", "10023"),
        ("one double zero twenty three", "10023"),
        ("one hundred", "one hundred"),
        ("ten oh twenty-three", "10023"),
        ("ten oh twenty", "10020"),
        ("twenty thirty", "2030"),
        ("triple seven", "777"),
    ],
)
def test_words_become_the_digits_that_were_meant(said: str, digits: str) -> None:
    assert in_digits(said) == digits


@pytest.mark.parametrize("text", ["10023", "#10023", "ORD-10023", "", "tent one", "AB-1234", "two", "twelve"])
def test_what_is_no_row_of_number_words_stays_as_it_is(text: str) -> None:
    assert in_digits(text) == text

"""Phone numbers as people type them, and what counts as the same."""

from __future__ import annotations

import pytest

from middleware.phones import e164, last_digits, national, typed_forms

NEWARK = "+12015550188"


@pytest.mark.parametrize("form", typed_forms(NEWARK))
def test_every_form_is_read_as_the_number_again(form: str) -> None:
    assert e164(form.replace("00120", "+120"), "US") == NEWARK  # from abroad, where 00 is dialled


@pytest.mark.parametrize("form", ["(201) 555-0188", "201.555.0188", "+1 201-555-0188", NEWARK, "2015550188"])
def test_the_forms_that_people_type_are_among_them(form: str) -> None:
    assert form in typed_forms(NEWARK)


@pytest.mark.parametrize("form", ["(201) 555-0188", "201.555.0188", "20155501 88", "+1 201 555 01-88"])
def test_whatever_is_typed_holds_one_of_the_last_digits(form: str) -> None:
    assert any(one in form for one in last_digits(NEWARK))


@pytest.mark.parametrize("nobody", ["", "ada@example.com", "2015550188", "+1", "+0000000000", "+1201555018８"])
def test_what_is_no_number_has_no_forms(nobody: str) -> None:
    assert typed_forms(nobody) == () == last_digits(nobody)
    assert national(nobody) is None


def test_an_extension_is_left_out() -> None:
    assert e164("+1 (201) 555-0188 ext. 4", "US") == NEWARK

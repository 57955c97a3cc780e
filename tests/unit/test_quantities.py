"""Which number of pieces a customer's words mean."""

from __future__ import annotations

from decimal import Decimal

import pytest

from middleware.quantities import Stated, Trouble, stated


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500", 500),
        ("do you have 500 units of SKU TRV-BTL-750?", 500),
        ("500 of BLU-JKT-M, ship to Boston", 500),
        ("1,000 pcs please", 1000),
        ("3x", None),
        ("3 x the lamp", 3),
        ("two", 2),
        ("make it three instead", 3),
        ("twenty-five mugs", 25),
        ("two hundred and fifty", 250),
        ("a dozen", 12),
        ("half a dozen", 6),
        ("two dozen bottles", 24),
        ("a thousand of them", 1000),
        ("a couple of tents", 2),
        ("10^9", 10**9),
        ("1e9 bottles", 10**9),
        ("2k of those", 2000),
        ("10 billion", 10**10),
        ("3 dozen mugs", 36),
        ("two, no, three", 3),
        ("not 2 but 4", 4),
        ("one of them", 1),
        ("the 750 ml travel bottle", None),
        ("the blue one", None),
        ("the last one please", None),
        ("the 500 ml one", None),
        ("by the 14th", None),
        ("in 2 days", None),
        ("order 10023", None),
        ("#10023", None),
        ("it cost $50", None),
        ("TRV-BTL-750", None),
        ("where is my order", None),
        ("👍", None),
        ("сколько", None),
    ],
)
def test_how_many_are_meant(text: str, amount: int | None) -> None:
    assert stated(text) == (None if amount is None else Stated(amount=Decimal(amount)))


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("0", Trouble.ZERO),
        ("zero of them", Trouble.ZERO),
        ("-5", Trouble.NEGATIVE),
        ("−5 units", Trouble.NEGATIVE),
        ("minus five", Trouble.NEGATIVE),
        ("hold -5 of TRV-BTL-750", Trouble.NEGATIVE),
        ("1.5", Trouble.FRACTION),
        ("1.5 units of TRV-BTL-750", Trouble.FRACTION),
        ("a few", Trouble.VAGUE),
        ("some of the bottles", Trouble.VAGUE),
        ("as many as you have", Trouble.VAGUE),
    ],
)
def test_what_cannot_be_meant_is_named(text: str, trouble: Trouble) -> None:
    found = stated(text)

    assert found is not None
    assert found.trouble is trouble


def test_what_belongs_to_something_else_is_left_out() -> None:
    assert stated("10023: two of them", ignoring=["10023"]) == Stated(amount=Decimal(2))
    assert stated("the 22 l daypack", ignoring=["22 l daypack"]) is None
    assert stated("four-person tent", ignoring=["four-person tent"]) is None


def test_a_number_with_many_digits_takes_no_time() -> None:
    assert stated("9" * 4000) is not None
    assert stated("1e" + "9" * 300) is not None

"""What customers want different about an order, by their words: which part, and how many."""

from __future__ import annotations

from decimal import Decimal

import pytest

from middleware import wishes
from middleware.quantities import Trouble
from middleware.wishes import Part


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("I ordered the wrong size", {Part.VARIANT}),
        ("wrong colour, fixable?", {Part.VARIANT}),
        ("it's too small", {Part.VARIANT}),
        ("make it 3 instead of 1", {Part.QUANTITY}),
        ("one more please", {Part.QUANTITY}),
        ("cut the quantity in half", {Part.QUANTITY}),
        ("take one off", {Part.QUANTITY}),
        ("take the socks off my order", {Part.REMOVAL}),
        ("remove the poncho, I'll keep everything else", {Part.REMOVAL}),
        ("I don't want the hat any more", {Part.REMOVAL}),
        ("wrong address on my order", {Part.ADDRESS}),
        ("please ship it to my office", {Part.ADDRESS}),
        ("my apartment number is missing", {Part.ADDRESS}),
        ("deliver it somewhere else", {Part.ADDRESS}),
        ("wrong size, and ship it to 12 Main Street, Boston MA 02110", {Part.VARIANT, Part.ADDRESS}),
        ("12 Small Street, Boston MA 02110", {Part.ADDRESS}),
        ("half a size up", {Part.VARIANT}),
        ("change my order", set()),
    ],
)
def test_the_part_that_shall_be_different_is_told(text: str, parts: set[Part]) -> None:
    assert wishes.parts_of(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "upgrade me to express, I need it by friday",
        "faster shipping please",
        "deliver on Thursday rather than Wednesday",
        "change the name on my parcel",
        "can you gift wrap it",
        "send it to a pick-up point",
    ],
)
def test_what_only_people_can_change_is_told(text: str) -> None:
    assert wishes.is_beyond(text)


@pytest.mark.parametrize("text", ["wrong size", "ship it to 5 Priority Road, Boston MA 02110", "make it 3"])
def test_what_can_be_changed_is_not_beyond(text: str) -> None:
    assert not wishes.is_beyond(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("make it 3", 3),
        ("two instead of one", 2),
        ("could you make it 3 instead of 2", 3),
        ("need 4 not 3", 4),
        ("ordered two only need one", 1),
        ("We ordered ten yesterday. Make that fourteen.", 14),
        ("from six to four", 4),
        ("one more please", 6),
        ("add one more", 6),
        ("another pair", 6),
        ("an extra one", 6),
        ("add 2", 7),
        ("take one off", 4),
        ("two less", 3),
        ("double it", 10),
        ("10^9", 10**9),
        ("a dozen", 12),
    ],
)
def test_how_many_there_shall_be_is_told_from_how_many_there_are(text: str, amount: int) -> None:
    said = wishes.quantity(text, Decimal(5))

    assert said
    assert (said.amount, said.trouble) == (Decimal(amount), None)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("make it 0", Trouble.ZERO),
        ("five less", Trouble.ZERO),
        ("-5", Trouble.NEGATIVE),
        ("1.5", Trouble.FRACTION),
        ("half of them", Trouble.FRACTION),
        ("a few", Trouble.VAGUE),
    ],
)
def test_amounts_that_nobody_can_have_are_told_as_that(text: str, trouble: Trouble) -> None:
    said = wishes.quantity(text, Decimal(5))

    assert said
    assert said.trouble is trouble


def test_numbers_of_something_else_are_no_quantity() -> None:
    assert wishes.quantity("the 750 ml travel bottle", Decimal(1), ["750 ml travel bottle"]) is None
    assert wishes.quantity("the black one", Decimal(1)) is None


@pytest.mark.parametrize("text", ["no, the", "actually", "make it 3 instead please", "yes but in", "the second one"])
def test_a_correction_says_no_more(text: str) -> None:
    assert not wishes.says_more(text, ())


@pytest.mark.parametrize("text", ["where is it", "cancel it", "and my refund", "the lantern"])
def test_another_wish_says_more(text: str) -> None:
    assert wishes.says_more(text, ())
    assert not wishes.says_more("the lanterns", ["oil", "lantern"])

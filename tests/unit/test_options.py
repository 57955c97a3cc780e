"""Sizes and colours in customers' words: which one a thing is to have, and which one it has."""

from __future__ import annotations

import pytest

from middleware import options

CHOICES = {"colour": ["black", "blue", "green"], "size": ["S", "M", "L", "XL"]}
GREEN_L = {"colour": "green", "size": "L"}
SHOES = {"size": ["8", "9", "10", "11"]}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I'd like a medium please", {"size": "M"}),
        ("M instead of L", {"size": "M"}),
        ("not L, M", {"size": "M"}),
        ("change the jacket to black, M", {"colour": "black", "size": "M"}),
        ("no, the medium", {"size": "M"}),
        ("actually blue", {"colour": "blue"}),
        ("I picked green and meant blue", {"colour": "blue"}),
        ("the black one in extra large", {"colour": "black", "size": "XL"}),
        ("the green jacket should be M", {"size": "M"}),
        ("i want the black one not the green", {"colour": "black"}),
        ("I have ordered large but my son has grown, please xl", {"size": "XL"}),
        ("do you have it in blue", {"colour": "blue"}),
        ("one size up", {"size": "XL"}),
        ("a size smaller please", {"size": "M"}),
        ("meduim", {"size": "M"}),
        ("M, no, S", {"size": "S"}),
        ("the L is too large", {}),
        ("i ordered the wrong size", {}),
        ("it's so small", {}),
    ],
)
def test_what_it_shall_be_is_told_from_what_it_is(text: str, wanted: dict[str, str]) -> None:
    assert options.wanted(text, CHOICES, GREEN_L).options == wanted


@pytest.mark.parametrize(
    ("text", "option"),
    [("make it XXL", "size"), ("in purple", "colour"), ("size 13", "size"), ("9.5", "size"), ("one size up", "size")],
)
def test_what_there_is_not_is_told_as_that(text: str, option: str) -> None:
    largest = {"colour": "green", "size": "XL"}

    assert options.wanted(text, CHOICES, largest).lacking == {option}


def test_what_it_is_already_is_told_as_that() -> None:
    said = options.wanted("leave it L", CHOICES, GREEN_L)

    assert (said.options, said.same) == ({}, {"size"})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("size 9 please", {"size": "9"}),
        ("11 instead of 10", {"size": "11"}),
        ("UK 9", {"size": "9"}),
        ("8 pairs", {}),
        ("make it 3", {}),
    ],
)
def test_numbers_are_sizes_where_the_product_has_them(text: str, wanted: dict[str, str]) -> None:
    assert options.wanted(text, SHOES, {"size": "10"}).options == wanted


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("what colours do you have?", "colour"),
        ("which sizes are there", "size"),
        ("what else is there?", ""),
        ("blue", None),
    ],
)
def test_whoever_asks_what_there_is_names_nothing(text: str, option: str | None) -> None:
    assert options.asks_what_there_is(text) == option


def test_what_is_known_to_be_about_a_size_without_naming_one() -> None:
    assert options.wanted("it's too tight", CHOICES, GREEN_L).about == {"size"}
    assert options.wanted("the wrong colour", CHOICES, GREEN_L).about == {"colour"}

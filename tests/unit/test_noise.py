"""The development set with typos: hard to read, as from a phone, and the same every time."""

from __future__ import annotations

import pytest

from tests.model import development
from tests.noise import noisy

SENTENCES = [text for text, _ in development()]
WHOLE = ["anna.berg@example.com", "ORD-10023,", "$64.90.", "TRV-BTL-750", "#10023", "2x", "+1-555-0142"]


def share(flags: list[bool]) -> float:
    return sum(flags) / len(flags)


def test_the_same_seed_gives_the_same_mistakes_and_another_one_others() -> None:
    once, again, others = ([noisy(text, seed) for text in SENTENCES] for seed in (1, 1, 2))

    assert once == again
    assert share([one != other for one, other in zip(once, others, strict=True)]) > 0.5


def test_about_a_fifth_of_the_longer_words_is_mistyped() -> None:
    word = "warehouse"

    typed = [noisy(word, seed).lower() for seed in range(2000)]

    assert 0.19 < share([one != word for one in typed]) < 0.25


def test_a_typo_is_one_letter_and_never_the_first_or_the_last() -> None:
    for seed in range(300):
        typed = noisy("warehouse", seed)
        assert abs(len(typed) - len("warehouse")) <= 1
        assert (typed[0], typed[-1]) == ("w", "e")


@pytest.mark.parametrize("word", ["the", "to", "cat"])
def test_short_words_are_typed_right(word: str) -> None:
    assert {noisy(word, seed) for seed in range(300)} == {word}


@pytest.mark.parametrize("word", WHOLE)
def test_addresses_numbers_and_codes_keep_their_characters(word: str) -> None:
    kept = word.strip(".,").lower()

    assert {noisy(f"it is {word} ok", seed).split()[2].strip(".,").lower() for seed in range(300)} == {kept}


def test_half_of_the_sentences_lose_their_capitals_and_many_their_punctuation() -> None:
    typed = [noisy("Is it OK? No!", seed) for seed in range(2000)]

    assert 0.45 < share([one.islower() for one in typed]) < 0.55
    assert 0.35 < share([one.lower() == "is it ok no" for one in typed]) < 0.45


def test_nothing_becomes_empty() -> None:
    assert all(noisy(text).strip() for text in [*SENTENCES, "?", "..."])

"""Writes a sentence as a thumb on a phone would: with typos, without capitals, without punctuation; seeded."""

from __future__ import annotations

import random
import re

MISTYPED = 0.22  # of the words
SHORTEST_MISTYPED = 4  # letters
LOWERED = 0.5  # of the sentences
BARE = 0.4  # of the sentences: without . , ! ? '

# What lies around a letter on a keyboard.
NEIGHBOURS = {
    **{"a": "qwsz", "b": "vghn", "c": "xdfv", "d": "serfcx", "e": "wsdr", "f": "drtgvc", "g": "ftyhbv", "h": "gyujnb"},
    **{"i": "ujko", "j": "huikmn", "k": "jiolm", "l": "kop", "m": "njk", "n": "bhjm", "o": "iklp", "p": "ol"},
    **{"q": "wa", "r": "edft", "s": "wedxza", "t": "rfgy", "u": "yhji", "v": "cfgb", "w": "qase", "x": "zsdc"},
    **{"y": "tghu", "z": "asx"},
}
# A word, and the punctuation around it. What holds a digit, an @ or a joint (TRV-BTL-750, a@b.example) is none.
WORD = re.compile(r"([^\w@]*)([^\W\d_]+(?:['’][^\W\d_]+)?)([^\w@]*)")
PUNCTUATION = ".,!?'’"


def noisy(text: str, seed: int = 0) -> str:
    """A sentence as somebody in a hurry would have typed it.

    Args:
        text: The sentence; e-mail addresses, numbers and codes in it keep all of their characters.
        seed: Another one gives other mistakes; the same one always the same.
    """
    chance = random.Random(f"{seed} {text}")
    words = [_mistyped(word, chance) for word in text.split(" ")]
    if chance.random() < LOWERED:
        words = [word.lower() for word in words]
    if chance.random() < BARE:
        words = [_bare(word) for word in words]
    return " ".join(word for word in words if word) or text


def _mistyped(word: str, chance: random.Random) -> str:
    parts = WORD.fullmatch(word)
    if not parts or len(parts[2]) < SHORTEST_MISTYPED or chance.random() >= MISTYPED:
        return word
    return parts[1] + _with_a_typo(parts[2], chance) + parts[3]


def _with_a_typo(word: str, chance: random.Random) -> str:
    """Leaves out, swaps or doubles a letter, or hits the key beside it; the first and the last one are right."""
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    neighbours = NEIGHBOURS.get(letter.lower(), letter)
    typos = [before + after, before + after[0] + letter + after[1:], before + letter + letter + after]
    return chance.choices([*typos, before + chance.choice(neighbours) + after], weights=[30, 25, 20, 25])[0]


def _bare(word: str) -> str:
    """Without punctuation; inside of numbers, codes and addresses it stays."""
    if WORD.fullmatch(word):
        return "".join(letter for letter in word if letter not in PUNCTUATION)
    return word.strip(PUNCTUATION)

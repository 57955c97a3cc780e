"""Numbers of records that are read out in words: "one double oh two three" is 10023."""

from __future__ import annotations

import re

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TEENS = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

_VALUES = {word: value for value, word in enumerate((*_ONES, *_TEENS))} | {"oh": 0, "o": 0, "nought": 0}
_ROUND = {word: 10 * tens for tens, word in enumerate(_TENS, start=2)} | {"fourty": 40}
_TIMES = {"double": 2, "triple": 3}
_SHORTEST = 3  # digits; "two" is two of them, or the second
_WORD = re.compile(r"[a-z]+")


def in_digits(said: str) -> str:
    """Writes in figures what is read out digit by digit or in pairs; other texts and single words stay as they are."""
    words = _WORD.findall(said.casefold())
    if not words or any(word not in _VALUES and word not in _ROUND and word not in _TIMES for word in words):
        return said
    digits, times, tens = "", 1, 0
    for word in words:
        if tens and not 1 <= _VALUES.get(word, 0) <= 9:  # "twenty" stood alone
            digits, tens = digits + str(tens), 0
        if word in _TIMES:
            times = _TIMES[word]
        elif word in _ROUND:
            tens = _ROUND[word]
        else:
            digits, times, tens = digits + str(tens + _VALUES[word]) * times, 1, 0
    digits += str(tens) if tens else ""
    return digits if len(digits) >= _SHORTEST else said

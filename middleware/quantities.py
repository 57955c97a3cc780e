"""How many pieces a customer's words mean, and what is wrong with it where it can't be meant so."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ONES += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
VALUES = {word: value for value, word in enumerate(ONES)} | {word: 20 + 10 * at for at, word in enumerate(TENS)}
TWO = r"(?:a )?(?:couple|pair)(?: of)?\b"
NUMBER_WORD = "|".join([*VALUES, *SCALES])
IN_WORDS = rf"(?:(?:an?|half an?) (?={'|'.join(SCALES)}))?(?:{NUMBER_WORD})(?:[ -](?:and )?(?:{NUMBER_WORD}))*"
# The several ways in which somebody writes much: 10^9, 1e9, 2k, 1,000,000.
IN_DIGITS = r"\d{1,3}(?:[,\u00a0\u2019' ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?: ?(?:\^|\*\*) ?\d+|e\d+|k\b)?"
# A number that belongs to something else: an SKU's, a measure, a price, a day, a time, an order's.
BEFORE = r"(?<![\w.,/#$€£:-])(?<!\w[.-])(?<!order )(?<!number )(?<!no\. )"
AFTER = (
    r"(?![\w/%$€£:^]|[.,]\d|-\w|(?:st|nd|rd|th)\b| ?(?:ml|l|cm|mm|m|inch|in|kg|g|lbs?|oz|liters?|litres?|mah|w|gb|v)\b"
    r"| ?(?:days?|weeks?|months?|years?|hours?|hrs?|minutes?|mins?|am|pm|o'clock|dollars?|euros?|bucks|percent)\b)"
)
NOT_TIME = r"(?! (?:more )?(?:day|week|month|year|hour|minute)s?\b)"
SIGNED = r"(?:(?<![\w\d])[-\u2212\u2013] ?|minus )?"
STATED = re.compile(
    rf"(?P<sign>{SIGNED}){BEFORE.replace(':-', ':')}(?P<digits>{IN_DIGITS})(?: (?P<scale>{'|'.join(SCALES)})\b)?{AFTER}"
    rf"|\b(?P<minus>minus )?(?P<words>{IN_WORDS})\b{NOT_TIME}|\b(?P<two>{TWO})",
    re.IGNORECASE,
)
A_FEW = re.compile(
    r"\b(?:a few|few|some|several|a handful|a bunch|a lot|lots|loads|many|plenty|a bit|a little|as many as possible"
    r"|as many as (?:you|there|u)\b|tons?|a number of|hundreds|thousands|dozens)\b",
    re.IGNORECASE,
)
LARGEST_POWER = 30
# "one" is a number in "one of them" and none in "the blue one".
ONE_AS_A_NOUN = re.compile(
    r"\b(?:the|this|that|which|another|other|last|first|\w+est) (?:[\w-]+ ){0,3}one\b", re.IGNORECASE
)


class Trouble(str, Enum):
    """Why an amount can't be meant as it was said."""

    ZERO = "zero"
    NEGATIVE = "negative"
    FRACTION = "fraction"
    VAGUE = "vague"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """How many pieces were named.

    Attributes:
        amount: None where it is vague.
        trouble: None where it is a number of pieces that one can have.
    """

    amount: Decimal | None
    trouble: Trouble | None = None


def stated(text: str, ignoring: Collection[str] = ()) -> Stated | None:
    """Finds how many pieces a text speaks of; the last number counts, for people correct themselves.

    Args:
        text: The customer's words.
        ignoring: What else stands in them that may hold digits: SKUs, order numbers, names of articles.

    Returns:
        None if the text names no number of pieces.
    """
    plain = text
    for other in sorted(ignoring, key=len, reverse=True):
        plain = re.sub(re.escape(other), " ", plain, flags=re.IGNORECASE) if other else plain
    plain = ONE_AS_A_NOUN.sub(" ", " ".join(plain.split()))
    found = list(STATED.finditer(plain))
    if not found:
        return Stated(amount=None, trouble=Trouble.VAGUE) if A_FEW.search(plain) else None
    return _judged(_amount(found[-1]))


def _amount(match: re.Match[str]) -> Decimal:
    if match["two"]:
        return Decimal(2)
    if match["words"]:
        amount = in_words(match["words"].casefold())
        return -amount if match["minus"] else amount
    amount = _in_digits(match["digits"].casefold()) * SCALES.get((match["scale"] or "").casefold(), 1)
    return -amount if match["sign"].strip() else amount


def _in_digits(digits: str) -> Decimal:
    bare = re.sub("[,\u00a0\u2019' ]", "", digits)
    power = re.fullmatch(r"([\d.]+)(?:\^|\*\*)(\d+)", bare)
    if power:
        return Decimal(power[1]) ** min(int(power[2]), LARGEST_POWER)
    if bare.endswith("k"):
        return Decimal(bare[:-1]) * 1000
    base, _, exponent = bare.partition("e")
    return Decimal(base).scaleb(min(int(exponent), LARGEST_POWER)) if exponent else Decimal(base)


def in_words(words: str) -> Decimal:
    """The value of a number in words, lower case: "two hundred and fifty"."""
    total, group = Decimal(0), Decimal(0)
    half = words.startswith("half")
    for word in re.findall(r"[a-z]+", words):
        if word in VALUES:
            group += VALUES[word]
        elif word in SCALES:
            group = (group or Decimal(1)) * SCALES[word]
            if SCALES[word] >= 1000:
                total, group = total + group, Decimal(0)
    amount = total + group
    return amount / 2 if half else amount


def _judged(amount: Decimal) -> Stated:
    if amount == 0:
        return Stated(amount=amount, trouble=Trouble.ZERO)
    if amount < 0:
        return Stated(amount=amount, trouble=Trouble.NEGATIVE)
    if amount != amount.to_integral_value():
        return Stated(amount=amount, trouble=Trouble.FRACTION)
    return Stated(amount=amount.to_integral_value())

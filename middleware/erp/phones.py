"""Phone numbers as people type them into ERPs: what to search for, and what then counts as the same number."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_LAST = 4  # digits, which most people write next to each other
_JOINTS = ("", " ", "-", ".")


def same_number(written: str, country: str) -> str | None:
    """A number that somebody typed, as it is compared: E.164, without the extension that it may have.

    Args:
        country: Whose number it is if it has no country code.
    """
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def last_digits(number: str) -> tuple[str, ...]:
    """How the last digits of a number may be written: what holds none of these is another number.

    Args:
        number: E.164; anything else is nobody's.
    """
    parsed = _parsed(number)
    if parsed is None:
        return ()
    digits = phonenumbers.national_significant_number(parsed)[-_LAST:]
    halves = [digits[:2] + joint + digits[2:] for joint in _JOINTS]
    return tuple(dict.fromkeys([*halves, _as_printed(parsed)]))


def _as_printed(number: PhoneNumber) -> str:
    """The end of the number in its country's own groups, where that is at least as long."""
    printed = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    start = len(printed)
    while start and sum(map(str.isdigit, printed[start:])) < _LAST:
        start -= 1
    return printed[start:]


def _parsed(number: str) -> PhoneNumber | None:
    if not _E164.fullmatch(number):
        return None
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None

"""Phone numbers as people type them into systems of record: what to search for, and what then counts as the same."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_OFFICIAL = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
_GROUPS = re.compile(r"[0-9]+", re.ASCII)
_LAST = 4  # digits, which most people write next to each other
_JOINTS = ("", " ", "-", ".")
_MOST_KNOWN = 1024  # numbers: reading one takes as long as a query of a database


@lru_cache(_MOST_KNOWN)
def e164(written: str, country: str) -> str | None:
    """A number that somebody typed, as it is compared: without the extension that it may have; None if it is none.

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


@lru_cache(_MOST_KNOWN)
def national(number: str) -> str | None:
    """What all written forms of a number have in common: the digits behind the country code, and behind a leading zero.

    Args:
        number: E.164; anything else is nobody's.
    """
    parsed = _parsed(number)
    return phonenumbers.national_significant_number(parsed) if parsed else None


@lru_cache(_MOST_KNOWN)
def typed_forms(number: str) -> tuple[str, ...]:
    """The ways in which a number is most often typed in, as far as they can be told; none if it isn't E.164."""
    parsed = _parsed(number)
    if parsed is None:
        return ()
    code, digits = parsed.country_code, phonenumbers.national_significant_number(parsed)
    official = [phonenumbers.format_number(parsed, one) for one in _OFFICIAL]
    groups = _GROUPS.findall(official[1])[1:]
    forms = [*official, *(joint.join(groups) for joint in ("-", ".", " ", "")), "".join(_GROUPS.findall(official[2]))]
    forms += [f"{code}{digits}", f"00{code}{digits}", f"{code}-{'-'.join(groups)}"]
    forms += [f"+{code}{joint}{joint.join(groups)}" for joint in ("-", ".", " ")]
    if len(groups) > 1:
        bracketed = f"({groups[0]}) {'-'.join(groups[1:])}"
        forms += [bracketed, f"+{code} {bracketed}", f"{code} {bracketed}", bracketed.replace(") ", ")")]
    return tuple(dict.fromkeys(forms))


@lru_cache(_MOST_KNOWN)
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

"""Phone numbers as people type them into Zoho, and as they are compared here."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_FORMATS = (
    PhoneNumberFormat.E164,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.NATIONAL,
)
_GROUPS = re.compile(r"[0-9]+", re.ASCII)


def e164(text: str, country: str) -> str | None:
    """A number as it is compared, without the extension that it may have.

    Args:
        country: Whose number it is if it has no country code.
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def digits(number: str) -> str | None:
    """What all written forms of a number have in common: the digits behind the country code, and behind a leading zero.

    Args:
        number: E.164; anything else is nobody's.
    """
    parsed = _parsed(number)
    return phonenumbers.national_significant_number(parsed) if parsed else None


def written_forms(number: str) -> tuple[str, ...]:
    """The ways in which a number is most often typed in, as far as they can be told."""
    parsed = _parsed(number)
    if not parsed:
        return ()
    code, national = parsed.country_code, phonenumbers.national_significant_number(parsed)
    official = [phonenumbers.format_number(parsed, one) for one in _FORMATS]
    groups = _GROUPS.findall(official[1])[1:]
    joined = [joint.join(groups) for joint in ("-", ".", " ", "")]
    forms = [*official, *joined, f"{code}{national}", f"00{code}{national}", f"{code}-{'-'.join(groups)}"]
    forms += [f"+{code}{joint}{joint.join(groups)}" for joint in ("-", ".", " ")]
    if len(groups) > 1:
        bracketed = f"({groups[0]}) {'-'.join(groups[1:])}"
        forms += [bracketed, f"+{code} {bracketed}", f"{code} {bracketed}", bracketed.replace(") ", ")")]
    return tuple(dict.fromkeys(forms))


def _parsed(number: str) -> PhoneNumber | None:
    if not _E164.fullmatch(number):
        return None
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None

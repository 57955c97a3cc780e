"""Phone numbers as people type them into SAP."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_OFFICIAL = (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
_GROUPS = re.compile(r"[0-9]+", re.ASCII)
_LONGEST = 30  # characters, of SAP's field


def typed_forms(phone: str) -> tuple[str, ...]:
    """How a number is most often typed.

    Args:
        phone: E.164; for anything else there are no forms.
    """
    parsed = _parsed(phone)
    if parsed is None:
        return ()
    international, national = (phonenumbers.format_number(parsed, one) for one in _OFFICIAL)
    groups = _GROUPS.findall(international)[1:]
    forms = [phone, international, national, *(joint.join(groups) for joint in ("-", ".", " ", ""))]
    forms += [f"+{parsed.country_code}{joint}{joint.join(groups)}" for joint in ("-", ".")]
    forms += [f"00{phone[1:]}", phone[1:], "".join(_GROUPS.findall(national))]
    if len(groups) > 1:
        bracketed = f"({groups[0]}) {'-'.join(groups[1:])}"
        forms += [bracketed, f"+{parsed.country_code} {bracketed}", bracketed.replace(") ", ")")]
    return tuple(dict.fromkeys(form for form in forms if len(form) <= _LONGEST))


def _parsed(phone: str) -> PhoneNumber | None:
    if not _E164.fullmatch(phone):
        return None
    try:
        parsed = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None

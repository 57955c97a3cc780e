"""Ids, keys and texts: what of them HubSpot can be asked for, and how it writes them."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat

from middleware.errors import NotFound, Rejected

LONGEST_KEY = 255
LONGEST_EMAIL = 320

_ID = re.compile(r"[0-9]{1,19}")
_PLAIN = re.compile(r"[a-z0-9@._-]{1,200}")
_E164 = re.compile(r"\+[0-9]{6,15}")
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_id(text: str) -> bool:
    """Whether a record may have this id: nothing else goes into a path."""
    return _ID.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether somebody may have this address."""
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None and storable(text) == text


def storable(text: str) -> str:
    """A text without what HubSpot can't hold."""
    return _UNSTORABLE.sub("", text)


def demand_key(operation: str, key: str) -> None:
    """Refuses a key that can't be found again.

    Raises:
        Rejected: It is empty, too long, or can't be written.
    """
    if not 0 < len(key) <= LONGEST_KEY or storable(key) != key:
        raise rejected(operation, "key", "no key that can be kept")


def unique(text: str) -> str:
    """A text as it stands in a property that no two have alike.

    HubSpot compares those without regard to case and to spaces around them, so what isn't plain stands there as a
    digest.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return text if _PLAIN.fullmatch(text) else f"sha256.{digest}"


def reference(key: str) -> str:
    """A short form of a key, by which we know what we wrote again."""
    return f"fd-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


@lru_cache(1024)  # reading a number takes as long as a query of a database
def typed_forms(phone: str) -> tuple[str, tuple[str, ...]]:
    """How a number may stand in HubSpot: without the country's code, as its search has it, and as people type it.

    Args:
        phone: E.164; for anything else there are no forms.
    """
    if not _E164.fullmatch(phone):
        return "", ()
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return "", ()
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    local = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    national = phonenumbers.national_significant_number(number)
    return national, tuple(sorted({phone, phone[1:], international, local, national}))


def not_found(operation: str) -> NotFound:
    """There is no such record."""
    return NotFound("No such record", system="crm", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """A no that HubSpot needn't be asked for.

    Args:
        status: What is wrong, in a word.
    """
    return Rejected(why, system="crm", operation=operation, status=status)

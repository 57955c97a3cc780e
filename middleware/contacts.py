"""What customers type to be known by, read as people write it: a phone number, an e-mail address, a one-time code."""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from middleware.phones import e164

CODE_LENGTH = 6

# Six digits, singly or in groups, that aren't part of a longer number.
_CODE = re.compile(r"(?<![\d+])(?<!\d[ .(-])\d(?:[ .-]?\d){5}(?![ .-]?\d)", re.ASCII)
_EMAIL = re.compile(r"[^\s<>(),;:\"\[\]]+@[^\s<>(),;:\"\[\]]+")
_PHONE = re.compile(r"(?<!\w)\+?\(?\d[\d\s()./-]{4,24}\d(?!\w)", re.ASCII)


def code_in(text: str) -> str | None:
    """Finds the six digits of a code: "039 417", "039-417", "it's 482913"."""
    match = _CODE.search(_EMAIL.sub(" ", unicodedata.normalize("NFKC", text)))  # max123456@example.com is no code
    return re.sub(r"\D", "", match[0]) if match else None


def contact_in(text: str, country: str) -> str | None:
    """Finds an e-mail address, or else a phone number.

    Args:
        country: ISO code of the country whose numbers are written without a country code.

    Returns:
        The e-mail in lower case, the number in E.164, or None.
    """
    return _email_in(text) or _phone_in(text, country)


def is_email(contact: str) -> bool:
    """Tells e-mail addresses from phone numbers."""
    return "@" in contact


def _email_in(text: str) -> str | None:
    for match in _EMAIL.finditer(text):
        try:
            return validate_email(match[0].strip(".!?'“”"), check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            continue
    return None


def _phone_in(text: str, country: str) -> str | None:
    numbers = (e164(match[0], country) for match in _PHONE.finditer(text))
    return next((number for number in numbers if number), None)

"""What all parts of the Zoho connector begin with: the way there, references for keys, and noes."""

from __future__ import annotations

import re
from hashlib import sha256

from middleware.crm.zoho.api import Api
from middleware.errors import NotFound, Rejected

# No field holds them.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

_EMAIL = re.compile(
    r"[^\s\\<>(),;:\"\[\]@\x00-\x1f\x7f\ud800-\udfff]{1,64}@[^\s\\<>(),;:\"\[\]@\x00-\x1f\x7f\ud800-\udfff]+"
)

_LONGEST_KEY = 255
LONGEST_EMAIL = 100


class Records:
    """Base of the connector's parts.

    Args:
        api: The way to the company's Zoho.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._rules = api.rules


def reference(operation: str, key: str) -> str:
    """What stands for a key of ours in Zoho: short, and of letters that every query takes.

    Raises:
        Rejected: The key is empty, or longer than any that we make.
    """
    if not 0 < len(key) <= _LONGEST_KEY:
        raise rejected(operation, "key", "no key that can be kept")
    return "FD-" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def is_email(text: str) -> bool:
    """Whether a field for e-mails can hold something."""
    return len(text) <= LONGEST_EMAIL and _EMAIL.fullmatch(text) is not None


def storable(text: str, longest: int | None = None) -> str:
    """A text without what no field holds, cut to what a field holds."""
    return _UNSTORABLE.sub("", text)[:longest]


def not_found(operation: str) -> NotFound:
    """There is no such record."""
    return NotFound("no such record", system="crm", operation=operation)


def rejected(operation: str, status: str, why: str) -> Rejected:
    """The connector's own no, before Zoho is asked.

    Args:
        status: What is wrong, in a word.
    """
    return Rejected(why, system="crm", operation=operation, status=status)

"""Texts as Salesforce takes them: in its search language, in its fields, and keys as its external ids."""

from __future__ import annotations

import hashlib
import re

# As Salesforce's own imports write what must be there and wasn't given.
NOT_PROVIDED = "[not provided]"

_RESERVED = re.compile(r"""[&|!(){}\[\]^"~*?:\\'+-]""")
_OPERATOR = re.compile(r"\b(AND|OR|NOT)\b", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")


def in_search(text: str) -> str:
    """A text within the braces of SOSL's FIND, so that it stands for itself alone."""
    return _OPERATOR.sub(r'"\1"', _RESERVED.sub(r"\\\g<0>", text))


def clean(text: str) -> str:
    """A text without what nothing can hold."""
    return _UNSTORABLE.sub("", text)


def storable(text: str) -> str:
    """A text as a field keeps it: without the space around it, too."""
    return clean(text).strip()


def line(text: str, length: int) -> str:
    """The beginning of a text, in a field of one line."""
    return storable(re.sub(r"\s*[\r\n]+\s*", " ", storable(text))[:length])


def external_id(key: str) -> str:
    """A key as what a path and a query can hold; what would need escaping there goes as its digest."""
    return key if _PLAIN_KEY.fullmatch(key) else f"sha256-{_digest(key)}"


def reference(key: str) -> str:
    """A key as short as a comment can show it."""
    return _digest(key)[:16]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

"""What all settings of assistant.yml have in common."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

LOCAL = ("localhost", "127.0.0.1", "::1")

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Base(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all settings: an unknown name in the file is an error."""


def is_safe_address(address: str) -> bool:
    """Whether secrets may go to a web address: over https, or to this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL))

"""Whether a call that claims to come from HubSpot does: its signature, version 3."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"
OLDEST = timedelta(minutes=5)

# What HubSpot signs in plain form, however it came; everything else stays encoded.
_PLAIN = {f"%{ord(character):02X}": character for character in ":/?@!$'()*,;"}
_ENCODED = re.compile("|".join(_PLAIN), re.IGNORECASE)
_MILLISECONDS = re.compile(r"[0-9]{1,14}")


def is_signed(method: str, uri: str, body: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Whether HubSpot signed a request, at most five minutes ago.

    Args:
        uri: The whole address that HubSpot was told to call, with its query: behind a proxy the public one.
        body: As it came, byte for byte.
        headers: By their names in any case.
        secret: The app's client secret; with an empty one nothing is signed.
    """
    named = {name.lower(): value for name, value in headers.items()}
    timestamp = named.get(TIMESTAMP, "")
    if not secret or not _is_of_now(timestamp, now):
        return False
    signed = signature(method, uri, body, timestamp, secret)
    return hmac.compare_digest(signed.encode(), named.get(SIGNATURE, "").encode(errors="replace"))


def signature(method: str, uri: str, body: bytes, timestamp: str, secret: str) -> str:
    """What HubSpot writes into its header.

    Args:
        timestamp: Milliseconds since 1970, as the other header has them.
    """
    plain = _ENCODED.sub(lambda found: _PLAIN[found[0].upper()], uri)
    text = f"{method.upper()}{plain}".encode(errors="replace") + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _is_of_now(timestamp: str, now: datetime) -> bool:
    """Whether a moment is neither long ago nor ahead of us."""
    if not _MILLISECONDS.fullmatch(timestamp):
        return False
    age = now - (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=int(timestamp)))
    return abs(age) <= OLDEST

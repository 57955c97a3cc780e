"""The ids by which browsers find their conversation again: issued here, signed, and good for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from middleware.clock import Clock
from middleware.settings import Settings

RENEWED_AFTER = timedelta(days=1)
FORM = re.compile(r"([\w-]{32})\.(\d{1,12})\.([\w-]{43})", re.ASCII)


class Sessions:
    """Issues and checks session ids: a random name, when it was issued, and a signature over both."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._key = settings.webchat_key.encode()
        self._good_for = timedelta(days=settings.webchat.session_days)
        self._clock = clock

    def confirm(self, given: object) -> str:
        """The id that a browser is to show from now on.

        Args:
            given: What it showed. A good id stays the same conversation's, and is renewed while it is used; anything
                else is answered with a new one.
        """
        known = self._read(given)
        if known is None:
            return self._signed(secrets.token_urlsafe(24), self._now())
        name, issued = known
        is_fresh = self._now() - issued < RENEWED_AFTER.total_seconds()
        return self._signed(name, issued if is_fresh else self._now())

    def conversation(self, session_id: str) -> str:
        """The conversation of an id that was confirmed; it tells nobody the id."""
        name, _, _ = session_id.partition(".")
        return f"webchat:a:{hashlib.sha256(name.encode()).hexdigest()[:40]}"

    def _read(self, given: object) -> tuple[str, int] | None:
        """The name and the time of a good id; None if it isn't one."""
        parts = FORM.fullmatch(given) if isinstance(given, str) else None
        if parts is None:
            return None
        name, issued = parts[1], int(parts[2])
        if not hmac.compare_digest(parts[0], self._signed(name, issued)):
            return None
        return (name, issued) if self._now() - issued < self._good_for.total_seconds() else None

    def _signed(self, name: str, issued: int) -> str:
        text = f"{name}.{issued}"
        signature = hmac.new(self._key, text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    def _now(self) -> int:
        return int(self._clock().timestamp())

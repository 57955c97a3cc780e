"""Whether what comes in as a webhook of Zoho Desk is one.

Desk can't sign a body, nor send a secret of ours in a header. It proves itself by a short-lived token in the header
`X-ZDesk-JWT`, signed with a key that it publishes, for our organisation. The address that it calls has a secret of
ours in it, too, so that another webhook of the same organisation isn't taken for ours. A body is believed no further
than that there may be something new: what was written is read from Desk itself.

When a webhook is set up, Desk first calls its address with GET and nothing to show, and wants 200.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jwt
import msgspec

from middleware.clock import Clock, system_clock
from middleware.crm.zoho.settings import ZohoAccess
from middleware.deadline import Deadline, current
from middleware.errors import FrontdeskError
from middleware.http import Dialect, Http

HEADER = "X-ZDesk-JWT"
PARAMETER = "token"  # in the address that Desk calls
KEYS = "/.well-known/jwks.json"
LEEWAY_SECONDS = 60
SECONDS_FOR_KEYS = 2.0  # Desk wants to be answered within five
SECONDS_BETWEEN_KEYS = 60.0  # a token may name any key, and each unknown one would be looked for
MILLISECONDS_FROM = 10**11  # Desk's page says milliseconds, and its example shows seconds


class DeskWebhooks:
    """The proof of webhooks of one organisation's Desk.

    Args:
        access: Its address, the organisation's id, and the secret in our address.
    """

    def __init__(self, access: ZohoAccess, clock: Clock = system_clock) -> None:
        self._access = access
        self._clock = clock
        self._http = Http("crm", (access.desk_url,), None, Dialect())
        self._lock = threading.Lock()
        self._keys: dict[str, Any] = {}
        self._read_at = float("-inf")

    def is_signed(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether a request is Desk's, and meant for us.

        It may ask Desk for its keys, so it belongs into a thread. Whatever can't be told counts as no.

        Args:
            query: Parameters of the address that was called.
            headers: By names in any case.
        """
        wanted, brought = self._access.webhook_token, query.get(PARAMETER, "")
        if not wanted or not hmac.compare_digest(wanted.encode(), brought.encode("utf-8", "replace")):
            return False
        shown = next((value for name, value in headers.items() if name.lower() == HEADER.lower()), "")
        return bool(self._access.desk_org_id) and self._is_of_desk(shown)

    def _is_of_desk(self, shown: str) -> bool:
        try:
            key = self._key(str(jwt.get_unverified_header(shown).get("kid", "")))
            if key is None:
                return False
            # Times are looked at below, for they may be milliseconds; whom it is for is a webhook's id.
            claims = jwt.decode(
                shown,
                key,
                algorithms=["RS256"],
                issuer=f"orgId:{self._access.desk_org_id}",
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_aud": False,
                    "require": ["exp", "iss", "aud"],
                },
            )
        except jwt.PyJWTError:
            return False
        return str(claims["aud"]).startswith("webhookId:") and self._is_in_time(claims["exp"])

    def _is_in_time(self, ends_at: object) -> bool:
        if not isinstance(ends_at, int | float):
            return False
        seconds = ends_at / 1000 if ends_at >= MILLISECONDS_FROM else ends_at
        return self._clock().timestamp() < seconds + LEEWAY_SECONDS

    def _key(self, name: str) -> Any:
        with self._lock:
            if name not in self._keys and time.monotonic() >= self._read_at + SECONDS_BETWEEN_KEYS:
                self._read_at = time.monotonic()
                self._keys = self._published()
            return self._keys.get(name)

    def _published(self) -> dict[str, Any]:
        try:
            with _within(SECONDS_FOR_KEYS):
                answer = self._http.call("GET", self._access.desk_url + KEYS)
            keys = jwt.PyJWKSet.from_dict(answer.decoded(dict[str, Any])).keys
        except (FrontdeskError, jwt.PyJWTError, msgspec.MsgspecError):
            return {}
        return {str(key.key_id): key.key for key in keys}


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    before = current.set(Deadline(seconds))
    try:
        yield
    finally:
        current.reset(before)

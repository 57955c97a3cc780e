"""SAP's protection against forged requests: a token that each write takes along, with the cookies it came with."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from urllib3 import HTTPHeaderDict

from middleware.errors import Misconfigured, Unavailable
from middleware.http import Answer, Http
from middleware.http_sockets import left


@dataclass(frozen=True)
class Session:
    """A token, and the cookies without which it is worth nothing."""

    token: str
    cookies: str

    @property
    def headers(self) -> dict[str, str]:
        """What a write takes along."""
        return {"x-csrf-token": self.token, **({"Cookie": self.cookies} if self.cookies else {})}


class Sessions:
    """The sessions of this process, one for each service; the threads share them.

    Args:
        root: Address that the services' names are added to.
    """

    def __init__(self, http: Http, root: str) -> None:
        self._http = http
        self._root = root
        self._lock = threading.Lock()
        self._open: dict[str, Session] = {}

    def of(self, service: str) -> Session:
        """The session with a service."""
        return self._open.get(service) or self.renewed(service, None)

    def renewed(self, service: str, refused: Session | None) -> Session:
        """Another one than what was refused; if another thread has got one meanwhile, that."""
        if not self._lock.acquire(timeout=left()):
            raise Unavailable("another thread waits for a session", system="erp")
        try:
            now = self._open.get(service)
            if now is None or now is refused:
                self._open[service] = now = self._fetched(service)
            return now
        finally:
            self._lock.release()

    def _fetched(self, service: str) -> Session:
        answer = self._http.call(
            "GET", f"{self._root}/{service}/", headers={"x-csrf-token": "Fetch", "Accept": "application/json"}
        )
        token = answer.headers.get("x-csrf-token", "")
        if answer.status >= 500:
            answer.fails(Unavailable, "it gives no CSRF token now")
        if answer.status >= 300 or not token:
            answer.fails(Misconfigured, f"{service} gives no CSRF token: is it active, and may SAP_USER use it?")
        return Session(token, _cookies(answer.headers))


def is_wanted(answer: Answer) -> bool:
    """Whether a write was refused for want of a good token."""
    said = answer.headers.get("x-csrf-token", "").lower() == "required"
    return answer.status == 403 and (said or b"CSRF token validation failed" in answer.body)


def _cookies(headers: Mapping[str, str]) -> str:
    given = headers.getlist("Set-Cookie") if isinstance(headers, HTTPHeaderDict) else [headers.get("Set-Cookie", "")]
    return "; ".join(one.partition(";")[0].strip() for one in given if one)

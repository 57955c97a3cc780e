"""Which sites' pages may reach the web chat: our own, and those that assistant.yml lists."""

from __future__ import annotations

from urllib.parse import urlsplit

from sanic.request import Request

from middleware.settings import Settings
from middleware.settings_base import LOCAL

USUAL_PORTS = {"http": 80, "https": 443}


class Origins:
    """The origins that requests may come from.

    Attributes:
        own: Of our own pages; two where they are on this machine, which has two names.
        listed: Of the company's sites.
    """

    def __init__(self, settings: Settings) -> None:
        self.own = _own(settings.public_url)
        self.listed = settings.webchat.origins

    @property
    def sockets(self) -> tuple[str, ...]:
        """The origins of our own websockets, which older browsers don't take for our own."""
        return tuple(f"ws{one.removeprefix('http')}" for one in self.own)

    def allow(self, origin: str | None) -> bool:
        """Whether a request may come from an origin."""
        return origin in self.own or origin in self.listed

    def allow_request(self, request: Request, goes_on: bool) -> bool:
        """Whether a request may come from where its browser says that it does.

        Browsers leave the origin out where a page only reads from its own site, and say so. What says nothing at all
        begins nothing, and goes on only with what was begun.

        Args:
            goes_on: Whether it names something unguessable that was begun from a good origin.
        """
        origin = request.headers.get("Origin")
        if origin is not None:
            return self.allow(origin)
        if "Upgrade" in request.headers:
            return False
        is_reading = request.method == "GET" and request.headers.get("Sec-Fetch-Site") == "same-origin"
        return goes_on or is_reading


def _own(public_url: str) -> tuple[str, ...]:
    parts = urlsplit(public_url)
    port = f":{parts.port}" if parts.port and parts.port != USUAL_PORTS[parts.scheme] else ""
    host = parts.hostname or ""
    if host in LOCAL:
        return tuple(f"{parts.scheme}://{one}{port}" for one in ("127.0.0.1", "localhost"))
    return (f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}",)

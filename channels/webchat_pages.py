"""The web chat's page, the script that shows it on other sites, and a demo shop, with what browsers may do there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, empty, json, raw, redirect

from channels.answers import BadRequest, Forbidden, body_of, judged, object_of, refusal
from channels.origins import Origins
from channels.serving import Serving
from channels.token import STRANGER, signed
from middleware.demo import demo_people

FOLDER = Path(__file__).with_name("webchat_page")
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
PAGE, DEMO, EMBED = "index.html", "demo.html", "embed.js"

# Files are asked for again each time, and sent again only if they have changed; the sites' script isn't even asked for.
REVALIDATED, KEPT = "no-cache", "public, max-age=600"

HEADERS = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file as it is sent. `tag`: differs whenever the content does."""

    content: bytes
    media_type: str
    tag: str


class Pages:
    """What browsers fetch, apart from the conversation itself."""

    def __init__(self, serving: Serving, origins: Origins, folder: Path = FOLDER) -> None:
        self._settings = serving.settings
        self._limits = serving.limits
        self._origins = origins
        self._files = _read(folder)
        connect = " ".join(("'self'", *origins.sockets))
        everywhere = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src {connect}; "
            "base-uri 'none'; form-action 'none'"
        )
        frames = " ".join(("'self'", *origins.own, *origins.listed))
        self._page_policy = f"{everywhere}; frame-ancestors {frames}"
        self._demo_policy = f"{everywhere}; frame-src 'self'; frame-ancestors 'none'"

    def add(self, routes: Blueprint) -> None:
        """Adds the addresses."""

        @routes.get("/")
        async def top(_request: Request) -> HTTPResponse:
            return redirect(f"{self._settings.public_url}/webhooks/webchat/page")

        @routes.get("/page")
        async def page(request: Request) -> HTTPResponse:
            return self._sent(request, PAGE, {"Content-Security-Policy": self._page_policy})

        @routes.get("/embed.js")
        async def embed(request: Request) -> HTTPResponse:
            return self._sent(request, EMBED, {"Cache-Control": KEPT})

        @routes.get("/static/<name>")
        async def static(request: Request, name: str) -> HTTPResponse:
            if name.endswith(".html"):
                return refusal(404, "there is no such file")
            return self._sent(request, name, {})

        @routes.get("/settings")
        async def settings(request: Request) -> HTTPResponse:
            return self._told(request)

        @routes.get("/demo")
        async def demo(request: Request) -> HTTPResponse:
            if not self._shows_demo:
                return refusal(404, "there is no demo here")
            return self._sent(request, DEMO, {"Content-Security-Policy": self._demo_policy})

        @routes.get("/demo/people")
        async def people(_request: Request) -> HTTPResponse:
            if not self._shows_demo:
                return refusal(404, "there is no demo here")
            return json([{"name": one.name, "as": name} for name, one in demo_people().items()], headers=HEADERS)

        @routes.post("/demo/token", stream=True)
        async def token(request: Request) -> HTTPResponse:
            return await judged(self._token(request))

    @property
    def _shows_demo(self) -> bool:
        """Whether there is a demo shop; its tokens need a key that signs."""
        return self._settings.webchat_demo and self._settings.rest.algorithm.startswith("HS")

    def _sent(self, request: Request, name: str, more: Mapping[str, str]) -> HTTPResponse:
        file = self._files.get(name)
        if file is None:
            return refusal(404, "there is no such file")
        headers = {**HEADERS, "ETag": file.tag, "Cache-Control": REVALIDATED, **more}
        if file.tag in request.headers.get("If-None-Match", ""):
            return empty(status=304, headers=headers)
        return raw(file.content, content_type=file.media_type, headers=headers)

    def _told(self, request: Request) -> HTTPResponse:
        """How the chat looks, also for the listed sites' script, and whose pages may hand it a token."""
        look = self._settings.webchat
        origin = request.headers.get("Origin")
        headers = {**HEADERS, "Cache-Control": REVALIDATED, "Vary": "Origin"}
        if origin and self._origins.allow(origin):
            headers["Access-Control-Allow-Origin"] = origin
        told = {
            "title": look.title,
            "colour": look.colour,
            "position": look.position,
            "origins": [*self._origins.own, *self._origins.listed],
            "longest_message": self._settings.rest.longest_message,
        }
        return json(told, headers=headers)

    async def _token(self, request: Request) -> HTTPResponse:
        """A token of one of the demo's customers, as a shop would make one of its own."""
        self._limits.take_request(request.ip, request.headers.getall("X-Forwarded-For", []))
        asked = object_of(await body_of(request, self._settings.limits.largest_body))
        if not self._shows_demo:
            return refusal(404, "there is no demo here")
        if request.headers.get("Origin") not in self._origins.own:
            raise Forbidden("tokens are given to the demo's own page alone")
        who = asked.get("as")
        if not isinstance(who, str) or (who != STRANGER and who not in demo_people()):
            raise BadRequest("`as` must be one of the demo's customers")
        made = signed(self._settings, who, asked.get("verified") is True)
        return json({"token": made, "sub": jwt.decode(made, options={"verify_signature": False})["sub"]})


def _read(folder: Path) -> dict[str, File]:
    """The files that are sent, by their names, as they are when the server starts."""
    return {
        path.name: File(
            content=(content := path.read_bytes()),
            media_type=MEDIA_TYPES[path.suffix],
            tag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        )
        for path in sorted(folder.iterdir())
        if path.suffix in MEDIA_TYPES and path.is_file()
    }

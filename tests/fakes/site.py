"""A company's own site, on an origin of its own, that shows the chat by one script tag."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from scripts.serve import HOST

SAME, OTHER = HOST, "localhost"
SCRIPT = """
addEventListener("frontdesk:ready", () => {
  const { token } = document.documentElement.dataset;
  if (token) Frontdesk.identify(token);
});
"""


def strict(chat: str) -> str:
    """A policy that lets a site do nothing but show the chat."""
    return (
        f"default-src 'none'; script-src 'self' {chat}; frame-src {chat}; connect-src {chat}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


class Site:
    """Serves pages at a port of this machine, which has two names: to browsers these are two different sites.

    Args:
        port: Where it listens.
        chat: Where the chat's script comes from, as `http://…`.
        policy: Its Content-Security-Policy; by default as strict a one as can be.
    """

    def __init__(self, port: int, chat: str, policy: str | None = None) -> None:
        self.port = port
        self.chat = chat
        self.policy = policy if policy is not None else strict(chat)
        self._pages: dict[str, tuple[str, str]] = {"/site.js": ("text/javascript", SCRIPT)}

    def page(self, token: str | None = None, tag: str = "", name: str = OTHER) -> str:
        """Makes a page on which somebody is logged in, or nobody is; gives its address.

        Args:
            tag: Attributes of the chat's script tag.
            name: The machine's name in the address; that of the chat's own is `SAME`.
        """
        path = f"/{uuid.uuid4().hex}"
        who = f' data-token="{token}"' if token else ""
        body = (
            f'<!doctype html><html lang="en"{who}><meta charset="utf-8"><title>A shop</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<script src="/site.js"></script><script src="{self.chat}/webhooks/webchat/embed.js" {tag} async></script>'
            f"<main><h1>A shop</h1></main></html>"
        )
        self._pages[path] = ("text/html; charset=utf-8", body)
        return f"http://{name}:{self.port}{path}"

    @contextlib.contextmanager
    def open(self) -> Iterator[Site]:
        """Serves for as long as the block lasts."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                media_type, body = site._pages.get(self.path, ("", ""))
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", media_type or "text/plain")
                if site.policy:
                    self.send_header("Content-Security-Policy", site.policy)
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        server = ThreadingHTTPServer((HOST, self.port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

"""How the stand-in of Meta's side answers over HTTP."""

from __future__ import annotations

import json
import secrets
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TITLES = {
    0: "AuthException",
    1: "API Unknown",
    2: "API Service",
    4: "API Too Many Calls",
    100: "Invalid parameter",
    190: "Access token has expired",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131009: "Parameter value is not valid",
    131016: "Service unavailable",
    131026: "Message undeliverable",
    131031: "Account has been locked",
    131047: "Re-engagement message",
    131048: "Spam rate limit hit",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131062: "Business-scoped User ID (BSUID) recipients are not supported for this message",
    132001: "Template name does not exist in the translation",
}
STATUSES = {2: 503, 190: 401, 4: 429, 80007: 429, 130429: 429, 131000: 500, 131016: 503, 131057: 503, 0: 401, 10: 403}


class Refusal(Exception):
    """A request that was refused, and why.

    Args:
        code: Meta's.
        payload: What was to be sent.
    """

    def __init__(self, code: int, details: str, payload: Any = None) -> None:
        super().__init__(code, details)
        self.code, self.details, self.payload = code, details, payload

    @property
    def status(self) -> int:
        """Of HTTP."""
        return STATUSES.get(self.code, 400)

    @property
    def answer(self) -> dict[str, Any]:
        """As Meta writes it."""
        error = {
            "message": f"(#{self.code}) {TITLES.get(self.code, 'Error')}",
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": "A" + secrets.token_urlsafe(16),
        }
        return {"error": error}


class Server(ThreadingHTTPServer):
    """Serves on loopback, for `meta`."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, meta: Any) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.meta = meta

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says what failed, but for connections that were cut."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection; `server.meta` is whom it belongs to."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        """Media: where it is, and what it is."""
        self._answer()

    def do_POST(self) -> None:
        """Messages, receipts, uploads."""
        self._answer()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        meta = self.server.meta  # type: ignore[attr-defined]
        body = (
            self.rfile.read(int(self.headers.get("Content-Length") or 0)) if not self._is_chunked() else self._chunks()
        )
        if meta.trouble.raw:
            status, headers, content = meta.trouble.raw.popleft()
            self._write(status, content, **headers)
            return
        try:
            status, content, kind = 200, *self._done(meta, body)
        except Refusal as refusal:
            status, content, kind = refusal.status, json.dumps(refusal.answer).encode(), "application/json"
        if meta.trouble.hang:
            time.sleep(meta.trouble.hang.popleft())
        if meta.trouble.drop > 0:
            meta.trouble.drop -= 1
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._write(status, content, **{"Content-Type": kind})

    def _done(self, meta: Any, body: bytes) -> tuple[bytes, str]:
        """Does what is asked; gives what is answered, and its type."""
        asked = urlsplit(self.path)
        meta.authorise(asked.path, self.headers.get("Authorization", ""))
        number = f"/{meta.version}/{meta.phone_number_id}"
        if asked.path == "/whatsapp_business/attachments/":
            media = meta.media[parse_qs(asked.query)["mid"][0]]
            return media.content, media.media_type
        if self.command == "POST" and asked.path == f"{number}/messages":
            answer = meta.take(_read(body))
        elif self.command == "POST" and asked.path == f"{number}/media":
            answer = meta.take_media(self.headers.get("Content-Type", ""), body)
        else:
            answer = meta.about_media(asked.path.removeprefix(f"/{meta.version}/"))
        return json.dumps(answer).encode(), "application/json"

    def _write(self, status: int, content: bytes, **headers: str) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:  # whoever asked didn't wait
            self.close_connection = True

    def _is_chunked(self) -> bool:
        return self.headers.get("Transfer-Encoding", "").lower() == "chunked"

    def _chunks(self) -> bytes:
        content = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None

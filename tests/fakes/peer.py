"""What is at the other end of a connection, byte by byte: it answers as it is told, however bad that is.

with Peer(said(401), said(body=b"{}")) as peer:     # the last answer is given again and again
    http = Http("crm", (peer.url,), None, Dialect())
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import client
from typing import Any

PATIENCE_SECONDS = 60.0  # that it keeps a connection on which nothing comes

# Bytes are sent, numbers are seconds to wait, None cuts the connection.
Script = Iterable["bytes | float | None"]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One request. `headers` by their names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def said(status: int = 200, body: bytes = b"{}", **headers: str) -> list[bytes | float | None]:
    """A whole answer."""
    given = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} {client.responses.get(status, '')}", *(f"{name}: {it}" for name, it in given.items())]
    return ["\r\n".join([*lines, "", ""]).encode() + body]


def dripping(script: Script, seconds: float = 0.1) -> list[bytes | float | None]:
    """The same, byte by byte."""
    whole = b"".join(part for part in script if isinstance(part, bytes))
    return [part for place in range(len(whole)) for part in (whole[place : place + 1], seconds)]


class Peer:
    """A server on loopback.

    Args:
        answers: One for each request in turn; the last is repeated.
        tls: Its certificate, if it speaks TLS.

    Attributes:
        port: Where it listens.
        heard: All requests, in order.
        connections: How many were opened.
        together: How many there were at most at the same time.
    """

    def __init__(self, *answers: Script, tls: ssl.SSLContext | None = None) -> None:
        self._answers: list[Script] = list(answers or [said()])
        self._tls = tls
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self.heard: list[Heard] = []
        self.connections = self.together = 0

    def __enter__(self) -> Peer:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # or who waits for a caller would let one more in
        self._listening.close()
        with self._lock:
            for one in self._open:
                one.close()

    @property
    def url(self) -> str:
        """Its address, without a slash at its end."""
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}"

    @property
    def last(self) -> Heard:
        """The newest request."""
        return self.heard[-1]

    def hang_up(self) -> None:
        """Cuts all connections, as servers do with those on which nothing has come for long."""
        with self._lock:
            for one in self._open:
                one.shutdown(socket.SHUT_RDWR)

    def script(self, heard: Heard) -> Script:
        """What is answered to a request; of one request at a time."""
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def shown(self, name: str) -> Sequence[str]:
        """What each request said in a header; nothing is an empty text."""
        return [one.headers.get(name.lower(), "") for one in self.heard]

    def _listen(self) -> None:
        while True:
            try:
                opened, _ = self._listening.accept()
            except OSError:  # it is over
                return
            threading.Thread(target=self._attend, args=(opened,), daemon=True).start()

    def _attend(self, plain: socket.socket) -> None:
        plain.settimeout(PATIENCE_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            one = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
        except OSError:  # they didn't trust it
            return plain.close()
        with self._lock:
            self._open.add(one)
            self.connections += 1
            self.together = max(self.together, len(self._open))
        try:
            self._converse(one)
        except (OSError, ValueError):  # cut by either side
            pass
        finally:
            with self._lock:
                self._open.discard(one)
            one.close()

    def _converse(self, one: Any) -> None:
        reading = one.makefile("rb")
        while heard := _heard(reading):
            with self._lock:
                self.heard.append(heard)
                script = self.script(heard)
            for part in script:
                if part is None:
                    return one.shutdown(socket.SHUT_RDWR)
                if isinstance(part, bytes):
                    one.sendall(part)
                else:
                    time.sleep(part)


def _heard(reading: Any) -> Heard | None:
    line = reading.readline().decode()
    if not line:
        return None
    method, path, _ = line.split(" ")
    headers: dict[str, str] = {}
    while header := reading.readline().decode().strip():
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    return Heard(method=method, path=path, headers=headers, body=reading.read(int(headers.get("content-length", 0))))

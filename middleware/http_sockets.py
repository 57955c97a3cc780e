"""Connections on which every wait ends with the deadline of the operation, however slowly something comes in.

A read timeout alone begins anew with every byte: an answer that drips in took seven seconds under one of a second.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from middleware.deadline import current

WITHOUT_DEADLINE_SECONDS = 30.0


def left() -> float:
    """Seconds until the deadline of the operation that is under way, never below zero."""
    deadline = current.get()
    return WITHOUT_DEADLINE_SECONDS if deadline is None else deadline.left


def _wait_within_deadline(one: socket.socket) -> None:
    seconds = left()
    if not seconds:
        raise TimeoutError("the deadline is over")
    one.settimeout(seconds)


class _Socket(socket.socket):
    def recv_into(self, *args: Any, **more: Any) -> int:
        _wait_within_deadline(self)
        return super().recv_into(*args, **more)


class _TlsSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **more: Any) -> int:
        _wait_within_deadline(self)
        return super().recv_into(*args, **more)


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _adopted(super()._new_conn())


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _adopted(super()._new_conn())


def _adopted(plain: socket.socket) -> socket.socket:
    timeout = plain.gettimeout()
    adopted = _Socket(plain.family, plain.type, plain.proto, fileno=plain.detach())
    adopted.settimeout(timeout)
    return adopted


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _HttpPool, "https": _HttpsPool}


def tls() -> ssl.SSLContext:
    """How TLS is spoken: with whom the system trusts (`SSL_CERT_FILE` names others), and checked."""
    context = create_urllib3_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.load_default_certs()
    context.sslsocket_class = _TlsSocket
    return context

"""Connections on which every wait ends with the deadline of the operation, however slowly something comes or goes.

A read timeout alone begins anew with every byte: an answer that drips in took seven seconds under one of a second. A
connect timeout alone begins anew with every address of a host.
"""

from __future__ import annotations

import socket
import ssl
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, ProxyError
from urllib3.util.ssl_ import create_urllib3_context

from middleware.deadline import current, within

CONNECT_SECONDS = 3.0
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

    def sendall(self, *args: Any, **more: Any) -> None:
        """All of it within the time that is left now; what the call before left is no measure."""
        _wait_within_deadline(self)
        super().sendall(*args, **more)


class _TlsSocket(ssl.SSLSocket):
    def recv_into(self, *args: Any, **more: Any) -> int:
        _wait_within_deadline(self)
        return super().recv_into(*args, **more)

    def send(self, *args: Any, **more: Any) -> int:
        """Of `sendall`, too, which sends one record after the other."""
        _wait_within_deadline(self)
        return super().send(*args, **more)


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)

    def connect(self) -> None:
        """Tells what failed before anything was sent from what failed later."""
        try:
            super().connect()
        except (OSError, HTTPError) as error:
            if isinstance(error, (NewConnectionError, ProxyError)):
                raise
            raise NewConnectionError(self, type(error).__name__) from error


def _connected(connection: HTTPConnection) -> socket.socket:
    """Opens a socket to the first of a host's addresses that answers, all of them within one time."""
    try:
        with within(min(CONNECT_SECONDS, left())):
            return _opened(connection)
    except OSError as error:
        raise NewConnectionError(connection, type(error).__name__) from error


def _opened(connection: HTTPConnection) -> socket.socket:
    addresses = socket.getaddrinfo(connection._dns_host, connection.port, type=socket.SOCK_STREAM)
    for others in reversed(range(len(addresses))):
        family, kind, protocol, _, address = addresses[-1 - others]
        opened = _Socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                opened.setsockopt(*option)
            opened.settimeout(left() / (1 + others))
            opened.connect(address)
            return opened
        except OSError:
            opened.close()
            if not others:
                raise
    raise OSError("the host has no address")


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls: Any = _TlsConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _HttpPool, "https": _HttpsPool}


def tls() -> ssl.SSLContext:
    """How TLS is spoken: with whom the system trusts (`SSL_CERT_FILE` names others), and checked."""
    context = create_urllib3_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.load_default_certs()
    context.sslsocket_class = _TlsSocket
    return context

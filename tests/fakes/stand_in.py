"""What the stand-ins of all vendors share: an HTTP server in a thread that keeps state, and every fault on demand.

class Salesforce(StandIn):
    def answer(self, request: Request) -> Reply: ...

with Salesforce() as salesforce:
    salesforce.lay(data)
    salesforce.faults.next("lost")          # does it, but the answer is lost
    salesforce.faults.next("refused", times=3, path="/sobjects/Lead")
    salesforce.faults.always("slow", seconds=2)
    salesforce.faults.none()
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NoReturn
from urllib.parse import parse_qsl, urlsplit

from middleware.demo import Data

LOG_IN_PAGE = b"<!DOCTYPE html><html><title>Log in</title><body>Please log in.</body></html>"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, with its query decoded.

    Attributes:
        headers: By their names in lower case.
        raw: The query as it came: a vendor may mind how a space is written.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw: str = ""

    @property
    def json(self) -> Any:
        """The body as JSON; what isn't is refused as the vendor would, by whoever asks."""
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer. `json`: is written as the body, unless it is None."""

    status: int = 200
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Refused(Exception):
    """Raised anywhere in a stand-in: the answer is this."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refuse(status: int, body: Any = None, **headers: str) -> NoReturn:
    """Answers an error."""
    raise Refused(Reply(status=status, json=body, headers={name.replace("_", "-"): it for name, it in headers.items()}))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, with which requests."""

    kind: str
    method: str = ""
    path: str = ""
    seconds: float = 0.0

    def fits(self, request: Request) -> bool:
        """Whether it is this request's."""
        return self.method in ("", request.method) and self.path in request.path


class Faults:
    """What is to go wrong.

    Kinds that every stand-in has: `refused` (the connection is cut before anything is done), `lost` (it is done, but
    the connection is cut before the answer), `slow` (answered after `seconds`), `drip` (the answer comes byte by
    byte), `truncated` (half of the answer), `html` (a log-in page with status 200), `no_json`, `error` (500),
    `unavailable` (503), `gateway` (504 after it was done), `redirect` (to another host). Those that a vendor answers in
    its own way, by `StandIn.own_fault`: `expired` (the token that was shown is good no more), `locked` (no token is
    good, and there are none), `throttled` (a short limit is used up), `daily` (the day's is).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: list[Fault] = []
        self._always: list[Fault] = []

    def next(self, kind: str, times: int = 1, method: str = "", path: str = "", seconds: float = 0.0) -> None:
        """Lets the next requests that fit go wrong."""
        with self._lock:
            self._next += [Fault(kind=kind, method=method, path=path, seconds=seconds)] * times

    def always(self, kind: str, method: str = "", path: str = "", seconds: float = 0.0) -> None:
        """Lets all requests that fit go wrong, until `none`."""
        with self._lock:
            self._always.append(Fault(kind=kind, method=method, path=path, seconds=seconds))

    def none(self) -> None:
        """All is well again."""
        with self._lock:
            self._next, self._always = [], []

    def of(self, request: Request) -> Fault | None:
        """What goes wrong with a request, used up."""
        with self._lock:
            found = next((one for one in self._next if one.fits(request)), None)
            if found:
                self._next.remove(found)
            return found or next((one for one in self._always if one.fits(request)), None)


class StandIn:
    """Base of the stand-ins: one vendor's interface, on loopback.

    Attributes:
        system: `crm` or `erp`: what it is.
        faults: What is to go wrong.
        requests: All that came, in order.
        connections: How many connections were opened.
    """

    system: ClassVar[str] = "crm"

    def __init__(self, port: int = 0) -> None:
        self.faults = Faults()
        self.requests: list[Request] = []
        self.connections = 0
        self.lock = threading.RLock()
        self._server = _Server(port, self)

    def __enter__(self) -> Any:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it is, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What a server of ours needs in its environment to reach it, `CRM` or `ERP` included."""
        raise NotImplementedError

    @property
    def rules(self) -> dict[str, Any]:
        """What its section of assistant.yml must say beside the system, such as `{"tickets": "desk"}`."""
        return {}

    @property
    def inside(self) -> Any:
        """What its people see, and do there: an `Inside` of a CRM, an `ErpInside` of an ERP."""
        raise NotImplementedError

    def lay(self, data: Data) -> None:
        """Puts data in the place of all that is there; ids become such as the vendor has."""
        raise NotImplementedError

    def answer(self, request: Request) -> Reply:
        """What the vendor does and answers; called by one thread at a time."""
        raise NotImplementedError

    def own_fault(self, fault: Fault, request: Request) -> Reply | None:
        """What the vendor answers at a fault of its own; None if it is done all the same."""
        raise NotImplementedError(fault.kind)

    def served(self, request: Request) -> Reply:
        """What comes of a request, faults aside."""
        with self.lock:
            try:
                return self.answer(request)
            except Refused as refused:
                return refused.reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, stand_in: StandIn) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.stand_in = stand_in

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says what failed, but for connections that were cut."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Cut(Exception):
    """The connection is to be cut now."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one piece
    timeout = 60

    def setup(self) -> None:
        super().setup()
        stand_in = self.server.stand_in  # type: ignore[attr-defined]
        with stand_in.lock:
            stand_in.connections += 1

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _serve(self) -> None:
        stand_in: StandIn = self.server.stand_in  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            raw=parts.query,
        )
        if len(request.body) < int(self.headers.get("Content-Length") or 0):  # whoever asked has died meanwhile
            self.close_connection = True
            return
        with stand_in.lock:
            stand_in.requests.append(request)
        try:
            self._answer(stand_in, request, stand_in.faults.of(request))
        except _Cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _answer(self, stand_in: StandIn, request: Request, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if kind == "refused":
            raise _Cut
        if fault and kind not in _GENERAL:
            reply = stand_in.own_fault(fault, request)
            self._write(reply if reply is not None else stand_in.served(request))
            return
        if kind in _INSTEAD:
            self._write(_INSTEAD[kind])
            return
        reply = stand_in.served(request)
        if kind == "lost":
            raise _Cut
        if fault and kind == "slow":
            time.sleep(fault.seconds)
        self._write(_GATEWAY if kind == "gateway" else reply, kind)

    def _write(self, reply: Reply, kind: str = "") -> None:
        content = reply.body if reply.json is None else json.dumps(reply.json).encode()
        headers = dict(reply.headers)
        if reply.json is not None:
            headers.setdefault("Content-Type", "application/json;charset=UTF-8")
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if kind == "truncated":
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            raise _Cut
        if kind == "drip":
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.1)
        else:
            self.wfile.write(content)


_INSTEAD = {
    "html": Reply(body=LOG_IN_PAGE, headers={"Content-Type": "text/html"}),
    "no_json": Reply(body=b'{"records": [', headers={"Content-Type": "application/json"}),
    "error": Reply(status=500, body=b"oops", headers={"Content-Type": "text/plain"}),
    "unavailable": Reply(status=503, body=LOG_IN_PAGE, headers={"Content-Type": "text/html"}),
    "redirect": Reply(status=302, headers={"Location": "http://localhost:9/elsewhere"}),
}
_GATEWAY = Reply(status=504, body=LOG_IN_PAGE, headers={"Content-Type": "text/html"})
_GENERAL = {"refused", "lost", "slow", "drip", "truncated", "gateway", *_INSTEAD}

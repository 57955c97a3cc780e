"""The web chat's sockets as such: who may open one, how many there are, how much may come over each.

What is said over them is `webchat_events`' business. Events of one socket are handled one after the other, so that
messages are stored in the order in which they were sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from engineio.exceptions import SocketIsClosedError
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from socketio import AsyncServer

from channels.answers import BadRequest, Forbidden, body_of, bound
from channels.limits import TooMany
from channels.origins import Origins
from channels.serving import Serving
from channels.webchat_following import Session
from middleware.windows import Window

log = logging.getLogger(__name__)

# Of the library, which quotes what clients send in lines below errors.
LIBRARY_LOG = logging.getLogger("channels.webchat_library")
LIBRARY_LOG.setLevel(logging.ERROR)

MOST_SOCKETS = 2000
MOST_OF_ADDRESS = 200  # which many customers may share
MOST_OF_CONVERSATION = 10  # tabs, and connections that are gone though nobody has noticed yet
MOST_PACKETS, PACKETS_SECONDS = 120, 60
IDLE_SECONDS = 15.0  # before a session is asked for
RETRY_SECONDS = 5
CLOSE_SECONDS = 1.0
RELEASE_SECONDS = 0.1  # for the last packet to go out
CONNECTION = "frontdesk.connection"
BINARY = ("5", "6")  # marks of packets that binary parts follow, as many as the client likes

Handler = Callable[["Connection", Any], Awaitable[Any]]


@dataclass(eq=False, kw_only=True, slots=True)
class Connection:
    """An open socket.

    Attributes:
        id: The transport's, which there is from the first byte on.
        sid: The socket's; empty until it has introduced itself.
        address: The network address that it counts for.
        session: Whose it is, once somebody has said so.
        was_asked: Whether a session was asked for, and be it refused.
        following: What gives it the conversation.
    """

    id: str
    address: str
    sid: str = ""
    session: Session | None = None
    was_asked: bool = False
    following: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """Ends the session."""
        self.session = None
        if self.following:
            self.following.cancel()
            self.following = None


class Sockets:
    """All sockets of this Rasa server."""

    def __init__(self, serving: Serving, origins: Origins) -> None:
        self._limits = serving.limits
        self._origins = origins
        self._largest = serving.settings.limits.largest_body
        self._packets = Window(MOST_PACKETS, PACKETS_SECONDS, serving.middleware.clock)
        self._open: dict[str, Connection] = {}
        self._by_sid: dict[str, Connection] = {}
        self._going_on: dict[asyncio.Future[HTTPResponse], Request] = {}  # polls, and websockets
        self._tasks: set[asyncio.Future[Any]] = set()
        self._server = _Server(
            self,
            async_mode="sanic",
            async_handlers=False,
            cors_allowed_origins=[*origins.own, *origins.listed],
            cors_credentials=False,
            max_http_buffer_size=self._largest,
            logger=LIBRARY_LOG,
            engineio_logger=LIBRARY_LOG,
        )
        self._server.eio.start_background_task = self._start_task
        self._server.on("connect", self._introduced)

    def on(self, event: str, handle: Handler) -> None:
        """Says what is done with an event; the handler's answer is the acknowledgement."""

        async def handled(sid: str, *data: Any) -> Any:
            connection = self._by_sid.get(sid)
            return await handle(connection, data[0] if data else None) if connection else None

        self._server.on(event, handled)

    def set_up(self, app: Sanic) -> None:
        """Lets a server speak over websockets, none of whose messages is larger than a request."""
        app.enable_websocket()  # type: ignore[no-untyped-call] # sanic's own
        app.config.WEBSOCKET_MAX_SIZE = self._largest

    async def answer(self, request: Request) -> HTTPResponse:
        """Answers a request to the sockets' address, or becomes a websocket.

        Raises:
            Forbidden: It comes from a site that isn't listed.
            TooMany: Too much comes from its address, or there are too many sockets.
            BadRequest, TooLarge: It can't be taken.
        """
        bound(request, self._largest)
        goes_on = request.args.get("sid") in self._server.eio.sockets
        if not self._origins.allow_request(request, goes_on):
            raise Forbidden("this site isn't among webchat.origins")
        if "j" in request.args:
            raise BadRequest("JSONP isn't served")
        if not goes_on:
            self._admit(request)
        if request.method == "POST":
            await body_of(request, self._largest)
        going_on = asyncio.ensure_future(self._server.handle_request(request))
        self._going_on[going_on] = request
        going_on.add_done_callback(self._going_on.pop)
        answer: HTTPResponse = await going_on
        return answer

    async def emit(self, connection: Connection, event: str, data: Any) -> None:
        """Sends an event to a socket, if it is still open."""
        if connection.id in self._open:
            await self._server.emit(event, data, to=connection.sid)

    async def drop(self, connection: Connection) -> None:
        """Closes a socket; its client comes back after a while."""
        socket = self._server.eio.sockets.get(connection.id)
        if socket is not None:
            await socket.close(wait=False)

    async def dismiss(self, connection: Connection) -> None:
        """Closes a socket for good; its client doesn't come back by itself."""
        await self._server.disconnect(connection.sid)

    def others(self, connection: Connection) -> list[Connection]:
        """The other sockets of its conversation, the oldest first."""
        session = connection.session
        return [
            one
            for one in self._open.values()
            if one is not connection
            and one.session
            and session
            and one.session.conversation_id == session.conversation_id
        ]

    async def close(self) -> None:
        """Closes all sockets, also those of clients that don't hear it; they find another server, or this one again."""
        for connection in list(self._open.values()):
            await self.drop(connection)
        await self._wait_for_requests()
        for request in self._going_on.values():
            request.transport.abort()  # type: ignore[attr-defined] # sanic's protocol of it lacks it
        await self._wait_for_requests()
        await self._server.shutdown()
        for task in list(self._tasks):
            task.cancel()

    async def _wait_for_requests(self) -> None:
        if self._going_on:
            await asyncio.wait(self._going_on, timeout=CLOSE_SECONDS)

    def _start_task(self, target: Callable[..., Awaitable[Any]], *args: Any) -> asyncio.Future[Any]:
        """Starts what the library does beside requests, such as to ask whether clients are there."""
        task = asyncio.ensure_future(target(*args))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _admit(self, request: Request) -> None:
        forwarded = request.headers.getall("X-Forwarded-For", [])
        self._limits.take_request(request.ip, forwarded)
        address = self._limits.address(request.ip, forwarded)
        of_address = sum(one.address == address for one in self._open.values())
        if len(self._open) >= MOST_SOCKETS or of_address >= MOST_OF_ADDRESS:
            raise TooMany("too many chats are open; try again later", RETRY_SECONDS)

    # What the transport says

    def opened(self, connection_id: str, environ: dict[str, Any]) -> None:
        """Hears that a connection was opened."""
        request: Request = environ["sanic.request"]
        forwarded = request.headers.getall("X-Forwarded-For", [])
        connection = Connection(id=connection_id, address=self._limits.address(request.ip, forwarded))
        self._open[connection_id] = environ[CONNECTION] = connection
        asyncio.get_running_loop().call_later(IDLE_SECONDS, self._drop_idle, connection)

    def closed(self, connection_id: str) -> None:
        """Hears that it was closed."""
        connection = self._open.pop(connection_id, None)
        if connection is not None:
            self._by_sid.pop(connection.sid, None)
            connection.leave()
        socket = self._server.eio.sockets.get(connection_id)
        if socket is not None:  # the library leaves a poll that waits, and a websocket, to their client
            asyncio.get_running_loop().call_later(RELEASE_SECONDS, socket.queue.put_nowait, None)

    async def take(self, connection_id: str, data: Any, handle: Callable[[str, Any], Awaitable[None]]) -> None:
        """Has a packet handled; whoever sends what can't be understood, or too much, is put out.

        Raises:
            SocketIsClosedError: The connection was closed, though its client goes on sending.
        """
        connection = self._open.get(connection_id)
        if connection is None:
            raise SocketIsClosedError
        try:
            if not isinstance(data, str) or data.startswith(BINARY) or self._packets.take(connection_id):
                raise ValueError("binary parts, or too many packets")
            await handle(connection_id, data)
        except Exception as error:  # whatever a client sends: it harms its own connection alone
            log.warning("a socket of the web chat was closed: %s", type(error).__name__)
            await self.drop(connection)

    async def _introduced(self, sid: str, environ: dict[str, Any], _auth: Any = None) -> None:
        connection: Connection = environ[CONNECTION]
        connection.sid = sid
        self._by_sid[sid] = connection

    def _drop_idle(self, connection: Connection) -> None:
        if not connection.was_asked:
            asyncio.ensure_future(self.drop(connection))  # noqa: RUF006 - it ends at once


class _Server(AsyncServer):  # type: ignore[misc] # it has no types
    """The library's server, as far as it must be told what the sockets' bounds are.

    What it overrides is the library's own way of hearing of connections, below the sockets and before them.
    """

    def __init__(self, sockets: Sockets, **options: Any) -> None:
        self._sockets = sockets
        super().__init__(**options)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        self._sockets.opened(eio_sid, environ)
        return await super()._handle_eio_connect(eio_sid, environ)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._sockets.closed(eio_sid)
        await super()._handle_eio_disconnect(eio_sid, reason)

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        await self._sockets.take(eio_sid, data, super()._handle_eio_message)

"""A way to a server that can be lost: what goes through it can be cut off, or get stuck without anybody noticing."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from scripts.serve import HOST

CHUNK = 65536
PATIENCE_SECONDS = 30  # of whoever waits until it is cut


class Relay:
    """Passes on what comes to a port of its own.

    Args:
        port: Where it listens.
        target: The port that it leads to; another one may be set later, for connections from then on.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self.target = target
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Ends all connections, and lets nobody in."""

        def cut() -> None:
            self._is_cut = True
            for writer in self._writers:
                writer.transport.abort()

        self._do(cut)

    def clog(self) -> None:
        """Lets nothing through any more, though every connection stays open: as when a phone is out of reach."""
        self._do(self._flows.clear)

    def mend(self) -> None:
        """Lets everything through again; what is stuck arrives now."""

        def mend() -> None:
            self._is_cut = False
            self._flows.set()

        self._do(mend)

    @contextlib.contextmanager
    def open(self) -> Iterator[Relay]:
        """Listens for as long as the block lasts."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        try:
            yield self
        finally:
            self.cut()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join(10)

    async def _listen(self) -> None:
        self._flows.set()
        await asyncio.start_server(self._come, HOST, self.port)

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there, to_there = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, to_there}
        await asyncio.gather(self._pass(reader, to_there), self._pass(there, writer))
        self._writers -= {writer, to_there}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._flows.wait()
                writer.write(chunk)
                await writer.drain()
        writer.close()

    def _do(self, what: Callable[[], Any]) -> None:
        """Does something in the relay's own thread, and returns when it is done."""

        async def do() -> None:
            what()

        asyncio.run_coroutine_threadsafe(do(), self._loop).result(PATIENCE_SECONDS)

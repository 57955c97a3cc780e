"""Serves the desk in the test's own process, with the middleware and the clock of the test."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from scripts.serve import HOST, free_port

START_SECONDS = 20.0


@contextlib.contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serves an application from a thread for as long as the block lasts; gives its address."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host=HOST, port=port, log_level="warning", timeout_graceful_shutdown=1, ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + START_SECONDS
    while not server.started:
        assert time.monotonic() < end and thread.is_alive(), "the desk did not start"
        time.sleep(0.02)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
